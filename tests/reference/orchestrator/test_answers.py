"""What the user is told: only what is true, whoever wrote the words."""

from __future__ import annotations

import re

import pytest

from pytest_agentchaos import faults, on
from pytest_agentchaos.schedule import rule
from reference_system.contracts.asks import AskSummary
from reference_system.contracts.trip import Booked, Reason
from reference_system.model.brain import think
from reference_system.orchestrator.claims import untruths
from reference_system.orchestrator.phrases import LANGUAGES, phrase
from reference_system.orchestrator.summariser import template

ADA = "From Zurich to Lisbon from 2027-03-05 to 2027-03-07 for Ada"

ROW = Booked(
    booking="H-000001",
    domain="hotels",
    tool="book_hotel",
    step="stay",
    what="Hotel Orion in Lisbon, 2027-03-05 to 2027-03-07",
    item="H-LIS-1",
    first="2027-03-05",
    last="2027-03-07",
    names=("Ada",),
    amount_minor=123_450,
    currency="EUR",
    state="booked",
)


def ask(**changes) -> AskSummary:
    """One hotel."""
    plain = {
        "language": "en",
        "text": "a hotel",
        "reason": "completed",
        "bookings": (ROW,),
        "missing": (),
        "problem": None,
        "question": None,
        "weather": (),
        "total_minor": 123_450,
        "currency": "EUR",
    }
    return AskSummary.model_validate(plain | changes)


@pytest.mark.parametrize(
    "text",
    [
        "Booked: H-000001 for 1234.50 EUR.",
        "Booked (H-000001, 1,234.50 EUR).",
        "Gebucht: H-000001, zusammen 1.234,50 €.",
        "Réservé: H-000001, total €1 234,50, 2 nuits",
        "From 2027-03-05 1234.50 EUR, H-000001",
    ],
)
def test_a_text_that_tells_all_and_nothing_else_may_be_shown(text):
    """However amounts are written in its language."""
    assert untruths(text, ask()) == ()


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("", "empty"),
        ("Everything is booked.", "does not tell of H-000001"),
        ("Booked: H-000001.", "does not tell of the 123450 cents"),
        ("Booked: H-000001 for 12.00 EUR, not 1234.50 EUR.", "1200 cents that nothing costs"),
        ("Booked: H-000001 and H-000002 for 1234.50 EUR.", "a booking H-000002 that is not there"),
    ],
)
def test_a_text_that_tells_something_else_is_not_shown(text, wrong):
    """What is missing or invented is named."""
    assert any(wrong in each for each in untruths(text, ask())), untruths(text, ask())


def test_a_question_has_to_be_asked():
    """Word for word."""
    assert untruths("H-000001, 1234.50 EUR", ask(question="When?")) == ("it does not ask the question",)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("reason", list(Reason))
def test_the_system_has_words_of_its_own_for_every_end_in_every_language(language, reason):
    """And they pass its own check."""
    written = ask(language=language, reason=str(reason))

    text = template(written, itinerary=True)

    assert phrase(language, str(reason)) in text
    assert untruths(text, written) == ()
    assert not re.search(r"[{}]", text)


def test_all_languages_have_the_same_phrases():
    """Nothing falls back to another language in the middle of a text."""
    from reference_system.orchestrator.phrases import _PHRASES

    assert {language: sorted(phrases) for language, phrases in _PHRASES.items()} == dict.fromkeys(
        LANGUAGES, sorted(_PHRASES["en"])
    )


def boasting(asked):
    """A model that invents a second hotel."""
    if '"ask":"summary"' in asked.last_user:
        return "All booked, with the suite H-000099 for 1.00 EUR!"
    return think(asked)


def test_prose_that_claims_what_is_not_there_is_replaced(world, truthful):
    """The words are the system's own then."""
    scene = world(think=boasting)

    answer = scene.run(ADA)

    assert "H-000099" not in answer.text
    assert all(row.booking in answer.text for row in answer.bookings)
    assert scene.messages("objection")
    truthful(scene, answer)


def test_without_truthful_summaries_it_is_shown(world, off):
    """Whatever the model says."""
    assert "H-000099" in world(think=boasting, hardening=off("truthful_summary")).run(ADA).text


NO_TABLE = (rule(faults.ErrorStatus(status=503), on.tool("reserve_table")),)
DINNER = f"{ADA} with dinner"


def test_without_truthful_summaries_plans_count_as_done(world, off):
    """A table that nobody reserved stands in the answer, and nothing is missing."""
    honest, naive = world(NO_TABLE), world(NO_TABLE, hardening=off("truthful_summary"))

    assert honest.run(DINNER).reason is Reason.DEGRADED
    answer = naive.run(DINNER)

    assert (answer.reason, answer.missing) == (Reason.COMPLETED, ())
    assert {row.booking for row in answer.bookings} - {row.booking for row in naive.bookings("booked")} == {
        "planned-dine"
    }


def test_a_model_that_is_silent_at_the_end_costs_nothing_but_style(world, truthful):
    """The trip is completed all the same."""
    scene = world((rule(faults.StreamCut(), on.model("*")),))

    answer = scene.run(ADA)

    assert answer.reason is Reason.COMPLETED
    assert all(row.booking in answer.text for row in answer.bookings)
    truthful(scene, answer)


@pytest.mark.parametrize("seed", range(4))
def test_a_garbled_answer_of_a_tool_is_put_right_from_its_record(world, truthful, seed):
    """Ids and amounts are read back before they are claimed."""
    scene = world((rule(faults.CorruptedValue(), on.tool("book_flight")),), seed=seed)

    answer = scene.run(ADA)

    assert answer.reason in {Reason.COMPLETED, Reason.ESCALATED}
    truthful(scene, answer)


def test_a_booking_that_is_on_no_record_is_not_claimed(world, truthful):
    """A tool says that it has booked, and has not."""

    class Lying:
        def __init__(self, tools):
            self.tools = tools

        async def call(self, request, allowance):
            reply = await self.tools.call(request, allowance)
            if request.tool == "book_hotel":
                scene.store.write(lambda w: w.cancel(reply.result.booking))
            return reply

    scene = world(wrap_tools=Lying)

    answer = scene.run(ADA)

    assert answer.reason is Reason.ESCALATED
    assert "on no record" in scene.store.escalations()[0].why
    truthful(scene, answer)
