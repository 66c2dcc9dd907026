"""Duplicate."""

from __future__ import annotations

import pytest

from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.faults.duplicate import Duplicate
from pytest_agentchaos.faults.steps import Delay, Deliver, Return


def test_the_second_copy_follows_the_first_and_its_answer_counts(tool_call):
    """A proxy that tries again hands on what it got last."""
    assert Duplicate().compile(tool_call()) == (Deliver(), Deliver(), Return())


def test_the_answer_to_the_first_copy_can_count(tool_call):
    """What later copies are answered is thrown away."""
    program = Duplicate(copies=3, answer="first", gap_s=0.5).compile(tool_call())
    again = (Delay(0.5), Deliver(discard=True))
    assert program == (Deliver(), *again, *again, Return())


def test_copies_in_flight_run_at_once(tool_call):
    """All copies are one step, so that they overlap."""
    assert Duplicate(order="in_flight", copies=3).compile(tool_call()) == (Deliver(copies=3), Return())


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"copies": 1}, r"faults\.Duplicate\(copies=1\): .*greater than or equal to 2"),
        ({"copies": 101}, r"faults\.Duplicate\(copies=101\): .*less than or equal to 100"),
        ({"order": "random"}, r"faults\.Duplicate\(order='random'\): .*'sequential' or 'in_flight'"),
        ({"order": "in_flight", "answer": "last"}, "answer='last' .* use order='sequential'"),
        ({"order": "in_flight", "gap_s": 2}, "gap_s=2 has no meaning .* leave it out"),
        ({"copy": 2}, "faults.Duplicate has no parameter 'copy'; did you mean 'copies'"),
    ],
)
def test_parameters_that_make_no_sense_are_errors(parameters, message):
    """The message names the value, the place and the remedy."""
    with pytest.raises(UsageError, match=message):
        Duplicate(**parameters)
