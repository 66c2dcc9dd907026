"""docs/exploration.md: its code and its commands do what is said there."""

from __future__ import annotations

import inspect
import re
import shlex
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

import pytest_agentchaos.plugin.fixture  # noqa: F401 - pytester forgets what an inner session imports: this stays loaded
from pytest_agentchaos import explore
from pytest_agentchaos.cli import main
from pytest_agentchaos.evidence.grades import GRADES

TEXT = (Path(__file__).parents[2] / "docs" / "exploration.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"```python\n# (\S+)\n(.*?)```", TEXT, re.DOTALL))
CONSOLE = re.findall(r"```console\n\$ agentchaos (.*?)\n(.*?)```", TEXT, re.DOTALL)
INI = "[pytest]\nasyncio_default_fixture_loop_scope = function\nfilterwarnings = error\npythonpath = .\n"


@pytest.fixture
def folder(pytester):
    """Where the document's files stand."""
    for name, code in FILES.items():
        (pytester.path / name).write_text(code, encoding="utf-8")
    (pytester.path / "pytest.ini").write_text(INI)
    pytester.syspathinsert()
    yield pytester
    sys.modules.pop("seats", None)


HERE = "file:///home/you/project/"
"""What stands in the document for the folder of whoever runs it."""


def run(arguments):
    """The command line."""
    return CliRunner().invoke(main, shlex.split(arguments), prog_name="agentchaos")


def test_the_commands_print_what_stands_beneath(folder):
    """In their order: the second runs what the first has written."""
    (asked, printed), (again, mended) = CONSOLE
    explored = run(asked)
    assert explored.stdout.replace(f"{folder.path.as_uri()}/", HERE) == printed
    assert explored.exit_code == 1
    held = run(again)
    assert held.stdout == mended
    assert held.exit_code == 0


def test_each_line_under_a_cause_shows_it_again(folder):
    """Pasted into a shell."""
    asked, printed = CONSOLE[0]
    run(asked)
    pasted = re.findall(r"^  (?:see|keep) it: agentchaos (.+)$", printed, re.MULTILINE)
    assert len(pasted) == 4
    for line in pasted:
        result = run(line)
        assert result.exit_code == 1
        assert "no_duplicate_effect: seat with key 1A was executed 2 times" in result.output


def test_the_tests_that_are_shown_pass(folder):
    """As they are, beside their system."""
    folder.runpytest_inprocess("test_seats.py", "-p", "no:cacheprovider").assert_outcomes(passed=3)


def test_every_parameter_has_a_line():
    """And no other is told of."""
    table = TEXT.split("| what | |")[1].split("\n\n")[0]
    first = re.findall(r"^\| (`.*?) \|", table, re.MULTILINE)
    told = re.findall(r"`(\w+)=", " ".join(first))
    keywords = [one for one in inspect.signature(explore.explore).parameters.values() if one.kind is one.KEYWORD_ONLY]
    assert sorted(told) == sorted(one.name for one in keywords)


def test_every_grade_is_explained():
    """Each by its word, in italics."""
    (line,) = re.findall(r"^Grades: .*?\n\n", TEXT, re.MULTILINE | re.DOTALL)
    assert sorted(re.findall(r"\*([^*]+)\*", line)) == sorted(GRADES)


def test_the_exit_codes_of_the_document_are_those_of_the_command():
    """Word for word."""
    told = re.findall(r"^ +(\d)  (.+)$", run("explore --help").output, re.MULTILINE)
    assert re.findall(r"^\| (\d) \| (.+) \|$", TEXT, re.MULTILINE) == told
