"""A proxy: a port of this machine, the upstream behind it, its toxics, and the connections through it."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import os
import socket
from dataclasses import dataclass, field
from typing import Any, Final

from pytest_agentchaos.evidence.printable import printable
from pytest_agentchaos.wires.toxiproxy.addresses import LOOPBACK, Address, listening, port_number, split
from pytest_agentchaos.wires.toxiproxy.connection import Connection, reset_on_close
from pytest_agentchaos.wires.toxiproxy.direction import BUFFER_BYTES
from pytest_agentchaos.wires.toxiproxy.dose import Dose, Way
from pytest_agentchaos.wires.toxiproxy.go_json import written
from pytest_agentchaos.wires.toxiproxy.limits import Room
from pytest_agentchaos.wires.toxiproxy.refusal import Refusal
from pytest_agentchaos.wires.toxiproxy.stage import Place

_log = logging.getLogger(__name__)

_ACCEPTED_AT_ONCE: Final = 64
_BACKLOG: Final = 4096
_PAUSE_S: Final = 0.1
"""How long nothing is accepted after the machine has run out of descriptors."""


@dataclass(frozen=True, slots=True)
class Shared:
    """What all proxies of a server have in common."""

    seed: int = 0
    allowed: tuple[str, ...] = ()
    room: Room = field(default_factory=Room)
    buffer: memoryview = field(default_factory=lambda: memoryview(bytearray(BUFFER_BYTES)))


class Proxy:
    """Enabled as long as it listens."""

    def __init__(self, name: str, listen: str, upstream: str, shared: Shared) -> None:
        self.name = name
        self.listen = listen
        self.upstream = upstream
        self.doses: dict[Way, list[Dose]] = {way: [] for way in Way}
        self.connections: set[Connection] = set()
        self._shared = shared
        self._listener: socket.socket | None = None
        self._dialling: dict[asyncio.Task[None], socket.socket] = {}
        self._accepted = 0
        self._told = False

    @property
    def enabled(self) -> bool:
        """Whether it listens."""
        return self._listener is not None

    def to_json(self) -> str:
        """As the API shows it; the member Logger is one that the real one shows by mistake."""
        toxics = ",".join(dose.to_json() for doses in self.doses.values() for dose in doses)
        return (
            f'{{"name":{written(self.name)},"listen":{written(self.listen)},"upstream":{written(self.upstream)},'
            f'"enabled":{written(self.enabled)},"Logger":{{}},"toxics":[{toxics}]}}'
        )

    # toxics

    def dose(self, name: str) -> Dose | None:
        """The toxic of that name, in either direction."""
        return next((dose for doses in self.doses.values() for dose in doses if dose.name == name), None)

    def add(self, dose: Dose) -> None:
        """For connections that are open and for those to come."""
        self.doses[dose.way].append(dose)
        for connection in list(self.connections):
            connection.directions[dose.way].add(dose)

    def change(self, dose: Dose) -> None:
        """Its attributes or its toxicity are others."""
        for connection in list(self.connections):
            connection.directions[dose.way].change(dose)

    def remove(self, dose: Dose) -> None:
        """What it holds back goes on at once."""
        self.doses[dose.way].remove(dose)
        for connection in list(self.connections):
            connection.directions[dose.way].remove(dose)

    def heal(self) -> None:
        """No toxics."""
        for doses in self.doses.values():
            for dose in list(doses):
                self.remove(dose)

    # its port

    def start(self) -> None:
        """Listen; a refusal with the system's reason if that cannot be."""
        if self._listener is not None:
            return
        try:
            address = listening(self.listen)
        except Refusal as refusal:
            raise Refusal(refusal.status, f"listen tcp: {refusal.text}") from None
        self._listener = _listener(address)
        self.listen = str(Address(address.host, self._listener.getsockname()[1]))
        asyncio.get_running_loop().add_reader(self._listener, self._accept)

    def stop(self) -> None:
        """Nobody gets in, and whoever is in is out."""
        if self._listener is None:
            return
        asyncio.get_running_loop().remove_reader(self._listener)
        self._listener.close()
        self._listener = None
        for task, client in list(self._dialling.items()):
            task.cancel()
            client.close()
        for connection in list(self.connections):
            connection.stop()

    async def stopped(self) -> None:
        """All that was begun has ended."""
        self.stop()
        await asyncio.gather(*self._dialling, return_exceptions=True)

    def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        for _ in range(_ACCEPTED_AT_ONCE):
            if self._listener is None:
                return
            try:
                client, _address = self._listener.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                self._tell(f"connections cannot be accepted: {error}")
                loop.remove_reader(self._listener)
                loop.call_later(_PAUSE_S, self._accept_again, self._listener)
                return
            client.settimeout(0)
            if not self._shared.room.take():
                reset_on_close(client)
                client.close()
                continue
            self._accepted += 1
            place = Place(self._shared.seed, self.name, self._accepted)
            task = loop.create_task(self._connect(client, place))
            self._dialling[task] = client
            task.add_done_callback(self._dialled)

    def _accept_again(self, listener: socket.socket) -> None:
        if self._listener is listener:
            asyncio.get_running_loop().add_reader(listener, self._accept)

    async def _connect(self, client: socket.socket, place: Place) -> None:
        """Reach the upstream; a client of one that cannot be reached is connected, and then sees the end."""
        upstream = None
        try:
            upstream = await _dial(self.upstream)
            connection = Connection(place, (client, upstream), self._shared.buffer, self._gone)
        except (OSError, UnicodeError, Refusal) as error:
            self._tell(f"the upstream {self.upstream} cannot be reached: {error}")
        else:
            self.connections.add(connection)
            connection.begin(self.doses)
            return
        client.close()
        self._shared.room.give_back()

    def _dialled(self, task: asyncio.Task[None]) -> None:
        del self._dialling[task]
        if task.cancelled():
            self._shared.room.give_back()

    def _gone(self, connection: Connection) -> None:
        self.connections.discard(connection)
        self._shared.room.give_back()

    def _tell(self, what: str) -> None:
        if not self._told:
            self._told = True
            _log.warning("%s: %s (told once)", printable(self.name), printable(what, 300))


def _listener(address: Address) -> socket.socket:
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    where = f"listen tcp {address}"
    try:
        listener = socket.socket(family)
    except OSError as error:
        raise Refusal(500, f"{where}: socket: {_reason(error)}") from None
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address.host, address.port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise Refusal(500, f"{where}: bind: {_reason(error)}") from None
    listener.settimeout(0)
    return listener


def _reason(error: OSError) -> str:
    """The system's text, as Go writes it."""
    return os.strerror(error.errno).lower() if error.errno else str(error)


async def _dial(upstream: str) -> socket.socket:
    """A connection to the first of its addresses that takes one."""
    host, service = split(upstream)
    port = port_number(service)
    refused: OSError | None = None
    for family, address in await _resolved(host, port):
        sock = socket.socket(family)
        sock.settimeout(0)
        try:
            await asyncio.get_running_loop().sock_connect(sock, address)
        except OSError as error:
            sock.close()
            refused = error
        except BaseException:
            sock.close()
            raise
        else:
            return sock
    raise refused or OSError("it has no address")


async def _resolved(host: str, port: int) -> list[tuple[int, Any]]:
    """Names of others are looked up in a thread; this machine is known without, whatever a resolver says of it."""
    if host in {"", "localhost"}:
        return [(socket.AF_INET, (LOOPBACK, port)), (socket.AF_INET6, ("::1", port))]
    try:
        version = ipaddress.ip_address(host).version
    except ValueError:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        return [(family, address) for family, _kind, _protocol, _name, address in found]
    return [(socket.AF_INET if version == 4 else socket.AF_INET6, (host, port))]  # noqa: PLR2004 - a version's own name
