"""The shipped and added faults, as text for people."""

from __future__ import annotations

import inspect

from pytest_agentchaos.faults.base import Fault
from pytest_agentchaos.faults.registry import fault_class, registered

FAMILIES = ("delivery", "answer", "stream", "model", "process")


def listing() -> list[str]:
    """All faults, by family, a line each."""
    known = registered()
    width = max(map(len, known))
    lines: list[str] = []
    for family in FAMILIES:
        lines += ["", f"{family}:"]
        lines += [f"  {name:{width}}  {_first(fault)}" for name, fault in known.items() if fault.family == family]
    return lines[1:]


def describe(name: str) -> list[str]:
    """One fault: what it does, where it acts, its parameters."""
    fault = fault_class(name)
    lines = [inspect.getdoc(fault) or name, "", f"acts on: {', '.join(sorted(fault.kinds))}", "parameters:"]
    lines += [
        f"  {key}: {_type(field.annotation)}"
        + ("" if field.is_required() else f" = {field.get_default(call_default_factory=True)!r}")
        for key, field in fault.model_fields.items()
    ]
    return lines if fault.model_fields else [*lines[:-1], "no parameters"]


def _first(fault: type[Fault]) -> str:
    return (inspect.getdoc(fault) or "").splitlines()[0]


def _type(annotation: object) -> str:
    return annotation.__name__ if isinstance(annotation, type) else str(annotation).replace("typing.", "")
