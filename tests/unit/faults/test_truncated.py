"""Truncated."""

from __future__ import annotations

import pytest

from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.evidence.message import Reply
from pytest_agentchaos.faults.steps import Cut, Deliver, Return, Rewrite
from pytest_agentchaos.faults.truncated import Truncated


def test_the_line_ends_in_the_middle_of_the_body(http_call):
    """The call was delivered, and some bytes arrive."""
    assert Truncated().compile(http_call()) == (Deliver(), Cut(limit_bytes=16), Return())


@pytest.mark.parametrize("then", ["end", "reset", "hang"])
def test_how_much_arrives_and_how_it_ends_can_be_told(http_call, then):
    """Zero bytes are possible."""
    program = Truncated(keep_bytes=0, then=then).compile(http_call())
    assert program == (Deliver(), Cut(limit_bytes=0, then=then), Return())


def test_a_proxy_cuts_the_body_and_tells_a_length_that_fits(http_call, rewritten):
    """No error on the line, only half a text."""
    program = Truncated(fraction=0.45).compile(http_call())
    assert [type(step) for step in program] == [Deliver, Rewrite, Return]
    got = rewritten(program, Reply(200, (("content-length", "10"),), b"0123456789"))
    assert got == Reply(200, (("content-length", "4"),), b"0123")


def test_a_body_without_bytes_is_left_alone(http_call, rewritten):
    """Then the fault has not fired."""
    true = Reply(204)
    assert rewritten(Truncated(fraction=0.5).compile(http_call()), true) is true


def test_it_acts_on_bytes_only(function_call, model_call):
    """Functions have none, and streams have a fault of their own."""
    assert "plain function" in str(Truncated().inapplicable(function_call()))
    assert "use stream_cut" in str(Truncated().inapplicable(model_call(stream=True)))
    assert Truncated(fraction=0.5).inapplicable(model_call(stream=True)) is None
    assert Truncated().inapplicable(model_call()) is None


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"fraction": 1}, r"faults\.Truncated\(fraction=1\)"),
        ({"keep_bytes": -1}, r"faults\.Truncated\(keep_bytes=-1\)"),
        ({"fraction": 0.5, "keep_bytes": 3}, "fraction=0.5 .* leave out keep_bytes="),
    ],
)
def test_cuts_that_cannot_be_are_errors(parameters, message):
    """The message names the value, the place and the remedy."""
    with pytest.raises(UsageError, match=message):
        Truncated(**parameters)
