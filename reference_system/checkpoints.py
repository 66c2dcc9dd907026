"""Checkpoints: what a trip needs to go on in another process. Versioned, and checked when they are read."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import ValidationError

from reference_system.agents.assignment import StepResult
from reference_system.agents.deed import Deed
from reference_system.contracts.asks import Fact, Talk
from reference_system.contracts.base import AsTuple, Contract
from reference_system.contracts.plan import Plan, Route
from reference_system.contracts.trip import Booked
from reference_system.errors import TravelError
from reference_system.orchestrator.case import Case
from reference_system.orchestrator.ending import Ending
from reference_system.orchestrator.ledger import Ledger
from reference_system.store.interface import Json

VERSION: Final = 1


class CheckpointError(TravelError):
    """A checkpoint that cannot be read: damaged, or of another version."""


class SavedDeed(Contract):
    """One line of the ledger."""

    fact: Fact
    key: str | None


class Checkpoint(Contract):
    """A case, as it is saved. The request is in the trip's own row."""

    version: Literal[1]
    manifest: str
    talk: Talk | None
    route: Route | None
    plan: Plan | None
    results: Annotated[tuple[StepResult, ...], AsTuple]
    earlier: Annotated[tuple[Booked, ...], AsTuple]
    deeds: Annotated[tuple[SavedDeed, ...], AsTuple]
    used: dict[str, Any]
    """Of the budget."""
    ending: Ending | None


def saved(case: Case, manifest: str) -> Json:
    """As JSON, for the store."""
    return Checkpoint(
        version=VERSION,
        manifest=manifest,
        talk=None if case.plan is not None else case.talk,  # only planning needs it
        route=case.route,
        plan=case.plan,
        results=tuple(case.results.values()),
        earlier=case.ledger.earlier,
        deeds=tuple(SavedDeed(fact=deed.fact, key=deed.key) for deed in case.ledger.deeds),
        used=case.allowance.budget.used(),
        ending=case.ending,
    ).model_dump(mode="json")


def read(state: Json) -> Checkpoint:
    """CheckpointError: it is none."""
    try:
        return Checkpoint.model_validate(state)
    except ValidationError as wrong:
        msg = f"a checkpoint that cannot be read (this is version {VERSION}): {wrong}"
        raise CheckpointError(msg) from wrong


def restore(case: Case, checkpoint: Checkpoint) -> None:
    """Make a fresh case what it was; its budget is the caller's business."""
    case.talk, case.route, case.plan = checkpoint.talk, checkpoint.route, checkpoint.plan
    case.results = {result.step: result for result in checkpoint.results}
    case.ending = checkpoint.ending
    deeds = [Deed.told(one.fact, one.key) for one in checkpoint.deeds]
    case.ledger = Ledger(case.policy.currency, checkpoint.earlier, deeds)
