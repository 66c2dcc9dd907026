"""Seven real processes: they come up, survive each other's death, finish what they began, and leave nothing behind."""

import asyncio
import os
import re
import signal
import subprocess
import sys

import httpx2
import psutil
import pytest

from reference_system.hardening import Hardening
from reference_system.stack import Stack, StackError
from reference_system.stack.journey import DEMO
from reference_system.store import open_store

TURNS = 3_000


async def _until(condition):
    """Ask again and again, in a thread, until the answer is true; it gives up after a while."""
    async with asyncio.timeout(60):
        for _ in range(TURNS):
            if found := await asyncio.to_thread(condition):
                return found
            await asyncio.sleep(0.01)
    raise AssertionError(condition)


async def _survives_an_orderly_restart(stack, store):
    """A service that is told to end finishes its trips first."""
    async with httpx2.AsyncClient(base_url=stack.service_url, timeout=60) as http:
        reply = await http.post("/trips", json={"text": DEMO, "user": "ben"}, headers={"Prefer": "respond-async"})
    await stack.restart("service")
    row = store.trip(reply.json()["trip"])
    return row.state == "ended" and row.answer["reason"] == "completed"


def test_a_trip_survives_the_death_of_the_service():
    """Killed while it books, started again: the trip ends, and everything is booked once. Then all processes end."""
    said = []

    async def scene():
        async with Stack(say=said.append) as stack:
            pids = {name: stack.pid(name) for name in stack.names}
            port = int(stack.service_url.rpartition(":")[2])
            store = open_store(stack.store_url)
            async with httpx2.AsyncClient(base_url=stack.service_url, timeout=60) as http:
                reply = await http.post(
                    "/trips", json={"text": DEMO, "user": "ada"}, headers={"Prefer": "respond-async"}
                )
                trip = reply.json()["trip"]
                await _until(lambda: store.bookings(trip=trip, state="held"))
                await stack.kill("service")
                assert store.trip(trip).state == "running"
                await stack.restart("service")
                await _until(lambda: store.trip(trip).state == "ended")
                answer = (await http.get(f"/trips/{trip}")).json()["answer"]
                assert (await http.get("/health/business")).status_code == 200
            booked = [row for row in store.bookings(trip=trip) if row.state == "booked"]
            assert answer["reason"] == "completed"
            assert sorted(row.kind for row in booked) == ["flight", "flight", "room", "table"]
            assert {row.booking for row in booked} == {row["booking"] for row in answer["bookings"]}
            assert not store.bookings(trip=trip, state="held")

            assert await _survives_an_orderly_restart(stack, store)

            os.kill(pids["weather"], signal.SIGKILL)
            await _until(lambda: stack.pid("weather") not in (None, pids["weather"]))
            assert said == ["weather was ended by SIGKILL; started again"]
            store.close()
            pids |= {f"second {name}": stack.pid(name) for name in stack.names}
        assert not any(psutil.pid_exists(pid) for pid in pids.values())
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", port)

    asyncio.run(scene())


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT], ids=["killed", "interrupted"])
def test_nothing_survives_its_parent(number, tmp_path):
    """No process and no file, also when the parent is killed and can tell nobody."""
    parent = subprocess.Popen(
        [sys.executable, "-m", "reference_system", "--port", "0"],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    try:
        lines = iter(parent.stderr.readline, "")
        pids = []
        for line in lines:
            pids += [int(pid) for pid in re.findall(r"\(process (\d+)\)", line)]
            if line.startswith("ready"):
                break
        assert len(pids) == 7, pids
        held = psutil.Process(parent.pid).children()
        assert len(held) == 8  # one of them watches over the folder
        parent.send_signal(number)
        assert parent.wait(30) == (0 if number == signal.SIGINT else -number)
    finally:
        parent.kill()
        parent.wait()
        parent.stderr.close()
    _, alive = psutil.wait_procs(held, timeout=30)
    assert not alive
    assert not list(tmp_path.iterdir())


def test_a_journey_is_shown_and_everything_ends():
    """``--once`` prints who said what to whom, and the answer."""
    done = subprocess.run(
        [sys.executable, "-m", "reference_system", "--once", "What will the weather be in Rome from 5 to 7 March?"],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "tool_call" in done.stdout
    assert "get_forecast" in done.stdout
    assert "Rome" in done.stdout.splitlines()[-1]
    assert "\x1b[" not in done.stdout


def test_a_stack_that_cannot_come_up_says_why_and_leaves_nothing():
    """A store that does not exist: the message has what the processes said."""

    async def scene():
        stack = Stack(store_url="sqlite:////no/such/place/travel.db", hardening=Hardening().without("tracing"))
        with pytest.raises(StackError, match="no directory /no/such/place"):
            await stack.__aenter__()
        assert all(stack.pid(name) is None for name in stack.names)

    asyncio.run(scene())


def test_a_port_that_is_taken_is_named():
    """With the remedy; nothing was started."""

    async def scene():
        taken = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
        port = taken.sockets[0].getsockname()[1]
        async with taken:
            with pytest.raises(StackError, match=f"port {port} for the service is taken"):
                await Stack(first_port=port).__aenter__()

    asyncio.run(scene())
