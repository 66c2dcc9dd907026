"""StreamCut."""

from __future__ import annotations

import pytest

from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.faults.steps import Cut, Deliver, Return
from pytest_agentchaos.faults.stream_cut import StreamCut


def test_the_stream_ends_after_some_events(model_call):
    """The call itself was delivered."""
    assert StreamCut().compile(model_call(stream=True)) == (Deliver(), Cut(events=3), Return())


def test_the_connection_can_be_torn(model_call):
    """That is an error in every SDK, which a clean end is not."""
    program = StreamCut(after_events=0, how="reset").compile(model_call(stream=True))
    assert program[1] == Cut(events=0, then="reset")


def test_it_acts_where_events_can_come(model_call, tool_call, function_call):
    """An MCP client that takes streams may get one; a model that was not asked for one gives none."""
    assert StreamCut().inapplicable(model_call(stream=True)) is None
    assert StreamCut().inapplicable(tool_call(accept="application/json, text/event-stream")) is None
    for situation in (model_call(), tool_call(), function_call()):
        assert StreamCut().inapplicable(situation) == "it acts on streams, and this call does not stream"


def test_a_parameter_out_of_range_is_an_error():
    """The message names the value and the place."""
    with pytest.raises(UsageError, match=r"faults\.StreamCut\(after_events=-1\)"):
        StreamCut(after_events=-1)
