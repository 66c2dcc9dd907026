"""The menu: which faults an exploration tries, and what they are called in its tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import product
from typing import Literal, get_args, get_origin

from pytest_agentchaos.errors import UnknownNameError, UsageError, nearest
from pytest_agentchaos.faults.base import Fault
from pytest_agentchaos.faults.registry import registered

PROCESS = "process"
"""The family whose faults say who is struck and when: each way is a fault of its own."""


def menu(asked: Iterable[Fault | str] | None = None) -> tuple[Fault, ...]:
    """Faults as they are, by name or by family; unless told, all that need no parameters."""
    if asked is None:
        return tuple(_usual(registered().values()))
    if isinstance(asked, (str, Fault)):
        asked = [asked]
    found = [fault for one in asked for fault in ([one] if isinstance(one, Fault) else _named(one))]
    if not found:
        msg = "faults=[]: there is nothing to try; leave it out for all faults, or name some: faults=['delivery']"
        raise UsageError(msg)
    return tuple(dict.fromkeys(found))


def label(fault: Fault) -> str:
    """Its name with what was given: ``latency(seconds=5.0)``."""
    given = ", ".join(
        f"{key}={getattr(fault, key)}" for key in type(fault).model_fields if key in fault.model_fields_set
    )
    return f"{fault.name}({given})" if given else fault.name


def _named(name: object) -> tuple[Fault, ...]:
    known = registered()
    if not isinstance(name, str):
        msg = f"{name!r} is no fault; write faults.DropResponse(), 'drop_response' or a family such as 'delivery'"
        raise UsageError(msg)
    if name in known:
        if made := tuple(_usual([known[name]])):
            return made
        needs, write = " and ".join(known[name].needs()), f"faults.{known[name].__name__}(...)"
        msg = f"the fault {name!r} needs {needs}; give {write} in Python"
        raise UsageError(msg)
    families = {fault.family for fault in known.values()}
    if name not in families:
        msg = f"there is no fault and no family {name!r}; {nearest(name, [*known, *families])}"
        raise UnknownNameError(msg)
    return tuple(_usual(fault for fault in known.values() if fault.family == name))


def _usual(classes: Iterable[type[Fault]]) -> Iterator[Fault]:
    for make in classes:
        if make.needs():
            continue  # nobody knows with what; a cut of one call's edge is what `refused` and `hang` do to that call
        yield from _ways(make) if str(make.family) == PROCESS else [make()]


def _ways(make: type[Fault]) -> Iterator[Fault]:
    """One for each combination of what its parameters can say in words."""
    words = {
        name: get_args(field.annotation)
        for name, field in make.model_fields.items()
        if get_origin(field.annotation) is Literal
    }
    for choice in product(*words.values()):
        yield make(**dict(zip(words, choice, strict=True)))
