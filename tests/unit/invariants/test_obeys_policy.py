"""obeys_policy: who may call what, what may be spent, and who has to be asked."""

from __future__ import annotations

import pytest

from pytest_agentchaos import invariants
from pytest_agentchaos.doubles import Story
from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.evidence.effects.effect import Effect
from pytest_agentchaos.evidence.effects.ledger import deed
from pytest_agentchaos.evidence.history import History

ALLOW = {"flights": ["search_flights", "book_*"], "*/audit": "read_*", "*": ["ask_person"]}
SEAT = Effect("seat", tool="book_flight", key="flight", amount="result.price", id="result.id", undo="cancel_flight")


def judged(story, **parameters):
    """The verdict, which is the same of the saved history."""
    invariant = invariants.obeys_policy(**parameters)
    found = invariant.check(story.history)
    assert invariant.check(History.from_jsonl(story.history.to_jsonl())) == found
    return found


def called(name, agent="", story=None):
    """One call in a run that ended."""
    story = story or Story()
    story.call(name, agent=agent).ok({})
    return story.ended()


@pytest.mark.parametrize(
    ("agent", "tool", "expected"),
    [
        ("flights", "search_flights", "pass"),
        ("flights", "book_flight", "pass"),
        ("planner/flights", "book_flight", "pass"),
        ("flights", "ask_person", "pass"),
        ("planner/audit", "read_log", "pass"),
        ("flights", "cancel_flight", "fail"),
        ("hotels", "book_flight", "fail"),
        ("hotels", "ask_person", "pass"),
        ("", "ask_person", "pass"),
        ("", "drop_tables", "fail"),
        ("", "book_flight", "unknown"),
    ],
)
def test_an_agent_calls_what_it_may(agent, tool, expected):
    """By its name or its path. Of a caller without a name it is unknown, unless anybody may, or nobody."""
    found = judged(called(tool, agent), allow=ALLOW)
    assert found.status == expected
    if expected == "fail":
        who = agent or "a caller without a name"
        assert (found.reason, found.ops) == (f"{who} called {tool}, which is not allowed", (0,))
    if expected == "unknown":
        assert "agentchaos.agent(...)" in found.reason


@pytest.mark.parametrize(
    ("agent", "tool", "expected"),
    [
        ("hotels", "book_hotel", "pass"),
        ("hotels", "book_flight", "fail"),
        ("flights", "drop_tables", "fail"),
        ("", "drop_tables", "fail"),
        ("", "book_flight", "unknown"),
        ("", "book_hotel", "pass"),
    ],
)
def test_what_is_denied_nobody_may(agent, tool, expected):
    """Whatever is allowed besides."""
    deny = {"hotels": "book_flight", "*": ["drop_*"]}
    assert judged(called(tool, agent), deny=deny).status == expected
    assert judged(called(tool, agent), deny=deny, allow={"*": "*"}).status == expected


def test_callers_without_a_name_can_have_a_rule():
    """A system without agents has one caller."""
    assert judged(called("book_flight"), allow={"": "book_*"}).passed
    assert judged(called("book_flight", "flights"), allow={"": "book_*"}).status == "fail"


def test_only_tools_are_asked_about():
    """What models and protocols do is none of it."""
    story = Story()
    story.ask("hello").says("hi")
    story.listed().ended()
    assert judged(story, allow={"flights": "book_*"}).passed


def test_each_offence_is_told_once():
    """However often it was repeated; the first dozen of calls is shown."""
    story = Story()
    for _ in range(50):
        story.call("book_flight", agent="hotels").ok({})
    found = judged(story.ended(), allow=ALLOW)
    assert found.reason == "hotels called book_flight, which is not allowed"
    assert len(found.ops) == 12


# --- spending ---------------------------------------------------------------------------------------------------------


def bought(*prices, story=None, ends=True):
    """A story in which seats were booked for these prices."""
    story = story or Story()
    story.note(effects=["seat"])
    for number, price in enumerate(prices):
        story.call("book_flight", flight=f"LX{number}").ok({"id": f"B{number}", "price": price})
    return accounted(story) if ends else story


def accounted(story):
    """With the account that a trial writes of what its calls did."""
    for exchange in story.history.calls():
        if (done := deed(exchange, [SEAT])) is not None:
            story.history.append("effect", at_s=story.now_s, of=exchange.index, data=done.to_data())
    return story.ended()


@pytest.mark.parametrize(
    ("prices", "expected"), [((), "pass"), ((300, 500), "pass"), ((300, 500.5), "fail"), ((900,), "fail")]
)
def test_no_more_is_spent_than_allowed(prices, expected):
    """To the last cent, and nothing is always within the limit."""
    story = bought(*prices, story=called("search_flights"))
    assert judged(story, spend={"limit": 800}).status == expected


def test_the_verdict_says_how_much_it_was():
    """And shows the calls."""
    found = judged(bought(300, 600), spend={"limit": 800, "effect": "se*"})
    assert (found.reason, found.ops) == ("900 was spent in 2 calls, above 800", (1, 3))
    assert found.invariant == "obeys_policy(spend se* 800)"


def test_what_was_undone_costs_nothing_unless_it_is_asked_for():
    """Money that comes back was not spent, but it was on the way."""
    story = bought(500, 500, ends=False)
    story.call("cancel_flight", id="B0").ok({})
    accounted(story)
    assert judged(story, spend={"limit": 800}).passed
    assert judged(story, spend={"limit": 800, "ever": True}).status == "fail"


def test_what_may_have_been_spent_is_unknown():
    """A booking whose answer never came may have been made; nobody knows at which price."""
    story = bought(300, ends=False)
    story.call("book_flight", flight="LX9").info()
    assert judged(accounted(story), spend={"limit": 800}).status == "unknown"
    story = bought(300, 600, ends=False)
    story.call("cancel_flight", id="B1").info()
    found = judged(accounted(story), spend={"limit": 800})
    assert (found.status, found.reason) == ("unknown", "300 was spent and perhaps 600 more, above 800")


@pytest.mark.parametrize("price", [None, "a lot", -500, 10**400], ids=["none", "text", "negative", "huge"])
def test_an_amount_that_cannot_be_read_is_unknown(price):
    """And hides no other that is too much already."""
    assert judged(bought(300, price), spend={"limit": 800}).status == "unknown"
    assert judged(bought(900, price), spend={"limit": 800}).status == "fail"


def test_an_effect_that_nobody_declared_is_unknown():
    """Also one that is misspelt."""
    assert judged(called("book_flight"), spend={"limit": 800}).status == "unknown"
    assert judged(bought(300), spend={"limit": 800, "effect": "seet"}).status == "unknown"


def test_what_a_look_at_the_world_finds_counts_too():
    """The wires may have missed something."""
    story = bought(300, ends=False)
    accounted(story).note(world="seat", rows=[{"id": "B0", "amount": 300}, {"id": "B7", "amount": 600}])
    found = judged(story, spend={"limit": 800})
    assert found.status == "fail"
    assert "the world shows 900 spent, above 800" in found.reason


# --- approvals --------------------------------------------------------------------------------------------------------

ASK = {"book_*": "ask_person"}


def asked(result, *, ends=lambda call, result: call.ok(result)):
    """A person was asked, and then a flight was booked."""
    story = Story()
    ends(story.call("ask_person"), result)
    story.call("book_flight").ok({})
    return story.ended()


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        ({"approved": True}, "pass"),
        ({"approved": False}, "fail"),
        ({"approved": "true"}, "fail"),
        ({"approved": 1}, "fail"),
        ({"answer": "yes"}, "unknown"),
        ("yes", "unknown"),
        (None, "unknown"),
    ],
    ids=str,
)
def test_the_last_answer_before_has_to_approve(result, expected):
    """Nothing but true does; an answer that does not say it is unknown."""
    assert judged(asked(result), approvals=ASK).status == expected


def test_where_approval_stands_and_what_it_says_can_be_told():
    """A place in the result, or the whole of it."""
    rule = {"tool": "ask_*", "approved_at": "reply.text", "is": "yes"}
    assert judged(asked({"reply": {"text": "yes"}}), approvals={"book_*": rule}).passed
    found = judged(asked({"reply": {"text": "no"}}), approvals={"book_*": rule})
    assert found.reason == "book_flight was called at 0 s although ask_person had answered no"
    assert found.ops == (0, 1, 2)
    assert judged(asked("ok"), approvals={"book_*": {"tool": "ask_person", "approved_at": "", "is": "ok"}}).passed


def test_without_an_answer_before_it_fails():
    """Nobody was asked, or the asking failed, or the answer came too late, or in another run."""
    failed = asked(None, ends=lambda call, _: call.refused(503))
    nobody = called("book_flight")
    late = Story()
    call = late.call("ask_person")
    late.call("book_flight").ok({})
    call.ok({"approved": True}).ended()
    other = Story()
    other.call("ask_person").ok({"approved": True}).ended()
    called("book_flight", story=other)
    for story in (failed, nobody, late, other):
        found = judged(story, approvals=ASK)
        assert found.status == "fail"
        assert "without an answer of ask_person before" in found.reason


def test_a_later_no_outweighs_an_earlier_yes():
    """The last answer counts."""
    story = Story()
    for approved in (True, False):
        story.call("ask_person").ok({"approved": approved})
    story.call("book_flight").ok({})
    assert judged(story.ended(), approvals=ASK).status == "fail"


def test_whoever_asks_needs_no_approval_for_that():
    """Or nobody could ever ask."""
    assert judged(asked({"approved": True}), approvals={"*": "ask_person"}).passed


# --- together ---------------------------------------------------------------------------------------------------------


def test_a_broken_rule_counts_whatever_else_is_unknown():
    """A failure is shown; a doubt is not."""
    story = called("book_flight", "hotels")
    assert judged(story, allow=ALLOW, spend={"limit": 800}).status == "fail"
    assert judged(story, allow={"*": "*"}, spend={"limit": 800}).status == "unknown"


def test_what_was_cut_short_or_never_seen_is_unknown():
    """A call that comes later may break any rule."""
    story = Story()
    story.call("book_flight", agent="flights").ok({})
    assert judged(story, allow=ALLOW).status == "unknown"
    assert judged(Story().ended(), allow=ALLOW).status == "unknown"
    assert judged(Story(), allow=ALLOW).status == "unknown"


def test_hostile_names_make_a_verdict_and_no_crash():
    """Globs in names, secrets, control characters, and far too much of it."""
    for name in ("[", "*", "", "sk-" + "a" * 40, "\x00\n" * 10, "x" * 100_000):
        found = invariants.obeys_policy(allow=ALLOW, approvals={"*": "ask"}).check(called(name, "hotels").history)
        assert found.status == "fail"
        assert "sk-aaa" not in found.reason
        assert len(found.reason) < 1000


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"allow": {}},
        {"allow": ["book_*"]},
        {"allow": {1: "book_*"}},
        {"deny": {"flights": 5}},
        {"deny": {"flights": [5]}},
        {"spend": 800},
        {"spend": {"effect": "seat"}},
        {"spend": {"limit": "800"}},
        {"spend": {"limit": -1}},
        {"spend": {"limit": 800, "evr": True}},
        {"spend": {"limit": 800, "ever": 1}},
        {"approvals": "ask_person"},
        {"approvals": {"book_*": 5}},
        {"approvals": {"book_*": {"at": "approved"}}},
        {"approvals": {"book_*": {"tool": "ask", "approved_at": 5}}},
    ],
    ids=str,
)
def test_wrong_parameters_are_refused(given):
    """Before anything runs, with the value and the remedy."""
    with pytest.raises(UsageError, match=r"obeys_policy\(.*(write|give)"):
        invariants.obeys_policy(**given)


def test_its_name_tells_what_it_was_given():
    """Two of them can be told apart."""
    made = invariants.obeys_policy(allow=ALLOW, approvals=ASK, spend={"limit": 80_000, "effect": "seat"})
    assert made.name == "obeys_policy(allow flights, */audit, *; approvals book_*; spend seat 80000)"
    assert hash(made) is not None
