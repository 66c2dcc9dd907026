"""True replies: what callees answered, whatever a fault made of it on its way to the caller."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from pytest_agentchaos.evidence.exchange import Exchange

_ERRORS_FROM = 400


class TrueReply(NamedTuple):
    """One answer of a callee, and the op that shows it."""

    op: int
    data: Mapping[str, Any]

    @property
    def is_error(self) -> bool:
        """Whether it says that it did not work, by its status or by its words."""
        status = self.data.get("status")
        return self.data.get("failure") is not None or (isinstance(status, int) and status >= _ERRORS_FROM)

    @property
    def unread(self) -> str | None:
        """Why nobody knows what it says; None if it was read."""
        if "unread" in self.data:
            return "it could not be read"
        return f"it is too large to be kept ({self.data['bytes']} bytes)" if "bytes" in self.data else None


def true_replies(exchange: Exchange) -> tuple[TrueReply, ...]:
    """What the callee truly answered to a call: nothing where a fault answered in its place, several if it got several.

    Under a fault each delivery tells it; otherwise the reply is what the caller got.
    """
    if exchange.deliveries:
        return tuple(TrueReply(op.index, op.data) for op in exchange.deliveries)
    if exchange.fault_ops or exchange.ending != "ok" or exchange.end is None:
        return ()
    return (TrueReply(exchange.end, exchange.data),)
