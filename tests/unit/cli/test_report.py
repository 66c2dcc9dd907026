"""``agentchaos report``: what it writes, prints and exits with."""

from __future__ import annotations

import json
import webbrowser
from pathlib import Path

import pytest
from click.testing import CliRunner

from pytest_agentchaos.cli import main
from pytest_agentchaos.evidence.result import Result
from pytest_agentchaos.evidence.results import Head
from pytest_agentchaos.evidence.verdict import Verdict


@pytest.fixture
def results(tmp_path, monkeypatch):
    """Makes folders of results, inside of a folder of its own."""
    monkeypatch.chdir(tmp_path)

    def make(name, *statuses):
        folder = Path(name)
        folder.mkdir()
        lines = [Head(version="1.0", at="2026-03-01T06:00:00Z").to_line()]
        for seed, status in enumerate(statuses):
            plan = {"system": "shop:agent", "schedule": [{"fault": "stale"}], "seed": seed}
            verdict = Verdict("no_orphan", "fail" if status == "fail" else "pass", "seat stands")
            why = "" if status == "pass" else "no_orphan: seat stands"
            lines.append(Result(f"{name}{seed}", plan, status, why, verdicts=(verdict,), fired=(1,)).to_line())
        (folder / "results.jsonl").write_text("\n".join([*lines, ""]))
        return name

    return make


def report(*arguments):
    """The command, with its streams apart."""
    return CliRunner().invoke(main, ["report", *arguments])


def test_the_report_stands_beside_its_results(results):
    """And the page is told; drawing is not judging, so that a failure is no error."""
    told = report(results("nightly", "pass", "fail"))
    assert told.exit_code == 0
    lines = told.stdout.splitlines()
    assert lines[0].startswith("fail: 1 of 2 trials leaves something standing that nobody knows of")
    assert lines[1].startswith("see one: agentchaos replay agentchaos:v1:")
    assert lines[2:] == [
        "page: nightly/index.html",
        "also: nightly/summary.json, nightly/summary.md, nightly/junit.xml, nightly/ctrf.json",
    ]
    assert Path("nightly/index.html").is_file()
    assert told.stderr == ""


def test_shards_are_one_report_in_a_folder_of_its_own(results):
    """Each trial counts once."""
    told = report(results("a", "pass"), results("b", "pass"), "--format", "json")
    assert told.stdout == "pass: all 2 trials hold under 1 fault\nalso: reports/report/summary.json\n"
    assert [path.name for path in Path("reports/report").iterdir()] == ["summary.json"]


def test_a_file_of_results_will_do(results):
    """Its folder is taken."""
    told = report(f"{results('a', 'pass')}/results.jsonl", "--format=md")
    assert told.stdout.endswith("also: a/summary.md\n")


def test_json_is_the_summary_and_where_it_all_is(results):
    """For programs."""
    told = json.loads(report(results("a", "pass"), "--json", "--format", "md,junit", "--out", "new").stdout)
    assert (told["verdict"], told["rate"]["runs"]) == ("pass", 1)
    assert told["files"] == {"md": "new/summary.md", "junit": "new/junit.xml"}


def test_a_baseline_a_history_and_an_objective_are_shown(results):
    """Each in its part."""
    old, new = results("old", "pass", "pass"), results("new", "pass", "fail")
    assert CliRunner().invoke(main, ["scorecard", "history.jsonl", "--add", old]).exit_code == 0
    given = ["--baseline", old, "--objective", "0.5", "--history", "history.jsonl", "--title", "The shop"]
    told = json.loads(report(new, "--json", "--format=json", *given).stdout)
    assert (told["title"], told["pairs"]["lost"], told["budget"]["burn"]) == ("The shop", 1, 1.0)
    assert [point["rate"]["successes"] for point in told["trend"]] == [2, 1]


def test_a_policy_decides_and_its_word_is_printed(results):
    """The exit code stays that of drawing."""
    policy = "version: 1\nrules:\n  - {id: floor, metric: pass_rate, min: 0.9}\n"
    Path("policy.yaml").write_text(policy)
    told = report(results("a", "pass", "fail"), "--policy", "policy.yaml", "--format", "json", "--json")
    assert told.exit_code == 0, told.stderr
    decision = json.loads(told.stdout)["decision"]
    assert decision["decision"] != "promote"
    assert [rule["id"] for rule in decision["rules"] if rule["role"] != "evidence"] == ["floor"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere"], "nowhere is not there; give a folder of results"),
        (["a", "--baseline", "nowhere"], "nowhere is not there; give a folder of results"),
        (["a", "--history", "nowhere"], "nowhere: there is no such history"),
        (["a", "--policy", "nightl"], "nightl"),
        (["a", "--out", "a/results.jsonl"], "a/results.jsonl: the report cannot be written there"),
        (["newer"], "install a newer one to read it"),
    ],
)
def test_what_cannot_be_used_is_exit_code_three(results, arguments, message):
    """In one sentence with the remedy; nothing is written."""
    results("a", "pass")
    results("newer")
    Path("newer/results.jsonl").write_text('{"agentchaos":{"format":99,"version":"9.0"}}\n')
    told = report(*arguments)
    assert told.exit_code == 3
    assert message in told.stderr
    assert told.stderr.startswith("Error: ")
    assert not Path("a/index.html").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "RESULTS"),
        (["a", "--format", "pdf"], "'pdf' is no format; valid: ctrf, html, json, junit, md"),
        (["a", "--format", ","], "it names no format"),
        (["a", "--objective", "95"], "--objective"),
        (["a", "--objective", "0"], "--objective"),
        (["a", "--timelines", "-1"], "--timelines"),
        (["a", "--open", "--format", "md"], "--open opens the page, and --format has no html"),
    ],
)
def test_wrong_usage_is_exit_code_two(results, arguments, message):
    """Before anything is read."""
    results("a", "pass")
    told = report(*arguments)
    assert told.exit_code == 2
    assert message in told.stderr


def test_a_browser_is_opened_only_on_request(results, monkeypatch):
    """With the address of the page; where there is none, that is said."""
    opened = []
    monkeypatch.setattr(webbrowser, "open", opened.append)
    folder = results("a", "pass")
    report(folder)
    assert opened == []
    told = report(folder, "--open")
    assert opened == [Path("a/index.html").resolve().as_uri()]
    assert told.stderr == "there is no browser here; open a/index.html yourself\n"
    assert told.exit_code == 0


def test_hostile_names_do_not_reach_the_terminal(results):
    """What an agent wrote can be meant for whoever reads it."""
    told = report(results("a", "pass"), "--format=json", "--title", "\x1b[31m\u202e", "--out", "b\u202e\x07")
    assert "\\u202e\\x07/summary.json" in told.stdout
    assert "\u202e" not in told.stdout
    assert told.exit_code == 0
