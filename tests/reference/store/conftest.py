"""Stores of each kind, a clock that stands still, and a buyer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest

from reference_system.store import open_store, sql_store
from reference_system.store.interface import BookingRow, Store, Writing

NOW_S = 1_800_000_000.0


@dataclass
class Clock:
    """The time that the store believes it is."""

    now_s: float = NOW_S


@pytest.fixture
def clock(monkeypatch) -> Clock:
    """Time that passes only when the test says so."""
    clock = Clock()
    monkeypatch.setattr(sql_store, "time", SimpleNamespace(time=lambda: clock.now_s))
    return clock


@pytest.fixture
def store(store_url) -> Iterator[Store]:
    """An empty store of each kind."""
    store = open_store(store_url)
    yield store
    store.close()


@pytest.fixture
def unguarded_store(store_url) -> Iterator[Store]:
    """An empty store of each kind, without its capacity constraint."""
    store = open_store(store_url, capacity_constraint=False)
    yield store
    store.close()


def _row(booking: str, **changes: Any) -> BookingRow:
    fields: dict[str, Any] = {
        "booking": booking,
        "kind": "flight",
        "trip": "T-1",
        "request_key": None,
        "item": "LX1766",
        "details": {"date": "2027-03-05"},
        "amount_minor": 12_900,
        "currency": "EUR",
        "state": "booked",
        "expires_at_s": None,
        "units": (),
    }
    return BookingRow(**{**fields, **changes})


def _buy(resources: dict[str, int], count: int = 1, **changes: Any) -> Callable[[Writing], str]:
    def work(writing: Writing) -> str:
        booking = writing.next_id("F")
        writing.take(resources, booking, count)
        writing.put(_row(booking, **changes))
        return booking

    return work


def _hold(resources: dict[str, int], count: int = 1, *, until_s: float, **changes: Any) -> Callable[[Writing], str]:
    return _buy(resources, count, state="held", expires_at_s=until_s, **changes)


@pytest.fixture
def row() -> Callable[..., BookingRow]:
    """Makes a booking row; what is given differs from the usual."""
    return _row


@pytest.fixture
def buy() -> Callable[..., Callable[[Writing], str]]:
    """Makes a work that books units and returns the booking's id."""
    return _buy


@pytest.fixture
def hold() -> Callable[..., Callable[[Writing], str]]:
    """Makes a work that holds units for a while and returns the hold's id."""
    return _hold
