"""Wires that stand longer than a trial: proxies between real processes, which outlive trials as the processes do.

Between trials they let everything pass. A live trial joins all of them, and those that are put up meanwhile.
"""

from __future__ import annotations

import importlib
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Protocol

from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.wires.active import Active


class Standing(Protocol):
    """A wire between real processes. Both methods are called from the thread of the trial."""

    def begin(self, active: Active) -> None:
        """A live trial begins: from now on its faults act here, and what passes is written down in its history."""

    def end(self) -> None:
        """The trial is over: what it did here is healed, what is still under way is written down as it stands."""


_standing: list[Standing] = []
_active: Active | None = None
_lock = threading.RLock()


def needs(what: str, *packages: str) -> None:
    """An error that names the extra, where a package is not there that such a wire is made of."""
    for package in packages:
        try:
            importlib.import_module(package)
        except ImportError as error:
            msg = f"{what} needs {package}, which cannot be imported ({error}): pip install 'pytest-agentchaos[live]'"
            raise UsageError(msg) from None


def put_up(wire: Standing) -> None:
    """From now on it stands."""
    with _lock:
        _standing.append(wire)
        if _active is not None:
            wire.begin(_active)


def take_down(wire: Standing) -> None:
    """It stands no longer."""
    with _lock:
        if wire in _standing:
            _standing.remove(wire)
            if _active is not None:
                wire.end()


@contextmanager
def joined(active: Active) -> Iterator[None]:
    """A live trial, for as long as this is open."""
    global _active  # noqa: PLW0603 - the wires serve all threads, as the trial does
    try:
        with _lock:
            _active = active
            for wire in _standing:
                wire.begin(active)
        yield
    finally:
        with _lock, ExitStack() as each:  # one that fails keeps no other from ending
            _active = None
            for wire in _standing:
                each.callback(wire.end)
