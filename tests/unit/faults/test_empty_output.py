"""EmptyOutput."""

from __future__ import annotations

from pytest_agentchaos.dialects.base import ToolCall, Turn
from pytest_agentchaos.faults.empty_output import EmptyOutput


def test_nothing_is_said_and_nothing_is_asked(said):
    """The turn ends as if all were well, whether there were words, tool calls or both."""
    asked = (ToolCall("call_1", "search", "{}"),)
    for turn in (Turn("Well,", asked, "tool_calls"), Turn("", asked, "tool_calls"), Turn("Well,")):
        got = said(EmptyOutput(), turn)
        assert (got.text, got.tool_calls, got.finish) == ("", (), "stop")


def test_a_turn_that_is_empty_is_left_alone(said):
    """Then the fault has not fired."""
    assert said(EmptyOutput(), Turn()) is None
