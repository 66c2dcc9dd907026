"""Refused."""

from __future__ import annotations

from pytest_agentchaos.faults.refused import Refused
from pytest_agentchaos.faults.steps import Refuse


def test_nobody_listens(tool_call):
    """The connection is refused, and nothing is delivered."""
    assert Refused().compile(tool_call()) == (Refuse(),)
