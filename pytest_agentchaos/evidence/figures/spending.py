"""Spending: tokens that models were paid for, reply by reply, whether or not the caller ever saw the reply."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from pytest_agentchaos.evidence.exchange import Exchange
from pytest_agentchaos.evidence.usage import Usage

_ERRORS = 400
_CREDIBLE_TOKENS = 10**12


class Spending(NamedTuple):
    """One reply of a model."""

    op: int
    """The op that tells of it."""
    model: str
    usage: Usage | None
    """None: tokens were, or may have been, spent, and nothing says how many."""


def spendings(calls: Iterable[Exchange]) -> Iterator[Spending]:
    """What was spent on model calls.

    Under a fault the deliveries count: an answer that was lost on its way was paid for, one that a fault made up was
    not. A reply with an error status is free; a call that nobody knows the end of may have cost anything.
    """
    for exchange in calls:
        if exchange.call.kind != "model":
            continue
        if exchange.fault_ops:
            for delivery in exchange.deliveries:
                yield from _spending(exchange, delivery.index, delivery.data)
        elif exchange.ending == "ok":
            yield from _spending(exchange, exchange.index if exchange.end is None else exchange.end, exchange.data)
        elif exchange.ending != "fail":
            yield Spending(exchange.index if exchange.end is None else exchange.end, exchange.call.name, None)


def _spending(exchange: Exchange, op: int, data: Mapping[str, Any]) -> Iterator[Spending]:
    usage = read(data.get("usage"))
    status = data.get("status")
    is_error = isinstance(status, int) and status >= _ERRORS
    if usage is not None or not is_error:
        yield Spending(op, exchange.call.name, usage)


def read(told: Any) -> Usage | None:
    """The usage in the data of a reply; None for what is no count of tokens."""
    if not isinstance(told, Mapping) or "input_tokens" not in told or "output_tokens" not in told:
        return None
    counts = [told.get(name, 0) for name in Usage._fields]
    return Usage(*counts) if all(map(_is_count, counts)) else None


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _CREDIBLE_TOKENS
