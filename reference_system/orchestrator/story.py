"""The story of a trip: what passed between its parts, as messages and spans."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any

from reference_system.agents.assignment import Assignment, StepResult
from reference_system.contracts.plan import Plan, PlanStep, Route
from reference_system.contracts.trip import TripAnswer, TripRequest
from reference_system.orchestrator.ending import Ending
from reference_system.store.interface import TripRow
from reference_system.telemetry.conventions import INVOKE_AGENT, INVOKE_WORKFLOW, PLAN
from reference_system.telemetry.interface import Span, Telemetry


class Story:
    """Tells of one trip."""

    def __init__(self, telemetry: Telemetry, row: TripRow) -> None:
        self._telemetry = telemetry
        self._row = row

    # --- spans ------------------------------------------------------------------------------------------------------

    def workflow(self, manifest: str) -> AbstractContextManager[Span]:
        """Around the whole trip."""
        return self._span(INVOKE_WORKFLOW, "trip", travel__manifest=manifest, travel__correlation=self._row.correlation)

    def planning(self) -> AbstractContextManager[Span]:
        """Around routing and planning."""
        return self._span(PLAN, "trip")

    def agent(self, step: PlanStep) -> AbstractContextManager[Span]:
        """Around one step."""
        return self._span(INVOKE_AGENT, step.agent, travel__step=step.id, travel__task=step.task.task)

    def compensation(self) -> AbstractContextManager[Span]:
        """Around undoing."""
        return self._span(INVOKE_AGENT, "compensation")

    def _span(self, operation: str, name: str, **attributes: Any) -> AbstractContextManager[Span]:
        return self._telemetry.span(operation, name, travel__trip=self._row.trip, **attributes)

    # --- messages ---------------------------------------------------------------------------------------------------

    def begun(self, request: TripRequest, *, resumed: bool) -> None:
        """The request arrives, for the first time or again."""
        body = {"text": request.text, "user": request.user, "about": request.about, "resumed": resumed}
        self.tell("service", "orchestrator", "request", body)

    def routed(self, route: Route) -> None:
        """What kind of request it is."""
        self.tell("router", "orchestrator", "route", route.model_dump(mode="json"))

    def planned(self, plan: Plan) -> None:
        """What is to be done."""
        self.tell("planner", "executor", "plan", plan.model_dump(mode="json"))

    def given(self, assignment: Assignment) -> None:
        """A specialist gets a step."""
        step = assignment.step
        self.tell(
            "executor",
            step.agent,
            "task",
            {
                "step": step.id,
                "task": step.task.model_dump(mode="json"),
                "spend_at_most_minor": assignment.spend_at_most_minor,
                "done": [deed.tool for deed in assignment.done],
                "in_doubt": [intent.tool for intent in assignment.doubtful],
            },
        )

    def ended(self, step: PlanStep, result: StepResult) -> None:
        """A specialist reports."""
        self.tell(step.agent, "supervisor", "report", result.model_dump(mode="json"))

    def decided(self, ending: Ending) -> None:
        """How the trip ends."""
        self.tell("supervisor", "orchestrator", "decision", ending.model_dump(mode="json"))

    def saved(self, number: int) -> None:
        """The state is safe."""
        self.tell("orchestrator", "store", "checkpoint", {"number": number})

    def answered(self, answer: TripAnswer) -> None:
        """The user gets this."""
        self.tell("orchestrator", "service", "answer", answer.model_dump(mode="json"))

    def tell(self, sender: str, receiver: str, kind: str, body: Mapping[str, Any]) -> None:
        """Any message of this trip."""
        self._telemetry.tell(sender, receiver, kind, body, trip=self._row.trip, correlation=self._row.correlation)
