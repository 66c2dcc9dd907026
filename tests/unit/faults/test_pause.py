"""Pause."""

from __future__ import annotations

from pytest_agentchaos.faults.pause import Pause
from pytest_agentchaos.faults.steps import Deliver, Return
from pytest_agentchaos.faults.steps import Pause as StandStill


def test_a_process_stands_still_before_the_request_is_worked_on(tool_call):
    """Whoever it is: the one that would send it, or the one that would answer."""
    assert Pause().compile(tool_call()) == (StandStill("caller", 30.0), Deliver(), Return())
    assert Pause(of="callee", seconds=5).compile(tool_call()) == (StandStill("callee", 5), Deliver(), Return())


def test_it_says_why_a_process_cannot_be_stopped(tool_call):
    """The situation knows; most can."""
    assert Pause(of="callee").inapplicable(tool_call(unstoppable=lambda of: f"no {of}")) == "no callee"
