"""The bundled demo: what it shows is what happened."""

from __future__ import annotations

import ast
import logging
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

import pytest_agentchaos
from pytest_agentchaos import faults, on
from pytest_agentchaos.cli import main
from pytest_agentchaos.demo.agent import SAFEGUARDS, Safeguards
from pytest_agentchaos.demo.show import Row
from pytest_agentchaos.demo.trials import digests, quiet, rules, run
from pytest_agentchaos.evidence.outcome import Outcome
from pytest_agentchaos.schedule import rule


def _sold(fault, selector, **safeguards):
    with quiet():
        trial, airline = run(rule(fault, selector), seed=0, safeguards=Safeguards(**safeguards))
    assert trial.unproven() is None
    return airline.sold, trial.outcome


@pytest.mark.unmeasured
def test_with_all_safeguards_one_trip_survives_more_than_forty_kinds_of_trouble():
    """The demo's claim: one seat, and the user is told which."""
    result = CliRunner().invoke(main, ["demo", "--quick"])
    rows = [line for line in result.output.splitlines() if line.startswith(("  ok ", "  BAD "))]
    assert result.exit_code == 0
    assert len(rows) > 40
    assert not [row for row in rows if "BAD" in row]
    assert "One trip was booked every time" in result.output


def test_nothing_raises_inside_of_except_star():
    """Python before 3.11.4 hands that up in one more group, which an agent that tries again does not know."""
    for path in Path(pytest_agentchaos.__file__).parent.rglob("*.py"):
        starred = [node for node in ast.walk(ast.parse(path.read_bytes())) if isinstance(node, ast.TryStar)]
        raised = [node for one in starred for handler in one.handlers for node in ast.walk(handler)]
        assert not [path for node in raised if isinstance(node, ast.Raise) and node.exc is not None]


def test_what_the_small_agent_logs_with_is_not_left_to_others():
    """Its MCP server sets up a handler of its own, and the travel system's trials run in the same process."""
    before = logging.root.level, logging.root.handlers[:]
    with quiet():
        logging.root.addHandler(logging.NullHandler())
        logging.root.setLevel(logging.DEBUG)
    assert (logging.root.level, logging.root.handlers) == before


@pytest.mark.unmeasured
@pytest.mark.parametrize("safeguard", SAFEGUARDS)
def test_each_safeguard_is_missed_when_it_is_off(safeguard):
    """A safeguard that nothing notices would be decoration."""
    result = CliRunner().invoke(main, ["demo", "--quick", "--weaken", safeguard])
    assert result.exit_code == 0
    assert f"times it went wrong without {safeguard}" in result.output


def test_without_idempotency_a_lost_answer_books_two_seats():
    """The retry of a call that had happened happens again."""
    sold, outcome = _sold(faults.DropResponse(), on.tool("book_flight", nth=1), idempotency=False)
    assert sold == ["B1 LX1766 Ada", "B2 LX1766 Ada"]
    assert outcome.ending == "completed"


def test_with_idempotency_a_lost_answer_books_one_seat():
    """The same trouble, the same retry, one seat."""
    sold, _ = _sold(faults.DropResponse(), on.tool("book_flight", nth=1))
    assert sold == ["B1 LX1766 Ada"]


def test_an_unknown_safeguard_is_an_error_with_the_nearest_name():
    """The value, and the remedy."""
    result = CliRunner().invoke(main, ["demo", "--quick", "--weaken", "idempotence"])
    assert result.exit_code == 2
    assert "'idempotence'" in result.output
    assert "did you mean 'idempotency'?" in result.output


def test_without_the_sdks_the_demo_says_what_to_install(monkeypatch):
    """The SDKs are extras."""
    for name in ("agent", "trials", "show"):
        monkeypatch.delitem(sys.modules, f"pytest_agentchaos.demo.{name}")
    monkeypatch.setitem(sys.modules, "openai", None)
    result = CliRunner().invoke(main, ["demo", "--quick"])
    assert result.exit_code == 2
    assert "pip install 'pytest-agentchaos[openai,mcp]'" in result.output


def test_a_row_is_harmless_only_if_the_user_was_told_the_right_booking():
    """One seat sold under another name is no success."""
    line = next(rules())
    told = [
        Row(line, 1, Outcome("completed", value=value)).harmless for value in ("Booked: B1", "Booked: B10", "Sorry")
    ]
    assert told == [True, False, False]
    assert not Row(line, 2, Outcome("completed", value="B1")).harmless
    assert not Row(line, 1, Outcome("raised", error=ValueError("B1"))).harmless
    assert "raised: ValueError" in str(Row(line, 1, Outcome("raised", error=ValueError("B1"))))


def test_the_same_trials_have_the_same_digests():
    """What `make bench` compares over processes holds within one."""
    assert list(digests(12)) == list(digests(12))
