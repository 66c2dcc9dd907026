"""Escalation: a trip that a person has to finish, with everything that is needed to do so."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from reference_system.compensation import AGENT, Leftover
from reference_system.contracts.plan import PlanStep
from reference_system.contracts.tools import TOOLS
from reference_system.orchestrator.case import Case
from reference_system.orchestrator.ending import Ending
from reference_system.store.interface import EscalationRow, Intent, Json


def escalation_id(trip: str) -> str:
    """One for each trip, so that handing it over twice is handing it over once."""
    return f"esc-{trip}"[:120]


def hand_over(
    case: Case, ending: Ending, intents: Sequence[Intent], leftovers: Sequence[Leftover] = ()
) -> EscalationRow:
    """The document for the person who takes the trip over."""
    doubtful = [intent for intent in intents if intent.state == "open" and intent.step != AGENT]
    document: Json = {
        "request": case.request.model_dump(mode="json"),
        "language": case.language,
        "why": ending.because,
        "plan": None if case.plan is None else case.plan.model_dump(mode="json"),
        "done": [row.model_dump(mode="json") for row in case.ledger.in_state("held", "booked")],
        "cancelled": [row.booking for row in case.ledger.cancelled_earlier()],
        "not_done": [step.model_dump(mode="json") for step in case.undone_steps()],
        "in_doubt": [{"tool": one.tool, "arguments": one.arguments, "key": one.key} for one in doubtful],
        "not_undone": [{"what": one.undoing.describe(), "because": one.because} for one in leftovers],
        "actions": list(_actions(case, doubtful, leftovers)),
    }
    return EscalationRow(
        escalation=escalation_id(case.trip),
        trip=case.trip,
        correlation=case.row.correlation,
        at_s=time.time(),
        why=ending.because,
        document=document,
    )


def _actions(case: Case, doubtful: Sequence[Intent], leftovers: Sequence[Leftover]) -> Iterator[str]:
    """What to do, in order."""
    for intent in doubtful:
        undo = TOOLS[intent.tool].undo
        way = f"{undo} with request_key {intent.key} undoes it in any case" if undo else "sending it again is safe"
        yield f"Find out whether {intent.tool} {intent.arguments} (key {intent.key}) has happened; {way}."
    standing = [leftover for leftover in leftovers if leftover.undoing.booking is not None]
    for leftover in standing:
        yield f"Undo by hand: {leftover.undoing.describe()}."
    if not standing:  # then nothing was to be undone, and the trip can still be finished
        for step in case.undone_steps():
            yield f"Do step {step.id!r} ({_kind(step)}) by hand, or undo what is done and tell the user."
    if case.plan is None:
        yield "Read the request and plan the trip by hand."
    yield f"Answer {case.request.user} in {case.language!r}, then close this escalation."


def _kind(step: PlanStep) -> str:
    return f"{step.task.task}, {'required' if step.required else 'optional'}"
