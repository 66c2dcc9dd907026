"""terminates: every run of the system came to an end."""

from __future__ import annotations

import pytest

from pytest_agentchaos import invariants
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.evidence.verdict import Verdict


def ended(*outcomes: str) -> History:
    """Runs that ended like this, with a note of another sort before them."""
    history = History()
    history.append("note", at_s=0.0, data={"upstream_error": "x"})
    for outcome in outcomes:
        history.append("note", at_s=1.0, data={"outcome": outcome})
    return history


@pytest.mark.parametrize("outcomes", [("completed",), ("raised",), ("completed", "raised")])
def test_an_answer_is_an_end_and_so_is_an_error(outcomes):
    """How good an end it is, others judge."""
    count = len(outcomes)
    expected = Verdict("terminates", "pass", f"{count} of {count} runs ended")
    assert invariants.terminates().check(ended(*outcomes)) == expected


def test_a_run_that_hangs_has_no_end():
    """One is enough, and it is pointed at."""
    found = invariants.terminates().check(ended("completed", "hung", "completed", "hung"))
    assert found == Verdict("terminates", "fail", "the system waits for something that can never come", (2, 4))


def test_of_a_system_that_nobody_ran_nothing_is_known():
    """And unknown is no pass."""
    found = invariants.terminates().check(ended())
    assert found == Verdict("terminates", "unknown", "no run has ended yet: call agentchaos.run(...) first")
