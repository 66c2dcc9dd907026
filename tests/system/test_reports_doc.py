"""docs/reports.md: its commands run, and its tables are those of the code."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from pytest_agentchaos.cli import main
from pytest_agentchaos.reporting import cases
from pytest_agentchaos.reporting.folder import ALL, FILES
from pytest_agentchaos.statistics.intervals import clopper_pearson

TEXT = (Path(__file__).parents[2] / "docs" / "reports.md").read_text(encoding="utf-8")
COMMANDS = [line for block in re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL) for line in block.splitlines()]
RUN, *REPORTS = COMMANDS


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where the commands are run; the first of them makes the results."""
    path = tmp_path_factory.mktemp("reports")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(path)
        told = CliRunner().invoke(main, shlex.split(RUN)[1:])
        assert told.exit_code == 0, told.output
    shutil.copytree(path / "reports" / "nightly", path / "reports" / "weekly")
    return path


@pytest.mark.parametrize("command", REPORTS)
def test_a_command_of_the_document_runs(folder, monkeypatch, command):
    """Each as it stands there."""
    monkeypatch.chdir(folder)
    program, *arguments = shlex.split(command)
    told = CliRunner().invoke(main, arguments)
    assert (program, told.exit_code) == ("agentchaos", 0), told.output


def test_the_files_of_the_document_are_those_that_are_written(folder, monkeypatch):
    """In the order in which they are written."""
    table = re.findall(r"^\| `(\S+)` \| `(\w+)` \|", TEXT, re.MULTILINE)
    assert table == [(FILES[one], one) for one in ALL]
    monkeypatch.chdir(folder)
    CliRunner().invoke(main, ["report", "reports/nightly", "--out", "new"])
    assert {name for name, _ in table} <= {path.name for path in (folder / "new").iterdir()}


def test_the_exit_codes_of_the_document_are_those_of_the_command():
    """Word for word."""
    told = re.findall(r"^ +(\d)  (.+)$", CliRunner().invoke(main, ["report", "--help"]).output, re.MULTILINE)
    assert re.findall(r"^\| (\d) \| (.+) \|$", TEXT, re.MULTILINE) == told


def test_the_pipelines_of_the_document_are_yaml_and_name_files_that_are_written():
    """As far as a machine can tell."""
    github, gitlab = (yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL))
    assert FILES["md"] in github[0]["run"]
    assert gitlab["chaos"]["artifacts"]["reports"]["junit"].endswith(FILES["junit"])


def test_the_numbers_of_the_document_are_those_of_the_code():
    """The limit of cases, and what twenty runs can show."""
    assert f"more than {cases.LIMIT:,} trials" in TEXT
    assert f"they would show {clopper_pearson(20, 20)[0]:.0%}".replace("%", " %") in TEXT
