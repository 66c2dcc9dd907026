"""Faults with drawn parameters, by what their fields allow."""

from __future__ import annotations

from collections.abc import Iterable
from math import inf
from types import NoneType
from typing import Any, Final, Literal, get_args, get_origin

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from pydantic.fields import FieldInfo

from pytest_agentchaos.errors import UnknownNameError, UsageError, nearest
from pytest_agentchaos.faults.base import Fault
from pytest_agentchaos.faults.registry import registered

_TIMES: Final = 10
"""A number is drawn up to so many times its usual value: what is far beyond it happens nowhere."""


def faults(*which: str | type[Fault]) -> SearchStrategy[Fault]:
    """Faults by name, by family or by class, with parameters as they are usual or drawn; all, unless told.

    Names of fields and tools, and texts, stay as they are usual. What needs parameters that nobody can guess, such as
    the groups of a partition, cannot be drawn.
    """
    makes = list(dict.fromkeys(make for one in which for make in _makes(one))) or [
        make for make in registered().values() if not make.needs()
    ]
    for make in makes:
        if needs := make.needs():
            msg = (
                f"faults({make.name!r}): nobody can guess its {' and '.join(needs)};"
                f" put faults.{make.__name__}(...) itself into the menu"
            )
            raise UsageError(msg)
    return st.one_of([_drawn(make) for make in makes])


def _makes(which: str | type[Fault]) -> Iterable[type[Fault]]:
    if isinstance(which, type) and issubclass(which, Fault):
        return [which]
    known = registered()
    if which in known:
        return [known[str(which)]]
    family = [make for make in known.values() if make.family == which and not make.needs()]
    if not family:
        names = {*known, *(make.family for make in known.values())}
        msg = f"faults({which!r}): there is no fault and no family of this name; {nearest(str(which), names)}"
        raise UnknownNameError(msg)
    return family


def _drawn(make: type[Fault]) -> SearchStrategy[Fault]:
    fields = {name: _values(field.annotation, field) for name, field in make.model_fields.items()}
    given = {name: values for name, values in fields.items() if values is not None}
    if not given:
        return st.just(make())
    made = st.fixed_dictionaries({}, optional=given).map(lambda parameters: _made(make, parameters))
    return made.filter(lambda fault: fault is not None)  # type: ignore[return-value]  # which mypy cannot see


def _made(make: type[Fault], parameters: dict[str, Any]) -> Fault | None:
    """None for parameters that exclude each other."""
    try:
        return make(**parameters)
    except UsageError:
        return None


def _values(annotation: Any, field: FieldInfo) -> SearchStrategy[Any] | None:
    """Values for a parameter; None if there is nothing to choose from."""
    if annotation is bool:
        return st.booleans()
    if get_origin(annotation) is Literal:
        return st.sampled_from(get_args(annotation))
    if annotation in {int, float}:
        return _numbers(annotation, field)
    parts = [part for part in get_args(annotation) if part is not NoneType]
    return _values(parts[0], field) if len(parts) == 1 and NoneType in get_args(annotation) else None


def _numbers(kind: type, field: FieldInfo) -> SearchStrategy[Any]:
    low, high = _limit(field, "ge", -inf), _limit(field, "le", inf)
    above, below = _limit(field, "gt", -inf), _limit(field, "lt", inf)
    usual = field.default if isinstance(field.default, (int, float)) else 1
    most = min(high, below, _TIMES * max(1, usual))
    least = max(low, above, -most)
    if kind is int:
        return st.integers(int(least) + (least == above), int(most) - (most == below))
    return st.floats(least, most, exclude_min=least == above, exclude_max=most == below)


def _limit(field: FieldInfo, name: str, unless: float) -> float:
    found = (getattr(one, name, None) for one in field.metadata)
    return next((float(limit) for limit in found if limit is not None), unless)
