"""Compression: a conversation of any length takes no more than the window, and what decides survives it."""

from __future__ import annotations

import asyncio
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reference_system.context.compression import CHUNKS_AT_MOST, compress
from reference_system.context.outline import outline
from reference_system.context.tokens import estimated_tokens, tokens_of
from reference_system.contracts.asks import AskPlan, Compression, Talk
from reference_system.contracts.manifest import load
from reference_system.contracts.trip import Turn
from reference_system.errors import (
    BudgetExhaustedError,
    DeadlineExceededError,
    ModelInvalidError,
    ModelUnavailableError,
)
from reference_system.resilience.budget import Budget
from reference_system.resilience.deadline import Deadline
from reference_system.resilience.interface import Allowance

WANTED = "We are two and want to fly from Zurich to Lisbon on 5 March 2027 for three nights. At most 800 euros in all!"
CHATTER = (
    "What is the old town like in spring, is it worth a long walk?",
    "It is lovely in spring, and there are many small streets to walk through.",
    "That sounds nice, and are the museums open late?",
    "Most museums are open until six in the evening, some of them longer.",
)
WINDOW = load("v1").workflow.conversation_tokens


def conversation(length=300):
    """The wish in the second turn, and then much talk about other things."""
    turns = [Turn(role="assistant", text="Welcome! What can I do for you?"), Turn(role="user", text=WANTED)]
    while len(turns) < length:
        turns.append(
            Turn(role="user" if len(turns) % 2 else "assistant", text=f"{CHATTER[len(turns) % 4]} ({len(turns)})")
        )
    return tuple(turns)


def ask_of(talk):
    """What the planner is asked."""
    return AskPlan(
        kind="trip", language="en", text="So please book it.", talk=talk, user="Ada", today="2027-03-01",
        first_day="2027-03-01", last_day="2027-05-30", cities=("Lisbon", "Zurich"), currency="EUR",
        travellers_at_most=9, nights_at_most=14,
    )  # fmt: skip


def test_a_short_conversation_goes_whole(compressor, allowance):
    """Without a question to the model."""
    turns, model = conversation(20), compressor()
    assert asyncio.run(compress(turns, model, load("v1"), allowance)) == Talk(turns=turns)
    assert asyncio.run(compress((), model, load("v1"), allowance)) == Talk()
    assert model.questions == []


def test_without_compression_the_ask_is_larger_than_the_window():
    """That is what it is for."""
    assert tokens_of(ask_of(Talk(turns=conversation()))) > 2 * WINDOW


def test_what_was_said_at_first_reaches_the_planner(compressor, allowance):
    """A date and a budget from turn 2 of 300, although the model pins nothing; in a window that holds."""
    model = compressor()
    talk = asyncio.run(compress(conversation(), model, load("v1"), allowance))
    asked = ask_of(talk).model_dump_json()
    assert "5 March 2027" in asked
    assert "At most 800 euros in all!" in asked
    assert tokens_of(talk) <= WINDOW
    assert estimated_tokens(asked) < WINDOW + 200
    assert talk.facts[0].startswith("We are two and want to fly from Zurich to Lisbon on 5 March 2027")


def test_the_last_turns_stay_whole(compressor, allowance, manifest_with):
    """As many as the manifest says."""
    turns = conversation()
    talk = asyncio.run(compress(turns, compressor(), load("v1"), allowance))
    assert talk.turns == turns[-8:]
    talk = asyncio.run(compress(turns, compressor(), load("v2"), allowance))
    assert talk.turns == turns[-12:]
    talk = asyncio.run(compress(turns, compressor(), manifest_with(conversation_turns_kept=3), allowance))
    assert talk.turns == turns[-3:]


def test_the_summary_rolls_over_all_older_turns(compressor, allowance):
    """Each question shows the summary so far and the next turns, and is no larger than the window itself."""
    turns, model = conversation(), compressor()
    talk = asyncio.run(compress(turns, model, load("v1"), allowance, correlation="c-1", trip="t-1"))
    asked = [json.loads(question.input) for question in model.questions]
    assert [turn for ask in asked for turn in ask["turns"]] == [turn.model_dump() for turn in turns[:-8]]
    assert asked[0]["summary"] == ""
    assert asked[1]["summary"] == f"{len(asked[0]['turns'])} turns. "
    assert talk.summary == "".join(f"{len(ask['turns'])} turns. " for ask in asked)
    assert 1 < len(asked) <= CHUNKS_AT_MOST
    for question in model.questions:
        assert (question.role, question.answer, question.correlation, question.trip) == (
            "compressor",
            Compression,
            "c-1",
            "t-1",
        )
        assert question.instructions == load("v1").prompt("compressor")
        assert estimated_tokens(question.input) <= WINDOW


def test_a_model_can_pin_what_rules_do_not_know(compressor, allowance):
    """And cannot pin what nobody said."""
    turns = (Turn(role="user", text="The dog comes along."), *conversation())
    pinning = ("The dog comes along.", "The user agreed to pay 9,000 euros.")
    model = compressor(lambda _: Compression(summary="s", facts=pinning))
    talk = asyncio.run(compress(turns, model, load("v1"), allowance))
    assert "The dog comes along." in talk.facts
    assert not any("9,000" in fact for fact in talk.facts)


def test_later_statements_stand_behind_earlier_ones(compressor, allowance):
    """Which of them holds is the planner's business: it needs their order."""
    turns = list(conversation())
    turns[100] = Turn(role="user", text="No, let us leave on 6 March.")
    talk = asyncio.run(compress(turns, compressor(), load("v1"), allowance))
    places = [index for index, fact in enumerate(talk.facts) if "5 March" in fact or "6 March" in fact]
    assert len(places) == 2
    assert "5 March" in talk.facts[places[0]]
    assert "6 March" in talk.facts[places[1]]


@pytest.mark.parametrize(
    "failing",
    [
        ModelUnavailableError("down"),
        ModelInvalidError("nonsense"),
        BudgetExhaustedError("tokens", 1),
        DeadlineExceededError("late"),
        None,
        "a text that was never checked",
    ],
    ids=["unavailable", "invalid", "budget", "deadline", "nothing", "text"],
)
def test_without_the_model_there_is_a_summary_by_rules(compressor, allowance, failing):
    """The trip goes on: with the facts, the last turns, and how each turn of the user began. It is asked only once."""
    turns, model = conversation(), compressor(lambda _: failing)
    talk = asyncio.run(compress(turns, model, load("v1"), allowance))
    assert len(model.questions) == 1
    assert talk.summary.startswith(WANTED[:80])
    assert any("5 March 2027" in fact for fact in talk.facts)
    assert talk.turns == turns[-8:]
    assert tokens_of(talk) <= WINDOW


def test_a_model_that_fails_later_leaves_what_it_has_done(compressor, allowance):
    """Its summary so far stands before the rules' own."""
    answers = iter([Compression(summary="Two people want to go to Lisbon.", facts=()), ModelUnavailableError("down")])
    talk = asyncio.run(compress(conversation(), compressor(lambda _: next(answers)), load("v1"), allowance))
    assert talk.summary.startswith("Two people want to go to Lisbon. | ")


def test_a_used_up_budget_is_the_next_question_s_business(compressor):
    """Compression itself fails for nothing."""
    spent = Allowance(Deadline(), Budget(model_calls=1))
    talk = asyncio.run(compress(conversation(), compressor(), load("v1"), spent))
    assert tokens_of(talk) <= WINDOW


def test_one_huge_turn_is_cut_and_its_facts_are_kept(compressor, allowance):
    """Twenty thousand characters, with the wish in their middle."""
    huge = Turn(role="user", text="blah " * 2_000 + ". " + WANTED + " " + "blah " * 1_900)
    talk = asyncio.run(compress((huge,), compressor(), load("v1"), allowance))
    assert tokens_of(talk) <= WINDOW
    assert any("At most 800 euros" in fact for fact in talk.facts)
    assert talk.turns[0].text.startswith("blah")
    assert " [...] " in talk.turns[0].text


def test_many_huge_turns_cost_no_more_questions(compressor, allowance):
    """They are shortened, each by the same measure."""
    turns = [Turn(role="user", text=f"{index} " + "blah " * 3_000) for index in range(300)]
    model = compressor()
    talk = asyncio.run(compress(turns, model, load("v1"), allowance))
    assert len(model.questions) <= CHUNKS_AT_MOST
    assert all(estimated_tokens(question.input) <= WINDOW for question in model.questions)
    assert tokens_of(talk) <= WINDOW


def test_turns_for_which_there_is_no_question_are_outlined(compressor, allowance, manifest_with):
    """In a window so small that four questions cannot show all: the oldest are told by their beginnings."""
    model = compressor()
    talk = asyncio.run(compress(conversation(400), model, manifest_with(conversation_tokens=200), allowance))
    assert len(model.questions) == CHUNKS_AT_MOST
    assert json.loads(model.questions[0].input)["summary"].startswith("We are two")
    assert talk.summary.startswith("We are two")
    assert tokens_of(talk) <= 200


@pytest.mark.parametrize("window", range(200, 300, 9))
def test_a_window_is_filled_and_not_more(compressor, allowance, manifest_with, window):
    """With facts of all lengths to choose from, a summary and a turn that are both too long."""
    facts = " ".join(f"At most {number} euros{' and so on' * (number % 20)}." for number in range(150))
    model = compressor(lambda _: Compression(summary="word " * 700, facts=()))
    manifest = manifest_with(conversation_tokens=window)
    talk = asyncio.run(compress((Turn(role="user", text=facts),), model, manifest, allowance))
    assert window * 0.85 < tokens_of(talk) <= window


TURN = st.builds(
    Turn,
    role=st.sampled_from(["user", "assistant"]),
    text=st.text(st.characters(exclude_categories=["Cs"]), max_size=200)
    | st.sampled_from(["blah " * 500, WANTED, '"' * 900]),
)


@settings(max_examples=60)
@given(st.data())
def test_no_conversation_is_too_long(compressor, allowance, manifest_with, data):
    """Whatever is in it, whatever the model makes of it: never more than the window, and word for word."""
    turns = data.draw(st.lists(TURN, max_size=60))
    window = data.draw(st.integers(200, 3_000))
    manifest = manifest_with(conversation_tokens=window, conversation_turns_kept=data.draw(st.integers(1, 20)))
    answer = Compression(summary="wordy" * data.draw(st.integers(0, 800)), facts=("nobody said this",))
    model = compressor(lambda _: answer)
    talk = asyncio.run(compress(turns, model, manifest, allowance, names=("Lisbon",)))
    assert tokens_of(talk) <= window
    said = [turn.text for turn in turns if turn.role == "user"]
    assert all(any(fact in text for text in said) for fact in talk.facts)
    assert len(model.questions) <= CHUNKS_AT_MOST
    assert all(estimated_tokens(question.input) <= window for question in model.questions)


def test_an_outline_names_the_turns_of_the_user():
    """Their beginnings, after what came before."""
    turns = [
        Turn(role="user", text="First\nthis."),
        Turn(role="assistant", text="Yes?"),
        Turn(role="user", text="x" * 100),
        Turn(role="user", text=" "),
    ]
    assert outline("Before.", turns, 100) == f"Before. | First this. | {'x' * 80}..."
    assert outline("", [], 100) == ""
    assert tokens_of(outline("Before.", turns, 10)) <= 10
