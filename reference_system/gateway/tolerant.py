"""A transport on which a broken exchange is one failed call.

The MCP client gives up its whole session, and every call in flight on it, when one exchange fails below HTTP; and of an
answer with an error status it forgets the status and how long the server wants to be left alone. Here, both become
a JSON-RPC error in answer to the one request, with ``data`` that says what is known (:class:`Trouble`).
"""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass
from email.utils import parsedate_to_datetime
from typing import Any, Self

import httpx2
from mcp.types import INTERNAL_ERROR

ANSWER_LIMIT_BYTES = 8 * 1024 * 1024

_NEVER_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.UnsupportedProtocol)
_MARK = "transport"


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is known of an exchange that brought no result."""

    status: int | None
    """None: there was no answer."""
    retry_after_s: float | None
    maybe_executed: bool
    """Whether the request may have been executed nevertheless."""

    def data(self) -> dict[str, Any]:
        """For the ``data`` of a JSON-RPC error."""
        return {_MARK: asdict(self)}

    @classmethod
    def of(cls, data: object) -> Self | None:
        """What stands in the ``data`` of a JSON-RPC error; None if it is not from here."""
        return cls(**data[_MARK]) if isinstance(data, dict) and _MARK in data else None


class TolerantTransport(httpx2.AsyncBaseTransport):
    """Around another transport. Answers are read whole here, so that what breaks in their middle is seen as well."""

    def __init__(self, inner: httpx2.AsyncBaseTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """The answer, or a JSON-RPC error in its place."""
        if request.method != "POST":  # the event stream and the end of older sessions
            return await self._inner.handle_async_request(request)
        try:
            response = await self._inner.handle_async_request(request)
            body = await _whole(response)
        except (httpx2.TransportError, httpx2.DecodingError) as error:
            what = str(error) or type(error).__name__
            maybe_executed = not isinstance(error, _NEVER_SENT)
            return _error(request, what, Trouble(None, None, maybe_executed))
        if response.status_code >= httpx2.codes.BAD_REQUEST:
            return _refusal(request, response, body)
        headers = [(name, value) for name, value in response.headers.raw if name.lower() not in _OF_THE_BODY]
        return httpx2.Response(response.status_code, headers=headers, content=body, extensions=response.extensions)

    async def aclose(self) -> None:
        """Let go of all connections."""
        await self._inner.aclose()


_OF_THE_BODY = (b"content-encoding", b"content-length", b"transfer-encoding")
"""Headers that speak of the body as it came, not as it was read."""


async def _whole(response: httpx2.Response) -> bytes:
    body = bytearray()
    try:
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > ANSWER_LIMIT_BYTES:
                msg = f"the answer is longer than {ANSWER_LIMIT_BYTES} bytes"
                raise httpx2.DecodingError(msg)
    finally:
        await response.aclose()
    return bytes(body)


def _refusal(request: httpx2.Request, response: httpx2.Response, body: bytes) -> httpx2.Response:
    """An answer with an error status: in the server's own words if it speaks JSON-RPC."""
    status = response.status_code
    trouble = Trouble(status, retry_after_s(response.headers), maybe_executed=_may_be_executed(status))
    try:
        error = json.loads(body)["error"]
        return _error(request, str(error["message"]), trouble, code=int(error["code"]))
    except (ValueError, TypeError, KeyError):
        return _error(request, f"the server answered with status {status}", trouble)


def _error(request: httpx2.Request, message: str, trouble: Trouble, *, code: int = INTERNAL_ERROR) -> httpx2.Response:
    identifier = json.loads(request.content).get("id")
    if identifier is None:  # a notification: nobody waits for an answer
        return httpx2.Response(httpx2.codes.ACCEPTED)
    error = {"code": code, "message": message, "data": trouble.data()}
    return httpx2.Response(httpx2.codes.OK, json={"jsonrpc": "2.0", "id": identifier, "error": error})


def _may_be_executed(status: int) -> bool:
    """A server that finds fault with the request has not executed it; one that fails may have, in part or whole."""
    return status >= httpx2.codes.INTERNAL_SERVER_ERROR or status == httpx2.codes.REQUEST_TIMEOUT


def retry_after_s(headers: httpx2.Headers) -> float | None:
    """The header Retry-After: seconds, or a date."""
    text = headers.get("retry-after")
    if text is None:
        return None
    try:
        return max(0.0, float(text))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except ValueError:
        return None
