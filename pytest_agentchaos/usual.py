"""The usual invariants: what is asked of a trial for which nobody asked anything, as far as it can be known."""

from __future__ import annotations

from collections.abc import Iterable

from pytest_agentchaos.invariants.base import Invariant
from pytest_agentchaos.invariants.no_duplicate_effect import no_duplicate_effect
from pytest_agentchaos.invariants.no_orphan import no_orphan
from pytest_agentchaos.invariants.no_phantom import no_phantom
from pytest_agentchaos.invariants.no_secret_leaked import no_secret_leaked
from pytest_agentchaos.invariants.terminates import terminates
from pytest_agentchaos.invariants.world_agrees import world_agrees
from pytest_agentchaos.questions import usual as the_usual
from pytest_agentchaos.trial import Trial


def usual(trial: Trial) -> tuple[Invariant, ...]:
    """Those for which the system has declared what they need."""
    declared = trial.declared
    asked: list[Invariant] = [terminates()]
    if declared.effects:
        asked.append(no_duplicate_effect())
        if declared.claims:
            asked += [no_phantom(), no_orphan()]
    if declared.probes:
        asked.append(world_agrees())
    if declared.canaries:
        asked.append(no_secret_leaked())
    return tuple(asked)


def asked(invariants: Iterable[Invariant], trial: Trial) -> tuple[Invariant, ...]:
    """What is asked of this trial: the usual ones where nobody asked, or where ``usual`` stands among others."""
    told: list[Invariant] = []
    for one in tuple(invariants) or (the_usual(),):
        told += [new for new in (usual(trial) if isinstance(one, the_usual) else (one,)) if new not in told]
    return tuple(told)
