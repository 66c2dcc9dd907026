"""Sessions with tool servers: over HTTP, over stdio and in process; shared, and opened anew when they died."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
from contextlib import asynccontextmanager, contextmanager

import pytest
from mcp.client.stdio import StdioServerParameters

from pytest_agentchaos import faults, on
from pytest_agentchaos.schedule import rule
from pytest_agentchaos.trial import Trial
from reference_system.gateway.servers import ToolServers
from reference_system.gateway.session import ExchangeError
from reference_system.hardening import Hardening
from reference_system.store import open_store
from reference_system.telemetry.null import NullTelemetry
from reference_system.telemetry.system import SystemTelemetry
from reference_system.tools.server import build_server

STAY = {"city": "Lisbon", "check_in": "2027-03-05", "check_out": "2027-03-08"}
URL = "http://hotels.travel.local/mcp"
BARE = Hardening().without("tolerant_transport")


async def search(servers, **stay):
    """The hotels that are found, or the error."""
    try:
        answer = await servers.call("hotels", "search_hotels", {**STAY, **stay}, correlation="c-1")
    except ExchangeError as error:
        return error
    return [offer["hotel"] for offer in answer.structured_content["offers"]]


def in_trial(scenario, *rules, hardening=Hardening()):  # noqa: B008 - frozen
    """Run a scenario with sessions in virtual time; what it returns, and the trial."""
    trial = Trial(rules)
    trial.upstreams.declare(URL, build_server("hotels", open_store("sqlite://")))

    async def main():
        async with ToolServers({"hotels": URL}, hardening, NullTelemetry()) as servers:
            return await scenario(servers)

    return trial.run(main), trial


@contextmanager
def hotels_process():
    """The hotels server as a process of its own; its address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        command = [sys.executable, "-m", "reference_system.tools", "hotels", "--fd", str(listener.fileno())]
        with subprocess.Popen(command, pass_fds=[listener.fileno()], stdout=subprocess.DEVNULL) as process:
            try:
                yield f"http://127.0.0.1:{listener.getsockname()[1]}/mcp"
            finally:
                process.terminate()
                process.wait(timeout=20)


@asynccontextmanager
async def rude_server(*answers):
    """A server on loopback that sends these bytes, one for each connection, and hangs up; its address."""
    left = list(answers)

    async def serve(reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length"))
        await reader.readexactly(int(length.split(b":")[1]))
        writer.write(left.pop(0))
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/mcp"


def http(body, *, length=None, status="200 OK"):
    """An answer in full."""
    head = f"HTTP/1.1 {status}\r\ncontent-type: application/json\r\nconnection: close\r\n"
    return f"{head}content-length: {length or len(body)}\r\n\r\n{body}".encode()


@pytest.mark.parametrize("where", ["http", "stdio", "in process"])
def test_a_server_is_called_wherever_it_is(where):
    """In a process behind a URL, in one that is started, or here; several calls at a time on one session."""

    async def scenario(server):
        async with ToolServers({"hotels": server}, Hardening(), NullTelemetry()) as servers:
            return await asyncio.gather(*(search(servers, rooms=rooms) for rooms in (1, 2, 3)))

    if where == "http":
        with hotels_process() as url:
            found = asyncio.run(scenario(url))
    elif where == "stdio":
        command = StdioServerParameters(
            command=sys.executable, args=["-m", "reference_system.tools", "hotels", "--stdio"]
        )
        found = asyncio.run(scenario(command))
    else:
        found = asyncio.run(scenario(build_server("hotels", open_store("sqlite://"))))
    assert "H-LIS-1" in found[0]
    assert len(found[0]) >= len(found[1]) >= len(found[2])


def test_a_call_is_one_request():
    """No handshake, no list of tools: what is asked for goes out, and nothing else."""

    async def scenario(servers):
        await search(servers)
        await search(servers)

    _, trial = in_trial(scenario)
    assert [exchange.call.name for exchange in trial.history.calls()] == ["search_hotels"] * 2


def test_the_correlation_id_and_the_trace_go_with_each_call():
    """In ``_meta``, where the server finds them."""
    seen = []

    class Watching(NullTelemetry):
        def carrier(self, correlation):
            return {"baggage": f"correlation={correlation}", "traceparent": f"00-{'1' * 32}-{'2' * 16}-01"}

    @contextmanager
    def observe(tool, meta):
        seen.append((tool, meta["baggage"], meta["traceparent"][:5]))
        yield

    async def scenario():
        server = build_server("hotels", open_store("sqlite://"), observe=observe)
        async with ToolServers({"hotels": server}, Hardening(), Watching()) as servers:
            await search(servers)

    asyncio.run(scenario())
    assert seen == [("search_hotels", "correlation=c-1", "00-11")]


@pytest.mark.parametrize("switch", ["correlation", "tracing"])
def test_with_the_switch_off_it_does_not(switch):
    """Switches correlation and tracing off: the server learns of neither."""
    hardening = Hardening().without("correlation", "tracing")
    seen = []

    @contextmanager
    def observe(_tool, meta):
        seen.append(sorted(set(meta) & {"baggage", "traceparent"}))
        yield

    async def scenario():
        server = build_server("hotels", open_store("sqlite://"), hardening, observe=observe)
        async with ToolServers({"hotels": server}, hardening, SystemTelemetry(hardening)) as servers:
            await search(servers)

    asyncio.run(scenario())
    assert seen == [[]]


async def two_at_once_then_one(servers):
    """Two calls at the same time, and one afterwards."""
    return [*await asyncio.gather(search(servers), search(servers)), await search(servers)]


def test_a_broken_exchange_is_one_failed_call():
    """The other call on the same session, and the next one, know nothing of it."""
    (first, second, third), _ = in_trial(two_at_once_then_one, rule(faults.Refused(), on.tool("*", nth=1)))
    assert isinstance(first, ExchangeError)
    assert not first.trouble.maybe_executed
    assert second == third
    assert "H-LIS-1" in third


def test_with_the_switch_off_all_calls_in_flight_fail_together():
    """Switch tolerant_transport off: the session dies, nobody knows what has happened, and a new one is opened."""
    (first, second, third), _ = in_trial(
        two_at_once_then_one, rule(faults.Refused(), on.tool("*", nth=1)), hardening=BARE
    )
    assert isinstance(first, ExchangeError)
    assert isinstance(second, ExchangeError)
    assert first.trouble.maybe_executed
    assert second.trouble.maybe_executed
    assert "H-LIS-1" in third


def test_with_the_switch_off_status_and_retry_after_are_lost():
    """Switch tolerant_transport off: nobody knows how long the server wants to be left alone."""
    limited = rule(faults.RateLimited(retry_after_s=7), on.tool("*", nth=1))
    (tolerant,), _ = in_trial(_one, limited)
    (bare,), _ = in_trial(_one, limited, hardening=BARE)
    assert (tolerant.trouble.status, tolerant.trouble.retry_after_s) == (429, 7.0)
    assert (bare.trouble.status, bare.trouble.retry_after_s) == (None, None)


async def _one(servers):
    return [await search(servers)]


@pytest.mark.parametrize("hardening", [Hardening(), BARE], ids=["tolerant", "bare"])
@pytest.mark.parametrize(
    ("rude", "garbled"),
    [
        (b"", False),
        (http('{"jsonrpc"', length=500), False),
        (http('{"jsonrpc": "2.0", "id": 1, "resu'), True),
        (http("<html>hello</html>"), True),
        (http('{"jsonrpc": "2.0", "id": 1, "result": {"content": 7}}'), True),
        (http("", status="503 Service Unavailable"), False),
        (b"SSH-2.0-OpenSSH\r\n", False),
    ],
    ids=["hangs up", "half", "half JSON", "HTML", "no result", "503", "no HTTP"],
)
def test_a_session_survives_a_rude_server(hardening, rude, garbled):
    """On real sockets: the call fails as one that may have been executed, and the next one succeeds."""
    result = {"content": [], "structuredContent": {"offers": [{"hotel": "H"}]}, "resultType": "complete"}

    async def scenario():
        polite = [http(json.dumps({"jsonrpc": "2.0", "id": number, "result": result})) for number in (2, 1)]
        # A new session counts its requests from one again.
        polite = polite[0] if hardening.tolerant_transport or garbled or b"503" in rude else polite[1]
        async with (
            rude_server(rude, polite) as url,
            ToolServers({"hotels": url}, hardening, NullTelemetry()) as servers,
        ):
            return await search(servers), await search(servers)

    failed, found = asyncio.run(asyncio.wait_for(scenario(), 20))
    assert isinstance(failed, ExchangeError)
    assert failed.trouble.maybe_executed
    assert failed.garbled is garbled
    assert found == ["H"]


def test_a_server_that_is_not_there_was_not_reached():
    """It is certain that nothing happened, over HTTP and over stdio."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        free = taken.getsockname()[1]
    servers = {
        "hotels": f"http://127.0.0.1:{free}/mcp",
        "flights": StdioServerParameters(command="/there/is/no/such/program"),
    }

    async def scenario():
        async with ToolServers(servers, Hardening(), NullTelemetry()) as sessions:
            for domain, tool in (("hotels", "search_hotels"), ("flights", "search_flights")):
                with pytest.raises(ExchangeError) as caught:
                    await sessions.call(domain, tool, STAY, correlation="c-1")
                assert not caught.value.trouble.maybe_executed

    asyncio.run(scenario())


def test_a_process_that_died_is_started_again(tmp_path):
    """Over stdio: the call during which it dies fails, the next one finds a new process."""
    died = tmp_path / "died"
    program = (
        "import sys, pathlib, runpy\n"
        f"died = pathlib.Path({str(died)!r})\n"
        "if not died.exists():\n"
        "    died.touch(); sys.stdin.readline(); sys.exit(1)\n"
        "sys.argv = ['tools', 'hotels', '--stdio']\n"
        "runpy.run_module('reference_system.tools', run_name='__main__')\n"
    )

    async def scenario():
        server = StdioServerParameters(command=sys.executable, args=["-c", program])
        async with ToolServers({"hotels": server}, Hardening(), NullTelemetry()) as servers:
            return await search(servers), await search(servers)

    failed, found = asyncio.run(asyncio.wait_for(scenario(), 60))
    assert isinstance(failed, ExchangeError)
    assert failed.trouble.maybe_executed
    assert "H-LIS-1" in found


def test_a_caller_who_gives_up_takes_nobody_along():
    """The session serves the others, and is closed cleanly."""

    async def scenario(servers):
        async def impatient():
            async with asyncio.timeout(1):
                await search(servers)

        results = await asyncio.gather(impatient(), search(servers), return_exceptions=True)
        return [*results, await search(servers)]

    (gave_up, second, third), _ = in_trial(scenario, rule(faults.Hang(), on.tool("*", nth=1)))
    assert isinstance(gave_up, TimeoutError)
    assert second == third


def test_a_caller_who_gives_up_while_the_session_is_opened_takes_nobody_along():
    """The session is opened for all who want it."""

    async def scenario(servers):
        first, second = asyncio.create_task(search(servers)), asyncio.create_task(search(servers))
        await asyncio.sleep(0)
        first.cancel()
        return await second

    found, _ = in_trial(scenario)
    assert "H-LIS-1" in found


def test_closing_ends_what_is_under_way():
    """Nobody waits for ever for a session that is closed, and no task is left."""

    async def scenario():
        before = asyncio.all_tasks()
        servers = await ToolServers({"hotels": URL}, Hardening(), NullTelemetry()).__aenter__()
        calling = asyncio.create_task(search(servers))
        await asyncio.sleep(1)
        await servers.__aexit__(None, None, None)
        error = await calling
        return error, asyncio.all_tasks() - before

    trial = Trial((rule(faults.Hang(), on.tool("*")),))
    trial.upstreams.declare(URL, build_server("hotels", open_store("sqlite://")))
    error, left = trial.run(scenario)
    assert isinstance(error, ExchangeError)
    assert left == set()
