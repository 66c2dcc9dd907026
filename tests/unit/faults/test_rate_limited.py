"""RateLimited."""

from __future__ import annotations

import pytest

from pytest_agentchaos.dialects.base import Problem
from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.faults.rate_limited import RateLimited


@pytest.mark.parametrize("make", ["http_call", "model_call", "tool_call", "function_call"])
def test_the_callee_turns_the_request_away(request, answered, make):
    """Nothing is delivered; the answer is the dialect's own."""
    situation = request.getfixturevalue(make)()
    assert answered(RateLimited(), situation).status == 429


def test_it_can_say_when_to_come_back(answered, http_call):
    """As a header that SDKs obey."""
    told = answered(RateLimited(retry_after_s=20), http_call())
    assert told.header("retry-after") == "20"
    silent = answered(RateLimited(retry_after_s=None), http_call())
    assert silent.header("retry-after") is None


def test_a_quota_that_is_used_up_is_another_problem(answered, model_call):
    """Waiting does not help, and the SDKs can tell."""
    assert RateLimited(quota=True).problem() == Problem("quota", retry_after_s=1.0)
    rate, quota = (answered(RateLimited(quota=used_up), model_call()).body for used_up in (False, True))
    assert b"insufficient_quota" in quota
    assert b"insufficient_quota" not in rate


def test_nobody_can_come_back_earlier_than_now():
    """A negative time is an error that names it."""
    with pytest.raises(UsageError, match=r"faults\.RateLimited\(retry_after_s=-1\)"):
        RateLimited(retry_after_s=-1)
