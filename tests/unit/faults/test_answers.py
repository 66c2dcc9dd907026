"""What all answer faults share."""

from __future__ import annotations

import pytest

from pytest_agentchaos import rng
from pytest_agentchaos.evidence.message import Reply
from pytest_agentchaos.faults.answers import ProblemFault, ResultFault
from pytest_agentchaos.faults.partial import Partial
from pytest_agentchaos.faults.steps import Deliver, Return, Rewrite

JSON = (("content-type", "application/json"),)


def test_the_true_answer_is_changed_after_the_delivery(tool_call):
    """The callee did its work."""
    assert [type(step) for step in Partial().compile(tool_call())] == [Deliver, Rewrite, Return]


def test_an_error_stays_an_error(http_call, rewritten):
    """There is no result in it that could be wrong; below 400 there is."""
    for status in (400, 404, 500):
        reply = Reply(status, JSON, b'{"errors": [1, 2]}')
        assert rewritten(Partial().compile(http_call()), reply) is reply
    created = Reply(201, JSON, b'{"flights": [1, 2]}')
    assert rewritten(Partial().compile(http_call()), created) is not created


def test_an_answer_that_nobody_can_read_is_left_alone(tool_call, rewritten):
    """Then the fault has not fired."""
    reply = Reply(200, body=b"\xff")
    assert rewritten(Partial().compile(tool_call()), reply) is reply


def test_they_act_on_data_and_not_on_models(model_call, function_call, http_call):
    """What a model says has faults of its own."""
    assert Partial().inapplicable(model_call()) == "it acts on agent and http and tool calls"
    assert Partial().inapplicable(function_call(kind="agent")) is None
    assert Partial().inapplicable(http_call()) is None


def test_a_functions_own_object_is_never_touched(function_call, rewritten):
    """The caller gets a changed copy; the callee may still hold the original."""
    mine = {"flights": [1, 2]}
    got = rewritten(Partial().compile(function_call()), Reply(200, value=mine))
    assert got.value == {"flights": [1]}
    assert mine == {"flights": [1, 2]}


def test_plain_http_is_rewritten_as_json(http_call, rewritten):
    """With a length that is true."""
    reply = Reply(200, (("content-type", "application/json"), ("content-length", "18")), b'{"flights": [1, 2]}')
    got = rewritten(Partial().compile(http_call()), reply)
    assert got.body.replace(b" ", b"") == b'{"flights":[1]}'
    assert got.header("content-length") == str(len(got.body))


def test_the_bases_leave_the_rest_to_their_subclasses():
    """They have no change and no problem of their own."""
    with pytest.raises(NotImplementedError):
        ResultFault().change(1, rng.stream(1))
    with pytest.raises(NotImplementedError):
        ProblemFault().problem()
