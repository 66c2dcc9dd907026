"""Behaviour of the MCP stream wire, with the real SDK on both ends of it."""

from __future__ import annotations

import asyncio
import sys
import warnings
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any, ClassVar

import anyio
import mcp_types
import pytest
from mcp import Client, MCPError, StdioServerParameters
from mcp.client._memory import InMemoryTransport
from mcp.server.mcpserver import Context, MCPServer

from pytest_agentchaos import faults, on
from pytest_agentchaos.errors import HungError, InternalError, RealIOError, UsageError
from pytest_agentchaos.evidence.message import Request
from pytest_agentchaos.faults.base import Fault, Situation
from pytest_agentchaos.faults.steps import Deliver, Drip, Hold, Program, Return, RewriteRequest, Step
from pytest_agentchaos.schedule import Selector, rule
from pytest_agentchaos.trial import Trial
from pytest_agentchaos.wires import mcp_stream
from pytest_agentchaos.wires.mcp_stream import wire

pytestmark = pytest.mark.filterwarnings("error")

MODES = ("auto", "legacy", "2026-07-28")
BOOK = on.tool("book", nth=1)
where_sent: ContextVar[str] = ContextVar("where_sent", default="nowhere")


class Air:
    """An MCP server that books, and what it has booked."""

    def __init__(self, takes_s: float = 0.0) -> None:
        self.booked: list[str] = []
        self.cancelled: list[str] = []
        self.takes_s = takes_s
        self.server = MCPServer("air")
        self.server.tool()(self.book)
        self.server.tool()(self.ask)
        self.server.tool()(self.work)

    async def book(self, flight: str) -> str:
        """Books a flight."""
        try:
            await anyio.sleep(self.takes_s)
        except BaseException:
            self.cancelled.append(flight)
            raise
        self.booked.append(flight)
        return f"booked {flight} as number {len(self.booked)}"

    async def ask(self, ctx: Context) -> str:
        """Asks the client's model."""
        message = mcp_types.SamplingMessage(role="user", content=mcp_types.TextContent(type="text", text="which seat?"))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # sampling is deprecated, and still spoken
            said = await ctx.session.create_message([message], max_tokens=10)
        return f"the model said {said.content.text}"

    async def work(self, ctx: Context) -> str:
        """Reports progress."""
        where_sent.set("in the server")
        await ctx.report_progress(1, 2)
        await ctx.report_progress(2, 2)
        return "done"


@pytest.fixture
def air() -> Air:
    """A server that answers at once."""
    return Air()


@pytest.fixture(params=MODES)
def mode(request: pytest.FixtureRequest) -> str:
    """Which protocol the client speaks."""
    return str(request.param)


def _trial(*injected: Fault, where: Selector = BOOK) -> Trial:
    return Trial(tuple(rule(fault, where) for fault in injected))


async def book(client: Client, flight: str = "TP-1") -> str:
    """One booking: the text of the answer, or the error."""
    try:
        result = await client.call_tool("book", {"flight": flight})
    except (MCPError, RuntimeError) as error:
        return f"{type(error).__name__}: {error}"
    (content,) = result.content
    return f"failed: {content.text}" if result.is_error else str(content.text)  # type: ignore[union-attr]


def booking(one: Trial, transport: Any, mode: str = "auto", **options: Any) -> str:
    """One booking over one connection, in virtual time."""

    async def agent() -> str:
        async with Client(transport, mode=mode, **{"read_timeout_seconds": 5, **options}) as client:
            return await book(client)

    return str(one.run(agent))


def ending(one: Trial, name: str = "book") -> tuple[str, int, Any]:
    """How the first call of that name ended, how often it was delivered, and when it ended."""
    exchange = one.history.calls(name)[0]
    (end,) = [op for op in one.history if op.of == exchange.index and op.kind in {"ok", "fail", "info"}]
    return exchange.ending, exchange.delivered, end.at_s


OK = "booked TP-1 as number 1"
TIMED_OUT = "MCPError: Request 'tools/call' timed out"
CLOSED = "MCPError: Connection closed"
STEPS: dict[str, tuple[Fault, str, int, tuple[str, int, float]]] = {
    "latency": (faults.Latency(seconds=3), OK, 1, ("ok", 1, 3)),
    "latency-beyond-the-timeout": (faults.Latency(seconds=9), TIMED_OUT, 0, ("info", 0, 5)),
    "drop-request": (faults.DropRequest(), TIMED_OUT, 0, ("info", 0, 5)),
    "drop-response": (faults.DropResponse(), TIMED_OUT, 1, ("info", 1, 5)),
    "hang": (faults.Hang(), TIMED_OUT, 0, ("info", 0, 5)),
    "hang-in-the-body": (faults.Hang(at="body"), TIMED_OUT, 1, ("info", 1, 5)),
    "duplicate": (faults.Duplicate(), "booked TP-1 as number 2", 2, ("ok", 2, 0)),
    "duplicate-first-answer": (faults.Duplicate(answer="first", gap_s=1), OK, 2, ("ok", 2, 1)),
    "duplicate-in-flight": (faults.Duplicate(order="in_flight"), OK, 2, ("ok", 2, 0)),
    "refused": (faults.Refused(), CLOSED, 0, ("fail", 0, 0)),
    "reset": (faults.Reset(), CLOSED, 1, ("info", 1, 0)),
    "overloaded": (faults.Overloaded(), "MCPError: ", 0, ("ok", 0, 0)),
    "tool-failure": (faults.ToolFailure(), "failed: ", 0, ("ok", 0, 0)),
    "reorder": (faults.Reorder(limit_s=2), OK, 1, ("ok", 1, 2)),
    "corrupted": (faults.Truncated(fraction=0.5), TIMED_OUT, 1, ("ok", 1, 0)),
    "malformed": (faults.Malformed(), TIMED_OUT, 1, ("ok", 1, 0)),
    "truncated": (faults.Truncated(), CLOSED, 1, ("info", 1, 0)),
    "truncated-and-reset": (faults.Truncated(then="reset"), CLOSED, 1, ("info", 1, 0)),
    "truncated-and-silent": (faults.Truncated(then="hang"), TIMED_OUT, 1, ("info", 1, 5)),
    "late-delivery": (faults.LateDelivery(seconds=45), TIMED_OUT, 1, ("info", 1, 5)),
    "late-and-torn": (faults.LateDelivery(seconds=45, torn_after_s=2), CLOSED, 1, ("info", 1, 2)),
}


@pytest.mark.parametrize(("fault", "said", "booked", "ended"), STEPS.values(), ids=STEPS)
def test_each_step_does_on_a_stream_what_it_says(  # noqa: PLR0913, PLR0917 - the columns of the table
    fault, said, booked, ended, mode, air
):
    """The client sees what the SDK makes of it; the booking is made as often as the fault says."""
    one = _trial(fault)
    assert booking(one, wire(air.server), mode).startswith(said)
    assert air.booked == ["TP-1"] * booked
    assert ending(one) == (ended[0], ended[1], pytest.approx(ended[2]))
    assert all(exchange.ending != "open" for exchange in one.history.calls())
    assert one.unproven() is None


def test_a_call_without_a_fault_is_seen_and_not_changed(mode, air):
    """The history tells the call, its arguments and its result."""
    one = _trial()
    assert booking(one, wire(air.server), mode) == OK
    (exchange,) = one.history.calls("book", kind="tool")
    assert (exchange.call.target, exchange.call.wire, exchange.call.arguments) == ("air", "mcp", {"flight": "TP-1"})
    assert exchange.data["result"] == {"result": OK}


def test_the_handshake_can_be_disturbed_too(air):
    """Whatever asks something is a call, also before the first tool call."""
    one = _trial(faults.Latency(seconds=2), where=on.rpc("initialize"))
    assert booking(one, wire(air.server), "legacy") == OK
    assert one.clock.now_s() == pytest.approx(2)


def test_a_client_without_a_timeout_hangs_on_a_lost_answer(air):
    """Nothing else would ever wake it."""
    one = _trial(faults.DropResponse())
    with pytest.raises(HungError):
        booking(one, wire(air.server), read_timeout_seconds=None)
    assert ending(one)[0] == "info"


def program(*steps: Step) -> Fault:
    """A fault of these very steps."""

    class Steps(Fault):
        name: ClassVar[str] = "steps_for_this_test"
        family: ClassVar[Any] = "delivery"

        def compile(self, situation: Situation) -> Program:
            del situation
            return steps

    return Steps()


CANCELLED: dict[str, Fault | None] = {
    "no fault": None,
    "delay": faults.Latency(seconds=9),
    "hold": faults.Reorder(limit_s=9),
    "deliver": faults.Duplicate(),
    "copies": faults.Duplicate(order="in_flight", copies=3),
    "hang": faults.Hang(),
    "drip": faults.Bandwidth(bytes_per_s=9),
    "late": faults.LateDelivery(seconds=20),
}


def _give_up_by_scope(call: Any) -> Any:
    async def give_up() -> None:
        with anyio.move_on_after(1):
            await call

    return give_up()


async def _give_up_by_wait_for(call: Any) -> None:
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(call, 1)


async def _give_up_by_cancelling(call: Any) -> None:
    task = asyncio.ensure_future(call)
    await asyncio.sleep(1)
    task.cancel()
    await asyncio.wait([task])


@pytest.mark.parametrize("give_up", [_give_up_by_scope, _give_up_by_wait_for, _give_up_by_cancelling])
@pytest.mark.parametrize("fault", CANCELLED.values(), ids=CANCELLED)
def test_a_client_that_gives_up_in_the_middle_of_a_step_leaves_it_unknown(fault, give_up):
    """Whatever way it gives up; the connection lives on, and the next call is answered."""
    air, one = Air(takes_s=2), _trial(*([fault] if fault else []))

    async def agent() -> str:
        async with Client(wire(air.server), read_timeout_seconds=60) as client:
            began_s = anyio.current_time()
            await give_up(client.call_tool("book", {"flight": "TP-1"}))
            assert anyio.current_time() - began_s == pytest.approx(1)
            return await book(client, "TP-2")

    assert one.run(agent).startswith("booked TP-2")
    assert ending(one)[0] == "info"
    assert ending(one)[2] == pytest.approx(1)
    assert [exchange.ending for exchange in one.history.calls("book")] == ["info", "ok"]
    # A server cancels the last copy of an id that it knows; the others are booked.
    assert air.booked.count("TP-1") == {CANCELLED["late"]: 1, CANCELLED["copies"]: 2}.get(fault, 0)
    assert sum(
        op.kind == "deliver" and op.of == one.history.calls("book")[0].index for op in one.history
    ) == air.booked.count("TP-1")
    assert one.clock.now_s() < 30


def test_a_late_request_arrives_after_the_connection_was_closed(mode, air):
    """The agent closes its connection at once, books again over a new one; the late booking comes on top."""
    one = _trial(faults.LateDelivery(seconds=45))
    transport = wire(air.server)
    times: list[float] = []

    async def agent() -> None:
        for flight in ("late", "again"):
            async with Client(transport, mode=mode, read_timeout_seconds=5) as client:
                await book(client, flight)
            times.append(anyio.current_time())

    one.run(agent)
    assert times == pytest.approx([5, 5])
    assert air.booked == ["again", "late"]
    assert one.clock.now_s() == pytest.approx(45)


def test_a_late_request_that_is_never_answered_does_not_hold_up_the_trial():
    """Its answer is waited for, but not for ever."""
    air, one = Air(takes_s=10_000), _trial(faults.LateDelivery(seconds=45))
    assert booking(one, wire(air.server)) == TIMED_OUT
    assert air.cancelled == ["TP-1"]
    assert one.clock.now_s() < 200


def test_copies_that_are_still_under_way_end_after_the_client_has_left():
    """The first answer came back; the second booking is made nevertheless."""
    air, one = Air(), _trial(program(Deliver(copies=2), Return()))
    waits = iter((1.0, 7.0))

    async def book_slowly(flight: str) -> str:
        await anyio.sleep(next(waits))
        air.booked.append(flight)
        return "booked"

    server = MCPServer("air")
    server.tool(name="book")(book_slowly)
    assert booking(one, wire(server)) == "booked"
    assert ending(one) == ("ok", 2, pytest.approx(1))
    assert air.booked == ["TP-1", "TP-1"]


def test_a_held_request_is_overtaken_by_the_next(air):
    """The second call arrives first."""
    one = _trial(program(Hold(1, 20), Deliver(), Return()))

    async def agent() -> None:
        async with Client(wire(air.server)) as client, anyio.create_task_group() as tasks:
            tasks.start_soon(book, client, "first")
            await anyio.sleep(1)
            tasks.start_soon(book, client, "second")

    one.run(agent)
    assert air.booked == ["second", "first"]
    assert one.clock.now_s() == pytest.approx(1)


def test_a_reply_that_drips_is_there_when_its_last_byte_is(air):
    """A message has no pieces, but its bytes take their time."""
    one = _trial(program(Deliver(), Drip(first_s=1, interval_s=0.01, piece_bytes=10), Return()))
    assert booking(one, wire(air.server)) == OK
    assert 1.1 < one.clock.now_s() < 3
    assert one.unproven() is None


@pytest.mark.parametrize("fault", [faults.Truncated(keep_bytes=100_000), program(Deliver(), Drip(), Return())])
def test_a_shape_that_changes_nothing_has_not_acted(fault, air):
    """A cut behind the end, no pause: the trial proves nothing."""
    one = _trial(fault)
    assert booking(one, wire(air.server)) == OK
    assert "never fired" in str(one.unproven())


def test_twenty_calls_at_once_and_a_fault_on_the_seventh(mode, air):
    """It hits the seventh, whatever the others do."""
    air.takes_s = 1
    one = _trial(faults.DropResponse(), where=on.tool("book", nth=7))

    async def agent() -> list[str]:
        async with Client(wire(air.server), mode=mode, read_timeout_seconds=5) as client:
            return list(await asyncio.gather(*(book(client, f"TP-{n}") for n in range(1, 21))))

    results = one.run(agent)
    assert [result == TIMED_OUT for result in results] == [n == 7 for n in range(1, 21)]
    assert len(air.booked) == 20


def test_a_torn_connection_leaves_everything_on_it_unknown(air):
    """The other calls on it get the same error at the same moment."""
    air.takes_s = 3
    one = _trial(faults.Latency(seconds=9))
    one.inject(rule(faults.Reset(after=False), on.tool("book", nth=3)))

    async def agent() -> list[str]:
        async with Client(wire(air.server), read_timeout_seconds=5) as client:
            said = await asyncio.gather(*(book(client, f"TP-{n}") for n in range(4)))
            await anyio.sleep(7)  # the agent keeps what is left of the connection
        return list(said)

    assert one.run(agent) == [CLOSED] * 4
    assert {exchange.ending for exchange in one.history.calls("book")} == {"info"}
    assert {op.at_s for op in one.history if op.kind == "info"} == {0}


def test_several_connections_of_one_wire_at_once(air):
    """Nested in one task, and side by side in several; a fault tears only its own."""
    one = _trial(faults.Reset(after=False), where=on.tool("book", nth=2))
    transport = wire(air.server)

    async def one_connection(flight: str) -> str:
        async with Client(transport) as client:
            await anyio.sleep(1)
            return await book(client, flight)

    async def agent() -> list[str]:
        async with Client(transport) as outer, Client(transport) as inner:
            said = [await book(outer, "outer"), await book(inner, "inner"), await book(outer, "outer again")]
        return [*said, *await asyncio.gather(one_connection("left"), one_connection("right"))]

    said = one.run(agent)
    assert [text.split(" as")[0] for text in said] == [
        "booked outer", CLOSED, "booked outer again", "booked left", "booked right",
    ]  # fmt: skip
    assert not transport._open


async def _sample(context: Any, params: Any) -> mcp_types.CreateMessageResult:
    del context, params
    content = mcp_types.TextContent(type="text", text="4A")
    return mcp_types.CreateMessageResult(role="assistant", content=content, model="m")


def test_what_the_server_asks_and_tells_goes_through(air):
    """Sampling and progress, beside a fault on the very call that they belong to."""
    one = _trial(faults.Latency(seconds=1), where=on.tool())
    seen: list[float] = []
    contexts: list[str] = []

    async def progress(progress: float, total: float | None, message: str | None) -> None:
        del total, message
        seen.append(progress)
        contexts.append(where_sent.get())

    async def agent() -> str:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # sampling is deprecated, and still spoken
            client = Client(wire(air.server), mode="legacy", sampling_callback=_sample)
        async with client:
            await client.call_tool("work", {}, progress_callback=progress)
            result = await client.call_tool("ask", {})
            return str(result.content[0].text)  # type: ignore[union-attr]

    assert one.run(agent) == "the model said 4A"
    assert sorted(seen) == [1, 2]
    assert contexts == ["in the server"] * 2  # in memory, a message brings its sender's context along


def test_a_rewritten_request_reaches_the_server_under_the_same_id(air):
    """The server books something else than the client has asked for."""

    def change(request: Request) -> Request:
        return request.with_body(request.body.replace(b"TP-1", b"XX-9"))

    one = _trial(program(RewriteRequest(change), Deliver(), Return()))
    assert booking(one, wire(air.server)) == "booked XX-9 as number 1"


def test_a_rewritten_result_reaches_the_client(mode, air):
    """The tool lies, in the structured content and in the text alike."""
    one = _trial(faults.Empty())
    assert booking(one, wire(air.server), mode) == ""
    assert air.booked == ["TP-1"]


@pytest.mark.parametrize(
    "steps",
    [
        (Return(),),
        (RewriteRequest(lambda request: request.with_body(b"no message")), Deliver(), Return()),
    ],
    ids=["no answer", "no message"],
)
def test_a_defect_of_a_fault_is_not_the_systems(steps, air):
    """The client finds its connection closed; the test gets the defect."""
    one = _trial(program(*steps))
    seen: list[str] = []

    async def agent() -> None:
        async with Client(wire(air.server), read_timeout_seconds=5) as client:
            seen.append(await book(client))

    with pytest.raises(InternalError):
        one.run(agent)
    assert seen == [CLOSED]
    assert ending(one)[0] == "info"


def test_the_body_of_the_client_keeps_its_own_errors(air):
    """An exception of the agent's passes through."""
    one = _trial()

    async def agent() -> None:
        async with wire(air.server):
            msg = "the agent's own"
            raise LookupError(msg)

    with pytest.raises(LookupError, match="the agent's own"):
        one.run(agent)


# Transports --------------------------------------------------------------------------------------


class Own:
    """A transport of somebody's own, which may fail at any point."""

    def __init__(self, air: Air, *, opens: Any = None, dies_after_s: float | None = None) -> None:
        self._inner = InMemoryTransport(air.server)
        self._opens = opens
        self._dies_after_s = dies_after_s

    async def __aenter__(self) -> Any:
        if isinstance(self._opens, Exception):
            raise self._opens
        streams = await self._inner.__aenter__()
        if self._dies_after_s is not None:
            self._tasks = anyio.create_task_group()
            await self._tasks.__aenter__()
            self._tasks.start_soon(self._die, self._dies_after_s)
        return streams if self._opens is None else self._opens(*streams)

    async def _die(self, after_s: float) -> None:
        await anyio.sleep(after_s)
        msg = "the transport died"
        raise LookupError(msg)

    async def __aexit__(self, *error: object) -> None:
        try:
            if self._dies_after_s is not None:
                await self._tasks.__aexit__(*error)  # type: ignore[arg-type]  # the three of a context manager
        finally:
            await self._inner.__aexit__(None, None, None)


def test_a_transport_of_ones_own_is_wired_under_its_class(air):
    """Also one that gives a third thing beside the streams, as some do."""
    one = _trial(faults.DropResponse())
    assert booking(one, wire(Own(air, opens=lambda read, write: (read, write, print)))) == TIMED_OUT
    assert one.history.calls("book")[0].call.target == "Own"


def test_a_transport_made_by_a_generator_is_wired_under_its_name(air):
    """That is how most transports are written."""

    @asynccontextmanager
    async def carrier_pigeon() -> AsyncIterator[Any]:
        async with InMemoryTransport(air.server) as streams:
            yield streams

    assert wire(carrier_pigeon()).name == "carrier_pigeon"
    assert booking(_trial(), wire(carrier_pigeon())) == OK


def test_a_transport_that_cannot_be_opened_says_so_itself(air):
    """Its own exception, in the client's task."""
    with pytest.raises(LookupError, match="no way"):
        booking(_trial(), wire(Own(air, opens=LookupError("no way"))))


def test_a_transport_that_gives_no_streams_is_an_error_of_use(air):
    """A client object, say."""
    with pytest.raises(UsageError, match="gave 42, not a read stream"):
        booking(_trial(), wire(Own(air, opens=lambda *_: 42)))


@pytest.mark.parametrize("fault", [None, faults.Hang()])
def test_a_transport_that_dies_takes_the_client_with_it(fault, air):
    """As it does without the wire: the block ends with the transport's error."""
    air.takes_s = 60
    one = _trial(*([fault] if fault else []))
    with pytest.raises(ExceptionGroup) as raised:
        booking(one, wire(Own(air, dies_after_s=3)), read_timeout_seconds=None)
    assert raised.group_contains(LookupError)
    assert one.clock.now_s() < 10
    assert ending(one)[0] == "info"


def test_a_client_that_is_cancelled_while_it_opens_leaves_nothing_behind(air):
    """The transport is closed again."""
    closed: list[str] = []

    @asynccontextmanager
    async def slow() -> AsyncIterator[Any]:
        try:
            await anyio.sleep(60)
            yield
        finally:
            closed.append("closed")

    async def agent() -> None:
        with anyio.move_on_after(1):
            async with wire(slow()):
                pytest.fail("it opened")
        assert closed

    _trial().run(agent)


def test_a_client_that_is_cancelled_while_it_closes_leaves_nothing_behind(air):
    """The transport ends at once, and the cancellation goes on."""
    closed: list[float] = []

    @asynccontextmanager
    async def slow() -> AsyncIterator[Any]:
        async with InMemoryTransport(air.server) as streams:
            yield streams
            try:
                await anyio.sleep(60)
            finally:
                closed.append(anyio.current_time())

    async def agent() -> None:
        with anyio.move_on_after(1) as scope:
            async with wire(slow()):
                pass
        assert scope.cancelled_caught

    _trial().run(agent)
    assert closed == pytest.approx([1])


@pytest.mark.parametrize("order", ["sequential", "in_flight"])
def test_a_server_that_closes_the_connection_ends_every_call_on_it(order, air):
    """Those under a fault as well; and nobody waits for answers that cannot come."""
    air.takes_s = 60
    one = _trial(faults.Duplicate(order=order))

    @asynccontextmanager
    async def short_lived() -> AsyncIterator[Any]:
        async with InMemoryTransport(air.server) as (read_stream, write_stream), anyio.create_task_group() as tasks:

            async def die() -> None:
                await anyio.sleep(3)
                await read_stream.aclose()

            tasks.start_soon(die)
            yield read_stream, write_stream

    async def agent() -> list[str]:
        async with Client(wire(short_lived())) as client:
            return list(await asyncio.gather(book(client, "TP-1"), book(client, "TP-2")))

    assert one.run(agent) == [CLOSED, CLOSED]
    assert [exchange.ending for exchange in one.history.calls("book")] == ["info", "info"]
    assert one.clock.now_s() < 10


def test_messages_sent_to_a_closed_transport_surely_did_not_happen(air):
    """A broken pipe is seen by the sender."""
    one = _trial()

    @asynccontextmanager
    async def deaf() -> AsyncIterator[Any]:
        async with InMemoryTransport(air.server) as (read_stream, write_stream):
            await write_stream.aclose()
            yield read_stream, write_stream

    with pytest.raises(ExceptionGroup) as raised:
        booking(one, wire(deaf()), "legacy")
    assert raised.group_contains(MCPError, match="Connection closed")
    (exchange,) = one.history.calls()
    assert exchange.ending == "fail"


def test_a_server_may_give_an_id_back_as_text(air):
    """SDKs accept it, and so does the wire."""
    one = _trial(faults.Latency(seconds=1))

    @asynccontextmanager
    async def stringly() -> AsyncIterator[Any]:
        async with InMemoryTransport(air.server) as (read_stream, write_stream):

            class Reading:
                def __aiter__(self) -> Any:
                    return self

                async def __anext__(self) -> Any:
                    item: Any = await anext(read_stream)
                    if not hasattr(item.message, "method"):
                        item.message = item.message.model_copy(update={"id": str(item.message.id)})
                    return item

            yield Reading(), write_stream

    assert booking(one, wire(stringly())) == OK
    assert {exchange.ending for exchange in one.history.calls()} == {"ok"}


@pytest.mark.parametrize(
    ("server", "message"),
    [("https://flights.local/mcp", "give the URL to mcp.Client itself"), (42, "got 42; give an MCP server object")],
)
def test_what_cannot_be_wired_is_an_error_at_once(server, message):
    """It names the value and the remedy."""
    with pytest.raises(UsageError, match=message):
        wire(server)


@pytest.mark.parametrize(
    ("args", "name"),
    [
        (["server.py", "--db", "x"], "server.py"),
        (["-m", "my.server"], "my.server"),
        (["-y", "@scope/server-files", "/data"], "server-files"),
        (["-c", "import x; x.run()"], "python3"),
    ],
)
def test_a_program_is_named_by_its_script_or_package(args, name):
    """Unless ``name=`` says otherwise."""
    parameters = StdioServerParameters(command="python3", args=args)
    assert wire(parameters).name == name
    assert wire(parameters, name="air").name == "air"


SERVER = """
import json, sys
from mcp.server.mcpserver import MCPServer

server = MCPServer("air")

@server.tool()
def book(flight: str) -> str:
    with open(sys.argv[1], "a") as record:
        record.write(flight + chr(10))
    return "booked " + flight

@server.tool()
def die() -> None:
    import os
    os._exit(1)

server.run()
"""


@pytest.fixture
def stdio(tmp_path: Path) -> tuple[StdioServerParameters, Callable[[], list[str]]]:
    """A server in a process of its own, and how to read what it has booked."""
    (tmp_path / "server.py").write_text(SERVER, encoding="utf-8")
    record = tmp_path / "booked"
    record.touch()
    parameters = StdioServerParameters(command=sys.executable, args=[str(tmp_path / "server.py"), str(record)])
    return parameters, lambda: record.read_text(encoding="utf-8").split()


def test_a_server_in_a_process_of_its_own(stdio):
    """Live: lost answer, duplicate, late request after closing, and the death of the process."""
    parameters, booked = stdio
    one = _trial(faults.DropResponse())
    one.inject(rule(faults.Duplicate(order="in_flight"), on.tool("book", nth=2)))
    one.inject(rule(faults.LateDelivery(seconds=0.3, torn_after_s=0), on.tool("book", nth=3)))

    async def agent() -> list[str]:
        async with Client(wire(parameters), read_timeout_seconds=0.5) as client:
            said = [await book(client, "lost"), await book(client, "twice"), await book(client, "late")]
        assert booked() == ["lost", "twice", "twice"]
        return said

    async def test() -> list[str]:
        async with one.live():
            return await agent()

    assert asyncio.run(test()) == [TIMED_OUT, "booked twice", CLOSED]
    assert booked() == ["lost", "twice", "twice", "late"]
    assert [exchange.ending for exchange in one.history.calls("book")] == ["info", "ok", "info"]


def test_a_process_cannot_live_in_virtual_time(stdio):
    """The error says what to do, whatever the agent makes of it."""
    one = _trial()
    with pytest.raises(RealIOError, match="live"):
        booking(one, wire(stdio[0]))


def test_a_process_that_dies_leaves_its_call_unknown(stdio):
    """The client gets what the SDK makes of a closed pipe."""
    one = _trial()

    async def test() -> None:
        async with one.live(), Client(wire(stdio[0])) as client:
            with pytest.raises(MCPError, match="Connection closed"):
                await client.call_tool("die", {})

    asyncio.run(test())
    assert ending(one, "die")[0] == "info"


def test_outside_of_a_trial_the_wire_is_not_there(air):
    """A client that a fixture has opened works before, and is seen from the moment the trial begins."""
    one = _trial(faults.Refused(), where=on.tool("book"))

    async def test() -> list[str]:
        async with Client(wire(air.server)) as client:
            said = [await book(client)]
            async with one.live():
                return [*said, await book(client)]

    assert asyncio.run(test()) == [OK, CLOSED]


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_live_under_either_event_loop(backend, air):
    """Faults that last, faults that tear, late requests: the connection waits for these when it closes."""
    one = _trial(faults.Latency(seconds=0.02))
    one.inject(rule(faults.DropResponse(), on.tool("book", nth=2)))
    one.inject(rule(faults.LateDelivery(seconds=0.1), on.tool("book", nth=3)))
    one.inject(rule(faults.Reset(), on.tool("book", nth=4)))

    async def agent() -> list[str]:
        async with Client(wire(air.server), read_timeout_seconds=0.05) as client:
            return [await book(client, flight) for flight in ("slow", "lost", "late", "torn")]

    with one.live():
        said = anyio.run(agent, backend=backend)
        anyio.run(anyio.sleep, 0)
    assert said == ["booked slow as number 1", TIMED_OUT, TIMED_OUT, CLOSED]
    assert [exchange.ending for exchange in one.history.calls("book")] == ["ok", "info", "info", "info"]
    if backend == "trio":
        assert sorted(air.booked) == ["late", "lost", "slow", "torn"]


@pytest.mark.parametrize("when", ["opening", "using"])
def test_under_trio_a_failing_transport_fails_the_same_way(when, air):
    """Its own error comes out."""
    options: dict[str, Any] = {"opens": LookupError("no way")} if when == "opening" else {"dies_after_s": 0.01}

    async def agent() -> None:
        async with wire(Own(air, **options)):
            await anyio.sleep_forever()

    with pytest.raises((LookupError, ExceptionGroup)) as raised:
        anyio.run(agent, backend="trio")
    assert raised.errisinstance(LookupError) or raised.group_contains(LookupError)


def test_messages_of_a_shape_that_the_wire_does_not_know_go_through(air):
    """A transport may report an error in place of a message."""
    seen: list[Any] = []

    @asynccontextmanager
    async def odd() -> AsyncIterator[Any]:
        async with InMemoryTransport(air.server) as (read_stream, write_stream):

            async def reading() -> AsyncIterator[Any]:
                yield ValueError("not a message")
                async for item in read_stream:
                    yield item

            yield reading(), write_stream

    async def agent() -> None:
        async with wire(odd()) as (read_stream, _):
            async for item in read_stream:
                seen.append(item)
                break

    _trial().run(agent)
    assert isinstance(seen[0], ValueError)


@pytest.mark.parametrize(
    ("command", "name"),
    [
        (["python", "-u", "some/server.py", "--port", "80"], "server.py"),
        (["npx", "-y", "@scope/server"], "server"),
        (["/bin/server", "--api-key", "hunter2"], "server"),
        (["uvx", "--api-key", "hunter2", "server"], "server"),
        (["server", "sk-aB3dE5gH7jK9mN1pQ"], "server"),
        (["sh", "-c", "exec server"], "sh"),
    ],
)
def test_a_server_is_named_by_its_script_or_package(command, name):
    """By no secret: it stands with every call in the history."""
    assert mcp_stream.program(command) == name
