"""A PostgreSQL server of one's own, from the system's binaries: for tests, benchmarks and a stack on one machine."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from reference_system.errors import StoreError
from reference_system.folder import folder

_UNPRIVILEGED_USERS = ("postgres", "nobody")
"""PostgreSQL refuses to run as root; then it is run as the first of these that exists."""

# Ends the server whose folder is $1.
_END = """
if pid=$(cat "$1/pid" 2> /dev/null); then
    kill -QUIT "$pid" 2> /dev/null
    for _ in 1 2 3 4 5 6 7 8 9 10; do kill -0 "$pid" 2> /dev/null || break; sleep 0.1; done
fi
"""

_START_TIMEOUT_S = 30.0
_STOP_TIMEOUT_S = 10.0
_POLL_S = 0.02
_PORTS_TRIED = 8

# Nothing here outlives the machine, so nothing waits for the disk; crashes of the server itself are survived.
_SETTINGS = (
    "fsync=off",
    "full_page_writes=off",
    "max_connections=200",
    "shared_buffers=32MB",
    "deadlock_timeout=100ms",
)


class NoBinariesError(StoreError):
    """There is no PostgreSQL on this machine."""


class PostgresServer:
    """One server process with its data directory; ends with :meth:`stop`, or with the ``with`` block around it."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._binaries = binaries()
        self._owner = _owner()
        self._process: subprocess.Popen[bytes] | None = None
        self.port = 0
        self._initialise()

    def url(self, database: str = "postgres") -> str:
        """Where one of its databases is."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    @property
    def pid(self) -> int | None:
        """Of the process that runs, if one does."""
        return None if self._process is None else self._process.pid

    def start(self) -> None:
        """Start, also again, and wait until it answers; StoreError: it does not, and its log says why."""
        if self.port:
            self._start()
            return
        for tries_left in reversed(range(_PORTS_TRIED)):
            self.port = _free_port()
            try:
                self._start()
            except _PortTakenError:  # between looking and listening somebody else took it
                if not tries_left:
                    raise
            else:
                return

    def _start(self) -> None:
        options = [part for setting in _SETTINGS for part in ("-c", setting)]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - the system's PostgreSQL
                [
                    str(self._binaries / "postgres"),
                    *("-D", str(self._data), "-p", str(self.port), "-k", "", "-h", "127.0.0.1"),
                    *options,
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # an interrupt at the keyboard is ours to handle
                **self._owner,
            )
        self._pid_file.write_text(f"{self._process.pid}\n")
        self._wait_until_it_answers(self._process)

    def stop(self, *, at_once: bool = False) -> None:
        """Stop: ``at_once`` as a crash would, else with all transactions ended in order."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGQUIT if at_once else signal.SIGINT)
        try:
            self._process.wait(_STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._pid_file.unlink()
        self._process = None

    def create_database(self, name: str) -> str:
        """Make a new, empty database; its address."""
        import psycopg
        from psycopg import sql

        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
        return self.url(name)

    @property
    def _data(self) -> Path:
        return self._directory / "data"

    @property
    def _pid_file(self) -> Path:
        return self._directory / "pid"

    @property
    def _log(self) -> Path:
        return self._directory / "postgres.log"

    def _initialise(self) -> None:
        if self._owner:
            shutil.chown(self._directory, user=self._owner["user"])
        done = subprocess.run(  # noqa: S603 - the system's PostgreSQL
            [
                str(self._binaries / "initdb"),
                *("-D", str(self._data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"),
            ],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            **self._owner,
        )
        if done.returncode:
            msg = f"initdb could not make a database in {self._data}: {done.stderr.strip() or done.stdout.strip()}"
            raise StoreError(msg)

    def _wait_until_it_answers(self, process: subprocess.Popen[bytes]) -> None:
        import psycopg

        end_s = time.monotonic() + _START_TIMEOUT_S
        while True:
            try:
                with psycopg.connect(self.url(), connect_timeout=1) as connection:
                    row = connection.execute("SHOW data_directory").fetchone()
            except psycopg.OperationalError as error:
                if process.poll() is None and time.monotonic() < end_s:
                    time.sleep(_POLL_S)
                    continue
                ended = process.poll() is not None
                self.stop(at_once=True)
                log = self._log.read_text()
                msg = f"PostgreSQL on port {self.port} does not answer ({error}); its log: {log}"
                raise (_PortTakenError if ended and "Address already in use" in log else StoreError)(msg) from error
            if row is None or Path(row[0]) != self._data:
                self.stop(at_once=True)
                msg = f"on port {self.port} another PostgreSQL answers, that of {row and row[0]}"
                raise _PortTakenError(msg)
            return


class _PortTakenError(StoreError):
    """Somebody else listens there."""


@contextmanager
def postgres_server() -> Iterator[str]:
    """The address of a database on a server that runs until the block ends, and leaves nothing behind."""
    with running_server() as server:
        yield server.create_database("travel")


@contextmanager
def running_server() -> Iterator[PostgresServer]:
    """A server that runs until the block ends: for who wants to stop and start it, or needs several databases."""
    with folder("travel-postgres-", before=_END) as directory:
        directory.chmod(0o711)
        server = PostgresServer(directory)
        try:
            server.start()
            yield server
        finally:
            server.stop(at_once=True)


def binaries() -> Path:
    """The directory with ``initdb`` and ``postgres``: of the newest release installed, else on the path."""
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=_release)
    if installed:
        return installed[-1].parent
    found = shutil.which("initdb")
    if found is not None:
        return Path(found).resolve().parent
    msg = "no PostgreSQL server on this machine; install one (Debian: apt-get install postgresql, Mac: brew install it)"
    raise NoBinariesError(msg)


def _release(initdb: Path) -> tuple[int, ...]:
    return tuple(int(part) for part in initdb.parts[-3].split(".") if part.isdigit())


def _owner() -> dict[str, Any]:
    """As whom to start it: Popen's arguments."""
    if os.geteuid():
        return {}
    for name in _UNPRIVILEGED_USERS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    msg = f"PostgreSQL refuses to run as root, and there is no user {' or '.join(_UNPRIVILEGED_USERS)}; add one"
    raise StoreError(msg)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
