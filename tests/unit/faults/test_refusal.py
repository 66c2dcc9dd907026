"""Refusal."""

from __future__ import annotations

import pytest

from pytest_agentchaos.dialects.base import ToolCall, Turn
from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.faults.refusal import Refusal


def test_the_model_declines(said):
    """In the words that were told, and asks for no tool."""
    got = said(Refusal(text="No."), Turn("Yes.", (ToolCall("call_1", "search", "{}"),), "tool_calls"))
    assert (got.text, got.tool_calls, got.finish) == ("No.", (), "refusal")


def test_a_refusal_has_words():
    """An empty one is an error."""
    with pytest.raises(UsageError, match=r"faults\.Refusal\(text=''\)"):
        Refusal(text="")
