"""Texts: everything that a system has said, each distinct text once."""

from __future__ import annotations

import pytest

from pytest_agentchaos.doubles.story import Story
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.evidence.messages.texts import WHERE, texts


def told(story, *where, **more):
    """The texts of these places, without names that each call has."""
    return sorted(piece.text for piece in texts(story.history, frozenset(where or WHERE), **more).pieces if piece.text)


def everywhere():
    """One text at each place."""
    story = Story()
    story.ask("PROMPT", offers={"book": {"description": "SCHEMA"}}).says("REPLY")
    story.call("book", traveller="ARGUMENT", baggage="BAGGAGE").ok("RESULT")
    story.span("SPAN", attributes={"key": "ATTRIBUTE"}, message="STATUS", events=({"name": "EVENT"},))
    story.note(log="LOG", logger="app", level="INFO").note(prices="NOTE")
    return story.ended(answer={"text": ["ANSWER"]}).ended("raised", error="ERROR")


@pytest.mark.parametrize(
    ("where", "wanted"),
    [
        ("prompts", {"PROMPT", "SCHEMA"}),
        ("arguments", {"ARGUMENT", "BAGGAGE"}),
        ("spans", {"SPAN", "ATTRIBUTE", "STATUS", "EVENT"}),
        ("logs", {"LOG"}),
        ("answer", {"ANSWER", "ERROR"}),
    ],
)
@pytest.mark.parametrize("saved", [False, True])
def test_each_place_has_its_texts(where, wanted, saved):
    """Results and replies are what a system was told, and not what it said."""
    story = everywhere()
    history = History.from_jsonl(story.history.to_jsonl()) if saved else story.history
    found = {piece.text for piece in texts(history, {where}).pieces}
    assert {text for text in found if text.isupper()} == wanted


def test_a_text_knows_where_it_stands():
    """In words, and by its op."""
    found = {piece.text: (piece.op, piece.place) for piece in texts(everywhere().history, frozenset(WHERE)).pieces}
    assert found["PROMPT"] == (0, "the prompt to gpt-5 @ api.openai.com")
    assert found["ARGUMENT"] == (2, "the arguments of book @ tools.example/mcp")
    assert found["ATTRIBUTE"] == (4, "the span SPAN")
    assert found["LOG"] == (5, "a log record of app")
    assert found["ANSWER"] == (7, "the answer")


def test_of_a_conversation_only_what_is_new_is_read_again():
    """Each call repeats all that was said before; each text is kept once."""
    story = Story()
    for turn in range(20):
        story.ask(messages=[{"role": "user", "content": f"turn {one}"} for one in range(turn + 1)]).says()
    found = [piece for piece in texts(story.history, {"prompts"}).pieces if piece.text.startswith("turn")]
    assert [(piece.text, piece.op) for piece in found] == [(f"turn {turn}", 2 * turn) for turn in range(20)]


def test_a_conversation_that_was_changed_is_read_anew():
    """Whatever was new in it must be seen."""
    story = Story()
    for said in (["a1", "b1"], ["a1", "b2", "c1"], ["d1"], "e1", ["f1"], {"g1": "h1"}, None, ["f1", "i1"], 5, ["j1"]):
        story.ask(messages=said).says()
    found = [piece.text for piece in texts(story.history, {"prompts"}).pieces if piece.text[1:] in {"1", "2"}]
    assert sorted(found) == ["a1", "b1", "b2", "c1", "d1", "e1", "f1", "g1", "h1", "i1", "j1"]


def test_long_numbers_are_texts():
    """A card number may be sent as a number; a short one says nothing, and an endless one cannot be told."""
    story = Story().call("pay", card=4929000000006, amount=12, huge=10**5000, yes=True, part=1.5).ok()
    assert "4929000000006" in told(story, "arguments")
    assert "12" not in told(story, "arguments")


def test_calls_can_be_skipped_and_the_beginning_left_out():
    """For whoever may be told, and for what came before."""
    story = (
        Story().call("a", x="A").ok().call("b", x="B").ok().ended(answer="1").call("c", x="C").ok().ended(answer="2")
    )
    assert "A" not in told(story, "arguments", skip=lambda call: call.name == "a")
    late = told(story, "arguments", "answer", since=5)
    assert {"C", "2"} <= set(late)
    assert not {"A", "B", "1"} & set(late)


def test_it_is_counted_where_texts_come_from():
    """An answer to "did it look at anything?"."""
    counts = texts(everywhere().history, frozenset(WHERE)).sources
    assert counts == {"prompts": 1, "arguments": 1, "spans": 1, "logs": 1, "answer": 2}
    assert not texts(Story().history, frozenset(WHERE)).sources


def test_looking_for_a_text_finds_all_that_hold_it():
    """And none where two only stand side by side."""
    story = Story().call("a", x="one two").ok().call("b", x="two").ok()
    found = texts(story.history, {"arguments"})
    assert [piece.op for piece in found.holding("two")] == [0, 2]
    assert [*found.holding("onetwo")] == []


def test_deep_and_damaged_values_are_read():
    """Without recursion, and whatever stands where a text is due."""
    deep = "BOTTOM"
    for _ in range(5_000):
        deep = [deep]
    story = Story()
    for _ in range(2):
        story.ask(messages=deep).says()
    story.call("a", x=deep).ok()
    story.history.append("span", at_s=0.0, data={"name": 5, "attributes": [None, "x"]})
    story.note(log={"not": "a text"}, logger=7)
    assert told(story).count("BOTTOM") == 2
