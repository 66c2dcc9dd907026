"""``--agentchaos-gate``: a policy decides on the session, and the exit code says what."""

from __future__ import annotations

import pytest

import pytest_agentchaos.gating.policy  # pytester forgets what an inner session imports: this and these stay loaded
import pytest_agentchaos.plugin.results
import pytest_agentchaos.reporting.folder
import pytest_agentchaos.reporting.making
import pytest_agentchaos.reporting.page
from pytest_agentchaos.plugin.ending import Ending

ALL_HOLD = "version: 1\nrules:\n  - {id: holds, metric: pass_rate, min: 1}\n"
SURE = "version: 1\nrules:\n  - {id: sure, metric: pass_rate, min_lower_bound: 0.9}\n"
HOLDS = "import travel\n\ndef test_it(agentchaos):\n    agentchaos.run(travel.book)\n"
FAILS = HOLDS + "    assert 0\n"


@pytest.fixture
def shop(project, monkeypatch):
    """A project with policies; the page is drawn in one test only."""
    for name, text in {"hold": ALL_HOLD, "sure": SURE}.items():
        (project.path / f"{name}.yaml").write_text(text)
    monkeypatch.setattr(Ending, "_drawn", lambda self, gathered, decision, place: "drawn")
    return project


@pytest.mark.parametrize(
    ("policy", "test", "code", "says"),
    [
        ("hold", HOLDS, 0, "gate hold: PROMOTE. *"),
        ("hold", FAILS, 20, "gate hold: ROLLBACK. Rule 'holds' is broken: * (exit code 20)"),
        ("sure", HOLDS, 21, "gate sure: HOLD. *more runs* (exit code 21)"),
        ("hold", "def test_it(): pass", 22, "gate hold: INVALID. *no trial* (exit code 22)"),
        ("hold", "", 22, "gate hold: INVALID. *no trial* (exit code 22)"),
        ("hold", HOLDS + "def test_that(): assert 0", 1, "gate hold: PROMOTE. *"),
    ],
    ids=["all hold", "one fails", "too few", "no trial", "nothing", "another test fails"],
)
def test_the_decision_is_the_exit_code(shop, policy, test, code, says):
    """Promote leaves pytest's own: a test outside of what the gate looks at fails as ever. No trial is no promote."""
    shop.makepyfile(test)
    result = shop.runpytest_inprocess(f"--agentchaos-gate={policy}.yaml")
    result.stdout.fnmatch_lines([says])
    assert result.ret == code


def test_the_decision_stands_on_the_page(project):
    """Results, page and summary are all in the folder, and the terminal says where."""
    (project.path / "sure.yaml").write_text(SURE)
    project.makepyfile(HOLDS)
    result = project.runpytest_inprocess("--agentchaos-gate=sure.yaml", "--agentchaos-report=out/here")
    result.stdout.fnmatch_lines(["gate sure: HOLD. *", "report: out/here/index.html"])
    assert result.ret == 21
    made = {path.name for path in (project.path / "out" / "here").iterdir()}
    assert {"index.html", "summary.json", "summary.md", "junit.xml", "ctrf.json", "results.jsonl"} <= made
    assert "more runs" in (project.path / "out" / "here" / "index.html").read_text()


def test_results_are_compared_with_a_baseline(shop):
    """It is any folder of results; trials are paired by test, schedule and seed."""
    (shop.path / "worse.yaml").write_text(
        "version: 1\nrules:\n  - {id: no-worse, metric: pass_rate, test: non_inferiority, margin: 0.05}\n"
    )
    trials = HOLDS.replace("def", "import pytest\n@pytest.mark.agentchaos(trials=12)\ndef")
    shop.makepyfile(test_it=trials)
    shop.runpytest_inprocess("--agentchaos-report=base")
    shop.makepyfile(test_it=trials + "    assert 0\n")
    result = shop.runpytest_inprocess("--agentchaos-gate=worse.yaml", "--agentchaos-baseline=base")
    result.stdout.fnmatch_lines(["gate worse: ROLLBACK. *"])
    assert result.ret == 20
    assert shop.runpytest_inprocess("--agentchaos-gate=worse.yaml").ret == 22


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--agentchaos-gate=odd.yaml"], "*odd.yaml*"),
        (["--agentchaos-gate=nigtly"], "*did you mean 'nightly'?*"),
        (["--agentchaos-gate=typo.yaml"], "*typo.yaml:3*did you mean 'pass_rate'?*"),
        (["--agentchaos-gate=hold.yaml", "--agentchaos-baseline=nowhere"], "*nowhere is not there*"),
        (["--agentchaos-baseline=base"], "*--agentchaos-baseline needs something to be compared*"),
    ],
)
def test_what_cannot_be_read_is_an_error_before_anything_runs(shop, options, says):
    """A policy, a baseline; one sentence each."""
    (shop.path / "typo.yaml").write_text("version: 1\nrules:\n  - {id: holds, metric: pas_rate, min: 1}\n")
    shop.makepyfile(HOLDS + "    print('was run')")
    result = shop.runpytest_inprocess("-s", *options)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([says])
    result.stdout.no_fnmatch_line("*was run*")


def test_a_session_that_did_not_come_to_its_end_is_not_decided_on(shop):
    """Its exit code is pytest's, which no pipeline takes for a promote."""
    shop.makepyfile(test_a=HOLDS, test_b="raise KeyError")
    result = shop.runpytest_inprocess("--agentchaos-gate=hold.yaml")
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["gate: not asked, for the session did not come to its end"])


def test_a_gate_that_cannot_decide_never_promotes(shop, monkeypatch):
    """Whatever is wrong with it."""

    def broken(*_, **__):
        raise ZeroDivisionError("gate")  # noqa: EM101 - any bug

    monkeypatch.setattr(pytest_agentchaos.gating, "decide", broken)
    shop.makepyfile(HOLDS)
    result = shop.runpytest_inprocess("--agentchaos-gate=hold.yaml")
    assert result.ret == 22
    result.stdout.fnmatch_lines(["gate: INVALID, pytest-agentchaos itself failed:", "*ZeroDivisionError: gate*"])


def test_a_page_that_cannot_be_drawn_changes_no_decision(shop, monkeypatch):
    """But a promote without the page that was asked for is none."""

    def broken(*_):
        raise ZeroDivisionError("page")  # noqa: EM101 - any bug

    monkeypatch.setattr(Ending, "_drawn", broken)
    shop.makepyfile(FAILS)
    options = ("--agentchaos-gate=hold.yaml", "--agentchaos-report=out")
    assert shop.runpytest_inprocess(*options).ret == 20
    shop.makepyfile(HOLDS)
    assert shop.runpytest_inprocess(*options).ret == pytest.ExitCode.INTERNAL_ERROR
    shop.makepyfile("raise KeyError")
    assert shop.runpytest_inprocess(*options).ret == pytest.ExitCode.INTERRUPTED


def test_nothing_is_left_where_no_report_is_wanted(shop, monkeypatch, tmp_path_factory):
    """Results that only the gate looks at are gone afterwards."""
    place = tmp_path_factory.mktemp("temporary")
    monkeypatch.setattr("tempfile.tempdir", str(place))
    shop.makepyfile(HOLDS)
    assert shop.runpytest_inprocess("--agentchaos-gate=hold.yaml").ret == 0
    assert list(place.glob("agentchaos-*")) == []
