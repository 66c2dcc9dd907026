"""``agentchaos scorecard``: its exit codes, and what it remembers of results."""

import json

import pytest
from click.testing import CliRunner

from pytest_agentchaos.cli import main
from pytest_agentchaos.evidence import trend
from pytest_agentchaos.evidence.results import FILE, Head

STATUSES = ("pass", "pass", "fail", "unknown", "infrastructure", "invalid")


@pytest.fixture
def results(tmp_path):
    """A folder of results: six trials, four of which count."""
    return _results(tmp_path / "nightly")


def _results(folder, at="2026-07-27T06:00:00Z", statuses=STATUSES, labels=None):
    folder.mkdir()
    told = [Head(at=at, labels=labels or {}).to_line()]
    for seed, status in enumerate(statuses):
        schedule = [{"fault": "latency", "seconds": 2}] if seed % 2 else []
        plan = {"system": "shop:agent", "journey": "buy", "schedule": schedule, "seed": seed}
        measures = {"cost": 0.5 + seed, "steps": 3, "duration_s": 1.0, "currency": "EUR"}
        told.append(
            json.dumps({"trial": f"t{seed}", "plan": plan, "status": status, "fired": [1], "measures": measures})
        )
    (folder / FILE).write_text("\n".join(told) + "\n")
    return folder


def run(*arguments):
    """The command, with these arguments."""
    return CliRunner().invoke(main, ["scorecard", *map(str, arguments)])


def test_results_are_remembered_as_one_line(tmp_path, results):
    """Rates, labels, medians, rates under each fault; unknown is no success, what proves nothing is counted apart."""
    history = tmp_path / "history.jsonl"
    done = run(history, "--add", results, "--label", "release=1.4")
    assert done.exit_code == 0, done.output
    assert "2/4" in done.output
    (one,) = trend.read(history)
    assert (one.successes, one.runs, one.label, one.at) == (2, 4, "1.4", "2026-07-27T06:00:00Z")
    assert one.statuses == {"fail": 1, "infrastructure": 1, "invalid": 1, "pass": 2, "unknown": 1}
    assert one.figures == {"cost": 2.0, "duration_s": 1.0, "steps": 3.0}
    assert one.faults == {"latency": (1, 2), "no fault": (1, 2)}
    assert (one.systems, one.currency) == (("shop:agent",), "EUR")
    assert len(one.suite_sha256) == 64


def test_the_same_run_is_not_added_twice(tmp_path, results):
    """It is said, and the scorecard is shown; the same results of another day are another run."""
    history = tmp_path / "history.jsonl"
    run(history, "--add", results)
    again = run(history, "--add", results, "--label", "release=1.5")
    assert again.exit_code == 0
    assert "has this run already" in again.stderr
    assert len(history.read_text().splitlines()) == 1
    other = _results(tmp_path / "later", at="2026-07-28T06:00:00Z")
    assert run(history, "--add", other).exit_code == 0
    assert len(history.read_text().splitlines()) == 2


def test_what_a_gate_decided_stands_with_it(tmp_path, results):
    """As its JSON tells it; a file that tells nothing is refused before anything is remembered."""
    history, decision = tmp_path / "history.jsonl", tmp_path / "decision.json"
    decision.write_text('{"decision": "ship it"}')
    assert "ship it" in run(history, "--add", results, "--decision", decision).stderr
    decision.write_text("{}")
    done = run(history, "--add", results, "--decision", decision)
    assert (done.exit_code, history.exists()) == (3, False)
    decision.write_text('{"decision": "hold"}')
    assert "hold" in run(history, "--add", results, "--decision", decision).stdout


def test_page_and_json(tmp_path, results):
    """The page is written where it is asked for; --json prints one document."""
    history = tmp_path / "history.jsonl"
    done = run(history, "--add", results, "--out", tmp_path / "out", "--objective", "0.9", "--weekly")
    assert done.exit_code == 0
    assert "2026-W31" in (tmp_path / "out" / "scorecard.html").read_text("utf-8")
    assert "Page: " in done.stdout
    told = json.loads(run(history, "--json").stdout)
    assert (told["schema"], told["lines"][0]["rate"]["runs"]) == (1, 4)


def test_labels_of_the_run_itself_are_kept(tmp_path):
    """Those of the head of its results; those that are given are stronger."""
    folder = _results(tmp_path / "one", labels={"release": "1", "commit": "c0ffee"})
    run(tmp_path / "h", "--add", folder, "--label", "release=2")
    (one,) = trend.read(tmp_path / "h")
    assert one.labels == {"release": "2", "commit": "c0ffee"}


def test_results_without_a_time_need_one(tmp_path):
    """Nothing is stamped with the present."""
    folder = _results(tmp_path / "one", at="")
    done = run(tmp_path / "h", "--add", folder)
    assert (done.exit_code, "--at" in done.stderr) == (3, True)
    assert run(tmp_path / "h", "--add", folder, "--at", "2026-07-27T08:00:00+02:00").exit_code == 0
    assert trend.read(tmp_path / "h").runs[0].at == "2026-07-27T06:00:00Z"
    assert run(tmp_path / "h", "--add", folder, "--at", "2026-07-28").exit_code == 0
    assert len(trend.read(tmp_path / "h")) == 2  # the same found again on another day
    done = run(tmp_path / "h", "--add", folder, "--at", "9999-12-31T23:00:00-05:00")
    assert (done.exit_code, "is no time" in done.stderr) == (3, True)


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["h", "--label", "release"],
        ["h", "--label", "a=b"],
        ["h", "--decision", "d"],
        ["h", "--objective", "95"],
        ["h", "--window", "0"],
    ],
)
def test_wrong_usage_is_exit_2(arguments):
    """With the remedy; nothing is read or written."""
    assert run(*arguments).exit_code == 2


def test_nothing_to_show_is_exit_3(tmp_path, results):
    """No history, no results, an empty history, a folder that cannot be written."""
    history = tmp_path / "history.jsonl"
    assert "--add" in run(history).stderr
    assert run(history).exit_code == 3
    assert run(history, "--add", tmp_path / "nowhere").exit_code == 3
    assert run(history, "--add", _results(tmp_path / "none", statuses=())).exit_code == 3
    history.write_text("")
    assert run(history).exit_code == 3
    (tmp_path / "file").write_text("")
    assert run(history, "--add", results, "--out", tmp_path / "file").exit_code == 3


def test_help_has_examples():
    """And the exit codes."""
    told = run("--help").output
    assert "agentchaos scorecard history.jsonl --add" in told
    assert "Exit codes" in told
