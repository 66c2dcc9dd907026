"""The ways in which a step can be done, one after the other, until one of them works."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass

from reference_system.agents.assignment import Assignment, Problem, StepResult, Way
from reference_system.agents.deed import Deed
from reference_system.agents.desk import Desk
from reference_system.agents.fallback import Rules
from reference_system.agents.specialist import Specialist
from reference_system.agents.watch import Watch
from reference_system.contracts.asks import StepReport
from reference_system.contracts.manifest import Manifest
from reference_system.errors import ModelError, ModelUnavailableError, StuckError, ToolError
from reference_system.gateway.interface import Tools
from reference_system.hardening import Hardening
from reference_system.model.interface import Model
from reference_system.resilience.interface import Allowance


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of one way."""

    by: Way
    report: StepReport | None
    """None: it failed."""
    because: str
    model_is_down: bool = False


class Team:
    """Does steps: first the specialist; if that fails the specialist with a simpler prompt; in the end rules."""

    def __init__(
        self, model: Model, tools: Tools, manifest: Manifest, hardening: Hardening, watch: Callable[[], Watch]
    ) -> None:
        self._specialist = Specialist(model, manifest, hardening)
        self._watch = watch
        self._rules = Rules(manifest.errors)
        self._tools = tools
        self._hardening = hardening

    async def do(self, assignment: Assignment, allowance: Allowance, record: Callable[[Deed], None]) -> StepResult:
        """Do one step; ``record`` is told of everything that was done at once. Raises LimitError.

        What was begun before a crash is finished first, so that a world that has changed since cannot lead to a
        second, different booking.
        """
        desk = Desk(assignment, self._tools, allowance, self._hardening, record)
        attempt = Attempt("specialist", None, "nobody has tried")
        failures = 0
        for by, work in self._ways(desk):
            if by == "simple" and (desk.trouble or attempt.model_is_down):
                continue  # no prompt mends a tool, or a model that is not there
            desk.trouble = False
            attempt = await _tried(by, work)
            if attempt.report is None:
                failures += 1
            if attempt.report is not None and (not self._hardening.fallback or _is_believed(attempt, desk)):
                break
        return _result(attempt, desk, failures)

    def _ways(self, desk: Desk) -> Iterator[tuple[Way, Callable[[], Awaitable[StepReport]]]]:
        watch = self._watch()
        yield "specialist", lambda: self._by_model(desk, watch, simple=False)
        if self._hardening.fallback:
            yield "simple", lambda: self._by_model(desk, watch, simple=True)
            yield "rules", lambda: self._rules.work(desk)

    async def _by_model(self, desk: Desk, watch: Watch, *, simple: bool) -> StepReport:
        await desk.settle()
        return await self._specialist.work(desk, watch, simple=simple)


async def _tried(by: Way, work: Callable[[], Awaitable[StepReport]]) -> Attempt:
    try:
        report = await work()
    except (ModelError, StuckError, ToolError) as error:
        return Attempt(by, None, f"{type(error).__name__}: {error}", isinstance(error, ModelUnavailableError))
    if report.outcome == "impossible" and report.problem in {None, "other"}:
        return Attempt(by, None, report.because)
    return Attempt(by, report, report.because)


def _is_believed(attempt: Attempt, desk: Desk) -> bool:
    """A model that says that something is impossible is believed if that is what its tools have said."""
    report = attempt.report
    if report is None or report.outcome == "done" or attempt.by == "rules":
        return report is not None
    return report.problem in desk.refusals or (bool(desk.searched) and not desk.skill.is_possible(desk.task, desk))


def _result(attempt: Attempt, desk: Desk, failures: int) -> StepResult:
    step = desk.assignment.step.id
    report = attempt.report
    if report is None:
        return StepResult(
            step=step,
            outcome="failed",
            by=attempt.by,
            because=attempt.because,
            failures=failures + desk.failures,
        )
    problem: Problem | None = report.problem if report.outcome == "impossible" else None
    return StepResult(
        step=step,
        outcome=report.outcome,
        by=attempt.by,
        problem=problem,
        because=attempt.because,
        cheapest_minor=desk.skill.cheapest_minor(desk.task, desk) if problem == "over_budget" else None,
    )
