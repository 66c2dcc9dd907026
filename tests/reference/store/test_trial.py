"""The store in a simulated trial, where time costs nothing and threads run inline."""

from __future__ import annotations

import asyncio
import time
from contextlib import closing

import pytest

from pytest_agentchaos.trial import Trial
from reference_system.errors import SoldOutError
from reference_system.store import open_store

FLIGHT = "LX1766@2027-03-05"


@pytest.mark.parametrize("place", ["sqlite://", "sqlite:///travel.db"])
def test_holds_run_out_in_virtual_time(tmp_path, monkeypatch, buy, hold, place):
    """A quarter of an hour passes at once, also for a store in a file."""
    monkeypatch.chdir(tmp_path)

    async def history():
        with closing(open_store(place)) as store:
            await store.run(store.write, hold({FLIGHT: 1}, until_s=time.time() + 900))
            with pytest.raises(SoldOutError):
                await store.run(store.write, buy({FLIGHT: 1}))
            await asyncio.sleep(901)
            await store.run(store.write, buy({FLIGHT: 1}))
            return [row.state for row in await store.run(store.bookings)]

    assert Trial().run(history) == ["expired", "booked"]


def _contest(buy, *, capacity_constraint):
    """Two buyers on one event loop, who look, let others run, and buy."""

    async def contest():
        with closing(open_store("sqlite://", capacity_constraint=capacity_constraint)) as store:

            async def attempt():
                if not (await store.run(store.left, {FLIGHT: 1}))[FLIGHT]:
                    return False
                await asyncio.sleep(0)
                try:
                    await store.run(store.write, buy({FLIGHT: 1}))
                except SoldOutError:
                    return False
                return True

            return await asyncio.gather(attempt(), attempt())

    return Trial().run(contest)


def test_on_one_event_loop_the_last_seat_is_sold_once(buy):
    """Although both have seen it free."""
    assert _contest(buy, capacity_constraint=True) == [True, False]


def test_on_one_event_loop_the_last_seat_is_sold_twice_without_the_constraint(buy):
    """A single thread is no excuse."""
    assert _contest(buy, capacity_constraint=False) == [True, True]
