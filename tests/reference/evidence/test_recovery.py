"""Recovery: how a trip comes out of trouble, what it keeps, who hears of it, and what the trouble costs.

Each row of the table is an incident: the safeguard that is missing, the invariant that finds it, what it says, and what
went wrong in the world. With all safeguards, in the same world and by the same seed, the invariant passes.
"""

import re
from typing import Any, NamedTuple

import pytest

from pytest_agentchaos import faults, invariants, on
from reference_system.system import travel

REASON = "answers.-1.reason"
NEEDS = {
    "flights": ["search_flights", "*_flight"],
    "hotels": ["search_hotels", "book_hotel"],
    "restaurants": ["search_restaurants", "reserve_table"],
}
PARTS = {
    **{
        domain: {"at": "answers.-1.bookings.*", "where": {"domain": domain}, "needs": needs}
        for domain, needs in NEEDS.items()
    },
    "weather": {"at": "answers.-1.weather.*", "needs": ["get_forecast"]},
}
"""Of the answer for a weekend, and the calls that each depends on."""


class Incident(NamedTuple):
    """What happens without a safeguard."""

    switch: str
    invariant: Any
    tells: str
    fault: Any
    where: Any


INCIDENTS = {
    "the model is away for half a second, and all attempts are made before it is back": Incident(
        "retry_backoff",
        invariants.recovers_within(10, answer={REASON: "completed"}),
        f"the last fault, 'overloaded', acted at 0 s, .* but {REASON} is 'escalated', not 'completed'",
        faults.Overloaded(),
        on.model(between=(0, 0.5)),
    ),
    "all is booked within a moment, and for half an hour the user does not hear of it": Incident(
        "deadline",
        invariants.recovers_within(180),
        "the last fault, 'stream_drip', acted at 0 s, and the run completed 1860 s later, not within 180 s",
        faults.StreamDrip(interval_s=20),
        on.model(),
    ),
    "nobody knows whether the sun will shine, so nothing is booked": Incident(
        "fallback",
        invariants.degrades_gracefully(PARTS),
        "the answer lacks 'flights', 'hotels', 'restaurants', though no fault met what that needs",
        faults.Unavailable(),
        on.tool("get_forecast"),
    ),
    "no table is to be had, so nobody travels": Incident(
        "fallback",
        invariants.degrades_gracefully(PARTS),
        "the answer lacks 'flights', 'hotels'.*, though no fault met what that needs",
        faults.Unavailable(),
        on.tool("reserve_table"),
    ),
    "the flights cannot be booked, the trip is thrown away, and nobody hears of it": Incident(
        "escalation",
        invariants.escalates_after(3, answer={REASON: "escalated"}),
        f"tool 'book_flight' failed 3 times in a row by .*, and nothing escalated: .*{REASON} is 'failed'",
        faults.Unavailable(),
        on.tool("book_flight"),
    ),
}

incidents = pytest.mark.parametrize("incident", INCIDENTS.values(), ids=INCIDENTS)


@incidents
def test_without_the_safeguard(taken, judged, incident):
    """It happens, and the invariant says what happened."""
    taken(incident.switch, faults=[(incident.fault, incident.where)])

    verdict = judged(incident.invariant)

    assert verdict.status == "fail"
    assert re.search(incident.tells, verdict.reason)


@incidents
def test_with_all_safeguards(taken, judged, incident):
    """In the same world it does not happen."""
    taken(faults=[(incident.fault, incident.where)])

    assert judged(incident.invariant).status == "pass"


# --- what it costs ------------------------------------------------------------------------------------------------


def _a_weekend(*off):
    """What is run twice: the whole system, made anew."""

    def build(chaos):
        one = travel(*off)
        one.introduce(chaos)
        return lambda: one.take("weekend-in-lisbon")

    return build


LOST = [(faults.DropResponse(), on.model(nth=3)), (faults.DropResponse(), on.tool("book_hotel", nth=1))]


def test_what_two_lost_answers_cost(agentchaos):
    """A model's answer and a hotel's: both are waited for and asked for again. Tokens are paid twice, a room once."""
    pair = agentchaos.paired(_a_weekend(), *LOST)

    cost = pair.cost
    assert cost.calls == cost.steps == 2
    assert 30 + 10 < cost.seconds < 30 + 10 + 2  # both timeouts, and a pause before each second attempt
    again = pair.trials[1].history.calls(kind="model")[2].data["usage"]
    tokens = again["input_tokens"] + again["output_tokens"]
    a_few = 20  # the time until which a seat is held has decimals now, which the model reads
    assert tokens <= cost.tokens < tokens + a_few
    price = (again["input_tokens"] * 1.25 + again["output_tokens"] * 10) / 1_000_000
    assert price <= cost.cost < price + a_few * 1.25 / 1_000_000
    assert 0 < cost.cost < pair.without.cost / 10
    assert set(cost.effects.values()) == {0}


def test_without_keys_a_lost_answer_costs_a_room(agentchaos):
    """The difference shows what recovery has left behind."""
    cost = agentchaos.paired(_a_weekend("idempotency"), *LOST).cost

    assert cost.effects == {"flight_booking": 0, "flight_hold": 0, "hotel_booking": 1, "table_reservation": 0}


def test_prices_are_those_of_the_manifest(taken, agentchaos):
    """``introduce`` declares them: 1.25 and 10 EUR for a million tokens."""
    taken()

    measured = agentchaos.measures()
    assert measured.cost == pytest.approx((measured.input_tokens * 1.25 + measured.output_tokens * 10) / 1_000_000)
