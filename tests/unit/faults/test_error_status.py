"""ErrorStatus."""

from __future__ import annotations

import pytest

from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.evidence.message import Reply
from pytest_agentchaos.faults.error_status import ErrorStatus
from pytest_agentchaos.faults.steps import Deliver, Return, Rewrite


@pytest.mark.parametrize("status", [400, 401, 403, 404, 408, 409, 418, 429, 500, 503, 529])
@pytest.mark.parametrize("make", ["http_call", "model_call", "function_call"])
def test_the_callee_answers_with_that_status_and_does_nothing(request, answered, make, status):
    """Each dialect puts it in its own form."""
    situation = request.getfixturevalue(make)()
    reply = answered(ErrorStatus(status=status, message="no luck"), situation)
    assert reply.status == status
    assert b"no luck" in reply.body or reply.value == "no luck"


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, "bad_request"), (401, "unauthorized"), (403, "forbidden"), (404, "not_found"), (408, "timeout"),
        (409, "conflict"), (422, "bad_request"), (429, "rate_limited"), (499, "bad_request"), (500, "server_error"),
        (502, "server_error"), (503, "unavailable"), (529, "overloaded"),
    ],
)  # fmt: skip
def test_a_status_stands_for_a_problem(status, kind):
    """Dialects have names of their own for most of them."""
    assert ErrorStatus(status=status).problem().kind == kind


def test_it_can_fail_when_the_work_is_done(http_call, rewritten):
    """The true answer is lost, the error stands in its place."""
    program = ErrorStatus(after=True).compile(http_call())
    assert [type(step) for step in program] == [Deliver, Rewrite, Return]
    assert rewritten(program, Reply(200, body=b"booked")).status == 500


@pytest.mark.parametrize("status", [200, 399, 600])
def test_a_status_that_is_no_error_is_an_error(status):
    """The message names it."""
    with pytest.raises(UsageError, match=rf"faults\.ErrorStatus\(status={status}\)"):
        ErrorStatus(status=status)
