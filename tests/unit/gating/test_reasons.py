"""Reasons: sentences that a release owner understands, without the word of the decision."""

from __future__ import annotations

import pytest

from pytest_agentchaos.evidence.decision import RuleVerdict
from pytest_agentchaos.gating import reasons
from pytest_agentchaos.gating.differences import Paired, Unpaired
from pytest_agentchaos.gating.estimate import Counted
from pytest_agentchaos.gating.figures import Mean
from pytest_agentchaos.gating.judging import fails, passes
from pytest_agentchaos.gating.rates import Rate, Repeated
from pytest_agentchaos.gating.shape import Rule
from pytest_agentchaos.gating.words import number, told

FLOOR = {"metric": "pass_rate", "min_lower_bound": 0.95}
WORSE = {"metric": "pass_rate", "test": "non_inferiority", "margin": 0.05}
SLOWER = {"metric": "latency_mean", "max_ratio_upper": 1.25}
ALL = {"metric": "pass_rate", "min": 1}
BROKE = {"metric": "infra_rate", "max": 0.1}
MANY = {"metric": "violations", "max": 3}


def rule(**fields):
    """One rule."""
    return Rule.model_validate({"id": "floor", **fields})


def verdict(name="floor", status="fail", reason="1 of 2 trials pass", role="required", **more):
    """What became of one rule."""
    return RuleVerdict(name, "pass_rate", role, status, reason, **more)


@pytest.mark.parametrize(
    ("fields", "estimate", "words"),
    [
        (FLOOR, Rate(20, 20), "20 of 20 trials pass (100 %), which may be as low as 86.1 %; at least 95 % is asked"),
        (FLOOR, Rate(59, 59), "59 of 59 trials pass (100 %), which shows at least 95.05 %; at least 95 % is asked"),
        (FLOOR, Rate(1, 9), "1 of 9 trials passes (11.1 %), which shows at most 42.9 %; at least 95 % is asked"),
        (
            WORSE,
            Paired(68, 0, 191),
            ("68 of 191 pairs pass only in the baseline, 0 only in the candidate: 35.6 points worse, which shows at"
            " least 30.1 points worse; at most 5 points worse is allowed"),
        ),
        (
            WORSE,
            Paired(1, 2, 200),
            ("1 of 200 pairs passes only in the baseline, 2 only in the candidate: 0.5 points better, which shows at"
            " most 1.3 points worse; at most 5 points worse is allowed"),
        ),
        (
            WORSE,
            Unpaired(Rate(19, 20), Rate(19, 20), -0.05),
            ("19 of 20 trials pass, 19 of 20 of the baseline: no difference, which may be 15.6 points worse; at most 5"
            " points worse is allowed"),
        ),
        (
            SLOWER,
            Mean(0.0, 0.05, 40, on_log=True),
            ("mean latency is 1.00 times the baseline's over 40 trials, which shows at most 1.09 times; at most 1.25"
            " times is allowed"),
        ),
        (
            {"metric": "latency_mean", "max_upper_bound": 30},
            Mean(3.0, 0.05, 5, on_log=True),
            "mean latency is 20.1 s over 5 trials, too few for a bound; at most 30 s is allowed",
        ),
        (
            {"metric": "pass_hat_k", "k": 3, "min_lower_bound": 0.5},
            Repeated(1.0, Rate(40, 40), 3, all_pass=True),
            ("3 trials in a row all pass with a chance of 100 % (seen in 40), which shows at least 79.9 %; at least"
            " 50 % is asked"),
        ),
        (ALL, Counted(0.5, 0.5, 2, of=Rate(1, 2)), "1 of 2 trials passes (50 %); all have to"),
        (BROKE, Counted(0, 0, 9, of=Rate(0, 9)), "0 of 9 runs broke (0 %); at most 10 % is allowed"),
        (MANY, Counted(0, 0, 9), "none of 9 trials violates it; at most 3 may"),
        (MANY, Counted(2, 4, 9, what="a 2"), "2, perhaps 4, of 9 trials violate it (a 2); at most 3 may"),
    ],
)  # fmt: skip
def test_the_numbers_of_a_rule_in_a_sentence(fields, estimate, words):
    """What was seen, what that shows or may be, what is asked."""
    asked = rule(**fields)
    status = "pass" if passes(asked, estimate, 0.05) else "fail" if fails(asked, estimate, 0.05) else "inconclusive"
    assert told(asked, estimate, estimate.bounds(0.05), status, 1) == words


@pytest.mark.parametrize(
    ("fields", "value", "words"),
    [
        (FLOOR, 0.9496, "94.96 %"),
        (FLOOR, 0.949_999_6, "94.99996 %"),
        (FLOOR, 0.95, "95 %"),
        (SLOWER, 1.2504, "1.2504 times"),
        (SLOWER, 1.3, "1.30 times"),
        (SLOWER, 12.34, "12.3 times"),
        (MANY, 1581.0, "1,581"),
        (FLOOR, None, "-"),
    ],
)
def test_what_misses_a_limit_is_never_written_like_it(fields, value, words):
    """In as few digits as tell them apart."""
    assert number(rule(**fields), value) == words


def test_rules_that_are_broken():
    """The first one with its numbers, the others by name."""
    one, two, three = verdict("a"), verdict("b"), verdict("c")
    assert reasons.broken([one]) == "Rule 'a' is broken: 1 of 2 trials pass."
    assert reasons.broken([one, two]).endswith("pass. Rule 'b' is broken too.")
    assert reasons.broken([one, two, three]).endswith("pass. Rules 'b', 'c' are broken too.")


def test_rules_that_are_open():
    """How many runs would decide the one that takes the most; one that none would decide comes first."""
    few, many, never = (
        verdict(name, "inconclusive", "seen", runs_needed=n) for name, n in (("a", 1), ("b", 9), ("c", None))
    )
    assert reasons.undecided([few]) == "1 more run like this would decide rule 'a': seen."
    assert reasons.undecided([few, many]) == "9 more runs like these would decide rule 'b': seen. Rule 'a' is open too."
    assert reasons.undecided([few, never]) == "Rule 'c' is open: seen. Rule 'a' is open too."


def test_what_keeps_results_from_deciding_anything():
    """The first obstacle; rules that cannot be judged because of it are none."""
    lacking = verdict("evidence.baseline", "invalid", "there is no baseline", role=reasons.EVIDENCE)
    rule_ = verdict("latency", "invalid", "2 of 9 trials do not tell cost")
    assert reasons.unusable([lacking, rule_]) == "There is no baseline."
    assert reasons.unusable([lacking, lacking]) == "There is no baseline. There is 1 more obstacle."
    assert reasons.unusable([rule_]) == "Rule 'latency' cannot be judged: 2 of 9 trials do not tell cost."


def test_rules_that_hold():
    """Those that only watch are not among them; those that are waived are named."""
    one, two, watched = verdict("a", "pass"), verdict("b", "pass"), verdict("w", "fail", role="watch")
    waived = verdict("x", "waived", waived="Ann")
    assert reasons.held([one], 1) == "Rule 'a' holds over 1 trial."
    assert reasons.held([one, two], 9) == "Both rules hold over 9 trials."
    assert reasons.held([one, two, watched], 9) == "Both rules that decide hold over 9 trials."
    assert reasons.held([one, two, verdict("c", "pass")], 9) == "All 3 rules hold over 9 trials."
    assert reasons.held([one, waived], 9) == "1 of 2 rules holds over 9 trials. Waived in part or whole: 'x'."
