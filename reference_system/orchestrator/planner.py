"""The planner: a plan that can be executed, or the question that has to be asked first."""

from __future__ import annotations

from reference_system.catalogue import CITIES, FIRST_DAY, LAST_DAY, TODAY
from reference_system.contracts.asks import AskPlan, Talk
from reference_system.contracts.manifest import Manifest
from reference_system.contracts.plan import Plan, Route
from reference_system.contracts.trip import Booked, Reason, TripRequest
from reference_system.errors import ModelInvalidError, ModelRefusedError
from reference_system.hardening import Hardening
from reference_system.model.interface import Model, Question
from reference_system.orchestrator.ending import EndedError, Ending
from reference_system.orchestrator.plan_rules import complaints
from reference_system.resilience.interface import Allowance

_CITIES = tuple(sorted(CITIES))


class Planner:
    """Asks the model, checks, tells what was wrong, asks again."""

    def __init__(self, model: Model, manifest: Manifest, hardening: Hardening) -> None:
        self._model = model
        self._manifest = manifest
        self._believes = not hardening.validate_results
        self._instructions = manifest.prompt("planner")

    def ask(self, request: TripRequest, route: Route, talk: Talk, earlier: tuple[Booked, ...]) -> AskPlan:
        """What the planner is told."""
        policy = self._manifest.policy
        return AskPlan.model_validate(
            {
                "kind": route.kind,
                "language": route.language,
                "text": request.text,
                "talk": talk,
                "user": request.user,
                "today": TODAY,
                "first_day": FIRST_DAY,
                "last_day": LAST_DAY,
                "cities": _CITIES,
                "currency": policy.currency,
                "travellers_at_most": policy.travellers_at_most,
                "nights_at_most": policy.nights_at_most,
                "earlier": earlier,
            }
        )

    async def plan(self, ask: AskPlan, allowance: Allowance, *, trip: str, correlation: str) -> Plan:
        """A plan that keeps all rules, or one with a problem. EndedError: the model declines.

        ModelInvalidError: none of so many plans could be executed. Raises ModelError and LimitError.
        """
        wrong: tuple[str, ...] = ()
        declined: ModelRefusedError | None = None
        for _ in range(self._manifest.workflow.plan_tries):
            question = self._question(ask.model_copy(update={"complaints": wrong}), trip, correlation)
            try:
                reply = await self._model.ask(question, allowance)
            except ModelRefusedError as refused:
                if declined is not None:
                    break
                declined = refused
                continue
            if not isinstance(reply.parsed, Plan):
                wrong = ("that was no plan",)
                continue
            wrong = () if self._believes else complaints(reply.parsed, ask, self._manifest.policy)
            if not wrong:
                return reply.parsed
        if declined is not None and not wrong:
            raise EndedError(Ending(reason=Reason.REFUSED, because=f"the model declines: {declined}"))
        msg = f"no plan could be executed; the last one: {'; '.join(wrong)}"
        raise ModelInvalidError(msg)

    def _question(self, ask: AskPlan, trip: str, correlation: str) -> Question:
        return Question(
            role="planner",
            instructions=self._instructions,
            input=ask.model_dump_json(),
            answer=Plan,
            correlation=correlation,
            trip=trip,
        )
