"""Behaviour of the function wire, on sync and on coroutine functions alike."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import inspect
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar

import anyio
import pytest

from pytest_agentchaos import faults, on
from pytest_agentchaos.errors import HungError, InternalError, ToolCallError, UsageError
from pytest_agentchaos.evidence.message import Request
from pytest_agentchaos.faults.base import Fault, Situation
from pytest_agentchaos.faults.steps import Deliver, Drip, Program, Return, RewriteRequest
from pytest_agentchaos.schedule import Selector, rule
from pytest_agentchaos.trial import Trial
from pytest_agentchaos.wires.function import wire

pytestmark = pytest.mark.filterwarnings("error")


class _Bookings:
    """What the tool did, and the tool itself in both forms."""

    def __init__(self, takes_s: float = 0.0, error: Exception | None = None) -> None:
        self.made: list[str] = []
        self.takes_s = takes_s
        self.error = error

    def book(self, flight: str) -> dict[str, str]:
        if self.takes_s:
            time.sleep(self.takes_s)
        return self._made(flight)

    async def book_async(self, flight: str) -> dict[str, str]:
        if self.takes_s:
            await asyncio.sleep(self.takes_s)
        return self._made(flight)

    def _made(self, flight: str) -> dict[str, str]:
        self.made.append(flight)
        if self.error is not None:
            raise self.error
        return {"booked": flight, "number": str(len(self.made))}


def _trial(*injected: Fault, where: Selector | None = None) -> Trial:
    return Trial(tuple(rule(fault, where or on.any()) for fault in injected))


def call(one: Trial, bookings: _Bookings, *, sync: bool, **options: Any) -> Any:
    """One call in virtual time: what its caller gets, or the error."""
    function: Callable[..., Any] = bookings.book if sync else bookings.book_async
    wired = wire(function, name="book", **options)
    try:
        return one.run(wired, "TP-1")
    except Exception as error:  # noqa: BLE001 - whatever the caller gets is what the tests look at
        return error


def _endings(one: Trial) -> list[str]:
    return [exchange.ending for exchange in one.history.calls()]


@pytest.fixture(params=[True, False], ids=["sync", "async"])
def sync(request: pytest.FixtureRequest) -> bool:
    """Whether the function is a plain one or a coroutine function."""
    return bool(request.param)


STEPS: dict[str, tuple[Fault, Any, int, float, str]] = {
    "latency": (faults.Latency(seconds=5), {"booked": "TP-1", "number": "1"}, 1, 5.0, "ok"),
    "latency-beyond-the-timeout": (faults.Latency(seconds=40), TimeoutError, 0, 30.0, "info"),
    "drop-request": (faults.DropRequest(), TimeoutError, 0, 30.0, "info"),
    "drop-response": (faults.DropResponse(), TimeoutError, 1, 30.0, "info"),
    "hang": (faults.Hang(), TimeoutError, 0, 30.0, "info"),
    "duplicate": (faults.Duplicate(), {"booked": "TP-1", "number": "2"}, 2, 0.0, "ok"),
    "duplicate-first-answer": (faults.Duplicate(answer="first"), {"booked": "TP-1", "number": "1"}, 2, 0.0, "ok"),
    "duplicate-in-flight": (faults.Duplicate(order="in_flight"), {"booked": "TP-1", "number": "1"}, 2, 0.0, "ok"),
    "refused": (faults.Refused(), ConnectionRefusedError, 0, 0.0, "fail"),
    "reset": (faults.Reset(), ConnectionResetError, 1, 0.0, "info"),
    "overloaded": (faults.Overloaded(), ToolCallError, 0, 0.0, "fail"),
    "reorder": (faults.Reorder(limit_s=2), {"booked": "TP-1", "number": "1"}, 1, 2.0, "ok"),
    "reorder-beyond-the-timeout": (faults.Reorder(limit_s=90), TimeoutError, 0, 30.0, "info"),
    "schema-drift": (faults.SchemaDrift(change_to="removed", field="number"), {"booked": "TP-1"}, 1, 0.0, "ok"),
    "late-delivery": (faults.LateDelivery(seconds=45), TimeoutError, 1, 30.0, "info"),
    "late-and-torn": (faults.LateDelivery(seconds=45, torn_after_s=2), ConnectionResetError, 1, 2.0, "info"),
}


@pytest.mark.parametrize(("fault", "expected", "made", "after_s", "ending"), STEPS.values(), ids=STEPS)
def test_each_step_does_the_same_to_sync_and_coroutine_functions(  # noqa: PLR0913, PLR0917 - the columns of the table
    fault, expected, made, after_s, ending, sync
):
    """The caller gets what production would give it, at that moment, and the effect happened as often as it should."""
    bookings, one = _Bookings(), _trial(fault)
    got = call(one, bookings, sync=sync)
    assert isinstance(got, expected) if isinstance(expected, type) else got == expected
    assert len(bookings.made) == made
    (exchange,) = one.history.calls()
    assert exchange.ending == ending
    assert exchange.delivered == made
    (end,) = [op for op in one.history if op.of == exchange.index and op.kind == ending]
    assert end.at_s == pytest.approx(after_s)
    assert one.unproven() is None


def test_a_call_without_a_fault_is_seen_and_not_changed(sync):
    """The history tells the call, its arguments by name and its result."""
    one = _trial()
    assert call(one, _Bookings(), sync=sync) == {"booked": "TP-1", "number": "1"}
    (exchange,) = one.history.calls("book", kind="tool")
    assert exchange.call.arguments == {"flight": "TP-1"}
    assert exchange.data["result"] == {"booked": "TP-1", "number": "1"}


def test_outside_of_a_trial_the_function_is_called_as_it_is(sync):
    """No trial, no wire."""
    bookings = _Bookings()
    function: Callable[..., Any] = bookings.book if sync else bookings.book_async
    got = wire(function)("TP-1")
    assert (asyncio.run(got) if inspect.iscoroutine(got) else got)["booked"] == "TP-1"


def test_without_a_timeout_a_caller_that_hears_nothing_has_hung(sync):
    """An agent that waits for ever is found out, and its call stays unknown."""
    one = _trial(faults.DropResponse())
    with pytest.raises(HungError):
        call(one, _Bookings(), sync=sync, timeout_s=None)
    assert _endings(one) == ["info"]


@pytest.mark.parametrize("fault", [faults.Latency(seconds=40), faults.Reorder(limit_s=90), faults.Duplicate()])
def test_without_a_timeout_a_caller_waits_as_long_as_it_takes(fault, sync):
    """None is no limit, in any step."""
    bookings, one = _Bookings(takes_s=50), _trial(fault)
    assert call(one, bookings, sync=sync, timeout_s=None)["booked"] == "TP-1"
    assert _endings(one) == ["ok"]


@pytest.mark.parametrize("order", ["sequential", "in_flight"])
def test_a_callee_that_takes_longer_than_its_caller_waits_has_no_reader(order, sync):
    """The caller goes on at its timeout; copies in flight end for themselves."""
    bookings, one = _Bookings(takes_s=40), _trial(faults.Duplicate(order=order))
    assert isinstance(call(one, bookings, sync=sync), TimeoutError)
    assert _endings(one) == ["info"]
    (end,) = [op for op in one.history if op.kind == "info"]
    assert end.at_s == pytest.approx(30)
    assert len(bookings.made) == (2 if order == "in_flight" else int(sync))


def test_copies_in_flight_take_no_longer_than_one(sync):
    """They run side by side."""
    bookings, one = _Bookings(takes_s=4), _trial(faults.Duplicate(order="in_flight", copies=3))
    call(one, bookings, sync=sync)
    (end,) = [op for op in one.history if op.kind == "ok"]
    assert end.at_s == pytest.approx(4)
    assert len(bookings.made) == 3


@pytest.mark.parametrize(
    ("fault", "ending"),
    [
        (None, "fail"),
        (faults.Latency(seconds=1), "fail"),
        (faults.Duplicate(), "fail"),
        (faults.DropResponse(), "info"),
    ],
)
def test_an_exception_of_the_functions_own_is_its_answer(fault, ending, sync):
    """It reaches the caller as the very same object, unless the answer is lost."""
    error = ValueError("no such flight")
    one = _trial(*([fault] if fault else []))
    got = call(one, _Bookings(error=error), sync=sync)
    assert isinstance(got, TimeoutError) if ending == "info" else got is error
    assert _endings(one) == [ending]


@pytest.mark.parametrize(
    ("error", "ending"),
    [
        (TimeoutError("gateway"), "info"),
        (ConnectionResetError(104, "reset"), "info"),
        (ConnectionRefusedError(), "fail"),
    ],
)
def test_a_function_that_lost_its_own_connection_knows_nothing_of_the_effect(error, ending, sync):
    """Such an exception says that an answer was lost, not that nothing happened."""
    one = _trial()
    assert call(one, _Bookings(error=error), sync=sync) is error
    assert _endings(one) == [ending]


@pytest.mark.parametrize("after", [True, False])
def test_a_fault_that_answers_with_an_error_raises_what_the_caller_knows(after, sync):
    """``error=`` makes the exception; what happened before it leaves the call unknown."""

    class FlightsApiError(Exception):
        pass

    bookings, one = _Bookings(), _trial(faults.ErrorStatus(status=503, after=after))
    got = call(one, bookings, sync=sync, error=FlightsApiError)
    assert isinstance(got, FlightsApiError)
    assert got.args[1] == 503
    assert len(bookings.made) == int(after)
    assert _endings(one) == ["info" if after else "fail"]


def test_an_error_maker_that_makes_none_is_an_error_of_use(sync):
    """It is named, and no agent can swallow it."""
    one = _trial(faults.Overloaded())
    got = call(one, _Bookings(), sync=sync, error=lambda _message, status: status)
    assert isinstance(got, UsageError)
    assert "error= of book gave" in str(got)
    assert one.engine.problems == [got]


CANCELLED = {
    "no fault": None,
    "delay": faults.Latency(seconds=5),
    "hold": faults.Reorder(limit_s=5),
    "deliver": faults.Duplicate(answer="first"),
    "copies": faults.Duplicate(order="in_flight"),
    "hang": faults.Hang(),
    "hang after": faults.DropResponse(),
    "late": faults.LateDelivery(seconds=20),
}


@pytest.mark.parametrize("fault", CANCELLED.values(), ids=CANCELLED)
def test_a_caller_that_is_cancelled_in_the_middle_of_a_step_leaves_it_unknown(fault):
    """``wait_for`` gives up after a second: nobody knows what became of the call."""
    bookings, one = (
        _Bookings(takes_s=0.5 if isinstance(fault, faults.DropResponse) else 5),
        _trial(*([fault] if fault else [])),
    )
    book = wire(bookings.book_async, name="book")

    async def agent() -> str:
        try:
            await asyncio.wait_for(book("TP-1"), 1)
        except TimeoutError:
            return f"gave up after {time.monotonic() - began_s:g} s"
        return "booked"

    began_s = 0.0

    def started() -> Any:
        nonlocal began_s
        began_s = time.monotonic()
        return agent()

    assert one.run(started) == "gave up after 1 s"
    assert _endings(one) == ["info"]


def test_what_the_agent_abandons_ends_as_unknown():
    """A task that nobody waits for is still under way when the run is over."""
    one = _trial(faults.Latency(seconds=9))
    book = wire(_Bookings().book_async, name="book")
    kept: list[asyncio.Task[Any]] = []

    async def agent() -> None:
        kept.append(asyncio.create_task(book("TP-1")))
        await asyncio.sleep(1)

    one.run(agent)
    assert _endings(one) == ["info"]


def test_a_late_request_disturbs_nobody_but_the_callee():
    """It arrives in the middle of another call, whose caller hears nothing of it, whatever it raises."""
    bookings = _Bookings(error=None)
    one = _trial(faults.LateDelivery(seconds=45), where=on.tool("book", nth=1))
    book = wire(bookings.book, name="book")
    sleep = wire(lambda: time.sleep(60), name="sleep")

    def agent() -> list[str]:
        with pytest.raises(TimeoutError):
            book("TP-1")
        bookings.error = ValueError("too late")
        sleep()
        return list(bookings.made)

    assert one.run(agent) == ["TP-1"]
    (delivery,) = [op for op in one.history if op.kind == "deliver"]
    assert delivery.at_s == pytest.approx(45)
    assert delivery.data["status"] == 500


def test_twenty_calls_at_once_and_a_fault_on_the_seventh():
    """It hits the seventh, whatever the others do."""
    bookings, one = _Bookings(takes_s=1), _trial(faults.DropResponse(), where=on.tool("book", nth=7))
    book = wire(bookings.book_async, name="book")

    async def agent() -> list[Any]:
        return await asyncio.gather(*(book(f"TP-{n}") for n in range(1, 21)), return_exceptions=True)

    results = one.run(agent)
    assert [isinstance(result, TimeoutError) for result in results] == [n == 7 for n in range(1, 21)]
    assert len(bookings.made) == 20
    assert sorted(_endings(one)) == ["info"] + ["ok"] * 19


def test_a_request_that_is_held_back_is_overtaken_by_the_next():
    """The second call arrives first; the first goes on at once."""
    bookings, one = _Bookings(), _trial(faults.Reorder(limit_s=20), where=on.tool(nth=1))
    book = wire(bookings.book_async, name="book")

    async def agent() -> None:
        await asyncio.gather(book("first"), book("second"))

    one.run(agent)
    assert bookings.made == ["second", "first"]
    assert one.clock.now_s() == 0


def test_a_function_may_stand_for_another_agent(sync):
    """``kind="agent"`` is a call of an agent, and its own calls are seen below it."""
    one = _trial(faults.DropResponse(), where=on.agent("book"))
    assert isinstance(call(one, _Bookings(), sync=sync, kind="agent"), TimeoutError)
    assert one.history.calls(kind="agent")


def test_arguments_and_results_are_kept_as_they_were():
    """What is changed afterwards does not change the evidence."""
    one = _trial(faults.Latency(seconds=1))
    basket = ["TP-1"]

    def add(basket: list[str]) -> list[str]:
        basket.append("TP-2")
        return basket

    one.run(wire(add), basket).append("TP-3")
    (exchange,) = one.history.calls("add")
    assert exchange.call.arguments == {"basket": ["TP-1"]}
    assert exchange.data["result"] == ["TP-1", "TP-2"]


class _Agency:
    """All the ways in which a class can hold a function."""

    opened: ClassVar[str] = "Lisbon"

    def method(self, flight: str) -> str:
        return f"{self.opened} {flight}"

    @classmethod
    def of_class(cls, flight: str) -> str:
        return f"{cls.opened} {flight}"

    @staticmethod
    def static(flight: str) -> str:
        return f"static {flight}"

    def __call__(self, flight: str) -> str:
        return f"called {flight}"

    wired_in_the_class = wire(method)


class _AsyncAgency:
    """An object that is called like a coroutine function."""

    async def __call__(self, flight: str) -> str:
        await asyncio.sleep(1)
        return f"called {flight}"


def positional(flight: str, /, *rest: int, **more: bool) -> tuple[Any, ...]:
    """Take arguments in every way there is."""
    return flight, rest, more


async def coroutine(flight: str, seat: str) -> str:
    """Take a second."""
    await asyncio.sleep(1)
    return flight + seat


CALLABLES: dict[str, tuple[Callable[..., Any], str, Any]] = {
    "method": (_Agency().method, "method", "Lisbon TP-1"),
    "classmethod": (_Agency.of_class, "of_class", "Lisbon TP-1"),
    "staticmethod": (_Agency.static, "static", "static TP-1"),
    "object": (_Agency(), "_Agency", "called TP-1"),
    "async object": (_AsyncAgency(), "_AsyncAgency", "called TP-1"),
    "partial": (
        functools.partial(functools.partial(positional), window=True),
        "positional",
        ("TP-1", (), {"window": True}),
    ),
    "async partial": (functools.partial(coroutine, seat="4A"), "coroutine", "TP-14A"),
    "lambda": (lambda flight: flight * 2, "<lambda>", "TP-1TP-1"),
    "class": (str, "str", "TP-1"),
    "builtin": (len, "len", 4),
    "no signature": (max, "max", "T"),
}


@pytest.mark.parametrize("fault", [None, faults.Latency(seconds=1)], ids=["untouched", "late"])
@pytest.mark.parametrize(("function", "name", "result"), CALLABLES.values(), ids=CALLABLES)
def test_whatever_can_be_called_can_be_wired(function, name, result, fault):
    """Methods, partials, objects, classes, builtins: each under its own name."""
    one = _trial(*([fault] if fault else []))
    assert one.run(wire(function), "TP-1") == result
    assert [exchange.call.name for exchange in one.history.calls()] == [name]
    assert _endings(one) == ["ok"]


def test_a_function_that_is_wired_in_a_class_is_a_method():
    """The instance is an argument like any other."""
    one = _trial(faults.Latency(seconds=1))
    assert one.run(_Agency().wired_in_the_class, "TP-1") == "Lisbon TP-1"


def test_the_wired_function_looks_like_the_function(sync):
    """Frameworks read tools' names, docstrings and signatures."""

    def plain(flight: str, seats: int = 1) -> str:
        """Books seats."""
        return flight * seats

    async def asynchronous(flight: str, seats: int = 1) -> str:
        """Books seats."""
        return flight * seats

    function: Callable[..., Any] = plain if sync else asynchronous
    wired = wire(function)
    assert (wired.__name__, wired.__doc__, wired.__module__) == (function.__name__, "Books seats.", __name__)
    assert inspect.signature(wired) == inspect.signature(function)
    assert inspect.iscoroutinefunction(wired) is not sync


def test_wired_twice_is_wired_once():
    """The second time only gives it another name; a fault does not strike twice."""
    one = _trial(faults.Duplicate())
    bookings = _Bookings()
    one.run(wire(wire(bookings.book, name="old"), name="new"), "TP-1")
    assert [exchange.call.name for exchange in one.history.calls()] == ["new"]
    assert len(bookings.made) == 2


def test_a_decorator_on_top_of_a_wired_function_stays():
    """It carries a copy of the wire's mark, and is a function of its own nevertheless."""
    inner = wire(lambda flight: flight, name="inner")

    @functools.wraps(inner)
    def shout(flight: str) -> str:
        said: str = inner(flight)
        return said.upper()

    one = _trial()
    assert one.run(wire(shout, name="shout"), "tp-1") == "TP-1"
    assert [exchange.call.name for exchange in one.history.calls()] == ["shout", "inner"]


def test_wrong_arguments_are_the_functions_own_error(sync):
    """The function itself says what is wrong with them."""
    one = _trial(faults.Latency(seconds=1))
    function: Callable[..., Any] = _Bookings().book if sync else _Bookings().book_async
    with pytest.raises(TypeError, match="unexpected keyword"):
        one.run(wire(function), "TP-1", seat="4A")
    (exchange,) = one.history.calls()
    assert exchange.call.arguments == {"args": ["TP-1"], "seat": "4A"}
    assert exchange.ending == "fail"


class Misread(Fault):
    """Changes an argument on its way."""

    name: ClassVar[str] = "misread_for_this_test"
    family: ClassVar[Any] = "delivery"
    to: dict[str, Any]

    def compile(self, situation: Situation) -> Program:
        """Deliver other arguments."""

        def change(request: Request) -> Request:
            return replace(request, arguments={**(request.arguments or {}), **self.to})

        return (RewriteRequest(change), Deliver(), Return())


@pytest.mark.parametrize(
    ("to", "got"),
    [
        ({"flight": "TP-9"}, ("TP-9", (1, 2), {"window": True})),
        ({"rest": (3,), "window": False, "aisle": 1}, ("TP-1", (3,), {"window": False, "aisle": 1})),
    ],
)
def test_rewritten_arguments_find_their_places(to, got):
    """Positional-only and variable arguments included."""
    one = _trial(Misread(to=to))
    assert one.run(wire(positional), "TP-1", 1, 2, window=True) == got


def test_a_shape_has_nothing_to_act_on_in_a_value(sync):
    """Values have no pieces: such a fault has never fired, and the trial proves nothing."""

    class Dripping(Misread):
        def compile(self, situation: Situation) -> Program:
            return (Deliver(), Drip(first_s=9), Return())

    one = _trial(Dripping(to={}))
    assert call(one, _Bookings(), sync=sync)["booked"] == "TP-1"
    assert "never fired" in str(one.unproven())


def test_a_program_without_an_answer_is_the_faults_defect(sync):
    """It is remembered as a problem of the plugin's, even if the agent catches all exceptions."""

    class Nothing(Misread):
        def compile(self, situation: Situation) -> Program:
            return (Return(),)

    one = _trial(Nothing(to={}))
    got = call(one, _Bookings(), sync=sync)
    assert isinstance(got, InternalError)
    assert one.engine.problems == [got]


def test_a_function_that_gives_a_coroutine_is_awaited_like_one():
    """A lambda around a coroutine function: the call ends when its coroutine does."""
    bookings, one = _Bookings(takes_s=3), _trial()
    book: Callable[[], Any] = lambda: bookings.book_async("TP-1")  # noqa: E731 - a lambda is the point
    assert one.run(wire(book, name="book"))["booked"] == "TP-1"
    (end,) = [op for op in one.history if op.kind == "ok"]
    assert end.at_s == pytest.approx(3)


def test_a_fault_on_a_function_that_gives_a_coroutine_is_refused():
    """It would act before the work is done."""
    bookings, one = _Bookings(), _trial(faults.DropResponse())
    book: Callable[[], Any] = lambda: bookings.book_async("TP-1")  # noqa: E731 - a lambda is the point
    with pytest.raises(UsageError, match="book is no coroutine function but gave a coroutine"):
        one.run(wire(book, name="book"))
    assert bookings.made == []


def test_a_generator_that_a_function_returns_is_handed_on():
    """It is the result, whoever iterates over it."""
    one = _trial(faults.Latency(seconds=1))
    numbers: Callable[[], Any] = lambda: (n for n in range(3))  # noqa: E731 - a lambda is the point
    assert list(one.run(wire(numbers, name="numbers"))) == [0, 1, 2]


def generate() -> Any:
    """Yield, so that the body runs later."""
    yield 1


async def generate_async() -> Any:
    """Do the same."""
    yield 1


@pytest.mark.parametrize(
    ("function", "options", "message"),
    [
        (42, {}, "42 is not callable"),
        (generate, {}, "generate is a generator function"),
        (generate_async, {}, "generate_async is a generator function"),
        (positional, {"kind": "tol"}, "kind='tol'; did you mean 'tool'"),
        (positional, {"timeout_s": -1}, "timeout_s=-1 of positional"),
        (positional, {"timeout_s": True}, "timeout_s=True"),
        (positional, {"timeout_s": float("nan")}, "timeout_s=nan"),
        (positional, {"timeout_s": "5"}, "timeout_s='5'"),
    ],
)
def test_what_cannot_be_wired_is_an_error_at_once(function, options, message):
    """It names the value, the place and the remedy."""
    with pytest.raises(UsageError, match=message):
        wire(function, **options)


def test_a_call_from_a_thread_of_the_agents_own_is_refused_in_virtual_time():
    """It could not be repeated."""
    one, caught = _trial(), []
    book = wire(_Bookings().book, name="book")

    def work() -> None:
        try:
            book("TP-1")
        except UsageError as error:
            caught.append(str(error))

    def agent() -> None:
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()

    with pytest.raises(UsageError):
        one.run(agent)
    assert "book was called from the thread" in caught[0]


async def _called(function: Callable[..., Any]) -> Any:
    got = function("TP-1")
    return await got if inspect.isawaitable(got) else got


@pytest.mark.asyncio
async def test_in_live_mode_time_is_real(sync):
    """The caller's timeout is a real one."""
    one = _trial(faults.DropResponse())
    bookings = _Bookings()
    async with one.live():
        with pytest.raises(TimeoutError):
            await _called(wire(bookings.book if sync else bookings.book_async, timeout_s=0.01))
    assert len(bookings.made) == 1
    assert _endings(one) == ["info"]


@pytest.mark.asyncio
async def test_in_live_mode_a_late_request_arrives_before_the_block_ends(sync):
    """The block waits for it."""
    one = _trial(faults.LateDelivery(seconds=0.02, torn_after_s=0))
    bookings = _Bookings()
    async with one.live():
        with pytest.raises(ConnectionResetError):
            await _called(wire(bookings.book if sync else bookings.book_async))
        assert bookings.made == []
    assert bookings.made == ["TP-1"]


def test_in_live_mode_copies_of_a_sync_function_are_made_one_after_the_other():
    """There is one thread."""
    one, bookings = _trial(faults.Duplicate(order="in_flight")), _Bookings()
    with one.live():
        assert wire(bookings.book)("TP-1")["number"] == "1"
    assert len(bookings.made) == 2


def test_under_trio_coroutine_functions_are_seen_and_faults_on_them_refused():
    """Said clearly, and remembered."""
    one = _trial(faults.Latency(seconds=1), where=on.tool("broken"))
    tool = anyio.sleep

    async def agent() -> str:
        await wire(tool, name="fine")(0)
        try:
            await wire(tool, name="broken")(0)
        except UsageError as error:
            return str(error)
        return ""

    with pytest.raises(UsageError), one.live():
        said = anyio.run(agent, backend="trio")
    assert "a fault on broken needs asyncio" in said
    assert _endings(one) == ["ok", "fail"]


def test_context_variables_reach_the_function(sync):
    """The call is made in its caller's context, under a fault as well."""
    variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="lost")
    one = _trial(faults.Duplicate(order="in_flight"))

    def read() -> str:
        return variable.get()

    async def read_async() -> str:
        return variable.get()

    def agent() -> Any:
        variable.set("kept")
        return wire(read)() if sync else wire(read_async)()

    assert one.run(agent) == "kept"


def test_what_keywords_take_has_the_names_that_callers_use():
    """An effect's key finds it, and a fault that rewrites the request reaches the function."""
    got = []

    def book(flight, /, *, seat="1A", **more):
        got.append((flight, seat, more))

    class OtherSeat(Fault):
        name = "other_seat"

        def compile(self, situation):
            def change(request):
                return replace(request, arguments={**request.arguments, "seat": "9F", "traveller": "Eve"})

            return (RewriteRequest(change), Deliver(), Return())

    one = Trial([rule(OtherSeat(), on.tool(nth=2))])
    wired = wire(book, name="book", kind="tool")
    one.run(lambda: [wired("LX1", traveller="Ada", more="x"), wired("LX1", traveller="Ada")])
    first, second = (exchange.call.arguments for exchange in one.history.calls("book"))
    assert first == {"flight": "LX1", "traveller": "Ada", "more": "x"}
    assert second == {"flight": "LX1", "traveller": "Ada"}
    assert got == [("LX1", "1A", {"traveller": "Ada", "more": "x"}), ("LX1", "9F", {"traveller": "Eve"})]
