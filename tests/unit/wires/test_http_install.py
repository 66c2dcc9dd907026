"""The wire lies under both libraries for the length of a trial, beside whatever else sits there, and then is gone."""

import asyncio
import functools
import subprocess
import sys
import threading
import time

import httpx
import httpx2
import pytest

from pytest_agentchaos import faults
from pytest_agentchaos.errors import HungError, UsageError
from pytest_agentchaos.evidence.message import Reply
from pytest_agentchaos.schedule import on, rule
from pytest_agentchaos.trial import Trial
from pytest_agentchaos.wires.http_transport.install import SEAMS, installed, wrap
from pytest_agentchaos.wires.http_transport.library import library, loaded

URL = "https://api.test/x"
LIBRARIES = pytest.mark.parametrize("lib", [httpx, httpx2], ids=lambda lib: lib.__name__)


def _methods():
    """What stands at every seam of both libraries."""
    return [vars(getattr(lib, owner))[name] for lib in (httpx, httpx2) for owner, name, _ in SEAMS]


@pytest.fixture(autouse=True)
def untouched():
    """Every test here leaves the classes as they were."""
    before = _methods()
    yield
    assert _methods() == before


def _calls(one):
    return [(op.call.name, op.of) for op in one.history if op.kind == "invoke"]


def _ends(one):
    return [op.kind for op in one.history if op.kind in {"ok", "fail", "info"}]


class _Sentinel(BaseException):
    """Not an Exception."""


@pytest.mark.parametrize("crash", [ValueError, KeyboardInterrupt, SystemExit, HungError, _Sentinel])
def test_the_classes_are_restored_after_every_kind_of_crash(crash):
    """Whatever ends a trial, the next one finds the classes untouched."""
    before = _methods()

    def system():
        assert not any(now is was for now, was in zip(_methods(), before, strict=True))
        raise crash

    with pytest.raises(crash):
        Trial().run(system)


@LIBRARIES
def test_a_patched_method_looks_like_the_one_underneath(lib):
    """Its name, documentation and signature are those of the library."""
    original = lib.MockTransport.handle_request
    with installed():
        patched = lib.MockTransport.handle_request
        assert patched is not original
        assert (patched.__qualname__, patched.__module__) == (original.__qualname__, original.__module__)


@LIBRARIES
def test_without_a_trial_the_wire_is_not_there(lib):
    """Patched methods pass everything on while no trial is under way."""
    answer = lib.MockTransport(lambda request: lib.Response(200, text="ok"))
    with installed():
        assert lib.Client(transport=answer).get(URL).text == "ok"

        async def main():
            async with lib.AsyncClient(transport=answer) as client:
                return (await client.get(URL)).text

        assert asyncio.run(main()) == "ok"


@LIBRARIES
def test_a_method_that_a_mocking_library_has_replaced_answers_under_the_wire(lib, monkeypatch):
    """What pytest-httpx and its like do: the mock leads nowhere outside, so no upstream is missed; faults act on it."""

    def mocked(transport, request):
        return lib.Response(200, text="mocked")

    async def mocked_async(transport, request):
        return lib.Response(200, text="mocked")

    monkeypatch.setattr(lib.HTTPTransport, "handle_request", mocked)
    monkeypatch.setattr(lib.AsyncHTTPTransport, "handle_async_request", mocked_async)

    async def main():
        async with lib.AsyncClient() as client:
            return (await client.get(URL)).text

    assert Trial().run(lambda: lib.get(URL).text) == "mocked"
    assert Trial().run(main) == "mocked"
    one = Trial((rule(faults.Overloaded(), on.http()),))
    assert one.run(lambda: lib.get(URL).status_code) >= 500
    monkeypatch.undo()


@LIBRARIES
def test_a_mock_that_overlaps_with_a_trial_leaves_no_second_wire(lib):
    """Whoever patches in a trial and undoes that after it puts our method back; the next trial sees a call once."""
    patch = pytest.MonkeyPatch()
    original = lib.MockTransport.handle_request
    client = lib.Client(transport=lib.MockTransport(lambda request: lib.Response(200, text="ok")))

    def system():
        patch.setattr(lib.MockTransport, "handle_request", lambda transport, request: lib.Response(200, text="mocked"))
        return client.get(URL).text

    assert Trial().run(system) == "mocked"
    assert client.get(URL).text == "mocked"
    patch.undo()
    assert client.get(URL).text == "ok"
    one = Trial()
    assert one.run(lambda: client.get(URL).text) == "ok"
    assert len(_calls(one)) == 1
    assert lib.MockTransport.handle_request is original


@LIBRARIES
class TestInProcess:
    """Transports that answer by themselves are seen as they are, under the caller's timeout."""

    def test_a_mock_transport_answers_and_is_recorded(self, lib):
        """One call, one answer, the same response object."""
        made = []

        def handler(request):
            made.append(lib.Response(200, json={"body": request.content.decode()}))
            return made[-1]

        one = Trial()
        response = one.run(lambda: lib.Client(transport=lib.MockTransport(handler)).post(URL, content=b"hi"))
        assert response is made[0]
        assert _ends(one) == ["ok"]
        assert one.history[1].data["result"] == {"body": "hi"}

    def test_faults_act_on_it(self, lib):
        """A mock transport may be delayed, refused and cut like any other."""
        transport = lib.MockTransport(lambda request: lib.Response(200, text="0123456789" * 3))
        client = lib.Client(transport=transport, timeout=9)
        assert (
            Trial((rule(faults.Latency(seconds=5), on.http()),)).run(lambda: client.get(URL).text) == "0123456789" * 3
        )
        with pytest.raises(lib.ConnectError):
            Trial((rule(faults.Refused(), on.http()),)).run(client.get, URL)
        with pytest.raises(lib.RemoteProtocolError):
            Trial((rule(faults.Truncated(), on.http()),)).run(client.get, URL)

    @pytest.mark.parametrize("faulted", [False, True])
    def test_a_slow_handler_meets_the_timeout(self, lib, faulted):
        """120 s under a timeout of 5 s end after 5 virtual seconds, sync and async, with and without a rule."""

        async def slow(request):
            await asyncio.sleep(120)
            return lib.Response(200)

        def slow_sync(request):
            time.sleep(120)
            return lib.Response(200)

        async def agent():
            await lib.AsyncClient(transport=lib.MockTransport(slow), timeout=5).get(URL)

        for system in (agent, lambda: lib.Client(transport=lib.MockTransport(slow_sync), timeout=5).get(URL)):
            one = Trial((rule(faults.Latency(seconds=1), on.http()),) if faulted else ())
            with pytest.raises(lib.ReadTimeout) as caught:
                one.run(system)
            assert caught.value.request.url == URL
            assert (one.clock.now_s(), _ends(one)) == (5.0, ["info"])

    def test_a_handler_may_wait_and_time_out_by_itself(self, lib):
        """A wait within the timeout is fine; a TimeoutError of the handler's own is its own."""

        async def waits(request):
            await asyncio.sleep(2)
            async with asyncio.timeout(1):
                await asyncio.sleep(1 if request.url.path == "/fine" else 10)
            return lib.Response(200)

        client = lib.AsyncClient(transport=lib.MockTransport(waits), timeout=5)

        async def agent(path):
            return (await client.get("https://api.test" + path)).status_code

        with pytest.raises(TimeoutError):
            Trial().run(agent, "/late")

    def test_a_stalled_stream_of_its_own_meets_the_timeout_between_chunks(self, lib):
        """Chunks within the timeout pass; silence beyond it is a read timeout, sync and async."""

        async def chunks(pause_s):
            for _ in range(3):
                await asyncio.sleep(pause_s)
                yield b"x"

        def blocks(pause_s):
            for _ in range(3):
                time.sleep(pause_s)
                yield b"x"

        async def agent(pause_s):
            handler = lib.MockTransport(lambda request: lib.Response(200, content=chunks(pause_s)))
            return (await lib.AsyncClient(transport=handler, timeout=5).get(URL)).text

        def blocking(pause_s):
            handler = lib.MockTransport(lambda request: lib.Response(200, content=blocks(pause_s)))
            return lib.Client(transport=handler, timeout=5).get(URL).text

        for system in (agent, blocking):
            one = Trial()
            assert one.run(system, 4) == "xxx"
            assert (one.clock.now_s(), _ends(one)) == (12.0, ["ok"])
            one = Trial()
            with pytest.raises(lib.ReadTimeout):
                one.run(system, 6)
            assert (one.clock.now_s(), _ends(one)) == (5.0, ["info"])

    def test_a_handler_that_raises_is_recorded(self, lib):
        """An error of the transport goes to the caller and into the history; ConnectError is a sure failure."""
        for error, end in ((lib.ConnectError("no"), "fail"), (ValueError("boom"), "info")):

            def handler(request, error=error):
                raise error

            one = Trial()
            with pytest.raises(type(error)) as caught:
                one.run(lib.Client(transport=lib.MockTransport(handler)).get, URL)
            assert caught.value is error
            assert _ends(one) == [end]

    def test_asgi_and_wsgi_transports_are_seen(self, lib):
        """The libraries' own transports for apps belong to the wire as well."""

        async def app(scope, receive, send):
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"asgi"})

        def wsgi(environ, start_response):
            start_response("200 OK", [("content-length", "4")])
            return [b"wsgi"]

        async def agent():
            return await lib.AsyncClient(transport=lib.ASGITransport(app)).get(URL)

        def blocking():
            return lib.Client(transport=lib.WSGITransport(wsgi)).get(URL)

        for system, text in ((agent, "asgi"), (blocking, "wsgi")):
            one = Trial()
            assert one.run(system).text == text
            assert (len(_calls(one)), _ends(one)) == (1, ["ok"])
            assert Trial((rule(faults.Overloaded(), on.http()),)).run(system).status_code >= 500

    def test_a_stream_of_both_kinds_stays_one(self, lib):
        """A handler's byte stream serves sync and async readers, before and after."""
        transport = lib.MockTransport(lambda request: lib.Response(200, stream=lib.ByteStream(b"both")))

        def system():
            stream = transport.handle_request(lib.Request("GET", URL)).stream
            assert isinstance(stream, lib.SyncByteStream)
            assert isinstance(stream, lib.AsyncByteStream)
            assert stream._stream == b"both"
            return list(stream) + list(stream)

        assert Trial().run(system) == [b"both", b"both"]


class _Custom:
    """A transport of nobody's class."""

    def __init__(self, lib):
        self.lib = lib
        self.log = []

    def handle_request(self, request):
        return self.lib.Response(200, text="custom")

    async def handle_async_request(self, request):
        return self.lib.Response(200, text="custom")

    def close(self):
        self.log.append("close")

    async def aclose(self):
        self.log.append("aclose")


@LIBRARIES
def test_a_custom_transport_is_seen_when_it_is_wrapped(lib):
    """Outside of a trial the wrapper is not there; inside, faults act; entering and closing reach the transport."""
    custom = type("Own", (_Custom, lib.BaseTransport, lib.AsyncBaseTransport), {})(lib)
    transport = wrap(custom)
    assert transport.log is custom.log
    with pytest.raises(AttributeError):
        transport.__missing__  # noqa: B018 - asks for it

    async def agent():
        async with lib.AsyncClient(transport=transport) as client:
            return (await client.get(URL)).text

    def blocking():
        with lib.Client(transport=transport) as client:
            return client.get(URL).text

    assert blocking() == asyncio.run(agent()) == "custom"
    for system in (blocking, agent):
        one = Trial()
        assert one.run(system) == "custom"
        assert (len(_calls(one)), _ends(one)) == (1, ["ok"])
        with pytest.raises(lib.ConnectError):
            Trial((rule(faults.Refused(), on.http()),)).run(system)
    assert set(custom.log) == {"close", "aclose"}


@LIBRARIES
def test_wrapping_what_a_trial_knows_already_changes_nothing(lib):
    """Otherwise one call would be seen twice."""
    for transport in (lib.MockTransport(lambda request: lib.Response(200)), lib.HTTPTransport(verify=False)):
        assert wrap(transport) is transport

    class Own(lib.MockTransport):  # type: ignore[misc,name-defined]
        def handle_request(self, request):
            return lib.Response(200, text="own")

    transport = wrap(Own(lambda request: lib.Response(500)))
    one = Trial()
    assert one.run(lambda: lib.Client(transport=transport).get(URL).text) == "own"
    assert len(_calls(one)) == 1


def test_wrapping_something_else_is_an_error():
    """The message says what a transport is."""
    with pytest.raises(UsageError, match="is not a transport of httpx or httpx2"):
        wrap(object())


@LIBRARIES
@pytest.mark.parametrize("is_async", [True, False])
def test_a_call_from_a_thread_of_the_agent_s_own_is_refused(lib, is_async):
    """Virtual time has one thread; the error says which thread and what to do, and reaches the test."""

    def system():
        def work():
            with pytest.raises(UsageError):
                lib.MockTransport(lambda request: lib.Response(200)).handle_request(lib.Request("GET", URL))

        async def work_async():
            transport = lib.MockTransport(lambda request: lib.Response(200))
            with pytest.raises(UsageError):
                await transport.handle_async_request(lib.Request("GET", URL))

        def step():
            coroutine = work_async()
            with pytest.raises(StopIteration):
                coroutine.send(None)

        thread = threading.Thread(target=step if is_async else work, name="worker-7")
        thread.start()
        thread.join()

    with pytest.raises(UsageError, match="called from the thread 'worker-7' while time is virtual"):
        Trial().run(system)


async def _app(scope, receive, send):
    assert scope["type"] == "http"
    await asyncio.sleep(1)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"app"})


@LIBRARIES
def test_a_sync_client_that_blocks_the_loop_of_its_callee_is_told(lib):
    """It could never be answered; through a worker thread it can."""

    async def blocking():
        return lib.get(URL).text

    async def in_thread():
        return await asyncio.to_thread(lambda: lib.get(URL).text)

    one = Trial()
    one.upstreams.declare(URL, _app)
    with pytest.raises(UsageError, match="a sync client blocks the event loop"):
        one.run(blocking)
    one = Trial()
    one.upstreams.declare(URL, _app)
    assert one.run(in_thread) == "app"
    assert one.clock.now_s() == 1.0


@LIBRARIES
def test_upstreams_may_be_declared_in_live_mode(lib):
    """What is declared answers, in real time too; an app behind a sync client needs a port of its own."""

    class Answers:
        def handle(self, request):
            return Reply(200, (), b"declared")

    async def ask():
        async with lib.AsyncClient() as client:
            return (await client.get(URL)).text, (await client.get("https://app.test/")).text

    one = Trial()
    one.upstreams.declare(URL, Answers())
    one.upstreams.declare("https://app.test", lambda scope, receive, send: _quick(send))

    async def main():
        async with one.live():
            return await ask()

    assert asyncio.run(main()) == ("declared", "app")
    one = Trial()
    one.upstreams.declare("https://app.test", _app)
    with pytest.raises(UsageError, match="cannot stand behind a sync client in live mode"), one.live():
        lib.get("https://app.test/")


async def _quick(send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"app"})


def test_under_trio_faults_act_but_what_needs_asyncio_says_so():
    """Waiting works everywhere; copies in flight need tasks of asyncio."""
    import trio

    async def agent():
        async with httpx2.AsyncClient(transport=httpx2.MockTransport(lambda request: httpx2.Response(200))) as client:
            return (await client.get(URL)).status_code

    with Trial((rule(faults.Latency(seconds=0.001), on.http()),)).live():
        assert trio.run(agent) == 200
    doubled = Trial((rule(faults.Duplicate(order="in_flight"), on.http()),))
    with pytest.raises(UsageError, match="under trio"), doubled.live():
        trio.run(agent)


def test_a_library_that_is_imported_during_a_trial_gets_the_wire():
    """Also when it comes late, and its module looks as if nobody had watched."""
    program = """
import sys
from pytest_agentchaos.trial import Trial
assert "httpx" not in sys.modules and "httpx2" not in sys.modules
finders = list(sys.meta_path)

def system(name):
    library = __import__(name)
    assert "agentchaos" not in type(library.__loader__).__module__, library.__loader__
    assert "agentchaos" not in type(library.__spec__.loader).__module__
    answer = library.MockTransport(lambda request: library.Response(200, text="late"))
    return library.Client(transport=answer).get("https://api.test/").text

for name in ("httpx2", "httpx"):
    trial = Trial()
    assert trial.run(system, name) == "late"
    assert [op.kind for op in trial.history][:2] == ["invoke", "ok"], list(trial.history)
    assert sys.meta_path == finders, sys.meta_path
    assert not hasattr(sys.modules[name].MockTransport.handle_request, "__agentchaos_original__")
"""
    done = subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_one_library_under_two_names_is_patched_once(monkeypatch):
    """An alias in sys.modules is no second library; a library that was imported anew is."""
    monkeypatch.setitem(sys.modules, "httpx", httpx2)
    assert [lib.name for lib in loaded()] == ["httpx2"]
    one = Trial()
    one.run(httpx2.Client(transport=httpx2.MockTransport(lambda request: httpx2.Response(200))).get, URL)
    assert len(_calls(one)) == 1
    assert library(httpx) is library(httpx)


@LIBRARIES
@pytest.mark.parametrize("lies", [False, True], ids=["honest", "equal to what it wraps"])
def test_an_instrumentation_that_is_installed_during_a_trial_stays(lib, lies):
    """Each call passes it once, and is seen once, in that trial, in the next one and afterwards."""
    seen = []
    kind = lib.MockTransport
    untouched = vars(kind)["handle_request"]

    class Wrapper:
        def __init__(self, inner):
            functools.update_wrapper(self, inner)

        def __get__(self, transport, owner):
            return lambda request: self(transport, request)

        def __call__(self, transport, request):
            seen.append(request.url)
            return self.__wrapped__(transport, request)

        def __eq__(self, other):
            return lies or self is other

        def __hash__(self):
            return hash(self.__wrapped__)

    def system(*, instrument=False):
        if instrument:
            kind.handle_request = Wrapper(vars(kind)["handle_request"])
        with lib.Client(transport=kind(lambda request: lib.Response(200))) as client:
            client.get(URL)

    try:
        for number, instrument in enumerate([True, False, False], 1):
            trial = Trial()
            trial.run(system, instrument=instrument)
            assert (len(seen), trial.history.begun) == (number, 1)
        system()
        assert len(seen) == 4
    finally:
        kind.handle_request = untouched
