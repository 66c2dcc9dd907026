"""A trip is asked for once, whatever the network does; it goes on when its caller does not."""

import asyncio

import pytest

from reference_system.errors import StoreError
from reference_system.hardening import Hardening


def test_a_request_is_answered_with_the_end_of_its_trip(service):
    """The answer, where the trip is, and the correlation id."""

    async def scene():
        travel = service()
        reply = await travel.post()
        answer = reply.json()
        assert reply.status_code == 200
        assert answer["reason"] == "completed"
        assert reply.headers["location"] == f"/trips/{answer['trip']}"
        assert reply.headers["x-correlation-id"] == answer["correlation"]

    asyncio.run(scene())


def test_requests_without_a_key_are_different_trips(service):
    """Nobody said that they are the same."""

    async def scene():
        travel = service()
        first, second = await travel.post(), await travel.post()
        assert first.json()["trip"] != second.json()["trip"]

    asyncio.run(scene())


def test_the_same_key_brings_the_same_trip_and_answer(service, data):
    """Also when the fields of the body come in another order; the work is done once."""

    async def scene():
        travel = service()
        first = await travel.post(Idempotency_Key="k1", X_Correlation_Id="c-first")
        again = await travel.post(dict(reversed(data.items())), Idempotency_Key="k1", X_Correlation_Id="c-second")
        assert again.json() == first.json()
        assert again.headers["x-correlation-id"] == "c-first"
        assert len(travel.orchestrator.seen) == 1

    asyncio.run(scene())


def test_duplicates_at_the_same_time_join_one_trip(service):
    """Twenty that come before the first has its answer."""

    async def scene():
        travel = service()
        travel.orchestrator.gate.clear()
        requests = [asyncio.create_task(travel.post(Idempotency_Key="k1")) for _ in range(20)]
        await travel.until(lambda: travel.orchestrator.seen)
        travel.orchestrator.gate.set()
        replies = await asyncio.gather(*requests)
        assert len({reply.json()["trip"] for reply in replies}) == 1
        assert len(travel.orchestrator.seen) == 1

    asyncio.run(scene())


def test_the_same_key_with_another_body_is_a_conflict(service, data):
    """The first trip stays what it was."""

    async def scene():
        travel = service()
        await travel.post(Idempotency_Key="k1")
        reply = await travel.post({**data, "text": "Rome"}, Idempotency_Key="k1")
        assert reply.status_code == 409
        assert reply.json()["error"]["code"] == "key_conflict"
        assert len(travel.orchestrator.seen) == 1

    asyncio.run(scene())


def test_who_does_not_want_to_wait_is_told_where_to_look(service):
    """202 with the place; there the trip is running, and later ended."""

    async def scene():
        travel = service()
        travel.orchestrator.gate.clear()
        reply = await travel.post(Prefer="respond-async")
        assert reply.status_code == 202
        place = reply.headers["location"]
        assert (await travel.http.get(place)).json()["state"] == "running"
        travel.orchestrator.gate.set()
        await travel.runner.close(grace_s=5)
        ended = (await travel.http.get(place)).json()
        assert ended["state"] == "ended"
        assert ended["answer"]["reason"] == "completed"

    asyncio.run(scene())


def test_a_caller_who_goes_away_does_not_end_the_trip(service):
    """The work belongs to the trip, not to the connection."""

    async def scene():
        travel = service()
        travel.orchestrator.gate.clear()
        caller = asyncio.create_task(travel.post(Idempotency_Key="k1"))
        await travel.until(lambda: travel.orchestrator.seen)
        caller.cancel()
        await asyncio.wait({caller})
        travel.orchestrator.gate.set()
        again = await travel.post(Idempotency_Key="k1")
        assert again.json()["reason"] == "completed"
        assert len(travel.orchestrator.seen) == 1

    asyncio.run(scene())


def test_a_trip_is_shown_with_its_messages_or_without(service):
    """The log of what passed between the parts belongs to the trip."""

    async def scene():
        travel = service()
        reply = await travel.post()
        trip, correlation = reply.json()["trip"], reply.json()["correlation"]
        travel.telemetry.tell("planner", "executor", "plan", {"steps": []}, trip=trip, correlation=correlation)
        travel.store.log(travel.telemetry.pending())
        shown = (await travel.http.get(f"/trips/{trip}")).json()
        assert [message["kind"] for message in shown["messages"]] == ["plan"]
        assert shown["correlation"] == correlation
        assert "messages" not in (await travel.http.get(f"/trips/{trip}?messages=0")).json()

    asyncio.run(scene())


def test_a_trip_that_nobody_knows_is_not_found(service):
    """In the shape of all errors."""

    async def scene():
        reply = await service().http.get("/trips/t-unknown")
        assert reply.status_code == 404
        assert reply.json()["error"]["code"] == "unknown_trip"

    asyncio.run(scene())


@pytest.mark.parametrize(
    ("headers", "expected"),
    [({"X_Correlation_Id": "c-mine"}, "c-mine"), ({"baggage": "a=b,correlation=c-mine"}, "c-mine")],
    ids=["header", "baggage"],
)
def test_a_valid_correlation_id_is_taken_over(service, headers, expected):
    """From the header, or from baggage: into the trip, the answer and the reply."""

    async def scene():
        travel = service()
        reply = await travel.post(**headers)
        assert reply.headers["x-correlation-id"] == expected
        assert travel.orchestrator.seen[0].correlation == expected

    asyncio.run(scene())


def test_an_invalid_correlation_id_is_replaced(service):
    """It could smuggle text into logs."""

    async def scene():
        reply = await service().post(X_Correlation_Id='"}{"level":"none')
        assert reply.headers["x-correlation-id"].startswith("c-")

    asyncio.run(scene())


def test_with_correlation_off_there_is_no_id_anywhere(service):
    """Nothing in the reply, the trip or the answer tells what belongs together."""

    async def scene():
        travel = service(hardening=Hardening().without("correlation"))
        reply = await travel.post(X_Correlation_Id="c-mine")
        assert "x-correlation-id" not in reply.headers
        assert reply.json()["correlation"] is None

    asyncio.run(scene())


def test_a_trip_is_part_of_the_trace_of_its_caller(service):
    """The traceparent of the request is the parent of what is done for it."""
    parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

    async def scene():
        travel = service()
        run = travel.orchestrator.run

        async def traced(row):
            with travel.telemetry.span("invoke_workflow", "trip"):
                return await run(row)

        travel.runner._run = traced
        await travel.post(traceparent=parent)
        (span,) = travel.telemetry.spans()
        assert f"{span.context.trace_id:032x}" == parent.split("-")[1]

    asyncio.run(scene())


def test_a_store_that_is_down_is_said_without_details(service, monkeypatch):
    """503 and when to come again; the path of the database is nobody's business."""

    async def scene():
        travel = service()

        def begin_trip(row):
            msg = "/var/secret/trips.db is gone"
            raise StoreError(msg)

        monkeypatch.setattr(travel.store, "begin_trip", begin_trip)
        reply = await travel.post()
        assert reply.status_code == 503
        assert reply.headers["retry-after"] == "2"
        assert "secret" not in reply.text

    asyncio.run(scene())


def test_a_defect_leaves_no_stack_trace(service, monkeypatch, caplog):
    """500 with the correlation id; the log has the rest."""

    async def scene():
        travel = service()

        def begin_trip(row):
            raise ZeroDivisionError

        monkeypatch.setattr(travel.store, "begin_trip", begin_trip)
        reply = await travel.post(X_Correlation_Id="c-1")
        assert reply.status_code == 500
        assert reply.json()["error"]["code"] == "internal"
        assert reply.headers["x-correlation-id"] == "c-1"
        assert "Traceback" not in reply.text

    asyncio.run(scene())
    assert "POST /trips failed" in caplog.text
