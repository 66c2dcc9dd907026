"""``--agentchaos-report``: each test that uses the fixture leaves a whole result, whatever became of it."""

from __future__ import annotations

import json
import os
import resource
import shlex
import sys

import pytest

import pytest_agentchaos.plugin.results  # noqa: F401 - pytester forgets what an inner session imports: this stays loaded
from pytest_agentchaos.evidence.gathered import gather
from pytest_agentchaos.evidence.result import Result
from pytest_agentchaos.plugin import results, trial_result
from pytest_agentchaos.plugin.ending import Ending

KINDS = """
import os, pytest, travel
from pytest_agentchaos import faults, invariants, on

def test_holds(agentchaos):
    agentchaos.inject(faults.Latency(seconds=4), on.http(nth=1))
    agentchaos.run(travel.book, 2)
    agentchaos.check(invariants.at_most("calls", 3))
    agentchaos.sometimes("books twice", True)

def test_fails(agentchaos):
    agentchaos.run(travel.book, 3)
    agentchaos.check(invariants.at_most("calls", 2))

def test_own_assertion(agentchaos):
    assert agentchaos.run(travel.book) == 201

def test_unfired(agentchaos):
    agentchaos.inject(faults.Latency(seconds=4), on.tool("other"))
    agentchaos.run(travel.book)

def test_wrong_use(agentchaos):
    agentchaos.check()

def test_skips(agentchaos):
    agentchaos.run(travel.book)
    pytest.skip("enough")

@pytest.mark.skip(reason="never")
def test_is_skipped(agentchaos): pass

@pytest.mark.xfail(reason="bug 12")
def test_known(agentchaos):
    agentchaos.run(travel.book, 3)
    agentchaos.check(invariants.at_most("calls", 2))

def test_gives_up(agentchaos):
    pytest.xfail("not here")

@pytest.mark.xfail(strict=True)
def test_better_than_thought(agentchaos):
    agentchaos.run(travel.book)

@pytest.fixture
def broken(agentchaos):
    raise KeyError("setup")

def test_setup(broken): pass

@pytest.fixture
def cleared(agentchaos):
    yield
    raise KeyError("teardown")

def test_teardown(cleared, agentchaos):
    agentchaos.run(travel.book)

@pytest.mark.parametrize("seat", ["1A", "1B"])
@pytest.mark.agentchaos(seed=5, trials=2)
def test_several(agentchaos, seat):
    agentchaos.run(travel.book, seat=seat)

def test_without():
    pass
"""

DEATHS = """
import os, pytest, travel

@pytest.mark.agentchaos(seed=3)
def test_dies(agentchaos):
    agentchaos.run(travel.book)
    os._exit(3)
"""

STATUSES = {
    ("test_holds", 0): ("pass", ""),
    ("test_fails", 0): ("fail", "at_most(calls, 2): calls = 3, above 2"),
    ("test_own_assertion", 0): ("fail", "assert 200 == 201"),
    ("test_unfired", 0): ("invalid", "1 of 1 faults never fired"),
    ("test_wrong_use", 0): ("invalid", "agentchaos.check() got nothing to check"),
    ("test_skips", 0): ("inapplicable", "Skipped: enough"),
    ("test_is_skipped", 0): ("inapplicable", "Skipped: never"),
    ("test_known", 0): ("fail", "calls = 3, above 2 (an expected failure: bug 12)"),
    ("test_gives_up", 0): ("inapplicable", "not here"),
    ("test_better_than_thought", 0): ("pass", ""),
    ("test_setup", 0): ("infrastructure", "the test did not start: KeyError: 'setup'"),
    ("test_teardown", 0): ("infrastructure", "the test was not cleared away: KeyError: 'teardown'"),
    ("test_several[1A]", 5): ("pass", ""),
    ("test_several[1A]", 6): ("pass", ""),
    ("test_several[1B]", 5): ("pass", ""),
    ("test_several[1B]", 6): ("pass", ""),
}


@pytest.fixture(autouse=True)
def undrawn(monkeypatch):
    """Most of these look at the results only."""
    monkeypatch.setattr(Ending, "_drawn", lambda self, gathered, decision, place: "drawn")


def found(project, folder="out"):
    """What was kept, by the name of the test and the seed."""
    gathered = gather([project.path / folder])
    return {(row.journey.partition("::")[2] or row.journey, row.seed): gathered.result(row) for row in gathered.rows}


def statuses(results):
    """Status, and whether the reason is the one that is expected."""
    return {
        key: (
            one.status,
            STATUSES[key][1] if STATUSES[key][1] in one.why and bool(one.why) == bool(STATUSES[key][1]) else one.why,
        )
        for key, one in results.items()
    }


def test_every_test_that_uses_the_fixture_is_a_trial(project):
    """With a status that says what its end says of the system."""
    project.makepyfile(test_kinds=KINDS)
    project.runpytest_inprocess("--agentchaos-report=out").stdout.fnmatch_lines(["report: drawn"])
    results = found(project)
    assert statuses(results) == STATUSES
    held = results["test_holds", 0]
    assert (held.calls, held.fired, held.ended, held.virtual_s) == (2, (1,), "completed", 4.0)
    assert (held.reached, held.measures["calls"], held.history) == ({"books twice": True}, 2, "")
    assert [verdict.status for verdict in held.verdicts] == ["pass"]
    assert held.plan["schedule"] == [{"fault": "latency", "seconds": 4.0, "on": {"kind": "http", "nth": 1}}]
    gathered = gather([project.path / "out"])
    assert gathered.sources[0].head.kind == "pytest"
    assert gathered.sources[0].head.at
    assert {row.scenario for row in gathered.rows} == {"test_kinds.py"}
    kept_histories = {row.journey.partition("::")[2] for row in gathered.rows if gathered.history(row) is not None}
    assert kept_histories == {"test_fails", "test_own_assertion", "test_unfired", "test_known", "test_teardown"}


def test_the_same_is_kept_with_xdist(project):
    """What a test leaves crosses with its report, and nothing depends on a disk that processes share.

    A test that ends its process is infrastructure. The gate is asked once, where everything arrives.
    """
    project.makepyfile(test_kinds=KINDS, test_deaths=DEATHS)
    project.makeconftest("from pytest_agentchaos.plugin import ending\nending.Ending._drawn = lambda *_: 'drawn'\n")
    (project.path / "p.yaml").write_text("version: 1\nrules:\n  - {id: holds, metric: pass_rate, min: 1}\n")
    given = ("-n2", "-p", "xdist", "--agentchaos-report=out", "--agentchaos-gate=p.yaml")
    result = project.runpytest_subprocess(*given)
    result.stdout.fnmatch_lines(["gate p: INVALID* 3 of 17 runs * (exit code 22)", "report: drawn"])
    assert result.ret == 22
    results = found(project)
    died = results.pop(("test_dies", 3))
    assert statuses(results) == STATUSES
    gathered = gather([project.path / "out"])
    failed = next(row for row in gathered.rows if row.journey.endswith("test_fails"))
    assert gathered.history(failed).begun == 3
    assert died.status == "infrastructure"
    assert "crashed while running" in died.why
    assert "test_deaths.py::test_dies" in died.plan["replay"]


@pytest.mark.parametrize(("heard", "kept_of_it"), [("trial", 1), ("no trial", 0), ("nothing", 1)])
def test_of_a_test_that_ends_its_process_what_was_heard_decides(project, heard, kept_of_it):
    """One that does not use the fixture is no trial; one that ended before anything was heard of it may be one."""
    project.makeconftest(f"""
import pytest
from pytest_agentchaos.plugin.recording import BEGUN

def report(when, **more):
    place = ("a.py", 0, "test_x")
    return pytest.TestReport("a.py::test_x", place, {{}}, "failed", "worker 'gw0' crashed", when, **more)

def pytest_runtestloop(session):
    trial = {{"trial": "0123456789abcdef", "plan": {{"test": "a.py::test_x", "seed": 0}}}}
    begun = {{"trial": {{BEGUN: trial}}, "no trial": {{}}}}.get({heard!r})
    for one in [*([] if begun is None else [report("setup", **begun)]), report("???")]:
        session.config.hook.pytest_runtest_logreport(report=one)
    return True
""")
    project.makepyfile(a="")
    assert project.runpytest_inprocess("--agentchaos-report=out").ret != pytest.ExitCode.INTERNAL_ERROR
    gathered = gather([project.path / "out"])
    assert [row.status for row in gathered.rows] == ["infrastructure"] * kept_of_it
    assert [gathered.result(row).why for row in gathered.rows] == [
        "its process ended: worker 'gw0' crashed"
    ] * kept_of_it


def test_the_replay_line_stands_in_the_plan(project, monkeypatch):
    """It is a line for a shell that runs the one test again."""
    project.makepyfile(test_kinds=KINDS)
    project.runpytest_inprocess("--agentchaos-report=out")
    monkeypatch.setattr(sys, "argv", ["pytest"])
    line = found(project)["test_several[1B]", 6].plan["replay"]
    words = shlex.split(line)
    assert words[-2:] == ["test_kinds.py::test_several[trial1-1B]", "--agentchaos-seed=0"]
    project.runpytest_inprocess(*words[words.index("pytest") + 1 :]).assert_outcomes(passed=1)


def test_a_scenario_is_the_same_trial_as_without_pytest(project):
    """Its plan is that of its file: shards of both can be put together, and either replays the other's."""
    project.makepyfile(
        shop="""
def shop(chaos):
    book = chaos.tool(lambda seat: {"booking": seat}, name="book")
    chaos.ends(lambda answer: "completed")
    return lambda: book("1A")
"""
    )
    (project.path / "slow.chaos.yaml").write_text(
        "version: 1\nname: slow\nsummary: It is slow.\nsystem: shop:shop\nfaults: [{fault: hang, on: {tool: book}}]\n"
        "expect: {outcome: completed}\n"
    )
    project.makepyfile(
        test_marked="""
import pytest

@pytest.mark.agentchaos("slow")
def test_as_it_is(agentchaos): pass

@pytest.mark.agentchaos("slow")
def test_own(agentchaos):
    book = agentchaos.tool(lambda: 1, name="book")
    agentchaos.run(book)
"""
    )
    project.syspathinsert()
    project.runpytest_inprocess("--agentchaos-report=out")
    from pytest_agentchaos.scenario import load

    plan = load(project.path / "slow.chaos.yaml").cases()[0].plan
    gathered = gather([project.path / "out"])
    scenario, as_it_is, own = (gathered.result(row) for row in gathered.rows)
    assert (scenario.trial, scenario.plan, scenario.status) == (plan.id, json.loads(json.dumps(plan.to_data())), "fail")
    assert gathered.history(gathered.rows[0]) is not None
    assert as_it_is.plan["schedule"] == own.plan["schedule"] == scenario.plan["schedule"]
    assert [one.plan["system"] for one in (as_it_is, own)] == ["shop:shop", ""]
    assert [row.scenario for row in gathered.rows] == ["slow"] * 3
    assert as_it_is.status == "fail"
    assert as_it_is.fired == (1,)


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ("system: shop:shop\nfaults: [{fault: hang, on: {tool: fly}}]", "invalid"),
        ("system: shop:shop\nfaults: [{fault: hang, on: {tool: fly}}]\nif_unfired: skip", "inapplicable"),
        ("system: shop:broken", "infrastructure"),
    ],
)
def test_a_scenario_has_the_status_that_it_has_without_pytest(project, more, status):
    """Whatever pytest makes of it: failed, or skipped."""
    project.makepyfile(
        shop="""
def shop(chaos):
    return chaos.tool(lambda: 1, name="book")

def broken(chaos):
    raise KeyError("no database")
"""
    )
    (project.path / "one.chaos.yaml").write_text(f"version: 1\nname: one\nsummary: It is one.\n{more}\n")
    project.syspathinsert()
    project.runpytest_inprocess("--agentchaos-report=out")
    assert [row.status for row in gather([project.path / "out"]).rows] == [status]


def test_of_a_test_that_is_run_again_the_last_run_counts(project):
    """As plugins that repeat failed tests have it: each of the runs is reported."""
    project.makeconftest("""
from _pytest.runner import runtestprotocol

def pytest_runtest_protocol(item, nextitem):
    for _ in range(2):
        for report in runtestprotocol(item, log=False, nextitem=nextitem):
            item.ihook.pytest_runtest_logreport(report=report)
        item._initrequest()
    return True
""")
    project.makepyfile("""
import travel
RUNS = []
def test_it(agentchaos):
    RUNS.append(1)
    agentchaos.run(travel.book)
    assert len(RUNS) == 2
""")
    project.runpytest_inprocess("--agentchaos-report=out")
    assert len((project.path / "out" / "results.jsonl").read_text().splitlines()) == 3
    assert [one.status for one in found(project).values()] == ["pass"]


def test_a_rehearsal_leaves_nothing(project):
    """With --agentchaos-check-determinism, the run for the record is the one that is kept."""
    project.makepyfile("import travel\ndef test_it(agentchaos): agentchaos.run(travel.book)")
    project.runpytest_inprocess("--agentchaos-report=out", "--agentchaos-check-determinism").assert_outcomes(passed=1)
    assert len((project.path / "out" / "results.jsonl").read_text().splitlines()) == 2


def test_a_history_that_is_too_large_is_left_out_and_that_is_told(project, monkeypatch):
    """All of them cross to one process."""
    monkeypatch.setattr(trial_result, "LIMIT_BYTES", 10)
    monkeypatch.setattr(results, "LIMIT_BYTES", 10_000_000)
    project.makepyfile("import travel\ndef test_it(agentchaos):\n    agentchaos.run(travel.book)\n    assert 0")
    result = project.runpytest_inprocess("--agentchaos-report=out")
    result.stdout.fnmatch_lines(["1 history left out: larger than 10 MB when packed"])
    assert [one.history for one in found(project).values()] == [""]
    assert list((project.path / "out" / "histories").iterdir()) == []


def test_a_session_takes_the_place_of_the_one_before(project):
    """Its results, their histories and their page; files of anybody else's stay."""
    project.makepyfile("import travel\ndef test_it(agentchaos):\n    agentchaos.run(travel.book)\n    assert 0")
    project.runpytest_inprocess("--agentchaos-report=out")
    out = project.path / "out"
    for name in ("index.html", "notes.txt", "histories/mine.txt"):
        (out / name).write_text("x")
    project.makepyfile("import travel\ndef test_it(agentchaos): agentchaos.run(travel.book)")
    project.runpytest_inprocess("--agentchaos-report=out")
    assert [one.status for one in found(project).values()] == ["pass"]
    left = sorted(str(path.relative_to(out)) for path in out.rglob("*"))
    assert left == [".lock", "histories", "histories/mine.txt", "notes.txt", "results.jsonl"]


def test_collecting_only_leaves_everything_as_it_is(project):
    """It runs nothing, so that there is nothing to replace it by."""
    project.makepyfile("def test_it(agentchaos): pass")
    project.runpytest_inprocess("--agentchaos-report=out", "--collect-only")
    assert not (project.path / "out").exists()


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({"thesis.txt": "x"}, "*out is not empty, and what is in it are no results*"),
        (
            {"results.jsonl": '{"agentchaos": {"format": 1, "kind": "run"}}\n', "a": ""},
            "*another kind (run, not pytest)*",
        ),
        ({"results.jsonl": "x"}, "*has no whole line, so that nobody knows what wrote it*"),
        ({"results.jsonl": "{}\n"}, "*names no format*"),
    ],
)
def test_a_folder_that_is_somebody_elses_is_left_alone(project, files, says):
    """And nothing runs."""
    (project.path / "out").mkdir()
    for name, text in files.items():
        (project.path / "out" / name).write_text(text)
    project.makepyfile("def test_it(agentchaos): print('was run')")
    result = project.runpytest_inprocess("-s", "--agentchaos-report=out")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([says])
    result.stdout.no_fnmatch_line("*was run*")
    assert {path.name: path.read_text() for path in (project.path / "out").iterdir()} == files


def test_a_folder_that_cannot_be_is_one_sentence(project):
    """Here a file stands in its way."""
    (project.path / "file").write_text("")
    project.makepyfile("def test_it(agentchaos): pass")
    result = project.runpytest_inprocess("--agentchaos-report=file/out")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: *file/out: results cannot be written there: Not a directory; give a folder*"])


def test_two_sessions_do_not_write_to_one_folder(project):
    """The second one ends before it begins, and the first one's results stay."""
    project.makepyfile(test_inner="def test_it(): pass")
    project.makepyfile(
        test_outer="""
import contextlib, io, pytest

def test_it(agentchaos):
    with contextlib.redirect_stderr(io.StringIO()) as said:
        assert pytest.main(["--agentchaos-report=out", "test_inner.py"]) == pytest.ExitCode.USAGE_ERROR
    assert "another campaign is writing there" in said.getvalue()
"""
    )
    project.runpytest_inprocess("--agentchaos-report=out", "test_outer.py").assert_outcomes(passed=1)
    assert len(found(project)) == 1


def test_the_ini_file_says_it_for_all_sessions(project):
    """From where the file is, and the option comes before it."""
    project.makepyfile("import travel\ndef test_it(agentchaos): agentchaos.run(travel.book)")
    ini = project.path / "pytest.ini"
    ini.write_text(ini.read_text() + "\nagentchaos_report = kept/here\n")
    project.runpytest_inprocess()
    assert len(found(project, "kept/here")) == 1
    project.runpytest_inprocess("--agentchaos-report=there")
    assert len(found(project, "there")) == 1


def test_a_full_disk_is_told_and_no_pass(project):
    """The tests run, and the session does not look as if its proof had been kept: whole lines only are left."""
    project.makepyfile("""
import pytest, travel
@pytest.mark.parametrize("number", range(40))
def test_it(agentchaos, number): agentchaos.run(travel.book)
""")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
    try:
        result = project.runpytest_inprocess("--agentchaos-report=out")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    result.assert_outcomes(passed=40)
    assert result.ret == pytest.ExitCode.INTERNAL_ERROR
    result.stdout.fnmatch_lines(
        ["report: none, *results cannot be written there: File too large; give a folder with room*"]
    )
    text = (project.path / "out" / "results.jsonl").read_bytes()
    assert text.endswith(b"\n")
    assert len(text) > 10_000
    assert gather([project.path / "out"]).sources[0].dropped == 0


def test_a_report_that_cannot_be_drawn_is_told_and_no_pass(project, monkeypatch):
    """Whatever the reason; tests that failed keep their own exit code."""

    def broken(*_):
        raise ZeroDivisionError("page")  # noqa: EM101 - any bug

    monkeypatch.setattr(Ending, "_drawn", broken)
    project.makepyfile("import travel\ndef test_it(agentchaos): agentchaos.run(travel.book)")
    result = project.runpytest_inprocess("--agentchaos-report=out")
    assert result.ret == pytest.ExitCode.INTERNAL_ERROR
    result.stdout.fnmatch_lines(["report: none, pytest-agentchaos itself failed:", "*ZeroDivisionError: page"])
    project.makepyfile("import travel\ndef test_it(agentchaos): assert 0")
    assert project.runpytest_inprocess("--agentchaos-report=out").ret == pytest.ExitCode.TESTS_FAILED


def test_a_result_that_cannot_be_made_fails_its_test(project, monkeypatch):
    """It is this package's own failure; a pass whose proof is lost would be none."""

    def broken(*_):
        raise ZeroDivisionError("line")  # noqa: EM101 - any bug

    monkeypatch.setattr(trial_result, "packed", broken)
    project.makepyfile("import travel\ndef test_it(agentchaos): agentchaos.run(travel.book)")
    result = project.runpytest_inprocess("--agentchaos-report=out")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["pytest-agentchaos itself failed while keeping a result:", "*ZeroDivisionError: line"])


def test_lines_are_written_as_tests_end(project):
    """A session that is killed has left whole lines of all that was done."""
    project.makepyfile("""
import json, pathlib, travel
def test_one(agentchaos): agentchaos.run(travel.book)
def test_two(agentchaos):
    text = pathlib.Path("out/results.jsonl").read_text()
    assert text.endswith("\\n")
    assert json.loads(text.splitlines()[1])["status"] == "pass"
""")
    project.runpytest_inprocess("--agentchaos-report=out").assert_outcomes(passed=2)


def test_a_secret_in_a_failure_is_hidden(project):
    """Of what a test says by itself, too."""
    key = "sk-proj-abcdefghijklmnopqrstuvwxyz0123456789ABCDEF"
    project.makepyfile(
        f"import travel\ndef test_it(agentchaos):\n    agentchaos.run(travel.book)\n    assert not '{key}'"
    )
    project.runpytest_inprocess("--agentchaos-report=out")
    (told,) = found(project).values()
    assert told.status == "fail"
    assert "abcdefghij" not in (project.path / "out" / "results.jsonl").read_text()


def test_halves_of_characters_cross_between_processes():
    """They are no text for the wire between them, and stand in the line as JSON escapes them."""
    result = Result("a", {"journey": "\ud800"}, "fail", "\udcff <script>")
    line = trial_result.packed(result, None)["line"]
    assert Result.from_data(json.loads(line.encode())) == result


@pytest.mark.skipif(os.name == "nt", reason="symbolic links")
def test_nothing_is_removed_behind_a_link(project):
    """A folder of histories that is somewhere else is somebody else's."""
    project.makepyfile("import travel\ndef test_it(agentchaos): agentchaos.run(travel.book)")
    project.runpytest_inprocess("--agentchaos-report=out")
    elsewhere = project.path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / f"{'0' * 16}.jsonl.gz").write_text("x")
    (project.path / "out" / "histories").rmdir()
    (project.path / "out" / "histories").symlink_to(elsewhere)
    project.runpytest_inprocess("--agentchaos-report=out")
    assert len(list(elsewhere.iterdir())) == 1
