"""Hang."""

from __future__ import annotations

from pytest_agentchaos.faults.hang import Hang
from pytest_agentchaos.faults.steps import Cut, Deliver, Return
from pytest_agentchaos.faults.steps import Hang as Silence


def test_the_callee_is_stuck_before_it_does_anything(function_call):
    """Nothing happens, and nothing is answered."""
    assert Hang().compile(function_call()) == (Silence(),)


def test_the_callee_can_be_stuck_after_the_head_of_its_answer(http_call):
    """The work is done, status and headers arrive, the body never does."""
    program = Hang(at="body").compile(http_call())
    assert program == (Deliver(), Cut(events=0, limit_bytes=0, then="hang"), Return())


def test_a_function_has_no_body_to_be_stuck_in(function_call, http_call):
    """It says so, and acts where there is one."""
    assert Hang(at="body").inapplicable(http_call()) is None
    assert Hang().inapplicable(function_call()) is None
    assert "plain function" in str(Hang(at="body").inapplicable(function_call()))
