"""Human escalation after N failures: a trip that the system cannot finish goes to a person, with all that is needed.

The hand-over document says what was asked for, what is done, what is not, what is in doubt, and what to do next.
"""

from pytest_agentchaos import faults, on


def test_after_some_failures_in_a_row_a_person_gets_the_trip(agentchaos, system, on_record):
    """The hotel is booked and the flights cannot be: nothing is thrown away, and somebody is told what is left."""
    travel = system()
    agentchaos.inject(faults.Unavailable(), on.tool("book_flight"))

    (answer,) = agentchaos.run(travel.take, "weekend-in-lisbon").answers

    assert answer.reason == "escalated"
    (row,) = travel.store.escalations("open")
    assert (row.escalation, row.trip) == (answer.escalation, answer.trip)
    assert "failures in a row" in row.why
    document = row.document
    assert document["request"]["user"] == "Ada"
    assert {line["tool"] for line in document["done"]} >= {"book_hotel", "reserve_table"}
    assert [step["id"] for step in document["not_done"]] == ["ticket", "keep"]
    assert document["in_doubt"] == []  # the flights that may have been booked were made certain
    assert any("'ticket'" in action for action in document["actions"])
    assert {row.booking for row in answer.bookings} == {row.booking for row in on_record(travel)}


def test_the_people_who_take_over_see_it_in_the_queue(agentchaos, system, weekend):
    """``/escalations`` lists what is open."""
    travel = system()
    agentchaos.inject(faults.Unavailable(), on.tool("book_flight"))

    async def visit():
        async with travel.service() as service:
            answer = await service.ask(weekend(), key="ada-1")
            return answer, (await service.http.get("/escalations?state=open")).json()["escalations"]

    answer, queue = agentchaos.run(visit)

    assert [entry["escalation"] for entry in queue] == [answer.escalation]


def test_without_escalation_the_trip_is_thrown_away_and_nobody_hears_of_it(agentchaos, system, on_record):
    """One more attempt by hand would have saved it; the hotel is given back, the user stands there with nothing."""
    travel = system("escalation")
    agentchaos.inject(faults.Unavailable(), on.tool("book_flight"))

    (answer,) = agentchaos.run(travel.take, "weekend-in-lisbon").answers

    assert answer.reason == "failed"
    assert travel.store.escalations() == ()
    assert on_record(travel) == []
