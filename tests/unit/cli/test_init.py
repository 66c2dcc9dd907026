"""``agentchaos init``: what it writes passes right away, fails without its safeguard, and never stands in the way."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from click.testing import CliRunner

from pytest_agentchaos.beginning.writing import SAFEGUARD
from pytest_agentchaos.cli import main

pytestmark = pytest.mark.unmeasured  # what sessions do is measured where they run in this process

FILES = ["tests/chaos_system.py", "tests/test_chaos.py", "tests/chaos/lost-ack.chaos.yaml"]
INSTALLED = ("functions", "openai", "anthropic", "mcp")


@pytest.fixture
def project(tmp_path, monkeypatch):
    """An empty project, in which we stand."""
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def init(*asked):
    """As from a shell."""
    return CliRunner().invoke(main, ["init", *map(str, asked)])


def run_tests(folder, *asked):
    """Run its tests as its owner would, with warnings as errors."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    options = ("-q", "-W", "error", "-p", "no:cacheprovider", "-o", "asyncio_default_fixture_loop_scope=function")
    return subprocess.run(
        [sys.executable, "-m", "pytest", *options, *asked],
        cwd=folder, env=clean, capture_output=True, text=True, check=False, timeout=100,
    )  # fmt: skip


def without_the_safeguard(folder):
    """Take out the line that the file itself says to delete."""
    system = folder / "chaos_system.py"
    lines = system.read_text(encoding="utf-8").splitlines(keepends=True)
    left = [line for line in lines if SAFEGUARD not in line]
    assert len(left) == len(lines) - 1
    system.write_text("".join(left), encoding="utf-8")


@pytest.mark.parametrize("kind", INSTALLED)
def test_what_is_written_passes_at_once_and_fails_without_its_safeguard(kind, project):
    """Two tests and a scenario, whatever the SDK; each of the three notices what is missing."""
    (project / "pytest.ini").write_text("[pytest]\naddopts = --import-mode=importlib\n", encoding="utf-8")
    init("--for", kind)
    init("--for", kind, "--tests", "unsafe")
    without_the_safeguard(project / "unsafe")
    ran = run_tests(project)
    assert "3 failed, 3 passed" in ran.stdout, ran.stdout + ran.stderr
    assert [line for line in ran.stdout.splitlines() if line.startswith("FAILED") and "unsafe/" not in line] == []
    assert "seat with key TP-12 was executed 2 times" in ran.stdout


def test_an_empty_folder_is_a_project_too(project):
    """Whoever begins has nothing yet."""
    result = init()
    assert result.exit_code == 0
    assert [name for name in FILES if (project / name).is_file()] == FILES
    assert "no SDK for agents was found" in result.output
    assert "pytest tests/test_chaos.py" in result.output


def test_what_it_names_next_can_be_run(project):
    """The scenario with the line that is printed, from where one stands."""
    told = json.loads(init("--json").output)
    line = next(line for line in told["next"] if line.startswith("agentchaos run "))
    done = CliRunner().invoke(main, line.replace(" --out reports/first", "").split()[1:])
    assert done.exit_code == 0
    assert "1 scenario, 1 trial: 1 pass" in done.output


def test_nothing_is_written_over(project):
    """One file in the way, and none of the three is written."""
    (project / "tests").mkdir()
    (project / FILES[1]).write_text("mine\n", encoding="utf-8")
    result = init()
    assert result.exit_code == 2
    assert "tests/test_chaos.py: there is something else already, and nothing was written" in result.output
    assert not (project / FILES[0]).exists()
    assert (project / FILES[1]).read_text(encoding="utf-8") == "mine\n"


def test_a_second_time_changes_nothing(project):
    """What is there already, as it would be written, is no problem; what was deleted comes back."""
    assert init().exit_code == 0
    (project / FILES[2]).unlink()
    result = init()
    assert result.exit_code == 0
    assert [line.split()[:2] for line in result.output.splitlines() if "tests/chaos" in line][:2] == [
        ["is", "there"],
        ["wrote", FILES[2]],
    ]


def test_a_dry_run_writes_nothing(project):
    """And with --json it shows all that would be."""
    told = json.loads(init("--dry-run", "--json").output)
    assert list(project.iterdir()) == []
    assert list(told["files"]) == FILES
    assert told["written"] == []


def test_a_dry_run_says_what_is_in_the_way(project):
    """The same answer as the real one."""
    (project / "tests").mkdir()
    (project / FILES[1]).write_text("mine\n", encoding="utf-8")
    assert init("--dry-run").exit_code == 2


def test_another_folder_is_named_in_what_comes_next(project):
    """The commands are for a shell that stands elsewhere."""
    (project / "services").mkdir()
    result = init("services")
    assert "  cd services\n" in result.output
    assert (project / "services" / FILES[0]).is_file()


def test_a_folder_that_is_none_is_an_error(project):
    """The value, and the remedy."""
    result = init("servicse")
    assert result.exit_code == 2
    assert "'servicse' is no folder" in result.output


def test_an_unknown_kind_is_an_error_with_the_nearest_name(project):
    """As everywhere."""
    result = init("--for", "langraph")
    assert result.exit_code == 2
    assert "did you mean 'langgraph'?" in result.output


def test_a_kind_that_is_not_installed_is_an_error_that_says_what_to_install(project, monkeypatch):
    """A stand-in that cannot be imported would help nobody."""
    monkeypatch.setattr("pytest_agentchaos.beginning.kinds._major", lambda name: -1)
    result = init("--for", "pydantic-ai")
    assert result.exit_code == 2
    assert "needs pydantic-ai-slim and openai, which is not installed here" in result.output


def test_a_folder_that_cannot_be_written_to_is_an_error(project):
    """One sentence, with the file."""
    (project / "tests").write_text("no folder", encoding="utf-8")
    result = init()
    assert result.exit_code == 2
    assert "tests/chaos_system.py" in result.output
    assert "Traceback" not in result.output
