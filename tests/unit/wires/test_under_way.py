"""A caller that gives up while the callee is at work: what was handed over may have had its effect."""

from __future__ import annotations

import asyncio
import time

import pytest

from pytest_agentchaos import faults
from pytest_agentchaos.evidence.effects.effect import Effect
from pytest_agentchaos.evidence.effects.executions import executions
from pytest_agentchaos.evidence.effects.ledger import ledger_of
from pytest_agentchaos.schedule import on, rule
from pytest_agentchaos.trial import Trial
from pytest_agentchaos.wires.function import wire

SEAT = Effect("seat", tool="book", key=("flight",))


def _slow(flight):
    time.sleep(10)
    return {"booking": flight}


async def _slow_async(flight):
    await asyncio.sleep(10)
    return {"booking": flight}


def _refusing(flight):
    msg = f"no seat in {flight}"
    raise ValueError(msg)


def _trial(function):
    trial = Trial([rule(faults.Latency(seconds=1), on.tool("book"))])
    with pytest.raises((TimeoutError, ValueError)):
        trial.run(wire(function, name="book", kind="tool", timeout_s=3.0), "LX1")
    return trial.history.calls("book")[0], ledger_of(trial.history, [SEAT])


def test_an_async_callee_that_was_given_up_may_have_done_it():
    """No true answer was seen: it is one more that perhaps happened, never one that did not."""
    exchange, ledger = _trial(_slow_async)
    assert exchange.data["under_way"] == 1
    assert executions(exchange) == ((), 1)
    assert [(entry.effect, entry.sure) for entry in ledger.entries] == [("seat", False)]


def test_a_sync_callee_has_run_to_its_end_when_its_caller_gives_up():
    """Its answer is known, and so is that it happened."""
    exchange, ledger = _trial(_slow)
    assert "under_way" not in exchange.data
    assert [(entry.effect, entry.sure) for entry in ledger.entries] == [("seat", True)]


def test_a_callee_that_refuses_has_done_nothing():
    """An exception of its own is an answer."""
    exchange, ledger = _trial(_refusing)
    assert exchange.ending == "fail"
    assert executions(exchange) == ((), 0)
    assert ledger.entries == ()
