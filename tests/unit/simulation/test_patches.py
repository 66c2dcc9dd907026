"""Changes to other people's objects are undone, whatever happens in between."""

from __future__ import annotations

import types

import pytest

from pytest_agentchaos.errors import InternalError
from pytest_agentchaos.simulation.patches import Patches


class Base:
    """Has an attribute that a subclass inherits."""

    value = "inherited"


class Child(Base):
    """Has none of its own."""


def test_own_attribute_comes_back() -> None:
    """What a module had itself is set again."""
    module = types.ModuleType("module")
    marker = object()
    vars(module)["value"] = marker
    patches = Patches()
    patches.set(module, "value", 1)
    patches.set(module, "value", 2)
    patches.restore()
    assert vars(module)["value"] is marker


def test_inherited_attribute_is_inherited_again() -> None:
    """A class that had no entry of its own has none afterwards."""
    patches = Patches()
    patches.set(Child, "value", "patched")
    assert Child.value == "patched"
    patches.restore()
    assert "value" not in vars(Child)
    assert Child.value == "inherited"


def test_dictionary_entry_comes_back_or_goes() -> None:
    """An entry that existed is restored, one that did not is removed."""
    entries = {"old": 1}
    patches = Patches()
    patches.swap(entries, "old", 2)
    patches.swap(entries, "new", 3)
    assert entries == {"old": 2, "new": 3}
    patches.restore()
    assert entries == {"old": 1}


def test_what_the_trial_deleted_itself_is_no_error() -> None:
    """Nothing is left to undo, and the next thing is undone all the same."""
    patches = Patches()
    order: list[str] = []
    patches.on_restore(lambda: order.append("first"))
    patches.set(Child, "extra", 1)
    del Child.extra  # type: ignore[attr-defined]
    patches.restore()
    assert order == ["first"]


def test_one_failure_does_not_keep_the_others_from_being_undone() -> None:
    """Newest first, and the failure is reported as this package's own when all is done."""
    patches = Patches()
    order: list[str] = []
    patches.on_restore(lambda: order.append("older"))
    patches.on_restore(lambda: 1 / 0)
    patches.on_restore(lambda: order.append("newer"))
    with pytest.raises(InternalError, match=r"1 change\(s\).*ZeroDivisionError"):
        patches.restore()
    assert order == ["newer", "older"]
