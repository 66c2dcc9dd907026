"""no_unknown_tool: what nobody offered is not called."""

from __future__ import annotations

import pytest

from pytest_agentchaos.doubles.story import Story
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.invariants.no_unknown_tool import no_unknown_tool

BOOK = {"name": "book_flight"}


def judged(story, *, ended=True):
    """The verdict once the run has ended, which is the same on the saved history."""
    history = History()
    for op in story.history:
        history.append(op.kind, at_s=op.at_s, of=op.of, call=op.call, data=op.data)
    if ended:
        history.append("note", at_s=story.now_s, data={"outcome": "completed"})
    verdict = no_unknown_tool().check(history)
    assert no_unknown_tool().check(History.from_jsonl(history.to_jsonl())) == verdict
    return verdict.status, verdict.reason, verdict.ops


def asking(name="book_flight_v2", offers=("book_flight",), agent="", **arguments):
    """A model asks for a tool."""
    story = Story()
    story.ask(offers=offers, agent=agent).says("", (name, arguments))
    return story


def test_tools_that_were_offered_and_listed_are_known():
    """Each request and each call is counted."""
    story = Story().listed(BOOK)
    story.ask(offers=("book_flight",)).says("", ("book_flight", {}))
    story.call("book_flight").ok()
    assert judged(story) == ("pass", "2 requests and calls, all of tools that were offered or listed", ())


def test_a_call_of_a_tool_that_its_server_does_not_list_fails():
    """Another server's listing says nothing about it."""
    story = Story().listed(BOOK).listed({"name": "search"}, target="other").call("search").ok()
    reason = "tool search @ tools.example/mcp (op 4): the server lists 1 tools, and not this one"
    assert judged(story) == ("fail", reason, (4, 5))


@pytest.mark.parametrize(
    "failure", ["Unknown tool: book_flight_v2", "MCP error -32602: Tool book_flight_v2 not found", "Method not found"]
)
def test_a_server_that_says_so_needs_no_listing(failure):
    """As servers of MCP do."""
    status, reason, ops = judged(Story().call("book_flight_v2").failed(failure))
    assert (status, ops) == ("fail", (0, 1))
    assert reason == f"tool book_flight_v2 @ tools.example/mcp (op 0): the server says {failure!r}"


def test_a_failure_about_something_else_says_nothing():
    """A tool may itself look for tools."""
    story = Story().listed(BOOK, {"name": "rent"})
    story.call("rent").failed("The tool rent needs was not found")
    assert judged(story)[0] == "pass"
    assert judged(Story().call("rent").failed("No such tool: hammer"))[0] == "unknown"


def test_what_a_fault_says_in_the_servers_place_says_nothing():
    """Only what the server truly answered does."""
    story = asking("rent", ("rent",))
    story.call("rent").fault("tool_failure").failed("Unknown tool: rent")
    assert judged(story)[0] == "pass"


def test_a_listing_that_a_fault_has_shortened_says_what_the_server_truly_lists():
    """The agent was given less; the tool is known all the same."""
    story = Story()
    listing = story.call("tools/list", kind="rpc").fault("partial").delivered({"tools": [BOOK, {"name": "search"}]})
    listing.ok({"tools": [BOOK]})
    assert judged(story.call("search").ok())[0] == "pass"


def test_a_listing_of_which_pages_were_left_out_decides_nothing():
    """The tool may stand on the next one."""
    story = Story().call("tools/list", kind="rpc").ok({"tools": [BOOK], "nextCursor": "2"}).call("search").ok()
    reason = "tool search @ tools.example/mcp: the server was not asked for all of its tools"
    assert judged(story) == ("unknown", reason, (2, 3))
    story = Story().call("tools/list", kind="rpc").ok({"tools": [BOOK], "nextCursor": "2"})
    story.call("tools/list", kind="rpc", cursor="2").ok({"tools": [{"name": "search"}]})
    assert judged(story.call("search").ok())[0] == "pass"
    assert judged(story.call("rent").ok())[0] == "fail"


def test_a_tool_that_was_declared_is_known():
    """By whoever wrote the test."""
    story = Story().note(tools=[BOOK]).call("book_flight", target="python").ok()
    assert judged(story)[0] == "pass"


def test_a_model_that_invents_a_tool_is_no_failure_of_the_system():
    """Nor is a fault that does it, as long as nobody executes it."""
    assert judged(asking())[0] == "pass"


def test_executing_a_tool_that_a_model_invented_fails():
    """Also when the agent adds arguments of its own, and when what the model asked with cannot be read."""
    story = asking(flight="LX1").call("book_flight_v2", target="python", flight="LX1", user="u").ok()
    reason = "tool book_flight_v2 @ python (op 2): a model asked for it in op 1 without having been offered it"
    assert judged(story) == ("fail", reason, (1, 2, 3))
    story = Story()
    story.ask(offers=("a",)).says("", ("b", "{not json"))
    assert judged(story.call("b", kind="agent").ok())[0] == "fail"


def test_a_call_with_other_arguments_need_not_be_what_the_model_asked_for():
    """The agent may call the tool on its own account: nobody can tell."""
    status, reason, ops = judged(asking(flight="LX1").call("book_flight_v2", flight="LX2").ok())
    assert (status, ops) == ("unknown", (1, 2, 3))
    assert reason.endswith("without having been offered it, but with other arguments")


def test_a_later_request_for_a_tool_that_was_offered_explains_the_call():
    """And an earlier one does not: a tool may be taken away."""
    story = asking("pay", ("search",))
    story.ask(offers=("pay",)).says("", ("pay", {}))
    assert judged(story.call("pay").ok())[0] == "pass"
    story.ask(offers=("search",)).says("", ("pay", {}))
    assert judged(story.call("pay").ok())[2] == (7, 8, 9)


def test_what_the_model_of_another_agent_invented_explains_nothing():
    """The same path, or one within the other, is the same agent."""
    for agent, status in (("planner", "fail"), ("planner/flights", "fail"), ("hotels", "pass"), ("", "fail")):
        story = asking("pay", ("search",), agent="planner")
        assert judged(story.call("pay", agent=agent).ok())[0] == status, agent


def test_of_two_agents_that_asked_the_later_one_explains_the_call():
    """Whichever is within the other."""
    for first, second in (("planner", "planner/flights"), ("planner/flights", "planner")):
        story = asking("pay", ("search",), agent=first)
        story.ask(offers=("pay",), agent=second).says("", ("pay", {}))
        assert judged(story.call("pay", agent="planner/flights").ok())[0] == "pass"


def test_a_call_before_the_request_is_no_execution_of_it():
    """Nor is one that was begun before the model had answered."""
    story = Story()
    asked = story.ask(offers=("search",))
    story.call("pay").ok()
    asked.says("", ("pay", {}))
    assert judged(story)[0] == "pass"


def test_where_nothing_tells_which_tools_there_are_nothing_is_known():
    """The reason says how to tell."""
    for story in (Story(), Story().call("book_flight").ok(), asking(offers=())):
        status, reason, _ = judged(story)
        assert status == "unknown"
        assert "agentchaos.tools(...)" in reason


def test_a_history_that_was_cut_short_is_undecided():
    """More may come, also where it was cut between two calls, or in a later run."""
    story = asking()
    story.call("book_flight")
    assert judged(story, ended=False) == (
        "unknown",
        "no run has ended: the history was cut short, or agentchaos.run(...) was not called",
        (),
    )
    assert judged(story)[0] == "pass"
    story.ended().call("book_flight")
    reason = "the history was cut short: it ends while 1 calls are under way"
    assert judged(story, ended=False) == ("unknown", reason, (4,))


def test_damaged_and_hostile_messages_crash_nothing():
    """Whatever stands where a tool call or a listing is due."""
    story = Story().listed(BOOK, {"name": 5}, {}).listed(target="empty")
    story.call("tools/list", kind="rpc").ok({"tools": "none"}).call("tools/list", kind="rpc").ok([1])
    for asked in (None, 5, [None, {}, {"name": 5}, {"name": "a", "arguments": {1: 2}}], [{"name": "b"}]):
        story.ask(offers=("a",)).ok(tool_calls=asked)
    story.call("a").failed(["not", "a", "text"]).call("b", x="\ud800").ok().call("\x00" * 5_000, target="empty").ok()
    verdict = no_unknown_tool().check(story.history)
    assert verdict.status == "fail"
    assert len(verdict.reason) < 1_000
