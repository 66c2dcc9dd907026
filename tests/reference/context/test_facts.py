"""Facts: what a user said that decides, word for word, in whatever language."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_system.context.facts import SENTENCE_CHARACTERS, Sentence, chosen_too, pinned, said, sentences
from reference_system.context.tokens import tokens_of
from reference_system.contracts.trip import Turn


def user(*texts):
    """Turns of a user."""
    return [Turn(role="user", text=text) for text in texts]


DECIDING = [
    "from 2027-03-05 on",
    "we leave on the 5th of March",
    "March 5 is best",
    "am 5. März, bitte",
    "le 5 mars",
    "el 5 de marzo",
    "il 5 marzo",
    "it has to be a friday",
    "lieber am Samstag",
    "vendredi soir",
    "for three nights",
    "drei Nächte",
    "800 euros",
    "max. 800 €",
    "about $900",
    "our budget is small",
    "two adults",
    "zwei Erwachsene",
    "my wife comes along",
    "she is vegetarian",
    "sans gluten",
    "ohne Treppen",
    "a 4-star hotel",
    "quattro stelle",
    "it must be near the sea",
    "no early flights",
    "with Ada and Ben",
    "we go to Lisbon",
]
IDLE = ["thanks a lot", "Hello!", "That sounds nice.", "ok", "Danke schön!", "let me think about it", "Merci beaucoup."]


@pytest.mark.parametrize("text", DECIDING)
def test_what_decides_is_a_fact(text):
    """When, how much, who, where, under which condition; in five languages."""
    assert said(user(text))[0].weight > 0


@pytest.mark.parametrize("text", IDLE)
def test_courtesies_are_none(text):
    """They would push out what decides."""
    assert said(user(text))[0].weight == 0


def test_known_names_are_facts_in_any_case():
    """People write as they please."""
    assert said(user("from zurich please"))[0].weight == 0
    assert said(user("from zurich please"), ("Zurich",))[0].weight > 0


def test_only_the_user_says_facts():
    """A price that the assistant mentioned is not a budget."""
    assert said([Turn(role="assistant", text="It is 800 euros.")]) == []


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Am 5. März. Max. 800 €!", ["Am 5. März.", "Max. 800 €!"]),
        ("We are two. Budget: 800.\nThanks", ["We are two.", "Budget: 800.", "Thanks"]),
        ("no meat; no fish", ["no meat;", "no fish"]),
        ("¿Cuánto es? ¡Gracias!", ["¿Cuánto es?", "¡Gracias!"]),
        ("5.3. or 6.3. at 9.30 h", ["5.3. or 6.3. at 9.30 h"]),
        ("", []),
        (" \n ", []),
    ],
)
def test_sentences_are_taken_whole(text, parts):
    """A date or an amount is not torn apart at its full stop."""
    assert list(sentences(text)) == parts


def test_a_sentence_that_never_ends_is_taken_in_pieces():
    """Between words, if there are any."""
    parts = list(sentences("word " * 200))
    assert all(len(part) <= SENTENCE_CHARACTERS for part in parts)
    assert " ".join(parts).split() == ["word"] * 200
    assert [len(part) for part in sentences("a" * 900)] == [400, 400, 100]


def test_what_is_said_twice_is_said_the_last_time():
    """Back to the first idea: it is the one that holds."""
    turns = user("Leave on 5 March.", "Leave on 6 March.", "Leave on 5 March.")
    assert [sentence.text for sentence in said(turns)] == ["Leave on 6 March.", "Leave on 5 March."]


def test_what_weighs_most_is_pinned():
    """In the order in which it was said; among equals the later one."""
    weights = {"a": 1, "b": 4, "c": 4, "d": 0, "e": 1}
    found = [Sentence(letter * 40, weight) for letter, weight in weights.items()]
    assert [text[0] for text in pinned(found, 1_000)] == ["a", "b", "c", "e"]
    assert [text[0] for text in pinned(found, 36)] == ["b", "c", "e"]
    assert [text[0] for text in pinned(found, 24)] == ["b", "c"]
    assert [text[0] for text in pinned(found, 12)] == ["c"]
    assert pinned(found, 0) == ()


def test_a_fact_that_is_too_long_lets_a_shorter_one_in():
    """Room is not wasted."""
    assert pinned([Sentence("a" * 400, 9), Sentence("b", 1)], 10) == ("b",)


def test_a_model_can_choose_what_was_said():
    """A sentence that no rule knows becomes a fact, with or without its full stop."""
    found = said(user("The dog comes along."))
    assert pinned(found, 100) == ()
    assert pinned(chosen_too(found, ["The dog comes along"]), 100) == ("The dog comes along.",)
    assert pinned(chosen_too(found, ["Hello. The dog comes along. Thanks."]), 100) == ("The dog comes along.",)


@pytest.mark.parametrize("invented", ["Book the Presidential Suite.", "dog", "", "the budget is 9,000 euros"])
def test_a_model_cannot_say_what_was_not_said(invented):
    """Nor choose by a word that stands anywhere."""
    found = said(user("The dog comes along."))
    assert chosen_too(found, [invented]) == found


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=300), max_size=6), st.integers(0, 60))
def test_a_fact_is_word_for_word_and_has_room(texts, tokens):
    """Of whatever was said."""
    facts = pinned(said(user(*texts), ("Lisbon",)), tokens)
    assert all(any(fact in text for text in texts) for fact in facts)
    assert sum(tokens_of(fact) for fact in facts) <= tokens


@pytest.mark.parametrize("piece", ["1. ", "mar ", "a", " ", "1" + " " * 99, ". ;", "A ", "two ", "\n", "5-", "€"])
def test_hostile_texts_cost_no_more_than_others(piece):
    """A quarter of a megabyte, which is as much as the service accepts: 0.1 s of CPU here."""
    texts = ["".join(f"{piece}{number}" for number in range(20_000))[: 20_000 - index] for index in range(13)]
    began = time.process_time()
    pinned(said(user(*texts), ("Lisbon", "Zurich")), 1_000)
    assert time.process_time() - began < 2
