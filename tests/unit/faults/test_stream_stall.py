"""StreamStall."""

from __future__ import annotations

import pytest

from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.faults.steps import Cut, Deliver, Return
from pytest_agentchaos.faults.stream_stall import StreamStall


def test_the_stream_falls_silent_after_some_events(model_call):
    """The call itself was delivered."""
    assert StreamStall().compile(model_call(stream=True)) == (Deliver(), Cut(events=3, then="hang"), Return())


def test_it_acts_where_events_can_come(model_call, tool_call, function_call):
    """An MCP client that takes streams may get one; a model that was not asked for one gives none."""
    assert StreamStall().inapplicable(model_call(stream=True)) is None
    assert StreamStall().inapplicable(tool_call(accept="application/json, text/event-stream")) is None
    for situation in (model_call(), tool_call(), function_call()):
        assert StreamStall().inapplicable(situation) == "it acts on streams, and this call does not stream"


def test_a_parameter_out_of_range_is_an_error():
    """The message names the value and the place."""
    with pytest.raises(UsageError, match=r"faults\.StreamStall\(after_events=-1\)"):
        StreamStall(after_events=-1)
