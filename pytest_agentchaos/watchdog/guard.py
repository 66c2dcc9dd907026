"""The guard, a process of its own: ``python -I -S guard.py MARKER SILENCE_S``, with a socket as its standard input.

It hears JSON lines from the process that it guards, each an object with one of these names:

- ``watch``, ``forget``: the number of a process group
- ``heal`` (a token) with ``host``, ``port`` and ``request``: bytes of an HTTP request, as text; ``healed``: the token
- ``remove``, ``keep``: the path of a folder
- ``beat``: nothing but that somebody is alive

When the socket ends, or is silent for too long, it sends the requests, kills the groups and every process whose
environment carries the marker, removes the folders, and ends. After silence it says before what it does: ``lapse``.

It has to be there in a few milliseconds and in little memory, so it imports nothing of this package.
"""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import sys
import time
from contextlib import suppress
from typing import Any, Final

VARIABLE: Final = "AGENTCHAOS_RUN"
"""In the environment of every process that is started, and so of every process that those start."""
SLICES: Final = 10
"""Silence is counted in so many parts. A machine that was suspended leaps over one of them, not over all."""

_HEAL_S: Final = 2.0
_PASSES: Final = 100
_PASS_S: Final = 0.01
_BARE_PASSES: Final = 10
"""Becoming another program takes a millisecond; what shows no environment for so long has none."""


class Charge:
    """What there is to clear away."""

    def __init__(self, marker: str) -> None:
        self.marker = marker
        self.groups: set[int] = set()
        self.folders: set[str] = set()
        self.heals: dict[str, dict[str, Any]] = {}

    def hear(self, line: bytes) -> None:
        """One line of the other process."""
        told: dict[str, Any] = json.loads(line)
        match told:
            case {"watch": int(group)}:
                self.groups.add(group)
            case {"forget": int(group)}:
                self.groups.discard(group)
            case {"heal": str(token)}:
                self.heals[token] = told
            case {"healed": str(token)}:
                self.heals.pop(token, None)
            case {"remove": str(folder)}:
                self.folders.add(folder)
            case {"keep": str(folder)}:
                self.folders.discard(folder)

    def told(self) -> bytes:
        """How much there is of it."""
        counts = {"heals": len(self.heals), "groups": len(self.groups), "folders": len(self.folders)}
        return json.dumps({"lapse": counts}).encode()

    def clear_away(self) -> None:
        """Do it."""
        deaf: set[tuple[str, int]] = set()
        for request in self.heals.values():
            _heal(request, deaf)
        for group in self.groups:
            end_group(group)
        end_marked(self.marker)
        for folder in self.folders:
            shutil.rmtree(folder, ignore_errors=True)


def end_group(group: int) -> None:
    """Kill a process group, also one that stands still."""
    with suppress(OSError):
        os.killpg(group, signal.SIGKILL)


def end_marked(marker: str) -> None:
    """Kill every process whose environment carries this marker, or one that begins so.

    Some of them may be starting others meanwhile, so it looks until there are none. Only Linux shows environments,
    and none of a process that is just becoming another program: as long as there is one, nothing is known.
    """
    bare_passes = 0
    for _ in range(_PASSES):
        shown = _shown(marker)
        if not shown:
            return
        found = [process for process, carries in shown.items() if carries]
        bare_passes = 0 if found else bare_passes + 1
        if bare_passes > _BARE_PASSES:
            return
        for process in found:
            _end(process, marker)
        time.sleep(_PASS_S)


def _shown(marker: str) -> dict[int, bool | None]:
    """The processes that carry it (True), or may (None)."""
    try:
        names = os.listdir("/proc")  # noqa: PTH208 - importing pathlib would take longer than all else
    except OSError:
        return {}
    shown = {int(name): _carries(name, marker) for name in names if name.isdigit()}
    return {process: carries for process, carries in shown.items() if carries is not False}


def _carries(process: int | str, marker: str) -> bool | None:
    wanted = f"{VARIABLE}={marker}".encode()
    try:
        with open(f"/proc/{process}/environ", "rb") as file:  # noqa: PTH123 - the same
            environ = file.read()
        if not environ:
            with open(f"/proc/{process}/statm", "rb") as file:  # noqa: PTH123 - the same
                # One that has ended, or is the kernel's, has no memory either.
                return False if file.read().startswith(b"0 ") else None
    except OSError:  # it has ended, or is somebody else's
        return False
    return any(one.startswith(wanted) for one in environ.split(b"\0"))


def _end(process: int, marker: str) -> None:
    """Kill it, unless it has ended meanwhile and its number is another's."""
    with suppress(OSError):
        held = os.pidfd_open(process)
        try:
            if _carries(process, marker):
                signal.pidfd_send_signal(held, signal.SIGKILL)
        finally:
            os.close(held)
        return
    if _carries(process, marker):
        with suppress(OSError):
            os.kill(process, signal.SIGKILL)


def _heal(request: dict[str, Any], deaf: set[tuple[str, int]]) -> None:
    """Send a request and wait for the first bytes of its answer; one who does not answer is not asked again."""
    import socket

    address = (request["host"], request["port"])
    if address in deaf:
        return
    try:
        with socket.create_connection(address, _HEAL_S) as connection:
            connection.sendall(request["request"].encode())
            connection.recv(1)
    except OSError:
        deaf.add(address)


def listen(source: int, charge: Charge, silence_s: float) -> bool:
    """Hear what there is to hear; whether it ended in silence rather than with the end of the socket."""
    rest, quiet = b"", 0
    while quiet < SLICES:
        if not select.select([source], [], [], silence_s / SLICES)[0]:
            quiet += 1
            continue
        quiet = 0
        try:
            heard = os.read(source, 65_536)
        except ConnectionError:
            return False
        if not heard:
            return False
        *lines, rest = (rest + heard).split(b"\n")
        for line in lines:
            with suppress(ValueError):  # a line that nobody can read must not keep the others from being heeded
                charge.hear(line)
    return True


def main() -> None:
    """Guard until there is nothing to guard."""
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # meant for whoever is guarded
        signal.signal(ignored, signal.SIG_IGN)
    charge = Charge(sys.argv[1])
    if listen(0, charge, float(sys.argv[2])):
        with suppress(OSError):
            os.write(0, charge.told())  # before, so that whoever comes back meanwhile knows at once
    charge.clear_away()


if __name__ == "__main__":
    main()
