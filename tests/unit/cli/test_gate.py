"""``agentchaos gate``: each decision has its exit code, and no mistake looks like one."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from pytest_agentchaos.cli import main
from pytest_agentchaos.evidence.result import Result
from pytest_agentchaos.evidence.results import Head
from pytest_agentchaos.evidence.verdict import Verdict
from pytest_agentchaos.gating import judging

NOON = ("--at", "2026-11-20T12:00Z")
POLICY = """\
version: 1
evidence: {max_age: 24h}
rules:
  - {id: floor, why: nine of ten work, metric: pass_rate, by: journey, min_lower_bound: 0.9}
  - {id: tail, metric: latency_p95, max_upper_bound: 60, role: watch}
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Where a pipeline stands, with a policy."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ours.yaml").write_text(POLICY)
    return tmp_path


ASKED = Verdict("no_duplicate_effect", "pass", "none twice")


def keep(folder, *statuses, system="new", journey="trip", **head):
    """A file of results."""
    folder.mkdir(exist_ok=True)
    lines = [Head(**{"at": "2026-11-20T06:00:00+00:00", "version": "1", **head}).to_line()]
    for seed, status in enumerate(statuses):
        plan = {"system": system, "scenario": "lost-ack", "journey": journey, "seed": seed, "schedule": []}
        verdict = Verdict("terminates", "fail" if status == "fail" else "pass", "\x1b[31mas said", ())
        measures = {"duration_s": 1.0 + seed % 7, "cost": 0.01, "currency": "EUR"}
        one = Result(
            f"{system}{seed}",
            plan,
            status,
            verdicts=(verdict, ASKED),
            measures=measures,
            calls=3,
            real_s=seed + len(system),
        )
        lines.append(one.to_line())
    (folder / "results.jsonl").write_text("\n".join(lines) + "\n")
    return str(folder)


def gate(*arguments, now=False):
    """The command line, at noon."""
    return CliRunner().invoke(main, ["gate", *arguments, *(() if now else NOON)], prog_name="agentchaos")


def test_each_decision_has_its_exit_code(folder):
    """0 promote, 1 rollback, 2 hold, 3 invalid."""
    assert gate("ours.yaml", keep(folder / "a", *["pass"] * 30)).exit_code == 0
    assert gate("ours.yaml", keep(folder / "b", *["fail"] * 30)).exit_code == 1
    held = gate("ours.yaml", keep(folder / "c", *["pass"] * 20))
    assert held.exit_code == 2
    assert "9 more runs like these would decide rule 'floor'" in held.stdout
    old = keep(folder / "d", *["pass"] * 30, at="2026-01-01T00:00:00Z")
    assert gate("ours.yaml", old).exit_code == 3


def test_what_a_release_owner_reads(folder):
    """The decision, its reason, a line for each rule, what was left out, what it was made from."""
    out = gate("ours.yaml", keep(folder / "a", *["pass"] * 20, "infrastructure"), "--explain").stdout
    lines = out.splitlines()
    assert lines[0] == "HOLD  (ours)"
    assert lines[3].split() == ["rule", "metric", "role", "status", "value", "bound", "asked", "n", "needed"]
    row = ["floor", "pass_rate", "required", "inconclusive", "100", "%", "86.1", "%", ">=", "90", "%", "20", "9"]
    assert lines[4].split() == row
    assert "    nine of ten work" in lines
    assert "tail: inconclusive (it decides nothing)" in lines
    assert "20 of 21 runs say something of the system (not: 1 infrastructure)" in lines
    assert "alpha 0.05, clopper_pearson, multiplicity holm" in out
    assert "\x1b" not in out


def test_shards_count_as_one(folder):
    """Fifteen and fifteen."""
    one = keep(folder / "a", *["pass"] * 15)
    other = keep(folder / "b", *["pass"] * 15, system="new ")
    assert gate("ours.yaml", one, other).exit_code == 0


def test_a_baseline_is_compared_with(folder):
    """Pair by pair."""
    new, old = keep(folder / "new", *["pass"] * 300), keep(folder / "old", *["pass"] * 300, system="old")
    promoted = gate("canary", new, "--baseline", old)
    assert promoted.exit_code == 0
    assert "300 pairs with the baseline" in promoted.stdout
    assert gate("canary", new).exit_code == 3
    assert gate("canary", new, "--baseline", new).exit_code == 3


def test_json_is_printed_and_kept(folder):
    """The same document; also for what is invalid."""
    asked = gate("ours.yaml", keep(folder / "a", *["pass"] * 20), "--json", "--out", "decision.json")
    told = json.loads(asked.stdout)
    assert (told["decision"], told["exit_code"], told["runs_needed"]) == ("hold", 2, 9)
    assert json.loads((folder / "decision.json").read_text()) == told
    nothing = gate("ours.yaml", "nowhere", "--json", "--out", "decision.json")
    assert nothing.exit_code == 3
    assert json.loads(nothing.stdout)["decision"] == "invalid"
    assert "nowhere is not there" in nothing.stderr
    assert not json.loads((folder / "decision.json").read_text())["ok"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("ours.yaml",), "Missing argument 'RESULTS...'"),
        (("ours.yaml", "a", "--jsn"), "No such option"),
        (("ours.yaml", "a", "--at", "soon"), "'soon' is no time"),
        (("canry", "a"), "did you mean 'canary'"),
        (("broken.yaml", "a"), "broken.yaml:1: evidnce"),
        (("ours.yaml", "nowhere"), "nowhere is not there"),
    ],
)
def test_no_mistake_looks_like_hold_or_rollback(folder, arguments, told):
    """Wrong usage is 3 here, not click's 2."""
    keep(folder / "a", *["pass"] * 30)
    (folder / "broken.yaml").write_text("evidnce: {}\n")
    asked = gate(*arguments, now="--at" in arguments)
    assert asked.exit_code == 3
    assert told in asked.stderr


def test_a_defect_of_the_gate_is_no_rollback(folder, monkeypatch):
    """Python would exit with 1."""

    def breaks(*_):
        raise ZeroDivisionError

    monkeypatch.setattr(judging, "measure", breaks)
    asked = gate("ours.yaml", keep(folder / "a", "pass"))
    assert asked.exit_code == 3
    assert "the gate itself failed (ZeroDivisionError)" in asked.stderr


BAD = {
    "a newer version": (("ours.yaml", "newer"), "newer/results.jsonl has format 99"),
    "mixed suites": (("canary", "good", "--baseline", "other"), "Baseline and candidate are not of one suite"),
    "mixed releases": (("ours.yaml", "good", "next"), "The candidate's results are of several releases, 1, 2"),
    "no baseline": (("canary", "good"), "There is no baseline, and rules 'no-worse'"),
    "no such baseline": (("canary", "good", "--baseline", "gone"), "gone is not there"),
    "itself as baseline": (("canary", "good", "--baseline", "good"), "Baseline and candidate are the same results"),
    "no trial": (("ours.yaml", "none"), "The candidate has no trial at all"),
    "an empty folder": (("ours.yaml", "empty"), "empty has no results.jsonl"),
    "all infrastructure": (("ours.yaml", "broken"), "All 9 runs of the candidate broke before anything was tried"),
    "a rule that selects nothing": (("nothing.yaml", "good"), "Rule 'floor' cannot be judged: it selects no trial"),
    "a typo in a metric": (("typo.yaml", "good"), "'pas_rate': there is no such metric; did you mean 'pass_rate'?"),
    "an expired waiver": (("waived.yaml", "good"), "The waiver of 'floor' expired on 2026-01-01"),
    "a full disk": (("ours.yaml", "good", "--out", "/dev/full"), "the decision cannot be written: No space left"),
    "no such folder": (("ours.yaml", "good", "--out", "gone/x.json"), "gone/x.json: the decision cannot be written"),
    "a folder for a file": (("ours.yaml", "good", "--out", "good"), "is a directory"),
}


@pytest.fixture
def bad(folder):
    """All that can be wrong, beside results that would ship."""
    floor = "{id: floor, metric: pass_rate, min: 1%s}"
    waiver = "\nwaivers: [{rule: floor, expires: 2026-01-01, reason: known, owner: Ann}]"
    for name, rule, more in (
        ("nothing", floor % ", where: {journey: 'refund*'}", ""),
        ("typo", floor.replace("pass_rate", "pas_rate") % "", ""),
        ("waived", floor % "", waiver),
    ):
        (folder / f"{name}.yaml").write_text(f"version: 1\nrules: [{rule}]{more}\n")
    keep(folder / "good", *["pass"] * 30, labels={"release": "1"})
    keep(folder / "next", *["pass"] * 3, system="newest", labels={"release": "2"})
    keep(folder / "other", *["pass"] * 30, system="old", journey="another")
    keep(folder / "newer", "pass")
    path = folder / "newer" / "results.jsonl"
    path.write_text(path.read_text().replace('"format":1', '"format":99'))
    keep(folder / "none")
    keep(folder / "broken", *["infrastructure"] * 9)
    (folder / "empty").mkdir()


@pytest.mark.usefixtures("bad")
@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_never_a_decision(name):
    """Exit code 3, one clear sentence that stands in the first lines, and no traceback."""
    arguments, told = BAD[name]
    asked = gate(*arguments)
    assert asked.exit_code == 3
    assert told in "\n".join(asked.output.splitlines()[:4])
    assert "Traceback" not in asked.output
    assert "PROMOTE" not in asked.output


@pytest.mark.usefixtures("bad")
def test_what_is_good_would_ship():
    """So that each of the others is refused for its own reason."""
    assert gate("ours.yaml", "good").exit_code == 0
    typo = gate("typo.yaml", "good")
    assert typo.stderr.count("\n") == 1


def test_help_tells_the_exit_codes(folder):
    """And is no decision."""
    asked = gate("--help", now=True)
    assert asked.exit_code == 0
    assert "2  hold" in asked.stdout
