"""StreamErrorEvent."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_agentchaos.faults.steps import Cut, Deliver, Insert, Return
from pytest_agentchaos.faults.stream_error_event import StreamErrorEvent


@pytest.mark.parametrize("dialect", ["openai-responses", "openai-chat", "anthropic-messages"])
def test_the_dialects_own_error_stands_in_the_stream_and_ends_it(model_call, dialect):
    """After so many true events."""
    program = StreamErrorEvent(after_events=2, message="no luck").compile(model_call(dialect, stream=True))
    insert = program[1]
    assert program == (Deliver(), insert, Cut(events=3), Return())
    assert isinstance(insert, Insert)
    assert insert.events == 2
    assert b"no luck" in insert.body
    assert insert.body.endswith(b"\n\n")


def test_it_acts_on_streams_of_models(model_call, tool_call, http_call):
    """Other streams have no event for it."""
    fault = StreamErrorEvent()
    assert fault.inapplicable(model_call(stream=True)) is None
    assert fault.inapplicable(model_call()) == "it acts on streams, and this call does not stream"
    assert fault.inapplicable(tool_call(accept="text/event-stream")) == "it acts on model calls"
    unknown = replace(model_call(stream=True), dialect=http_call().dialect)
    assert "the dialect 'http' does not tell" in str(fault.inapplicable(unknown))
