"""The router: what kind of request it is."""

from __future__ import annotations

from reference_system.contracts.asks import AskRoute, Talk
from reference_system.contracts.manifest import Manifest
from reference_system.contracts.plan import Route
from reference_system.contracts.trip import Reason, TripRequest
from reference_system.errors import ModelInvalidError, ModelRefusedError
from reference_system.model.interface import Model, Question
from reference_system.orchestrator.ending import EndedError, Ending
from reference_system.resilience.interface import Allowance

TRIES = 2
"""A model may decline by accident; one that declines twice means it."""


class Router:
    """Asks the model once, or twice."""

    def __init__(self, model: Model, manifest: Manifest) -> None:
        self._model = model
        self._instructions = manifest.prompt("router")

    async def route(
        self, request: TripRequest, talk: Talk, allowance: Allowance, *, trip: str, correlation: str
    ) -> Route:
        """The route. EndedError: the model declines the request. Raises ModelError and LimitError."""
        ask = AskRoute(text=request.text, talk=talk, about_a_trip=request.about is not None)
        question = Question(
            role="router",
            instructions=self._instructions,
            input=ask.model_dump_json(),
            answer=Route,
            correlation=correlation,
            trip=trip,
        )
        for _ in range(TRIES):
            try:
                reply = await self._model.ask(question, allowance)
            except ModelRefusedError as refused:
                declined = refused
                continue
            if isinstance(reply.parsed, Route):
                return reply.parsed
            msg = f"no route came of {reply.text[:200]!r}"
            raise ModelInvalidError(msg)
        raise EndedError(Ending(reason=Reason.REFUSED, because=f"the model declines: {declined}"))
