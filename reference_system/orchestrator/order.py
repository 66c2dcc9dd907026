"""In which order the steps of a plan may run: what the plan says, and what money and caution add to it."""

from __future__ import annotations

from reference_system.contracts.plan import Fly, Plan, PlanStep, Stay, Undo

Waits = dict[str, tuple[str, ...]]
"""Step -> the steps that have to end before it starts."""


def waits_of(plan: Plan) -> Waits:
    """The plan's needs, and besides, where no circle comes of it:

    - a stay comes after all flights and after the stays before it: it may spend what they leave;
    - an undo comes after everything that is required: what cannot be taken back comes last.
    """
    waits: Waits = {step.id: step.needs for step in plan.steps}
    for at, step in enumerate(plan.steps):
        for other in _before(step, plan.steps[:at], plan.steps):
            if other.id not in waits[step.id] and step.id not in everything_before(other.id, waits):
                waits[step.id] = (*waits[step.id], other.id)
    return waits


def everything_before(step: str, waits: Waits) -> tuple[str, ...]:
    """All steps that a step waits for, directly or not; unknown ones and circles do no harm."""
    found: dict[str, None] = {}
    left = [step]
    while left:
        for other in waits.get(left.pop(), ()):
            if other not in found:
                found[other] = None
                left.append(other)
    return tuple(found)


def _before(step: PlanStep, earlier: tuple[PlanStep, ...], steps: tuple[PlanStep, ...]) -> list[PlanStep]:
    match step.task:
        case Stay():
            flights = [other for other in steps if isinstance(other.task, Fly)]
            return flights + [other for other in earlier if isinstance(other.task, Stay)]
        case Undo():
            return [other for other in steps if other.required and not isinstance(other.task, Undo)]
        case _:
            return []
