"""DropResponse."""

from __future__ import annotations

from pytest_agentchaos.faults.drop_response import DropResponse
from pytest_agentchaos.faults.steps import Deliver, Hang


def test_the_callee_runs_and_the_caller_waits(function_call):
    """The call is delivered once, and only then silence begins."""
    assert DropResponse().compile(function_call()) == (Deliver(), Hang())
