"""docs/replay.md: its files run, and what the commands print is what comes out."""

from __future__ import annotations

import re
import runpy
import shlex
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from pytest_agentchaos.cli.replay import command

DOC = (Path(__file__).parents[2] / "docs" / "replay.md").read_text(encoding="utf-8")
FILE = re.compile(r"```python\n# (\S+)\n(.*?)```", re.DOTALL)
CONSOLE = re.compile(r"```console\n\$ agentchaos replay (.*?)\n(.*?)```", re.DOTALL)
FILES = FILE.findall(DOC)
COMMANDS = CONSOLE.findall(DOC)
SHOP, CHANGED = (code for name, code in FILES if name == "tea_shop.py")


def run(name):
    """One of its files, as the main program."""
    runpy.run_path(name, run_name="__main__")


@pytest.fixture
def nightly(tmp_path, monkeypatch):
    """The folder of the document."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    for name, code in reversed(FILES):
        Path(name).write_text(code, encoding="utf-8")
    run("nightly.py")
    yield tmp_path / "nightly"
    sys.modules.pop("tea_shop", None)


def steady(text):
    """What differs from one Python to another, and the names of trials, which the document must not rely on."""
    return re.sub(r"digest [0-9a-f]{12}", "digest", text).strip()


@pytest.mark.parametrize("number", range(len(COMMANDS)))
def test_a_command_of_the_document_prints_what_stands_beneath(nightly, number, monkeypatch):
    """Standard error first, as a terminal shows it."""
    line, printed = COMMANDS[number]
    if "N-tea" in printed:
        (nightly.parent / "tea_shop.py").write_text(CHANGED, encoding="utf-8")
        later_s = (nightly / "results.jsonl").stat().st_mtime + 10
        import os

        os.utime("tea_shop.py", (later_s, later_s))
        sys.modules.pop("tea_shop")
    result = CliRunner().invoke(command, shlex.split(line), prog_name="agentchaos replay")
    assert steady(result.stderr + result.stdout) == steady(printed)


def test_a_trial_is_chosen_as_the_document_says(nightly):
    """Each of the lines that are only shown."""
    lines = re.findall(r"^    agentchaos replay (.+)$", DOC, re.MULTILINE)
    assert len(lines) == 2
    for line in lines:
        assert CliRunner().invoke(command, shlex.split(line)).exit_code == 1


def test_the_program_of_the_document_runs(nightly, capsys):
    """And prints a line that can be pasted."""
    run("by_hand.py")
    assert capsys.readouterr().out.splitlines()[-1].startswith("agentchaos replay 'nightly#")


def test_the_exit_codes_of_the_document_are_those_of_the_command():
    """Word for word."""
    told = re.findall(r"^ +(\d)  (.+)$", CliRunner().invoke(command, ["--help"]).output, re.MULTILINE)
    assert re.findall(r"^\| (\d) \| (.+) \|$", DOC, re.MULTILINE) == told
