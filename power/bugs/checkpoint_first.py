"""The checkpoint says that a step is done when it has only begun.

A service that is killed in the middle of a booking goes on behind it: the trip is called complete without a flight, or
the room that was booked is known to nobody.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from power.bug import Bug, all_of, changed
from reference_system import checkpoints
from reference_system.agents.assignment import StepResult
from reference_system.orchestrator.executor import Executor
from reference_system.system import TravelSystem


def plant(_system: TravelSystem) -> AbstractContextManager[object]:
    """Steps that are under way stand in each checkpoint as done."""
    under_way: dict[str, set[str]] = {}

    def do(work: Callable[..., Any]) -> Callable[..., Any]:
        async def noted(self: Any, case: Any, step: Any, story: Any) -> Any:
            begun = under_way.setdefault(case.trip, set())
            begun.add(step.id)
            result = await work(self, case, step, story)
            begun.discard(step.id)
            return result

        return noted

    def save(saved: Callable[..., Any]) -> Callable[..., Any]:
        def early(case: Any, manifest: str) -> Any:
            begun = under_way.get(case.trip, set())
            done = [StepResult(step=step, outcome="done", by="specialist") for step in sorted(begun)]
            state = saved(case, manifest)
            state["results"] += [one.model_dump(mode="json") for one in done if one.step not in case.results]
            return state

        return early

    return all_of(changed(Executor, "_do", do), changed(checkpoints, "saved", save))


BUG = Bug("checkpoint_first", "a checkpoint calls a step done that has only begun", plant)
