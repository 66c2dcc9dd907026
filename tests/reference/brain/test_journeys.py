"""The golden journeys, as far as the brain decides them: each first turn gets the route and the plan that it needs."""

from __future__ import annotations

import pytest

from reference_system.contracts.plan import Plan, Route
from reference_system.contracts.trip import Reason
from reference_system.journeys import shipped
from reference_system.model.brain import think

OF_THE_PLANNER = {"missing_data", "contradictory", "unknown_city", "out_of_calendar", "too_many_travellers"}
JOURNEYS = {journey.name: journey for journey in shipped()}
PLANNED = [name for name, journey in JOURNEYS.items() if not {"question", "out-of-scope"} & set(journey.tags)]


def _told(turn) -> dict:
    request = turn.request(None)
    return {"turns": [said.model_dump() for said in request.conversation[:20]]}


@pytest.mark.parametrize("name", list(JOURNEYS))
def test_the_first_turn_is_routed_in_its_language(name, request_for):
    """Refusals are for what is out of scope, and for nothing else."""
    journey = JOURNEYS[name]
    turn = journey.turns[0]
    ask = {"ask": "route", "text": turn.text, "talk": _told(turn), "about_a_trip": False}
    route = Route.model_validate_json(think(request_for(ask)))
    assert (route.kind == "out_of_scope") == (turn.expect.reason is Reason.REFUSED)
    assert route.language == (turn.expect.language or "en")


@pytest.mark.parametrize("name", PLANNED)
def test_the_first_turn_gets_the_plan_that_its_end_needs(name, planned):
    """The stays and flights of the plan are those that have to stand booked, on their days and for their travellers."""
    turn = JOURNEYS[name].turns[0]
    plan: Plan = planned(turn.text, user=turn.user, language=turn.expect.language or "en", talk=_told(turn))
    if turn.expect.problem in OF_THE_PLANNER:
        assert plan.problem == turn.expect.problem
        return
    assert plan.problem is None
    wanted = {(row.first, row.last) for row in turn.expect.bookings if row.domain == "hotels" and row.first}
    stays = {(str(s.task.check_in), str(s.task.check_out)) for s in plan.steps if s.task.task == "stay"}
    assert wanted <= stays
    days = {row.first for row in turn.expect.bookings if row.domain == "flights" and row.first}
    flown = {str(day) for s in plan.steps if s.task.task == "fly" for day in (s.task.depart_on, s.task.return_on)}
    assert days <= flown
    names = {row.names for row in turn.expect.bookings if row.names}
    assert names <= {s.task.travellers for s in plan.steps if s.task.task == "fly"} | {
        s.task.guests for s in plan.steps if s.task.task == "stay"
    }


def test_the_journeys_cover_what_they_are_to_cover():
    """Thirty of them, in five languages."""
    assert len(JOURNEYS) == 30
    tags = {tag for journey in JOURNEYS.values() for tag in journey.tags}
    assert tags >= {"simple", "multi-city", "over-budget", "sold-out", "missing-data", "contradictory", "change"}
    assert tags >= {"cancel", "out-of-scope", "injection", "long-conversation", "several-travellers", "degraded"}
    assert tags >= {"en", "de", "fr", "es", "it"}
