"""What all model faults share."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_agentchaos import rng
from pytest_agentchaos.dialects.base import ToolCall, Turn
from pytest_agentchaos.evidence.message import Reply
from pytest_agentchaos.faults.refusal import Refusal
from pytest_agentchaos.faults.turns import ModelFault, change_tool_call


def test_they_act_on_models_that_can_be_read(model_call, tool_call, http_call):
    """Other calls are declined with the reason."""
    assert Refusal().inapplicable(model_call()) is None
    assert Refusal().inapplicable(tool_call()) == "it acts on model calls"
    unread = replace(model_call(), dialect=http_call().dialect)
    assert "the dialect 'http' does not tell" in str(Refusal().inapplicable(unread))


@pytest.mark.parametrize("reply", [Reply(500, body=b"{}"), Reply(200, body=b"no json"), Reply(200)])
def test_what_is_no_turn_is_left_alone(model_call, rewritten, reply):
    """An error stays an error, and what nobody can read stays too."""
    assert rewritten(Refusal().compile(model_call()), reply) is reply


def test_of_a_dialect_that_is_no_models_nothing_is_changed(model_call, http_call, rewritten):
    """Even when somebody compiles without asking."""
    unread = replace(model_call(), dialect=http_call().dialect)
    reply = Reply(200, body=b"{}")
    assert rewritten(Refusal().compile(unread), reply) is reply


def test_the_base_leaves_the_change_to_its_subclasses(model_call):
    """It has none of its own."""
    with pytest.raises(NotImplementedError):
        ModelFault().change(Turn(), model_call().call, rng.stream(1))


def test_one_tool_call_is_changed_and_the_others_stay():
    """In their order."""
    calls = tuple(ToolCall(str(number), name, "{}") for number, name in enumerate(("a", "b", "c")))
    turn = Turn("text", calls, "tool_calls")
    got = change_tool_call(turn, "b", rng.stream(1), lambda old: replace(old, arguments="changed"))
    assert got == replace(turn, tool_calls=(calls[0], ToolCall("1", "b", "changed"), calls[2]))


def test_a_change_that_changes_nothing_gives_the_same_turn():
    """So that everybody can see that nothing fired."""
    turn = Turn("", (ToolCall("1", "a", "{}"),), "tool_calls")
    assert change_tool_call(turn, "*", rng.stream(1), lambda old: old) is turn
    assert change_tool_call(turn, "x", rng.stream(1), lambda old: replace(old, id="2")) is turn
