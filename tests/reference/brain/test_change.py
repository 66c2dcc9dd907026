"""The planner's mind on trips that are booked already: changes, cancellations, questions."""

from __future__ import annotations

import pytest

from reference_system.contracts.asks import AskPlan
from reference_system.contracts.manifest import load
from reference_system.contracts.plan import Undo
from reference_system.orchestrator.plan_rules import complaints

EVERYTHING = "undo F-000001; undo F-000002; undo H-000001; undo T-000001"
A_WEEK_LATER = f"Zurich-Lisbon 03-12/03-15; stay Lisbon 03-12/03-15; {EVERYTHING}; for Ada"
A_NIGHT_MORE = "Lisbon-Zurich 03-09; stay Lisbon 03-05/03-09; undo H-000001; undo F-000002; for Ada"

CHANGES = [
    ("en", "Move it to 12 March", A_WEEK_LATER),
    ("de", "Verschiebe die Reise auf den 12. März", A_WEEK_LATER),
    ("fr", "Décalez le voyage au 12 mars", A_WEEK_LATER),
    ("es", "Cambia el viaje al 12 de marzo", A_WEEK_LATER),
    ("it", "Sposta il viaggio al 12 marzo", A_WEEK_LATER),
    ("en", "One more night please", A_NIGHT_MORE),
    ("de", "Noch eine Nacht länger, bitte", A_NIGHT_MORE),
    ("fr", "Ajoutez une nuit de plus", A_NIGHT_MORE),
    ("es", "Una noche más por favor", A_NIGHT_MORE),
    ("it", "Una notte in più per favore", A_NIGHT_MORE),
    ("en", "Fly back on 9 March", A_NIGHT_MORE),
    ("en", "Stay until 9 March instead", A_NIGHT_MORE),
    ("en", "I'd like another hotel with 5 stars", "stay Lisbon 03-05/03-08 5*; undo H-000001; for Ada"),
    ("en", "Go to Porto instead of Lisbon", f"Zurich-Porto 03-05/03-08; stay Porto 03-05/03-08; {EVERYTHING}; for Ada"),
    (
        "en",
        "Ben comes along too: book it for Ada and Ben",
        f"Zurich-Lisbon 03-05/03-08; stay Lisbon 03-05/03-08; {EVERYTHING}; for Ada, Ben",
    ),
    ("en", "Also reserve a table at an Italian restaurant on 6 March", "dine Lisbon 03-06 1 Italian"),
    ("en", "An Italian restaurant, please", "dine Lisbon 03-05 1 Italian; undo T-000001"),
    ("en", "We need no hotel any more", "undo H-000001"),
    ("en", "move it to 8 July", "out_of_calendar"),
    ("en", "I want another hotel", "missing_data"),
    ("en", "Please change it", "missing_data"),
]
CANCELLATIONS = [
    ("en", "Cancel my trip", EVERYTHING),
    ("en", "Cancel only the dinner", "undo T-000001"),
    ("de", "Storniere das Hotel und den Tisch", "undo H-000001; undo T-000001"),
    ("it", "Annulla tutto il viaggio, per favore.", EVERYTHING),
]


@pytest.fixture
def outlined(planned, outline, booked):
    """The outline of a plan about the booked trip."""

    def make(text: str, kind: str, language: str = "en") -> str:
        rows = [row.model_dump(mode="json") for row in booked]
        return outline(planned(text, kind=kind, language=language, earlier=rows))

    return make


@pytest.mark.parametrize(("language", "text", "expected"), CHANGES)
def test_a_change_books_the_new_and_undoes_the_old(language, text, expected, outlined):
    """And only what it touches; what cannot be told for sure is asked."""
    assert outlined(text, "change", language) == expected


@pytest.mark.parametrize(("language", "text", "expected"), CANCELLATIONS)
def test_a_cancellation_undoes_what_is_named(language, text, expected, outlined):
    """Or everything."""
    assert outlined(text, "cancel", language) == expected


@pytest.mark.parametrize(
    ("kind", "text"), [*(("change", row[1]) for row in CHANGES), *(("cancel", row[1]) for row in CANCELLATIONS)]
)
def test_the_plans_keep_the_rules_of_the_planner(kind, text, planned, ask_plan, booked):
    """The orchestrator finds nothing wrong with them."""
    rows = [row.model_dump(mode="json") for row in booked]
    ask = AskPlan.model_validate(ask_plan(text, kind=kind, earlier=rows))
    assert complaints(planned(text, kind=kind, earlier=rows), ask, load("v1").policy) == ()


def test_nothing_is_undone_before_the_new_is_booked(planned, booked):
    """Each undo needs every required step of the new."""
    rows = [row.model_dump(mode="json") for row in booked]
    plan = planned("Move it to 12 March", kind="change", earlier=rows)
    new = {step.id for step in plan.steps if step.required and not isinstance(step.task, Undo)}
    assert all(set(step.needs) == new for step in plan.steps if isinstance(step.task, Undo))


@pytest.mark.parametrize("kind", ["change", "cancel"])
def test_without_a_booking_there_is_nothing_to_change(kind, planned):
    """The user is asked which trip is meant."""
    assert planned("Cancel or move it", kind=kind).problem == "not_possible"


def test_a_cancelled_booking_is_not_undone_again(planned, outline, booked):
    """Only what stands."""
    rows = [row.model_copy(update={"state": "cancelled"}).model_dump(mode="json") for row in booked[:2]]
    rows += [row.model_dump(mode="json") for row in booked[2:]]
    assert outline(planned("Cancel it", kind="cancel", earlier=rows)) == "undo H-000001; undo T-000001"


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "What will the weather be like in Lisbon on 5 March?", [("Lisbon", "2027-03-05", "2027-03-05")]),
        (
            "en",
            "Weather in Rome and Naples from 5 to 8 April?",
            [("Rome", "2027-04-05", "2027-04-08"), ("Naples", "2027-04-05", "2027-04-08")],
        ),
        ("de", "Wie wird das Wetter in Rom am 5. April?", [("Rome", "2027-04-05", "2027-04-05")]),
        ("es", "¿Qué tiempo hará en Sevilla del 3 al 5 de abril?", [("Seville", "2027-04-03", "2027-04-05")]),
        ("en", "Will it rain in Oslo tomorrow?", [("Oslo", "2027-03-02", "2027-03-02")]),
    ],
)
def test_a_question_about_the_weather_is_looked_up(language, text, expected, planned):
    """One look a city."""
    steps = planned(text, kind="question", language=language).steps
    assert [(s.task.city, str(s.task.first), str(s.task.last)) for s in steps] == expected
    assert all(step.required for step in steps)


def test_the_weather_of_a_trip_is_that_of_its_days(planned, booked):
    """The question need not say where and when."""
    rows = [row.model_dump(mode="json") for row in booked]
    (step,) = planned("What will the weather be there?", kind="question", earlier=rows).steps
    assert (step.task.city, str(step.task.first), str(step.task.last)) == ("Lisbon", "2027-03-05", "2027-03-08")


def test_another_question_gets_what_stands_booked(planned, booked):
    """There is nothing to look up, but the bookings tell when the flight leaves."""
    rows = [row.model_dump(mode="json") for row in booked]
    plan = planned("When does my flight leave?", kind="question", earlier=rows)
    assert plan.problem == "not_possible"
    assert "at 07:25" in plan.question


def test_a_yes_means_what_was_asked_for_before(planned, outline, booked):
    """The user's last wish counts when the request itself says nothing new; the assistant's words never do."""
    rows = [row.model_dump(mode="json") for row in booked]
    talk = {
        "turns": [
            {"role": "user", "text": "Move it to 12 March."},
            {"role": "assistant", "text": "Or rather to 19 March? Shall I go ahead?"},
        ]
    }
    assert outline(planned("Yes, please.", kind="change", earlier=rows, talk=talk)) == A_WEEK_LATER
