"""azure-core over httpx2: one HTTP library under everything, with the same timeouts, and without aiohttp."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Any, Self

import httpx2
from azure.core.exceptions import HttpResponseError, ServiceRequestError, ServiceResponseError
from azure.core.pipeline.transport import AsyncHttpTransport
from azure.core.rest import AsyncHttpResponse, HttpRequest


class Httpx2Transport(AsyncHttpTransport[HttpRequest, AsyncHttpResponse]):
    """Sends with a client that belongs to somebody else, who closes it."""

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self._client = client

    async def send(self, request: HttpRequest, **_options: Any) -> AsyncHttpResponse:
        """Send it, and read the whole answer."""
        try:
            response = await self._client.request(
                request.method, request.url, headers=dict(request.headers), content=request.content
            )
        except httpx2.ConnectError as error:
            raise ServiceRequestError(str(error), error=error) from error
        except httpx2.HTTPError as error:
            raise ServiceResponseError(str(error), error=error) from error
        return Httpx2Response(request, response)

    async def open(self) -> None:
        """The client is open."""

    async def close(self) -> None:
        """The client stays open."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        trace: TracebackType | None = None,
    ) -> None:
        pass


class Httpx2Response(AsyncHttpResponse, AbstractAsyncContextManager["AsyncHttpResponse"]):
    """A response that has arrived as a whole."""

    is_closed = True
    is_stream_consumed = True
    encoding: str | None = "utf-8"

    def __init__(self, request: HttpRequest, response: httpx2.Response) -> None:
        self._request = request
        self._response = response

    @property
    def request(self) -> HttpRequest:
        """What it answers."""
        return self._request

    @property
    def status_code(self) -> int:
        """Its status."""
        return self._response.status_code

    @property
    def headers(self) -> httpx2.Headers:
        """Its headers, in any case of letters."""
        return self._response.headers

    @property
    def reason(self) -> str:
        """What the status means."""
        return self._response.reason_phrase

    @property
    def content_type(self) -> str | None:
        """What the body is."""
        return self._response.headers.get("content-type")

    @property
    def url(self) -> str:
        """Where it came from."""
        return str(self._response.url)

    @property
    def content(self) -> bytes:
        """The body."""
        return self._response.content

    def text(self, encoding: str | None = None) -> str:
        """The body as text."""
        return self.content.decode(encoding or self.encoding or "utf-8", errors="replace")

    def json(self) -> Any:
        """The body as a JSON value; JSONDecodeError if it is none."""
        return json.loads(self.content)

    def raise_for_status(self) -> None:
        """HttpResponseError if the status is one of an error."""
        if self._response.is_error:
            raise HttpResponseError(response=self)

    async def read(self) -> bytes:
        """The body."""
        return self.content

    async def iter_raw(self, **_options: Any) -> AsyncIterator[bytes]:
        """The body, in one piece."""
        yield self.content

    async def iter_bytes(self, **_options: Any) -> AsyncIterator[bytes]:
        """The body, in one piece."""
        yield self.content

    async def close(self) -> None:
        """Nothing is open."""

    async def __aexit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        trace: TracebackType | None = None,
    ) -> None:
        await self.close()
