"""The message log is searched over HTTP, and what waits for a person is listed."""

import asyncio

import pytest

from reference_system.store.interface import EscalationRow


def _log(travel):
    for sender, receiver, kind, text, trip in (
        ("service", "router", "request", "a weekend in Lisbon", "t-1"),
        ("planner", "executor", "plan", "fly, stay", "t-1"),
        ("flights", "gateway", "tool_call", "search to Lisbon", "t-1"),
        ("service", "router", "request", "Rome", "t-2"),
    ):
        travel.telemetry.tell(sender, receiver, kind, {"text": text}, trip=trip, correlation=f"c{trip}")
    travel.store.log(travel.telemetry.pending())


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", 4),
        ("?text=Lisbon", 2),
        ("?trip=t-2", 1),
        ("?correlation=ct-1", 3),
        ("?party=router", 2),
        ("?party=planner", 1),
        ("?kind=plan", 1),
        ("?kind=request&text=Rome", 1),
        ("?limit=3", 3),
        ("?trip=t-3", 0),
    ],
)
def test_messages_are_found_by_what_is_known_of_them(service, query, found):
    """By text, trip, correlation id, party and kind, also together."""

    async def scene():
        travel = service()
        _log(travel)
        messages = (await travel.http.get(f"/messages{query}")).json()["messages"]
        assert len(messages) == found
        assert [message["number"] for message in messages] == sorted(message["number"] for message in messages)

    asyncio.run(scene())


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/messages?txet=Lisbon", "txet"),
        ("/messages?limit=0", "limit"),
        ("/messages?limit=1e9", "limit"),
        ("/messages?limit=99999999999999999999", "limit"),
        ("/messages?limit=\u0663", "limit"),
        ("/escalations?state=lost", "state"),
        ("/escalations?stat=open", "stat"),
    ],
)
def test_a_query_with_an_error_finds_nothing_by_mistake(service, path, field):
    """It is refused, and the parameter is named."""

    async def scene():
        reply = await service().http.get(path)
        assert reply.status_code == 400
        assert reply.json()["error"]["field"] == field

    asyncio.run(scene())


def test_what_waits_for_a_person_is_listed(service):
    """With the document that it takes to finish the trip."""

    async def scene():
        travel = service()
        travel.store.escalate(EscalationRow("e-1", "t-1", "c-1", 1.0, "three failures in a row", {"done": ["F-1"]}))
        (row,) = (await travel.http.get("/escalations?state=open")).json()["escalations"]
        assert row["escalation"] == "e-1"
        assert row["document"] == {"done": ["F-1"]}
        assert (await travel.http.get("/escalations?state=closed")).json()["escalations"] == []

    asyncio.run(scene())


def test_what_a_person_has_finished_is_closed(service):
    """Once or twice; and one that is not there is named."""

    async def scene():
        travel = service()
        travel.store.escalate(EscalationRow("e-1", "t-1", "c-1", 1.0, "three failures in a row", {}))
        for _ in range(2):
            reply = await travel.http.post("/escalations/e-1/close")
            assert (reply.status_code, reply.json()) == (200, {"escalation": "e-1", "state": "closed"})
        assert (await travel.http.get("/escalations?state=open")).json()["escalations"] == []
        missing = await travel.http.post("/escalations/e-2/close")
        assert missing.status_code == 404
        assert "'e-2'" in missing.json()["error"]["message"]

    asyncio.run(scene())
