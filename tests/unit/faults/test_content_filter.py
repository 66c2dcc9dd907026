"""ContentFilter."""

from __future__ import annotations

import pytest

from pytest_agentchaos.dialects.base import ToolCall, Turn
from pytest_agentchaos.faults.content_filter import ContentFilter


def test_the_output_is_withheld(said):
    """The turn says why it is empty."""
    got = said(ContentFilter(), Turn("Something.", (ToolCall("call_1", "search", "{}"),), "tool_calls"))
    assert (got.text, got.tool_calls) == ("", ())
    assert got.finish in {"content_filter", "refusal"}  # Anthropic has one word for both


def test_a_turn_that_was_filtered_already_is_left_alone(said):
    """Then the fault has not fired."""
    assert said(ContentFilter(), Turn("", (), "content_filter")) is None


@pytest.mark.parametrize("dialect", ["openai-responses", "openai-chat", "anthropic-messages"])
def test_the_input_can_be_turned_away(answered, model_call, dialect):
    """No model runs; the provider answers with its error."""
    assert answered(ContentFilter(on="input"), model_call(dialect)).status == 400
