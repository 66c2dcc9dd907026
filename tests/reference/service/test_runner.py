"""Trips are worked on to their end: fairly, within bounds, over crashes and restarts."""

import asyncio

import pytest

from pytest_agentchaos.trial import Trial
from reference_system.service.fair_gate import FairGate
from reference_system.telemetry.correlation import current_correlation


def test_a_busy_user_does_not_keep_others_waiting(service, data):
    """With one place, the one request of a second user comes second, not eleventh."""

    async def scene():
        travel = service(running_at_most=1)
        travel.orchestrator.gate.clear()
        users = ["ada"] * 10 + ["ben"]
        requests = [asyncio.create_task(travel.post({**data, "user": user})) for user in users]
        await travel.until(lambda: travel.runner.waiting == 10)
        travel.orchestrator.gate.set()
        await asyncio.gather(*requests)
        order = [row.request["user"] for row in travel.orchestrator.seen]
        assert order.index("ben") in (1, 2)

    asyncio.run(scene())


def test_only_so_many_trips_run_at_a_time(service):
    """The others wait, and are counted."""

    async def scene():
        travel = service(running_at_most=3)
        travel.orchestrator.gate.clear()
        requests = [asyncio.create_task(travel.post()) for _ in range(8)]
        await travel.until(lambda: travel.runner.waiting == 5)
        assert len(travel.orchestrator.seen) == 3
        text = (await travel.http.get("/metrics")).text
        assert "travel_trips_running 3.0" in text
        travel.orchestrator.gate.set()
        await asyncio.gather(*requests)

    asyncio.run(scene())


def test_when_too_many_wait_nobody_else_is_let_in(service):
    """503 and when to come again; nothing was begun for the one who is sent away."""

    async def scene():
        travel = service(running_at_most=1, waiting_at_most=1)
        travel.orchestrator.gate.clear()
        requests = [asyncio.create_task(travel.post()) for _ in range(2)]
        await travel.until(lambda: travel.runner.waiting == 1)
        reply = await travel.post()
        assert (reply.status_code, reply.json()["error"]["code"]) == (503, "too_busy")
        assert int(reply.headers["retry-after"]) > 0
        assert len(travel.store.trips()) == 2
        travel.orchestrator.gate.set()
        await asyncio.gather(*requests)

    asyncio.run(scene())


def test_a_place_that_is_given_to_one_who_left_goes_to_the_next():
    """No place is lost when a waiting task is cancelled, even in the moment of its turn."""

    async def scene():
        gate, done = FairGate(1), []

        async def work(name):
            async with gate.place("ada"):
                done.append(name)

        async with gate.place("ada"):
            leaving = asyncio.create_task(work("leaving"))
            staying = asyncio.create_task(work("staying"))
            gone = asyncio.create_task(work("gone"))
            await asyncio.sleep(0)
            gone.cancel()
        leaving.cancel()
        async with asyncio.timeout(5):
            await asyncio.wait({leaving, staying, gone})
            await work("last")
        assert done == ["staying", "last"]
        assert gate.waiting == 0

    asyncio.run(scene())


def test_trips_that_another_process_began_go_on_at_the_start(service):
    """They are in the store as running."""

    async def scene():
        travel = service()
        travel.orchestrator.gate.clear()
        place = (await travel.post(Prefer="respond-async")).headers["location"]
        await travel.runner.close(grace_s=0)
        heir = service()
        heir.orchestrator.store = travel.store
        heir.runner._store = travel.store
        seen, run = [], heir.orchestrator.run

        async def noted(row):
            seen.append(current_correlation() == row.correlation != "")
            return await run(row)

        heir.runner._run = noted
        assert await heir.runner.resume() == 1
        await heir.runner.close(grace_s=5)
        assert seen == [True]
        assert (await travel.http.get(place)).json()["state"] == "ended"

    asyncio.run(scene())


def test_a_trip_whose_orchestrator_breaks_off_is_resumed(service):
    """After a pause, in the same process; the caller gets the answer."""

    async def scene():
        travel = service()
        travel.orchestrator.trouble = [RuntimeError("crashed")]
        assert (await travel.post()).json()["reason"] == "completed"
        assert len(travel.orchestrator.seen) == 2

    Trial().run(scene)


def test_a_trip_that_keeps_breaking_off_is_left_for_the_next_start(service):
    """Its caller is told to ask again, and may."""

    async def scene():
        travel = service()
        travel.orchestrator.trouble = [RuntimeError("crashed") for _ in range(3)]
        reply = await travel.post(Idempotency_Key="k1")
        assert (reply.status_code, reply.json()["error"]["code"]) == (503, "broken_off")
        assert [row.state for row in travel.store.trips()] == ["running"]
        assert (await travel.post(Idempotency_Key="k1")).json()["reason"] == "completed"

    Trial().run(scene)


def test_a_service_that_ends_takes_no_new_trips_and_finishes_the_old_ones(service):
    """Within its grace."""

    async def scene():
        travel = service()
        travel.orchestrator.gate.clear()
        request = asyncio.create_task(travel.post())
        await travel.until(lambda: travel.orchestrator.seen)
        travel.runner.drain()
        reply = await travel.post()
        assert (reply.status_code, reply.json()["error"]["code"]) == (503, "shutting_down")
        assert "retry-after" in reply.headers
        travel.orchestrator.gate.set()
        assert await travel.runner.close(grace_s=5) == 0
        assert (await request).status_code == 200

    asyncio.run(scene())


def test_what_does_not_end_within_the_grace_is_left_for_the_next_start(service):
    """It is still running in the store, and its caller is told."""

    async def scene():
        travel = service()
        travel.orchestrator.gate.clear()
        request = asyncio.create_task(travel.post())
        await travel.until(lambda: travel.orchestrator.seen)
        assert await travel.runner.close(grace_s=2) == 1
        reply = await request
        assert (reply.status_code, reply.json()["error"]["code"]) == (503, "broken_off")
        assert [row.state for row in travel.store.trips()] == ["running"]

    Trial().run(scene)


@pytest.mark.parametrize("waiting", [False, True])
def test_a_trip_is_worked_on_under_its_own_id(service, waiting):
    """Whether it had to wait for another one or not."""

    async def scene():
        travel, seen = service(running_at_most=1), []
        run = travel.orchestrator.run

        async def noted(row):
            seen.append((row.correlation, current_correlation()))
            return await run(row)

        travel.runner._run = noted
        ids = ["c-1", "c-2"] if waiting else ["c-1"]
        await asyncio.gather(*(travel.post(X_Correlation_Id=correlation) for correlation in ids))
        assert seen == [(correlation, correlation) for correlation in ids]

    asyncio.run(scene())
