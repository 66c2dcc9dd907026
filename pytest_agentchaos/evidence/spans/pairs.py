"""Calls, each with the span that tells of it, while they are being joined."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Literal, NamedTuple

from pytest_agentchaos.evidence.conduct.fate import identity
from pytest_agentchaos.evidence.exchange import Exchange
from pytest_agentchaos.evidence.spans.context import SpanId
from pytest_agentchaos.evidence.spans.conventions import CallKind, call_kind
from pytest_agentchaos.evidence.spans.span import Seen
from pytest_agentchaos.evidence.spans.tree import SpanTree

Wish = Hashable
"""What all attempts of one call have in common: :func:`identity`."""


class Told(NamedTuple):
    """A call, and the span that tells of it."""

    exchange: Exchange
    span: Seen | None
    """None: the trace does not show the call."""
    by: Literal["context", "name", ""] = ""
    shared: bool = False
    """Whether an earlier attempt of the same call has the same span."""
    alone: bool = True
    """Whether no other span could have been meant."""
    outermost: SpanId | None = None
    """The span around all that tell of the same call: a framework's, say, around that of an SDK, once an attempt."""


class Pairs:
    """Which span tells of which call. A span tells of one call only, but of all attempts of it."""

    def __init__(self, tree: SpanTree) -> None:
        self.tree = tree
        self.kinds: dict[SpanId, CallKind] = {
            key: kind for key, seen in tree.spans.items() if (kind := call_kind(seen.span)) is not None
        }
        """The spans that could tell of a call."""
        self.told: dict[int, Told] = {}
        self.holds: dict[SpanId, Wish] = {}

    def give(self, exchange: Exchange, key: SpanId, by: Literal["context", "name"], *, alone: bool = True) -> None:
        """The span tells of the call, unless it tells of another one already."""
        wish = identity(exchange)
        shared = key in self.holds
        if self.holds.setdefault(key, wish) == wish:
            self.told[exchange.index] = Told(exchange, self.tree.spans[key], by, shared, alone)

    def is_untold(self, exchange: Exchange) -> bool:
        """Whether no span has been found for it so far."""
        return self.told[exchange.index].span is None
