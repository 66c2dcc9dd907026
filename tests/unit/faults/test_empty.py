"""Empty."""

from __future__ import annotations

import pytest

from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.evidence.message import Reply
from pytest_agentchaos.faults.empty import Empty
from pytest_agentchaos.faults.steps import Deliver, Return, Rewrite


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"a": 1}, {}),
        ([1, 2], []),
        ("sunny", ""),
        (12.5, 0.0),
        (7, 0),
        (True, False),
        ({"result": [1]}, {"result": []}),
    ],
)
def test_the_result_is_empty_and_of_the_same_type(function_call, rewritten, value, expected):
    """A result that MCP had to wrap is emptied within its wrapping."""
    got = rewritten(Empty().compile(function_call()), Reply(200, value=value)).value
    assert got == expected
    assert type(got) is type(expected)


def test_one_part_can_be_empty(answer):
    """The rest stays."""
    assert answer(Empty(field="flights"), {"flights": [1], "total": 1}) == {"flights": [], "total": 1}


@pytest.mark.parametrize("value", [{}, [], "", 0, None, {"result": []}])
def test_what_is_empty_already_is_left_alone(function_call, rewritten, value):
    """Then the fault has not fired."""
    true = Reply(200, value=value)
    assert rewritten(Empty().compile(function_call()), true) is true


def test_a_part_that_is_not_there_is_left_alone(answer):
    """Then the fault has not fired."""
    assert answer(Empty(field="nowhere"), {"a": 1}) is None


def test_the_whole_body_can_be_missing(model_call, rewritten):
    """Of any reply that has one, with the status of a success."""
    program = Empty(whole=True).compile(model_call())
    assert [type(step) for step in program] == [Deliver, Rewrite, Return]
    got = rewritten(program, Reply(200, (("content-length", "2"),), b"{}"))
    assert got == Reply(200, (("content-length", "0"),), b"")
    true = Reply(204)
    assert rewritten(program, true) is true


def test_it_knows_where_it_can_act(function_call, model_call, http_call):
    """Data can be empty, and bodies can; a model's words have a fault of their own."""
    assert Empty().inapplicable(http_call()) is None
    assert Empty(whole=True).inapplicable(model_call()) is None
    assert "agent and http and tool" in str(Empty().inapplicable(model_call()))
    assert "plain function" in str(Empty(whole=True).inapplicable(function_call()))


def test_the_whole_and_a_part_are_two_things():
    """Asking for both is an error that says what to do."""
    with pytest.raises(UsageError, match=r"whole=True .* field='a' .* give one"):
        Empty(whole=True, field="a")
