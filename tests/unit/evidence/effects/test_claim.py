"""Claims: what an answer says was done."""

from __future__ import annotations

import pytest

from pytest_agentchaos.doubles.story import Story
from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.evidence.effects.claim import Claim, Claimed, claimed, claims

SEATS = Claim("seat", at="bookings.*", key=("item", "first"), id="booking", where={"domain": ["flights", "trains"]})
ANSWER = {
    "bookings": [
        {"domain": "flights", "item": "LX1", "first": "2027-03-05", "booking": "B1"},
        {"domain": "hotels", "item": "H1", "first": "2027-03-05", "booking": "B2"},
        {"domain": "trains", "item": "T1", "first": "2027-03-06"},
    ]
}


def test_an_answer_claims_one_thing_for_each_item_that_counts():
    """By key, by id, or both: whatever the item has."""
    assert claimed(ANSWER, [SEATS]) == (
        [
            {"effect": "seat", "key": ["LX1", "2027-03-05"], "id": "B1"},
            {"effect": "seat", "key": ["T1", "2027-03-06"]},
        ],
        [],
    )


def test_where_a_list_is_empty_nothing_is_claimed():
    """And without an answer neither."""
    assert claimed({"bookings": []}, [SEATS]) == ([], [])
    assert claimed(None, [SEATS]) == ([], [])


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"booking": []}, "the answer has no bookings"),
        ({"bookings": [{"domain": "flights"}]}, "no item or first or booking"),
        ({"bookings": [{"kind": "flights", "booking": "B1"}]}, "where='domain', which nothing at bookings.* has"),
    ],
    ids=str,
)
def test_a_place_that_is_not_there_is_no_empty_claim(answer, words):
    """A misspelt path must not look like an honest answer."""
    read, problems = claimed(answer, [SEATS])
    assert read == []
    assert len(problems) == 1
    assert words in problems[0]


def test_an_answer_that_is_a_text_claims_nothing_that_can_be_read():
    """The path leads nowhere in it."""
    assert claimed("Booked.", [SEATS])[1] == ["the claim of seat looks at bookings.*, and the answer is a str"]


def test_a_function_can_read_the_claims():
    """It gives mappings or Claimed."""
    read, problems = claimed(
        ANSWER,
        [lambda answer: [Claimed("seat", id="B1", amount=2), {"effect": "room", "key": "H1"}, {"effect": "room"}]],
    )
    assert read == [{"effect": "seat", "id": "B1", "amount": 2}, {"effect": "room", "key": ["H1"]}]
    assert "names no effect" in problems[0]


def test_a_function_that_fails_is_a_problem():
    """Whatever it raises."""
    assert claimed(ANSWER, [lambda answer: answer["x"]]) == (
        [],
        ["the function that reads claims failed: KeyError: 'x'"],
    )


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"effect": ""}, "Claim(effect='')"),
        ({"at": 3}, "Claim(at=3)"),
        ({"id": None}, "neither key nor id"),
        ({"key": (1,)}, "the key (1,)"),
        ({"where": "flights"}, "where='flights'"),
    ],
    ids=str,
)
def test_a_wrong_declaration_is_named(fields, words):
    """The value, the place, the remedy."""
    with pytest.raises(UsageError) as raised:
        Claim(**{"effect": "seat", "at": "bookings.*", "id": "booking", **fields})
    assert words in str(raised.value)


def test_a_note_belongs_to_the_run_that_ends_after_it():
    """As a trial writes it; one after the last end belongs to the last run."""
    story = Story()
    story.note(claims=[{"effect": "seat", "id": 1}]).ended(answer={}).ended("raised", error="ValueError")
    story.ended(answer={}).note(claims=[{"effect": "seat", "key": ["a"]}], problems=["p"])
    one, two, three = story.history.view(claims)
    assert (one.op, one.claimed) == (0, (Claimed("seat", id="1"),))
    assert (two.op, two.claimed, two.run.ending) == (None, (), "raised")
    assert (three.op, three.claimed, three.problems) == (4, (Claimed("seat", ("a",)),), ("p",))


@pytest.mark.parametrize(
    "told", [3, {"a": 1}, [3], [{"effect": 3, "id": 1}], [{"effect": "x", "key": {"a": 1}}], [None]], ids=str
)
def test_a_damaged_note_is_a_problem(told):
    """It claims nothing that anybody could rely on."""
    (one,) = Story().note(claims=told).ended().history.view(claims)
    assert one.claimed == ()
    assert len(one.problems) == 1
