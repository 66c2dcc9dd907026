"""UnknownTool."""

from __future__ import annotations

import pytest

from pytest_agentchaos.dialects.base import ToolCall, Turn
from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.faults.unknown_tool import UnknownTool

ASKED = Turn("Let me see.", (ToolCall("call_1", "search", '{"city": "Lisbon", "nights": 3}'),), "tool_calls")


def test_the_tool_is_one_that_nobody_offered(said):
    """Its arguments and its id stay."""
    got = said(UnknownTool(), ASKED)
    assert got.tool_calls == (ToolCall("call_1", "search_v2", ASKED.tool_calls[0].arguments),)


def test_the_name_can_be_told_but_never_one_that_was_offered(said):
    """The model of these tests offers ``search``."""
    assert said(UnknownTool(new_name="transfer_money"), ASKED).tool_calls[0].name == "transfer_money"
    assert said(UnknownTool(new_name="search"), ASKED).tool_calls[0].name == "search_"


def test_without_such_a_tool_call_the_turn_is_left_alone(said):
    """Then the fault has not fired."""
    assert said(UnknownTool(), Turn("The weather is fine.")) is None
    assert said(UnknownTool(tool="book_*"), ASKED) is None


def test_a_tool_needs_a_name():
    """An empty one is an error."""
    with pytest.raises(UsageError, match=r"faults\.UnknownTool\(new_name=''\)"):
        UnknownTool(new_name="")
