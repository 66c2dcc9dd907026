"""RepeatedCall."""

from __future__ import annotations

import pytest

from pytest_agentchaos.dialects.base import ToolCall, Turn
from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.faults.repeated_call import RepeatedCall

ASKED = Turn("Let me see.", (ToolCall("call_1", "search", '{"city": "Lisbon", "nights": 3}'),), "tool_calls")


def test_the_same_call_stands_in_the_turn_several_times(said):
    """Under ids of their own, so that every one gets its answer."""
    got = said(RepeatedCall(copies=3), ASKED)
    assert [asked.arguments for asked in got.tool_calls] == [ASKED.tool_calls[0].arguments] * 3
    assert [asked.id for asked in got.tool_calls] == ["call_1", "call_1_2", "call_1_3"]
    assert got.text == "Let me see."


def test_other_calls_stay_as_they_are(said):
    """The glob says which call is repeated; the copies follow the original."""
    other = ToolCall("call_2", "weather", "{}")
    got = said(RepeatedCall(tool="search"), Turn("", (*ASKED.tool_calls, other), "tool_calls"))
    assert [asked.name for asked in got.tool_calls] == ["search", "search", "weather"]


def test_a_call_without_an_id_gets_none(model_call):
    """The dialect gives each its own."""
    turn = Turn("", (ToolCall("", "search", "{}"),), "tool_calls")
    situation = model_call()
    changed = RepeatedCall().change(turn, situation.call, situation.draw)
    assert [asked.id for asked in changed.tool_calls] == ["", ""]


def test_without_such_a_tool_call_the_turn_is_left_alone(said):
    """Then the fault has not fired."""
    assert said(RepeatedCall(), Turn("The weather is fine.")) is None
    assert said(RepeatedCall(tool="book_*"), ASKED) is None


@pytest.mark.parametrize("copies", [1, 101])
def test_once_is_not_repeated_and_there_is_an_end(copies):
    """Such a number is an error that names the value."""
    with pytest.raises(UsageError, match=rf"faults\.RepeatedCall\(copies={copies}\)"):
        RepeatedCall(copies=copies)
