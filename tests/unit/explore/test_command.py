"""The command ``agentchaos explore``."""

from __future__ import annotations

import json
import sys

import pytest
from click.testing import CliRunner

from pytest_agentchaos.cli import main

SYSTEM = """
from pytest_agentchaos import Effect

def trip(chaos, *, known=True):
    booked = {}
    def book(seat):
        if not known or seat not in booked:
            booked[seat] = len(booked) + (seat in booked)
        return {"booking": booked[seat] if known else object().__hash__()}
    tool = chaos.tool(book, timeout_s=5)
    chaos.effect(Effect("seat", tool="book", key="seat"))
    def run():
        for _ in range(3):
            try:
                return tool("1A")
            except TimeoutError:
                pass
    return run

def broken(chaos):
    raise RuntimeError("no database")
"""


@pytest.fixture
def explore(tmp_path, monkeypatch):
    """Run the command where ``trips.py`` stands."""
    (tmp_path / "trips.py").write_text(SYSTEM)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "trips", raising=False)

    def run(*arguments):
        return CliRunner().invoke(main, ["explore", *arguments])

    yield run
    sys.modules.pop("trips", None)


def test_exit_codes_tell_what_was_found(explore):
    """All holds, something is violated, wrong usage, something was left out."""
    holds = explore("trips:trip", "--faults", "latency, refused")
    assert (holds.exit_code, "PASS: everything holds in 2 schedules" in holds.output) == (0, True), holds.output
    violated = explore("trips:trip", "--faults", "drop_response")
    assert (violated.exit_code, "FAIL no_duplicate_effect" in violated.output) == (1, True)
    left_out = explore("trips:trip", "--faults", "latency,refused", "--budget-trials", "3")
    assert left_out.exit_code == 3
    broken = explore("trips:broken")
    assert (broken.exit_code, "without any fault: the system did not start" in broken.output) == (2, True)


def test_it_tells_json(explore):
    """One document, whatever the exit code."""
    told = explore("trips:trip", "--faults", "drop_response", "--json", "--out", "explored")
    data = json.loads(told.output)
    assert data["verdict"] == "fail"
    assert data["matrix"][0]["grade"] == "violated"
    assert data["failures"][0]["replay"].startswith("agentchaos replay ")


def test_the_options_say_what_is_explored(explore):
    """Calls, invariants, endings."""
    told = explore(
        "trips:trip", "--faults", "hang", "--on", "write=b*", "--check", "at_most(calls, 1)", "--expect", "completed",
        "--budget", "5m", "--depth", "2",
    )  # fmt: skip
    assert told.exit_code == 1
    assert "FAIL at_most" in told.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["trips:nothing"], "has no 'nothing'"),
        (["trips:trip", "--faults", "dealy"], "no fault and no family"),
        (["trips:trip", "--on", "toll=book"], "did you mean 'tool'"),
        (["trips:trip", "--budget", "soon"], "'soon' is no duration above 0; write 60s, 5m or 1h"),
        (["trips:trip", "--budget", "0s"], "'0s' is no duration"),
        (["trips:trip", "--check", "at_mots(calls, 1)"], "at_most"),
        (["trips:trip", "--on", "http"], "could act on"),
    ],
)
def test_wrong_usage_says_what_would_be_right(explore, arguments, said):
    """With exit code 2, and without a traceback."""
    told = explore(*arguments)
    assert told.exit_code == 2
    assert said in " ".join(told.output.split())
    assert "Traceback" not in told.output


POOR = """
def poor(chaos):
    tool = chaos.tool(lambda seat: {"booking": 1}, name="book")
    return lambda: tool("1A")["booking"]
"""


def test_a_pass_says_how_little_was_asked(explore, tmp_path):
    """Of a system that declares nothing, with what fails although nobody asked, and how to make it count."""
    (tmp_path / "trips.py").write_text(POOR)
    ran = explore("trips:poor", "--faults", "empty,reset")
    assert ran.exit_code == 0
    assert "asked: terminates. Declare what tools do to the world (chaos.effect), and more is asked" in ran.output
    assert "failed: empty at book (tool) at python, and 1 other trial: it ended as failed, and nothing" in ran.output
    assert "--expect completed" in ran.output
    strict = explore("trips:poor", "--faults", "empty,reset", "--expect", "completed")
    assert strict.exit_code == 1
    assert "asked: terminates, ends(completed)" in strict.output
    assert "failed: " not in strict.output
