"""The executor: runs the steps of a plan, as many at a time as the plan allows."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from reference_system.agents.assignment import StepResult
from reference_system.agents.team import Team
from reference_system.contracts.plan import PlanStep
from reference_system.errors import LimitError, StoreError
from reference_system.orchestrator.case import Case
from reference_system.orchestrator.ending import Ending
from reference_system.orchestrator.order import Waits, waits_of
from reference_system.orchestrator.story import Story
from reference_system.orchestrator.supervisor import Supervisor

Save = Callable[[], Awaitable[None]]


class Executor:
    """Starts what is ready, tells the supervisor of everything that ends, and stops when it says so."""

    def __init__(self, team: Team, supervisor: Supervisor) -> None:
        self._team = team
        self._supervisor = supervisor

    async def execute(self, case: Case, story: Story, save: Save) -> Ending | None:
        """Until all steps have ended, or the trip is over; None: nothing stands against its success.

        Steps that are under way when the trip is over are awaited, so that nobody has to guess what became of them.
        Raises StoreError: without a store nothing is done that could not be remembered.
        """
        if case.plan is None:
            return None
        waits = waits_of(case.plan)
        running: dict[str, asyncio.Task[StepResult]] = {}
        over = self._of_earlier_run(case)
        try:
            while True:
                if over is None:
                    for step_id, step in _ready(case, waits, running).items():
                        running[step_id] = asyncio.create_task(self._do(case, step, story), name=step_id)
                if not running:
                    return over or self._supervisor.standstill(case)
                await asyncio.wait(running.values(), return_when=asyncio.FIRST_COMPLETED)
                for step in [step for step in case.steps if step.id in running and running[step.id].done()]:
                    ending = self._ended(case, step, running.pop(step.id), story)
                    over = over or ending
                await save()
        finally:
            await _stop(running)

    async def _do(self, case: Case, step: PlanStep, story: Story) -> StepResult:
        assignment = case.assignment(step)
        story.given(assignment)
        with story.agent(step):
            return await self._team.do(assignment, case.allowance, case.ledger.record)

    def _ended(self, case: Case, step: PlanStep, task: asyncio.Task[StepResult], story: Story) -> Ending | None:
        try:
            result = task.result()
        except LimitError as error:
            if step.required:
                return self._supervisor.over_limit(error)
            result = _failed(step, error)  # when only such steps are left, the trip has what it needs
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001 - one step's defect is not the end of the trip
            result = _failed(step, error)
        case.results[step.id] = result
        story.ended(step, result)
        return self._supervisor.after(case, step, result)

    def _of_earlier_run(self, case: Case) -> Ending | None:
        """A run that was killed may have saved how a step ended, and not yet what that means."""
        for step in case.steps:
            if step.id in case.results:
                ending = self._supervisor.after(case, step, case.results[step.id])
                if ending is not None:
                    return ending
        return None


def _failed(step: PlanStep, error: Exception) -> StepResult:
    because = f"{type(error).__name__}: {error}"
    return StepResult(step=step.id, outcome="failed", by="specialist", because=because, failures=1)


def _ready(case: Case, waits: Waits, running: dict[str, asyncio.Task[StepResult]]) -> dict[str, PlanStep]:
    required = {step.id: step.required for step in case.steps}
    return {
        step.id: step
        for step in case.steps
        if step.id not in case.results
        and step.id not in running
        and all(
            need in case.results and (not required[need] or case.results[need].outcome == "done")
            for need in waits[step.id]
        )
    }


async def _stop(running: dict[str, asyncio.Task[StepResult]]) -> None:
    """Only when this run itself is being stopped: what is under way is left to the next one."""
    for task in running.values():
        task.cancel()
    if running:
        await asyncio.wait(running.values())
