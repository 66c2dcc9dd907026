"""The servers as processes: over HTTP on a port or an inherited socket, over stdio, ready, and gone when told."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager

import httpx2
import mcp
import psycopg
import pytest
from mcp.client.stdio import StdioServerParameters

from reference_system.contracts.tools import DOMAINS, tools_of
from reference_system.store import open_store
from reference_system.tools import build_server
from reference_system.tools.serve import inherited, listen

SEARCH = {"origin": "Zurich", "destination": "Lisbon", "depart_on": "2027-03-05"}
BOOK = {"flight": "OS140", "date": "2027-03-12"}
STOP_WITHIN_S = 10


def command(*arguments):
    """How to start a server."""
    return [sys.executable, "-m", "reference_system.tools", *arguments]


def environment(store_url):
    """With the store at this address."""
    return {**os.environ, "TRAVEL_STORE_URL": store_url}


@contextmanager
def running(domain, store_url, *more, how=("--http", "0"), **options):
    """A server process and where it listens; it is ended by SIGTERM."""
    process = subprocess.Popen(
        command(domain, *how, *more),
        env=environment(store_url),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )
    try:
        told = process.stdout.readline()
        assert told.startswith(f"{domain}: http://127.0.0.1:"), process.stderr.read()
        yield process, told.split()[1]
    finally:
        process.terminate()
        try:
            process.communicate(timeout=STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise


def calls(url, tool, arguments):
    """These calls at once, over HTTP."""

    async def main():
        async with mcp.Client(url) as client:
            return await asyncio.gather(*(client.call_tool(tool, one) for one in arguments))

    return asyncio.run(main())


def test_a_process_answers_over_http_and_ends_when_told(tmp_path):
    """Tools at /mcp for callers on this machine, health and readiness beside them; SIGTERM ends it cleanly."""
    with running("flights", f"sqlite:///{tmp_path}/travel.db") as (process, url):
        (found,) = calls(url, "search_flights", [SEARCH])
        assert {one["destination"] for one in found.structured_content["outbound"]} == {"Lisbon"}
        alive = httpx2.get(url.replace("/mcp", "/health"))
        ready = httpx2.get(url.replace("/mcp", "/ready"))
        assert (alive.status_code, alive.json()) == (200, {"alive": True, "server": "flights"})
        assert (ready.status_code, ready.json()) == (200, {"ready": True, "server": "flights"})
        foreign = httpx2.post(url, headers={"host": "travel.example", "mcp-protocol-version": "2026-07-28"}, json={})
        assert foreign.status_code == 421
    assert process.returncode == 0


@pytest.mark.parametrize("domain", DOMAINS)
def test_every_domain_is_served_over_stdio(domain, tmp_path):
    """As a child process of its client; it ends with the conversation."""

    async def main():
        parameters = StdioServerParameters(
            command=sys.executable,
            args=["-m", "reference_system.tools", domain, "--stdio"],
            env=environment(f"sqlite:///{tmp_path}/travel.db"),
        )
        async with mcp.Client(parameters) as client:
            return {tool.name for tool in (await client.list_tools()).tools}

    assert asyncio.run(main()) == {tool.name for tool in tools_of(domain)}


def test_effects_over_stdio_are_kept_in_the_store(tmp_path):
    """Refusals travel as over HTTP."""
    store_url = f"sqlite:///{tmp_path}/travel.db"

    async def main():
        parameters = StdioServerParameters(
            command=sys.executable,
            args=["-m", "reference_system.tools", "flights", "--stdio"],
            env=environment(store_url),
        )
        async with mcp.Client(parameters) as client:
            booked = await client.call_tool("book_flight", {**BOOK, "travellers": ["Ada"], "idempotency_key": "k"})
            refused = await client.call_tool("book_flight", {**BOOK, "travellers": ["Ada"]})
        return booked, refused

    booked, refused = asyncio.run(main())
    assert json.loads(refused.content[0].text)["refused"] == "bad_request"
    store = open_store(store_url)
    assert [row.booking for row in store.bookings()] == [booked.structured_content["booking"]]
    store.close()


def test_two_processes_on_one_store_sell_the_last_seats_once(shared_store_url):
    """And the key of a request that was sent to both is one booking."""
    with running("flights", shared_store_url) as (_, one), running("flights", shared_store_url) as (_, other):

        async def main():
            async with mcp.Client(one) as first, mcp.Client(other) as second:
                buyers = [
                    (client, {**BOOK, "travellers": ["Ada"], "idempotency_key": f"key-{number}"})
                    for number in range(20)
                    for client in (first, second)
                ]
                return await asyncio.gather(*(client.call_tool("book_flight", call) for client, call in buyers))

        answers = asyncio.run(main())
    sold = [answer.structured_content["seats"][0] for answer in answers if not answer.is_error]
    assert sorted(sold) == sorted([*range(1, 11), *range(1, 11)])
    twins = list(zip(answers[::2], answers[1::2], strict=True))
    assert all(one.structured_content == other.structured_content for one, other in twins)
    store = open_store(shared_store_url)
    assert len(store.bookings(state="booked")) == 10
    store.close()


def test_a_process_takes_over_a_listening_socket(tmp_path):
    """The parent has bound it; who connects before the child is up waits, and a successor gets the same address."""
    listener = listen(0)
    port = listener.getsockname()[1]
    how = ("--fd", str(listener.fileno()))
    for _ in range(2):
        with running("weather", f"sqlite:///{tmp_path}/travel.db", how=how, pass_fds=(listener.fileno(),)) as (_, url):
            assert url == f"http://127.0.0.1:{port}/mcp"
            (report,) = calls(url, "get_forecast", [{"city": "Oslo", "first": "2027-03-05", "last": "2027-03-05"}])
            assert report.structured_content["city"] == "Oslo"
    listener.close()


def test_answers_do_not_wait_for_receipts():
    """Connections are told to send at once, also on a socket that was inherited."""
    for listener in (listen(0), inherited(socket.create_server(("127.0.0.1", 0)).detach())):
        with listener, socket.create_connection(listener.getsockname()), listener.accept()[0] as accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_what_was_sold_is_sold_after_a_crash(tmp_path):
    """SIGKILL after the answer; the next process knows the key."""
    store_url = f"sqlite:///{tmp_path}/travel.db"
    call = {**BOOK, "travellers": ["Ada"], "idempotency_key": "k"}
    with running("flights", store_url) as (process, url):
        (first,) = calls(url, "book_flight", [call])
        process.send_signal(signal.SIGKILL)
        process.wait(STOP_WITHIN_S)
    with running("flights", store_url) as (_, url):
        (again,) = calls(url, "book_flight", [call])
    assert again.structured_content == first.structured_content


def test_a_safeguard_can_be_removed_from_a_process(tmp_path):
    """The switch is an option; here, keys are not looked at."""
    call = {**BOOK, "travellers": ["Ada"], "idempotency_key": "k"}
    with running("flights", f"sqlite:///{tmp_path}/travel.db", "--hardening-off", "idempotency") as (_, url):
        first, second = (calls(url, "book_flight", [call])[0].structured_content for _ in range(2))
    assert first["booking"] != second["booking"]


def test_a_process_whose_store_is_gone_is_alive_and_not_ready(postgres):
    """A load balancer must not send it anything; who restarts what is dead must leave it alone."""
    doomed = postgres.create_database("doomed")
    with running("hotels", doomed) as (_, url):
        with httpx2.Client(timeout=60) as client:
            assert client.get(url.replace("/mcp", "/ready")).status_code == 200
        with psycopg.connect(postgres.url(), autocommit=True) as connection:
            connection.execute("DROP DATABASE doomed WITH (FORCE)")
        with httpx2.Client(timeout=60) as client:
            ready = client.get(url.replace("/mcp", "/ready"))
            assert client.get(url.replace("/mcp", "/health")).status_code == 200
    assert (ready.status_code, ready.json()["ready"], bool(ready.json()["why"])) == (503, False, True)


@pytest.mark.parametrize(
    ("arguments", "store_url", "says"),
    [
        (["trains", "--stdio"], "sqlite://", "invalid choice: 'trains'"),
        (["flights"], "sqlite://", "one of the arguments --http --fd --stdio is required"),
        (["flights", "--stdio"], "mysql://x", "flights: 'mysql' is no store"),
        (["flights", "--stdio", "--hardening-off", "luck"], "sqlite://", "invalid choice: 'luck'"),
    ],
)
def test_a_wrong_start_says_what_is_wrong(arguments, store_url, says):
    """On stderr, with exit status 2."""
    ended = subprocess.run(
        command(*arguments), env=environment(store_url), capture_output=True, text=True, check=False, timeout=60
    )
    assert ended.returncode == 2
    assert says in ended.stderr
    assert "Traceback" not in ended.stderr


def test_five_servers_cost_next_to_nothing_to_build():
    """Each simulated trial builds its own; schemas are made once in a process."""
    store = open_store("sqlite://")
    for domain in DOMAINS:
        build_server(domain, store)
    began_s = time.process_time()
    for _ in range(20):
        for domain in DOMAINS:
            build_server(domain, store)
    assert (time.process_time() - began_s) / 20 < 0.003
    store.close()
