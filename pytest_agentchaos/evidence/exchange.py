"""An exchange: one call from its invoke to its end, as a history shows it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pytest_agentchaos.evidence.call import Call
from pytest_agentchaos.evidence.op import ENDINGS, NOTHING, Op
from pytest_agentchaos.evidence.site import Site


@dataclass(frozen=True, slots=True)
class Exchange:
    """One call, and everything that belongs to it."""

    index: int
    """Of the op with which it began."""
    call: Call
    site: Site
    at_s: float
    ending: str = "open"
    """``ok``, ``fail``, ``info``, or ``open`` when it had not ended."""
    end: int | None = None
    """Index of the op that ended it."""
    ended_s: float | None = None
    data: Mapping[str, Any] = field(default_factory=lambda: NOTHING)
    """What ended it: status, result, usage, error."""
    deliveries: tuple[Op, ...] = ()
    """Each says that the callee got the request, and what it truly answered; written for calls under a fault only."""
    fault_ops: tuple[Op, ...] = ()

    @property
    def faults(self) -> tuple[str, ...]:
        """Names of the faults that acted on it."""
        return tuple(str(op.data.get("fault")) for op in self.fault_ops)

    @property
    def delivered(self) -> int:
        """How often the callee got the request; a call that no fault concerns was delivered once."""
        return len(self.deliveries) if self.fault_ops else 1

    @property
    def ops(self) -> tuple[int, ...]:
        """Where it begins and ends."""
        return (self.index,) if self.end is None else (self.index, self.end)


def exchanges(ops: Iterable[Op]) -> tuple[Exchange, ...]:
    """The calls in a list of ops, in order of their invocation."""
    begun: dict[int, Op] = {}
    ended: dict[int, Op] = {}
    delivered: dict[int, list[Op]] = {}
    faulted: dict[int, list[Op]] = {}
    for op in ops:
        of = op.of
        if op.kind == "invoke":
            if op.call is not None and op.site is not None:
                begun[op.index] = op
        elif of is None or of not in begun:
            continue
        elif op.kind in ENDINGS:
            ended.setdefault(of, op)
        elif op.kind == "deliver":
            delivered.setdefault(of, []).append(op)
        elif op.kind == "fault":
            faulted.setdefault(of, []).append(op)
    return tuple(
        _exchange(op, ended.get(index), delivered.get(index, ()), faulted.get(index, ())) for index, op in begun.items()
    )


def _exchange(begin: Op, end: Op | None, deliveries: Iterable[Op], faults: Iterable[Op]) -> Exchange:
    call, site = begin.call, begin.site
    assert call is not None  # noqa: S101 - only such ops are given
    assert site is not None  # noqa: S101 - the same
    if end is None:
        return Exchange(begin.index, call, site, begin.at_s, deliveries=tuple(deliveries), fault_ops=tuple(faults))
    return Exchange(
        begin.index, call, site, begin.at_s, end.kind, end.index, end.at_s, end.data, tuple(deliveries), tuple(faults)
    )
