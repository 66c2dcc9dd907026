"""Every step of a program, as the callers of both libraries see it in virtual time, async and sync."""

import asyncio
import contextlib
import gzip
import inspect
import json

import httpx
import httpx2
import pytest
from pydantic import Field

from pytest_agentchaos.errors import HungError, InternalError, NoUpstreamError, UsageError
from pytest_agentchaos.evidence.message import Reply
from pytest_agentchaos.faults.base import Fault
from pytest_agentchaos.faults.steps import (
    Answer,
    Cut,
    Delay,
    Deliver,
    DeliverLater,
    Drip,
    Hang,
    Hold,
    Insert,
    Refuse,
    Reset,
    Return,
    Rewrite,
    RewriteRequest,
    Step,
)
from pytest_agentchaos.schedule import Selector, rule
from pytest_agentchaos.trial import Trial

URL = "https://api.test/v1/things"
EVENTS = b"".join(b"data: %d\n\n" % number for number in range(5))


class _Steps(Fault):
    """A fault whose program is given as it is."""

    program: tuple[Step, ...] = Field(default=(), exclude=True)

    def compile(self, situation):
        return self.program


_Steps.name = "steps"
_Steps.family = "delivery"


class _Upstream:
    """Answers with what it was given, and keeps what it got."""

    def __init__(self, reply=None):
        headers = (("content-type", "application/json"), ("content-length", "11"))
        self.reply = reply or Reply(200, headers, b'{"ok":true}')
        self.requests = []

    def handle(self, request):
        self.requests.append(request)
        return self.reply


def _stream_of(events, *, pause_s=0.0, log=None, headers=((b"content-type", b"text/event-stream"),)):
    """An ASGI app that sends these chunks, with a pause before each."""

    async def app(scope, receive, send):
        assert scope["type"] == "http"
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        for event in events:
            await asyncio.sleep(pause_s)
            await send({"type": "http.response.body", "body": event, "more_body": True})
        await send({"type": "http.response.body"})
        if log is not None:
            log.append("sent it all")

    return app


LIBRARIES = pytest.mark.parametrize("lib", [httpx, httpx2], ids=lambda lib: lib.__name__)
BOTH = pytest.mark.parametrize("is_async", [True, False], ids=["async", "sync"])


def _caller(  # noqa: PLR0913 - the options of a call, by keyword
    lib, *, is_async, method="POST", url=URL, timeout=None, stream=False, transport=None, **options
):
    """An agent that makes one call with a client of its own, and tells when it was over."""
    options.setdefault("json" if method == "POST" else "params", {"a": "1"})

    async def agent():
        async with lib.AsyncClient(timeout=timeout, transport=transport) as client:
            if not stream:
                return await client.request(method, url, **options)
            async with client.stream(method, url, **options) as response:
                return response, [chunk async for chunk in response.aiter_raw()]

    def blocking():
        with lib.Client(timeout=timeout, transport=transport) as client:
            if not stream:
                return client.request(method, url, **options)
            with client.stream(method, url, **options) as response:
                return response, list(response.iter_raw())

    return agent if is_async else blocking


def _trial(*program, upstream=None, **selector):
    one = Trial()
    if program:
        one.inject(rule(_Steps(program=program), Selector(**{"times": 1, **selector})))
    one.upstreams.declare("https://api.test", upstream or _Upstream())
    return one


def _kinds(one):
    return [op.kind for op in one.history if op.kind != "note"]


def _raised(one, agent):
    """What the agent's call raised, and when."""
    seen = []

    def blocking():
        try:
            agent()
        except Exception as error:  # noqa: BLE001 - the assertions look at it
            seen.append((error, one.clock.now_s()))

    async def waiting():
        try:
            await agent()
        except Exception as error:  # noqa: BLE001 - the assertions look at it
            seen.append((error, one.clock.now_s()))

    one.run(waiting if inspect.iscoroutinefunction(agent) else blocking)
    return seen[0]


@LIBRARIES
@BOTH
class TestSteps:
    """What each step does to a caller."""

    def test_a_clean_call_is_answered_at_once(self, lib, is_async):
        """Without a fault the reply comes as it is, and the history tells the call and its end."""
        one = _trial()
        response = one.run(_caller(lib, is_async=is_async))
        assert (response.status_code, response.json(), response.http_version) == (200, {"ok": True}, "HTTP/1.1")
        assert (_kinds(one), one.clock.now_s()) == (["invoke", "ok"], 0.0)
        assert response.elapsed.total_seconds() == 0
        assert response.num_bytes_downloaded == 11

    def test_delay_lets_time_pass(self, lib, is_async):
        """A delay within the caller's patience only takes time."""
        one = _trial(Delay(20.0), Deliver(), Return())
        assert one.run(_caller(lib, is_async=is_async, timeout=30.0)).json() == {"ok": True}
        assert (_kinds(one), one.clock.now_s()) == (["invoke", "fault", "deliver", "ok"], 20.0)

    def test_delay_beyond_the_timeout_ends_at_the_timeout(self, lib, is_async):
        """The caller gives up at its own moment, and nothing was delivered."""
        upstream = _Upstream()
        one = _trial(Delay(120.0), Deliver(), Return(), upstream=upstream)
        error, at_s = _raised(one, _caller(lib, is_async=is_async, timeout=5.0))
        assert (type(error), at_s, upstream.requests) == (lib.ReadTimeout, 5.0, [])
        assert error.request.url == URL
        assert _kinds(one) == ["invoke", "fault", "info"]

    @pytest.mark.parametrize("program", [(Hang(),), (Refuse(),), (Reset(),), (Answer(Reply(503)), Return())])
    def test_nothing_reaches_the_callee_when_the_request_is_swallowed(self, lib, is_async, program):
        """A call that is lost on its way there leaves no trace at the callee."""
        upstream = _Upstream()
        one = _trial(*program, upstream=upstream)
        try:
            assert one.run(_caller(lib, is_async=is_async, timeout=5.0)).status_code == 503
        except lib.TransportError as error:
            expected = {Hang: lib.ReadTimeout, Refuse: lib.ConnectError, Reset: lib.ReadError}[type(program[0])]
            seen = type(error), error.request.url
            assert seen == (expected, URL)
        assert upstream.requests == []
        assert "deliver" not in _kinds(one)

    def test_a_refused_call_is_known_to_have_failed(self, lib, is_async):
        """Nobody can have got it; all other losses leave that open."""
        one = _trial(Refuse())
        _raised(one, _caller(lib, is_async=is_async))
        assert _kinds(one)[-1] == "fail"

    @pytest.mark.parametrize("program", [(Deliver(), Hang()), (Deliver(), Reset())])
    def test_a_lost_answer_was_delivered(self, lib, is_async, program):
        """The callee did its work; the caller cannot know."""
        upstream = _Upstream()
        one = _trial(*program, upstream=upstream)
        error, at_s = _raised(one, _caller(lib, is_async=is_async, timeout=5.0))
        assert isinstance(error, (lib.ReadTimeout, lib.ReadError))
        assert at_s == (5.0 if isinstance(program[1], Hang) else 0.0)
        assert len(upstream.requests) == 1
        assert _kinds(one) == ["invoke", "fault", "deliver", "info"]

    def test_a_lost_stream_was_delivered_to_its_end(self, lib, is_async):
        """Also a streamed answer that nobody gets is an answer in the history."""
        log: list[str] = []
        one = _trial(Deliver(), Hang(), upstream=_stream_of([EVENTS], pause_s=1.0, log=log))
        error, at_s = _raised(one, _caller(lib, is_async=is_async, timeout=5.0))
        assert (type(error), at_s, log) == (lib.ReadTimeout, 6.0, ["sent it all"])
        assert _kinds(one) == ["invoke", "fault", "deliver", "info"]

    def test_copies_all_arrive_and_one_answers(self, lib, is_async):
        """Three copies in flight are three deliveries and one answer."""
        upstream = _Upstream()
        one = _trial(Deliver(copies=3), Return(), upstream=upstream)
        assert one.run(_caller(lib, is_async=is_async)).json() == {"ok": True}
        assert [request.body for request in upstream.requests] == [upstream.requests[0].body] * 3
        assert _kinds(one).count("deliver") == 3
        assert _kinds(one).count("ok") == 1

    def test_copies_one_after_the_other(self, lib, is_async):
        """The second delivery begins when the first has answered; both answers are in the history."""
        one = _trial(Deliver(), Delay(1.0), Deliver(discard=True), Return(), upstream=_stream_of([EVENTS], pause_s=1.0))
        response = one.run(_caller(lib, is_async=is_async))
        assert response.content == EVENTS
        assert _kinds(one).count("deliver") == 2
        assert one.clock.now_s() == 2.0, "the first streams on during the delay"

    def test_a_copy_begins_when_the_one_before_has_answered(self, lib, is_async):
        """Also a streamed answer comes to its end first; the caller gets the last one."""
        log: list[str] = []
        app = _stream_of([EVENTS], pause_s=1.0, log=log)

        async def counting(scope, receive, send):
            log.append("asked")
            await app(scope, receive, send)

        one = _trial(Deliver(), Deliver(), Return(), upstream=counting)
        assert one.run(_caller(lib, is_async=is_async)).content == EVENTS
        assert log[1:] == ["asked", "sent it all"] * 2, "the first of all is the lifespan"
        assert _kinds(one).count("deliver") == 2

    def test_an_answer_in_place_of_the_true_one_does_not_undo_it(self, lib, is_async):
        """The callee did its work, whatever the caller is told."""
        one = _trial(Deliver(), Answer(Reply(503)), Return(), upstream=_stream_of([EVENTS], pause_s=1.0))
        assert one.run(_caller(lib, is_async=is_async)).status_code == 503
        assert _kinds(one) == ["invoke", "fault", "deliver", "ok"]

    def test_a_late_delivery_arrives_after_its_caller_has_gone(self, lib, is_async):
        """The caller sees a timeout, and later the callee gets the request."""
        upstream = _Upstream()
        one = _trial(DeliverLater(60.0), Hang(), upstream=upstream)
        error, at_s = _raised(one, _caller(lib, is_async=is_async, timeout=5.0))
        assert (type(error), at_s, one.clock.now_s(), len(upstream.requests)) == (lib.ReadTimeout, 5.0, 60.0, 1)
        assert _kinds(one) == ["invoke", "fault", "info", "deliver"]

    def test_a_late_delivery_to_an_app_arrives_too(self, lib, is_async):
        """An ASGI app gets late requests whether or not a loop was running when they came."""
        log: list[str] = []
        one = _trial(DeliverLater(60.0), Hang(), upstream=_stream_of([EVENTS], log=log))
        assert isinstance(_raised(one, _caller(lib, is_async=is_async, timeout=5.0))[0], lib.ReadTimeout)
        assert log == ["sent it all"]

    def test_a_rewritten_request_is_what_the_callee_gets(self, lib, is_async):
        """The body and its length are the new ones, the rest is the caller's."""
        upstream = _Upstream()
        change = RewriteRequest(lambda request: request.with_body(b'{"a":"much longer"}'))
        _trial(change, Deliver(), Return(), upstream=upstream).run(_caller(lib, is_async=is_async))
        assert upstream.requests[0].body == b'{"a":"much longer"}'
        assert upstream.requests[0].header("content-length") == "19"

    def test_a_rewritten_reply_is_what_the_caller_gets(self, lib, is_async):
        """The history tells both: what was answered and what arrived."""
        one = _trial(Deliver(), Rewrite(lambda reply: reply.with_body(b'{"ok":false}')), Return())
        response = one.run(_caller(lib, is_async=is_async))
        assert (response.json(), response.headers["content-length"]) == ({"ok": False}, "12")
        results = [op.data["result"]["ok"] for op in one.history if op.kind in ("deliver", "ok")]
        assert results == [True, False]

    def test_a_compressed_reply_is_rewritten_in_clear(self, lib, is_async):
        """A fault sees what was meant, and what it leaves is not compressed any more."""
        packed = gzip.compress(b'{"ok":true}')
        upstream = _Upstream(Reply(200, (("content-encoding", "gzip"), ("content-length", str(len(packed)))), packed))
        change = Rewrite(lambda reply: reply.with_body(reply.body.replace(b"true", b"false")))
        response = _trial(Deliver(), change, Return(), upstream=upstream).run(_caller(lib, is_async=is_async))
        assert (response.json(), "content-encoding" in response.headers) == ({"ok": False}, False)

    def test_a_streamed_reply_is_collected_to_be_rewritten(self, lib, is_async):
        """A change of the whole waits for the whole, each chunk in the caller's patience."""
        change = Rewrite(lambda reply: reply.with_body(reply.body.upper()))
        one = _trial(Deliver(), change, Return(), upstream=_stream_of([b"data: a\n\n"] * 3, pause_s=4.0))
        response, chunks = one.run(_caller(lib, is_async=is_async, timeout=5.0, stream=True))
        assert (response.status_code, b"".join(chunks), one.clock.now_s()) == (200, b"DATA: A\n\n" * 3, 12.0)

    @pytest.mark.parametrize(
        "upstream", [_Upstream(Reply(200, (("content-type", "text/event-stream"),), EVENTS)), None]
    )
    def test_a_stream_is_cut_between_events(self, lib, is_async, upstream):
        """A clean end of a stream shows nowhere; the caller has half an answer."""
        one = _trial(Deliver(), Cut(events=2), Return(), upstream=upstream or _stream_of([EVENTS[:13], EVENTS[13:]]))
        response, chunks = one.run(_caller(lib, is_async=is_async, stream=True))
        assert chunks == [b"data: 0\n\n", b"data: 1\n\n"]
        assert response.is_closed
        assert set(_kinds(one)) == {"invoke", "fault", "deliver", "ok"}

    def test_a_compressed_stream_is_cut_between_events(self, lib, is_async):
        """Events are told apart in what the compression hides."""
        packed = gzip.compress(EVENTS)
        headers = ((b"content-type", b"text/event-stream"), (b"content-encoding", b"gzip"))
        one = _trial(
            Deliver(), Cut(events=2), Return(), upstream=_stream_of([packed[:20], packed[20:]], headers=headers)
        )
        response, chunks = one.run(_caller(lib, is_async=is_async, stream=True))
        assert b"".join(chunks) == EVENTS[:18]
        assert "content-encoding" not in response.headers

    def test_a_torn_body_is_a_read_error(self, lib, is_async):
        """The caller has the head and some of the body, and then the connection breaks."""
        one = _trial(Deliver(), Cut(events=2, then="reset"), Return(), upstream=_stream_of([EVENTS]))
        assert type(_raised(one, _caller(lib, is_async=is_async, stream=True))[0]) is lib.ReadError
        assert _kinds(one)[-1] == "info"

    def test_a_body_that_ends_before_its_promised_length_is_an_error(self, lib, is_async):
        """The head has told a length, so that a clean end of the line shows."""
        error, _ = _raised(_trial(Deliver(), Cut(limit_bytes=4), Return()), _caller(lib, is_async=is_async))
        assert type(error) is lib.RemoteProtocolError
        assert "(received 4 bytes, expected 11)" in str(error)

    def test_a_stalled_stream_ends_at_the_read_timeout(self, lib, is_async):
        """Silence counts from the last chunk."""
        one = _trial(Delay(3.0), Deliver(), Cut(events=2, then="hang"), Return(), upstream=_stream_of([EVENTS]))
        error, at_s = _raised(one, _caller(lib, is_async=is_async, timeout=5.0, stream=True))
        assert (type(error), at_s) == (lib.ReadTimeout, 8.0)

    def test_a_stream_stalled_by_its_callee_ends_at_the_read_timeout(self, lib, is_async):
        """The timeout holds without any fault, chunk by chunk."""
        one = _trial(upstream=_stream_of([b"data: 1\n\n"] * 3, pause_s=4.0))
        assert len(one.run(_caller(lib, is_async=is_async, timeout=5.0, stream=True))[1]) == 3
        assert one.clock.now_s() == 12.0
        one = _trial(upstream=_stream_of([b"data: 1\n\n"] * 3, pause_s=6.0))
        error, at_s = _raised(one, _caller(lib, is_async=is_async, timeout=5.0, stream=True))
        assert (type(error), at_s) == (lib.ReadTimeout, 5.0)

    def test_a_dripped_body_may_take_long(self, lib, is_async):
        """The timeout is per read: 4 s of drops pass under a timeout of half a second."""
        one = _trial(Deliver(), Drip(first_s=0.4, interval_s=0.4, piece_bytes=1), Return())
        response = one.run(_caller(lib, is_async=is_async, timeout=0.5))
        assert response.json() == {"ok": True}
        assert one.clock.now_s() == pytest.approx(4.4)

    def test_a_drop_that_is_too_slow_times_out(self, lib, is_async):
        """A pause between two drops that is longer than the timeout ends the call there."""
        one = _trial(Deliver(), Drip(first_s=0.4, interval_s=0.6, piece_bytes=1), Return())
        error, at_s = _raised(one, _caller(lib, is_async=is_async, timeout=0.5))
        assert (type(error), at_s) == (lib.ReadTimeout, pytest.approx(0.9))

    def test_an_insert_reaches_the_caller(self, lib, is_async):
        """Raw bytes stand between the events."""
        one = _trial(Deliver(), Insert(1, b"event: error\n\n"), Return(), upstream=_stream_of([EVENTS]))
        assert one.run(_caller(lib, is_async=is_async, stream=True))[1][1] == b"event: error\n\n"

    def test_hold_waits_for_its_limit_if_nobody_overtakes(self, lib, is_async):
        """A lonely call is only late."""
        one = _trial(Hold(2, 7.0), Deliver(), Return())
        assert one.run(_caller(lib, is_async=is_async)).json() == {"ok": True}
        assert one.clock.now_s() == 7.0
        one = _trial(Hold(2, 7.0), Deliver(), Return())
        error, at_s = _raised(one, _caller(lib, is_async=is_async, timeout=5.0))
        assert (type(error), at_s) == (lib.ReadTimeout, 5.0)

    def test_a_hang_without_a_timeout_is_reported_with_the_call(self, lib, is_async):
        """Nobody waits for ever: the run ends, and the error names the call."""
        one = _trial(Hang())
        with pytest.raises(HungError, match=r"POST .*api\.test.* will never be answered and its caller set no timeout"):
            one.run(_caller(lib, is_async=is_async))
        assert _kinds(one) == ["invoke", "fault", "info"]

    def test_a_body_without_an_end_and_without_a_timeout_is_reported(self, lib, is_async):
        """The same in the middle of a body."""
        one = _trial(Deliver(), Cut(events=1, then="hang"), Return(), upstream=_stream_of([EVENTS]))
        with pytest.raises(HungError, match="will never be answered"):
            one.run(_caller(lib, is_async=is_async, stream=True))

    def test_a_big_body_is_told_by_its_size(self, lib, is_async):
        """The caller gets all of it, the history its length."""
        one = _trial(upstream=_stream_of([b"x" * 700_000] * 3, headers=()))
        assert len(one.run(_caller(lib, is_async=is_async)).content) == 2_100_000
        assert one.history[1].data == {"status": 200, "bytes": 2_100_000}

    def test_a_generator_is_sent_on(self, lib, is_async):
        """A request body that comes in pieces arrives whole; more than one delivery gets the same."""

        async def pieces():
            yield b"ab"
            yield b"cd"

        upstream = _Upstream()
        content = pieces() if is_async else iter([b"ab", b"cd"])
        options = {"content": content, "json": None}
        assert (
            _trial(Deliver(copies=2), Return(), upstream=upstream)
            .run(_caller(lib, is_async=is_async, **options))
            .is_success
        )
        assert [request.body for request in upstream.requests] == [b"abcd", b"abcd"]

    def test_a_generator_that_fails_is_the_caller_s_own_error(self, lib, is_async):
        """What the caller's generator raises is what the caller sees, and nothing was delivered."""

        def pieces():
            yield b"ab"
            msg = "my own mistake"
            raise LookupError(msg)

        async def soon():
            for piece in pieces():
                yield piece

        upstream = _Upstream()
        one = _trial(upstream=upstream)
        error, _ = _raised(one, _caller(lib, is_async=is_async, content=soon() if is_async else pieces(), json=None))
        assert (type(error), upstream.requests, _kinds(one)) == (LookupError, [], ["invoke", "info"])

    def test_an_undeclared_address_reaches_the_test_even_if_swallowed(self, lib, is_async):
        """An agent that catches everything cannot hide it."""
        call = _caller(lib, is_async=is_async, url="https://elsewhere.test/x")

        async def swallowing():
            with contextlib.suppress(Exception):
                await call()

        def swallowing_sync():
            with contextlib.suppress(Exception):
                call()

        with pytest.raises(NoUpstreamError, match=r"POST https://elsewhere\.test/x: nothing stands behind"):
            _trial().run(swallowing if is_async else swallowing_sync)

    def test_a_double_that_fails_is_a_mistake_in_the_test(self, lib, is_async):
        """The error names the double and the address, and is no reply to the agent."""

        class Broken:
            def handle(self, request):
                return json.loads("{")

        class Empty:
            def handle(self, request):
                return None

        class Refusing:
            def handle(self, request):
                msg = "the script is at its end"
                raise UsageError(msg)

        cases = ((Broken(), "failed in handle.*JSONDecodeError"), (Empty(), "gave None"), (Refusing(), "the script"))
        for upstream, words in cases:
            with pytest.raises(UsageError, match=words):
                _trial(upstream=upstream).run(_caller(lib, is_async=is_async))

    def test_an_app_that_crashes_answers_500(self, lib, is_async):
        """As servers do it; the reason is in the history."""

        async def app(scope, receive, send):
            msg = "no such table"
            raise ValueError(msg)

        one = _trial(upstream=app)
        response = one.run(_caller(lib, is_async=is_async))
        assert (response.status_code, response.text) == (500, "Internal Server Error")
        assert any("no such table" in str(op.data) for op in one.history)

    def test_an_app_that_crashes_in_mid_answer_breaks_the_line(self, lib, is_async):
        """The caller has half a body and an error."""

        async def app(scope, receive, send):
            assert scope["type"] == "http"
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"half", "more_body": True})
            msg = "no such table"
            raise ValueError(msg)

        error, _ = _raised(_trial(upstream=app), _caller(lib, is_async=is_async))
        assert type(error) is lib.RemoteProtocolError

    def test_an_app_that_cannot_start_is_a_mistake_in_the_test(self, lib, is_async):
        """Nothing stands behind the address, and the test hears why."""

        async def app(scope, receive, send):
            await send({"type": "lifespan.startup.failed", "message": "no database"})

        with pytest.raises(UsageError, match="start-up failed: no database"):
            _trial(upstream=app).run(_caller(lib, is_async=is_async))

    def test_an_app_goes_on_after_its_caller_has_timed_out(self, lib, is_async):
        """A slow callee does its work although nobody waits: 120 s under a timeout of 5 s."""
        log: list[str] = []

        async def app(scope, receive, send):
            assert scope["type"] == "http"
            await asyncio.sleep(120)
            log.append("booked")

        one = _trial(upstream=app)
        began = []

        async def agent():
            try:
                await _caller(lib, is_async=True, timeout=5.0)()
            except lib.ReadTimeout:
                began.append(one.clock.now_s())

        def blocking():
            try:
                _caller(lib, is_async=False, timeout=5.0)()
            except lib.ReadTimeout:
                began.append(one.clock.now_s())

        one.run(agent if is_async else blocking)
        assert (began, log, one.clock.now_s()) == ([5.0], ["booked"], 120.0)

    def test_an_endless_stream_that_nobody_closed_does_not_hold_up_the_end(self, lib, is_async):
        """A trial ends although an app would ping for ever."""

        async def app(scope, receive, send):
            assert scope["type"] == "http"
            await send({"type": "http.response.start", "status": 200, "headers": []})
            while True:
                await send({"type": "http.response.body", "body": b"ping", "more_body": True})
                await asyncio.sleep(15)

        async def agent():
            client = lib.AsyncClient()
            await client.send(client.build_request("GET", URL), stream=True)

        def blocking():
            client = lib.Client()
            client.send(client.build_request("GET", URL), stream=True)

        one = _trial(upstream=app)
        one.run(agent if is_async else blocking)
        assert one.clock.now_s() < 60

    def test_a_program_that_is_no_program_is_our_own_fault(self, lib, is_async):
        """Nothing in hand to return: the package is to blame and says so."""
        with pytest.raises(InternalError, match="no reply in hand"):
            _trial(Return()).run(_caller(lib, is_async=is_async))


@LIBRARIES
def test_a_held_call_is_overtaken(lib):
    """The second call arrives before the first, which then goes on at once."""
    upstream = _Upstream()
    one = _trial(Hold(1, 60.0), Deliver(), Return(), upstream=upstream, nth=1)

    async def agent():
        async with lib.AsyncClient() as client:
            await asyncio.gather(client.get(URL + "/1"), client.get(URL + "/2"))

    one.run(agent)
    assert [request.url[-1] for request in upstream.requests] == ["2", "1"]
    assert one.clock.now_s() == 0.0


@LIBRARIES
def test_copies_in_flight_run_side_by_side(lib):
    """The first answer counts, and the slower copy still finishes."""
    log: list[str] = []

    async def app(scope, receive, send):
        assert scope["type"] == "http"
        number = len(log)
        log.append(f"began {number}")
        await asyncio.sleep(5 - 4 * number)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": str(number).encode()})
        log.append(f"answered {number}")

    one = _trial(Deliver(copies=2), Return(), upstream=app)
    answered = []

    async def agent():
        answered.append(((await _caller(lib, is_async=True)()).text, one.clock.now_s()))

    one.run(agent)
    assert answered == [("1", 1.0)]
    assert log == ["began 0", "began 1", "answered 1", "answered 0"]


@LIBRARIES
@pytest.mark.parametrize(
    "program",
    [
        (Delay(60.0), Deliver(), Return()),
        (Hold(1, 60.0), Deliver(), Return()),
        (Deliver(), Delay(60.0), Return()),
        (Deliver(), Rewrite(lambda reply: reply), Return()),
        (Deliver(copies=2), Return()),
        (Hang(),),
    ],
    ids=lambda program: "-".join(type(step).__name__ for step in program),
)
def test_a_call_that_is_cancelled_is_recorded_and_leaves_nothing_behind(lib, program):
    """Cancellation in the middle of anything is the caller's leaving: nobody knows what became of the call."""
    one = _trial(*program, upstream=_stream_of([EVENTS] * 5, pause_s=1.0))

    async def agent():
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(_caller(lib, is_async=True)(), 2.0)
        await asyncio.sleep(30)
        return [task.get_name() for task in asyncio.all_tasks() if task is not asyncio.current_task()]

    left = one.run(agent)
    assert [op.data["error"].split(":")[0] for op in one.history if op.kind == "info"] == ["CancelledError"]
    assert [name for name in left if "lifespan" not in name] == []


@LIBRARIES
def test_a_stream_that_is_cancelled_in_its_middle_is_recorded(lib):
    """Half a body and a caller who left is not an answer."""
    one = _trial(upstream=_stream_of([b"data: 1\n\n"] * 5, pause_s=1.0))

    async def agent():
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(_caller(lib, is_async=True, stream=True)(), 2.5)

    one.run(agent)
    assert _kinds(one) == ["invoke", "info"]


@LIBRARIES
def test_a_stream_that_is_closed_early_is_an_answer_and_the_callee_hears_of_it(lib):
    """The caller has seen enough; the app is told and stops sending."""
    heard = []

    async def app(scope, receive, send):
        assert scope["type"] == "http"
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"1", "more_body": True})
        heard.append((await receive())["type"])

    async def agent():
        async with lib.AsyncClient() as client, client.stream("GET", URL) as response:
            return await anext(response.aiter_raw())

    def blocking():
        with lib.Client() as client, client.stream("GET", URL) as response:
            return next(response.iter_raw())

    for system in (agent, blocking):
        one = _trial(upstream=app)
        assert one.run(system) == b"1"
        assert _kinds(one) == ["invoke", "ok"]
    assert heard == ["http.disconnect"] * 2
