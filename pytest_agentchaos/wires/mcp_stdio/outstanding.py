"""Outstanding: requests that went through as they are, and that the server has not answered yet."""

from __future__ import annotations

from typing import Final, NamedTuple

from pytest_agentchaos.dialects.jsonrpc import Id
from pytest_agentchaos.evidence.message import Reply
from pytest_agentchaos.flight import Flight
from pytest_agentchaos.wires.mcp_stdio.journal import Journal

MOST: Final = 2_048
"""A client may stand for days before a server that never answers: of more than so many, the oldest are given up."""


class _Request(NamedTuple):
    flight: Flight
    id: Id


class Outstanding:
    """By the ids of requests, in the order in which they set out."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._requests: dict[str, _Request] = {}

    def __len__(self) -> int:
        return len(self._requests)

    def set_out(self, identity: Id, flight: Flight) -> None:
        """The server is sent this. An answer to what is given up still passes, and counts no more."""
        key = str(identity)
        if (before := self._requests.pop(key, None)) is not None:
            before.flight.ended("info", "the client has used its id for another request")
            self._journal.once("id used twice", f"the client asks two things under the id {key}")
        elif len(self._requests) >= MOST:
            why = f"more than {MOST} requests were under way without an answer, of which this was the oldest"
            self._requests.pop(next(iter(self._requests))).flight.ended("info", why)
            self._journal.once("unanswered", why)
        self._requests[key] = _Request(flight, identity)

    def refused(self, identity: Id, why: str) -> None:
        """It was never sent."""
        self._requests.pop(str(identity)).flight.ended("fail", why)

    def answered(self, key: str, reply: Reply) -> bool:
        """The server answers; whether one of them."""
        request = self._requests.pop(key, None)
        if request is not None:
            request.flight.ok(reply)
        return request is not None

    def given_up(self, key: str) -> None:
        """The client waits no longer: nobody knows whether it happened."""
        if (request := self._requests.pop(key, None)) is not None:
            request.flight.ended("info", "the client gave up")

    def lose(self, why: str) -> list[Id]:
        """No more answers come; who waited for one."""
        lost = [*self._requests.values()]
        self._requests.clear()
        for request in lost:
            request.flight.ended("info", why)
        return [request.id for request in lost]
