"""Reproduction: what does not hold, under which schedule, and what a person pastes somewhere to see it again."""

from __future__ import annotations

import json
from textwrap import indent

from pytest_agentchaos.evidence.canonical import dump
from pytest_agentchaos.evidence.compact import replay_line
from pytest_agentchaos.evidence.redaction import redact
from pytest_agentchaos.evidence.telling import counted
from pytest_agentchaos.invariants.base import Invariant
from pytest_agentchaos.performance import Performance
from pytest_agentchaos.plan import Plan
from pytest_agentchaos.questions import invariant_to_data
from pytest_agentchaos.schedule import Rule

_OPS = 40


def told(performance: Performance, trials: int, repeated: bool) -> str:  # noqa: FBT001 - the fields of a Minimal
    """All of it as a text."""
    plan, result = performance.plan, performance.result
    parts = [result.why, _schedule(plan, trials, repeated=repeated)]
    if ops := performance.history.timeline(_OPS):
        parts.append(f"what happened:\n{indent(ops, '  ')}")
    parts.append(f"again, in a test without Hypothesis:\n{indent(_in_python(plan), '  ')}")
    if plan.system.has_address and redact(plan.to_data()) == json.loads(dump(plan.to_data())):
        from pytest_agentchaos.scenario import written

        parts.append(f"again, from a shell:\n  {replay_line(result)}")
        name = "-".join(["found", *(line.fault.name.replace("_", "-") for line in plan.schedule)])
        parts.append(f"as a scenario, {name}.chaos.yaml:\n{indent(written(plan, name=name), '  ')}".rstrip())
    return "\n\n".join(parts)


def _schedule(plan: Plan, trials: int, *, repeated: bool) -> str:
    if not plan.schedule:
        return "without any fault"
    count = counted(len(plan.schedule), "fault")
    if not repeated:
        last = "run by itself, this schedule does not do it again: something of the system is not of its own trial"
    elif len(plan.schedule) == 1:
        last = f"without it the trial holds ({counted(trials, 'trial')} to know)"
    else:
        last = f"each is needed ({counted(trials, 'trial')} to know)"
    return "\n".join([f"under {count}; {last}:", *(f"  {_as_told(line)}" for line in plan.schedule)])


def _as_told(line: Rule) -> str:
    return f"{redact(str(line.fault))} {line.selector}"


def _in_python(plan: Plan) -> str:
    """A call of check(), as it stands in the test that found it but for the schedule."""
    words = [_system(plan)]
    words += [] if plan.journey is None else [repr(redact(plan.journey))]
    rules = "".join(f"    ({redact(str(line.fault))}, {line.selector}),\n" for line in plan.schedule)
    words += [f"schedule=[\n{rules}]"] if rules else []
    words += [f"invariants=[{', '.join(map(_invariant, plan.invariants))}]"] if plan.invariants else []
    words += [f"expect={list(plan.expect)!r}"] if plan.expect else []
    words += [f"seed={plan.seed}"] if plan.seed else []
    return f"strategies.check({', '.join(words)})"


def _invariant(one: Invariant) -> str:
    data = redact(invariant_to_data(one))
    name, parameters = next(iter(data.items())) if isinstance(data, dict) else (data, {})
    given = ", ".join(f"{key}={value!r}" for key, value in parameters.items())
    return f"{'' if ':' in name else 'invariants.'}{name.rpartition(':')[2]}({given})"


def _system(plan: Plan) -> str:
    text = plan.system.text
    if plan.system.has_address:
        return repr(text)
    name = text.rpartition(".")[2].rpartition(":")[2]
    return name if name.isidentifier() else "..."
