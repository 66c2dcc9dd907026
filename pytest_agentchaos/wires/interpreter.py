"""The one interpreter of programs. A wire is a port: it knows how to deliver, wait, hang and tear.

It is written once, as a coroutine. On a sync wire no method of the port ever suspends, so that
:func:`run_inline` can drive it to its end on the caller's own stack.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, NoReturn, Protocol, TypeVar

from pytest_agentchaos.errors import InternalError, explains_itself
from pytest_agentchaos.evidence.message import Reply, Request
from pytest_agentchaos.faults import steps
from pytest_agentchaos.faults.steps import Program
from pytest_agentchaos.flight import Flight
from pytest_agentchaos.processes import GONE

__tracebackhide__ = explains_itself

H = TypeVar("H")
T = TypeVar("T")


class Port(Protocol[H]):
    """What a wire can do. ``H`` is its own form of a reply in hand, whole or still streaming."""

    async def wait(self, seconds: float) -> None:
        """Let time pass; the caller's timeout may end it."""

    async def hold(self, calls: int, limit_s: float) -> None:
        """Wait until further calls have overtaken this one."""

    async def deliver(self, request: Request, copies: int) -> H:
        """Hand over the request; of several copies in flight the first reply counts."""

    async def deliver_later(self, request: Request, seconds: float) -> None:
        """Have the request handed over after a while, whoever still waits."""

    async def collect(self, held: H) -> Reply:
        """The whole reply."""

    def present(self, reply: Reply) -> H:
        """A whole reply in the wire's own form."""

    def shape(self, held: H, step: steps.Cut | steps.Drip | steps.Insert) -> H:
        """The same reply, whose body will come differently."""

    async def hang(self) -> NoReturn:
        """Wait for the caller's own timeout."""

    def refuse(self) -> NoReturn:
        """Tell the caller that nobody listens."""

    def reset(self) -> NoReturn:
        """Tell the caller that the connection broke."""

    def hang_up(self) -> None:
        """The callee is gone: whatever else goes over the same connection breaks, once the reply in hand has passed."""

    async def stand_still(self, seconds: float) -> None:
        """The caller's process stands still, whatever its patience, which begins anew when it goes on."""

    async def gone(self) -> NoReturn:
        """The caller's process is gone: nothing comes back to it, not even an error."""


async def interpret(program: Program, flight: Flight, port: Port[H]) -> H:  # noqa: C901, PLR0912, PLR0915 - one case a step
    """Run a program to its end: the reply for the caller, or the error that the port raises."""
    request = flight.request
    held: H | None = None
    for step in program:
        match step:
            case steps.Delay(seconds):
                await port.wait(seconds)
            case steps.Hold(calls, limit_s):
                await port.hold(calls, limit_s)
            case steps.Deliver(copies, discard):
                await _finish(held, port)  # one after the other: the first has answered to its end
                flight.sent += copies
                reply = await port.deliver(request, copies)
                if discard and held is not None:
                    await port.collect(reply)
                else:
                    held = reply
            case steps.DeliverLater(seconds):
                await port.deliver_later(request, seconds)
            case steps.RewriteRequest(change):
                request = change(request)
            case steps.Rewrite(change):
                before = await port.collect(_in_hand(held, step, flight))
                after = change(before)
                held = held if after is before else port.present(after)
            case steps.Answer(answer):
                await _finish(held, port)
                held = port.present(answer)
            case steps.Cut() | steps.Drip() | steps.Insert():
                held = port.shape(_in_hand(held, step, flight), step)
            case steps.Hang():
                await _finish(held, port)
                await port.hang()
            case steps.Refuse():
                port.refuse()
            case steps.Reset():
                await _finish(held, port)
                port.reset()
            case steps.Crash(of, down_s):
                await _finish(held, port)
                _crash(of, down_s, flight, port)
            case steps.Pause("caller", seconds):
                flight.engine.processes.pause_caller(flight, seconds)
                await port.stand_still(seconds)
            case steps.Pause(_, seconds):
                flight.engine.processes.pause_callee(flight, seconds)
                await _wait_out(request, seconds, flight, port)
            case steps.Gone():
                flight.ended("info", GONE)
                await port.gone()
            case steps.Return():
                break
    return _in_hand(held, steps.Return(), flight)


def _crash(of: str, down_s: float, flight: Flight, port: Port[H]) -> None:
    processes = flight.engine.processes
    if of == "caller":
        processes.crash_caller(flight, down_s)
    else:
        processes.crash_callee(flight, down_s)
        port.hang_up()


async def _wait_out(request: Request, seconds: float, flight: Flight, port: Port[H]) -> None:
    """The callee has the request, and is told of nobody who stops waiting while it stands still."""
    clock = flight.engine.clock
    until_s = clock.now_s() + seconds
    try:
        await port.wait(seconds)
    except (Exception, asyncio.CancelledError):
        await port.deliver_later(request, max(0.0, until_s - clock.now_s()))
        raise


async def _finish(held: H | None, port: Port[H]) -> None:
    """What the caller will never see has happened nevertheless, to its end."""
    if held is not None:
        await port.collect(held)


def _in_hand(held: H | None, step: object, flight: Flight) -> H:
    if held is None:
        msg = f"the program for {flight.call} comes to {step} with no reply in hand; it has to Deliver or Answer first"
        raise flight.engine.problem(InternalError(msg))
    return held


def run_inline(coroutine: Coroutine[Any, Any, T]) -> T:
    """Drive a coroutine that never suspends."""
    try:
        coroutine.send(None)
    except StopIteration as finished:
        result: T = finished.value
        return result
    coroutine.close()
    msg = "a sync wire tried to await something"
    raise InternalError(msg)
