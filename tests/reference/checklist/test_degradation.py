"""Graceful degradation and fallback agents: what is not essential may be missing, and the user is told that it is.

A specialist whose model goes astray is replaced by rules. A dead weather service costs the weather, not the trip. And
what is not there is never claimed: the answer is written from what was done.
"""

import pytest

from pytest_agentchaos import faults, on


def test_a_dead_weather_service_costs_the_weather(agentchaos, system, on_record):
    """Flights, room and table are booked; the answer is marked as degraded and names what is missing."""
    travel = system()
    agentchaos.inject(faults.Unavailable(), on.tool("get_forecast"))

    (answer,) = agentchaos.run(travel.take, "weekend-in-lisbon").answers

    assert answer.reason == "degraded"
    assert answer.missing == ("weather forecast for Lisbon",)
    assert "weather forecast for Lisbon" in answer.text
    assert sorted(row.kind for row in on_record(travel)) == ["flight", "flight", "room", "table"]


def test_without_fallback_a_dead_weather_service_costs_the_trip(agentchaos, system, on_record):
    """Nothing is booked, because nobody knows whether the sun will shine."""
    travel = system("fallback")
    agentchaos.inject(faults.Unavailable(), on.tool("get_forecast"))

    (answer,) = agentchaos.run(travel.take, "weekend-in-lisbon").answers

    assert answer.reason == "failed"
    assert on_record(travel) == []


def test_a_specialist_that_goes_astray_is_replaced_by_rules(agentchaos, system, on_record):
    """A model that only ever searches is taken off the step; rules book the same flights and the same hotel."""
    travel = system(model="travel-looping")

    (answer,) = agentchaos.run(travel.take, "weekend-in-lisbon").answers

    assert answer.reason == "completed"
    assert [row.item for row in on_record(travel, "room")] == ["H-LIS-1"]
    reports = [message.body for message in travel.store.messages(trip=answer.trip, kind="report")]
    assert {report["by"] for report in reports if report["step"] in {"fly", "stay"}} == {"rules"}


def test_without_fallback_a_specialist_that_goes_astray_takes_the_trip_with_it(agentchaos, system, on_record):
    """Every flight and every hotel was to be had."""
    travel = system("fallback", model="travel-looping")

    (answer,) = agentchaos.run(travel.take, "weekend-in-lisbon").answers

    assert answer.reason == "failed"
    assert on_record(travel) == []


DOWN = ["search_restaurants", "reserve_table"]


@pytest.mark.parametrize("tool", DOWN)
def test_what_is_not_booked_is_not_claimed(agentchaos, system, on_record, tool):
    """No table was reserved, and the answer says so."""
    travel = system()
    agentchaos.inject(faults.Unavailable(), on.tool(tool))

    (answer,) = agentchaos.run(travel.take, "weekend-in-lisbon").answers

    assert answer.reason == "degraded"
    assert {row.booking for row in answer.bookings} == {row.booking for row in on_record(travel)}
    assert answer.missing == ("restaurant table in Lisbon on 2027-03-05",)


@pytest.mark.parametrize("tool", DOWN)
def test_without_a_truthful_summary_the_user_dresses_for_a_table_that_nobody_reserved(
    agentchaos, system, on_record, tool
):
    """Everything is arranged, says the answer: it was written from the plan."""
    travel = system("truthful_summary")
    agentchaos.inject(faults.Unavailable(), on.tool(tool))

    (answer,) = agentchaos.run(travel.take, "weekend-in-lisbon").answers

    assert answer.reason == "completed"
    assert answer.missing == ()
    assert on_record(travel, "table") == []
    phantoms = [row for row in answer.bookings if row.booking not in {one.booking for one in on_record(travel)}]
    assert [row.domain for row in phantoms] == ["restaurants"]
