"""Fates: what faults made of a call, in a sentence; told by what was seen on the wire, whatever the fault is called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pytest_agentchaos.evidence.conduct.fate import went_wrong
from pytest_agentchaos.evidence.effects.executions import executions
from pytest_agentchaos.evidence.exchange import Exchange
from pytest_agentchaos.evidence.op import Op
from pytest_agentchaos.reporting.lanes.texts import gist, shortened

_PROCESS_ENDED: Final = "its caller's process ended"
_STOPPED_WAITING: Final = "its caller stopped waiting"
_WAITED_S: Final = 0.001
_NUMBERS: Final = {2: "twice", 3: "three times"}


def fate(exchange: Exchange) -> str:
    """What became of a call that a fault acted on; empty for any other."""
    if not exchange.fault_ops:
        return ""
    if not exchange.deliveries:
        return _not_delivered(exchange)
    if any(is_late(exchange, op) for op in exchange.deliveries) or len(exchange.deliveries) > 1:
        return _delivered_oddly(exchange)
    if exchange.ending == "ok":
        return _answered(exchange, exchange.deliveries[0])
    if exchange.data.get("error") == _PROCESS_ENDED:
        return "The request arrived; the process that had sent it ended before it saw the answer."
    was = "It was done" if executions(exchange).sure else "The request arrived"
    return f"{was}, and the answer was lost: the caller does not know."


def is_late(exchange: Exchange, delivery: Op) -> bool:
    """Whether a request arrived when its caller had stopped waiting."""
    return exchange.end is not None and delivery.index > exchange.end and exchange.ending != "ok"


def reply(exchange: Exchange) -> str:
    """What a caller got, in a few words, where it is not simply what it asked for."""
    data: Mapping[str, Any] = exchange.data
    if exchange.ending == "open":
        return "no end"
    error = gist(data.get("failure") or data.get("error") or "")
    if error == _PROCESS_ENDED:
        return "no answer: the process ended"
    if error.endswith(_STOPPED_WAITING) and exchange.ended_s is not None:
        error = f"gave up after {exchange.ended_s - exchange.at_s:.4g} s"
    if exchange.ending == "ok":
        status = data.get("status")
        if not went_wrong(exchange):
            return ""
        return shortened(f"{status} {error}" if isinstance(status, int) and status != _FINE else error, 100, note=False)
    return f"no answer: {error}" if exchange.ending == "info" else f"failed: {error}"


_FINE: Final = 200


def _not_delivered(exchange: Exchange) -> str:
    if exchange.ending == "ok":
        return "The request never arrived: the fault answered in its place."
    if exchange.ending == "info" and not exchange.data.get("under_way"):
        return "The request never arrived, and no answer came."
    if exchange.ending == "fail":
        return "The request never arrived: the caller was told so."
    return "Nobody knows whether the request arrived."


def _delivered_oddly(exchange: Exchange) -> str:
    """Too late, or more than once."""
    late = [op for op in exchange.deliveries if is_late(exchange, op)]
    if late:
        after_s = late[-1].at_s - exchange.at_s
        return f"The request arrived {after_s:.4g} s late, when nobody waited for it any more, {_and_was(exchange)}."
    count = len(exchange.deliveries)
    return f"The request arrived {_NUMBERS.get(count, f'{count} times')}, {_and_was(exchange)}."


def _answered(exchange: Exchange, delivery: Op) -> str:
    if _said(exchange.data) != _said(delivery.data):
        return f"The request arrived {_and_was(exchange)}; the answer that came back is not the one that was given."
    took_s = (exchange.ended_s or 0.0) - exchange.at_s
    if took_s > _WAITED_S:
        return f"The request arrived and was answered; it took {took_s:.4g} s."
    return "The request arrived and was answered."


def _and_was(exchange: Exchange) -> str:
    sure = len(executions(exchange).sure)
    if sure > 1:
        return f"and was carried out {_NUMBERS.get(sure, f'{sure} times')}"
    return "and was carried out" if sure else "and was not carried out"


def _said(data: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(data.get(name) for name in ("status", "result", "failure", "error", "tool_calls"))
