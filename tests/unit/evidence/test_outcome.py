"""Outcomes and verdicts as people read them."""

from __future__ import annotations

import pytest

from pytest_agentchaos.evidence.outcome import Outcome
from pytest_agentchaos.evidence.usage import Usage
from pytest_agentchaos.evidence.verdict import Verdict


def test_an_outcome_says_how_the_system_ended_and_after_how_long():
    """In virtual seconds."""
    assert str(Outcome("completed", "booked", virtual_s=12.5)) == "completed after 12.5 s"


@pytest.mark.parametrize("ending", ["raised", "hung"])
def test_an_outcome_without_a_value_says_why(ending):
    """By the error that came out."""
    assert str(Outcome(ending, error=ValueError("no"), virtual_s=3)) == f"{ending} after 3 s: ValueError: no"


def test_an_outcome_without_an_error_does_not_invent_one():
    """One that was loaded from a file has none."""
    assert str(Outcome("raised", virtual_s=3)) == "raised after 3 s: nobody knows why"


def test_a_verdict_names_the_ops_that_show_it():
    """So that the reader knows where to look."""
    verdict = Verdict("at_most(calls, 1)", "fail", "calls = 2, above 1", (0, 2))
    assert str(verdict) == "FAIL    at_most(calls, 1): calls = 2, above 1 (ops 0, 2)"
    assert str(Verdict("terminates", "pass", "1 of 1 runs ended")) == "PASS    terminates: 1 of 1 runs ended"


@pytest.mark.parametrize(
    ("status", "passed"), [("pass", True), ("fail", False), ("unknown", False), ("invalid", False)]
)
def test_only_a_pass_is_a_pass(status, passed):
    """What nobody knows, or what proves nothing, is none."""
    assert Verdict("x", status, "").passed is passed


def test_usage_counts_nothing_unless_it_is_told():
    """Models report what they like."""
    assert Usage(input_tokens=3) == (3, 0, 0)


def test_a_secret_in_an_error_is_not_told():
    """It stands in the report of a test, which CI keeps."""
    error = ValueError("no access to postgres://app:hunter2@db/main with api_key=hunter2")
    assert "hunter2" not in str(Outcome("raised", error=error))
