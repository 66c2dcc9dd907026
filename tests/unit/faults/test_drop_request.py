"""DropRequest."""

from __future__ import annotations

from pytest_agentchaos.faults.drop_request import DropRequest
from pytest_agentchaos.faults.steps import Hang


def test_nothing_is_delivered_and_nothing_is_answered(tool_call):
    """The callee never hears of the call, and the caller waits."""
    assert DropRequest().compile(tool_call()) == (Hang(),)
