"""What a person pastes shows the failure again."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from pytest_agentchaos import faults, on, scenario
from pytest_agentchaos.evidence.compact import expanded, replay_line
from pytest_agentchaos.evidence.result import Result
from pytest_agentchaos.explore import explore, paste
from pytest_agentchaos.observation import Seen
from pytest_agentchaos.performance import perform
from pytest_agentchaos.plan import Plan
from pytest_agentchaos.schedule import rule
from pytest_agentchaos.system import System

SYSTEM = 'reference_system:travel("idempotency")'


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """One fault at one call of a system without idempotency keys."""
    folder = tmp_path_factory.mktemp("explored")
    return explore(SYSTEM, faults=["drop_response"], on=on.tool("book_hotel"), folder=folder)


def test_the_scenario_file_fails_in_the_same_way(found):
    """Its calls are told in words, so that it survives changed arguments."""
    (failure,) = found.failures
    assert failure.file.parent.name == "scenarios"
    (plan,) = scenario.load(failure.file).plans()
    assert plan.schedule == (
        rule(faults.DropResponse(), on.tool("book_hotel", target="hotels.travel.local/mcp", nth=1)),
    )
    result = perform(plan).result
    assert result.failed[0].invariant == failure.invariant
    assert failure.file.read_text().startswith("# Found by an exploration.")
    assert failure.file.name == "no-duplicate-effect-book-hotel-by-drop-response.chaos.yaml"


def test_the_lines_of_a_failure_name_the_trial_and_the_file(found):
    """Both fit for a shell."""
    (failure,) = found.failures
    *_, verb, what = shlex.split(failure.replay)
    assert (verb, what) == ("replay", f"{failure.file.parents[1]}#{failure.result.trial}")
    assert f"keep it: agentchaos run {failure.file}" in str(found)


def test_without_a_folder_the_line_holds_the_plan(found):
    """As `agentchaos replay` reads it."""
    (failure,) = found.failures
    line = shlex.split(replay_line(failure.result))[-1]
    told = expanded(line)
    assert Plan.from_data(told["plan"]).id == failure.result.trial
    assert told["digest"] == failure.result.digest


def test_a_line_that_would_carry_a_secret_unseen_is_not_offered():
    """Its trial stands in a folder instead."""
    plan = Plan(System.of(SYSTEM), journey="sk-" + "a1b2" * 8)
    result = Result(plan.id, plan.to_data(), "fail")
    assert replay_line(result).startswith("(no replay line: the plan holds what looks like a secret")
    assert shlex.split(replay_line(result, Path("out")))[-1] == f"out#{plan.id}"


def test_a_function_inside_of_a_test_has_no_line():
    """No other process could find it; what it is injected by is told instead."""

    def system(chaos):
        return chaos.tool(lambda: 1, name="look", timeout_s=1)

    one = explore(system, faults=["hang"], expect="completed")
    assert one.failures[0].replay == ""
    assert "agentchaos.inject(faults.Hang(), on.site(" in str(one)
    assert "The system was a function without an address" in one.failures[0].scenario


def test_calls_in_words_are_the_same_calls():
    """The nth of its name at its target, as the failing trial met them; signs of globs stand for themselves."""
    sites = [
        "|tool|t|look|aa|1",
        "x|tool|t|look|bb|1",
        "|tool|u|look|aa|1",
        "|http|h|GET /[a]*?|cc|1",
        "|tool|t|look|aa|2",
    ]
    seen = [Seen(site, "", ()) for site in sites]
    schedule = tuple(rule(faults.Hang(), on.site(site)) for site in [*sites, "|tool|z|gone|aa|1"])
    worded = [one.selector for one in paste.in_words(schedule, seen)]
    assert [one.nth for one in worded] == [1, 2, 1, 1, 3, None]
    assert [one.target for one in worded[:4]] == ["t", "t", "u", "h"]
    assert worded[3].name == "GET /[[]a][*][?]"
    assert worded[5].site == "|tool|z|gone|aa|1"


def test_a_plan_of_a_held_function_has_no_address():
    """Neither has a second one of the same name."""

    def system(chaos):
        return len

    assert not System.of(system).has_address
    assert System.of(SYSTEM).has_address
