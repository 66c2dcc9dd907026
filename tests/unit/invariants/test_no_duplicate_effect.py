"""no_duplicate_effect: what was wished once was done once."""

from __future__ import annotations

import pytest

from pytest_agentchaos.doubles.story import Story
from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.evidence.effects.deed import deeds
from pytest_agentchaos.evidence.effects.effect import Effect
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.invariants.no_duplicate_effect import no_duplicate_effect

SEAT = Effect("seat", tool="book", key=("flight",), id="result.booking", undo="cancel")
BOOK_ONCE = no_duplicate_effect("book", key=("flight",), id="result.booking", undo="cancel")


def booked(story: Story, booking: str = "B1", flight: str = "LX1") -> Story:
    """A booking that is answered."""
    return story.call("book", flight=flight).ok({"booking": booking})


def judged(story: Story, judge: no_duplicate_effect = BOOK_ONCE, *, whole: bool = True) -> tuple[str, str]:
    """The verdict, which is the same after saving and loading."""
    history = story.ended().history if whole else story.history
    verdict = judge.check(history)
    assert judge.check(History.from_jsonl(history.to_jsonl())) == verdict
    return verdict.status, verdict.reason


def test_two_things_with_one_key_are_one_too_many():
    """A lost answer and a retry, for example; the ops show it."""
    story = Story()
    story.call("book", flight="LX1").lost(20, result={"booking": "B1"})
    story.wait(1).call("book", flight="LX1").ok({"booking": "B2"})
    assert judged(story) == ("fail", "book with key LX1 was executed 2 times, at 0 s and 21 s")
    assert BOOK_ONCE.check(story.history).ops == (0, 2, 4, 5)


def test_answers_from_memory_and_other_keys_are_right():
    """So the same call may be repeated as often as one likes."""
    story = booked(booked(booked(Story())), "B2", "LX2")
    assert judged(story) == ("pass", "2 things were done, none twice")
    plain = no_duplicate_effect("book", key=("flight",))
    assert judged(story, plain)[0] == "fail"


def test_what_was_undone_does_not_stand_in_the_end():
    """Unless it must never have stood beside another."""
    ever = no_duplicate_effect("book", key="flight", id="result.booking", undo="cancel", ever=True)
    story = booked(booked(Story()), "B2")
    story.call("cancel", booking="B1").ok()
    assert judged(story)[0] == "pass"
    assert judged(story, ever)[0] == "fail"
    apart = booked(Story()).call("cancel", booking="B1").ok()
    assert judged(booked(apart, "B2"), ever)[0] == "pass"


@pytest.mark.parametrize("ever", [False, True])
def test_what_may_have_happened_twice_is_unknown(ever):
    """A call without an answer, beside one with; alone it is no duplicate."""
    judge = no_duplicate_effect("book", key="flight", id="result.booking", ever=ever)
    story = Story()
    story.call("book", flight="LX1").info()
    assert judged(story, judge)[0] == "pass"
    status, reason = judged(booked(story), judge)
    assert status == "unknown"
    assert "book with key LX1 may stand 2 times" in reason


@pytest.mark.parametrize("ever", [False, True])
def test_an_undoing_of_unknown_fate_leaves_it_unknown(ever):
    """Whether one or two stand."""
    judge = no_duplicate_effect("book", key="flight", id="result.booking", undo="cancel", ever=ever)
    story = booked(Story()).call("cancel", booking="B1").info()
    assert judged(booked(story, "B2"), judge)[0] == "unknown"


def test_where_the_tool_was_known_and_not_called_nothing_is_twice():
    """A pass, because the name is right."""
    story = Story()
    story.ask(offers=["book"]).says("no")
    assert judged(story) == ("pass", "it was never done")


def test_a_tool_that_nobody_knows_is_no_pass():
    """It is probably misspelt, and the reason names those that there are."""
    status, reason = judged(booked(Story()), no_duplicate_effect("bok", key="flight"))
    assert (status, reason) == ("unknown", "no tool 'bok' was seen; tools: book")


def test_each_tool_of_a_glob_is_judged_by_itself():
    """Two tools may do two things with one key."""
    story = Story()
    story.call("book_flight", trip="t").ok().call("book_hotel", trip="t").ok()
    judge = no_duplicate_effect("book_*", key="trip")
    assert judged(story, judge)[0] == "pass"
    story.call("book_hotel", trip="t").ok()
    assert judged(story, judge)[1].startswith("book_hotel with key")


def test_a_history_that_was_cut_short_is_no_pass():
    """More may have happened."""
    assert judged(booked(Story()), whole=False)[0] == "unknown"
    story = booked(Story()).ended()
    assert judged(booked(story, "B2", "LX2"), whole=False)[0] == "unknown"
    assert judged(booked(booked(Story()), "B2"), whole=False)[0] == "fail"


def test_a_key_that_is_not_there_is_no_pass():
    """What it is, the reason says."""
    status, reason = judged(Story().call("book").ok({"booking": "B1"}))
    assert (status, reason) == ("unknown", "book: it has no flight")


def test_keys_that_are_hidden_as_secrets_may_be_equal_or_not():
    """In a saved history nobody can tell."""
    story = booked(booked(Story(), flight="sk-" + "a" * 20), "B2", "sk-" + "b" * 20)
    assert judged(story)[0] == "unknown"


def test_one_id_under_two_keys_is_no_pass():
    """Ids that collide."""
    assert judged(booked(booked(Story()), flight="LX2"))[0] == "unknown"


def accounted(story: Story, *effects: Effect) -> Story:
    """As a trial does it."""
    story.note(effects=[effect.name for effect in effects])
    for exchange in story.history.calls():
        for one in deeds(exchange, effects):
            story.history.append("effect", at_s=story.now_s, of=exchange.index, data=one.to_data())
    return story


def test_declared_effects_are_judged_by_name():
    """All of them, or those that a glob fits, or one that comes along."""
    story = accounted(booked(booked(Story()), "B2"), SEAT)
    for judge in (no_duplicate_effect(), no_duplicate_effect("s*"), no_duplicate_effect(SEAT)):
        assert judged(story, judge)[1] == "seat with key LX1 was executed 2 times, at 0 s and 0 s"
    of_yaml = no_duplicate_effect({"name": "seat", "tool": "book", "key": ["flight"]})
    assert judged(story, of_yaml)[0] == "fail"


def test_an_effect_that_nobody_declared_is_no_pass():
    """The declared ones are named."""
    story = accounted(booked(Story()), SEAT)
    assert judged(story, no_duplicate_effect("set"))[1] == "no effect 'set' was declared; declared: seat"
    assert judged(story, no_duplicate_effect("seat")) == ("pass", "1 thing was done, none twice")


def test_a_declared_effect_that_was_never_done_is_right():
    """And the reason says so."""
    assert judged(Story().note(effects=["seat"]), no_duplicate_effect("seat")) == ("pass", "it was never done")


def test_the_world_decides_what_may_have_happened():
    """If somebody looked at it in the end."""
    story = Story()
    story.call("book", flight="LX1").info()
    accounted(booked(story), SEAT)
    judge = no_duplicate_effect("seat")
    assert judged(story, judge)[0] == "unknown"
    assert judged(story.note(world="seat", rows=[{"key": ["LX1"], "id": "B1"}]), judge)[0] == "pass"
    two = [{"key": ["LX1"], "id": "B1"}, {"key": ["LX1"], "id": "B2"}]
    assert judged(story.note(world="seat", rows=two), judge)[0] == "fail"


def test_two_rows_with_one_key_are_one_too_many():
    """Even if the wires show one; one row told twice is one."""
    story = accounted(booked(Story()), SEAT)
    row, other = {"key": ["LX1"], "id": "B1"}, {"key": ["LX1"], "id": "B2"}
    assert judged(story.note(world="seat", rows=[row, row]), no_duplicate_effect())[0] == "pass"
    status, reason = judged(story.note(world="seat", rows=[row, other]), no_duplicate_effect())
    assert (status, reason) == ("fail", "the world has 2 of seat with key LX1")


def test_without_a_declaration_the_annotations_count():
    """Of tools that say that they write; those that say nothing are named, and keep it from being a pass."""
    story = Story().listed({"name": "pay", "annotations": {"readOnlyHint": False}})
    story.call("pay", to="Ada").ok()
    assert judged(story, no_duplicate_effect())[0] == "pass"
    story.call("move").ok()
    status, reason = judged(story, no_duplicate_effect())
    assert status == "unknown"
    assert reason.startswith("move: not annotated")
    assert judged(story, no_duplicate_effect("pay"))[0] == "pass"
    story.call("pay", to="Ada").ok()
    assert judged(story, no_duplicate_effect())[0] == "fail"


def test_where_nothing_says_that_it_writes_nothing_was_judged():
    """The remedy is told."""
    status, reason = judged(Story(), no_duplicate_effect())
    assert status == "unknown"
    assert "no effect was declared" in reason
    assert "no_duplicate_effect('book_flight'" in reason


def test_of_many_findings_some_are_listed():
    """And the others counted."""
    story = Story()
    for number in range(20):
        booked(booked(story, f"A{number}", f"LX{number}"), f"B{number}", f"LX{number}")
    status, reason = judged(story)
    assert status == "fail"
    assert reason.endswith("... and 8 others")
    assert reason.count(";") == 12


@pytest.mark.parametrize(
    "flight",
    ["\x00\ud800", "x" * 1_000_000, ["a", {"b": None}], 1e300, {"a": [[[[]]]]}],
    ids=["halves", "long", "list", "number", "deep"],
)
def test_hostile_keys_are_judged_as_any_other(flight):
    """And shown no longer than needed."""
    status, reason = judged(booked(booked(Story(), flight=flight), "B2", flight))
    assert status == "fail"
    assert len(reason) < 400


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"effect": 5}, "no_duplicate_effect(5)"),
        ({"effect": ""}, "no_duplicate_effect('')"),
        ({"effect": "book", "id": "x"}, "need a key"),
        ({"effect": SEAT, "key": "flight"}, "has a key already"),
        ({"effect": "book", "key": ()}, "has the key ()"),
        ({"effect": "book", "key": "k", "undo_by": ("b",)}, "undo=None"),
        ({"ever": 1}, "ever=1"),
    ],
    ids=str,
)
def test_wrong_parameters_are_named(fields, words):
    """Before anything is run."""
    with pytest.raises(UsageError) as raised:
        no_duplicate_effect(**fields)
    assert words in str(raised.value)
