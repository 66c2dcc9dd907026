"""A trial runs one system under one schedule, writes down how it ended, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import subprocess
import sys
import time

import httpx2
import pytest

from pytest_agentchaos.agents import agent_path, calling_as
from pytest_agentchaos.clock import VirtualClock, WallClock
from pytest_agentchaos.errors import HungError, NoUpstreamError, UsageError
from pytest_agentchaos.evidence.message import Reply, Request
from pytest_agentchaos.faults.drop_response import DropResponse
from pytest_agentchaos.faults.late_delivery import LateDelivery
from pytest_agentchaos.faults.reset import Reset
from pytest_agentchaos.schedule import on, rule
from pytest_agentchaos.trial import Trial
from pytest_agentchaos.wires import function
from pytest_agentchaos.wires.active import current


def answer(request: httpx2.Request) -> httpx2.Response:
    """A server."""
    return httpx2.Response(200, json={"path": request.url.path})


def ask(path: str = "/book") -> int:
    """A sync agent of one call."""
    with httpx2.Client(transport=httpx2.MockTransport(answer)) as client:
        return client.get(f"http://flights.local{path}").status_code


async def ask_later(delay_s: float, *, path: str = "/book") -> int:
    """An async agent of one call."""
    await asyncio.sleep(delay_s)
    async with httpx2.AsyncClient(transport=httpx2.MockTransport(answer)) as client:
        return (await client.get(f"http://flights.local{path}")).status_code


class TestRun:
    """Virtual time."""

    def test_gives_what_the_system_gives(self):
        """Arguments go in, the value comes out, sync and async."""
        trial = Trial(seed=3)
        assert trial.run(ask, path="/a") == trial.run(ask_later, 5, path="/b") == 200
        assert [exchange.call.name for exchange in trial.history.calls()] == ["GET /a", "GET /b"]
        assert trial.outcome is not None
        assert (trial.outcome.ending, trial.outcome.value, trial.outcome.virtual_s) == ("completed", 200, 5.0)
        assert trial.history.seed == trial.seed == 3

    def test_a_function_that_gives_an_awaitable_is_awaited(self):
        """A lambda around a coroutine function is as good as the function."""
        assert Trial().run(lambda: ask_later(1)) == 200

    def test_raises_what_the_system_raises(self):
        """The very exception, and the history tells it without places in memory."""
        trial = Trial()
        error = KeyError(object())

        def crash() -> None:
            raise error

        with pytest.raises(KeyError) as caught:
            trial.run(crash)
        assert caught.value is error
        assert trial.outcome is not None
        assert trial.outcome.error is error
        assert trial.history[-1].data == {"outcome": "raised", "error": "KeyError: <object object>"}

    def test_an_error_that_cannot_be_told_is_written_down_all_the_same(self):
        """Its __str__ is the user's, and may crash."""

        class MuteError(Exception):
            def __str__(self) -> str:
                raise ZeroDivisionError

        def crash() -> None:
            raise MuteError

        trial = Trial()
        with pytest.raises(MuteError):
            trial.run(crash)
        assert trial.history[-1].data["error"] == "MuteError"
        assert str(trial.outcome) == "raised after 0 s: MuteError"

    def test_a_hang_is_an_outcome_of_its_own(self):
        """It is told apart from a crash."""
        trial = Trial()
        with pytest.raises(HungError):
            trial.run(asyncio.Event().wait)
        assert trial.outcome is not None
        assert trial.outcome.ending == "hung"

    def test_an_error_of_use_comes_before_any_of_the_systems(self):
        """Whether the system swallows it or makes another error of it."""

        def swallow() -> str:
            try:
                with httpx2.Client() as client:
                    client.get("https://nobody.example/")
            except NoUpstreamError:
                pass
            return "fine"

        def convert() -> None:
            swallow()
            raise KeyError

        trial = Trial()
        with pytest.raises(NoUpstreamError):
            trial.run(swallow)
        with pytest.raises(NoUpstreamError) as caught:
            trial.run(convert)
        assert isinstance(caught.value.__cause__, KeyError)
        assert len(trial.engine.problems) == 2

    @pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit])
    def test_the_wish_to_stop_comes_before_everything(self, stop):
        """Ctrl-C is never turned into another error."""

        def system() -> None:
            with pytest.raises(NoUpstreamError), httpx2.Client() as client:
                client.get("https://nobody.example/")
            raise stop

        with pytest.raises(stop):
            Trial().run(system)

    def test_what_the_system_puts_into_its_context_stays_there(self):
        """Also an agent's name that a suspended generator would have taken back."""
        mark: contextvars.ContextVar[int] = contextvars.ContextVar("mark", default=0)
        kept = []

        def suspended():
            with calling_as("lost"):
                yield

        def system() -> int:
            mark.set(1)
            kept.append(suspended())
            next(kept[0])
            return ask()

        trial = Trial()
        trial.run(system)
        assert (mark.get(), agent_path.get()) == (0, ())
        assert trial.history.calls()[0].call.agent == ("lost",)
        kept.clear()
        gc.collect()

    def test_each_run_has_randomness_of_its_own_and_each_trial_the_same(self):
        """A second run in a trial does not repeat the first; the same trial does."""
        import random

        def draws() -> list[float]:
            trial = Trial(seed=5)
            return [trial.run(random.SystemRandom().random), trial.run(random.random), trial.run(random.random)]

        assert draws()[1:] == draws()[1:]
        assert len(set(draws())) == 3

    def test_what_is_late_arrives_before_the_trial_is_over(self):
        """Of sync and async functions, though their callers are gone."""
        arrived = []

        def book(seat: str) -> None:
            arrived.append(seat)

        async def book_async(seat: str) -> None:
            arrived.append(seat)

        sync, later = function.wire(book, timeout_s=1), function.wire(book_async, timeout_s=1)

        async def system() -> None:
            with pytest.raises(TimeoutError):
                sync("1A")
            with pytest.raises(TimeoutError):
                await later("2B")
            assert arrived == []

        trial = Trial((rule(LateDelivery(seconds=60), on.tool()),))
        trial.run(system)
        assert sorted(arrived) == ["1A", "2B"]

    def test_an_upstream_that_never_shuts_down_is_no_fault_of_the_system(self):
        """The run is over when the system is."""

        async def app(scope, receive, send):
            if scope["type"] == "http":
                await send({"type": "http.response.start", "status": 200, "headers": []})
                await send({"type": "http.response.body", "body": b"", "more_body": False})
            else:
                await receive()
                await send({"type": "lifespan.startup.complete"})
            await asyncio.Event().wait()

        trial = Trial()
        trial.upstreams.declare("http://app.local", app)

        async def system() -> int:
            async with httpx2.AsyncClient() as client:
                return (await client.get("http://app.local/")).status_code

        assert trial.run(system) == 200
        assert trial.outcome is not None
        assert trial.outcome.ending == "completed"


class TestMisuse:
    """Every error says what to do, and is remembered."""

    def test_a_coroutine_is_not_a_system(self):
        """It is closed, so that nobody is warned that it was never awaited."""
        with pytest.raises(UsageError, match=r"give the function and its arguments: run\(ask_later, \.\.\.\)"):
            Trial().run(ask_later(1))  # type: ignore[arg-type]

    def test_neither_is_something_that_cannot_be_called(self):
        """The value is named."""
        with pytest.raises(UsageError, match=r"run\(5\): not callable"):
            Trial().run(5)  # type: ignore[arg-type]

    def test_a_loop_that_runs_already_is_refused(self):
        """In sim mode the trial owns the loop."""
        trial = Trial()

        async def test() -> None:
            trial.run(ask)

        with pytest.raises(UsageError, match=r"async with agentchaos\.live"):
            asyncio.run(test())
        assert len(trial.engine.problems) == 1
        assert not trial.ran

    def test_a_trio_loop_is_refused_as_well(self):
        """Virtual time knows nothing of it."""
        trio = pytest.importorskip("trio")

        async def test() -> None:
            Trial().run(ask)

        with pytest.raises(UsageError, match=r"async with agentchaos\.live"):
            trio.run(test)

    def test_trials_cannot_be_nested(self):
        """Neither run nor live inside of run, nor run inside of live."""
        trial = Trial()
        with pytest.raises(UsageError, match=r"run\(\) cannot be called inside"):
            trial.run(trial.run, ask)
        with pytest.raises(UsageError, match=r"live\(\) cannot be entered inside"):
            trial.run(trial.live().__enter__)
        with pytest.raises(UsageError, match=r"run\(\) cannot be called inside"), Trial().live():
            trial.run(ask)
        assert current() is None

    def test_one_test_has_one_mode(self):
        """Time that has been real cannot become virtual, nor the other way round."""
        trial = Trial()
        trial.run(ask)
        with pytest.raises(UsageError, match="its time cannot become real"):
            trial.live().__enter__()
        trial = Trial()
        with trial.live():
            pass
        with pytest.raises(UsageError, match="its time cannot become virtual again"):
            trial.run(ask)


class TestLive:
    """Real time."""

    def test_sync_and_async_blocks_see_the_same_calls(self):
        """And both may be entered again."""
        trial = Trial()

        async def test() -> None:
            async with trial.live():
                await ask_later(0)

        asyncio.run(test())
        with trial.live():
            ask("/again")
        ask("/unseen")
        assert [exchange.call.name for exchange in trial.history.calls()] == ["GET /book", "GET /again"]
        assert trial.history.mode == "live"
        assert isinstance(trial.clock, WallClock)
        assert trial.ran

    def test_nothing_happens_before_the_block_is_entered(self):
        """live() alone has run nothing."""
        trial = Trial((rule(Reset(), on.any()),))
        trial.live()
        assert not trial.ran
        assert isinstance(trial.clock, VirtualClock)
        assert "nothing was run" in (trial.unproven() or "")

    def test_an_exception_ends_the_block_and_is_the_outcome(self):
        """As in run()."""
        trial = Trial()
        with pytest.raises(KeyError), trial.live():
            raise KeyError
        assert trial.outcome is not None
        assert trial.outcome.ending == "raised"
        assert current() is None

    def test_close_ends_a_block_that_was_left_open(self):
        """And does nothing to one that has ended."""
        trial = Trial()
        with trial.live():
            pass
        trial.live().__enter__()
        patched = httpx2.MockTransport.handle_request
        trial.close()
        assert httpx2.MockTransport.handle_request is not patched
        assert current() is None
        trial.close()

    def test_close_forgets_the_agent_that_was_left_open(self):
        """A generator that never went on would leave its name to the next test."""

        def suspended():
            with calling_as("lost"):
                yield

        generator = suspended()
        next(generator)
        assert agent_path.get() == ("lost",)
        Trial().close()
        assert agent_path.get() == ()
        generator.close()


class TestProof:
    """What a trial proves."""

    def test_it_is_proven_when_every_fault_fired(self):
        """And the schedule tells the faults."""
        trial = Trial()
        assert trial.unproven() is None
        trial.inject(rule(DropResponse(), on.tool("book")))
        assert "1 of 1 faults never fired" in (trial.unproven() or "")

        def book() -> None:
            pass

        with pytest.raises(TimeoutError):
            trial.run(function.wire(book))
        assert trial.unproven() is None
        assert [str(line) for line in trial.schedule] == ["faults.DropResponse() on.tool('book')"]

    def test_upstreams_answer(self):
        """Without a network."""

        class Echo:
            def handle(self, request: Request) -> Reply:
                return Reply(201, body=request.url.encode())

        trial = Trial()
        trial.upstreams.declare("https://echo.example", Echo())
        assert trial.run(lambda: httpx2.get("https://echo.example/x").status_code) == 201


def test_a_trial_takes_no_real_time():
    """A day passes at once."""
    began = time.perf_counter()
    trial = Trial()
    trial.run(asyncio.sleep, 86_400)
    assert time.perf_counter() - began < 30
    assert trial.clock.now_s() == 86_400


def test_the_same_trial_leaves_the_same_history_in_another_process():
    """Whatever the order of hashes there."""
    source = (
        "import random, httpx2\nfrom pytest_agentchaos.trial import Trial\n"
        "def ask():\n"
        "    with httpx2.Client(transport=httpx2.MockTransport(lambda request: httpx2.Response(200))) as client:\n"
        "        client.get(f'http://flights.local/{random.random()}')\n"
        "trial = Trial(seed=9)\ntrial.run(ask)\nprint(trial.history.digest())"
    )
    digests = {
        subprocess.run([sys.executable, "-c", source], check=True, capture_output=True, text=True).stdout
        for _ in range(2)
    }
    assert len(digests) == 1
