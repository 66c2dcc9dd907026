"""Incomplete."""

from __future__ import annotations

import pytest

from pytest_agentchaos.dialects.base import ToolCall, Turn
from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.faults.incomplete import Incomplete


def test_the_text_stops_in_the_middle(said):
    """And the turn says that its length was the reason."""
    got = said(Incomplete(), Turn("0123456789"))
    assert (got.text, got.tool_calls, got.finish) == ("01234", (), "length")


def test_the_arguments_of_the_last_tool_call_stop_in_the_middle(said):
    """Earlier calls are whole."""
    first, last = ToolCall("call_1", "search", '{"a": 1}'), ToolCall("call_2", "search", '{"b": 22}')
    got = said(Incomplete(), Turn("", (first, last), "tool_calls"))
    assert got.tool_calls == (first, ToolCall("call_2", "search", '{"b"'))
    assert got.finish == "length"


def test_the_whole_is_not_incomplete():
    """A fraction of one is an error."""
    with pytest.raises(UsageError, match=r"faults\.Incomplete\(fraction=1\)"):
        Incomplete(fraction=1)
