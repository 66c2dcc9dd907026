"""A stage for live trials: the processes of the system, PostgreSQL, and a wire on every way between them."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from collections.abc import Coroutine
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import psycopg

from pytest_agentchaos.live import Link, Proxy, Wires
from reference_system.hardening import Hardening
from reference_system.live.collector import Collector
from reference_system.settings import Settings
from reference_system.stack import Stack
from reference_system.store.postgres_server import running_server
from reference_system.system import SERVICE_URL

T = TypeVar("T")

_CALLER: Final = "service"
_TABLES: Final = """
    SELECT string_agg(quote_ident(tablename), ', ') FROM pg_tables
    WHERE schemaname = current_schema() AND tablename <> 'schema_facts'
"""
_LOCK_PATIENCE: Final = "SET lock_timeout = '10s'"
_PATIENCE_S: Final = 60.0
_HALT_S: Final = 1.0
_HALT_LOOK_S: Final = 0.001
_STOPPED_OR_GONE: Final = os.WSTOPPED | os.WEXITED | os.WNOHANG | os.WNOWAIT


class Stage:
    """All processes of one sort of system, up and ready.

    Wires bear the names that the same addresses have in virtual time, so that a scenario finds the same calls.
    """

    def __init__(self, hardening: Hardening, settings: Settings) -> None:
        self._open = ExitStack()
        self.wires = Wires()
        """Its own: it is kept while other live trials come and go."""
        try:
            self._loop = self._open.enter_context(_loop())
            self.collector = self._open.enter_context(Collector())
            self.store_url = self._open.enter_context(running_server()).create_database("travel")
            self._stack = Stack(
                store_url=self.store_url,
                hardening=hardening,
                model=settings.model,
                variables={**_variables(settings), **self.collector.environment()},
                through=self._wired,
            )
            self._names = dict([("model", settings.model_url), *settings.tool_urls.items()])
            self._await(self._stack.__aenter__())
            self._open.callback(self._end)
            self.service_url = self._proxy(self._stack.service_url, SERVICE_URL, caller="user")
        except BaseException:
            self.close()
            raise

    def processes(self) -> dict[str, Member]:
        """Each process by the host that calls go to; the service by its name as a caller as well."""
        hosts = {"service": SERVICE_URL, **self._names}
        members = {urlsplit(url).netloc: Member(self, name) for name, url in hosts.items()}
        return {**members, _CALLER: Member(self, "service")}

    def renew(self) -> None:
        """As if it had just been built: no records, and nothing in the memory of the service.

        The tool servers keep nothing but records, the model nothing that it would tell to another conversation.
        """
        self.kill("service")
        with psycopg.connect(self.store_url, autocommit=True) as connection:
            connection.execute(_LOCK_PATIENCE)
            tables = connection.execute(_TABLES).fetchone()
            connection.execute(f"TRUNCATE {tables[0] if tables else ''} RESTART IDENTITY CASCADE".encode())
        self.start("service")

    def kill(self, name: str) -> None:
        """A process is gone when this returns."""
        self._await(self._stack.kill(name))

    def start(self, name: str) -> None:
        """A process that was down is up and answers when this returns."""
        self._await(self._stack.start(name))

    def pid(self, name: str) -> int | None:
        """Of a process, if it runs."""
        return self._stack.pid(name)

    def pause(self, name: str) -> None:
        """A process stands still when this returns, if it runs."""
        if (pid := self.pid(name)) is not None:
            halt(pid)

    def resume(self, name: str) -> None:
        """It goes on."""
        if (pid := self.pid(name)) is not None:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)

    def close(self) -> None:
        """End everything."""
        self._open.close()

    def _end(self) -> None:
        """Nothing that these processes could still put in order is kept."""
        for name in self._stack.names:
            self.kill(name)
        self._await(self._stack.__aexit__(None, None, None))

    def _wired(self, name: str, url: str) -> str:
        """The address of a wire that leads to this one."""
        if name == "store":
            parts = urlsplit(url)
            to = parts.netloc.rpartition("@")[2]
            link = self._open.enter_context(Link(to, name="postgres.travel.local", wires=self.wires))
            return parts._replace(netloc=f"postgres@{link.address}").geturl()
        named = urlsplit(self._names[name])
        return self._proxy(url, f"{named.scheme}://{named.netloc}", caller=_CALLER)

    def _proxy(self, upstream: str, name: str, *, caller: str) -> str:
        proxy = self._open.enter_context(Proxy(upstream, name=name, caller=caller, wires=self.wires))
        return str(proxy.url)

    def _await(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_PATIENCE_S)


@dataclass(frozen=True, slots=True)
class Member:
    """One process of a stage, for the faults that kill processes or make them stand still."""

    stage: Stage
    name: str

    def kill(self) -> None:
        """It is gone when this returns."""
        self.stage.kill(self.name)

    def start(self) -> None:
        """It runs again, and answers when this returns."""
        self.stage.start(self.name)

    def pause(self) -> None:
        """It stands still."""
        self.stage.pause(self.name)

    def resume(self) -> None:
        """It goes on."""
        self.stage.resume(self.name)


def halt(pid: int) -> None:
    """A child of this process stands still when this returns, or is gone.

    One that the system has put to sleep (for a disk, say) does nothing either; it is not waited for long.
    """
    until_s = time.monotonic() + _HALT_S
    with suppress(ProcessLookupError, ChildProcessError):  # it has ended, and somebody has waited for it
        os.kill(pid, signal.SIGSTOP)
        while os.waitid(os.P_PID, pid, _STOPPED_OR_GONE) is None and time.monotonic() < until_s:
            time.sleep(_HALT_LOOK_S)


def _variables(settings: Settings) -> dict[str, str]:
    """What the processes are told of the settings; their addresses they are told by the stack."""
    return {
        "TRAVEL_MANIFEST": settings.manifest,
        "TRAVEL_CANARY_MANIFEST": settings.canary_manifest,
        "TRAVEL_CANARY_SHARE": str(settings.canary_share),
        "TRAVEL_SHADOW_SHARE": str(settings.shadow_share),
    }


class _loop:  # noqa: N801 - it reads as a phrase where it is used
    """An event loop in a thread of its own: the processes are watched while trials come and go."""

    def __enter__(self) -> asyncio.AbstractEventLoop:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="travel-stage", daemon=True)
        self._thread.start()
        return self._loop

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
