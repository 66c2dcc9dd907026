"""What a report counts, counted again by somebody who knows nothing but the lines of the files."""

from __future__ import annotations

import json
from collections import Counter
from statistics import median

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_agentchaos.evidence.gathered import gather
from pytest_agentchaos.evidence.result import STATUSES
from pytest_agentchaos.evidence.results import Head
from pytest_agentchaos.reporting.making import make

STEADY = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
COUNTED = ("pass", "fail", "unknown")
WORST_FIRST = ("fail", "unknown", "invalid", "inapplicable", "pass")

FAULTS = st.lists(st.sampled_from(["crash", "stale", "hang"]), max_size=2)
COUNTS = st.dictionaries(st.sampled_from(["book", "find"]), st.integers(0, 9), max_size=2)
MEASURES = st.fixed_dictionaries(
    {"tool_calls": COUNTS, "errors": COUNTS},
    optional={"steps": st.integers(0, 9), "recovery_s": st.sampled_from([0.0, 0.5, 2.0]), "cost": st.just(None)},
)


PLANS = st.fixed_dictionaries(
    {
        "system": st.sampled_from(["a:b", "c:d"]),
        "scenario": st.sampled_from(["one", "two", ""]),
        "journey": st.sampled_from(["trip", "refund", None]),
        "schedule": FAULTS.map(lambda faults: [{"fault": one, "on": {"writes": True}} for one in faults]),
        "seed": st.integers(0, 1),
    }
)


@st.composite
def lines(draw, name, plan):
    """One trial, as a line tells it."""
    status = draw(st.sampled_from(STATUSES))
    judged = [draw(st.sampled_from(["once", "ends"])), draw(st.sampled_from(["ends", "rest"]))]
    verdicts = [{"invariant": one, "status": "pass", "reason": "it holds"} for one in judged]
    if status in {"fail", "unknown"} and draw(st.booleans()):
        verdicts[0] |= {"status": status, "reason": draw(st.sampled_from(["2 seats", "3 seats", "no end"]))}
    rules = len(plan["schedule"])
    fired = draw(st.lists(st.integers(0, 1), min_size=rules, max_size=rules))
    told = {"plan": plan, "status": status, "verdicts": verdicts, "fired": fired, "measures": draw(MEASURES)}
    digest = draw(st.sampled_from(["d1", "d2"]))
    return {"trial": name, "why": status, "digest": digest, "left": draw(st.sampled_from([[], ["a task"]])), **told}


@st.composite
def shards(draw):
    """Files of results; some trials stand in two of them."""
    plans = {f"t{number}": draw(PLANS) for number in range(draw(st.integers(1, 9)))}
    again = draw(st.lists(st.sampled_from(sorted(plans)), unique=True, max_size=3))
    return [[draw(lines(name, plans[name])) for name in names] for names in (plans, again)]


def written(folder, shards):
    """Gathered from a disk."""
    for number, shard in enumerate(shards):
        path = folder / f"shard-{number}" / "results.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join([Head(version="1", at="2026-01-01").to_line(), *map(json.dumps, shard), ""]))
    return gather([folder])


def once(shards):
    """Each trial once, the worst that a proper trial tells of it; and how often there was a choice."""
    found, choices = {}, Counter()
    for one in [line for shard in shards for line in shard]:
        other = found.setdefault(one["trial"], one)
        if other is one:
            continue
        statuses = {one["status"], other["status"]}
        if len(statuses) == 1 and (one["digest"] == other["digest"] or "infrastructure" in statuses):
            choices["duplicates"] += 1
            continue
        choices["superseded" if "infrastructure" in statuses else "conflicts"] += 1
        proper = [line for line in (other, one) if line["status"] != "infrastructure"]
        found[one["trial"]] = min(proper, key=lambda line: WORST_FIRST.index(line["status"]))
    return list(found.values()), choices


def faults(line):
    """Their names."""
    return [rule["fault"] for rule in line["plan"]["schedule"]]


def label(line):
    """The row of the matrix in which it stands."""
    return " + ".join(sorted(set(faults(line)))) or "no fault"


def journey(line):
    """The column."""
    return line["plan"]["journey"] or "usual"


def counts_in(line):
    """It says something of the system."""
    return line["status"] in COUNTED


def rated(lines):
    """Successes and runs."""
    runs = list(filter(counts_in, lines))
    return sum(line["status"] == "pass" for line in runs), len(runs)


def is_unfired(line):
    """Some rule of it never acted."""
    return not all(line["fired"])


@STEADY
@given(shards())
def test_every_trial_is_counted_once_wherever_it_is_counted(tmp_path, shards):
    """Statuses, rates, matrices, causes, verdicts: sums of them are sums of lines."""
    report = make(gathered := written(tmp_path, shards), timelines=0)
    lines, choices = once(shards)
    assert (gathered.duplicates, gathered.superseded, len(gathered.conflicts)) == tuple(
        choices[name] for name in ("duplicates", "superseded", "conflicts")
    )
    assert report.statuses == Counter(line["status"] for line in lines)
    assert (report.rate.successes, report.rate.runs) == rated(lines)

    matrix = next(one for one in report.matrices if one.name == "fault x journey")
    assert set(matrix.rows) == set(map(label, lines))
    assert set(matrix.columns) == set(map(journey, lines))
    for row, name in enumerate(matrix.rows):
        of_row = [line for line in lines if label(line) == name]
        assert (matrix.row_rates[row].successes, matrix.row_rates[row].runs) == rated(of_row)
        for column, other in enumerate(matrix.columns):
            cell = [line for line in of_row if journey(line) == other]
            square = matrix.squares.get((row, column))
            assert (square is None) == (not cell)
            if square is not None:
                counts = Counter(line["status"] for line in cell)
                assert (square.rate.successes, square.rate.runs) == rated(cell)
                assert (square.failed, square.unknown) == (counts["fail"], counts["unknown"])
                assert (square.unfired, square.inapplicable) == (counts["invalid"], counts["inapplicable"])
                assert square.infrastructure == counts["infrastructure"]
                assert square.trial in {line["trial"] for line in cell}
    for column, name in enumerate(matrix.columns):
        rate = matrix.column_rates[column]
        assert (rate.successes, rate.runs) == rated(line for line in lines if journey(line) == name)

    said = [{(one["invariant"], one["status"]) for one in line["verdicts"]} for line in lines if counts_in(line)]
    verdicts = Counter(key for keys in said for key in keys)
    told = {(name, status): count for name, counts in report.invariants.items() for status, count in counts.items()}
    assert told == verdicts


@STEADY
@given(shards())
def test_causes_share_out_the_trials_that_do_not_hold(tmp_path, shards):
    """Each to one cause, of its own status, and every cause tells of its own trials."""
    report = make(written(tmp_path, shards), timelines=0)
    lines = {line["trial"]: line for line in once(shards)[0]}
    for status in ("fail", "unknown", "invalid", "infrastructure"):
        clusters = [one for one in report.clusters if one.status == status]
        trials = [trial for trial, line in lines.items() if line["status"] == status]
        assert sorted(trial for one in clusters for trial in (one.example, *one.others)) == sorted(trials)
        kind = {"invalid": "unfired"}.get(status, status)
        doubts = sum(one.count for one in report.doubts if one.kind == kind)
        assert doubts == (0 if status == "fail" else len(trials))
    for one in report.clusters:
        members = [lines[trial] for trial in (one.example, *one.others)]
        assert one.trials == len(members)
        assert one.journeys == Counter(map(journey, members))
        assert one.faults == Counter(fault for line in members for fault in set(faults(line)) or {"no fault"})


@STEADY
@given(shards())
def test_tools_and_recovery_are_those_of_the_lines(tmp_path, shards):
    """Averages over the right trials, medians of the right differences."""
    report = make(written(tmp_path, shards), timelines=0)
    lines = once(shards)[0]
    tried = [line for line in lines if line["status"] != "infrastructure"]
    clean = [line for line in tried if not faults(line)]
    names = {name for line in tried for what in ("tool_calls", "errors") for name in line["measures"][what]}
    assert {tool.name for tool in report.tools} == names
    for tool in report.tools:
        calls = [line["measures"]["tool_calls"].get(tool.name) for line in tried]
        assert tool.calls == sum(one or 0 for one in calls)
        assert tool.errors == sum(line["measures"]["errors"].get(tool.name, 0) for line in tried)
        assert tool.trials == sum(bool(one) for one in calls)
        of_clean = sum(line["measures"]["tool_calls"].get(tool.name, 0) for line in clean)
        assert tool.clean_calls == (of_clean / len(clean) if clean else None)
    hit = [line for line in lines if faults(line) and line["status"] in COUNTED and not is_unfired(line)]
    assert {one.fault for one in report.recovery} == set(map(label, hit))
    for one in report.recovery:
        members = [line for line in hit if label(line) == one.fault]
        assert (one.survived, one.trials) == (sum(line["status"] == "pass" for line in members), len(members))
        took_s = [line["measures"]["recovery_s"] for line in members if "recovery_s" in line["measures"]]
        assert one.recovery_s == (median(took_s) if took_s else None)
        more = [
            line["measures"]["steps"] - same["measures"]["steps"] for line in members if (same := bare(line, lines))
        ]
        assert one.steps == (median(more) if more else None)


def bare(line, lines):
    """The first trial that passes without faults, of the same scenario if there is one; None without both figures."""
    keys = (("system", "scenario", "journey", "seed"), ("system", "journey", "seed"))
    for key in keys:
        for other in lines:
            is_same = all(other["plan"][name] == line["plan"][name] for name in key)
            if is_same and other["status"] == "pass" and not faults(other):
                return other if "steps" in line["measures"] and "steps" in other["measures"] else None
    return None


@STEADY
@given(shards(), shards())
def test_pairs_are_those_that_differ_in_nothing_but_the_system(tmp_path, before, now):
    """However many there are of each."""
    baseline, candidate = written(tmp_path / "before", before[:1]), written(tmp_path / "now", now[:1])
    pairs = make(candidate, baseline=baseline, timelines=0).pairs
    keys = ("scenario", "journey", "schedule", "seed")
    old, new = ({}, {})
    for found, lines in ((old, before[0]), (new, now[0])):
        for line in lines:
            found.setdefault(json.dumps([line["plan"][key] for key in keys]), []).append(line["status"])
    counts = Counter()
    for key in {*old, *new}:
        ours, theirs = new.get(key, []), old.get(key, [])
        counts["unpaired"] += abs(len(ours) - len(theirs))
        for was, is_now in zip(theirs, ours, strict=False):
            if was in COUNTED and is_now in COUNTED:
                counts[was == "pass", is_now == "pass"] += 1
            else:
                counts["unpaired"] += 1
    assert (pairs.both_pass, pairs.both_fail) == (counts[True, True], counts[False, False])
    assert (pairs.lost, pairs.won, pairs.unpaired) == (counts[True, False], counts[False, True], counts["unpaired"])
