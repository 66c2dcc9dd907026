"""This side of the watchdog: it tells the guard what there is to clear away, and that this process is alive."""

from __future__ import annotations

import atexit
import itertools
import json
import os
import secrets
import socket
import subprocess
import sys
import threading
import weakref
from contextlib import suppress
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.targets import is_loopback
from pytest_agentchaos.watchdog import guard

SILENCE_S: Final = 10.0
"""A process that nobody hears of for so long is taken for gone."""
_ENDING_S: Final = 30.0
_BODY_BYTES: Final = 65_536
_LAST_WORDS_BYTES: Final = 4096

_lapses: list[str] = []


class Watchdog:
    """Ends and heals what is registered here when this process ends, in whatever way, or is silent for too long."""

    def __init__(self, silence_s: float = SILENCE_S) -> None:
        if os.name != "posix":
            msg = f"{sys.platform} has no process groups and signals, which real processes need; use WSL or a container"
            raise UsageError(msg)
        self.silence_s = silence_s
        # Nobody draws anything by it: it has to differ from all others on this machine, which a seed would prevent.
        self.marker = f"{os.getpid()}-{secrets.token_hex(12)}"
        self._numbers = itertools.count(1)
        self._charge: dict[str, dict[str, Any]] = {}
        """What is registered, each as it is told: a guard that somebody has killed is replaced by another."""
        self._lock = threading.RLock()
        self._process: subprocess.Popen[bytes] | None = None
        self._line: socket.socket | None = None
        self._ended = threading.Event()
        _open.add(self)
        with self._lock:
            self._begin()
        threading.Thread(target=self._live, name="agentchaos-watchdog", daemon=True).start()

    @property
    def pid(self) -> int | None:
        """The process that guards this one; None when there is none any more."""
        return None if self._process is None else self._process.pid

    def mark(self) -> str:
        """A marker of its own for a set of processes: the value of ``AGENTCHAOS_RUN`` in their environment."""
        return f"{self.marker}/{next(self._numbers)}/"

    def watch(self, group: int) -> None:
        """Kill this process group in the end."""
        if group <= 1:
            msg = f"process group {group}: not one that this process has started, so it is not to be killed"
            raise UsageError(msg)
        self._register(f"group {group}", watch=group)

    def forget(self, group: int) -> None:
        """It has ended: its number may soon be another's."""
        self._withdraw(f"group {group}", forget=group)

    def heal(self, method: str, url: str, body: str | None = None) -> str:
        """Make this HTTP request in the end, unless :meth:`healed` is told before. It may be made more than once."""
        token = str(next(self._numbers))
        self._register(f"heal {token}", heal=token, **_request(method, url, body))
        return token

    def healed(self, token: str) -> None:
        """Somebody has done it, or it is not needed any more."""
        self._withdraw(f"heal {token}", healed=token)

    def remove(self, folder: Path | str) -> None:
        """Remove this folder and all that is in it in the end."""
        path = Path(folder)
        if not path.is_absolute() or path == Path(path.anchor):
            msg = f"remove({str(folder)!r}): it is removed with all that is in it, so give the whole path of a folder"
            raise UsageError(msg)
        self._register(f"folder {path}", remove=str(path))

    def keep(self, folder: Path | str) -> None:
        """It is gone already, or is to stay."""
        self._withdraw(f"folder {Path(folder)}", keep=str(folder))

    def beat(self) -> None:
        """Say that this process is alive. Its watchdog says so often enough by itself."""
        with self._lock:
            if self._process is None:
                return
            try:
                self._tell({"beat": 1})
            except OSError as error:
                _lapses.append(f"the watchdog has ended, and another could not be started: {error}")

    def close(self) -> None:
        """Have everything that is still registered cleared away now, and wait for it."""
        self._ended.set()
        with self._lock:
            process, self._process = self._process, None
            if process is not None:
                self._has_lapsed()
            self._hang_up()
            _open.discard(self)
        if process is not None:
            _await_end(process)

    # The line

    def _register(self, key: str, **told: Any) -> None:
        with self._lock:
            self._charge[key] = told
            self._tell(told)

    def _withdraw(self, key: str, **told: Any) -> None:
        with self._lock:
            if self._charge.pop(key, None) is not None:
                self._tell(told)

    def _tell(self, told: dict[str, Any]) -> None:
        """Tell the guard, or another one all that there is to tell if it is gone."""
        if self._process is None:
            msg = "this watchdog has been closed; watchdog.current() gives one that is not"
            raise UsageError(msg)
        if self._has_lapsed() or not self._send(told):
            self._renew()

    def _send(self, told: dict[str, Any]) -> bool:
        assert self._line is not None  # noqa: S101 - there is one wherever there is a guard
        try:
            self._line.sendall(json.dumps(told).encode() + b"\n")
        except OSError:  # also: it does not read any more
            return False
        return True

    def _begin(self) -> None:
        ours, theirs = socket.socketpair()
        ours.settimeout(0)  # whoever does not read is taken for gone
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-I", "-S", guard.__file__, f"{self.marker}/", str(self.silence_s)],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd="/",  # it must not keep a folder busy that is to be removed
                # A process that is itself started by another of ours must not take its guard with it when it is ended.
                env={name: value for name, value in os.environ.items() if name != guard.VARIABLE},
                start_new_session=True,
            )
        self._line = ours

    def _renew(self) -> None:
        """The guard is gone: because this process was silent, or because somebody has killed it."""
        process, self._process = self._process, None
        if process is not None:
            _await_end(process)
        self._hang_up()
        self._begin()
        for told in self._charge.values():  # what was done already does no harm when it is done again
            self._send(told)

    def _has_lapsed(self) -> bool:
        """Whether the guard took this process for gone, and clears away."""
        assert self._line is not None  # noqa: S101 - as above
        with suppress(OSError):
            if said := self._line.recv(_LAST_WORDS_BYTES):
                _lapses.append(_told(json.loads(said)["lapse"], self.silence_s))
                return True
        return False

    def _live(self) -> None:
        while not self._ended.wait(self.silence_s / guard.SLICES):
            self.beat()

    def _hang_up(self) -> None:
        if self._line is not None:
            self._line.close()

    def leave_to_parent(self) -> None:
        """This is a copy of the process that it guards: the end of the other one must be heard."""
        self._lock = threading.RLock()
        self._ended = threading.Event()
        self._ended.set()
        self._hang_up()
        if self._process is not None:
            self._process.returncode = 0  # not a child of this process: nothing to wait for
        self._process = None


def _request(method: str, url: str, body: str | None) -> dict[str, Any]:
    """An HTTP request as its bytes."""
    where = urlsplit(url)
    whole = f"{method} {url}"
    if where.scheme != "http" or not where.hostname or not is_loopback(where.hostname):
        msg = f"{whole}: a watchdog heals on this machine, over http, and nowhere else; give http://127.0.0.1:PORT/..."
        raise UsageError(msg)
    sent = (body or "").encode()
    if any(character <= " " or character > "~" for character in method + url) or len(sent) > _BODY_BYTES:
        msg = f"{whole[:200]!r}: not a request of one line of ASCII with a body of {_BODY_BYTES} bytes at most"
        raise UsageError(msg)
    path = (where.path or "/") + (f"?{where.query}" if where.query else "")
    head = [
        *(f"{method} {path} HTTP/1.1", f"Host: {where.netloc}", "Connection: close"),
        *("Content-Type: application/json", f"Content-Length: {len(sent)}"),
    ]
    request = "\r\n".join([*head, "", body or ""])
    return {"host": where.hostname, "port": where.port or 80, "request": request}


def _await_end(process: subprocess.Popen[bytes]) -> None:
    """It hears nothing more: it clears away, and ends."""
    try:
        process.wait(_ENDING_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _told(lapse: dict[str, int], silence_s: float) -> str:
    return (
        f"this process stood still for more than {silence_s:g} s (a debugger? a stopped job?), so its watchdog took it"
        f" for gone and cleared away: faults to heal: {lapse['heals']}, groups of processes to kill: {lapse['groups']},"
        f" folders to remove: {lapse['folders']}; a test that ran meanwhile proves nothing, run it again"
    )


# --- the one of this process ------------------------------------------------------------------------------------------

_open: weakref.WeakSet[Watchdog] = weakref.WeakSet()
_current: Watchdog | None = None
_lock = threading.Lock()


def current() -> Watchdog:
    """The watchdog of this process, started when it is asked for first; a copy that is forked has its own."""
    global _current  # noqa: PLW0603 - one for each process, as its name says
    with _lock:
        if _current is None:
            _current = Watchdog()
            atexit.register(close)
        return _current


def close() -> None:
    """End it, if there is one; the next that is asked for is another."""
    global _current
    with _lock:
        watchdog, _current = _current, None
    atexit.unregister(close)
    if watchdog is not None:
        watchdog.close()


def lapses() -> tuple[str, ...]:
    """What watchdogs did because this process was silent, or why there is none any more; each is told once."""
    with _lock:
        watchdog = _current
    if watchdog is not None:
        watchdog.beat()  # which finds out
    told: tuple[str, ...] = ()
    with suppress(IndexError):
        while True:
            told = (*told, _lapses.pop(0))
    return told


def _after_fork() -> None:
    global _current, _lock
    _lock, _current = threading.Lock(), None  # whoever held the other lock does not exist here
    for watchdog in list(_open):
        watchdog.leave_to_parent()
    _open.clear()
    _lapses.clear()


if hasattr(os, "register_at_fork"):  # pragma: no branch - Windows has no fork
    os.register_at_fork(after_in_child=_after_fork)
