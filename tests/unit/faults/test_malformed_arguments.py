"""MalformedArguments."""

from __future__ import annotations

import json

import pytest

from pytest_agentchaos import rng
from pytest_agentchaos.dialects.base import ToolCall, Turn
from pytest_agentchaos.faults.malformed_arguments import MalformedArguments, _cut

ASKED = Turn("Let me see.", (ToolCall("call_1", "search", '{"city": "Lisbon", "nights": 3}'),), "tool_calls")


@pytest.mark.parametrize("seed", range(3))
def test_the_arguments_stop_before_their_end(said, seed):
    """Text and name of the call stay, the arguments are no JSON."""
    got = said(MalformedArguments(), ASKED, seed=seed)
    (asked,) = got.tool_calls
    assert (asked.id, asked.name, got.text) == ("call_1", "search", "Let me see.")
    assert asked.arguments
    assert ASKED.tool_calls[0].arguments.startswith(asked.arguments)
    with pytest.raises(json.JSONDecodeError):
        json.loads(asked.arguments)


@pytest.mark.parametrize("arguments", ["", "{}", "12", "[1]"])
def test_strange_arguments_are_no_json_either(arguments):
    """Whatever stood there."""
    with pytest.raises(json.JSONDecodeError):
        json.loads(_cut(arguments, rng.stream(1, "test")))


def test_without_such_a_tool_call_the_turn_is_left_alone(said):
    """Then the fault has not fired."""
    assert said(MalformedArguments(), Turn("The weather is fine.")) is None
    assert said(MalformedArguments(tool="book_*"), ASKED) is None
