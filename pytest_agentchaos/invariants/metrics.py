"""Numbers of a history, by name, each with the ops that it was counted from."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from pytest_agentchaos.errors import UnknownNameError, explains_itself, nearest
from pytest_agentchaos.evidence.call import Kind
from pytest_agentchaos.evidence.history import History

__tracebackhide__ = explains_itself


class Measured(NamedTuple):
    """A number and where it comes from."""

    value: float
    ops: tuple[int, ...] = ()
    unread: tuple[int, ...] = ()
    """Ops that should have contributed and say nothing: the true number is not smaller, but may be larger."""


Metric = Callable[[History], Measured]


def _calls(kind: Kind | None) -> Metric:
    def count(history: History) -> Measured:
        ops = tuple(exchange.index for exchange in history.calls(kind=kind))
        return Measured(len(ops), ops)

    return count


def _retries(history: History) -> Measured:
    """The most that one call was repeated with the same arguments."""
    groups: dict[tuple[object, ...], list[int]] = {}
    for exchange in history.calls():
        groups.setdefault(tuple(exchange.site[:-1]), []).append(exchange.index)
    longest = max(groups.values(), key=len, default=[])
    return Measured(max(0, len(longest) - 1), tuple(longest))


def _tokens(*names: str) -> Metric:
    def add(history: History) -> Measured:
        total = 0
        counted, silent = [], []
        models = {exchange.index for exchange in history.calls(kind="model")}
        for op in history:
            if op.kind == "ok" and (usage := op.data.get("usage")):
                total += sum(int(usage[name]) for name in names)
                counted.append(op.index)
            elif op.kind == "ok" and op.of in models:
                silent.append(op.index)
        return Measured(total, tuple(counted), tuple(silent))

    return add


def _duration(history: History) -> Measured:
    last = history[-1] if len(history) else None
    return Measured(last.at_s, (last.index,)) if last is not None else Measured(0.0)


METRICS: dict[str, Metric] = {
    "calls": _calls(None),
    "model_calls": _calls("model"),
    "tool_calls": _calls("tool"),
    "agent_calls": _calls("agent"),
    "retries": _retries,
    "tokens": _tokens("input_tokens", "output_tokens"),
    "input_tokens": _tokens("input_tokens"),
    "output_tokens": _tokens("output_tokens"),
    "duration_s": _duration,
}


def metric(name: str) -> Metric:
    """The metric of that name."""
    found = METRICS.get(str(name))
    if found is None:
        msg = f"there is no metric {name!r}; {nearest(str(name), METRICS)}"
        raise UnknownNameError(msg)
    return found
