"""docs/toxiproxy.md: its requests are answered as it says, and it has a row for every toxic."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from pytest_agentchaos.wires.toxiproxy.__main__ import main
from pytest_agentchaos.wires.toxiproxy.toxics import KINDS

DOCS = (Path(__file__).parents[4] / "docs" / "toxiproxy.md").read_text(encoding="utf-8")


def requests():
    """Every curl of the page, with the line that follows it, if that is an answer."""
    lines = DOCS.splitlines()
    for line, after in zip(lines, [*lines[1:], ""], strict=True):
        if line.startswith("$ curl "):
            yield shlex.split(line[2:]), "" if after.startswith(("$", "```")) else after


def test_requests_are_answered_as_the_page_says(api):
    """All of them, one after the other; ports differ."""
    if not api.embedded:
        pytest.skip("the lease is ours")
    asked = 0
    for words, expected in requests():
        path = re.sub(r"^http://127\.0\.0\.1:8474", "", next(word for word in words if word.startswith("http://")))
        body = words[words.index("-d") + 1] if "-d" in words else None
        method = words[words.index("-X") + 1] if "-X" in words else "POST"
        status, _, answer = api.ask(method, path, body)
        assert status < 300
        assert re.sub(r"127\.0\.0\.1:\d+", "A", answer) == re.sub(r"127\.0\.0\.1:\d+", "A", expected)
        asked += 1
    api.ask("POST", "/agentchaos/lease", '{"seconds": 0}')
    assert asked >= 4


def test_every_toxic_has_a_row_with_all_its_attributes():
    """A new one is not forgotten."""
    for name, kind in KINDS.items():
        (row,) = [line for line in DOCS.splitlines() if line.startswith(f"| `{name}` |")]
        assert all(f"`{attribute}`" in row for attribute in kind.integers)


def test_every_option_has_a_row(capsys):
    """The help of the command names no other."""
    with pytest.raises(SystemExit):
        main(["--help"])
    options = set(re.findall(r"--[a-z]+", capsys.readouterr().out)) - {"--help"}
    assert {option.lstrip("-") for option in options} <= {
        found.lstrip("-") for found in re.findall(r"`(-+[a-z]+)", DOCS)
    }
