"""Names under which modules already imported a function: ``from time import monotonic`` and its like.

A replaced function is one object for the whole life of the process and asks for the running trial each time
it is called. Whatever slips through (a default argument, a module imported during a trial) therefore still
calls the real function outside of a trial.
"""

from __future__ import annotations

import sys
import weakref
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any, Final

LEFT_ALONE: Final = frozenset({
    # The test machinery measures real durations, some of it in callbacks that may come at any moment (hypothesis
    # times each garbage collection), and so does this package.
    "pytest_agentchaos", "pytest", "_pytest", "pluggy", "xdist", "execnet", "coverage", "pytest_timeout", "hypothesis",
    # These wait, for real, for other threads and processes: a deadline that never came nearer would be an endless wait.
    "threading", "queue", "subprocess", "selectors", "concurrent", "multiprocessing", "socketserver",
})  # fmt: skip
"""Top-level packages whose names are not replaced."""

WAITS_FOR_REAL: Final = frozenset({
    "threading", "queue", "subprocess", "concurrent.futures._base", "concurrent.futures.process",
    "multiprocessing.connection", "multiprocessing.pool", "multiprocessing.popen_fork", "multiprocessing.synchronize",
})  # fmt: skip
"""Modules that get real time even where they look it up as ``time.monotonic`` at each call."""

Function = Callable[..., Any]


class Aliases:
    """Every place in the loaded modules that holds one of the given functions.

    Finding them is a walk over all modules (some milliseconds); later trials look only at modules that are new.
    """

    def __init__(self, replacements: Mapping[Function, Function]) -> None:
        # By identity: values in a module may be unhashable. The pairs keep the functions, and so the numbers, alive.
        self._by_id = {id(function): pair for pair in replacements.items() for function in pair}
        self._places: dict[tuple[int, str], tuple[weakref.ref[ModuleType], str, Function, Function]] = {}
        self._last: tuple[str, object] = ("", None)

    def install(self) -> None:
        """Put the replacement wherever the original stands; a place that holds something else is left alone."""
        self._look_at_new_modules()
        for reference, name, original, replacement in self._places.values():
            module = reference()
            if module is not None and module.__dict__.get(name) is original:
                module.__dict__[name] = replacement

    def uninstall(self) -> None:
        """Put the original back, also into modules that were imported meanwhile."""
        self._look_at_new_modules()
        for reference, name, original, replacement in self._places.values():
            module = reference()
            if module is not None and module.__dict__.get(name) is replacement:
                module.__dict__[name] = original

    def _look_at_new_modules(self) -> None:
        last_name, last_module = self._last
        known = sys.modules.get(last_name) is last_module and last_module is not None
        if known and next(reversed(sys.modules)) == last_name:
            return
        names = list(sys.modules)
        self._last = (names[-1], sys.modules.get(names[-1]))
        if not known:
            # Somebody removed modules: the order says nothing, so look at all of them again.
            self._places.clear()
        # New modules are at the end of the dictionary.
        for name in reversed(names):
            if known and name == last_name:
                break
            module = sys.modules.get(name)
            if isinstance(module, ModuleType) and name.partition(".")[0] not in LEFT_ALONE:
                self._look_at(module)

    def _look_at(self, module: ModuleType) -> None:
        # Not vars(module): a lazily loaded module would be loaded by that.
        try:
            namespace = object.__getattribute__(module, "__dict__")
        except AttributeError:
            # Some compiled libraries put objects of their own into sys.modules that claim to be modules.
            return
        for name, value in list(namespace.items()):
            pair = self._by_id.get(id(value))
            if pair is not None:
                # A module that is gone may have had the same address: the newer one counts.
                self._places[id(module), name] = (weakref.ref(module), name, *pair)
