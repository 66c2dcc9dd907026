"""Seeds and numbers of trials: marker, options, ini keys, and what happens when they are wrong."""

from __future__ import annotations

import pytest


def run(project: pytest.Pytester, source: str, *args: str) -> pytest.RunResult:
    """Run this test module inside the project."""
    project.makepyfile(test_it="import pytest, travel\n" + source)
    return project.runpytest_inprocess(*args)


SEEN = """
def test_plain(agentchaos): print("plain", agentchaos.seed)

@pytest.mark.agentchaos(seed=100)
def test_marked(agentchaos): print("marked", agentchaos.seed)

@pytest.mark.agentchaos(seed=1000)
class TestClass:
    @pytest.mark.agentchaos(trials=2)
    def test_method(self, agentchaos): print("method", agentchaos.seed)
"""


def test_seeds_add_up_and_markers_merge(project):
    """The seed is the session's, plus the marker's, plus the trial's number; each key comes from the nearest marker."""
    result = run(project, SEEN, "-s", "--agentchaos-seed=7", "-v")
    result.assert_outcomes(passed=4)
    result.stdout.fnmatch_lines_random(["*plain 7*", "*marked 107*", "*trial0*method 1007*", "*trial1*method 1008*"])
    result.stdout.fnmatch_lines(["4 trials, 0 calls, 0 s of virtual time, seeds 7 to 1008"])


def test_ini_keys_are_the_defaults_of_the_options(project):
    """agentchaos_seed and agentchaos_trials hold for the project; an option and a marker come before them."""
    result = run(project, SEEN, "-s", "-o", "agentchaos_seed=5", "-o", "agentchaos_trials=3")
    result.assert_outcomes(passed=8)
    result.stdout.fnmatch_lines_random(["*plain 5*", "*plain 6*", "*plain 7*", "*method 1006*"])
    result = run(project, SEEN, "-s", "-o", "agentchaos_trials=3", "--agentchaos-trials=1", "--agentchaos-seed=-2")
    result.assert_outcomes(passed=4)
    result.stdout.fnmatch_lines(["*plain -2*"])


def test_every_trial_has_fixtures_of_its_own(project):
    """Trials are tests: state that one leaves in a fixture is not there in the next."""
    result = run(
        project,
        """
@pytest.fixture
def ledger(): return []

@pytest.mark.agentchaos(trials=3)
def test_it(agentchaos, ledger):
    ledger.append(agentchaos.run(travel.book))
    assert ledger == [200] and len(agentchaos.history.calls()) == 1
""",
    )
    result.assert_outcomes(passed=3)


@pytest.mark.parametrize("ini", ["[pytest]\nagentchaos_trials = 2", None])
def test_ini_numbers_may_be_written_in_each_kind_of_file(project, ini):
    """An ini file knows text only, TOML has numbers."""
    if ini is None:
        (project.path / "pytest.ini").unlink()
        project.makepyprojecttoml(
            '[tool.pytest]\nagentchaos_trials = 2\nasyncio_default_fixture_loop_scope = "function"'
        )
    else:
        project.makefile(".ini", pytest=ini + "\nasyncio_default_fixture_loop_scope = function")
    run(project, "def test_it(agentchaos): pass").assert_outcomes(passed=2)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--agentchaos-seed=x"], "*--agentchaos-seed: invalid int value: 'x'*"),
        (
            ["--agentchaos-trials=0"],
            "ERROR: --agentchaos-trials=0: at least one trial has to be run; write *from 1 up*",
        ),
        (
            ["-o", "agentchaos_trials=-1"],
            "ERROR: agentchaos_trials = -1 in *pytest.ini: at least one trial has to be run*",
        ),
        (["-o", "agentchaos_seed=soon"], "ERROR: agentchaos_seed in *pytest.ini must be a whole number: *'soon'*"),
        (["-o", "agentchaos_trials="], "ERROR: agentchaos_trials in *pytest.ini must be a whole number: *"),
    ],
)
def test_a_wrong_setting_is_an_error_before_anything_runs(project, args, message):
    """The message names the value, the place and the remedy."""
    result = run(project, "def test_it(agentchaos): pass", *args)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([message])


@pytest.mark.parametrize(
    ("marker", "message"),
    [
        ("sed=3", "sed=3) on test_it.py::test_it: it takes no 'sed'; did you mean 'seed'?"),
        ("trails=3", "trails=3) on *: it takes no 'trails'; did you mean 'trials'?"),
        ("mode='live'", "mode='live') on *: it takes no 'mode'; valid: seed, trials"),
        ("5", "5) on *: it takes no 5; write the name of a scenario, seed=N, trials=N or some of them"),
        ("seed='a'", "seed='a') on *: seed must be a whole number"),
        ("seed=True", "seed=True) on *: seed must be a whole number"),
        ("trials=0", "trials=0) on *: at least one trial has to be run; write trials=N from 1 up"),
        ("trials=2.5", "trials=2.5) on *: trials must be a whole number"),
    ],
)
def test_a_wrong_marker_is_an_error_before_anything_runs(project, marker, message):
    """A typo names the test and the nearest valid key, and no other test runs."""
    source = f"""
@pytest.mark.agentchaos({marker})
def test_it(agentchaos): pass

def test_other(agentchaos): pass
"""
    result = run(project, source, "--strict-markers")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"@pytest.mark.agentchaos({message}", "*Interrupted: 1 error during collection*"])


def test_a_marker_that_can_have_no_effect_is_an_error(project):
    """trials= needs a test whose parameters pytest can multiply."""
    result = run(
        project,
        """
@pytest.mark.parametrize("n", [pytest.param(1, marks=pytest.mark.agentchaos(trials=4)), 2])
def test_parameter(agentchaos, n): pass

@pytest.mark.parametrize("n", [pytest.param(1, marks=pytest.mark.agentchaos(seed=4))])
def test_seed(agentchaos, n): assert agentchaos.seed == 4
""",
    )
    result.assert_outcomes(errors=1, passed=2)
    result.stdout.fnmatch_lines(
        ["*UsageError: trials=4 on *test_parameter*can have no effect: put the marker on a test function*"]
    )


def test_the_marker_and_the_options_are_documented(project):
    """The options --markers and --help tell what there is."""
    project.runpytest_inprocess("--markers").stdout.fnmatch_lines(
        ["@pytest.mark.agentchaos(scenario, seed=0, trials=1): *"]
    )
    project.runpytest_inprocess("--help").stdout.fnmatch_lines(
        [
            "faults around agent systems:",
            "*--agentchaos-seed=N*",
            "*--agentchaos-trials=N*",
            "*--agentchaos-check-determinism*",
            "*--agentchaos-system=TEXT*",
        ]
    )
