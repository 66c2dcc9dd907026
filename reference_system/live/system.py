"""The travel system as a trial in real time drives it: the same in every word, made of processes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

import httpx2
from typing_extensions import override

from reference_system.hardening import Hardening
from reference_system.live.kept import kept, let_go
from reference_system.settings import Settings
from reference_system.store import open_store
from reference_system.system import CALLER_PATIENCE_S, Service, TravelSystem

if TYPE_CHECKING:  # it brings the whole engine along
    from pytest_agentchaos import Chaos
    from pytest_agentchaos.live import Receiver

SPANS_S: Final = 2.0
"""So long is waited for spans that are on their way when the last answer is there: a process that was killed has sent
only a part of its own."""
SERVERS_S: Final = 0.3
"""So long for those of the tool servers: where a fault has answered in the place of one, none comes."""
_SENT: Final = "MCP send tools/call"
"""What the client of the mcp SDK calls its side of a call."""


class LiveTravelSystem(TravelSystem):
    """One system, as good as new, on the stage that is kept."""

    def __init__(self, hardening: Hardening, settings: Settings, capacities: Mapping[str, int]) -> None:
        self._stage = kept(hardening, settings)
        try:
            self._stage.renew()
        except BaseException:
            let_go()  # the next trial gets another one
            raise
        store = open_store(self._stage.store_url, capacity_constraint=hardening.capacity_constraint)
        super().__init__(hardening, settings=settings, store=store, capacities=capacities)
        self._chaos: Chaos | None = None

    @override
    def connect(self, chaos: Chaos) -> None:
        """Declare the processes, and the wires between them."""
        self._chaos = chaos
        chaos.wires(self._stage.wires)
        for name, process in self._stage.processes().items():
            chaos.process(process, name)

    @override
    @asynccontextmanager
    async def service(self) -> AsyncIterator[Service]:
        """The service, which runs already; spans that come while this is open belong to the trial."""
        async with httpx2.AsyncClient(base_url=self._stage.service_url, timeout=CALLER_PATIENCE_S) as client:
            if self._chaos is None or not self.hardening.tracing:
                yield Service(client)
                return
            receiver = self._chaos.receiver()
            self._stage.collector.hand_on = receiver.handle
            try:
                yield Service(client)
                await asyncio.to_thread(_await_spans, receiver)
            finally:
                self._stage.collector.hand_on = None


def _await_spans(receiver: Receiver) -> None:
    """Each comes when it has ended, which a parent does after its children; and each process sends its own."""
    receiver.wait_for(_have_parents, SPANS_S)
    receiver.wait_for(_have_servers, SERVERS_S)


def _have_parents(spans: tuple[Any, ...]) -> bool:
    return bool(spans) and {span.parent_id for span in spans if span.parent_id} <= {span.span_id for span in spans}


def _have_servers(spans: tuple[Any, ...]) -> bool:
    sent = {span.span_id for span in spans if span.name.startswith(_SENT) and not span.is_error}
    return sent <= {span.parent_id for span in spans}
