"""StreamDrip."""

from __future__ import annotations

import pytest

from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.faults.steps import Deliver, Drip, Return
from pytest_agentchaos.faults.stream_drip import StreamDrip


def test_the_stream_pauses_before_every_event(model_call):
    """The call itself was delivered."""
    assert StreamDrip().compile(model_call(stream=True)) == (Deliver(), Drip(interval_s=1.0), Return())


def test_it_acts_where_events_can_come(model_call, tool_call, function_call):
    """An MCP client that takes streams may get one; a model that was not asked for one gives none."""
    assert StreamDrip().inapplicable(model_call(stream=True)) is None
    assert StreamDrip().inapplicable(tool_call(accept="application/json, text/event-stream")) is None
    for situation in (model_call(), tool_call(), function_call()):
        assert StreamDrip().inapplicable(situation) == "it acts on streams, and this call does not stream"


def test_a_parameter_out_of_range_is_an_error():
    """The message names the value and the place."""
    with pytest.raises(UsageError, match=r"faults\.StreamDrip\(interval_s=0\)"):
        StreamDrip(interval_s=0)
