"""A connection: a client, its upstream, and the two directions between them."""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable
from typing import Final

from pytest_agentchaos.wires.toxiproxy.direction import Direction
from pytest_agentchaos.wires.toxiproxy.dose import Dose, Way
from pytest_agentchaos.wires.toxiproxy.stage import Place

_RESET_ON_CLOSE: Final = struct.pack("ii", 1, 0)


class Connection:
    """Owns both sockets. There is no half-close: one direction ends, its receiver is closed, and so the other ends."""

    __slots__ = ("_client", "_gone", "_may_reset", "_upstream", "directions", "place")

    def __init__(
        self,
        place: Place,
        sockets: tuple[socket.socket, socket.socket],
        buffer: memoryview,
        gone: Callable[[Connection], None],
    ) -> None:
        self.place = place
        self._client, self._upstream = sockets
        self._gone = gone
        self._may_reset: frozenset[Dose] = frozenset()
        to_upstream = Direction(sockets, place, buffer, self._ended, self._reset)
        to_client = Direction(sockets[::-1], place, buffer, self._ended, self._reset)
        self.directions = {Way.UPSTREAM: to_upstream, Way.DOWNSTREAM: to_client}

    def begin(self, doses: dict[Way, list[Dose]]) -> None:
        """Everything passes, as the toxics that are there have it."""
        for sock in (self._client, self._upstream):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._may_reset = frozenset(dose for given in doses.values() for dose in given)
        for way, direction in self.directions.items():
            direction.begin(doses[way])

    def stop(self) -> None:
        """Both sockets are closed; what is under way is lost."""
        for direction in self.directions.values():
            direction.stop()
        self._client.close()
        self._upstream.close()
        self._gone(self)

    def _ended(self, direction: Direction) -> None:
        """A receiver is closed, so that its own direction ends as well."""
        other = next(one for one in self.directions.values() if one is not direction)
        if other.done:
            self.stop()
            return
        other.end_of_source()  # reads no more from the socket that is closed now
        direction.dest.close()

    def _reset(self, dose: Dose) -> None:
        """Whatever is closed from now on is closed by an RST, if the toxic was there when the connection began."""
        if dose in self._may_reset:
            reset_on_close(self._client)
            reset_on_close(self._upstream)


def reset_on_close(sock: socket.socket) -> None:
    """The other end will see a reset, and not an end."""
    if sock.fileno() >= 0:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
