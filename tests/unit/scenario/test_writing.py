"""A plan can be written as a scenario file, which makes the same plan again."""

from __future__ import annotations

import pytest

from pytest_agentchaos import Effect, faults, invariants, on
from pytest_agentchaos.plan import Plan
from pytest_agentchaos.scenario import load, written
from pytest_agentchaos.schedule import rule
from pytest_agentchaos.system import System

SELECTORS = (
    on.any(),
    on.any(target="flights*", times=2),
    on.tool("book_*", nth=1),
    on.tool(agent="planner"),
    on.agent("flights"),
    on.write("*", between=(1.0, None)),
    on.read(probability=0.5),
    on.edge("planner", "flights"),
    on.edge(callee="x"),
    on.site('planner|tool|t|book: {x}, "1" #|d|1'),
    on.site("a|tool|t|${x}|1e3|1"),
)


@pytest.mark.parametrize("selector", SELECTORS, ids=str)
def test_a_plan_is_the_same_when_it_is_read_back(write, selector):
    """Whatever its calls are selected by, and whatever characters a site has."""
    plan = Plan(
        System.of("shop_of_scenarios:asks_first"),
        "1e3",
        (rule(faults.Latency(seconds=3), selector), rule(faults.DropResponse(), on.tool())),
        7,
        (invariants.at_most("steps", 9), invariants.no_duplicate_effect()),
        ("completed",),
        "found-by-a-search",
        sometimes=("retry_succeeded", {"breaker_opened": {"failures": 2}}),
        effects=(Effect("order", tool="order", key=("title",)),),
        if_unfired="skip",
    )
    (again,) = load(write(written(plan, summary="on: yes"))).plans()
    assert again == plan


def test_it_is_written_for_people(write):
    """Short entries on a line, no anchors, no quotes where none are needed."""
    rules = (rule(faults.DropResponse(), on.tool("order", nth=1)), rule(faults.DropResponse(), on.tool("order", nth=1)))
    text = written(Plan(System.of("shop_of_scenarios:shop"), "one-book", rules), name="lost-ack")
    assert text == (
        "version: 1\nname: lost-ack\nsystem: shop_of_scenarios:shop\njourneys: [one-book]\nfaults:\n"
        + "- fault: drop_response\n  on: {tool: order, nth: 1}\n" * 2
    )
