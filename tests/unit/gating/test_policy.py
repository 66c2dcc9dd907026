"""Policies: what is read, and what is told of one that is wrong."""

from __future__ import annotations

import json
import re
import runpy
from pathlib import Path

import pytest

from pytest_agentchaos.errors import UnknownNameError
from pytest_agentchaos.gating.metrics import METRICS
from pytest_agentchaos.gating.policy import load, names, schema, sha256
from pytest_agentchaos.problems import DocumentError

ROOT = Path(__file__).parents[3]

FLOOR = "  - {id: floor, metric: pass_rate, min_lower_bound: 0.8}\n"


def problems(policy, text):
    """What is told, without the folder."""
    with pytest.raises(DocumentError) as caught:
        policy(text)
    return [re.sub(r"^.*ours\.yaml:", "", str(problem)) for problem in caught.value.problems]


def test_the_shipped_policies_are_found_by_name():
    """They are read without a problem, and say what they are for."""
    assert names() == ["canary", "nightly", "pull-request"]
    for name in names():
        policy = load(name)
        assert policy.name == name
        assert policy.shape.summary
        assert any(rule.role == "veto" for rule in policy.rules)


def test_a_name_that_does_not_exist_offers_the_nearest():
    """So does a file that is not there say so."""
    with pytest.raises(UnknownNameError, match="did you mean 'canary'"):
        load("canery")
    with pytest.raises(DocumentError, match="cannot be read"):
        load("nowhere/canary.yaml")


def test_the_policy_of_the_design_is_read(policy):
    """As a release owner would write it."""
    read = policy("""\
version: 1
compare: {pair_by: [journey, schedule, seed], require_same: [suite_hash, prices]}
evidence: {min_runs_per_cell: 5, max_infra_rate: 0.05, require_fault_fired: true, max_age: 24h}
stats: {alpha: 0.05, interval: clopper_pearson, multiplicity: holm, sequential: evalue}
rules:
  - {id: safety, metric: violations, invariant: "no_duplicate_*", max: 0, role: veto}
  - {id: floor, metric: pass_rate, by: journey, min_lower_bound: 0.80, role: required}
  - {id: no-worse, metric: pass_rate, test: non_inferiority, margin: 0.05, role: required}
  - {id: consistent, metric: pass_hat_k, k: 3, min: 0.70, role: required}
  - {id: latency, metric: latency_p95, on: successes, max_ratio_upper: 1.20, role: required}
  - {id: cost, metric: cost_per_success, max_ratio_upper: 1.15, role: required}
waivers: [{rule: floor, match: "journey=x", expires: 2027-01-01, reason: "...", owner: "..."}]
""")
    assert [rule.limit for rule in read.rules] == [0, 0.8, -0.05, 0.7, 1.2, 1.15]
    assert [rule.at_least for rule in read.rules] == [False, True, True, True, False, False]
    assert read.compares


def test_every_mistake_is_told_at_once_with_its_line(policy):
    """With the nearest name for a typo."""
    told = problems(
        policy,
        """\
version: 1
evidnce: {}
stats: {alpha: 2, sequential: evalues}
rules:
  - {id: floor, metric: pas_rate, min_lower_bound: 0.8}
  - {id: cost, metric: cost_per_success, max_ratio_uper: 1.1}
  - {id: by, metric: pass_rate, by: journy, min: 0.9}
  - {id: fine, metric: pass_rate, min: 0.9, max_ratio_upper: 2}
waivers:
  - {rule: fin, expires: tomorrow, reason: because, owner: me}
""",
    )
    assert [re.match(r"\d+: [^:]*", line)[0] for line in told] == [
        "2: evidnce",
        "3: stats.alpha",
        "3: stats.sequential",
        "5: rules[0].metric",
        "6: rules[1].max_ratio_uper",
        "7: rules[2].by",
        "8: rules[3].max_ratio_upper",
        "10: waivers[0].expires",
    ]
    text = "\n".join(told)
    assert "did you mean 'evidence'" in text
    assert "did you mean 'pass_rate'" in text
    assert "did you mean 'max_ratio_upper'" in text


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ("metric: pass_rate", "no limit; for pass_rate write one of: min, min_lower_bound, test"),
        ("metric: pass_rate, min: 0.5, min_lower_bound: 0.5", "side by side"),
        ("metric: pass_rate, max: 0.5", "cannot be limited by max"),
        ("metric: violations, max: 0.5", "no number of trials"),
        ("metric: violations, max: -1", "can never be kept"),
        ("metric: pass_rate, min: 95", "lies between 0 and 1"),
        ("metric: pass_rate, min_lower_bound: 1", "no number of runs shows that a rate is 1; write for example 0.99"),
        ("metric: violation_rate, max_upper_bound: 0", "no number of runs shows that a rate is 0"),
        ("metric: pass_rate, test: non_inferiority", "there is no margin"),
        ("metric: pass_rate, test: non_inferiority, margin: 5", "is no margin"),
        ("metric: pass_rate, min: 0.5, margin: 0.05", "there is no test"),
        ("metric: pass_hat_k, min: 0.5", "needs k"),
        ("metric: pass_rate, min: 0.5, k: 3", "has no k"),
        ("metric: pass_rate, min: 0.5, invariant: terminates", "asks for no invariant"),
        ("metric: pass_rate, min: 0.5, on: all", "on: is for figures"),
        ("metric: cost_per_success, max_ratio_upper: 0", "can never be kept"),
        ("metric: pass_rate, min: 0.5, role: watch", "every rule only watches"),
        ("metric: latency_p95, max_upper_bound: 9", "is met by failing fast"),
        ("metric: pass_rate, min: 0.5, where: {journy: x}", "did you mean 'journey'"),
        ("metric: pass_rate, min: yes", "should be a valid number"),
        ("metric: pass_rate, min: .nan", "should be a valid number"),
    ],
)
def test_a_limit_that_cannot_be_meant_is_refused(policy, rule, told):
    """Each with its remedy."""
    assert told in "\n".join(problems(policy, f"  - {{id: one, {rule}}}\n"))


def test_two_rules_of_one_name_are_refused(policy):
    """A waiver could not tell them apart."""
    assert "there are two rules 'floor'" in problems(policy, FLOOR + FLOOR)[0]


@pytest.mark.parametrize(
    ("waiver", "told"),
    [
        ("rule: flor", "did you mean 'floor'"),
        ("rule: safety", "cannot be waived: it is a veto"),
        ("rule: strict", "it says waivable: false"),
        ('rule: floor, match: "journey=x"', "leave match out"),
        ('rule: cells, match: "fault=x"', "write journey=GLOB"),
        ('rule: cells, match: "journey"', "write journey=GLOB"),
    ],
)
def test_a_waiver_that_cannot_count_is_refused(policy, waiver, told):
    """A veto is waived only where the rule itself allows it."""
    text = f"""\
version: 1
rules:
{FLOOR}
  - {{id: strict, metric: pass_rate, min: 0.1, waivable: false}}
  - {{id: cells, metric: pass_rate, min: 0.1, by: journey}}
  - {{id: safety, metric: violations, max: 0, role: veto}}
waivers: [{{{waiver}, expires: 2027-01-01, reason: because, owner: me}}]
"""
    assert told in "\n".join(problems(policy, text))


def test_an_empty_file_and_one_that_is_no_policy_are_refused(policy):
    """Neither decides anything."""
    assert "the file is empty" in problems(policy, "# version: 1\n")[0]
    assert "valid dictionary" in "\n".join(problems(policy, "- version: 1\n"))
    assert "'rules' is missing" in "\n".join(problems(policy, "version: 1\n"))
    assert "at least 1 item" in "\n".join(problems(policy, "version: 1\nrules: []\n"))


def test_the_hash_is_of_what_a_policy_says(policy):
    """Comments, order and defaults that are written out change nothing; a limit does, and so does having been used."""
    plain = policy(FLOOR, "plain")
    same = policy(
        "# why\nversion: 1\nstats: {alpha: 0.05}\nrules:\n- {min_lower_bound: 0.80, metric: pass_rate, id: floor}\n"
    )
    other = policy(FLOOR.replace("0.8", "0.81"), "other")
    assert plain.sha256 == same.sha256 != other.sha256
    assert plain.rules[0].limit == 0.8
    assert sha256(plain.shape) == plain.sha256


def test_the_schema_for_editors_is_up_to_date():
    """Run scripts/policy_schema.py when a key or a metric was added."""
    text = runpy.run_path(str(ROOT / "scripts" / "policy_schema.py"))["text"]()
    assert (ROOT / "pytest_agentchaos" / "gating" / "policy.schema.json").read_text(encoding="utf-8") == text
    assert json.loads(text) == schema()


def test_every_metric_has_limits_and_a_sentence():
    """What is not limited cannot be asked."""
    assert all(metric.limits and metric.tells for metric in METRICS.values())
    assert {
        "violations",
        "pass_rate",
        "pass_hat_k",
        "latency_p95",
        "cost_per_success",
        "recovery_p95",
    } <= METRICS.keys()
