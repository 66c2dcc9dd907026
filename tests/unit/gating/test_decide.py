"""Decisions: three-valued rules, their precedence, and everything that must never promote."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from pytest_agentchaos.gating.policy import load

FLOOR = "  - {id: floor, metric: pass_rate, min_lower_bound: 0.9}\n"
SAFETY = "  - {id: safety, metric: violations, invariant: 'no_duplicate*', max: 0, role: veto}\n"
WORSE = "  - {id: no-worse, metric: pass_rate, test: non_inferiority, margin: 0.05}\n"
LATENCY = "  - {id: latency, metric: latency_p95, max_ratio_upper: 1.2}\n"


def verdict(decision, name):
    """That of one rule."""
    return next(rule for rule in decision.rules if rule.id == name)


def obstacles(decision):
    """What keeps results from deciding anything, by name."""
    return {rule.id.removeprefix("evidence."): rule.reason for rule in decision.rules if rule.role == "evidence"}


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ((29, 0), ("promote", None)),
        ((20, 0), ("hold", 9)),
        ((28, 1), ("hold", 29)),
        ((10, 10), ("rollback", None)),
        ((18, 2), ("hold", None)),
    ],
)
def test_a_rule_is_decided_only_by_its_bounds(policy, results, decide, counts, expected):
    """29 of 29 show 90 %; 20 of 20 need nine more; a rate that is the limit itself is never decided."""
    (passed, failed), (word, needed) = counts, expected
    decision = decide(policy(FLOOR), results(pass_=passed, fail=failed))
    assert decision.decision == word
    assert (decision.runs_needed is None) == (needed is None)
    if needed is not None:
        assert decision.runs_needed == pytest.approx(needed, abs=12)
        grown = decide(policy(FLOOR), results(pass_=passed * 3, fail=failed * 3))
        assert grown.runs_needed is None or grown.runs_needed < decision.runs_needed


def test_nine_more_than_twenty(policy, results, decide):
    """The number is exact for runs without a failure, and said in the sentence."""
    decision = decide(policy(FLOOR), results(pass_=20))
    assert decision.runs_needed == 9
    text = "20 of 20 trials pass (100 %), which may be as low as 86.1 %; at least 90 % is asked"
    assert decision.reason == f"9 more runs like these would decide rule 'floor': {text}."
    assert decide(policy(FLOOR), results(pass_=29)).ok


def test_unknown_is_no_success_and_what_says_nothing_is_left_out(policy, results, decide):
    """And counted apart."""
    decision = decide(policy(FLOOR), results(pass_=40, unknown=20, infrastructure=1, inapplicable=5))
    assert decision.decision == "rollback"
    assert verdict(decision, "floor").n == 60
    assert decision.counts["infrastructure"] == 1
    assert decision.counts["inapplicable"] == 5


def test_precedence(policy, results, row, gathered, decide):
    """A veto that fails comes before what is invalid; that before a failure; that before what is open."""
    broken = {"failed": ("no_duplicate_effect",)}
    bad = [row(0, "fail", **broken), *(row(number) for number in range(1, 10))]
    both = policy(SAFETY + FLOOR + WORSE)
    vetoed = decide(both, gathered(bad))
    assert vetoed.decision == "rollback"
    assert vetoed.reason == "Rule 'safety' is broken: 1 of 10 trials violates it (no_duplicate_effect 1); none may."
    assert decide(both, results(pass_=10)).decision == "invalid"
    assert decide(policy(SAFETY + FLOOR), results(pass_=2, fail=20)).decision == "rollback"
    assert decide(policy(SAFETY + FLOOR), results(pass_=10)).decision == "hold"
    assert decide(policy(SAFETY + FLOOR), results(pass_=50)).decision == "promote"
    codes = [decide(both, gathered(bad)), decide(both, results(pass_=10)), decide(policy(FLOOR), results(pass_=10))]
    assert [one.exit_code for one in codes] == [1, 3, 2]


def test_a_rule_that_watches_decides_nothing(policy, results, decide):
    """It is told."""
    watching = FLOOR + "  - {id: dream, metric: pass_rate, min: 1, role: watch}\n"
    decision = decide(policy(watching), results(pass_=99, fail=1))
    assert decision.ok
    assert verdict(decision, "dream").status == "fail"


def test_an_invariant_that_cannot_know_may_hide_a_violation(policy, results, decide):
    """So a veto is open, never a pass; also if nobody says which one it was."""
    for names in ((), ("no_duplicate_effect",), ("no_orphan", "no_duplicate_effect")):
        made = results(pass_=50, unknown=1, rows={"unknown": names})
        rows = [row._replace(unknown=()) if row.success else row for row in made.rows]
        decision = decide(policy(SAFETY), made.__class__(tuple(rows), made.sources))
        assert verdict(decision, "safety").status == "inconclusive"
        assert decision.decision == "hold"
        assert decision.runs_needed is None
        told = "none of 51 trials violates it, but in 1 nobody can know: look at that one"
        assert decision.reason == f"Rule 'safety' is open: {told}."


def test_only_the_unknown_verdicts_that_a_rule_is_about_hold_it_open(policy, row, gathered, decide):
    """By their names, and in a trial that fails for another reason, too."""
    rows = [row(number) for number in range(20)]
    other = row(50, "unknown", unknown=("world_agrees",))
    assert decide(policy(SAFETY), gathered([*rows, other])).decision == "promote"
    failing = row(51, "fail", failed=("no_orphan",), unknown=("no_duplicate_effect",))
    assert decide(policy(SAFETY), gathered([*rows, failing])).decision == "hold"
    both = row(52, "fail", failed=("no_duplicate_effect",), unknown=("no_duplicate_effects",))
    told = verdict(decide(policy(SAFETY), gathered([*rows, both, failing])), "safety").reason
    assert told == "1, perhaps 2, of 22 trials violate it (no_duplicate_effect 1); none may"
    share = policy("  - {id: few, metric: violation_rate, invariant: 'no_dup*', max: 0.04}\n", "share")
    assert verdict(decide(share, gathered([*rows, other])), "few").value == 0
    assert verdict(decide(share, gathered([*rows, failing])), "few").value == pytest.approx(1 / 21)


def test_what_an_exploration_found_nothing_for_is_part_of_its_search(policy, row, gathered, decide):
    """It does not apply, and is told; of a campaign it would be a fault that nobody tried."""
    rows = [*(row(number) for number in range(40)), *(row(100 + n, "invalid", case=f"c{n}") for n in range(9))]
    found = decide(policy(FLOOR), gathered(rows, kind="exploration"))
    assert found.decision == "promote"
    assert (found.counts["searched"], found.counts["inapplicable"], found.counts["invalid"]) == (9, 9, 0)
    assert decide(policy(FLOOR), gathered(rows, kind="run")).decision == "invalid"
    broken = [*rows[:40], row(200, "invalid", unfired=False, case="c")]
    assert decide(policy(FLOOR), gathered(broken, kind="exploration")).counts["invalid"] == 1


def test_two_explorations_are_told_apart_from_two_suites(policy, row, gathered, decide):
    """Their sites name arguments, so that they rarely pair; scenarios do."""
    new = gathered([row(n) for n in range(60)], kind="exploration")
    old = gathered([row(n, system="old", pair=f"other-{n}") for n in range(60)], suite="other", kind="exploration")
    told = obstacles(decide(policy(WORSE), new, old))
    assert all("compare runs of scenarios" in told[name] for name in ("suite", "pairs"))
    runs = [gathered(one.rows, suite=one.suite_sha256, name=name) for one, name in ((new, "new"), (old, "old"))]
    assert "run one suite with the same seeds on both" in obstacles(decide(policy(WORSE), *runs))["suite"]


def test_a_violation_counts_wherever_it_was_seen(policy, row, gathered, decide):
    """Also in a trial whose fault never acted; not in one that was none."""
    rows = [row(number) for number in range(20)]
    seen = row(50, "invalid", failed=("no_duplicate_effect",))
    vetoed = decide(policy(SAFETY), gathered([*rows, seen]))
    assert vetoed.decision == "rollback"
    assert verdict(vetoed, "safety").n == 21
    other = row(50, "fail", failed=("no_orphan",))
    assert decide(policy(SAFETY), gathered([*rows, other])).decision == "promote"


def test_each_journey_is_judged_on_its_own(policy, row, gathered, decide):
    """49 that always work do not hide one that never does."""
    rows = [row(number, journey=f"j{number % 49}") for number in range(49 * 30)]
    rows += [row(10_000 + number, "fail", journey="j-bad") for number in range(10)]
    decision = decide(policy(FLOOR.replace("min_lower", "by: journey, min_lower")), gathered(rows))
    assert decision.decision == "rollback"
    floor = verdict(decision, "floor")
    assert floor.cells[0].name == "j-bad"
    assert [cell.status for cell in floor.cells] == ["fail", *["pass"] * 49]
    assert "in journey j-bad, 0 of 10 trials pass (0 %)" in floor.reason


def test_faults_are_cells_too_and_a_world_without_any_is_one(policy, row, gathered, decide):
    """A trial with two faults counts for both."""
    rows = [row(number, fault="latency") for number in range(30)] + [
        row(100 + number, fault="") for number in range(30)
    ]
    rows += [row(200, "pass")._replace(faults=("latency", "empty"))]
    decision = decide(policy(FLOOR.replace("min_lower", "by: fault, min_lower")), gathered(rows))
    counts = {cell.name: cell.n for cell in verdict(decision, "floor").cells}
    assert counts == {"latency": 31, "no fault": 30, "empty": 1}
    told = "under empty, 1 of 1 trial passes (100 %), which may be as low as 5 %; at least 90 % is asked"
    assert verdict(decision, "floor").reason == told
    calm = decide(policy(FLOOR.replace("min_lower", "by: fault, min_lower")), gathered(rows[30:40]))
    assert verdict(calm, "floor").reason.startswith("where nothing goes wrong, 10 of 10 trials pass")


def test_parts_that_end_alike_are_counted_and_one_is_told(policy, row, gathered, decide):
    """Whatever they end as."""
    read = policy(FLOOR.replace("min_lower", "by: journey, min_lower"))

    def told(status, runs):
        rows = [row(100 * at + n, status, journey=f"j{at}") for at in range(3) for n in range(runs)]
        return verdict(decide(read, gathered(rows)), "floor").reason

    assert told("pass", 30).startswith("all 3 journeys hold; for example in journey j0, 30 of 30 trials pass")
    assert told("pass", 5).endswith("; 2 other journeys are open too")
    assert told("fail", 30).endswith("; 2 other journeys are broken too")


def test_where_selects_and_a_rule_that_selects_nothing_is_invalid(policy, row, gathered, decide):
    """By globs."""
    rows = [row(number, journey="refund-1") for number in range(40)] + [row(99, "fail", journey="trip")]
    assert decide(policy(FLOOR.replace("min_lower", "where: {journey: 'refund*'}, min_lower")), gathered(rows)).ok
    nothing = decide(policy(FLOOR.replace("min_lower", "where: {fault: 'nope*'}, min_lower")), gathered(rows))
    assert nothing.decision == "invalid"
    assert "selects no trial" in nothing.reason


def test_fewer_runs_than_asked_never_pass(policy, results, decide):
    """Though they may fail."""
    text = "version: 1\nevidence: {min_runs_per_cell: 50}\nrules:\n" + FLOOR
    decision = decide(policy(text), results(pass_=40))
    assert decision.decision == "hold"
    assert decision.runs_needed == 10
    assert "which shows at least 92.8 %; at least 90 % is asked, of 50 runs or more" in decision.reason
    assert decide(policy(text), results(fail=40)).decision == "rollback"


@pytest.mark.parametrize(
    ("counts", "told"),
    [
        ({}, "no trial at all"),
        ({"infrastructure": 9}, "All 9 runs of the candidate broke"),
        ({"inapplicable": 9}, "says anything"),
        ({"pass_": 50, "infrastructure": 10}, "16.7 %, where at most 5.0 % may"),
        ({"pass_": 50, "invalid": 1}, "1 case of the candidate was never tried"),
    ],
)
def test_results_that_can_decide_nothing_are_invalid(policy, results, decide, counts, told):
    """Each says why, and what to do; none promotes."""
    made = results(**counts)
    if counts.get("invalid"):
        made = made.__class__((*made.rows[:-1], made.rows[-1]._replace(case="another")), made.sources)
    decision = decide(policy(FLOOR), made)
    assert decision.decision == "invalid"
    assert told in decision.reason
    assert not decision.ok


def test_a_fault_that_fired_in_some_trial_of_its_case_was_tried(policy, results, decide):
    """What did not fire is counted, and can be limited by a rule of its own."""
    made = results(pass_=40, invalid=2)
    assert decide(policy(FLOOR), made).ok
    strict = policy(FLOOR + "  - {id: fired, metric: unfired_rate, max: 0.01}\n")
    assert verdict(decide(strict, made), "fired").status == "fail"


@pytest.mark.parametrize(
    ("at", "told"),
    [
        ("", "do not say when"),
        ("2026-11-18T00:00:00+00:00", "are older than 24h"),
        ("2026-11-21T00:00:00Z", "yet to come"),
    ],
)
def test_results_of_another_time_are_invalid(policy, results, decide, at, told):
    """If the policy asks for their age."""
    text = "version: 1\nevidence: {max_age: 24h}\nrules:\n" + FLOOR
    assert told in obstacles(decide(policy(text), results(pass_=40, head={"at": at})))["age"]
    assert decide(policy(text), results(pass_=40)).ok
    assert decide(policy(FLOOR, "other"), results(pass_=40, head={"at": at})).ok


def test_results_of_two_releases_in_one_pile_are_invalid(policy, row, gathered, decide):
    """Their average is of nothing that could ship."""
    one = gathered([row(number) for number in range(40)], labels={"release": "1.2", "shard": "1"})
    other = gathered([], labels={"release": "1.3", "shard": "2"})
    mixed = one.__class__(one.rows, (*one.sources, *other.sources), suite_sha256="suite")
    assert "several releases, 1.2, 1.3" in obstacles(decide(policy(FLOOR), mixed))["mixed"]


def test_a_comparing_rule_needs_a_baseline_that_can_be_compared(policy, results, row, gathered, decide):
    """Missing, the same results, another suite, other seeds, another currency: each its own reason."""
    read = policy(WORSE)
    new, old = results(pass_=100), results("old", pass_=100)
    assert decide(read, new, old).ok
    assert "there is no baseline, and rule 'no-worse' compares with one" in obstacles(decide(read, new))["baseline"]
    assert "the same results" in obstacles(decide(read, new, new))["baseline"]
    copy = gathered(new.rows[::-1], name="copy")
    assert "the same results" in obstacles(decide(read, new, copy))["baseline"]
    other = results("old", pass_=100, head={"suite": "other"})
    assert "are not of one suite" in obstacles(decide(read, new, other))["suite"]
    seeds = gathered([one._replace(pair=f"seed-{one.pair}") for one in old.rows], name="old")
    assert "no trial of the candidate has its pair in the baseline" in obstacles(decide(read, new, seeds))["pairs"]
    some = gathered(old.rows[:50], name="old")
    assert "only 50.0% of the candidate's trials" in obstacles(decide(read, new, some))["pairs"]
    dollars = results("old", pass_=100, rows={"measures": {"currency": "USD"}})
    assert "several currencies: EUR, USD" in obstacles(decide(read, new, dollars))["prices"]
    assert {decide(read, new, one).decision for one in (new, copy, other, seeds, some, dollars)} == {"invalid"}


def test_versions_must_be_the_same_only_where_that_is_asked(policy, results, decide):
    """A new SDK may be what is being tried."""
    new, old = results(pass_=100, head={"version": "2"}), results("old", pass_=100, head={"version": "1"})
    assert decide(policy(WORSE), new, old).ok
    strict = policy("version: 1\ncompare: {require_same: [versions]}\nrules:\n" + WORSE, "strict")
    assert "other versions of pytest-agentchaos" in obstacles(decide(strict, new, old))["versions"]


def test_the_unpaired_are_counted_and_told(policy, results, decide):
    """Leftovers of both sides, and pairs of which one says nothing."""
    new = results(pass_=95, infrastructure=2, fail=3)
    old = results("old", pass_=120)
    counts = decide(policy(WORSE), new, old).counts
    assert [counts[name] for name in ("pairs", "pairs_excluded", "candidate_unpaired", "baseline_unpaired")] == [
        98,
        2,
        0,
        20,
    ]


def test_non_inferiority_is_of_pairs(policy, results, decide):
    """What both fail says nothing against the candidate."""
    old = results("old", pass_=100, fail=100)
    assert decide(policy(WORSE), results(pass_=100, fail=100), old).ok
    assert decide(policy(WORSE), results(pass_=70, fail=130), old).decision == "rollback"
    assert decide(policy(WORSE), results(pass_=95, fail=105), old).decision == "hold"


def test_runs_that_cannot_be_paired_need_many_more(policy, results, row, gathered, decide):
    """Traffic that was split: two samples, of which each has its own chance."""
    text = "version: 1\ncompare: {pair_by: []}\nrules:\n" + WORSE
    old = results("old", pass_=95, fail=5)
    assert decide(policy(WORSE, "paired"), results(pass_=95, fail=5), old).ok
    few = decide(policy(text), results(pass_=95, fail=5), old)
    assert few.decision == "hold"
    assert few.runs_needed > 0
    assert "pairs" not in few.counts
    assert decide(policy(text), results(pass_=950, fail=50), results("old", pass_=950, fail=50)).ok


def test_speed_is_of_those_that_succeed_in_pairs(policy, row, gathered, decide):
    """To fail fast is not to be fast."""
    old = gathered([row(number, system="old") for number in range(200)], name="old")
    fast = {"measures": {"duration_s": 0.1, "currency": "EUR"}}
    slow = {"measures": {"duration_s": 3.0, "currency": "EUR"}}
    new = gathered([row(number, "fail", **fast) if number % 2 else row(number, **slow) for number in range(200)])
    decision = decide(policy(WORSE + LATENCY), new, old)
    assert verdict(decision, "latency").value == 1.5
    assert verdict(decision, "latency").n == 100
    assert verdict(decision, "latency").status == "fail"
    assert verdict(decision, "latency").baseline == 2.0


def test_a_tail_needs_59_runs_for_any_bound(policy, row, gathered, decide):
    """And says so."""
    text = FLOOR + "  - {id: tail, metric: latency_p95, max_upper_bound: 100}\n"
    rows = [row(n, measures={"duration_s": float(n % 50), "currency": "EUR"}) for n in range(58)]
    tail = verdict(decide(policy(text), gathered(rows)), "tail")
    assert (tail.status, tail.runs_needed) == ("inconclusive", 1)
    assert "too few for a bound" in tail.reason
    assert verdict(decide(policy(text), gathered([*rows, row(99)])), "tail").status == "pass"


def test_a_success_has_its_price_only_if_there_is_one(policy, results, decide):
    """The failures' costs are in it; with no success it fails; costs that nobody knows are no pass."""
    text = "  - {id: cost, metric: cost_per_success, max_ratio_upper: 1.15}\n"
    old = results("old", pass_=200)
    half = verdict(decide(policy(text), results(pass_=100, fail=100), old), "cost")
    assert half.value == pytest.approx(2.0)
    assert half.status == "fail"
    none = decide(policy(text), results(fail=200), old)
    assert "none of 200 trials passes" in none.reason
    assert none.decision == "rollback"
    unknown = decide(policy(text), results(pass_=200, rows={"measures": {"cost": None}}), old)
    assert "200 of 200 trials do not tell cost" in unknown.reason
    assert unknown.decision == "invalid"


def test_a_trial_that_had_nothing_to_recover_from_is_no_gap(policy, row, gathered, decide):
    """Of the others there must be some."""
    text = FLOOR + "  - {id: back, metric: recovery_median, max_upper_bound: 9}\n"
    none = [row(number) for number in range(40)]
    assert verdict(decide(policy(text), gathered(none)), "back").status == "inconclusive"
    some = [row(100 + number, measures={"recovery_s": 5.0}) for number in range(20)]
    back = verdict(decide(policy(text), gathered(none + some)), "back")
    assert (back.status, back.n) == ("pass", 20)


def test_k_in_a_row_is_of_each_case(policy, row, gathered, decide):
    """C(c, k) / C(n, k), averaged over cases; a case with fewer runs than k is no pass."""
    text = "  - {id: thrice, metric: pass_hat_k, k: 3, min: 0.5}\n  - {id: once, metric: pass_at_k, k: 3, min: 1}\n"
    rows = [row(n, "fail" if n == 0 else "pass", case="one") for n in range(4)]
    rows += [row(10 + n, case="two") for n in range(4)]
    decision = decide(policy(text), gathered(rows))
    assert verdict(decision, "thrice").value == pytest.approx((1 / 4 + 1) / 2)
    assert verdict(decision, "thrice").metric == "pass_hat_3"
    assert decision.ok
    short = decide(policy(text), gathered([*rows, row(99, case="three")]))
    assert "1 case of 3 ran fewer than 3 times" in short.reason
    assert short.decision == "invalid"


WAIVED = """\
version: 1
rules:
  - {{id: floor, metric: pass_rate, by: journey, min_lower_bound: 0.8}}
waivers: [{{rule: floor, match: "journey={match}", expires: {expires}, reason: known, owner: "Ann <ann@example.org>"}}]
"""


def test_a_waiver_takes_its_part_out_and_is_shown(policy, row, gathered, decide):
    """Until the end of its day, UTC; an expired one makes the decision invalid, and one that matches nothing too."""
    rows = [row(number, journey="good") for number in range(40)]
    rows += [row(100 + number, "fail", journey="bad") for number in range(10)]
    made = gathered(rows)
    waived = decide(policy(WAIVED.format(match="b*", expires="2026-11-20")), made)
    assert waived.decision == "promote"
    assert "Waived in part or whole: 'floor'" in waived.reason
    floor = verdict(waived, "floor")
    assert floor.waived == "Ann <ann@example.org>, until 2026-11-20: known"
    assert {cell.name: cell.status for cell in floor.cells} == {"good": "pass", "bad": "waived"}
    expired = decide(policy(WAIVED.format(match="b*", expires="2026-11-19")), made)
    assert expired.decision == "invalid"
    assert "expired on 2026-11-19" in expired.reason
    assert verdict(expired, "floor").status == "fail"
    late = datetime(2026, 11, 21, tzinfo=UTC)
    assert decide(policy(WAIVED.format(match="b*", expires="2026-11-20")), made, at=late).decision == "invalid"
    idle = decide(policy(WAIVED.format(match="c*", expires="2027-01-01")), made)
    assert "matches nothing in these results" in obstacles(idle)["waiver"]


def test_waivers_of_everything_promote_nothing(policy, row, gathered, decide):
    """Nothing was shown."""
    rows = [row(number, "fail", journey="bad") for number in range(10)]
    decision = decide(policy(WAIVED.format(match="*", expires="2027-01-01")), gathered(rows))
    assert decision.decision == "invalid"
    assert "Every rule that decides is waived" in decision.reason


def test_a_veto_is_waived_only_if_it_says_so(policy, row, gathered, decide):
    """Then it is shown as waived."""
    text = f"""\
version: 1
rules:
{SAFETY.replace("role: veto", "role: veto, waivable: true")}{FLOOR}
waivers: [{{rule: safety, expires: 2027-01-01, reason: known, owner: Ann}}]
"""
    rows = [row(number) for number in range(60)] + [row(99, "fail", failed=("no_duplicate_effect",))]
    decision = decide(policy(text), gathered(rows))
    assert decision.ok
    assert verdict(decision, "safety").status == "waived"


def test_the_decision_is_data(policy, row, gathered, results, decide):
    """JSON without NaN, the same for the same results, hostile names as they can be shown."""
    rows = [row(number, journey="</script>\u202e" + "x" * 300) for number in range(5)]
    read = policy(FLOOR.replace("min_lower", "by: journey, min_lower"))
    decision = decide(read, gathered(rows))
    assert decision.to_json() == decide(read, gathered(rows)).to_json()
    told = json.loads(decision.to_json())
    assert told["schema"] == 1
    assert told["policy_sha256"] == read.sha256
    assert told["suite_sha256"] == "suite"
    assert told["systems"] == {"candidate": "new"}
    assert told["rules"][0]["cells"][0]["runs_needed"] == 24
    assert len(told["rules"][0]["cells"][0]["name"]) <= 100
    assert "\u202e" not in decision.to_json()
    assert "NaN" not in decide(load("canary"), results(fail=30), results("old", fail=30)).to_json()


def test_a_shard_of_the_baseline_among_the_candidates_is_the_same_results(policy, row, gathered, decide):
    """One file on both sides is enough."""
    old = gathered([row(number, system="old") for number in range(100)], name="old")
    new = gathered([row(number) for number in range(100)])
    mixed = new.__class__(new.rows, (*new.sources, *old.sources), suite_sha256="suite")
    assert "the same results" in obstacles(decide(policy(WORSE), mixed, old))["baseline"]


def test_every_figure_is_compared_without_pairs_too(policy, results, decide):
    """With both sides' own spread; what both have nothing of is the same."""
    text = """\
version: 1
compare: {pair_by: []}
rules:
  - {id: passes, metric: pass_rate, test: non_inferiority, margin: 0.2}
  - {id: mean, metric: steps_mean, max_ratio_upper: 1.1}
  - {id: tail, metric: steps_p90, max_ratio_upper: 1.1}
  - {id: cost, metric: cost_per_success, max_ratio_upper: 1.5}
  - {id: absolute, metric: cost_per_success, max_upper_bound: 1}
  - {id: retries, metric: retries_mean, max_ratio_upper: 1}
  - {id: longest, metric: retries_median, max_ratio_upper: 1}
  - {id: share, metric: violation_rate, max_upper_bound: 0.2}
  - {id: broken, metric: infra_rate, max_upper_bound: 0.1}
"""
    rows = {"measures": {"steps": 4, "cost": 0.5, "retries": 0, "currency": "EUR"}}
    new, old = results(pass_=95, fail=5, rows=rows), results("old", pass_=95, fail=5, rows=rows)
    decision = decide(policy(text), new, old)
    assert {rule.id: rule.status for rule in decision.rules} == dict.fromkeys(
        ("passes", "mean", "tail", "cost", "absolute", "retries", "longest", "share", "broken"), "pass"
    )
    some = {"measures": {**rows["measures"], "retries": 1}}
    more = decide(policy(text), results(pass_=95, fail=5, rows=some), old)
    assert "there is no ratio to it" in verdict(more, "retries").reason
    free = {"measures": {**rows["measures"], "cost": 0.0}}
    gift = decide(policy(text), results(pass_=95, fail=5, rows=free), old)
    assert verdict(gift, "cost").value == 0
    assert verdict(gift, "absolute").value == 0
    nobody = decide(policy(text), new, results("old", fail=100, rows=rows))
    assert "the baseline has no success" in verdict(nobody, "cost").reason


def test_looks_at_growing_results_without_pairs(policy, results, decide):
    """Both rates at half of alpha each."""
    text = "version: 1\ncompare: {pair_by: []}\nstats: {sequential: evalue}\nrules:\n" + WORSE
    assert decide(policy(text), results(pass_=1000), results("old", pass_=1000)).ok
    assert decide(policy(text), results(fail=100), results("old", pass_=100)).decision == "rollback"
    assert decide(policy(text), results(pass_=20), results("old", pass_=20)).decision == "hold"


MISSPELT = "  - {id: safety, metric: violations, invariant: no_duplicat_effect, max: 0, role: veto}\n"


def test_a_rule_about_invariants_that_nobody_asked_is_invalid(policy, results, decide):
    """A misspelt name must not pass: no violation of it was seen, since nobody looked for one."""
    decided = decide(policy(MISSPELT), results(pass_=20))
    assert decided.decision == "invalid"
    assert "no trial was asked by an invariant of rule 'safety' (no_duplicat_effect)" in obstacles(decided)["asked"]
    assert "did you mean 'no_duplicate_effect'?" in obstacles(decided)["asked"]


def test_a_policy_may_allow_that_nobody_asked(policy, results, decide):
    """Then it holds, and says that nobody asked."""
    decided = decide(policy(f"version: 1\nevidence: {{require_asked: false}}\nrules:\n{MISSPELT}"), results(pass_=20))
    assert decided.decision == "promote"
    assert "asked in no trial" in verdict(decided, "safety").reason


def test_a_system_that_made_no_call_was_not_tried(policy, results, decide):
    """Every invariant holds over nothing."""
    decided = decide(policy("  - {id: all, metric: pass_rate, min: 1}\n"), results(pass_=3, rows={"calls": 0}))
    assert decided.decision == "invalid"
    assert decided.reason.startswith("The candidate made no call in any trial")


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ((20, 2), "2 lines of new/results.jsonl cannot be read"),
        ((0, 1), "new/results.jsonl was ended before its first trial"),
    ],
)
def test_damaged_shards_promote_nothing(policy, results, decide, counts, said):
    """What could not be read may have been the failures. One half line is what a kill leaves."""
    whole = results(pass_=40)
    trials, dropped = counts
    damaged = replace(whole.sources[0], trials=trials, dropped=dropped)
    decided = decide(policy(FLOOR), replace(whole, sources=(damaged,)))
    assert decided.decision == "invalid"
    assert said in obstacles(decided)["damaged"]
    killed = replace(whole, sources=(replace(damaged, trials=20, dropped=1),))
    assert decide(policy(FLOOR), killed).decision == "promote"
