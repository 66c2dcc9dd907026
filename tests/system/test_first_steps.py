"""docs/first-steps.md is a walk: each command in it is carried out, in order, and says what stands there."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from click.testing import CliRunner

from pytest_agentchaos.cli import main

pytestmark = pytest.mark.unmeasured  # what sessions do is measured where they run in this process

DOCUMENT = Path(__file__).parents[2] / "docs" / "first-steps.md"
NOT_HERE = ("pip install ",)


def _steps():
    """Each command, and the lines that follow it."""
    text = DOCUMENT.read_text(encoding="utf-8")
    for block in re.findall(r"^```console\n(.*?)^```", text, re.DOTALL | re.MULTILINE):
        for step in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, *lines = step.splitlines()
            yield command, lines


@contextmanager
def _modules_aside(package):
    """Each command is a process of its own: what it imports is gone afterwards, and ours is there again."""

    def taken():
        return {name: sys.modules.pop(name) for name in list(sys.modules) if name.partition(".")[0] == package}

    ours = taken()
    try:
        yield
    finally:
        taken()
        sys.modules.update(ours)


def _carried_out(command, folder):
    """What it prints, as whoever types it sees it."""
    words = shlex.split(command)
    if words[0] == "agentchaos":
        with _modules_aside("tests"):
            return CliRunner().invoke(main, words[1:]).output
    program = str(Path(sys.executable).with_name("pytest")) if words[0] == "pytest" else words[0]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(
        [program, *words[1:]], cwd=folder, env=clean, capture_output=True, text=True, check=False, timeout=100
    )
    return done.stdout


def _says(expected, output):
    """Whether these lines stand there one after the other; ``...`` stands for any, ``*`` for anything in a line."""
    lines = iter([*output.splitlines(), ""])
    skips = False
    for wanted in expected:
        if wanted == "...":
            skips = True
            continue
        found = next((line for line in lines if not skips or _is(line, wanted)), None)
        if found is None or not _is(found, wanted):
            return wanted
        skips = False
    return None


def _is(line, wanted):
    """Brackets are letters here."""
    return fnmatchcase(line.rstrip(), wanted.rstrip().replace("[", "[[]"))


def test_the_first_steps_lead_where_they_say(tmp_path, monkeypatch):
    """In an empty folder, without a key, a network or a token."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    steps = [(command, lines) for command, lines in _steps() if not command.startswith(NOT_HERE)]
    assert len(steps) > 9
    for command, lines in steps:
        output = _carried_out(command, tmp_path)
        missing = _says(lines, output)
        assert missing is None, f"$ {command}\n{output}\n\nthis is missing: {missing}"
    assert (tmp_path / "reports" / "first" / "index.html").is_file()


@pytest.mark.parametrize(
    ("lines", "holds"),
    [(["a", "b"], True), (["a", "c"], False), (["...", "c"], True), (["a", "...", "d*"], True), (["...", "x"], False)],
)
def test_what_is_missing_is_noticed(lines, holds):
    """A test of a document that accepts anything proves nothing."""
    assert (_says(lines, "a\nb\nc\nd e\n") is None) is holds
