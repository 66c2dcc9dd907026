"""Bodies that are watched, read ahead or decoded on their way stay what they are."""

import asyncio
import gzip

import httpx
import httpx2
import pytest

from pytest_agentchaos import faults
from pytest_agentchaos.evidence.message import Reply, Request
from pytest_agentchaos.faults.steps import Deliver, Return, RewriteRequest
from pytest_agentchaos.schedule import Selector, on, rule
from pytest_agentchaos.trial import Trial
from pytest_agentchaos.wires.http_transport.body import KEEP_BYTES, Record, Watched
from pytest_agentchaos.wires.http_transport.library import DECODED_BYTES, library
from pytest_agentchaos.wires.http_transport.upload import read_now, read_soon

URL = "https://api.test/x"
LIBRARIES = pytest.mark.parametrize("lib", [httpx, httpx2], ids=lambda lib: lib.__name__)


class _Rewritten(faults.Latency):
    """A latency that is none: it changes the body of the request."""

    def compile(self, situation):
        return (RewriteRequest(lambda request: request.with_body(b"changed")), Deliver(), Return())


def _never():
    return rule(faults.Hang(), on.tool("no tool has this name"))


def _ended():
    told = []
    return told, Record(lambda body, error: told.append((body, error)))


class _Source:
    """A byte stream with a mark of its own."""

    mark = "mine"
    closed = 0

    def __init__(self, *chunks, error=None):
        self._chunks = chunks
        self._error = error

    def __iter__(self):
        yield from self._chunks
        if self._error is not None:
            raise self._error

    async def __aiter__(self):
        for chunk in self:
            yield chunk

    def close(self):
        self.closed += 1

    async def aclose(self):
        self.closed += 1


def _read(stream, *, is_async):
    async def main():
        return [chunk async for chunk in stream]

    return asyncio.run(main()) if is_async else list(stream)


@pytest.mark.parametrize("is_async", [True, False])
class TestWatched:
    """A stream around a stream."""

    def test_it_tells_what_has_passed_once(self, is_async):
        """The record hears of the end when it comes, and not again when the stream is closed."""
        told, record = _ended()
        source = _Source(b"a", b"b")
        stream = Watched(source, record)
        assert _read(stream, is_async=is_async) == [b"a", b"b"]
        assert told == [(b"ab", None)]
        if is_async:
            asyncio.run(stream.aclose())
        else:
            stream.close()
        assert (told, source.closed) == ([(b"ab", None)], 1)

    def test_it_tells_an_error_and_lets_it_pass(self, is_async):
        """What came before the error is kept; the caller gets the very same error."""
        error = ValueError("torn")
        told, record = _ended()
        with pytest.raises(ValueError, match="torn") as caught:
            _read(Watched(_Source(b"a", error=error), record), is_async=is_async)
        assert caught.value is error
        assert told == [(b"a", "ValueError: torn")]

    def test_a_big_body_is_passed_and_not_kept(self, is_async):
        """Only its size is told."""
        told, record = _ended()
        chunks = [b"x" * (KEEP_BYTES // 2)] * 3
        assert _read(Watched(_Source(*chunks), record), is_async=is_async) == chunks
        assert len(told[0][0]) == 3 * (KEEP_BYTES // 2)
        assert not any(told[0][0])

    def test_it_has_what_the_stream_underneath_has(self, is_async):
        """Whoever looks for an attribute of the transport's own stream finds it."""
        stream = Watched(_Source(), _ended()[1])
        assert stream.mark == "mine"
        with pytest.raises(AttributeError):
            stream.nothing  # noqa: B018 - asks for it
        with pytest.raises(AttributeError):
            Watched.__new__(Watched)._source  # noqa: B018 - not there before __init__


@LIBRARIES
@pytest.mark.parametrize("is_async", [True, False])
class TestReadAhead:
    """A request body that was read to see what call it is."""

    def _ahead(self, lib, request, *, is_async):
        read = read_soon(library(lib), request) if is_async else read_now(library(lib), request)
        return asyncio.run(read) if is_async else read

    def _request(self, lib, *, is_async, fail=False):
        async def waiting():
            for chunk in _Source(b"ab", b"cd", error=LookupError("mine") if fail else None):
                yield chunk

        blocking = (chunk for chunk in _Source(b"ab", b"cd", error=LookupError("mine") if fail else None))
        return lib.Request("POST", URL, content=waiting() if is_async else blocking)

    def test_it_is_sent_in_the_same_chunks(self, lib, is_async):
        """And a second reading meets the generator itself, which is at its end."""
        request = self._request(lib, is_async=is_async)
        kind = type(request.stream)
        assert self._ahead(lib, request, is_async=is_async) == b"abcd"
        assert not hasattr(request, "_content")
        assert _read(request.stream, is_async=is_async) == [b"ab", b"cd"]
        with pytest.raises(lib.StreamConsumed):
            _read(request.stream, is_async=is_async)
        assert request.stream.CHUNK_SIZE == kind.CHUNK_SIZE
        with pytest.raises(AttributeError):
            request.stream.__nothing__  # noqa: B018 - asks for it

    def test_its_error_comes_where_it_came(self, lib, is_async):
        """After the chunks before it."""
        request = self._request(lib, is_async=is_async, fail=True)
        assert self._ahead(lib, request, is_async=is_async) == b"abcd"
        with pytest.raises(LookupError, match="mine"):
            _read(request.stream, is_async=is_async)

    def test_a_whole_body_is_left_alone(self, lib, is_async):
        """It can be sent any number of times."""
        request = lib.Request("POST", URL, content=b"whole")
        stream = request.stream
        assert self._ahead(lib, request, is_async=is_async) == b"whole"
        assert request.stream is stream

    def test_a_stream_of_the_wrong_sort_is_left_to_the_transport(self, lib, is_async):
        """Which has words of its own for that."""
        request = self._request(lib, is_async=not is_async)
        stream = request.stream
        assert self._ahead(lib, request, is_async=is_async) == b""
        assert request.stream is stream

    def test_a_mock_transport_gets_it_under_a_rule_that_does_not_match(self, lib, is_async):
        """The handler sees the body, and so does the history."""
        transport = lib.MockTransport(lambda request: lib.Response(200, content=request.content))
        request = self._request(lib, is_async=is_async)

        async def agent():
            return (await lib.AsyncClient(transport=transport).send(request)).text

        def blocking():
            return lib.Client(transport=transport).send(request).text

        one = Trial((_never(),))
        assert one.run(agent if is_async else blocking) == "abcd"
        assert [op.kind for op in one.history][:2] == ["invoke", "ok"]

    def test_a_rewritten_one_is_sent_as_a_whole(self, lib, is_async):
        """With its length in place of its chunks, and the caller's other headers and options."""
        seen = []

        def handler(request):
            seen.append((request.content, request.headers, request.extensions["timeout"]["read"]))
            return lib.Response(200)

        request = self._request(lib, is_async=is_async)
        request.headers["x-own"] = "1"
        request.extensions["timeout"] = {"read": 7.0}

        async def agent():
            return await lib.AsyncClient(transport=lib.MockTransport(handler)).send(request)

        def blocking():
            return lib.Client(transport=lib.MockTransport(handler)).send(request)

        one = Trial((rule(_Rewritten(seconds=1), Selector()),))
        assert one.run(agent if is_async else blocking).status_code == 200
        ((content, headers, read_s),) = seen
        assert (content, headers["x-own"], headers["content-length"], read_s) == (b"changed", "1", "7", 7.0)
        assert "transfer-encoding" not in headers


@LIBRARIES
class TestDecoded:
    """A compressed reply, as a fault and the history read it."""

    def test_known_compression_is_undone_and_forgotten(self, lib):
        """The headers tell the truth about what is there now."""
        headers = (("Content-Encoding", "gzip"), ("x", "1"))
        assert library(lib).decoded(200, headers, gzip.compress(b"plain")) == Reply(
            200, (("x", "1"), ("content-length", "5")), b"plain"
        )

    def test_a_bomb_stays_compressed(self, lib):
        """A megabyte of a server's could take a gigabyte, or all there is, of the test's process."""
        headers = (("content-encoding", "gzip"),)
        bomb = gzip.compress(bytes(DECODED_BYTES + 1))
        assert library(lib).decoded(200, headers, bomb) == Reply(200, headers, bomb)

    @pytest.mark.parametrize("encoding", ["gzip", "rot13", "identity"])
    def test_what_cannot_be_undone_stays(self, lib, encoding):
        """Broken, unknown or no compression."""
        headers = (("content-encoding", encoding),)
        assert library(lib).decoded(200, headers, b"not packed") == Reply(200, headers, b"not packed")

    def test_a_request_is_rebuilt_without_a_body_it_never_had(self, lib):
        """No length is made up for a GET."""
        like = lib.Request("GET", URL)
        made = library(lib).rebuilt(Request("GET", URL, (("x", "1"),)), like)
        assert (made.method, "content-length" in made.headers, made.content) == ("GET", False, b"")
