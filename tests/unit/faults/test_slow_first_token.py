"""SlowFirstToken."""

from __future__ import annotations

import pytest

from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.faults.slow_first_token import SlowFirstToken
from pytest_agentchaos.faults.steps import Deliver, Drip, Return


def test_the_stream_is_long_in_coming(model_call):
    """The call itself was delivered."""
    assert SlowFirstToken().compile(model_call(stream=True)) == (Deliver(), Drip(first_s=10.0), Return())


def test_it_acts_where_events_can_come(model_call, tool_call, function_call):
    """An MCP client that takes streams may get one; a model that was not asked for one gives none."""
    assert SlowFirstToken().inapplicable(model_call(stream=True)) is None
    assert SlowFirstToken().inapplicable(tool_call(accept="application/json, text/event-stream")) is None
    for situation in (model_call(), tool_call(), function_call()):
        assert SlowFirstToken().inapplicable(situation) == "it acts on streams, and this call does not stream"


def test_a_parameter_out_of_range_is_an_error():
    """The message names the value and the place."""
    with pytest.raises(UsageError, match=r"faults\.SlowFirstToken\(seconds=0\)"):
        SlowFirstToken(seconds=0)
