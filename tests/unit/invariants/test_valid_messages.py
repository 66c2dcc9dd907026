"""valid_messages: what models ask for, what agents send and what tools answer fits its schema."""

from __future__ import annotations

import sys

import pytest

from pytest_agentchaos.doubles.story import Story
from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.invariants.valid_messages import valid_messages

ARGUMENTS = {
    "type": "object",
    "properties": {"flight": {"type": "string"}, "seats": {"type": "integer"}},
    "required": ["flight"],
    "additionalProperties": False,
}
RESULT = {"type": "object", "properties": {"booking": {"type": "string"}}, "required": ["booking"]}
BOOK = {"name": "book_flight", "inputSchema": ARGUMENTS, "outputSchema": RESULT}
OFFERS = {"book_flight": ARGUMENTS}
GOOD, BAD = {"flight": "LX1"}, {"flight": "LX1", "seats": "two"}
WRONG = "seats: 'two' is not of type \"integer\""


def judged(story, *, ended=True, **parameters):
    """The verdict once the run has ended, which is the same on the saved history."""
    history = History()
    for op in story.history:
        history.append(op.kind, at_s=op.at_s, of=op.of, call=op.call, data=op.data)
    if ended:
        history.append("note", at_s=story.now_s, data={"outcome": "completed"})
    verdict = valid_messages(**parameters).check(history)
    assert valid_messages(**parameters).check(History.from_jsonl(history.to_jsonl())) == verdict
    return verdict.status, verdict.reason, verdict.ops


def booked(arguments=GOOD, result=None):
    """A model asks, the agent sends, the tool answers; the server has listed its tool."""
    story = Story().listed(BOOK)
    story.ask(offers=OFFERS).says("", ("book_flight", GOOD))
    return story.call("book_flight", arguments=arguments).ok({"booking": "B1"} if result is None else result)


def test_messages_that_fit_are_counted():
    """One at each of the three boundaries."""
    assert judged(booked()) == ("pass", "3 messages fit their schemas", ())


def test_a_model_that_asks_with_arguments_that_do_not_fit_fails():
    """Against the schema that it was offered."""
    story = Story()
    story.ask(offers=OFFERS).says("", ("book_flight", BAD), ("book_flight", GOOD))
    reason = f"the arguments with which gpt-5 asks for book_flight (op 1): {WRONG}"
    assert judged(story) == ("fail", reason, (1,))


@pytest.mark.parametrize("text", ['{"flight": "LX1"', "{'flight': 'LX1'}", '{"seats": NaN}', "book it"])
def test_a_model_that_asks_with_text_that_is_no_json_fails(text):
    """Whatever the schema, and also without one."""
    for offers in (OFFERS, ("book_flight",)):
        story = Story()
        story.ask(offers=offers).says("", ("book_flight", text))
        reason = "the arguments with which gpt-5 asks for book_flight (op 1): it is not JSON"
        assert judged(story) == ("fail", reason, (1,))


def test_no_text_is_no_arguments():
    """As models write it for a tool that takes none."""
    story = Story()
    story.ask(offers={"now": {"type": "object"}}).says("", ("now", ""))
    assert judged(story)[0] == "pass"


def test_what_a_cut_off_turn_did_not_finish_was_not_asked_for():
    """An agent that executes it is found by what it sends."""
    story = booked()
    story.ask(offers=OFFERS).says("", ("book_flight", '{"flight": "L'), finish="length")
    assert judged(story) == ("pass", "3 messages fit their schemas", ())


def test_an_agent_that_sends_what_does_not_fit_fails():
    """Against the schema that the server listed."""
    assert judged(booked(BAD)) == ("fail", f"the arguments of book_flight (op 4): {WRONG}", (4,))


def test_a_tool_that_answers_what_does_not_fit_fails():
    """Against its output schema."""
    reason = 'the result of book_flight (op 5): "booking" is a required property'
    assert judged(booked(result={"id": "B1"})) == ("fail", reason, (5,))
    reason = "the result of book_flight (op 5): 'Booked.' is not of type \"object\""
    assert judged(booked(result="Booked.")) == ("fail", reason, (5,))


def test_an_error_of_a_tool_has_no_schema():
    """Neither by its status nor in its words."""
    story = Story().listed(BOOK)
    story.call("book_flight", arguments=GOOD).failed()
    story.call("book_flight", arguments=GOOD).refused(503)
    story.call("book_flight", arguments=GOOD).info()
    assert judged(story) == ("pass", "3 messages fit their schemas", ())


def test_a_fault_that_breaks_a_result_is_no_failure_of_the_tool():
    """It truly answered what fits; that the agent was given something else is not judged."""
    story = Story().listed(BOOK)
    story.call("book_flight", arguments=GOOD).fault("schema_drift").delivered({"booking": "B1"}).ok({"ref": "B1"})
    assert judged(story) == ("pass", "2 messages fit their schemas", ())


def test_a_tool_is_judged_by_what_it_truly_answered():
    """Also when a fault has kept that from the caller."""
    story = Story().listed(BOOK)
    story.call("book_flight", arguments=GOOD).lost(result={"ref": "B1"})
    assert judged(story)[0] == "fail"


def test_a_fault_that_breaks_a_models_request_is_no_failure_of_the_model():
    """As long as nobody passes it on."""
    story = booked()
    story.ask(offers=OFFERS).fault("wrong_types").delivered("", tool_calls=[]).says("", ("book_flight", BAD))
    assert judged(story) == ("pass", "3 messages fit their schemas", ())
    story.call("book_flight", arguments=BAD).failed()
    assert judged(story) == ("fail", f"the arguments of book_flight (op 10): {WRONG}", (10,))


def test_of_a_tool_that_is_only_known_by_its_offer_the_agent_may_fill_in_more():
    """A model is not told of a user id; what it was told of must fit all the same."""
    story = Story()
    story.ask(offers=OFFERS).says("", ("book_flight", GOOD))
    story.call("book_flight", target="python", user="u-1", arguments=GOOD).ok()
    assert judged(story)[0] == "pass"
    assert judged(story.call("book_flight", target="python", user="u-1", arguments=BAD).ok())[0] == "fail"
    assert judged(story.call("book_flight", target="python", user="u-1").ok())[2] == (4, 6)


def test_a_tool_that_a_server_listed_takes_no_more_than_it_says():
    """There the schema is its own."""
    assert judged(booked({**GOOD, "user": "u-1"}))[0] == "fail"


def test_tools_without_a_schema_are_named():
    """A pass says what was not judged; nothing but such tools is no pass."""
    story = booked()
    for _ in range(2):
        story.call("lookup", x=1).ok()
    told = "3 messages fit their schemas; not judged, for want of a schema: lookup (2)"
    assert judged(story) == ("pass", told, ())
    status, reason, _ = judged(Story().call("lookup").ok())
    assert (status, reason.partition(";")[0]) == ("unknown", "no schema is known for lookup (1)")
    assert "valid_messages(tools={" in reason
    assert judged(Story().ended())[1].startswith("no message to or from a tool was seen; where no server")


def test_schemas_can_be_given():
    """By name or by glob, for tools, agents and endpoints; they count before those of the wire."""
    schemas = {"book_*": {"arguments": {"required": ["trip"]}, "result": False}, "POST /trips": {"result": RESULT}}
    story = booked()
    assert [part.partition(":")[2] for part in judged(story, tools=schemas)[1].split("; ")] == [
        ' "trip" is a required property',
        ' "trip" is a required property',
        " False schema does not allow {'booking': 'B1'}",
    ]
    trips = Story().call("POST /trips", kind="http", target="api.example").ok({"booking": 1})
    assert judged(trips, tools=schemas)[:2] == (
        "fail",
        'the result of POST /trips (op 1): booking: 1 is not of type "string"',
    )


def test_an_endpoint_that_was_declared_is_judged():
    """By ``agentchaos.tools(...)``, as a tool is that no server lists; an agent of that name is not."""
    book = {"name": "POST /trips", "inputSchema": {"required": ["trip"]}, "outputSchema": RESULT}
    told = ["the arguments of POST /trips (op 1)", "the result of POST /trips (op 2)"]
    for kind, parts in {"http": told, "agent": []}.items():
        story = Story().note(tools=[book]).call("POST /trips", kind=kind, target="api.example", x=1).ok({"booking": 1})
        _, reason, _ = judged(story)
        assert [part.partition(":")[0] for part in reason.split("; ") if "(op " in part] == parts


def test_the_boundaries_can_be_chosen():
    """A scripted model that is wrong on purpose is not judged then."""
    story = Story().listed(BOOK)
    story.ask(offers=OFFERS).says("", ("book_flight", BAD))
    story.call("book_flight", arguments=GOOD).ok({})
    assert judged(story, where="arguments") == ("pass", "1 messages fit their schemas", ())
    assert judged(story, where=["model"])[2] == (3,)
    assert judged(story, where=("result",))[2] == (5,)
    assert valid_messages(where=("model", "result")).name == "valid_messages(where=model, result)"


@pytest.mark.parametrize(
    ("schema", "part"),
    [
        ({"$ref": "http://127.0.0.1:9/s"}, "Resource 'http://127.0.0.1:9/s'"),
        ({"type": "strin"}, "'strin' is not valid"),
        ({"properties": {"password": "[hidden]"}}, "a part of the schema is [hidden]"),
    ],
)
def test_by_a_schema_that_cannot_be_used_nothing_is_decided(schema, part):
    """And what it would have judged is named."""
    story = Story().listed({"name": "book_flight", "inputSchema": schema})
    status, reason, ops = judged(story.call("book_flight", flight="LX1").ok().call("book_flight").ok())
    assert (status, ops) == ("unknown", (2, 4))
    assert reason.startswith("the arguments of book_flight: ")
    assert part in reason
    assert reason.endswith("(2 times)")


def test_hidden_parts_of_a_saved_history_are_not_judged():
    """What the value was, nobody knows; before it was saved it was."""
    schema = {"type": "object", "properties": {"login": {"type": "object"}}}
    story = Story().listed({"name": "sign_in", "inputSchema": schema})
    story.ask(offers={"sign_in": schema}).says("", ("sign_in", '{"login": {"pin_password": 1234}}'))
    story.call("sign_in", login={"password": "hunter2"}).ok().ended()
    assert valid_messages().check(story.history).status == "pass"
    saved = valid_messages().check(History.from_jsonl(story.history.to_jsonl()))
    assert (saved.status, saved.ops) == ("unknown", (3, 4))
    assert "judge before" in saved.reason


def test_a_reply_that_nobody_read_leaves_it_undecided():
    """It may have asked for anything, or answered anything."""
    story = booked()
    story.ask(offers=OFFERS).ok(bytes=2_000_000)
    assert judged(story) == ("unknown", "what gpt-5 said: it is too large to be kept (2000000 bytes)", (7,))
    assert judged(booked().call("book_flight", arguments=GOOD).ok(unread="ValueError: x"))[0] == "unknown"
    assert judged(booked().call("lookup").ok(bytes=2_000_000))[0] == "pass"


def test_a_history_that_was_cut_short_is_undecided():
    """More may come, also where it was cut between two calls, or in a later run."""
    story = booked()
    assert judged(story, ended=False) == (
        "unknown",
        "no run has ended: the history was cut short, or agentchaos.run(...) was not called",
        (),
    )
    story.ended().ask(offers=OFFERS)
    reason = "the history was cut short: it ends while 1 calls are under way"
    assert judged(story, ended=False) == ("unknown", reason, (7,))


def test_without_the_library_nothing_is_decided(monkeypatch):
    """And the reason is the remedy."""
    monkeypatch.setitem(sys.modules, "jsonschema_rs", None)
    status, reason, _ = judged(booked(), tools={"x": {"result": True}})
    assert status == "unknown"
    assert "pip install jsonschema-rs" in reason


def test_many_failures_are_told_in_part():
    """And how many others there are."""
    story = Story().listed(BOOK)
    for number in range(40):
        story.call("book_flight", arguments={"flight": number}).ok({"booking": "B"})
    _, reason, _ = judged(story)
    assert reason.endswith("; ... and 28 others")


def test_damaged_and_hostile_messages_crash_nothing():
    """Whatever stands where a tool call is due."""
    story = booked()
    asked = [None, 5, {}, {"name": 5}, {"name": "book_flight"}, {"name": "book_flight", "arguments": {"flight": "LX1"}}]
    story.ask(offers=OFFERS).ok(tool_calls=asked)
    story.ask(offers=OFFERS).ok(tool_calls="none", status="200")
    story.ask(offers={"book_flight": 5, "x" * 10_000: None}).says(
        "", ("book_flight", "[" * 100_000), ("x" * 10_000, "{")
    )
    story.call("\x1b[31m\ud800", arguments={"\ud800": "\ud800"}).ok("\ud800")
    verdict = valid_messages().check(story.history)
    assert verdict.status == "fail"
    assert len(verdict.reason) < 1_000


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"where": "modell"}, "valid_messages(where=...): there is no 'modell'; did you mean 'model'?"),
        ({"where": ()}, "valid_messages(where=()): names are due; write for example where=('arguments', 'result')"),
        ({"where": 5}, "valid_messages(where=5): names are due; write for example where=('arguments', 'result')"),
        ({"tools": ["book_flight"]}, "valid_messages(tools=['book_flight']): schemas are due; write for example "),
        ({"tools": {"book_flight": {}}}, "valid_messages(tools={'book_flight': {}}): 'arguments' or 'result' is due"),
        ({"tools": {"b": {"argument": {}}}}, "valid_messages(tools={'b': {'argument': {}}}): 'arguments' or 'result'"),
        ({"tools": {"b": {"result": "x"}}}, "valid_messages(tools=...): the result of 'b': x is no JSON schema"),
        ({"tools": {"b": {"result": {"type": "strin"}}}}, "the result of 'b': the schema is not valid"),
    ],
)
def test_wrong_parameters_are_refused_when_they_are_written(parameters, message):
    """With the value, the place and the remedy."""
    with pytest.raises(UsageError) as caught:
        valid_messages(**parameters)
    assert message in str(caught.value)
