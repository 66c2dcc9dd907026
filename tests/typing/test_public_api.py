"""The types that a user's editor sees: this file is checked by mypy, and run."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, assert_type

import pytest

from pytest_agentchaos import AgentChaos, History, Outcome, Verdict, faults, invariants, on


def book(seat: str, *, cabin: int = 1) -> list[str]:
    """A sync tool."""
    return [seat] * cabin


async def book_async(seat: str) -> bytes:
    """An async tool."""
    return seat.encode()


def test_methods_keep_the_types_of_what_they_are_given() -> None:
    """run() gives what the system gives, tool() is the function itself, check() gives verdicts."""
    chaos = AgentChaos()
    assert_type(chaos.run(book, "1A", cabin=2), list[str])
    assert_type(chaos.run(book_async, "1A"), bytes)
    tool = chaos.tool(book)
    assert_type(tool("1A", cabin=2), list[str])
    async_tool: Callable[[str], Coroutine[Any, Any, bytes]] = chaos.tool(book_async, name="book", timeout_s=None)
    assert_type(chaos.run(async_tool, "1A"), bytes)
    assert_type(chaos.check(invariants.at_most("calls", 9)), tuple[Verdict, ...])
    assert_type(chaos.history, History)
    assert_type(chaos.outcome, Outcome | None)
    assert_type(chaos.seed, int)
    with chaos.agent("planner"):
        chaos.sometimes("books", tool("1A"))
    chaos.inject(faults.DropResponse(), on.tool("book_*", nth=1))


MISTAKES = """
from pytest_agentchaos import AgentChaos

def book(seat: str, *, cabin: int = 1) -> list[str]:
    return [seat]

def test(agentchaos: AgentChaos) -> None:
    agentchaos.run(book, 5)  # wrong
    agentchaos.run(book)  # wrong
    agentchaos.run(book, "1A", cabin="x")  # wrong
    agentchaos.tool(book)(5)  # wrong
    agentchaos.tool(book, kind="model")  # wrong
    agentchaos.inject("reset")  # wrong
    agentchaos.check("calls")  # wrong
    with agentchaos.live():
        agentchaos.run(book, "1A").append("2B")
        agentchaos.run(book, "1A").append(5)  # wrong
"""


def test_mistakes_are_found_before_anything_runs(tmp_path: Path) -> None:
    """A checker knows the signature behind run() and tool()."""
    pytest.importorskip("mypy")
    source = tmp_path / "test_mistakes.py"
    source.write_text(MISTAKES)
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--config-file=", str(source)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=tmp_path)
    found = {int(line.split(":")[1]) for line in done.stdout.splitlines() if ": error:" in line and source.name in line}
    wrong = {number for number, line in enumerate(MISTAKES.splitlines(), start=1) if line.endswith("# wrong")}
    assert found == wrong, done.stdout + done.stderr
