"""The supervisor: looks at a trip after each step, and says when and why it is over."""

from __future__ import annotations

from reference_system.agents.assignment import StepResult
from reference_system.agents.watch import Blindfold, Watch
from reference_system.contracts.manifest import Manifest
from reference_system.contracts.plan import Dine, Fly, Forecast, PlanStep, Stay, Task
from reference_system.contracts.trip import Reason
from reference_system.errors import BudgetExhaustedError, LimitError
from reference_system.hardening import Hardening
from reference_system.orchestrator.case import Case
from reference_system.orchestrator.ending import Ending
from reference_system.orchestrator.phrases import money, phrase

UNFINISHED = "unfinished"
"""The problem of a trip that trouble with the model or the tools kept from its end."""


class Supervisor:
    """Knows no trip: everything that it judges by is in the case."""

    def __init__(self, manifest: Manifest, hardening: Hardening) -> None:
        self._workflow = manifest.workflow
        self._hardening = hardening

    def watch(self) -> Watch:
        """Somebody who follows what a specialist and the model say to one another about one step."""
        return Watch(self._workflow) if self._hardening.supervisor else Blindfold(self._workflow)

    def after(self, case: Case, step: PlanStep, result: StepResult) -> Ending | None:
        """Whether the trip is over now that this step has ended."""
        if result.outcome == "done":
            return self._too_dear(case)
        if not step.required and self._hardening.fallback:
            return None
        if result.outcome == "impossible":
            return _impossible(case, step.task, result)
        because = f"step {step.id!r} failed: {result.because}"
        if result.failures >= self._workflow.failures_in_row_at_most:
            return self.given_up(f"{because} ({result.failures} failures in a row)")
        return Ending(reason=Reason.FAILED, problem=UNFINISHED, because=because)

    def given_up(self, because: str) -> Ending:
        """This system cannot finish the trip; a person may."""
        reason = Reason.ESCALATED if self._hardening.escalation else Reason.FAILED
        return Ending(reason=reason, problem=UNFINISHED, because=because)

    def standstill(self, case: Case) -> Ending | None:
        """Whether steps are left of which none can ever start."""
        waiting = [step.id for step in case.steps if step.id not in case.results]
        if not waiting or not self._hardening.supervisor:
            return None
        return self.given_up(f"standstill: {', '.join(waiting)} wait for one another")

    def over_limit(self, error: LimitError) -> Ending:
        """A trip that has used up what it may use."""
        reason = Reason.BUDGET_EXHAUSTED if isinstance(error, BudgetExhaustedError) else Reason.DEADLINE
        return Ending(reason=reason, because=str(error))

    def _too_dear(self, case: Case) -> Ending | None:
        committed_minor = case.ledger.committed_minor()
        return _over_budget(case, committed_minor) if committed_minor > case.limit_minor else None


def _impossible(case: Case, task: Task, result: StepResult) -> Ending:
    """The user has to decide."""
    if result.problem == "over_budget":
        others = [row for row in case.ledger.in_state("held", "booked") if row.step != result.step]
        known_minor = sum(row.amount_minor for row in others)
        cheapest_minor = result.cheapest_minor
        return _over_budget(case, None if cheapest_minor is None else known_minor + cheapest_minor)
    if result.problem == "sold_out":
        question = phrase(case.language, "ask_sold_out", what=wanted(case.language, task))
    else:
        question = phrase(case.language, "ask_not_there", what=wanted(case.language, task))
    return Ending(reason=Reason.NEEDS_INPUT, problem=result.problem, question=question, because=result.because)


def _over_budget(case: Case, cheapest_minor: int | None) -> Ending:
    currency, limit_minor = case.policy.currency, case.limit_minor
    limit = money(limit_minor, currency)
    if cheapest_minor is None or cheapest_minor <= limit_minor:
        question = phrase(case.language, "ask_over_budget", limit=limit)
    else:
        cheapest = money(cheapest_minor, currency)
        question = phrase(case.language, "ask_cheapest", limit=limit, cheapest=cheapest)
    return Ending(reason=Reason.NEEDS_INPUT, problem="over_budget", question=question, because=f"more than {limit}")


def wanted(language: str, task: Task) -> str:
    """What a task was to bring, for people."""
    match task:
        case Fly():
            way = f"{task.origin} - {task.destination}"
            days = str(task.depart_on) if task.return_on is None else f"{task.depart_on} / {task.return_on}"
            return phrase(language, "flight", way=way, days=days)
        case Stay():
            return phrase(language, "hotel", city=task.city, first=task.check_in, last=task.check_out)
        case Forecast():
            return phrase(language, "weather_of", city=task.city)
        case Dine():
            return phrase(language, "table", city=task.city, day=task.date)
        case _:
            return phrase(language, task.task)
