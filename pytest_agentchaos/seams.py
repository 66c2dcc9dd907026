"""Methods of other people's classes that lead through us for a while, also in modules that are imported meanwhile."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
from collections.abc import Callable, Iterable, Sequence
from types import ModuleType
from typing import Any, NamedTuple

_KEPT = 256


class Patch(NamedTuple):
    """A method of somebody else's that was replaced."""

    owner: type
    name: str
    original: Any
    patched: Any

    def applies(self) -> bool:
        """Whether what it replaces is there now."""
        return vars(self.owner).get(self.name) is self.original

    def undo(self) -> None:
        """Put the original back, unless somebody has put something else there meanwhile."""
        if vars(self.owner).get(self.name) is self.patched:
            setattr(self.owner, self.name, self.original)


class Leads:
    """The methods that we have met, each with the one of ours that leads to it.

    What is found in a class may be ours: a mocking library whose patch overlapped with an earlier trial may have put it
    back. That is told by identity, since a wrapper may copy our attributes, and may say that it equals what it wraps.
    """

    def __init__(self) -> None:
        self._met: dict[int, tuple[Any, Any, Any]] = {}

    def to(self, found: Any, lead: Callable[[Any], Any]) -> tuple[Any, Any] | None:
        """The method underneath what was found, and ours, made by ``lead`` when it is met for the first time.

        None when there is nothing to do: an instrumentation that was put on top of ours in an earlier trial.
        """
        met = self._met.get(id(found))
        if met is not None:  # it is kept with its id, which therefore nothing else can have
            return met[1], met[2]
        if self._stands_on_ours(found):
            return None
        if len(self._met) >= _KEPT:  # mocking libraries bring a new method with each test
            self._met.clear()
        ours = lead(found)
        self._met[id(found)] = (found, found, ours)
        self._met[id(ours)] = (ours, found, ours)
        return found, ours

    def _stands_on_ours(self, found: Any) -> bool:
        for _ in range(_KEPT):  # a chain may bite its own tail
            found = getattr(found, "__wrapped__", None)
            met = self._met.get(id(found))
            if found is None or met is not None:
                return met is not None and met[2] is found
        return False


class Finder(importlib.abc.MetaPathFinder):
    """Sees modules that are imported for the first time while it stands in ``sys.meta_path``."""

    def __init__(self, names: Iterable[str], loaded: Callable[[ModuleType], None]) -> None:
        self._names = set(names)
        self._loaded = loaded

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """The module's own spec, with a loader that gives word when the module is there."""
        if name not in self._names:
            return None
        for finder in sys.meta_path:
            spec = None if finder is self else finder.find_spec(name, path, target)
            if spec is not None and spec.loader is not None:
                spec.loader = _Loader(spec.loader, self._seen)
                return spec
        return None

    def expect(self, names: Iterable[str]) -> None:
        """See these as well, also if they were seen before."""
        self._names.update(names)

    def _seen(self, module: ModuleType) -> None:
        if self in sys.meta_path and module.__name__ in self._names:
            self._names.discard(module.__name__)
            self._loaded(module)


class _Loader(importlib.abc.Loader):
    """A module's own loader, and word of it when the module is there."""

    def __init__(self, inner: Any, loaded: Callable[[ModuleType], None]) -> None:
        self._inner = inner
        self._loaded = loaded

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        created: ModuleType | None = self._inner.create_module(spec)
        return created

    def exec_module(self, module: ModuleType) -> None:
        if module.__spec__ is not None:  # nobody is to find this loader there
            module.__spec__.loader = self._inner
        module.__loader__ = self._inner
        self._inner.exec_module(module)
        self._loaded(module)
