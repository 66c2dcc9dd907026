"""docs/scenarios.md: every file and every command in it does what is said there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from pytest_agentchaos.cli import main
from pytest_agentchaos.scenario import DocumentError, load
from pytest_agentchaos.scenario.rules import WORDS
from pytest_agentchaos.scenario.shape import Shape

TEXT = (Path(__file__).parents[2] / "docs" / "scenarios.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"```yaml\n(?=# (\S+)\n)(.*?)```", TEXT, re.DOTALL))
INI = "[pytest]\nasyncio_default_fixture_loop_scope = function\n"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Where the document's files stand."""
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def shown(command):
    """What the document shows under a command."""
    found = re.search(rf"```console\n\$ {re.escape(command)}.*?\n(.*?)```", TEXT, re.DOTALL)
    return found[1].strip().splitlines()


def run(command):
    """What the command line prints."""
    return CliRunner().invoke(main, shlex.split(command)[1:], prog_name="agentchaos")


def test_the_first_scenario_passes_as_shown_and_fails_without_the_safeguard(folder):
    """The numbers are those of the document."""
    command, weakened = re.findall(r"^\$ (agentchaos run .*)$", TEXT, re.MULTILINE)
    assert run(command).output.strip().splitlines() == shown(command)
    result = run(weakened)
    assert result.exit_code == 1
    assert "no_duplicate_effect" in result.output


def test_the_matrix_gives_the_cases_that_are_shown(folder):
    """With what it includes."""
    told = shown("pytest --collect-only -q slow.chaos.yaml")
    assert [f"slow.chaos.yaml::{case.name}" for case in load("slow.chaos.yaml").cases()] == told


def test_what_is_wrong_with_the_wrong_file_is_told_as_shown(folder):
    """Line by line."""
    with pytest.raises(DocumentError) as caught:
        load("wrong.chaos.yaml")
    assert f"```text\n{caught.value}\n```" in TEXT


def test_the_test_that_is_shown_runs(pytester):
    """Beside the scenario that it names."""
    (code,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    pytester.makepyfile(test_it=code)
    pytester.makefile(".ini", pytest=INI)
    (pytester.path / "lost-ack.chaos.yaml").write_text(FILES["lost-ack.chaos.yaml"], encoding="utf-8")
    pytester.runpytest_inprocess("test_it.py", "-p", "no:cacheprovider").assert_outcomes(passed=2)


def test_every_key_and_every_word_has_a_line():
    """And no other."""
    keys, words = TEXT.split("## The keys")[1].split("## Which calls")
    words = words.split("## Variants")[0]
    first = re.findall(r"^\| (`.*?) \|", keys, re.MULTILINE)
    assert set(re.findall(r"`(\w+)`", " ".join(first))) == set(Shape.model_fields)
    first = re.findall(r"^\| (`.*?) \|", words, re.MULTILINE)
    assert {one.split(":")[0] for one in re.findall(r"`(.+?)`", " ".join(first))} == set(WORDS)
