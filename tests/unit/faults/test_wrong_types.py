"""WrongTypes."""

from __future__ import annotations

import json

from pytest_agentchaos.dialects.base import ToolCall, Turn
from pytest_agentchaos.faults.wrong_types import WrongTypes

ASKED = Turn("Let me see.", (ToolCall("call_1", "search", '{"city": "Lisbon", "nights": 3}'),), "tool_calls")


def test_one_argument_has_another_type(said):
    """The other arguments stay."""
    got = said(WrongTypes(field="nights"), ASKED)
    assert json.loads(got.tool_calls[0].arguments) == {"city": "Lisbon", "nights": "3"}


def test_an_argument_is_drawn_by_the_seed(said):
    """The same for the same seed; every argument has its turn."""
    seen = [said(WrongTypes(), ASKED, seed=seed).tool_calls[0].arguments for seed in range(8)]
    assert seen == [said(WrongTypes(), ASKED, seed=seed).tool_calls[0].arguments for seed in range(8)]
    assert set(map(json.dumps, map(json.loads, seen))) == {
        '{"city": ["Lisbon"], "nights": 3}',
        '{"city": "Lisbon", "nights": "3"}',
    }


def test_arguments_that_have_no_fields_are_left_alone(said):
    """Then the fault has not fired."""
    assert said(WrongTypes(), Turn("", (ToolCall("call_1", "search", "{}"),), "tool_calls")) is None
    assert said(WrongTypes(), Turn("", (ToolCall("call_1", "search", '{"a'),), "tool_calls")) is None


def test_without_such_a_tool_call_the_turn_is_left_alone(said):
    """Then the fault has not fired."""
    assert said(WrongTypes(), Turn("The weather is fine.")) is None
    assert said(WrongTypes(tool="book_*"), ASKED) is None
