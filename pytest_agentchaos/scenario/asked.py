"""What is asked of a trial: invariants and conditions by name, and effects that say what tools do to the world."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from dataclasses import fields
from typing import Any, Literal

from pytest_agentchaos.document import Node
from pytest_agentchaos.errors import UsageError, nearest
from pytest_agentchaos.evidence.canonical import told
from pytest_agentchaos.evidence.effects.effect import Effect
from pytest_agentchaos.evidence.telling import quoted
from pytest_agentchaos.invariants.base import Invariant
from pytest_agentchaos.problems import Problems, dotted
from pytest_agentchaos.questions import condition_from_data, invariant_from_data, maker


def invariant_of(node: Node, at: int, problems: Problems) -> Invariant | None:
    """The invariant of an entry of ``invariants``."""
    path = dotted("invariants", at)
    made: Any = _made(node, path, "invariant", invariant_from_data, problems)
    if made is not None and not callable(getattr(made, "check", None)):
        problems.add(node.place, path, f"{quoted(node.plain())} is no invariant: it has no check(history)")
        return None
    return made  # type: ignore[no-any-return]  # it has a check


def condition_of(node: Node, at: int, problems: Problems) -> Any:
    """An entry of ``sometimes``, as a plan has it."""
    made = _made(node, dotted("sometimes", at), "condition", condition_from_data, problems)
    return None if made is None else node.plain()


def effect_of(node: Node, at: int, problems: Problems) -> Effect | None:
    """The effect of an entry of ``effects``."""
    path = dotted("effects", at)
    known = [field.name for field in fields(Effect)]
    if isinstance(node.value, dict) and not _known(node, path, "an effect has no", known, problems):
        return None
    made: Effect | None = _tried(lambda: Effect.of(node.plain()), node, path, problems)
    return made


def _made(
    node: Node, path: str, what: Literal["invariant", "condition"], make: Callable[[Any], Any], problems: Problems
) -> Any:
    alone = isinstance(node.value, dict) and len(node.value) == 1
    name = next(iter(node.value)) if alone else node.value
    if isinstance(name, str):
        found = _tried(lambda: maker(name, what), node, path, problems)
        if found is None:
            return None
        parameters = node.value[name] if alone else None
        if parameters is not None and isinstance(parameters.value, dict):
            known = _parameters(found)
            if known is not None and not _known(parameters, f"{path}.{name}", f"{name} has no", known, problems):
                return None
    return _tried(lambda: make(node.plain()), node, path, problems)


def _known(node: Node, path: str, unknown: str, known: Iterable[str], problems: Problems) -> bool:
    """Whether a mapping has only keys that there are."""
    strange = [key for key in node.value if key not in set(known)]
    for key in strange:
        problems.add(node.at((key,)), f"{path}.{key}", f"{unknown} {key!r}; {nearest(key, known)}")
    return not strange


def _parameters(make: Any) -> list[str] | None:
    """The names of its parameters; None if it takes any."""
    try:
        parameters = inspect.signature(make).parameters.values()
    except (TypeError, ValueError):
        return None
    if any(one.kind is one.VAR_KEYWORD for one in parameters):
        return None
    return [one.name for one in parameters if one.kind is not one.VAR_POSITIONAL]


def _tried(make: Callable[[], Any], node: Node, path: str, problems: Problems) -> Any:
    try:
        return make()
    except UsageError as error:
        problems.add(node.place, path, str(error))
    except Exception as error:  # noqa: BLE001 - the user's own: it may raise anything
        problems.add(node.place, path, f"{quoted(node.plain())} failed: {told(error)}")
    return None
