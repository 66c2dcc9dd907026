"""Questions: invariants, and what is to be true in some trial, as plain data and back.

    no_orphan                                    {"at_most": {"metric": "steps", "limit": 40}}
    usual                                        those that the system has declared enough for
    my_project.promises:seats_agree              one of the user's own, by module:name

A file says what is called here, and with what. So a name leads only to what was made to be asked.
"""

from __future__ import annotations

import importlib
import inspect
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Final, Literal

from pytest_agentchaos.errors import UnknownNameError, UsageError, nearest
from pytest_agentchaos.evidence.canonical import dump, told
from pytest_agentchaos.evidence.conduct import reached
from pytest_agentchaos.evidence.effects.effect import Effect
from pytest_agentchaos.evidence.figures.prices import Prices
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.evidence.telling import quoted, shown
from pytest_agentchaos.evidence.verdict import Verdict
from pytest_agentchaos.invariants.base import Invariant
from pytest_agentchaos.invariants.registry import registered

What = Literal["invariant", "condition"]

UNTOLD: Final = "untold"
"""In place of parameters that are not written down: secrets and functions."""
_PYTHON: Final = frozenset({*sys.stdlib_module_names, "builtins"}) - {"__main__"}
_NONE: Final = inspect.Parameter.empty


class _UntoldError(Exception):
    """A value that cannot be written down."""


@dataclass(frozen=True, slots=True)
class usual:  # noqa: N801 - named as a file asks for it, like every invariant
    """Stands for the usual invariants, as far as the system has declared what they need."""

    name: ClassVar[str] = "usual"

    def check(self, history: History) -> Verdict:  # noqa: ARG002 - see the reason
        """Which those are, a history alone does not tell."""
        return Verdict(self.name, "unknown", "it stands for others, which a trial asks in its place; ask them by name")


def invariants() -> dict[str, Any]:
    """All invariants that can be asked for by name."""
    return {**registered(), usual.name: usual}


def invariant_to_data(invariant: Invariant) -> Any:
    """``name`` or ``{name: parameters}``, as a scenario file writes it; what is as usual is left out."""
    make: type = type(invariant)
    is_known = invariants().get(make.__name__) is make
    name = make.__name__ if is_known else f"{make.__module__}:{make.__qualname__}"
    parameters = _parameters(invariant, make)
    return {name: parameters} if parameters else name


def invariant_from_data(data: Any) -> Invariant:
    """The invariant that ``name`` or ``{name: parameters}`` asks for; parameters are a mapping or a list."""
    name, parameters = named(data, "invariant", "{at_most: {metric: steps, limit: 40}}")
    if isinstance(parameters, Mapping) and UNTOLD in parameters:
        lost = ", ".join(map(shown, parameters[UNTOLD]))
        msg = f"{shown(name)}: {lost} were not written down, being secrets or functions; ask it anew where they are"
        raise UsageError(msg)
    made: Invariant = _made(name, maker(name, "invariant"), parameters)
    return made


def condition_from_data(data: Any) -> tuple[str, reached.Condition]:
    """What ``name`` or ``{name: parameters}`` asks of some trial, by its name: one of ``pytest_agentchaos.reached``."""
    name, parameters = named(data, "condition", "{breaker_opened: {failures: 3}}")
    make = maker(name, "condition")
    if parameters is not None:
        return f"{name}({dump(parameters)})", _made(name, make, parameters)
    is_one = ":" in name or "history" in inspect.signature(make).parameters
    return name, make if is_one else _made(name, make, None)


def named(data: Any, what: str, example: str) -> tuple[str, Any]:
    """The name and the parameters of ``name`` or ``{name: parameters}``."""
    name, parameters = next(iter(data.items())) if isinstance(data, Mapping) and len(data) == 1 else (data, None)
    if not isinstance(name, str):
        msg = f"{data!r} is no {what}; write its name, or {example}"
        raise UsageError(msg)
    return name, parameters


def conditions() -> dict[str, Any]:
    """All conditions by name."""
    home = reached.__name__
    return {
        name: one for name, one in vars(reached).items() if getattr(one, "__module__", "") == home and name[0] != "_"
    }


def maker(name: str, what: What) -> Any:
    """What makes the invariant or the condition of that name; ``module:name`` is one of the user's own."""
    known = invariants() if what == "invariant" else conditions()
    if name in known:
        return known[name]
    if ":" not in name:
        msg = f"there is no {what} {name!r}; {nearest(name, known)} (one of your own: module:name)"
        raise UnknownNameError(msg)
    found = _own(name, what)
    if what == "invariant" and not (isinstance(found, type) and callable(getattr(found, "check", None))):
        msg = f"{shown(name)} is no class with check(history)"
        raise UsageError(msg)
    return found


def _own(name: str, what: What) -> Any:
    """What stands at ``module:name``: only what that package has made itself, and nothing of Python's."""
    module, _, path = name.partition(":")
    try:
        found: Any = importlib.import_module(module)
        for part in path.split("."):
            found = getattr(found, part)
    except (Exception, SystemExit) as error:
        msg = f"there is no {what} {quoted(name)}: {told(error)}"
        raise UnknownNameError(msg) from error
    package = module.partition(".")[0]
    home = str(getattr(found, "__module__", "")).partition(".")[0]
    if not (isinstance(found, type) or inspect.isfunction(found)) or home != package or package in _PYTHON:
        msg = f"{shown(name)}: that is no class or function of {package}'s own, and is not called"
        raise UsageError(msg)
    return found


def _made(name: str, make: Any, parameters: Any) -> Any:
    try:
        if isinstance(parameters, Mapping):
            return make(**parameters)
        if isinstance(parameters, Sequence) and not isinstance(parameters, str):
            return make(*parameters)
        return make() if parameters is None else make(parameters)
    except (TypeError, ValueError) as error:
        msg = f"{name}: {error}"
        raise UsageError(msg) from error


def _parameters(invariant: Invariant, make: type) -> dict[str, Any]:
    """What it was made with, where that is not as usual."""
    told_of: dict[str, Any] = {}
    untold: list[str] = []
    plainest = _usual(make)
    for parameter in inspect.signature(make).parameters.values():
        value = getattr(invariant, parameter.name, parameter.default)
        if value == getattr(plainest, parameter.name, parameter.default):
            continue
        try:
            told_of[parameter.name] = _written(value, parameter)
        except _UntoldError:
            untold.append(parameter.name)
    return {**told_of, **({UNTOLD: untold} if untold else {})}


def _usual(make: type) -> Any:
    """One that was made without any parameters, if that is possible."""
    try:
        return make()
    except Exception:  # noqa: BLE001 - it may be the user's own: then the defaults of its parameters are all that is known
        return None


def _written(value: Any, parameter: inspect.Parameter) -> Any:
    if parameter.kind is inspect.Parameter.VAR_POSITIONAL:  # the secrets of no_secret_leaked
        raise _UntoldError
    return plain(value)


def plain(value: Any) -> Any:
    """A value as plain data that means the same when it is given again."""
    if isinstance(value, Effect):
        return effect_to_data(value)
    if isinstance(value, Prices):
        return value.to_data()
    if isinstance(value, (tuple, list)):
        return [plain(one) for one in value]
    if isinstance(value, (set, frozenset)):
        return sorted(plain(one) for one in value)
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    raise _UntoldError


def effect_to_data(effect: Effect) -> dict[str, Any]:
    """The fields of an effect that are not as usual; a key that a function makes is told by the function's name."""
    defaults = {field.name: field.default for field in fields(effect)}
    given = {name: getattr(effect, name) for name in defaults if getattr(effect, name) != defaults[name]}
    return {name: plain(value) for name, value in given.items()}
