"""What can go wrong, as one tree. Every error says whether the thing may have happened nevertheless."""

from __future__ import annotations


class TravelError(Exception):
    """Anything that this system reports on purpose."""


# --- tools, as the gateway reports them -----------------------------------------------------------------------------


class ToolError(TravelError):
    """A tool call that brought no result."""

    in_doubt = False
    """Whether the effect may have happened nevertheless."""


class InvalidArgumentsError(ToolError):
    """The arguments break the tool's schema, or there is no such tool; nothing was sent."""


class NotAllowedError(ToolError):
    """The policy forbids it; nothing was sent."""

    def __init__(self, message: str, *, rule: str) -> None:
        super().__init__(message)
        self.rule = rule
        """Which: ``agent``, ``spend``, ``shadow``."""


class CircuitOpenError(ToolError):
    """The tool, or everything, has failed too often and is left alone for now; nothing was sent."""


class ToolRefusedError(ToolError):
    """The tool understood and said no; nothing happened. ``code`` as in contracts.tools.Refusal."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class ToolUnavailableError(ToolError):
    """No answer, after all attempts that were allowed."""

    def __init__(self, message: str, *, in_doubt: bool, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.in_doubt = in_doubt
        self.retry_after_s = retry_after_s
        """How long the server wants to be left alone, if it said so when it turned this away for good."""


class InvalidResultError(ToolError):
    """An answer that breaks the tool's schema; nothing is made of it. A write may have happened."""

    def __init__(self, message: str, *, in_doubt: bool) -> None:
        super().__init__(message)
        self.in_doubt = in_doubt


# --- the model ------------------------------------------------------------------------------------------------------


class ModelError(TravelError):
    """A question to the model that brought no usable reply."""


class ModelUnavailableError(ModelError):
    """No reply, after all attempts that were allowed."""

    def __init__(self, message: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s
        """How long the endpoint wants to be left alone, if it said so when it turned this away for good."""


class ModelInvalidError(ModelError):
    """Replies, but none that keeps its contract."""


class ModelRefusedError(ModelError):
    """The model will not, or a filter stopped it."""


class ChainLostError(ModelError):
    """The endpoint has forgotten the reply that this continues (it was restarted): begin again from the ask."""


# --- specialists ----------------------------------------------------------------------------------------------------


class StuckError(TravelError):
    """A specialist goes round in circles, or takes more turns than a step may."""


# --- limits ---------------------------------------------------------------------------------------------------------


class LimitError(TravelError):
    """A trip has used up what it may use."""


class BudgetExhaustedError(LimitError):
    """Steps, tokens or tool calls."""

    def __init__(self, kind: str, limit: int) -> None:
        super().__init__(f"a trip may use {limit} {kind}")
        self.kind = kind
        self.limit = limit


class DeadlineExceededError(LimitError):
    """Time."""


# --- the store ------------------------------------------------------------------------------------------------------


class StoreError(TravelError):
    """The store cannot do it."""


class SoldOutError(StoreError):
    """Not so many units are left."""


class KeyConflictError(StoreError):
    """The key has been used for something else."""


class BarredError(StoreError):
    """The request with this key was cancelled before it arrived."""
