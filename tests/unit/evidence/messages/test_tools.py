"""Tool definitions: what tools say of themselves, wherever they say it."""

from __future__ import annotations

import pytest

from pytest_agentchaos.doubles.story import Story
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.evidence.messages.tools import Listing, ToolDefinition, Tools, tools

HERE = "tools.example/mcp"
TEXT, NUMBER, THING = {"type": "string"}, {"type": "number"}, {"type": "object"}


def known(story, *, saved=False):
    """The definitions in a history."""
    history = History.from_jsonl(story.history.to_jsonl()) if saved else story.history
    return history.view(tools)


@pytest.mark.parametrize("saved", [False, True])
def test_a_listing_tells_schemas_and_hints(saved):
    """Of the server that was asked."""
    hints = {"readOnlyHint": False, "idempotentHint": True, "destructiveHint": False}
    story = Story().listed({"name": "book", "inputSchema": TEXT, "outputSchema": THING, "annotations": hints})
    book = ToolDefinition("book", HERE, TEXT, THING, read_only=False, idempotent=True, destructive=False)
    assert known(story, saved=saved) == Tools(
        {(HERE, "book"): book}, {HERE: Listing(frozenset({"book"}), is_whole=True)}
    )
    assert known(story).find("book", HERE) == book
    assert known(story).find("book", "elsewhere") is None


@pytest.mark.parametrize("saved", [False, True])
def test_what_a_model_is_offered_tells_arguments_and_no_more(saved):
    """Of a tool that may be anywhere, and that may take more than a model is told."""
    story = Story()
    for schema in (TEXT, NUMBER, NUMBER):
        story.ask(offers={"book": schema, "search": THING}).says()
    found = known(story, saved=saved)
    assert found.find("book", HERE) == ToolDefinition("book", arguments=NUMBER, offered=True)
    assert found.find("search") == ToolDefinition("search", arguments=THING, offered=True)
    assert found.listed == {}


def test_what_one_place_does_not_tell_another_may():
    """The server's own word goes first."""
    story = Story().listed({"name": "book", "outputSchema": THING}, {"name": "pay", "inputSchema": TEXT})
    story.ask(offers={"book": NUMBER, "pay": NUMBER}).says()
    assert known(story).find("book", HERE) == ToolDefinition("book", HERE, NUMBER, THING, offered=True)
    assert known(story).find("pay", HERE) == ToolDefinition("pay", HERE, TEXT)
    story.note(tools=[{"name": "pay", "outputSchema": THING, "annotations": {"readOnlyHint": True}}])
    assert known(story).find("pay", HERE) == ToolDefinition("pay", HERE, TEXT, THING, read_only=True)


def test_what_is_told_later_goes_first_and_what_is_declared_before_all():
    """A server may be released anew; whoever wrote the test knows best."""
    story = Story().listed({"name": "book", "inputSchema": TEXT}).listed({"name": "book", "inputSchema": NUMBER})
    assert known(story).find("book", HERE).arguments == NUMBER
    story.note(tools=[{"name": "book", "inputSchema": THING, "target": HERE}])
    story.listed({"name": "book", "inputSchema": TEXT})
    assert known(story).find("book", HERE).arguments == THING


def test_declared_tools_go_before_offered_ones():
    """Their arguments are the tool's own."""
    story = Story().note(tools=[{"name": "book", "inputSchema": TEXT}])
    story.ask(offers={"book": NUMBER}).says()
    assert known(story).find("book") == ToolDefinition("book", arguments=TEXT)


def test_a_listing_counts_as_the_server_truly_gave_it():
    """Not as a fault has rewritten it."""
    call = Story().call("tools/list", kind="rpc").fault("partial").delivered({"tools": [{"name": "a"}, {"name": "b"}]})
    assert known(call.ok({"tools": [{"name": "a"}]})).listed[HERE].names == {"a", "b"}
    answered = Story().call("tools/list", kind="rpc").fault("stale").ok({"tools": [{"name": "old"}]})
    assert known(answered) == Tools({}, {})


def test_pages_of_a_listing_are_one_listing():
    """It is whole once its last page was seen."""
    story = Story().call("tools/list", kind="rpc").ok({"tools": [{"name": "a"}], "nextCursor": "2"})
    assert known(story).listed[HERE] == Listing(frozenset({"a"}), is_whole=False)
    story.call("tools/list", kind="rpc", cursor="2").ok({"tools": [{"name": "b"}]})
    assert known(story).listed[HERE] == Listing(frozenset({"a", "b"}), is_whole=True)


@pytest.mark.parametrize(
    ("hints", "writes"),
    [
        ({}, None),
        ({"read_only": True}, False),
        ({"read_only": False}, True),
        ({"idempotent": True}, True),
        ({"destructive": False}, True),
        ({"read_only": True, "destructive": True}, False),
    ],
)
def test_whether_a_tool_writes_is_what_its_hints_say(hints, writes):
    """With none of them nothing is known."""
    assert ToolDefinition("book", **hints).writes is writes


def test_what_is_no_definition_is_passed_over():
    """Whatever stands where one is due."""
    wrong = [None, 5, "book", {}, {"name": 5}, {"name": "b", "inputSchema": "x", "annotations": ["y"], "target": 7}]
    story = Story().listed(*wrong).note(tools=wrong).note(tools="none")
    story.call("tools/list", kind="rpc").ok("none").call("tools/list", kind="rpc").ok({"tools": 5})
    story.call("tools/list", kind="rpc").info().ask(offers={"c": 5}).says()
    found = known(story)
    assert found.find("b", HERE) == ToolDefinition("b", HERE)
    assert found.find("c") == ToolDefinition("c", offered=True)
    assert set(found.defined) == {(HERE, "b"), ("*", "b"), ("*", "c")}
    hints = {"readOnlyHint": "yes", "idempotentHint": 1, "destructiveHint": None}
    assert known(Story().listed({"name": "d", "annotations": hints})).find("d", HERE).writes is None
