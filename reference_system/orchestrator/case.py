"""The case: all that is known of one trip while it is worked on."""

from __future__ import annotations

from dataclasses import dataclass, field

from reference_system.agents.assignment import Assignment, StepResult
from reference_system.agents.deed import Deed
from reference_system.contracts.asks import Talk
from reference_system.contracts.plan import Fly, Plan, PlanStep, Route, Stay, Ticket
from reference_system.contracts.policy import Policy
from reference_system.contracts.trip import TripRequest
from reference_system.orchestrator.ending import Ending
from reference_system.orchestrator.ledger import Ledger, total_minor
from reference_system.orchestrator.order import everything_before
from reference_system.resilience.interface import Allowance
from reference_system.store.interface import Intent, TripRow


@dataclass(slots=True)
class Case:
    """Grows from the request to the ending; a checkpoint is a copy of it."""

    row: TripRow
    request: TripRequest
    policy: Policy
    allowance: Allowance
    ledger: Ledger
    shadow: bool = False
    talk: Talk | None = None
    route: Route | None = None
    plan: Plan | None = None
    results: dict[str, StepResult] = field(default_factory=dict)
    """Of the steps that have ended."""
    ending: Ending | None = None
    checkpoints: int = 0
    """So many were saved."""
    begun: tuple[Intent, ...] = ()
    """Writes of steps that were under way when an earlier run was killed."""

    @property
    def trip(self) -> str:
        """Its id."""
        return self.row.trip

    @property
    def language(self) -> str:
        """Of the user."""
        return "en" if self.route is None else self.route.language

    @property
    def steps(self) -> tuple[PlanStep, ...]:
        """Of the plan; none before there is one."""
        return () if self.plan is None else self.plan.steps

    @property
    def limit_minor(self) -> int:
        """The most that the trip may cost: what the user says, but not more than the policy allows."""
        said = None if self.plan is None else self.plan.budget_minor
        return self.policy.spend_limit_minor if said is None else min(said, self.policy.spend_limit_minor)

    def assignment(self, step: PlanStep) -> Assignment:
        """What the specialist of a step is given."""
        begun = [intent for intent in self.begun if intent.step == step.id]
        return Assignment(
            trip=self.trip,
            correlation=self.row.correlation,
            step=step,
            facts=self._facts(step),
            done=self.ledger.of_steps((step.id,)),
            doubtful=tuple(intent for intent in begun if intent.state == "open"),
            spend_at_most_minor=self._left_minor(step),
            currency=self.policy.currency,
            shadow=self.shadow,
        )

    def undone_steps(self) -> tuple[PlanStep, ...]:
        """Those that are not done, for whatever reason."""
        return tuple(
            step for step in self.steps if step.id not in self.results or self.results[step.id].outcome != "done"
        )

    def _facts(self, step: PlanStep) -> tuple[Deed, ...]:
        before = everything_before(step.id, {each.id: each.needs for each in self.steps})
        return self.ledger.of_steps((*before, *_held_by(step)))

    def _left_minor(self, step: PlanStep) -> int | None:
        """For a whole step: what it has committed itself, or takes over from its fly steps, is not taken away."""
        if not isinstance(step.task, Fly | Stay | Ticket):
            return None  # costs nothing
        own = {step.id, *_held_by(step)}
        others = [row for row in self.ledger.in_state("held", "booked") if row.step not in own]
        return max(0, self.limit_minor - total_minor(others))


def _held_by(step: PlanStep) -> tuple[str, ...]:
    return step.task.holds_of if isinstance(step.task, Ticket) else ()
