"""Overloaded."""

from __future__ import annotations

import pytest

from pytest_agentchaos.dialects.base import Problem
from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.faults.overloaded import Overloaded


@pytest.mark.parametrize("make", ["http_call", "model_call", "tool_call", "function_call"])
def test_the_callee_turns_the_request_away(request, answered, make):
    """Nothing is delivered; the answer is the dialect's own."""
    situation = request.getfixturevalue(make)()
    assert answered(Overloaded(), situation).status in {429, 503, 529}


def test_it_can_say_when_to_come_back(answered, http_call):
    """As a header that SDKs obey."""
    told = answered(Overloaded(retry_after_s=20), http_call())
    assert told.header("retry-after") == "20"
    silent = answered(Overloaded(retry_after_s=None), http_call())
    assert silent.header("retry-after") is None


def test_the_message_can_be_told():
    """It reaches the caller in the words of the dialect."""
    assert Overloaded(message="later").problem() == Problem("overloaded", message="later")


def test_nobody_can_come_back_earlier_than_now():
    """A negative time is an error that names it."""
    with pytest.raises(UsageError, match=r"faults\.Overloaded\(retry_after_s=-1\)"):
        Overloaded(retry_after_s=-1)
