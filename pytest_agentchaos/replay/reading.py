"""Reading: a plan from plain data that may be old, damaged or hostile. All of its problems are told at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any, Final

from pytest_agentchaos.errors import UsageError, nearest
from pytest_agentchaos.evidence.canonical import told
from pytest_agentchaos.evidence.compact import VERSION
from pytest_agentchaos.evidence.run import ENDS
from pytest_agentchaos.evidence.telling import quoted, shown
from pytest_agentchaos.plan import Plan
from pytest_agentchaos.questions import condition_from_data, invariant_from_data
from pytest_agentchaos.replay import changes
from pytest_agentchaos.replay.saved import Saved
from pytest_agentchaos.schedule import schedule_from_data
from pytest_agentchaos.system import System

_SHAPES: Final[Mapping[str, type]] = {
    "system": str, "scenario": str, "schedule": list, "seed": int, "invariants": list, "expect": list,
    "sometimes": list, "effects": list,
}  # fmt: skip
_OWN: Final = {"invariant": "invariants", "condition": "sometimes"}
"""What a plan may name by module:name, beside its system."""
_PLACE: Final = re.compile(r"^line 1 of the schedule[:,]? ?")


def imports(saved: Saved, system: str | None = None) -> tuple[str, ...]:
    """What reading it imports, in words, for whoever wants to know that before: importing a module runs it."""
    _refuse_tests(saved)
    told = [f"system: {shown(system or saved.plan.get('system'))}"]
    for what, key in _OWN.items():
        named = [_called(one) for one in _list(saved, key)]
        told += [f"{what}: {shown(name)}" for name in dict.fromkeys(named) if ":" in name]
    return tuple(told)


def plan_of(saved: Saved, system: System | None = None) -> Plan:
    """The plan that was saved, or one error with everything that this version does not understand of it."""
    _refuse_tests(saved)
    if problems := list(_problems(saved.plan)):
        raise UsageError(_explained(saved, problems))
    try:
        return Plan.from_data(saved.plan, system=system)
    except (UsageError, TypeError, ValueError) as error:
        msg = f"{saved.source}: {error}"
        raise UsageError(msg) from error


def _refuse_tests(saved: Saved) -> None:
    """What a test does stands in the test: only pytest can run it again, and its line says how."""
    if isinstance(test := saved.plan.get("test"), str):
        again = saved.plan.get("replay")
        line = shown(again) if isinstance(again, str) else f"pytest {shown(test)}"
        msg = f"{saved.source}: this trial is a test, which pytest runs again:\n  {line}"
        raise UsageError(msg)


def _problems(plan: Mapping[str, Any]) -> Iterator[str]:
    known = [one.name for one in fields(Plan)]
    for name, value in plan.items():
        if name not in known:
            yield f"a plan has no {name!r}; {nearest(str(name), known)}"
        shape = _SHAPES.get(name, object)
        if not isinstance(value, shape) or (shape is int and isinstance(value, bool)):
            yield f"its {name!r} is {quoted(value)}"
            return
    for number, line in enumerate(plan.get("schedule", ()), 1):
        yield from _of_rule(number, line)
    for one in plan.get("invariants", ()):
        yield from _of_invariant(one)
    for one in plan.get("sometimes", ()):
        yield from _of_condition(one)
    for word in plan.get("expect", ()):
        if word not in ENDS:
            yield f"expect: a journey cannot end as {quoted(word)}; {nearest(str(word), ENDS)}"


def _of_rule(number: int, line: Any) -> Iterator[str]:
    try:
        schedule_from_data([line])
    except (UsageError, TypeError, ValueError) as error:
        changed = list(changes.concerning("fault", line))
        if isinstance(line, Mapping):
            changed += changes.concerning("selector", line.get("on"))
        yield f"rule {number}: {_in_words(_PLACE.sub('', str(error)), changed)}"


def _of_invariant(data: Any) -> Iterator[str]:
    try:
        invariant_from_data(data)
    except Exception as error:  # noqa: BLE001 - it may be the user's own
        yield f"invariants: {_in_words(_said(error), list(changes.concerning('invariant', data)))}"


def _of_condition(data: Any) -> Iterator[str]:
    try:
        condition_from_data(data)
    except Exception as error:  # noqa: BLE001 - the same
        yield f"sometimes: {_said(error)}"


def _said(error: Exception) -> str:
    return str(error) if isinstance(error, UsageError) else told(error)


def _in_words(problem: str, changed: list[changes.Change]) -> str:
    """What changed says more than which name is near."""
    return "; ".join(map(str, changed)) or problem


def _explained(saved: Saved, problems: list[str]) -> str:
    recorded = saved.head.get("version")
    if recorded and recorded != VERSION:
        begin = f"it was recorded with pytest-agentchaos {shown(recorded)}, and {VERSION} does not understand it:"
        remedy = f"Replay it with {shown(recorded)}, or write it anew as a scenario with the words of today."
    else:
        begin = f"pytest-agentchaos {VERSION} does not understand it:"
        remedy = "Write it with the words that are known."
    return "\n".join([f"{saved.source}: {begin}", *(f"  - {problem}" for problem in problems), remedy])


def _list(saved: Saved, name: str) -> list[Any]:
    value = saved.plan.get(name, ())
    return value if isinstance(value, list) else []


def _called(data: Any) -> str:
    name = next(iter(data)) if isinstance(data, Mapping) and len(data) == 1 else data
    return name if isinstance(name, str) else ""
