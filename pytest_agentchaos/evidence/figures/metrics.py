"""Numbers of a history, by name, each with the ops that it was counted from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from math import fsum, isfinite
from typing import NamedTuple

from pytest_agentchaos.errors import UnknownNameError, explains_itself, nearest
from pytest_agentchaos.evidence.call import Kind
from pytest_agentchaos.evidence.conduct.fate import identity, went_wrong
from pytest_agentchaos.evidence.exchange import Exchange
from pytest_agentchaos.evidence.figures.prices import Price, Prices, prices
from pytest_agentchaos.evidence.figures.spending import spendings
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.evidence.run import runs
from pytest_agentchaos.evidence.telling import enumerated, quoted

__tracebackhide__ = explains_itself


class Measured(NamedTuple):
    """A number and where it comes from."""

    value: float
    ops: tuple[int, ...] = ()
    unread: tuple[int, ...] = ()
    """Ops that should have contributed and say nothing: the true number is not smaller, but may be larger."""
    why: str = ""
    """What is to be done about those, where it is more than that they are silent."""


@dataclass(frozen=True, slots=True)
class Part:
    """The part of a history that is measured: calls by globs on their names, targets and calling agents."""

    history: History
    of: str = "*"
    target: str = "*"
    agent: str | None = None
    prices: Prices | None = None
    """None: those of the history, else the default ones."""

    @property
    def is_all(self) -> bool:
        """Whether nothing was asked to be left out."""
        return self.of == self.target == "*" and self.agent is None

    def calls(self, kind: Kind | None = None) -> tuple[Exchange, ...]:
        """The calls in it. A link to a database stands for a whole trial: nobody has called for it."""
        found = self.history.calls(self.of, kind=kind, target=self.target, agent=self.agent)
        return tuple(one for one in found if one.call.kind != "tcp") if kind is None else found


Metric = Callable[[Part], Measured]


def _calls(*kinds: Kind) -> Metric:
    def count(part: Part) -> Measured:
        ops = tuple(exchange.index for exchange in part.calls() if not kinds or exchange.call.kind in kinds)
        return Measured(len(ops), ops)

    return count


def _sent(part: Part) -> Iterable[Exchange]:
    """The calls whose repetition says something: MCP's handshakes are made once a connection."""
    return (exchange for exchange in part.calls() if exchange.call.kind != "rpc")


def _retries(part: Part) -> Measured:
    """The most that one call was repeated with the same arguments."""
    groups: dict[Hashable, list[int]] = {}
    for exchange in _sent(part):
        groups.setdefault(identity(exchange), []).append(exchange.index)
    longest = max(groups.values(), key=len, default=[])
    return Measured(max(0, len(longest) - 1), tuple(longest))


def _amplification(part: Part) -> Measured:
    """How often a distinct call was sent on average: every attempt, and every further delivery of one."""
    sent: Counter[Hashable] = Counter()
    first: dict[Hashable, int] = {}
    repeated: list[int] = []
    for exchange in _sent(part):
        key = identity(exchange)
        sent[key] += max(1, exchange.delivered)
        if first.setdefault(key, exchange.index) != exchange.index or exchange.delivered > 1:
            repeated.append(exchange.index)
    return Measured(sent.total() / len(sent), tuple(repeated)) if sent else Measured(0)


def _tokens(*names: str) -> Metric:
    def add(part: Part) -> Measured:
        total, counted, silent = 0, [], []
        for spent in spendings(part.calls("model")):
            if spent.usage is None:
                silent.append(spent.op)
            else:
                total += sum(getattr(spent.usage, name) for name in names)
                counted.append(spent.op)
        return Measured(total, tuple(counted), tuple(silent))

    return add


def _cost(part: Part) -> Measured:
    """What the models were paid, in the currency of the prices."""
    listed = part.prices or part.history.view(prices)
    if isinstance(listed, str):
        return Measured(0, why=f"the history's prices cannot be read: {listed}")
    known: dict[str, Price | None] = {}
    paid, counted, silent, unpriced = [], [], [], dict[str, None]()
    for spent in spendings(part.calls("model")):
        model = spent.model
        if model not in known:
            known[model] = listed.price(model)
        price = known[model]
        if spent.usage is None or price is None:
            silent.append(spent.op)
            unpriced.update({model: None} if price is None else {})
        else:
            paid.append(price.of(spent.usage))
            counted.append(spent.op)
    return Measured(round(fsum(paid), 9), tuple(counted), tuple(silent), _without_price(tuple(unpriced)))


def _without_price(models: tuple[str, ...]) -> str:
    if not models:
        return ""
    return (
        f"there is no price for {enumerated(models, 3)}: give prices={{{quoted(models[0])}: [input, output, cached]}},"
        f" for a million tokens"
    )


def _duration(part: Part) -> Measured:
    """Of all: until the last run ended, or else the last thing happened. Of a part: from its first call to its last."""
    if not part.is_all:
        return _duration_of(part.calls())
    history = part.history
    ended = history.view(runs)
    times = [(op.at_s, op.index) for op in history]
    begun = any(op.kind == "invoke" for op in history[ended[-1].op :]) if ended else True
    return _latest(times if begun else [(ended[-1].at_s, ended[-1].op)], 0.0)


def _duration_of(calls: tuple[Exchange, ...]) -> Measured:
    began_s = min((exchange.at_s for exchange in calls if isfinite(exchange.at_s)), default=0.0)
    last = _latest([(exchange.ended_s or 0.0, exchange.end) for exchange in calls if exchange.end is not None], began_s)
    return last._replace(unread=last.unread + tuple(exchange.index for exchange in calls if exchange.end is None))


def _latest(times: list[tuple[float, int]], began_s: float) -> Measured:
    """A clock that shows no number (in a damaged history) says nothing."""
    unread = tuple(op for at_s, op in times if not isfinite(at_s))
    last_s, op = max((one for one in times if isfinite(one[0])), default=(began_s, None))
    return Measured(max(0.0, last_s - began_s), () if op is None else (op,), unread)


def _concurrent(part: Part) -> Measured:
    """The most calls that were open at one moment; one that waits for others (a call of an agent) is open besides."""
    calls = part.calls()
    edges = [(exchange.index, 1) for exchange in calls]
    edges += [(exchange.end, -1) for exchange in calls if exchange.end is not None]
    now = most = when = 0
    for op, change in sorted(edges):
        now += change
        if now > most:
            most, when = now, op
    ops = (one.index for one in calls if one.index <= when and (one.end is None or one.end > when))
    return Measured(most, tuple(ops))


def _errors(part: Part) -> Measured:
    """Calls that ended without what was asked for."""
    ops = tuple(exchange.index for exchange in part.calls() if went_wrong(exchange))
    return Measured(len(ops), ops)


METRICS: dict[str, Metric] = {
    "calls": _calls(),
    "steps": _calls("model", "tool", "agent"),
    "model_calls": _calls("model"),
    "tool_calls": _calls("tool"),
    "agent_calls": _calls("agent"),
    "retries": _retries,
    "amplification": _amplification,
    "errors": _errors,
    "concurrent_calls": _concurrent,
    "tokens": _tokens("input_tokens", "output_tokens"),
    "input_tokens": _tokens("input_tokens"),
    "output_tokens": _tokens("output_tokens"),
    "cost": _cost,
    "duration_s": _duration,
}


def metric(name: str) -> Metric:
    """The metric of that name."""
    found = METRICS.get(str(name))
    if found is None:
        msg = f"there is no metric {name!r}; {nearest(str(name), METRICS)}"
        raise UnknownNameError(msg)
    return found
