"""Wires that stand longer than a trial: proxies between real processes, which outlive trials as the processes do.

Between trials they let everything pass. A live trial joins those that stand among :data:`COMMON`, as all do unless told
otherwise, and those that were declared to it by ``chaos.wires(...)``: a system that keeps its processes from trial to
trial keeps their wires among :class:`Wires` of its own, where the trials of others do not see them.
"""

from __future__ import annotations

import importlib
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Final, Protocol

from pytest_agentchaos.errors import UsageError, explains_itself
from pytest_agentchaos.wires.active import Active

__tracebackhide__ = explains_itself


class Standing(Protocol):
    """A wire between real processes. Both methods are called from the thread of the trial."""

    def begin(self, active: Active) -> None:
        """A live trial begins: from now on its faults act here, and what passes is written down in its history."""

    def end(self) -> None:
        """The trial is over: what it did here is healed, what is still under way is written down as it stands."""


def needs(what: str, *packages: str) -> None:
    """An error that names the extra, where a package is not there that such a wire is made of."""
    for package in packages:
        try:
            importlib.import_module(package)
        except ImportError as error:
            msg = f"{what} needs {package}, which cannot be imported ({error}): pip install 'pytest-agentchaos[live]'"
            raise UsageError(msg) from None


class Wires:
    """Wires that stand together: a trial joins all of them, and those that are put up meanwhile."""

    def __init__(self) -> None:
        self._standing: list[Standing] = []
        self._active: Active | None = None
        self._lock = threading.RLock()

    def put_up(self, wire: Standing) -> None:
        """From now on it stands."""
        with self._lock:
            self._standing.append(wire)
            if self._active is not None:
                wire.begin(self._active)

    def take_down(self, wire: Standing) -> None:
        """It stands no longer."""
        with self._lock:
            if wire in self._standing:
                self._standing.remove(wire)
                if self._active is not None:
                    wire.end()

    @contextmanager
    def joined(self, active: Active) -> Iterator[None]:
        """A live trial, for as long as this is open."""
        try:
            with self._lock:
                self._active = active
                for wire in self._standing:
                    wire.begin(active)
            yield
        finally:
            with self._lock, ExitStack() as each:  # one that fails keeps no other from ending
                self._active = None
                for wire in self._standing:
                    each.callback(wire.end)


COMMON: Final = Wires()
"""Each live trial of this process joins these."""
