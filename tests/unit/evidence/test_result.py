"""A result: one line that is kept of a trial."""

from __future__ import annotations

import json
from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.evidence.result import STATUSES, Result
from pytest_agentchaos.evidence.verdict import Verdict

VERDICTS = (Verdict("terminates", "pass", "it ended"), Verdict("no_orphan", "fail", "one\nis left", (3, 4)))
WHOLE = Result(
    trial="3f2a",
    plan={"system": "a:b", "schedule": [{"fault": "hang"}], "seed": 1},
    status="fail",
    why="no_orphan: one is left",
    ended="degraded",
    verdicts=VERDICTS,
    fired=(1, 0),
    reached={"a retry succeeded": True},
    measures={"calls": 3, "cost": None},
    digest="ab" * 32,
    history="histories/3f2a.jsonl.gz",
    calls=3,
    virtual_s=1.5,
    real_s=0.01,
    observed={"sites": [["s", "", []]]},
    left=("printed: x",),
)
TEXT = st.text(max_size=20)


def test_a_result_survives_being_written_down():
    """As one line, whatever its texts have in them."""
    line = WHOLE.to_line()
    assert "\n" not in line
    assert line.isascii()
    assert Result.from_data(json.loads(line)) == WHOLE
    assert {one.name for one in fields(Result)} == set(json.loads(line))


def test_the_least_that_a_result_has_is_enough():
    """A trial that never was one has neither verdicts nor history."""
    least = Result("a", {}, "infrastructure")
    assert Result.from_data(json.loads(least.to_line())) == least
    assert Result.from_data({"trial": "a", "plan": {}, "status": "infrastructure"}) == least


@given(TEXT, st.sampled_from(STATUSES), TEXT, st.lists(TEXT), st.dictionaries(TEXT, st.booleans()))
def test_any_text_is_kept(trial, status, why, left, reached):
    """Also line ends of other alphabets, which would tear a file apart, and halves of characters."""
    result = Result(trial, {"journey": why}, status, why, left=tuple(left), reached=reached)
    line = result.to_line()
    assert len(line.splitlines()) == 1
    assert Result.from_data(json.loads(line)) == result


def test_half_a_character_is_kept():
    """A system may print one."""
    result = Result("a", {}, "pass", "\ud800")
    assert Result.from_data(json.loads(result.to_line().encode().decode())) == result


def test_what_is_no_number_is_not_written():
    """JSON has no word for it, and other readers would stumble."""
    with pytest.raises(ValueError, match="not JSON compliant"):
        Result("a", {}, "pass", virtual_s=float("nan")).to_line()


def test_what_a_newer_version_has_added_is_left_out():
    """Files are read by older versions too."""
    assert Result.from_data({**WHOLE.to_data(), "weather": "fine"}) == WHOLE


def test_it_says_which_rules_there_were_and_which_verdicts_fail():
    """For reports."""
    assert WHOLE.schedule == [{"fault": "hang"}]
    assert WHOLE.failed == VERDICTS[1:]
    assert Result("a", {}, "pass").schedule == []


@pytest.mark.parametrize("data", [None, [], 3, {}, {"trial": "a", "plan": {}}, {"plan": {}, "status": "pass"}])
def test_what_is_no_result_is_refused(data):
    """It says what one has."""
    with pytest.raises(UsageError, match="it needs 'trial', 'plan' and 'status'"):
        Result.from_data(data)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("trial", 1),
        ("plan", None),
        ("plan", "x"),
        ("status", 3),
        ("status", []),
        ("why", None),
        ("digest", 0),
        ("history", ["x"]),
        ("verdicts", None),
        ("verdicts", "terminates"),
        ("fired", None),
        ("left", "text"),
        ("reached", []),
        ("calls", "3"),
        ("calls", True),
        ("virtual_s", None),
    ],
)
def test_a_field_of_another_kind_is_refused_by_its_name(field, value):
    """Nobody should find out later, somewhere else."""
    with pytest.raises(UsageError, match=f"its '{field}' is"):
        Result.from_data({**WHOLE.to_data(), field: value})


def test_a_status_that_nobody_knows_is_refused():
    """It could mean that it fails."""
    with pytest.raises(UsageError, match="status 'passed'; did you mean 'pass'"):
        Result.from_data({**WHOLE.to_data(), "status": "passed"})


@pytest.mark.parametrize("verdict", [None, 3, {}, {"invariant": "x", "status": "pass"}, ["terminates", "pass", "x"]])
def test_what_is_no_verdict_is_refused(verdict):
    """It says what one has."""
    with pytest.raises(UsageError, match="is no verdict; it needs 'invariant', 'status' and 'reason'"):
        Result.from_data({**WHOLE.to_data(), "verdicts": [verdict]})
