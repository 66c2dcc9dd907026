"""The service on a socket, by uvicorn."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable
from types import FrameType
from typing import Final

import uvicorn
from typing_extensions import override

from reference_system.hardening import Hardening
from reference_system.service.app import GRACE_S, create_app
from reference_system.service.assembly import assemble
from reference_system.settings import Settings
from reference_system.telemetry.logs import log_to

_BACKLOG: Final = 512


def listen(port: int) -> socket.socket:
    """A socket on loopback; port 0: any that is free."""
    return _prompt(socket.create_server(("127.0.0.1", port), backlog=_BACKLOG))


def inherited(descriptor: int) -> socket.socket:
    """The listening socket that the parent process has left open for us."""
    return _prompt(socket.socket(fileno=descriptor))


async def serve(settings: Settings, hardening: Hardening, listening: socket.socket) -> None:
    """Answer until SIGTERM or SIGINT. Then no trip is begun any more, and the running ones get their grace."""
    async with assemble(settings, hardening) as parts:
        log_to(process="service", redactor=parts.telemetry.redactor, correlation=hardening.correlation)
        config = uvicorn.Config(
            create_app(parts),
            log_config=None,  # as the process has set it up
            log_level="warning",
            access_log=False,
            lifespan="on",
            timeout_graceful_shutdown=int(GRACE_S),
        )
        await _Server(config, parts.runner.drain).serve(sockets=[listening])


class _Server(uvicorn.Server):
    """Tells when it is about to end."""

    def __init__(self, config: uvicorn.Config, ending: Callable[[], None]) -> None:
        super().__init__(config)
        self._ending = ending

    @override
    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Without the repetition of the signal that uvicorn adds: there is more to close than the server."""
        self._ending()
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.should_exit = True


def _prompt(listening: socket.socket) -> socket.socket:
    """Head and body of an answer are two packets: the second must not wait until the first is acknowledged."""
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening
