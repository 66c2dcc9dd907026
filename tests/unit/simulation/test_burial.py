"""Trials that nobody closes: their dead are buried where they disturb nobody."""

from __future__ import annotations

import asyncio
import gc
import sys

import pytest

from pytest_agentchaos import faults, on
from pytest_agentchaos.chaos import Chaos


@pytest.fixture
def complaints(monkeypatch):
    """What Python complains of where nobody can catch it."""
    heard = []
    monkeypatch.setattr(sys, "unraisablehook", heard.append)
    return heard


def crashed(last_words):
    """A trial whose process was killed in the middle of a call."""
    chaos = Chaos()

    async def ask():
        await asyncio.sleep(1)

    ask = chaos.tool(ask)

    async def system():
        try:
            await ask()
        finally:
            last_words.append("said")
            await asyncio.sleep(1)

    chaos.inject(faults.Crash(point="before_reply"), on.tool("ask"))
    chaos.run(system)
    assert chaos.outcome.ending == "crashed"
    return chaos


def test_the_next_trial_buries_what_a_forgotten_one_has_left(complaints):
    """Not at the moment at which Python lets go of it, which may be in the middle of anything."""
    said = []
    chaos = crashed(said)
    del chaos
    gc.collect()
    assert said == []

    Chaos().run(lambda: None)
    gc.collect()
    assert said == ["said"]
    assert complaints == []


def test_one_that_was_closed_is_not_buried_twice(complaints):
    """Closing it is the usual way."""
    said = []
    chaos = crashed(said)
    chaos.trial.close()
    assert said == ["said"]
    del chaos
    Chaos().run(lambda: None)
    gc.collect()
    assert said == ["said"]
    assert complaints == []
