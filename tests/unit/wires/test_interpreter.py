"""The interpreter runs every step on whatever port it is given, and blames a broken program on the fault."""

from __future__ import annotations

import asyncio
from typing import Any, NoReturn

import pytest

from pytest_agentchaos.clock import VirtualClock
from pytest_agentchaos.engine import Engine
from pytest_agentchaos.errors import InternalError
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.evidence.message import Reply, Request
from pytest_agentchaos.faults.steps import (
    Answer,
    Crash,
    Cut,
    Delay,
    Deliver,
    DeliverLater,
    Drip,
    Gone,
    Hang,
    Hold,
    Insert,
    Pause,
    Program,
    Refuse,
    Reset,
    Return,
    Rewrite,
    RewriteRequest,
)
from pytest_agentchaos.flight import Flight
from pytest_agentchaos.wires.interpreter import interpret, run_inline

pytestmark = pytest.mark.filterwarnings("error")


class Ended(Exception):  # noqa: N818 - no error: how this port ends a call
    """The port has ended the call."""


class _Log:
    """A port that writes down what it is asked for; a reply in hand is its text."""

    def __init__(self) -> None:
        self.did: list[str] = []
        self.delivered = 0

    async def wait(self, seconds: float) -> None:
        self.did.append(f"wait {seconds:g}")

    async def hold(self, calls: int, limit_s: float) -> None:
        self.did.append(f"hold {calls} {limit_s:g}")

    async def deliver(self, request: Request, copies: int) -> str:
        self.delivered += 1
        self.did.append(f"deliver {request.body.decode()} x{copies}")
        return f"reply {self.delivered}"

    async def deliver_later(self, request: Request, seconds: float) -> None:
        self.did.append(f"later {request.body.decode()} {seconds:g}")

    async def collect(self, held: str) -> Reply:
        self.did.append(f"collect {held}")
        return Reply(200, body=held.encode())

    def present(self, reply: Reply) -> str:
        return reply.body.decode()

    def shape(self, held: str, step: Any) -> str:
        return f"{held} {type(step).__name__}"

    async def hang(self) -> NoReturn:
        self._end("hang")

    def refuse(self) -> NoReturn:
        self._end("refuse")

    def reset(self) -> NoReturn:
        self._end("reset")

    def hang_up(self) -> None:
        self.did.append("hang up")

    async def stand_still(self, seconds: float) -> None:
        self.did.append(f"stand still {seconds:g}")

    async def gone(self) -> NoReturn:
        self._end("gone")

    def _end(self, how: str) -> NoReturn:
        self.did.append(how)
        raise Ended(how)


def flight() -> Flight:
    """Make a call that has just begun."""
    engine = Engine((), seed=0, clock=VirtualClock(), history=History())
    return engine.begin(Request("POST", "https://air.local/book", body=b"TP-1"))


def run(*program: Any) -> tuple[str | None, list[str]]:
    """What the caller gets, and what the port did."""
    port = _Log()
    try:
        held = run_inline(interpret(program, flight(), port))
    except Ended:
        held = None
    return held, port.did


def shout(message: Any) -> Any:
    """Rewrite a message."""
    return message.with_body(message.body.upper() + b"!")


STEPS: dict[str, tuple[Program, str | None, list[str]]] = {
    "deliver": ((Deliver(), Return()), "reply 1", ["deliver TP-1 x1"]),
    "delay": ((Delay(3), Deliver(), Return()), "reply 1", ["wait 3", "deliver TP-1 x1"]),
    "hold": ((Hold(2, 5), Deliver(), Return()), "reply 1", ["hold 2 5", "deliver TP-1 x1"]),
    "copies": ((Deliver(copies=3), Return()), "reply 1", ["deliver TP-1 x3"]),
    "twice": ((Deliver(), Deliver(), Return()), "reply 2", ["deliver TP-1 x1", "collect reply 1", "deliver TP-1 x1"]),
    "discard": (
        (Deliver(), Deliver(discard=True), Return()),
        "reply 1",
        ["deliver TP-1 x1", "collect reply 1", "deliver TP-1 x1", "collect reply 2"],
    ),
    "discard with empty hands": ((Deliver(discard=True), Return()), "reply 1", ["deliver TP-1 x1"]),
    "later": ((DeliverLater(9), Answer(Reply(202, body=b"taken")), Return()), "taken", ["later TP-1 9"]),
    "rewritten request": ((RewriteRequest(shout), Deliver(), Return()), "reply 1", ["deliver TP-1! x1"]),
    "rewritten": ((Deliver(), Rewrite(shout), Return()), "REPLY 1!", ["deliver TP-1 x1", "collect reply 1"]),
    "left alone": (
        (Deliver(), Rewrite(lambda reply: reply), Return()),
        "reply 1",
        ["deliver TP-1 x1", "collect reply 1"],
    ),
    "answer": ((Answer(Reply(503, body=b"no")), Return()), "no", []),
    "shapes": (
        (Deliver(), Insert(1, b""), Drip(), Cut(), Return()),
        "reply 1 Insert Drip Cut",
        ["deliver TP-1 x1"],
    ),
    "hang": ((Hang(),), None, ["hang"]),
    "hang after": ((Deliver(), Hang()), None, ["deliver TP-1 x1", "collect reply 1", "hang"]),
    "callee ends": (
        (Deliver(), Crash("callee", 1), Return()),
        "reply 1",
        ["deliver TP-1 x1", "collect reply 1", "hang up"],
    ),
    "caller ends": ((Deliver(), Crash("caller", 1), Gone()), None, ["deliver TP-1 x1", "collect reply 1", "gone"]),
    "caller stands still": ((Pause("caller", 9), Deliver()), "reply 1", ["stand still 9", "deliver TP-1 x1"]),
    "callee stands still": ((Pause("callee", 9), Deliver()), "reply 1", ["wait 9", "deliver TP-1 x1"]),
    "refuse": ((Refuse(),), None, ["refuse"]),
    "reset": ((Reset(),), None, ["reset"]),
    "reset after": ((Deliver(), Reset()), None, ["deliver TP-1 x1", "collect reply 1", "reset"]),
    "nothing after the end": ((Deliver(), Return(), Delay(9)), "reply 1", ["deliver TP-1 x1"]),
    "no return": ((Deliver(),), "reply 1", ["deliver TP-1 x1"]),
}


@pytest.mark.parametrize(("program", "held", "did"), STEPS.values(), ids=STEPS)
def test_every_step_asks_the_port_for_one_thing(program, held, did):
    """What the caller will never see has happened to its end before the call ends."""
    assert run(*program) == (held, did)


@pytest.mark.parametrize("step", [Return(), Rewrite(shout), Cut()], ids=["return", "rewrite", "cut"])
def test_a_program_that_comes_with_empty_hands_is_a_defect_that_nobody_can_swallow(step):
    """It names the call and the step, and is remembered."""
    call = flight()
    with pytest.raises(InternalError, match=type(step).__name__) as raised:
        run_inline(interpret((step,), call, _Log()))
    assert call.engine.problems == [raised.value]


def test_a_sync_wire_that_would_have_to_wait_is_a_defect():
    """Nobody could ever wake it; the coroutine is closed."""
    closed: list[bool] = []
    loop = asyncio.new_event_loop()

    async def waits() -> None:
        try:
            await asyncio.Future(loop=loop)
        finally:
            closed.append(True)

    with pytest.raises(InternalError, match="a sync wire tried to await"):
        run_inline(waits())
    assert closed
    loop.close()
