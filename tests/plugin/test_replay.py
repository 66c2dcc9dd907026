"""Every failure ends with a command that really runs it again, from where pytest was started."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.unmeasured  # what sessions do is measured where they run in this process

RANDOM = """
import random, pytest, travel
from pytest_agentchaos import faults, on

def draw():
    return [travel.book(seat=str(random.randrange(10**9))), travel.book(seat="2B")]
"""


def lines(output: str, key: str) -> list[str]:
    """What stands after ``key:`` in a report, once for each failure."""
    return re.findall(rf"^{key}: (.*)$", output, re.MULTILINE)


def messages(output: str) -> list[str]:
    """What went wrong, however far it is indented and wherever an object lies in memory."""
    return [
        re.sub(" at 0x[0-9a-f]+", "", text)
        for text in re.findall(r"^E +(\w*Error: .*|assert .*)$", output, re.MULTILINE)
    ]


def shell(command: str, folder: Path, **environment: str) -> str:
    """What a shell prints for a command, with this interpreter's programs first on the path."""
    environ = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", **environment}
    environ.pop("PYTEST_CURRENT_TEST", None)
    done = subprocess.run(  # noqa: S602 - the line is meant for a shell
        command, shell=True, check=False, capture_output=True, text=True, cwd=folder, env=environ
    )
    return done.stdout + done.stderr


def assert_replays(output: str, folder: Path, *, failures: int, **environment: str) -> list[str]:
    """Each failure of a session fails again when its line is run, with the same message and the same history."""
    commands, digests = lines(output, "replay"), lines(output, "digest")
    assert len(commands) == len(digests) == failures, output
    for command, digest in zip(commands, digests, strict=True):
        again = shell(command, folder, **environment)
        assert "1 failed" in again, (command, again)
        assert lines(again, "digest") == [digest], (command, again)
        assert lines(again, "replay") == [command]
        assert set(messages(again)) <= set(messages(output))
    return commands


@pytest.fixture
def two(project: pytest.Pytester) -> pytest.Pytester:
    """A test file in a directory below the root, whose failures depend on the seed."""
    folder = project.mkdir("tests")
    (folder / "test_deep.py").write_text(
        RANDOM
        + """
@pytest.mark.agentchaos(seed=40, trials=2)
@pytest.mark.parametrize("place", ["it's", 'say "hi"', "a[0]::b", "caf\\u00e9 \\U0001f680", "$HOME `id` %s\\\\n", " "])
class TestPlaces:
    def test_method(self, agentchaos, place):
        agentchaos.inject(faults.ErrorStatus(status=500), on.http(nth=2))
        assert agentchaos.run(draw) == [agentchaos.seed, place]
""",
        encoding="utf-8",
    )
    return project


def test_lines_survive_quotes_brackets_unicode_and_spaces(two):
    """Parametrised methods with trials and a marker's seed are found again by the shell."""
    output = shell("pytest -q --agentchaos-seed=3 --tb=short -k 'trial1'", two.path)
    commands = assert_replays(output, two.path, failures=6)
    assert all(command.endswith(" --agentchaos-seed=3") for command in commands)
    assert all(
        shlex.split(command)[1].startswith("tests/test_deep.py::TestPlaces::test_method[") for command in commands
    )


def test_a_line_holds_from_where_pytest_was_started(two):
    """Started from a directory below the root, and with ids that are not escaped."""
    environ = {"PYTHONHASHSEED": "77"}
    start = two.path / "tests"
    command = (
        "pytest -q -o disable_test_id_escaping_and_forfeit_all_rights_to_community_support=true -k 'trial0 and caf'"
    )
    (again,) = assert_replays(shell(command, start, **environ), start, failures=1, **environ)
    assert again.startswith("PYTHONHASHSEED=77 pytest -o disable")
    assert "'test_deep.py::TestPlaces::test_method[trial0-café 🚀]'" in again


def test_a_line_says_how_the_configuration_was_made(project):
    """Options of the first command without which the test would not be the same are repeated; others are not."""
    folder = project.mkdir("inner")
    (folder / "pytest.ini").write_text("[pytest]\nagentchaos_seed = 99\n")
    (folder / "test_inner.py").write_text(
        RANDOM + "def test_it(agentchaos): assert agentchaos.run(draw) == agentchaos.seed\n"
    )
    output = shell(
        "python -m pytest -q -p no:cacheprovider -o console_output_style=classic --tb=short -x", project.path
    )
    (command,) = assert_replays(output, project.path, failures=1)
    assert command == (
        "python -m pytest -p no:cacheprovider -o console_output_style=classic -c pytest.ini"
        " inner/test_inner.py::test_it --agentchaos-seed=0"
    )


def test_trials_of_the_command_line_are_in_the_line(project):
    """The number of a trial is found again only if there are as many."""
    project.makepyfile(test_it=RANDOM + "def test_it(agentchaos): assert agentchaos.run(draw) == agentchaos.seed\n")
    output = shell("python -m pytest -q --agentchaos-trials=3 --agentchaos-seed=5 --tb=short", project.path)
    commands = assert_replays(output, project.path, failures=3)
    assert commands[2] == "python -m pytest 'test_it.py::test_it[trial2]' --agentchaos-seed=5 --agentchaos-trials=3"


@pytest.mark.parametrize(
    "source",
    [
        "def test_it(agentchaos):\n    agentchaos.inject(faults.Reset(), on.tool())\n    agentchaos.run(draw)",
        "@pytest.fixture\ndef ran(agentchaos):\n    assert agentchaos.run(draw) == 0\ndef test_it(ran): pass",
        "@pytest.fixture\ndef ran(agentchaos):\n    yield\n    assert agentchaos.run(draw) == 0\ndef test(ran): pass",
        "def test_it(agentchaos):\n    with agentchaos.live():\n        assert travel.book() == 0",
    ],
    ids=["invalid", "setup", "teardown", "live"],
)
def test_every_kind_of_failure_has_a_line(project, source):
    """Invalid trials, failures of other fixtures before and after the test, live mode."""
    project.makepyfile(test_it=RANDOM + source)
    output = shell("python -m pytest -q --tb=short", project.path)
    (command,), (digest,) = lines(output, "replay"), lines(output, "digest")
    again = shell(command, project.path)
    assert (lines(again, "replay"), lines(again, "digest")) == ([command], [digest])
    assert "1 failed" in again or "1 error" in again


def test_a_line_from_an_xdist_worker_needs_no_xdist(two):
    """Neither what xdist appends to node ids nor its own options are in it."""
    command = "python -m pytest -q -n2 --dist=loadgroup --tb=short -k 'trial0 and say'"
    source = two.path / "tests" / "test_deep.py"
    source.write_text(
        source.read_text(encoding="utf-8").replace("class Test", "@pytest.mark.xdist_group('a')\nclass Test")
    )
    (again,) = assert_replays(shell(command, two.path), two.path, failures=1)
    assert "@a" not in again
    assert again.startswith("python -m pytest 'tests/")
