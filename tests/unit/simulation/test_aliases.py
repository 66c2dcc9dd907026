"""Names under which modules already imported a function."""

from __future__ import annotations

import gc
import importlib.util
import sys
import types
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pytest_agentchaos.simulation.aliases import Aliases


class Clocks:
    """Holds the functions: as names of this module they would be replaced as well."""

    @staticmethod
    def original() -> str:
        """Stand for a function of the standard library."""
        return "original"

    @staticmethod
    def replacement() -> str:
        """Stand for what replaces it."""
        return "replacement"


KEPT: Callable[[], str] = Clocks.original


@pytest.fixture
def add() -> Iterator[Callable[..., types.ModuleType]]:
    """Add a module to those that are loaded."""
    names: list[str] = []

    def add(name: str, **content: object) -> types.ModuleType:
        module = types.ModuleType(name)
        vars(module).update(content)
        sys.modules[name] = module
        names.append(name)
        return module

    yield add
    for name in names:
        sys.modules.pop(name, None)


@pytest.fixture
def aliases() -> Aliases:
    """Aliases of the one function of this module."""
    return Aliases({Clocks.original: Clocks.replacement})


def test_every_name_in_every_module_is_replaced_and_restored(
    aliases: Aliases, add: Callable[..., types.ModuleType]
) -> None:
    """Whatever the name is; values that cannot be hashed do no harm."""
    module = add("agent_one", clock=Clocks.original, other=[], third={})
    aliases.install()
    assert module.clock is Clocks.replacement
    assert KEPT is Clocks.replacement
    aliases.uninstall()
    assert module.clock is Clocks.original
    assert KEPT is Clocks.original


def test_modules_that_come_later_are_found(aliases: Aliases, add: Callable[..., types.ModuleType]) -> None:
    """Before a trial, or during one: then they imported the replacement."""
    aliases.install()
    during = add("agent_during", clock=Clocks.replacement)
    aliases.uninstall()
    assert during.clock is Clocks.original
    between = add("agent_between", clock=Clocks.original)
    aliases.install()
    assert during.clock is between.clock is Clocks.replacement
    aliases.uninstall()
    assert during.clock is between.clock is Clocks.original


def test_a_module_that_was_imported_again_is_found(aliases: Aliases, add: Callable[..., types.ModuleType]) -> None:
    """It stands at the end of the list then, under the name that was the last already."""
    add("agent_again", clock=Clocks.original)
    aliases.install()
    aliases.uninstall()
    del sys.modules["agent_again"]
    module = add("agent_again", clock=Clocks.original)
    aliases.install()
    assert module.clock is Clocks.replacement
    aliases.uninstall()
    assert module.clock is Clocks.original


def test_modules_that_were_removed_are_let_go(aliases: Aliases, add: Callable[..., types.ModuleType]) -> None:
    """Pytester removes whatever a test imported; nothing of it is kept."""
    add("agent_gone", clock=Clocks.original)
    last = add("agent_last", clock=Clocks.original)
    aliases.install()
    aliases.uninstall()
    del sys.modules["agent_gone"]
    gc.collect()
    aliases.install()
    assert last.clock is Clocks.replacement
    aliases.uninstall()
    assert last.clock is Clocks.original


def test_what_somebody_else_replaced_is_left_alone(aliases: Aliases, add: Callable[..., types.ModuleType]) -> None:
    """The agent's own fake stays, before, during and after."""
    module = add("agent_fake", clock=Clocks.original)
    aliases.install()
    aliases.uninstall()
    fake = lambda: "fake"  # noqa: E731
    vars(module)["clock"] = fake
    aliases.install()
    assert module.clock is fake
    aliases.uninstall()
    assert module.clock is fake


@pytest.mark.parametrize("name", ["threading_", "pytest_agentchaos.some", "_pytest.some", "concurrent.some"])
def test_machinery_is_left_alone(aliases: Aliases, add: Callable[..., types.ModuleType], name: str) -> None:
    """It measures or waits in real time; a similar name is no machinery."""
    module = add(name, clock=Clocks.original)
    aliases.install()
    assert (module.clock is Clocks.original) == (name != "threading_")
    aliases.uninstall()


def test_lazy_and_foreign_modules_are_not_disturbed(
    aliases: Aliases, add: Callable[..., types.ModuleType], tmp_path: Path
) -> None:
    """Looking for names must not load a module, nor stumble over something that only claims to be one."""
    source = tmp_path / "agent_lazy.py"
    source.write_text("import sys; sys.agent_lazy_was_loaded = True")
    spec = importlib.util.spec_from_file_location("agent_lazy", source)
    assert spec is not None
    assert spec.loader is not None
    spec.loader = importlib.util.LazyLoader(spec.loader)
    lazy = importlib.util.module_from_spec(spec)
    add("agent_lazy")
    sys.modules["agent_lazy"] = lazy
    spec.loader.exec_module(lazy)

    class Claims:
        __slots__ = ()
        __class__ = types.ModuleType  # type: ignore[assignment]

    add("agent_claims")
    sys.modules["agent_claims"] = Claims()  # type: ignore[assignment]
    add("agent_none")
    sys.modules["agent_none"] = None  # type: ignore[assignment]
    aliases.install()
    aliases.uninstall()
    assert not hasattr(sys, "agent_lazy_was_loaded")
