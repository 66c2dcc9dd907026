"""Who takes part in a trial, and on which lane."""

from __future__ import annotations

from pytest_agentchaos.doubles import Story
from pytest_agentchaos.evidence.call import Call
from pytest_agentchaos.reporting.lanes.cast import MOST


def names(timeline):
    """The lanes, from left to right."""
    return [(lane.kind, lane.name) for lane in timeline.lanes]


def test_callers_stand_left_of_the_model_and_the_model_left_of_the_tools(drawn):
    """Whatever the order in which they appear."""
    story = Story()
    story.call("search", target="air.example/mcp", agent="planner").ok({})
    story.ask("?", target="model.example", agent="planner/flights").says("done")
    assert names(drawn(story)) == [("agent", "planner"), ("agent", "flights"), ("model", "model"), ("tool", "air")]
    assert drawn(story).lanes[3].full == "air.example/mcp"


def test_an_agent_without_a_name_has_a_lane_too(drawn):
    """It is the agent; beside others that have names, the system."""
    story = Story()
    story.ask("?").says("done")
    assert names(drawn(story))[0] == ("agent", "agent")
    story.ask("?", agent="planner").says("done")
    assert names(drawn(story))[0] == ("agent", "system")


def test_a_request_around_all_others_comes_from_the_user(drawn):
    """What is called by it and what calls the model then are one lane: the system."""
    story = Story()
    request = story.begin(Call("http", "service.example", "POST /trips", {"body": {"text": "to Lisbon"}}))
    story.ask("plan").says("done")
    request.ok({"trip": 1})
    story.ended(answer="done")
    timeline = drawn(story)
    assert names(timeline)[:2] == [("user", "user"), ("agent", "agent")]
    assert timeline.user == 0
    assert [(bar.caller, bar.callee) for bar in timeline.bars] == [(0, 1), (1, 2)]


def test_a_request_that_is_over_before_the_others_is_the_systems_own(drawn):
    """A look-up over HTTP is no user who comes in."""
    story = Story()
    story.begin(Call("http", "weather.example", "GET /", {})).ok({})
    story.ask("plan").says("done")
    assert drawn(story).user is None
    assert ("http", "weather.example") in names(drawn(story))


def test_agents_that_are_called_have_the_lane_on_which_they_call(drawn):
    """A call to the agent ``flights`` ends where flights' own calls begin."""
    story = Story()
    handed = story.call("flights", kind="agent", agent="planner")
    story.ask("?", agent="flights").says("done")
    handed.ok("done")
    timeline = drawn(story)
    assert timeline.bars[0].callee == timeline.bars[1].caller


def test_two_agents_of_one_name_are_told_by_their_paths(drawn):
    """One name on two lanes would help nobody."""
    story = Story()
    story.ask("?", agent="one/search").says("")
    story.ask("?", agent="two/search").says("")
    assert [name for _, name in names(drawn(story))][:2] == ["one/search", "two/search"]


def test_of_too_many_lanes_the_least_busy_share_one(drawn):
    """A lane for each of forty servers could not be followed; every call still has its place."""
    story = Story()
    for number in range(40):
        for _ in range(1 + (number == 7)):
            story.call("get", target=f"s{number}.example/mcp").ok({})
    timeline = drawn(story)
    assert len(timeline.lanes) == MOST
    assert timeline.lanes[-1].name == f"{41 - MOST + 1} other servers"
    assert ("tool", "s7") in names(timeline)
    assert all(0 <= bar.callee < MOST for bar in timeline.bars)


def test_nobody_at_all_is_a_lane_without_calls(drawn):
    """A trial in which nothing happened can be drawn."""
    timeline = drawn(Story())
    assert names(timeline) == [("agent", "agent")]
    assert not timeline.bars


def test_a_secret_in_a_name_is_hidden(drawn):
    """A URL with a password in it becomes the name of a lane."""
    story = Story()
    story.call("get", target="https://me:hunter22@air.example/x").ok({})
    assert "hunter22" not in repr(drawn(story))
