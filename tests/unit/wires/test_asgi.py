"""An ASGI app in the same process is as behind a server: it streams, starts once, hears of leavers, may crash."""

import asyncio
from contextvars import ContextVar

import pytest

from pytest_agentchaos.agents import agent_path, calling_as
from pytest_agentchaos.evidence.message import Request
from pytest_agentchaos.wires.asgi import AppCrashedError, AppNotStartedError, AsgiHost

START = {"type": "http.response.start", "status": 200, "headers": [(b"X-A", b"1")]}
GET = Request("GET", "http://app.test:81/a%20b?c=%20d", (("Host", "app.test:81"), ("X-Case", "Y")))


def _body(chunk, *, more=False):
    return {"type": "http.response.body", "body": chunk, "more_body": more}


def _host_of(app):
    """A host of an app without a lifespan."""

    async def http_only(scope, receive, send):
        assert scope["type"] == "http", "no lifespan here"
        await app(scope, receive, send)

    return AsgiHost(lambda: http_only)


async def _ask(host, request=GET):
    return await host.request(request, asyncio.get_running_loop().create_task)


async def _read(reply):
    return b"".join([chunk async for chunk in reply.chunks])


def test_a_request_arrives_as_a_server_would_give_it():
    """The scope holds decoded and raw path, query, lower-case headers, and the address; the body comes at once."""
    seen: dict[str, object] = {}

    async def app(scope, receive, send):
        seen.update(scope, message=await receive())
        await send(START)
        await send(_body(b"ok"))

    async def main():
        reply = await _ask(_host_of(app), Request("POST", GET.url, GET.headers, b"hello"))
        return reply.status, reply.headers, await _read(reply)

    assert asyncio.run(main()) == (200, (("X-A", "1"),), b"ok")
    assert (seen["path"], seen["raw_path"], seen["query_string"]) == ("/a b", b"/a%20b", b"c=%20d")
    assert seen["headers"] == [(b"host", b"app.test:81"), (b"x-case", b"Y")]
    assert seen["server"] == ("app.test", 81)
    assert seen["message"] == {"type": "http.request", "body": b"hello", "more_body": False}


def test_an_address_without_a_port_has_the_usual_one():
    """Apps may rely on a number."""
    seen = {}

    async def app(scope, receive, send):
        seen.update(scope)
        await send(START)
        await send(_body(b""))

    asyncio.run(_ask(_host_of(app), Request("GET", "https://app.test")))
    assert (seen["server"], seen["path"]) == (("app.test", 443), "/")


def test_chunks_arrive_while_the_app_still_sends():
    """The reply begins with the first message and streams; nothing is buffered to the end."""
    gate = asyncio.Event()

    async def app(scope, receive, send):
        await send(START)
        await send(_body(b"1", more=True))
        await gate.wait()
        await send(_body(b"2"))
        await send(_body(b"too late"))

    async def main():
        chunks = (await _ask(_host_of(app))).chunks
        first = await anext(chunks)
        gate.set()
        return [first, *[chunk async for chunk in chunks]]

    assert asyncio.run(main()) == [b"1", b"2"]


def test_a_head_request_gets_no_body():
    """As servers do it."""

    async def app(scope, receive, send):
        await send(START)
        await send(_body(b"not for you"))

    async def main():
        return await _read(await _ask(_host_of(app), Request("HEAD", GET.url)))

    assert asyncio.run(main()) == b""


@pytest.mark.parametrize("crash", [ValueError("boom"), None], ids=["raises", "says nothing"])
def test_an_app_that_crashes_before_it_answers(crash):
    """There is no reply; the error names the address and what the app raised."""

    async def app(scope, receive, send):
        if crash is not None:
            raise crash

    with pytest.raises(AppCrashedError, match=r"app.test.*before it answered: .*(boom|without a whole answer)"):
        asyncio.run(_ask(_host_of(app)))


@pytest.mark.parametrize("crash", [ValueError("boom"), None], ids=["raises", "stops"])
def test_an_app_that_crashes_while_it_answers(crash):
    """What was sent arrives, and then the line ends before its time."""

    async def app(scope, receive, send):
        await send(START)
        await send(_body(b"half", more=True))
        if crash is not None:
            raise crash

    async def main():
        chunks = (await _ask(_host_of(app))).chunks
        assert await anext(chunks) == b"half"
        with pytest.raises(AppCrashedError, match="while it answered"):
            await anext(chunks)

    asyncio.run(main())


def test_a_crash_after_the_whole_answer_is_no_business_of_the_caller():
    """Background work that fails does not spoil a complete reply."""

    async def app(scope, receive, send):
        await send(START)
        await send(_body(b"whole"))
        msg = "background work failed"
        raise ValueError(msg)

    async def main():
        return await _read(await _ask(_host_of(app)))

    assert asyncio.run(main()) == b"whole"


def test_an_app_hears_that_its_caller_left_and_may_go_on():
    """A caller that stops waiting, or closes a stream, is a disconnect; the work goes on."""
    heard = []

    async def app(scope, receive, send):
        await receive()
        if scope["path"] == "/stream":
            await send(START)
            await send(_body(b"1", more=True))
        heard.append((await receive())["type"])
        await send(START)
        await send(_body(b"nobody reads this"))
        heard.append("went on")

    async def main():
        host = _host_of(app)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(_ask(host), 0.01)
        reply = await _ask(host, Request("GET", "http://app.test/stream"))
        assert await anext(reply.chunks) == b"1"
        await reply.aclose()
        for _ in range(10):
            await asyncio.sleep(0)

    asyncio.run(main())
    assert heard == ["http.disconnect", "went on"] * 2


def test_a_complete_answer_is_a_disconnect_too():
    """An app that waits for the end of the exchange gets it."""
    heard = []

    async def app(scope, receive, send):
        await receive()
        await send(START)
        await send(_body(b""))
        heard.append((await receive())["type"])

    async def main():
        assert await _read(await _ask(_host_of(app))) == b""
        await asyncio.sleep(0)

    asyncio.run(main())
    assert heard == ["http.disconnect"]


def test_hanging_up_ends_what_is_still_being_sent():
    """When all callers are gone, an endless stream finds the line dead; a call that was not answered yet goes on."""
    ended = []

    async def app(scope, receive, send):
        if scope["path"] == "/slow":
            await asyncio.sleep(0.01)
            ended.append("slow")
            return
        await send(START)
        try:
            while True:
                await send(_body(b"ping", more=True))
                await asyncio.sleep(0)
        except OSError:
            ended.append("stream")
            raise

    async def main():
        host = _host_of(app)
        slow = asyncio.ensure_future(_ask(host, Request("GET", "http://app.test/slow")))
        reply = await _ask(host)
        assert await anext(reply.chunks) == b"ping"
        host.hang_up()
        await asyncio.gather(slow, return_exceptions=True)

    asyncio.run(main())
    assert ended == ["stream", "slow"]


class _Lifespan:
    """An app whose start-up waits for a gate."""

    def __init__(self):
        self.log = []
        self.gate = asyncio.Event()

    async def __call__(self, scope, receive, send):
        if scope["type"] == "http":
            self.log.append(scope["state"])
            await send(START)
            await send(_body(b""))
            return
        assert (await receive())["type"] == "lifespan.startup"
        await self.gate.wait()
        scope["state"]["db"] = "open"
        await send({"type": "lifespan.startup.complete"})
        assert (await receive())["type"] == "lifespan.shutdown"
        self.log.append("shutdown")


def test_an_app_starts_once_and_before_any_request_and_stops_at_the_end():
    """Requests that come during the start-up wait for it, even if the first of them gives up."""
    app = _Lifespan()

    async def main():
        host = AsgiHost(lambda: app)
        assert not host.running
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(_ask(host), 0.01)
        waiting = [asyncio.ensure_future(_ask(host)) for _ in range(2)]
        await asyncio.sleep(0)
        assert app.log == []
        assert host.running
        app.gate.set()
        await asyncio.gather(*waiting)
        await host.close()
        assert not host.running
        await host.close()

    asyncio.run(main())
    assert app.log == [{"db": "open"}, {"db": "open"}, "shutdown"]
    assert app.log[0] is not app.log[1]


def test_each_loop_gets_an_app_of_its_own():
    """An app that belongs to a loop which is gone is built anew; closing it elsewhere only forgets it."""
    built = []

    async def app(scope, receive, send):
        await send(START)
        await send(_body(b""))

    def build():
        built.append(1)
        return app

    host = AsgiHost(build)
    asyncio.run(_ask(host))
    asyncio.run(_ask(host))
    asyncio.run(host.close())
    assert (len(built), host.running) == (2, False)


def test_an_app_that_cannot_start_is_reported_to_everybody():
    """Neither the first nor a later request reaches an app whose start-up failed, and the reason is told."""
    built = []

    def build():
        built.append(1)
        return app

    async def app(scope, receive, send):
        assert scope["type"] == "lifespan"
        await send({"type": "lifespan.startup.failed", "message": "no database\n"})

    async def main():
        host = AsgiHost(build)
        for _ in range(2):
            with pytest.raises(AppNotStartedError, match=r"its start-up failed: no database$"):
                await _ask(host)

    asyncio.run(main())
    assert built == [1]


def test_an_app_that_cannot_be_built_is_reported():
    """The error of the factory is told."""

    def build():
        msg = "wrong argument"
        raise TypeError(msg)

    async def main():
        host = AsgiHost(build)
        with pytest.raises(AppNotStartedError, match="could not be built: TypeError: wrong argument"):
            await _ask(host)
        await host.close()

    asyncio.run(main())


def test_an_app_shares_no_context_with_its_caller():
    """As between processes: a trace that is not sent on ends here; only who calls is kept."""
    trace = ContextVar("trace", default="none")
    seen = []

    async def app(scope, receive, send):
        seen.append((trace.get(), agent_path.get()))
        await send(START)
        await send(_body(b""))

    async def main():
        trace.set("the caller's")
        with calling_as("planner"):
            await _ask(_host_of(app))

    asyncio.run(main())
    assert seen == [("none", ("planner",))]
