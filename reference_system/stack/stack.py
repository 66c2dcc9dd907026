"""Starts the processes of the system, keeps them up, and ends them."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Final, Self, TypeVar

from reference_system.contracts.tools import DOMAINS
from reference_system.errors import TravelError
from reference_system.folder import folder
from reference_system.hardening import SWITCHES, Hardening
from reference_system.stack.process import Process, Program

NAMES: Final = ("service", "model", *DOMAINS)
"""The processes; with a first port P they listen on P, P+1, ..."""

OWN_POSTGRES: Final = "postgres"
"""As a store's address: a PostgreSQL server that is started for the stack and ends with it."""

_READY_S: Final = 30.0
_SERVICE_PATIENCE_S: Final = 30.0
_PATIENCE_S: Final = 8.0
_PASSED_ON: Final = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "VIRTUAL_ENV", "PYTHONPATH", "PYTHONHASHSEED")


Thing = TypeVar("Thing")


class StackError(TravelError):
    """The stack cannot be started, or a process of it is not as it should be."""


class Stack:
    """The whole system on loopback. An async context: inside of it everything is up and ready.

    A process that dies is started again, on the same socket. One that was killed by :meth:`kill` stays down until
    :meth:`restart`; meanwhile its callers wait in the socket's queue. ``variables`` are environment variables for all
    processes (``TRAVEL_CANARY_SHARE``, ``OTEL_EXPORTER_OTLP_ENDPOINT``, ...). ``through`` is given the name and the
    address of the model, of each tool server and of the ``store``, before they start, and says which address the others
    are told in its place: that of a proxy, for example.
    """

    def __init__(  # noqa: PLR0913 - each has a default, and a name at every call
        self,
        *,
        store_url: str | None = None,
        hardening: Hardening = Hardening(),  # noqa: B008 - frozen
        model: str = "travel-steady",
        model_url: str | None = None,
        first_port: int = 0,
        variables: Mapping[str, str] | None = None,
        through: Callable[[str, str], str] = lambda _, url: url,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._store_url = store_url
        self._hardening = hardening
        self._model = model
        self._model_url = model_url
        self._first_port = first_port
        self._variables = dict(variables or {})
        self._through = through
        self._say = say
        self._open = AsyncExitStack()
        self._sockets: dict[str, socket.socket] = {}
        self._processes: dict[str, Process] = {}
        self._lifeline = -1
        self.broken = asyncio.Event()
        """Set when a process has died so often that it is left alone."""

    async def __aenter__(self) -> Self:
        try:
            await self._prepare()
            for process in self._processes.values():
                await process.start()
            await self._until_ready()
            for process in self._processes.values():
                process.settle()
        except BaseException:
            await self._end()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._end()

    # --- where it is ------------------------------------------------------------------------------------------------

    @property
    def names(self) -> tuple[str, ...]:
        """Of the processes."""
        return tuple(self._processes)

    @property
    def service_url(self) -> str:
        """Where trips are asked for."""
        return self.url("service")

    def url(self, name: str) -> str:
        """Of a process, without a path."""
        host, port = self._socket(name).getsockname()[:2]
        return f"http://{host}:{port}"

    @property
    def store_url(self) -> str:
        """Of the store, which the processes share."""
        if self._store_url is None:
            msg = "the stack is not up: enter it first"
            raise StackError(msg)
        return self._store_url

    def log(self, name: str) -> Path:
        """What a process has written; gone with the stack."""
        return self._process(name).program.log

    def pid(self, name: str) -> int | None:
        """Of a process; None while it is down."""
        return self._process(name).pid

    # --- what can be done to it -------------------------------------------------------------------------------------

    async def kill(self, name: str) -> None:
        """End a process as a power cut would. It stays down until :meth:`restart`."""
        await self._process(name).kill()

    async def restart(self, name: str) -> None:
        """Start a process again, after asking it to end if it still runs, and wait until it answers."""
        process = self._process(name)
        await process.stop(patience_s=_SERVICE_PATIENCE_S)
        await process.start()
        await self._answers(process, "/health")

    async def start(self, name: str) -> None:
        """Start a process that is down, and wait until it answers. One that runs, or is just starting, goes on."""
        process = self._process(name)
        if not process.wanted:
            await process.start()
        await self._answers(process, "/health")

    # --- how it is made ---------------------------------------------------------------------------------------------

    async def _prepare(self) -> None:
        directory = self._open.enter_context(folder("travel-stack-"))
        self._store_url = await self._store(directory)
        for number, name in enumerate(NAMES):
            if name != "model" or self._model_url is None:
                port = self._first_port + number if self._first_port else 0
                self._sockets[name] = self._open.enter_context(_listening(name, port))
        self._lifeline, ours = os.pipe()
        self._open.callback(os.close, self._lifeline)
        self._open.callback(os.close, ours)
        environment = self._environment()
        for name, listening in self._sockets.items():
            module, arguments = self._command(name)
            log = directory / f"{name}.log"
            program = Program(name, module, (*arguments, "--fd", "{fd}"), listening, environment, log)
            self._processes[name] = Process(program, self._lifeline, self._say, self.broken.set)

    async def _store(self, directory: Path) -> str:
        if self._store_url is None:
            return f"sqlite:///{directory / 'travel.db'}"
        if self._store_url != OWN_POSTGRES:
            return self._store_url
        from reference_system.store.postgres_server import postgres_server  # only who asks for it needs it

        server = postgres_server()
        url = await asyncio.to_thread(server.__enter__)
        self._open.push_async_callback(asyncio.to_thread, server.__exit__, None, None, None)
        return url

    def _command(self, name: str) -> tuple[str, tuple[str, ...]]:
        """Module and arguments."""
        if name == "model":
            return "reference_system.model", ()
        off = [switch for switch in SWITCHES if not getattr(self._hardening, switch)]
        switches = tuple(part for switch in off for part in ("--hardening-off", switch))
        if name == "service":
            return "reference_system.service", switches
        return "reference_system.tools", (name, *switches)

    def _environment(self) -> dict[str, str]:
        """Only what is meant for them: a key for a real model does not reach an embedded one."""
        passed = (*_PASSED_ON, "OPENAI_API_KEY") if self._model_url else _PASSED_ON
        inherited = {name: os.environ[name] for name in passed if name in os.environ}
        path = os.pathsep.join([str(Path(__file__).parents[2]), *filter(None, [inherited.get("PYTHONPATH")])])
        told = {name: self._through(name, self.url(name)) for name in self._sockets if name != "service"}
        return {
            **inherited,
            "PYTHONPATH": path,
            "OPENAI_BASE_URL": self._model_url or f"{told['model']}/v1",
            "TRAVEL_MODEL": self._model,
            "TRAVEL_STORE_URL": self._through("store", self.store_url),
            **{f"TRAVEL_{domain.upper()}_URL": f"{told[domain]}/mcp" for domain in DOMAINS},
            **self._variables,
        }

    async def _until_ready(self) -> None:
        """The service is ready when all that it depends on is."""
        try:
            async with asyncio.timeout(_READY_S):
                while not await self._answers(self._process("service"), "/ready"):  # noqa: ASYNC110 - not our event
                    await asyncio.sleep(0.05)
        except TimeoutError:
            words = "\n".join(f"{name}:\n{process.last_words()}" for name, process in self._processes.items())
            msg = f"the stack is not ready after {_READY_S:.0f} s; the processes said:\n{words}"
            raise StackError(msg) from None

    async def _answers(self, process: Process, path: str) -> bool:
        """Whether it says yes. Who asks early waits in the socket's queue until the process is there."""
        name = process.program.name
        broken = asyncio.create_task(self.broken.wait())
        asking = asyncio.create_task(_says_yes(self._socket(name), path))
        done, pending = await asyncio.wait({broken, asking}, return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()
        if asking not in done:
            words = {name: process.last_words() for name, process in self._processes.items() if process.pid is None}
            said = "\n".join(f"{name} said:\n{last}" for name, last in words.items())
            msg = f"a process of the stack does not come up; {said}"
            raise StackError(msg)
        return asking.result()

    async def _end(self) -> None:
        """The service first: it finishes its trips with the help of the others."""
        if (service := self._processes.get("service")) is not None:
            await service.stop(patience_s=_SERVICE_PATIENCE_S)
        await asyncio.gather(*(process.stop(patience_s=_PATIENCE_S) for process in self._processes.values()))
        await self._open.aclose()

    def _process(self, name: str) -> Process:
        return _of(self._processes, name)

    def _socket(self, name: str) -> socket.socket:
        return _of(self._sockets, name)


def _of(things: Mapping[str, Thing], name: str) -> Thing:
    try:
        return things[name]
    except KeyError:
        msg = f"there is no {name!r} in this stack; there are {', '.join(things) or 'none: enter it first'}"
        raise StackError(msg) from None


async def _says_yes(listening: socket.socket, path: str) -> bool:
    """Whether it answers a question with 200; asked without a client library, which a trial may have got hold of."""
    host, port = listening.getsockname()[:2]
    try:
        async with asyncio.timeout(_READY_S):
            reader, writer = await asyncio.open_connection(host, port)
            try:
                writer.write(f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n".encode())
                status = (await reader.readline()).split()[1:2]
            finally:
                writer.close()
                await writer.wait_closed()
    except (OSError, TimeoutError):  # it died with our question in its hands
        return False
    return status == [b"200"]


def _listening(name: str, port: int) -> socket.socket:
    try:
        listening = socket.create_server(("127.0.0.1", port), backlog=512)
    except OSError as error:
        msg = f"port {port} for the {name} is taken ({error.strerror}); choose another first port, or 0 for free ones"
        raise StackError(msg) from error
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # what it accepts inherits it
    return listening
