"""Measures: one run in numbers, for reports, and what it cost to recover from faults."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from math import ceil, isfinite
from typing import Any, NamedTuple

from pytest_agentchaos.evidence.conduct.fate import went_wrong
from pytest_agentchaos.evidence.effects.ledger import ledger
from pytest_agentchaos.evidence.exchange import Exchange
from pytest_agentchaos.evidence.figures.metrics import Measured, Part, metric
from pytest_agentchaos.evidence.figures.prices import DEFAULT, Prices, prices
from pytest_agentchaos.evidence.figures.recovery import recoveries
from pytest_agentchaos.evidence.figures.spending import spendings
from pytest_agentchaos.evidence.figures.spread import spread
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.evidence.run import runs
from pytest_agentchaos.evidence.spans.join import due
from pytest_agentchaos.evidence.usage import Usage


class Latency(NamedTuple):
    """How long the calls of one tool took, as their caller saw it."""

    calls: int
    min_s: float
    median_s: float
    p95_s: float
    max_s: float
    spread: tuple[int, ...] = ()
    """Calls by how long they took, in the classes of ``figures.spread``, so that those of many trials can be added."""


class Effected(NamedTuple):
    """What was done to the world, of one effect."""

    done: int
    """Surely."""
    undone: int
    """Of those, surely undone again."""
    perhaps: int
    """Things that nobody knows whether they were done."""


@dataclass(frozen=True, slots=True)
class Measures:
    """The numbers of one history. What nobody knows is None."""

    outcome: str | None
    """How the last run ended; None if none has."""
    duration_s: float
    calls: int
    steps: int
    """Calls to models, tools and agents."""
    model_calls: int
    agent_calls: int
    tool_calls: Mapping[str, int]
    latency: Mapping[str, Latency]
    """By tool, of the calls that ended."""
    errors: Mapping[str, int]
    """By tool, calls that ended in one."""
    retries: int
    """The most that one call was repeated."""
    input_tokens: int | None
    output_tokens: int | None
    cached_tokens: int | None
    cost: float | None
    currency: str
    effects: Mapping[str, Effected]
    faults: Mapping[str, int]
    """How often each has acted."""
    recovery_s: float | None
    """From the last fault of the last run that met one to the end of that run."""
    untraced: Mapping[str, int] | None = None
    """By kind and name (``tool book``), calls of models, tools and agents that no span tells of; None: no spans."""
    traced: int = 0
    """So many calls a span had to tell of."""

    def to_data(self) -> dict[str, Any]:
        """As JSON."""
        return _plain(self)


@dataclass(frozen=True, slots=True)
class RecoveryCost:
    """What a run under faults took more than the same run without; less is negative, unknown is None."""

    seconds: float
    calls: int
    steps: int
    tokens: int | None
    cost: float | None
    effects: Mapping[str, int | None]
    """By effect, how many more of it stand in the end: done and not undone. 0 is what a good recovery leaves."""

    def to_data(self) -> dict[str, Any]:
        """As JSON."""
        return _plain(self)


def measure(history: History, *, prices: Prices | None = None) -> Measures:
    """The numbers of a history; the prices given, or else those of the history, make the cost."""
    part = Part(history, prices=prices)
    calls = history.calls()
    tools = [exchange for exchange in calls if exchange.call.kind == "tool"]
    tokens = _tokens(calls)
    ended = history.view(runs)
    recovered = [recovery.took_s for recovery in history.view(recoveries) if recovery.run is not None]
    return Measures(
        outcome=ended[-1].ending if ended else None,
        duration_s=metric("duration_s")(part).value,
        calls=len(calls),
        steps=_whole("steps", part),
        model_calls=_whole("model_calls", part),
        agent_calls=_whole("agent_calls", part),
        tool_calls=Counter(exchange.call.name for exchange in tools),
        latency=_latency(tools),
        errors=Counter(exchange.call.name for exchange in tools if went_wrong(exchange)),
        retries=_whole("retries", part),
        input_tokens=None if tokens is None else tokens.input_tokens,
        output_tokens=None if tokens is None else tokens.output_tokens,
        cached_tokens=None if tokens is None else tokens.cached_tokens,
        cost=_known(metric("cost")(part)),
        currency=_currency(history, prices),
        effects=_effects(history),
        faults=Counter(name for exchange in calls for name in exchange.faults),
        recovery_s=recovered[-1] if recovered else None,
        **_traced(history),
    )


def recovery_cost(with_fault: Measures, without: Measures) -> RecoveryCost:
    """What the faults made the same journey cost."""
    tokens = _tokens_of(with_fault), _tokens_of(without)
    costs = with_fault.cost, without.cost
    names = sorted({*with_fault.effects, *without.effects})
    is_comparable = with_fault.currency == without.currency
    return RecoveryCost(
        seconds=round(with_fault.duration_s - without.duration_s, 9),
        calls=with_fault.calls - without.calls,
        steps=with_fault.steps - without.steps,
        tokens=None if tokens[0] is None or tokens[1] is None else tokens[0] - tokens[1],
        cost=round(costs[0] - costs[1], 9) if is_comparable and costs[0] is not None and costs[1] is not None else None,
        effects={name: _more(with_fault.effects.get(name), without.effects.get(name)) for name in names},
    )


def _whole(name: str, part: Part) -> int:
    return int(metric(name)(part).value)


def _known(measured: Measured) -> float | None:
    return None if measured.unread or measured.why else measured.value


def _currency(history: History, given: Prices | None) -> str:
    listed = given or history.view(prices)
    return listed.currency if isinstance(listed, Prices) else DEFAULT.currency


def _tokens(calls: Iterable[Exchange]) -> Usage | None:
    """Of all calls; None if something was spent that nobody told."""
    usages = [spent.usage for spent in spendings(calls)]
    told = [usage for usage in usages if usage is not None]
    return Usage(*map(sum, zip(Usage(), *told, strict=True))) if len(told) == len(usages) else None


def _tokens_of(measures: Measures) -> int | None:
    into, out = measures.input_tokens, measures.output_tokens
    return None if into is None or out is None else into + out


def _latency(tools: Iterable[Exchange]) -> dict[str, Latency]:
    taken: dict[str, list[float]] = {}
    for exchange in tools:
        took_s = -1.0 if exchange.ended_s is None else exchange.ended_s - exchange.at_s
        if isfinite(took_s) and took_s >= 0:
            taken.setdefault(exchange.call.name, []).append(took_s)
    return {name: _spread(sorted(times)) for name, times in taken.items()}


def _spread(times: list[float]) -> Latency:
    """By nearest rank: each of these is the time of some call."""
    median, p95 = (times[ceil(len(times) * share) - 1] for share in (0.5, 0.95))
    return Latency(len(times), times[0], median, p95, times[-1], spread(times))


def _traced(history: History) -> dict[str, Any]:
    """What the trace does not show."""
    if history.mode == "trace" or not any(op.kind == "span" for op in history):
        return {}
    calls = history.view(due)
    untold = Counter(f"{one.exchange.call.kind} {one.exchange.call.name}" for one in calls if one.span is None)
    return {"untraced": untold, "traced": len(calls)}


def _effects(history: History) -> dict[str, Effected]:
    known = history.view(ledger)
    found = {name: Effected(0, 0, 0) for name in sorted(known.declared)}
    for entry in known.entries:
        done, undone, perhaps = found.get(entry.effect, Effected(0, 0, 0))
        is_undone = entry.sure and entry.undone_by is not None
        found[entry.effect] = Effected(done + entry.sure, undone + is_undone, perhaps + (not entry.sure))
    return found


def _more(one: Effected | None, other: Effected | None) -> int | None:
    first, second = one or Effected(0, 0, 0), other or Effected(0, 0, 0)
    if first.perhaps or second.perhaps:
        return None
    return (first.done - first.undone) - (second.done - second.undone)


def _plain(measures: Any) -> dict[str, Any]:
    """Mappings and named tuples as objects."""
    return {field.name: _value(getattr(measures, field.name)) for field in fields(measures)}


def _value(value: Any) -> Any:
    if isinstance(value, Latency):
        return value._asdict() | {"spread": list(value.spread)}
    if isinstance(value, Effected):
        return value._asdict()
    return {str(key): _value(item) for key, item in value.items()} if isinstance(value, Mapping) else value
