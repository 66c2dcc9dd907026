"""What one trip may use of everything that costs: model calls, tokens, tool calls, retries and money."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from reference_system.errors import BudgetExhaustedError

MODEL_CALLS, TOKENS, TOOL_CALLS = "model calls", "tokens", "tool calls"
"""Kinds of BudgetExhaustedError."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of each; None: as much as it takes."""

    model_calls: int | None = None
    tokens: int | None = None
    tool_calls: int | None = None
    retries: int | None = None
    spend_minor: int | None = None


class Budget:
    """What is used so far. Shared by all steps of one trip, so that together they keep within its limits."""

    def __init__(
        self,
        model_calls: int | None = None,
        tokens: int | None = None,
        tool_calls: int | None = None,
        retries: int | None = None,
        spend_minor: int | None = None,
    ) -> None:
        self.limits = Limits(model_calls, tokens, tool_calls, retries, spend_minor)
        self._model_calls = 0
        self._tokens = 0
        self._tool_calls = 0
        self._retries = 0
        self._reserved_minor: dict[str, int] = {}

    @classmethod
    def resume(cls, limits: Limits, used: Mapping[str, Any]) -> Self:
        """The budget of a trip that goes on: ``used`` is what :meth:`used` gave for its checkpoint."""
        budget = cls(limits.model_calls, limits.tokens, limits.tool_calls, limits.retries, limits.spend_minor)
        budget._model_calls = used["model_calls"]
        budget._tokens = used["tokens"]
        budget._tool_calls = used["tool_calls"]
        budget._retries = used["retries"]
        budget._reserved_minor = dict(used["reserved_minor"])
        return budget

    def used(self) -> dict[str, Any]:
        """As JSON, for checkpoints and spans."""
        return {
            "model_calls": self._model_calls,
            "tokens": self._tokens,
            "tool_calls": self._tool_calls,
            "retries": self._retries,
            "reserved_minor": dict(self._reserved_minor),
        }

    # --- turns, tokens, calls ---------------------------------------------------------------------------------------

    def model_call(self) -> None:
        """One more request to the model is about to be sent; BudgetExhaustedError if that is one too many."""
        self._model_calls = _one_more(self._model_calls, self.limits.model_calls, MODEL_CALLS)

    def tool_call(self) -> None:
        """One more tool call is about to be made (its retries not counted); BudgetExhaustedError if one too many."""
        self._tool_calls = _one_more(self._tool_calls, self.limits.tool_calls, TOOL_CALLS)

    def count_tokens(self, tokens: int) -> None:
        """They are spent already, so they are counted in any case; BudgetExhaustedError if they were too many."""
        self._tokens += tokens
        if self.limits.tokens is not None and self._tokens > self.limits.tokens:
            raise BudgetExhaustedError(TOKENS, self.limits.tokens)

    def take_retry(self) -> bool:
        """Whether one more attempt may be made, of whatever kind; it counts if so."""
        if self.limits.retries is not None and self._retries >= self.limits.retries:
            return False
        self._retries += 1
        return True

    # --- money ------------------------------------------------------------------------------------------------------

    def reserve(self, amount_minor: int, purpose: str) -> bool:
        """Set money aside; False, and nothing is changed, if there is not so much left.

        The same purpose (the idempotency key of a booking) is paid for once: a later amount replaces the earlier one.
        """
        spent_minor = self.spent_minor() - self._reserved_minor.get(purpose, 0) + amount_minor
        if self.limits.spend_minor is not None and spent_minor > self.limits.spend_minor:
            return False
        self._reserved_minor[purpose] = amount_minor
        return True

    def release(self, purpose: str) -> None:
        """What was set aside for this is free again; nothing happens if nothing was."""
        self._reserved_minor.pop(purpose, None)

    def spent_minor(self) -> int:
        """What is set aside or spent."""
        return sum(self._reserved_minor.values())

    def left_minor(self) -> int | None:
        """What may still be spent; None: as much as it takes."""
        return None if self.limits.spend_minor is None else self.limits.spend_minor - self.spent_minor()


def _one_more(used: int, limit: int | None, kind: str) -> int:
    if limit is not None and used >= limit:
        raise BudgetExhaustedError(kind, limit)
    return used + 1
