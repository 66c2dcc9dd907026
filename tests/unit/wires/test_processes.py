"""Processes that end or stand still, as the real clients and whoever stands behind their addresses see it."""

from __future__ import annotations

import asyncio
import gc
import json
import sys
from dataclasses import dataclass, field

import anyio
import httpx2
import pytest
from anyio._backends._asyncio import _task_states
from mcp import Client, MCPError
from mcp.server.mcpserver import MCPServer

from pytest_agentchaos import faults, on
from pytest_agentchaos.chaos import Chaos
from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.evidence.message import Reply

AIR, BANK = "http://air.test", "http://bank.test"


@dataclass
class Shop:
    """An app with a memory; each request takes a second of its work."""

    sold: list[str] = field(default_factory=list)
    """Outside of any process, as a database is."""
    seen: int = 0
    """In memory."""

    async def __call__(self, scope, receive, send):
        """One request, or its life."""
        if scope["type"] == "lifespan":
            while (await receive())["type"] == "lifespan.startup":
                await send({"type": "lifespan.startup.complete"})
            return
        self.seen += 1
        await asyncio.sleep(1)
        self.sold.append(scope["path"])
        body = json.dumps({"seen": self.seen}).encode()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
        await send({"type": "http.response.body", "body": body})


@pytest.fixture
def shop():
    """What stands behind the address of the airline."""
    return Shop()


@pytest.fixture
def chaos(shop):
    """A trial; whatever its processes leave behind must not be heard of, also not when it is collected."""
    heard, before = [], sys.unraisablehook
    sys.unraisablehook = heard.append
    chaos = Chaos(seed=7)
    chaos.upstream(AIR, shop)
    yield chaos
    chaos.trial.close()
    del chaos
    gc.collect()
    sys.unraisablehook = before
    assert not [task for task in _task_states if task.get_loop().is_closed()]
    assert [(str(one.exc_value), str(one.object)) for one in heard] == []


async def post(path, *, base=AIR, timeout_s=10.0):
    """One request of a real client."""
    async with httpx2.AsyncClient(base_url=base, timeout=timeout_s) as client:
        return (await client.post(path)).json()


def ends(chaos):
    """How each call ended."""
    return [one.ending for one in chaos.history.calls()]


# --- the caller ends --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("point", "ending", "sold"), [("before_send", "info", 0), ("before_reply", "info", 1), ("after_reply", "ok", 1)]
)
def test_a_crash_runs_no_line_of_the_system_any_more(chaos, shop, point, ending, sold):
    """No except, no finally, no other task: it is gone, and the run gives nothing."""
    words = []

    async def beside():
        try:
            while True:
                await asyncio.sleep(0.25)
                words.append("beside")
        finally:
            words.append("last words of another task")

    async def system():
        other = asyncio.ensure_future(beside())
        try:
            await post("/book")
            await asyncio.sleep(0)
            words.append("went on")
        except BaseException:
            words.append("caught")
            raise
        finally:
            words.append("last words")
            other.cancel()

    chaos.inject(faults.Crash(of="caller", point=point), on.http())
    assert chaos.run(system) is None
    assert set(words) <= {"beside"}
    assert chaos.outcome.ending == "crashed"
    assert str(chaos.outcome).startswith("crashed after")
    assert ends(chaos) == [ending]
    assert len(shop.sold) == sold


def test_after_the_reply_it_runs_until_it_gives_up_control(chaos):
    """What it can do without waiting, it has done."""
    did = []

    async def system():
        async with httpx2.AsyncClient(base_url=AIR) as client:
            did.append((await client.post("/book")).json())
            did.append("wrote it down")
            await asyncio.sleep(0)
            did.append("went on")

    chaos.inject(faults.Crash(of="caller", point="after_reply"), on.http())
    chaos.run(system)
    assert did == [{"seen": 1}, "wrote it down"]
    assert ends(chaos) == ["ok"]


def test_it_is_down_for_a_while_and_then_started_again(chaos, shop):
    """The next run begins when that time is over; what was sold stays sold."""
    chaos.inject(faults.Crash(of="caller", down_s=60), on.http(nth=1))
    chaos.run(post, "/book")
    crashed_s = chaos.trial.clock.now_s()
    assert chaos.run(post, "/again") == {"seen": 2}
    assert chaos.history.calls()[1].at_s == crashed_s + 60
    assert chaos.outcome.ending == "completed"
    assert shop.sold == ["/book", "/again"]


def test_other_calls_under_way_may_have_happened(chaos, shop):
    """The callee goes on with what it has, and nobody hears of that; the ledger knows that nobody knows."""

    async def system():
        other = asyncio.ensure_future(post("/other"))
        await asyncio.sleep(0.5)
        await post("/book")
        await other

    chaos.inject(faults.Crash(of="caller", point="before_send"), on.http("POST /book"))
    chaos.run(system)
    other, book = chaos.history.calls()
    assert (other.ending, other.data["under_way"]) == ("info", 1)
    assert "process ended" in other.data["error"]
    assert (book.ending, "under_way" in book.data) == ("info", False)
    assert shop.sold == ["/other"]


@pytest.mark.parametrize("late_s", [2.5, 20], ids=["being worked on", "on its way"])
def test_what_was_late_arrives_though_its_sender_is_gone(chaos, shop, late_s):
    """And what came of it is known."""

    async def system():
        with pytest.raises(httpx2.ReadTimeout):
            await post("/late", timeout_s=2)
        await asyncio.sleep(0.9)
        await post("/book")

    chaos.inject(faults.LateDelivery(seconds=late_s), on.http("POST /late"))
    chaos.inject(faults.Crash(of="caller", point="before_send"), on.http("POST /book"))
    chaos.run(system)
    assert shop.sold == ["/late"]
    assert chaos.history.calls()[0].delivered == 1


def test_a_timer_of_the_dead_makes_no_time_pass(chaos):
    """It would have been an hour."""

    async def answerless(scope, receive, send):
        await asyncio.get_running_loop().create_future()

    async def system():
        asyncio.get_running_loop().call_later(3600, print)
        asyncio.ensure_future(post("/ask", base=BANK))  # noqa: RUF006 - as systems do
        await asyncio.sleep(1)
        await post("/book")

    chaos.upstream(BANK, answerless)
    chaos.inject(faults.Crash(of="caller", point="before_send"), on.http("POST /book"))
    chaos.run(system)
    assert chaos.trial.clock.now_s() < 10


def test_a_sync_system_is_unwound_and_reaches_nothing_any_more(chaos, shop):
    """That is the honest limit: its finally blocks run, but no call of theirs goes out."""
    words = []

    def system():
        with httpx2.Client(base_url=AIR) as client:
            try:
                client.post("/book")
            except Exception:  # noqa: BLE001 - as systems do
                words.append("caught")
            finally:
                words.append("finally")
                client.post("/sorry")
            words.append("went on")

    chaos.inject(faults.Crash(of="caller", point="before_reply"), on.http("POST /book"))
    assert chaos.run(system) is None
    assert words == ["finally"]
    assert chaos.outcome.ending == "crashed"
    assert shop.sold == ["/book"]
    assert ends(chaos) == ["info"]


def test_a_sync_system_that_swallows_its_end_has_crashed_all_the_same(chaos):
    """What it returns after that, nobody gets."""

    def system():
        with httpx2.Client(base_url=AIR) as client:
            try:
                client.post("/book")
            except BaseException:  # noqa: BLE001 - as systems should not
                return "all is well"

    chaos.inject(faults.Crash(of="caller"), on.http())
    assert chaos.run(system) is None
    assert chaos.outcome.ending == "crashed"


def test_an_event_loop_of_the_systems_own_stops_as_well(chaos):
    """asyncio.run() would cancel all tasks, and let each have its last word."""
    words = []

    async def inside():
        try:
            await post("/book")
        finally:
            words.append("last words")

    chaos.inject(faults.Crash(of="caller"), on.http())
    chaos.run(lambda: asyncio.run(inside()))
    assert words == []
    assert chaos.outcome.ending == "crashed"


def test_what_the_dead_do_when_they_are_buried_reaches_nothing(chaos, shop):
    """Python runs their finally blocks at last: in a time and a world of their own."""
    words = []

    async def lonely():
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(anyio.sleep_forever)
                await asyncio.get_running_loop().create_future()  # nobody else holds it
        finally:
            words.append("buried as well")

    async def system():
        asyncio.ensure_future(lonely())  # noqa: RUF006 - nor the task
        await asyncio.sleep(0)
        try:
            await post("/book")
        finally:
            words.append("buried")
            await post("/sorry")

    chaos.inject(faults.Crash(of="caller", point="before_send"), on.http())
    chaos.run(system)
    calls, now_s = len(chaos.history), chaos.trial.clock.now_s()
    gc.collect()
    assert words == []
    chaos.trial.close()
    assert words == ["buried", "buried as well"]
    assert shop.sold == []
    assert (len(chaos.history), chaos.trial.clock.now_s()) == (calls, now_s)


def test_the_same_crash_is_the_same_history(shop):
    """Bit for bit, the second start included."""
    digests = set()
    for _ in range(2):
        chaos = Chaos(seed=3)
        chaos.upstream(AIR, Shop())
        chaos.inject(faults.Crash(of="caller"), on.http(nth=1))
        chaos.run(post, "/book")
        chaos.run(post, "/book")
        chaos.trial.close()
        digests.add(chaos.history.digest())
    assert len(digests) == 1


# --- the callee ends --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("point", "sold"), [("before_send", 0), ("before_reply", 1), ("after_reply", 1)])
def test_a_callee_that_ends_refuses_everybody_until_it_is_back(chaos, shop, point, sold):
    """Its caller sees the connection break, unless the answer was out already."""

    async def system():
        got = []
        for at_s in (0, 1, 5):
            await asyncio.sleep(at_s)
            try:
                got.append(await post("/book"))
            except httpx2.TransportError as error:
                got.append(type(error).__name__)
        return got

    chaos.inject(faults.Crash(of="callee", point=point, down_s=3), on.http(nth=1))
    first = {"seen": 1} if point == "after_reply" else "ReadError"
    assert chaos.run(system) == [first, "ConnectError", {"seen": sold + 1}]
    assert len(shop.sold) == sold + 1
    assert [len(one.faults) for one in chaos.history.calls()] == [1, 1, 0]


def test_a_callee_loses_its_memory_if_it_can_be_made_anew():
    """Else the same object goes on."""
    chaos = Chaos()
    sold = []
    chaos.upstream(AIR, Shop(sold), restart=lambda: Shop(sold))

    async def system():
        for _ in range(2):
            await post("/book")
        await asyncio.sleep(1)
        return await post("/book")

    chaos.inject(faults.Crash(of="callee", point="after_reply"), on.http(nth=2))
    assert chaos.run(system) == {"seen": 1}
    chaos.trial.close()
    assert len(sold) == 3
    with pytest.raises(UsageError, match="restart=3"):
        chaos.upstream(AIR, Shop(), restart=3)


def test_a_callee_that_ends_breaks_what_it_had_under_way_for_others(chaos, shop):
    """It does not happen any more, and its caller cannot know that."""

    async def system():
        other = asyncio.ensure_future(post("/other"))
        await asyncio.sleep(0.5)
        with pytest.raises(httpx2.ReadError):
            await post("/book")
        with pytest.raises(httpx2.ReadError):
            await other
        return True

    chaos.inject(faults.Crash(of="callee", point="before_send"), on.http("POST /book"))
    assert chaos.run(system)
    assert shop.sold == []
    assert chaos.history.calls()[0].data["under_way"] == 1


def test_a_late_request_finds_nobody_while_the_callee_is_down(chaos, shop):
    """It is lost."""

    async def system():
        with pytest.raises(httpx2.ReadTimeout):
            await post("/late", timeout_s=2)
        with pytest.raises(httpx2.ReadError):
            await post("/book")
        await asyncio.sleep(60)

    chaos.inject(faults.LateDelivery(seconds=5), on.http("POST /late"))
    chaos.inject(faults.Crash(of="callee", point="before_send", down_s=20), on.http("POST /book"))
    chaos.run(system)
    assert shop.sold == []


def test_a_scripted_double_can_end_too():
    """It answers at once, so nothing of it is under way."""

    class Model:
        def __init__(self):
            self.asked = 0

        def handle(self, request):
            self.asked += 1
            return Reply(200, (("content-type", "application/json"),), json.dumps({"seen": self.asked}).encode())

    chaos = Chaos()
    chaos.upstream(BANK, Model(), restart=Model)
    chaos.inject(faults.Crash(of="callee", point="after_reply"), on.http(nth=1))

    def system():
        with httpx2.Client(base_url=BANK) as client:
            got = [client.post("/ask").json()]
            with pytest.raises(httpx2.ConnectError):
                client.post("/ask")
            chaos.trial.clock.wait(1)
            return [*got, client.post("/ask").json()]

    assert chaos.run(system) == [{"seen": 1}, {"seen": 1}]


def test_an_agent_behind_an_address_that_ends_as_a_caller_is_gone_as_a_callee(chaos, shop):
    """Its own caller sees the connection break, and the system itself lives on."""
    words = []

    async def agent(scope, receive, send):
        if scope["type"] == "lifespan":
            return
        try:
            await post("/book")
        finally:
            words.append("last words")

    async def system():
        with pytest.raises(httpx2.ReadError):
            await post("/plan", base=BANK)
        with pytest.raises(httpx2.ConnectError):
            await post("/plan", base=BANK)
        return "lives"

    chaos.upstream(BANK, agent)
    chaos.inject(faults.Crash(of="caller", point="before_reply"), on.http("POST /book"))
    assert chaos.run(system) == "lives"
    assert words == []
    assert shop.sold == ["/book"]


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_a_function_can_end_as_a_callee(kind):
    """It stands for a tool somewhere else; others that are functions too go on."""
    chaos = Chaos()
    done = []

    def book(flight):
        done.append(flight)
        return "booked"

    async def book_async(flight):
        return book(flight)

    tool = chaos.tool(book if kind == "sync" else book_async, name="book")
    other = chaos.tool(lambda: "fine", name="other")
    chaos.inject(faults.Crash(of="callee"), on.tool("book", nth=1))

    async def call():
        value = tool("TP-1")
        return value if kind == "sync" else await value

    async def system():
        with pytest.raises(ConnectionResetError):
            await call()
        with pytest.raises(ConnectionRefusedError):
            await call()
        assert other() == "fine"
        await asyncio.sleep(1)
        return await call()

    assert chaos.run(system) == "booked"
    assert done == ["TP-1", "TP-1"]


def test_the_caller_of_a_function_can_end(chaos):
    """Whether it has done its work is nobody's knowledge."""
    done = []

    async def book(flight):
        done.append(flight)

    tool = chaos.tool(book)
    chaos.inject(faults.Crash(of="caller"), on.tool())
    chaos.run(tool, "TP-1")
    assert done == ["TP-1"]
    assert ends(chaos) == ["info"]


class Books:
    """An MCP server and what it has booked."""

    def __init__(self):
        self.booked = []
        self.server = MCPServer("air")
        self.server.tool()(self.book)
        self.server.tool()(self.slow)

    async def slow(self) -> str:
        """Takes its time."""
        await anyio.sleep(2)
        return "at last"

    async def book(self, flight: str) -> str:
        """Books a flight."""
        self.booked.append(flight)
        return "booked"


@pytest.mark.parametrize(
    ("point", "first", "booked"), [("before_send", "info", 0), ("before_reply", "info", 1), ("after_reply", "ok", 1)]
)
def test_an_mcp_server_on_a_stream_can_end(point, first, booked):
    """Its connection is over, and a new one is refused until it is back."""
    chaos, books = Chaos(), Books()
    chaos.inject(faults.Crash(of="callee", point=point, down_s=5), on.tool("book", nth=1))

    async def call():
        try:
            async with Client(chaos.mcp(books.server), mode="legacy") as client:
                return (await client.call_tool("book", {"flight": "TP-1"})).content[0].text
        except* MCPError:
            pass
        return "lost"

    async def system():
        said = []
        for wait_s in (0, 1, 5):
            await asyncio.sleep(wait_s)
            said.append(await call())
        return said

    # The SDK lists the tools before it gives the first result, and that is too late.
    assert chaos.run(system) == ["lost", "lost", "booked"]
    assert [one.ending for one in chaos.history.calls("book")] == [first, "ok"]
    assert len(books.booked) == booked + 1


def test_an_mcp_server_that_ends_takes_along_what_it_had_under_way():
    """They share a connection."""
    chaos, books, lost = Chaos(), Books(), []
    chaos.inject(faults.Crash(of="callee", point="after_reply"), on.tool("book", nth=2))

    async def system():
        try:
            async with Client(chaos.mcp(books.server), mode="legacy") as client:
                await client.call_tool("book", {"flight": "TP-1"})  # the SDK has to list the tools once
                slow = asyncio.ensure_future(client.call_tool("slow", {}))
                await asyncio.sleep(1)
                await client.call_tool("book", {"flight": "TP-2"})
                await slow
        except* MCPError:
            lost.append("slow")

    chaos.run(system)
    assert lost == ["slow"]
    assert [one.ending for one in chaos.history.calls(kind="tool")] == ["ok", "info", "ok"]


def test_the_client_of_an_mcp_server_on_a_stream_can_end(chaos):
    """The server in memory is its child, and ends with it; what it has done is done."""
    books, words = Books(), []

    async def system():
        try:
            async with Client(chaos.mcp(books.server), mode="legacy") as client:
                await client.call_tool("book", {"flight": "TP-1"})
        finally:
            words.append("last words")

    chaos.inject(faults.Crash(of="caller"), on.tool("book", nth=1))
    assert chaos.run(system) is None
    assert words == []
    assert books.booked == ["TP-1"]
    chaos.run(system)
    assert chaos.outcome.ending == "completed"
    assert [one.ending for one in chaos.history.calls("book")] == ["info", "ok"]


# --- standing still ---------------------------------------------------------------------------------------------------


def test_a_caller_that_stands_still_does_nothing_until_it_goes_on(chaos):
    """Timers that fell due meanwhile fire afterwards, in their order."""
    ticks = []

    async def system():
        loop = asyncio.get_running_loop()
        for after_s in (7, 3, 5):
            loop.call_later(after_s, lambda after_s=after_s: ticks.append((after_s, loop.time())))
        await asyncio.sleep(1)
        await post("/book")
        return loop.time()

    chaos.inject(faults.Pause(of="caller", seconds=30), on.http())
    assert chaos.run(system) == 32
    assert ticks == [(3, 31), (5, 31), (7, 31)]


def test_a_caller_that_stands_still_does_not_lose_its_patience_for_that(chaos):
    """The read timeout runs from when the request is sent."""
    chaos.inject(faults.Pause(of="caller", seconds=30), on.http())
    assert chaos.run(post, "/book", timeout_s=2) == {"seen": 1}


def test_an_answer_that_came_while_its_caller_stood_still_is_there_afterwards(chaos):
    """It came in time, though the caller looks at it late."""

    async def system():
        other = asyncio.ensure_future(post("/other", timeout_s=5))
        await asyncio.sleep(0.5)
        await post("/book")
        return await other

    chaos.inject(faults.Pause(of="caller", seconds=30), on.http("POST /book"))
    assert chaos.run(system) == {"seen": 1}


def test_a_sync_caller_stands_still(chaos):
    """Its clock goes on."""

    def system():
        with httpx2.Client(base_url=AIR, timeout=2) as client:
            return client.post("/book").json()

    chaos.inject(faults.Pause(of="caller", seconds=30), on.http())
    assert chaos.run(system) == {"seen": 1}
    assert chaos.outcome.virtual_s == 31


def test_a_callee_that_stands_still_works_on_what_came_meanwhile_afterwards(chaos, shop):
    """Also for a caller that has given up, and also on what was under way."""
    times = []

    async def timed(path, after_s, timeout_s=100.0):
        await asyncio.sleep(after_s)
        try:
            await post(path, timeout_s=timeout_s)
        except httpx2.ReadTimeout:
            path = f"{path} given up"
        times.append((path, asyncio.get_running_loop().time()))

    async def system():
        await asyncio.gather(
            timed("/under-way", 0), timed("/still", 0.5), timed("/meanwhile", 4), timed("/impatient", 5, 2.0)
        )

    chaos.inject(faults.Pause(of="callee", seconds=10), on.http("POST /still"))
    chaos.run(system)
    assert times == [("/impatient given up", 7), ("/under-way", 10.5), ("/still", 11.5), ("/meanwhile", 11.5)]
    assert sorted(shop.sold) == ["/impatient", "/meanwhile", "/still", "/under-way"]


# --- where it cannot be -----------------------------------------------------------------------------------------------


def test_an_app_inside_of_the_callers_process_cannot_end_alone():
    """It says so, and the trial proves nothing."""
    chaos = Chaos()

    async def system():
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(Shop()), base_url=AIR) as client:
            return (await client.post("/book")).json()

    chaos.inject(faults.Crash(of="callee"), on.http())
    assert chaos.run(system) == {"seen": 1}
    assert "inside of the caller's own process" in chaos.trial.unproven()


def test_in_live_mode_processes_are_real():
    """Nobody here has started them."""
    chaos = Chaos()
    tool = chaos.tool(lambda: "fine", name="book")
    chaos.inject(faults.Crash(of="caller"), on.tool())
    chaos.inject(faults.Pause(of="callee"), on.tool())
    with chaos.live():
        assert tool() == "fine"
    assert "in live mode processes are real" in chaos.trial.unproven()
