"""Numbers of a history, by name, each with the ops that it was counted from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from pytest_agentchaos.errors import UnknownNameError, nearest
from pytest_agentchaos.evidence.call import Kind
from pytest_agentchaos.evidence.history import History

Measured = tuple[float, tuple[int, ...]]


def _calls(kind: Kind | None) -> Callable[[History], Measured]:
    def count(history: History) -> Measured:
        ops = tuple(exchange.index for exchange in history.calls(kind=kind))
        return len(ops), ops

    return count


def _retries(history: History) -> Measured:
    """The most that one call was repeated with the same arguments."""
    groups: dict[tuple[object, ...], list[int]] = {}
    for exchange in history.calls():
        groups.setdefault(tuple(exchange.site[:-1]), []).append(exchange.index)
    longest = max(groups.values(), key=len, default=[])
    return max(0, len(longest) - 1), tuple(longest)


def _tokens(*names: str) -> Callable[[History], Measured]:
    def add(history: History) -> Measured:
        total: Counter[str] = Counter()
        ops = []
        for op in history:
            if op.kind == "ok" and (usage := op.data.get("usage")):
                total.update({name: int(usage[name]) for name in names})
                ops.append(op.index)
        return total.total(), tuple(ops)

    return add


def _duration(history: History) -> Measured:
    last = history[-1] if len(history) else None
    return (last.at_s, (last.index,)) if last is not None else (0.0, ())


METRICS: dict[str, Callable[[History], Measured]] = {
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


def metric(name: str) -> Callable[[History], Measured]:
    """The metric of that name."""
    if name not in METRICS:
        msg = f"there is no metric {name!r}; {nearest(name, METRICS)}"
        raise UnknownNameError(msg)
    return METRICS[name]
