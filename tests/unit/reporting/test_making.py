"""Gathered results become a report: counted, grouped, judged."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.evidence.gathered import gather
from pytest_agentchaos.evidence.verdict import Verdict
from pytest_agentchaos.reporting.making import make
from pytest_agentchaos.reporting.report import Point, Rate
from pytest_agentchaos.reporting.summary import to_json

# --- the verdict ------------------------------------------------------------------------------------------------------


def made(bench, **given):
    """The report, without drawings unless they are asked for."""
    return make(bench.gathered(), **{"timelines": 0} | given)


def test_the_reason_says_what_fails_how_often_and_when(bench):
    """One sentence for somebody who knows no invariant."""
    for seed in range(5):
        bench.trial(seed=seed)
    bench.trial("fail", "drop_response", seed=1)
    bench.trial("fail", "drop_response", seed=2)
    bench.trial("inapplicable", "stale")
    report = made(bench)
    assert report.verdict == "fail"
    assert (
        report.reason
        == "2 of 7 trials carry out seat twice when an answer is lost (no_duplicate_effect); 1 does not apply"
    )


def test_the_reason_counts_other_causes(bench):
    """The largest first, the others together."""
    for seed in range(3):
        bench.trial("fail", "drop_response", seed=seed)
    bench.trial("fail", "crash", invariant="ends(completed)", reason="it ended as failed")
    bench.trial("unknown", "stale", reason="nobody knows")
    reason = made(bench).reason
    assert reason.startswith("4 of 5 trials fail: 3 carry out seat twice when an answer is lost (no_duplicate_effect);")
    assert reason.endswith("1 for another cause; 1 cannot be judged")


def test_what_somebody_has_added_is_called_by_its_name(bench):
    """Invariants and faults that this package does not know."""
    bench.trial("fail", "my_fault", invariant="my_rule", reason="bad")
    assert made(bench).reason == "1 of 1 trial violates my_rule under my_fault"


def test_half_of_them_is_not_most_of_them(bench):
    """As many under one fault as under another."""
    for fault in ("drop_response", "reset"):
        bench.trial("fail", fault)
    assert made(bench).reason == "2 of 2 trials carry out seat twice under 2 different faults (no_duplicate_effect)"


def test_a_test_that_fails_by_its_own_assertion_violates_no_invariant(bench):
    """The reason does not call what it said a rule, and one trial is told of as one."""
    bench.trial()
    bench.lines.append(
        replace(bench.lines[0], trial="own", status="fail", why="AssertionError: no answer", verdicts=())
    )
    assert made(bench).reason.startswith("1 of 2 trials does not pass an assertion of its test")


def test_tests_name_no_system(bench):
    """The report of a pytest session is called by their files, and shows no empty name."""
    for file in ("tests/test_a.py", "tests/test_b.py"):
        bench.trial(plan={"system": "", "test": f"{file}::test_x"})
    report = made(bench)
    assert (report.title, report.provenance.systems) == ("tests/test_a.py, tests/test_b.py", ())


def test_an_invariant_holds_only_where_the_trial_counts(bench):
    """What holds where a fault never acted says nothing: its sums are those of the rate."""
    for status in ("pass", "fail", "invalid", "inapplicable"):
        bench.trial(status, "stale")
    assert made(bench).invariants == {"no_duplicate_effect": {"fail": 1, "pass": 1}}


def test_causes_that_are_not_listed_are_not_counted_as_none(bench):
    """A hundred are; how many more there are the sentence does not know."""
    for number in range(103):
        name = "".join("abcdefghij"[int(digit)] for digit in f"{number:03}")
        bench.trial("fail", "stale", invariant=f"rule_{name}", reason="bad")
    assert made(bench).reason.startswith("103 of 103 trials fail: 1 violates ")
    assert made(bench).reason.endswith("; 102 for more than 99 other causes")


def test_all_holding_is_a_pass(bench):
    """With the faults that were borne."""
    bench.trial()
    bench.trial("pass", "stale")
    bench.trial("pass", "drop_response", "stale")
    report = made(bench)
    assert (report.verdict, report.reason) == ("pass", "all 3 trials hold under 2 faults")


@pytest.mark.parametrize("status", ["unknown", "invalid", "infrastructure"])
def test_trials_that_prove_nothing_are_no_pass(bench, status):
    """Nothing fails, and it is not known to hold."""
    bench.trial()
    bench.trial(status, "stale")
    report = made(bench)
    assert report.verdict == "unknown"
    assert report.reason.startswith("nothing fails in ")


def test_what_was_never_reached_is_no_pass(bench):
    """``sometimes``: it had to be true in some trial."""
    bench.trial(reached={"a retry was seen": False})
    report = made(bench)
    assert report.verdict == "unknown"
    assert [one.text for one in report.doubts if one.kind == "never reached"] == [
        "never true in any trial: a retry was seen"
    ]


def test_no_trials_are_no_pass(bench):
    """An empty file of results says nothing."""
    assert made(bench).verdict == "unknown"
    bench.trial("infrastructure", why="the port is taken")
    report = made(bench)
    assert report.reason == "none of 1 trial says anything of the system; 1 did not come about"
    assert report.rate.value is None


def test_a_rate_knows_only_trials_that_say_something_of_the_system(bench):
    """Unknown is no success; the others are counted apart."""
    for status in ("pass", "fail", "unknown", "invalid", "inapplicable", "infrastructure"):
        bench.trial(status, "stale")
    report = made(bench)
    assert (report.rate.successes, report.rate.runs) == (1, 3)
    square = report.matrices[0].squares[0, 0]
    counts = square.failed, square.unknown, square.unfired, square.inapplicable, square.infrastructure
    assert counts == (1, 1, 1, 1, 1)
    assert square.rate == report.rate
    assert square.trial == "t00001"


def test_a_search_that_finds_nothing_to_break_is_no_doubt(bench):
    """In an exploration, a fault that cannot act is part of the search."""
    bench.head = replace(bench.head, kind="exploration")
    bench.trial()
    bench.trial("invalid", "stale")
    report = made(bench)
    assert (report.verdict, report.clusters) == ("pass", ())
    assert report.reason == "the one trial holds without any fault; 1 of a search found nothing to act on"
    assert [(one.kind, one.count) for one in report.doubts if one.kind == "unfired"] == [("unfired", 1)]


# --- clusters ---------------------------------------------------------------------------------------------------------


def test_a_hundred_seeds_are_one_cluster(bench):
    """Whatever keys and times its reasons name; the example is the shortest schedule, best with a history."""
    for seed in range(98):
        reason = f"seat with key ('t-{seed}') was executed {seed + 2} times, at {seed} s; the world has 2"
        bench.trial("fail", "drop_response", seed=seed, reason=reason)
    kept = bench.trial("fail", "drop_response", seed=98, history="histories/x.jsonl.gz")
    bench.trial("fail", "drop_response", "stale", seed=99, history="histories/y.jsonl.gz")
    (cluster,) = made(bench).clusters
    assert (cluster.trials, cluster.example) == (100, kept)
    assert cluster.title == "no_duplicate_effect: seat was executed 2 times"  # of the example; no keys, no moments
    assert cluster.faults == {"drop_response": 100, "stale": 1}
    assert len(cluster.others) == 20
    assert kept not in cluster.others


def test_the_example_has_the_fault_that_most_of_them_have(bench):
    """Of several that are as short, one that stands for the others."""
    for fault in ("empty", "drop_response", "drop_response"):
        bench.trial("fail", fault, on={"kind": "tool"}, history=f"histories/{fault}.jsonl.gz")
    (cluster,) = made(bench).clusters
    assert cluster.schedule.startswith("drop_response")


def test_another_sort_of_call_is_another_cause(bench):
    """The same reason at the model and at a tool."""
    for on in ({"kind": "model"}, {"kind": "tool", "name": "book"}):
        bench.trial("fail", "error_status", on=on, invariant="ends(completed)", reason="it ended as failed")
    assert len(made(bench).clusters) == 2


def test_a_schedule_of_several_faults_has_the_cause_of_one_of_them(bench):
    """And a tool by name that of all tools, and everything that of a trial that fails without any fault."""
    bench.trial("fail", "drop_response", on={"kind": "tool", "name": "book"})
    bench.trial("fail", "drop_response", {"fault": "stale", "on": {"kind": "model"}}, on={"kind": "tool", "nth": 2})
    assert len(made(bench).clusters) == 2
    bench.trial("fail", "drop_response", on={"kind": "tool"})
    assert [one.trials for one in made(bench).clusters] == [3]
    bench.trial("fail", "crash", on={"kind": "model"})
    bench.trial("fail")
    (cluster,) = made(bench).clusters
    assert (cluster.trials, cluster.schedule) == (5, "")
    assert made(bench).reason.startswith("5 of 5 trials carry out seat twice mostly when an answer is lost")


def test_sites_are_told_by_their_call(bench):
    """Not by arguments and attempts, which differ from seed to seed."""
    for digest in ("aaaa", "bbbb"):
        bench.trial("fail", "reset", on={"site": f"hotels|tool|hotels.example/mcp|book|{digest}|1"})
    bench.trial("fail", "reset", on={"site": "hotels|tool|hotels.example/mcp|cancel|cccc|1"})
    assert [one.trials for one in made(bench).clusters] == [2, 1]


def test_what_proves_nothing_is_grouped_too(bench):
    """Failures first, then unknown, infrastructure, invalid."""
    bench.trial("invalid", "stale", "latency", fired=(0, 3))
    for port in (8001, 8002):
        bench.trial("infrastructure", why=f"OSError: port {port} is taken")
    bench.trial("unknown", "stale", reason="the probe did not answer")
    bench.trial("fail", "stale")
    told = [(one.status, one.trials, one.title) for one in made(bench).clusters]
    assert told[1:] == [
        ("unknown", 1, "no_duplicate_effect: the probe did not answer"),
        ("infrastructure", 2, "OSError: port 8001 is taken"),
        ("invalid", 1, "stale never acted"),
    ]


def test_more_causes_than_anybody_reads_are_counted(bench):
    """The list is capped, and the report says by how much."""
    words = [f"{a}{b}" for a in "abcdefghijkl" for b in "mnopqrstuvwx"]
    for word in words:
        bench.trial("fail", "stale", invariant="rule", reason=f"it said {word}")
    report = made(bench)
    assert len(report.clusters) == 100
    assert report.left_out["clusters"] == len(words) - 100


def test_a_secret_in_a_reason_is_hidden(bench):
    """Wherever the report repeats it."""
    secret = "sk-abcdefghijklmnopqrstuvwxyz123456"
    bench.trial("fail", "stale", reason=f"the answer was {secret}", left=(f"TOKEN={secret}",), journey=f"key {secret}")
    report = made(bench)
    text = to_json(report) + str(replace(report, provenance=replace(report.provenance, sources=())))
    assert "sk-abcdef" not in text
    assert "[hidden]" in text


# --- how to see it again ----------------------------------------------------------------------------------------------


def test_the_replay_line_has_the_plan_in_it(bench):
    """It works where the folder is not; with the hash seed of the results, not of whoever draws the report."""
    bench.head = replace(bench.head, hash_seed="7")
    bench.trial("fail", "stale")
    assert made(bench).clusters[0].replay.startswith("PYTHONHASHSEED=7 agentchaos replay agentchaos:v1:")


def test_a_test_says_itself_how_it_is_run_again(bench):
    """Its plan has the line."""
    bench.trial("fail", "stale", plan={"replay": "pytest test_trip.py --agentchaos-seed=3"})
    assert made(bench).clusters[0].replay == "pytest test_trip.py --agentchaos-seed=3"


@pytest.mark.parametrize("plan", [{"system": "test.<locals>.build"}, {"journey": "sk-abcdefghijklmnopqrstuvwx"}])
def test_where_there_is_no_line_there_is_none(bench, plan):
    """A system inside of a test has no address; a secret would travel unseen."""
    bench.trial("fail", "stale", plan=plan)
    assert made(bench).clusters[0].replay == ""


# --- matrices ---------------------------------------------------------------------------------------------------------


def test_the_worst_row_is_first_below_the_world_as_it_should_be(bench):
    """Ties are broken by name; several faults are one row."""
    bench.trial()
    for fault, failing in (("latency", 0), ("crash", 1), ("stale", 2), ("empty", 0)):
        for seed in range(2):
            bench.trial("fail" if seed < failing else "pass", fault, seed=seed)
    bench.trial("pass", "stale", "crash")
    (matrix,) = made(bench).matrices
    assert matrix.rows == ("no fault", "stale", "crash", "crash + stale", "empty", "latency")
    assert [rate.successes for rate in matrix.row_rates] == [1, 0, 1, 1, 2, 2]


def test_scenarios_have_a_matrix_if_there_are_several(bench):
    """Beside that of faults."""
    for name in ("lost-ack", "slow-model"):
        bench.trial("pass", "stale", plan={"scenario": name})
    assert [matrix.name for matrix in made(bench).matrices] == ["fault x journey", "scenario x journey"]


def test_many_combinations_of_faults_are_one_row(bench):
    """And what does not fit is counted; totals have all of it."""
    for number in range(30):
        bench.trial("pass", f"fault_{number:02}")
        bench.trial("fail", f"fault_{number:02}", "crash")
    for number in range(70):
        bench.trial("pass", "stale", journey=f"journey {number}")
    report = made(bench)
    (matrix,) = report.matrices
    assert matrix.rows[0] == "several faults"
    assert len(matrix.columns) == 40
    assert report.left_out["columns of fault x journey"] == 31
    assert sum(rate.runs for rate in matrix.row_rates) == 130


def test_an_exploration_has_a_matrix_of_calls(bench):
    """In the order of the journey, with what each fault did."""
    sites = [f"hotels|tool|hotels.example/mcp|{name}|{name}|1" for name in ("search", "book", "book2")]
    bench.trial(observed={"sites": [[site, "", []] for site in sites]})
    bench.trial("fail", "crash", on={"site": sites[1]})
    bench.trial("pass", "crash", on={"site": sites[0]}, ended="degraded")
    bench.trial("invalid", {"fault": "latency", "seconds": 5.0, "on": {"site": sites[1]}})
    matrix = next(one for one in made(bench).matrices if one.name == "fault x call")
    assert matrix.columns == ("hotels: search", "hotels: book")
    assert matrix.rows == ("crash", "latency(seconds=5.0)")
    grades = {place: square.grade for place, square in matrix.squares.items()}
    assert grades == {(0, 0): "degraded", (0, 1): "violated", (1, 1): "not applicable"}


# --- figures ----------------------------------------------------------------------------------------------------------


def measured(calls, spread=None, **more):
    """Measures of one trial that calls one tool."""
    latency = {"calls": calls, "min_s": 0.0, "median_s": 0.1, "p95_s": 0.2, "max_s": 0.2}
    latency |= {} if spread is None else {"spread": spread}
    return {"tool_calls": {"book": calls}, "errors": {"book": 1}, "latency": {"book": latency}} | more


def test_times_of_tools_are_added_up(bench):
    """From the classes of each trial; a quantile is the end of its class, and never above the longest."""
    bench.trial(measures=measured(2, [0, 1, 1]))
    bench.trial("pass", "latency", measures=measured(4, [0, 0, 0, 3, 1]))
    bench.trial("infrastructure", measures=measured(9, [9]))
    (tool,) = made(bench).tools
    assert (tool.calls, tool.errors, tool.trials) == (6, 2, 2)
    assert tool.histogram == (0, 1, 1, 3, 1)
    assert (tool.median_s, tool.p95_s, tool.max_s) == (0.005, 0.01, 0.2)
    assert (tool.clean_calls, tool.faulted_calls) == (2.0, 4.0)


def test_a_quantile_is_never_above_the_longest_call(bench):
    """Though its class goes further."""
    bench.trial(measures=measured(1, [0] * 9 + [1]))
    (tool,) = made(bench).tools
    assert (tool.median_s, tool.p95_s, tool.max_s) == (0.2, 0.2, 0.2)


def test_results_of_older_versions_have_no_classes(bench):
    """Then there is no histogram, rather than half of one."""
    bench.trial(measures=measured(2, [2]))
    bench.trial(measures=measured(2))
    (tool,) = made(bench).tools
    assert (tool.histogram, tool.median_s, tool.max_s, tool.calls) == ((), None, 0.2, 4)


def test_recovery_is_against_the_same_trial_without_faults(bench):
    """Medians of differences; without such a trial, only how long it took."""
    for seed in range(3):
        bench.trial(seed=seed, measures={"steps": 10, "duration_s": 1.0, "cost": 0.1, "currency": "EUR"})
        took = {"steps": 10 + seed, "duration_s": 3.0, "cost": 0.3, "currency": "EUR", "recovery_s": float(seed)}
        bench.trial("pass" if seed else "fail", "reset", seed=seed, measures=took)
    bench.trial("pass", "stale", seed=9, measures={"recovery_s": 9.0, "steps": 4})
    alone, paired = made(bench).recovery
    assert (alone.fault, alone.recovery_s, alone.steps) == ("stale", 9.0, None)
    assert (paired.fault, paired.trials, paired.survived, paired.recovery_s, paired.worst_s) == (
        "reset",
        3,
        2,
        1.0,
        2.0,
    )
    assert (paired.steps, paired.seconds, paired.cost, paired.currency) == (1, 2.0, 0.2, "EUR")


def test_calls_that_the_trace_does_not_show(bench):
    """Of trials that had spans; of how many had none, there is a doubt."""
    bench.trial(measures=measured(3, untraced={"tool book": 1}, traced=3))
    bench.trial(measures=measured(3, untraced={}, traced=3))
    bench.trial(measures=measured(3, untraced=None))
    report = made(bench)
    assert [(gap.call, gap.calls, gap.missing, gap.trial) for gap in report.gaps] == [("tool book", 3, 1, "t00000")]
    assert report.traced == 2
    assert [one.count for one in report.doubts if one.kind == "no spans"] == [1]


def test_pairs_are_trials_that_differ_in_nothing_but_the_system(bench, other):
    """Losses first; what says nothing on one side has no counterpart."""
    new, old = {"plan": {"system": "shop:new"}}, {}
    for seed, (before, now) in enumerate(
        [("pass", "pass"), ("pass", "fail"), ("fail", "pass"), ("fail", "fail"), ("pass", "infrastructure")]
    ):
        other.trial(before, "stale", seed=seed, **old)
        bench.trial(now, "stale", seed=seed, **new)
    other.trial("pass", "stale", seed=77)
    bench.trial("pass", "stale", seed=88, **new)
    pairs = made(bench, baseline=other.gathered()).pairs
    counts = pairs.both_pass, pairs.both_fail, pairs.lost, pairs.won, pairs.unpaired
    assert counts == (1, 1, 1, 1, 3)
    assert pairs.p_value == pytest.approx(0.75)
    told = [(one.baseline, one.candidate, one.seed) for one in pairs.differences]
    expected = [("pass", "fail", 1), ("fail", "pass", 2), ("pass", "infrastructure", 4), ("", "pass", 88)]
    assert told == [*expected, ("pass", "", 77)]
    assert pairs.baseline == "shop:agent"


def test_the_budget_says_failures_against_an_allowance(bench):
    """Unknown is a failure to hold; nothing is told if nobody has set an objective."""
    for status in ("pass", "pass", "fail", "unknown"):
        bench.trial(status, "stale")
    assert made(bench).budget is None
    budget = made(bench, objective=0.75).budget
    assert (budget.failures, budget.allowance, budget.burn) == (2, 1.0, 2.0)
    assert made(bench, objective=1.0).budget.burn is None


@pytest.mark.parametrize("objective", [0.0, 95.0, -1.0])
def test_an_objective_is_a_share(bench, objective):
    """95 is meant as 0.95, and is told so before anything is read."""
    with pytest.raises(UsageError, match=r"for example 0\.95"):
        made(bench, objective=objective)


def test_this_run_is_the_last_point_of_a_trend(bench):
    """Once, even if the history has it already; alone it is no trend."""
    bench.head = replace(bench.head, labels={"release": "1.4"})
    bench.trial(measures={"steps": 3})
    before = Point("2026-02-01T06:00:00Z", "1.3", Rate(9, 10, 0.6, 1.0))
    assert made(bench).trend == ()
    (_, this) = made(bench, trend=[before]).trend
    assert (this.at, this.label, this.rate.runs, this.figures["steps"]) == ("2026-03-01T06:00:00Z", "1.4", 1, 3)
    assert made(bench, trend=[before, this]).trend == (before, this)


# --- doubts and provenance --------------------------------------------------------------------------------------------


def test_doubts_say_what_keeps_the_evidence_from_being_better(bench):
    """Each with how often, and one trial to look at."""
    bench.trial("fail", "stale", left=("task 'poll-1' still runs",))
    bench.trial("pass", "stale", left=("task 'poll-2' still runs",))
    folder = bench.folder()
    file = folder / "results.jsonl"
    file.write_text(file.read_text() + '{"trial": "half', encoding="ascii")
    told = {one.kind: (one.count, one.text) for one in make(gather([folder]), timelines=0).doubts}
    assert told["left behind"] == (2, "task 'poll-1' still runs")
    assert told["dropped"][0] == 1
    assert told["no history"][0] == 1
    assert told["few runs"] == (2, "2 runs, were they all to hold, would show no more than 22%: 59 would show 95 %")


def test_shards_that_tell_differently_of_a_trial_are_a_conflict(bench, other):
    """The worse counts, and that is told; shards of different software too."""
    other.head = replace(other.head, version="2.0")
    bench.trial("fail", "stale", digest="a")
    other.trial("pass", "stale", digest="b")
    gathered = gather([bench.folder(), other.folder()])
    report = make(gathered, timelines=0)
    assert report.statuses == {"fail": 1}
    assert {"conflict", "mixed"} <= {one.kind for one in report.doubts}
    assert report.provenance.version == "1.0 / 2.0"


def test_provenance_tells_where_results_come_from(bench):
    """Systems with the one of most trials first, seeds from the first to the last."""
    for seed in (3, 1, 2):
        bench.trial(seed=seed)
    bench.trial(plan={"system": "a:rare"})
    told = made(bench).provenance
    assert told.systems == ("shop:agent", "a:rare")
    assert told.seeds == (0, 3)
    assert told.at == "2026-03-01T06:00:00Z"
    assert made(bench).title == "shop:agent ... and 1 other"


def test_invariants_that_fail_stand_first(bench):
    """Each with its trials by status."""
    bench.trial("fail", "stale", more=(Verdict("terminates", "pass", "ended"),))
    bench.trial(more=(Verdict("terminates", "pass", "ended"),))
    assert made(bench).invariants == {"no_duplicate_effect": {"fail": 1, "pass": 1}, "terminates": {"pass": 2}}


# --- timelines --------------------------------------------------------------------------------------------------------


def test_examples_are_drawn_first_with_what_they_would_have_been(bench):
    """Then some that hold; the trial without faults is told as the golden one."""
    golden = bench.trial(history=bench.history("golden.jsonl.gz"))
    failed = bench.trial("fail", "stale", history=bench.history("failed.jsonl.gz"))
    holds = bench.trial("pass", "latency", history=bench.history("holds.jsonl.gz"))
    lost = bench.trial("fail", "crash", reason="another", history="histories/nowhere.jsonl.gz")
    report = make(bench.gathered())
    assert [one.trial for one in report.timelines] == [failed, golden, holds]
    assert [one.golden for one in report.timelines] == [golden, "", ""]
    assert lost not in {one.trial for one in report.timelines}
    assert "1 history file cannot be found or read" in {one.text for one in report.doubts}


def test_no_more_timelines_than_asked_for(bench):
    """None at all is possible."""
    for seed in range(8):
        bench.trial("fail" if seed % 2 else "pass", "stale", seed=seed, history=bench.history(f"{seed}.jsonl.gz"))
    gathered = bench.gathered()
    assert [len(make(gathered, timelines=limit).timelines) for limit in (0, 1, 3, 30)] == [0, 1, 3, 8]


def test_the_same_results_make_the_same_report(bench):
    """To the byte."""
    for seed in range(20):
        bench.trial("fail" if seed % 3 else "pass", *(["stale"] if seed % 2 else ["crash", "latency"]), seed=seed)
    assert to_json(made(bench, objective=0.9)) == to_json(made(bench, objective=0.9))
