"""summary.json: a shape that programs can rely on."""

from __future__ import annotations

import json
from dataclasses import replace
from math import inf, nan

import jsonschema_rs
import pytest

from pytest_agentchaos.evidence.decision import Cell, Decision, RuleVerdict
from pytest_agentchaos.reporting.making import make
from pytest_agentchaos.reporting.report import Point
from pytest_agentchaos.reporting.summary import schema, summary, to_json

VALIDATOR = jsonschema_rs.validator_for(schema())
RULE = RuleVerdict("floor", "pass_rate", "required", "fail", "too low", 0.5, 0.1, 0.9, 0.8, cells=(Cell("a", "fail"),))


@pytest.fixture
def report(bench, other):
    """One with all its parts."""
    for seed in range(4):
        bench.trial(seed=seed, measures={"steps": 3, "tool_calls": {"book": 1}, "untraced": {"tool book": 1}})
        bench.trial("fail" if seed else "pass", "stale", seed=seed, measures={"steps": 4, "recovery_s": 1.5})
        other.trial("pass", "stale", seed=seed)
    bench.trial("fail", "crash", on={"site": "a|tool|b|book|d|1"})
    baseline, decision = other.gathered(), Decision("rollback", "too low", (RULE,), runs_needed=3)
    earlier = [Point("2026-02-01T00:00:00Z", "1.3", make(baseline, timelines=0).rate)]
    given = {"baseline": baseline, "decision": decision, "trend": earlier, "objective": 0.9, "timelines": 0}
    return make(bench.gathered(), **given)


def test_a_real_summary_is_as_the_schema_says(report):
    """Every key that is written is described, and every one that is described is written."""
    told = json.loads(to_json(report))
    VALIDATOR.validate(told)
    for part in ("clusters", "tools", "recovery", "gaps", "matrices", "trend", "doubts", "pairs", "budget", "decision"):
        assert told[part], part


def test_the_schema_takes_nothing_else(report):
    """It would find a key that is missing, another one, and a number that is a text."""
    told = summary(report)
    for wrong in ({**told, "new": 1}, {**told, "calls": "4"}, {k: v for k, v in told.items() if k != "rate"}):
        assert not VALIDATOR.is_valid(wrong)


def test_what_is_no_number_is_none(report):
    """JSON knows no NaN, and readers of it break."""
    told = json.loads(to_json(replace(report, virtual_s=inf, explorations=({"x": nan, "y": [1.0, -inf]},))))
    assert (told["virtual_s"], told["explorations"]) == (None, [{"x": None, "y": [1.0, None]}])


def test_keys_have_their_order_and_trials_are_not_in_it(report):
    """A difference of two summaries is a difference of two runs."""
    told = list(json.loads(to_json(report)))
    assert told[:5] == ["schema", "trials", "title", "verdict", "reason"]
    assert not {"rows", "timelines", "reasons"} & set(told)


def test_a_journey_about_a_password_keeps_its_numbers(bench):
    """Its name is no secret; a key in its name is."""
    bench.trial("fail", "stale", journey="forgot my password")
    (cluster,) = summary(make(bench.gathered(), timelines=0))["clusters"]
    assert cluster["journeys"] == {"forgot my password": 1}
