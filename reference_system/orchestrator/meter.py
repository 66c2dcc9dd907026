"""The meter: what the model cost one run of a trip."""

from __future__ import annotations

from reference_system.contracts.policy import Price
from reference_system.errors import BudgetExhaustedError
from reference_system.model.interface import Model, ModelReply, Question
from reference_system.resilience.budget import MODEL_CALLS
from reference_system.resilience.interface import Allowance

CALLS_AT_MOST = 1_000
"""When nothing else ends a trip, this does, so that no test and no bill is endless."""


class Meter(Model):
    """The model, for one run; counts what is used."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._calls = 0
        self._input_tokens = 0
        self._output_tokens = 0

    @property
    def tokens(self) -> int:
        """In and out."""
        return self._input_tokens + self._output_tokens

    def cost_micro(self, price: Price) -> int:
        """In millionths of the currency's unit."""
        return (self._input_tokens * price.input_micro + self._output_tokens * price.output_micro) // 1_000

    async def ask(self, question: Question, allowance: Allowance) -> ModelReply:
        """Ask, and count."""
        self._calls += 1
        if self._calls > CALLS_AT_MOST:
            raise BudgetExhaustedError(MODEL_CALLS, CALLS_AT_MOST)
        reply = await self._model.ask(question, allowance)
        self._input_tokens += reply.input_tokens
        self._output_tokens += reply.output_tokens
        return reply

    async def close(self) -> None:
        """The model outlives the run."""
