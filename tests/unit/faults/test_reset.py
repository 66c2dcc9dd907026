"""Reset."""

from __future__ import annotations

from pytest_agentchaos.faults.reset import Reset
from pytest_agentchaos.faults.steps import Deliver
from pytest_agentchaos.faults.steps import Reset as Tear


def test_the_connection_breaks_after_the_work_was_done(tool_call):
    """The default is the worse of the two."""
    assert Reset().compile(tool_call()) == (Deliver(), Tear())


def test_the_connection_can_break_before_anything_happened(tool_call):
    """The callee never hears of the call."""
    assert Reset(after=False).compile(tool_call()) == (Tear(),)
