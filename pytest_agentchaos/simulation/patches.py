"""Changes to other people's objects, each of which is undone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from pytest_agentchaos.errors import InternalError

ABSENT: Final = object()
"""Stands for "there was nothing here": it came from a base class, or the name did not exist."""


class Patches:
    """Undoes what it did, newest first, whatever happened in between."""

    __slots__ = ("_undo",)

    def __init__(self) -> None:
        self._undo: list[tuple[Any, ...]] = []

    def set(self, owner: Any, name: str, value: object) -> None:
        """Set an attribute of a module, class or instance; what it only inherited is inherited again afterwards."""
        before = vars(owner).get(name, ABSENT)
        setattr(owner, name, value)
        self._undo.append((delattr, owner, name) if before is ABSENT else (setattr, owner, name, before))

    def swap(self, mapping: dict[str, Any], key: str, value: object) -> None:
        """Set an entry of a dictionary."""
        before = mapping.get(key, ABSENT)
        mapping[key] = value
        self._undo.append((mapping.pop, key, None) if before is ABSENT else (mapping.__setitem__, key, before))

    def on_restore(self, action: Callable[[], object]) -> None:
        """Have something else undone in its turn."""
        self._undo.append((action,))

    def restore(self) -> None:
        """Undo everything. One step that fails does not keep the others from happening."""
        failed: list[Exception] = []
        while self._undo:
            undo, *arguments = self._undo.pop()
            try:
                undo(*arguments)
            except AttributeError:
                # The trial itself deleted what is to be deleted here.
                continue
            except Exception as error:  # noqa: BLE001 - whatever it is, the rest must be restored first
                failed.append(error)
        if failed:
            msg = f"{len(failed)} change(s) of the simulation could not be undone, the first: {failed[0]!r}"
            raise InternalError(msg) from failed[0]
