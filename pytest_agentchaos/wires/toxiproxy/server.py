"""The server: the API's port, the proxies, the lease."""

from __future__ import annotations

import logging
from types import TracebackType
from typing import Self

from pytest_agentchaos.evidence.printable import printable
from pytest_agentchaos.targets import refuse_unless_allowed
from pytest_agentchaos.wires.toxiproxy.addresses import LOOPBACK
from pytest_agentchaos.wires.toxiproxy.api import Api
from pytest_agentchaos.wires.toxiproxy.http_door import Door
from pytest_agentchaos.wires.toxiproxy.lease import Lease
from pytest_agentchaos.wires.toxiproxy.proxies import Proxies
from pytest_agentchaos.wires.toxiproxy.proxy import Shared
from pytest_agentchaos.wires.toxiproxy.refusal import Refusal

_log = logging.getLogger(__name__)


class Server:
    """Serves as long as it is entered, on the event loop that entered it.

    >>> async with Server(seed=7) as server:
    ...     server.url
    'http://127.0.0.1:40017'
    """

    def __init__(self, host: str = LOOPBACK, port: int = 0, *, seed: int = 0, allow: tuple[str, ...] = ()) -> None:
        refuse_unless_allowed(host, allow)
        self._host = host
        self._port = port
        self._proxies = Proxies(Shared(seed, allow))
        self._lease = Lease(self.heal)
        self._door = Door(Api(self._proxies, self._lease).answer)

    @property
    def url(self) -> str:
        """Where the API is."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self._port}"

    async def __aenter__(self) -> Self:
        self._port = await self._door.open(self._host, self._port)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._lease.give_back()
        await self._door.close()
        await self._proxies.stopped()

    def heal(self) -> None:
        """All toxics are removed, all proxies enabled; what cannot be enabled is told."""
        try:
            self._proxies.reset()
        except Refusal as refusal:
            _log.warning("a proxy could not be enabled: %s", printable(refusal.text, 300))
