"""A timeline, drawn up from a history and the result of its trial."""

from __future__ import annotations

from collections.abc import Collection
from math import isfinite

from pytest_agentchaos.evidence.effects.ledger import ledger
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.evidence.result import Result
from pytest_agentchaos.evidence.row import row
from pytest_agentchaos.evidence.run import finished
from pytest_agentchaos.reporting.lanes.calls import bar, known
from pytest_agentchaos.reporting.lanes.cast import cast
from pytest_agentchaos.reporting.lanes.folding import LIMIT, folded
from pytest_agentchaos.reporting.lanes.marks import marks
from pytest_agentchaos.reporting.lanes.parting import parting
from pytest_agentchaos.reporting.lanes.texts import gist, shortened, told
from pytest_agentchaos.reporting.timeline import Bar, Mark, Timeline

_REASON = 600
_RULE = 200


def timeline(  # noqa: PLR0913 - all but the trial itself may be left out
    history: History,
    result: Result,
    *,
    replay: str = "",
    golden: History | None = None,
    golden_trial: str = "",
    limit: int = LIMIT,
) -> Timeline:
    """One trial, to be drawn.

    ``golden`` is the history of the same journey without faults, ``golden_trial`` the name of its trial; of more calls
    than ``limit`` those are told together to which nothing happened.
    """
    people = cast(history)
    evidence = _evidence(history, result)
    keys = dict(_keys(history))
    knowledge = known(history, people, keys, evidence)
    bars = [bar(exchange, knowledge) for exchange in history.calls()]
    drawn, folds = folded(bars, _changing(marked := marks(history, people, evidence)), limit)
    shown = {one.op for one in drawn}
    line = row(0, 0, result.to_data())
    ended = history.view(finished)
    tokens, cost = _sums(bars)
    return Timeline(
        trial=result.trial,
        title=gist(_title(line.scenario, line.journey)),
        status=result.status,
        why=shortened(told(result.why), 2 * _REASON),
        schedule=tuple(shortened(told(rule), _RULE) for rule in line.schedule.split("; ") if rule),
        lanes=people.lanes,
        bars=tuple(drawn),
        marks=tuple(mark for mark in marked if mark.of is None or mark.of in shown),
        verdicts=tuple(
            (gist(one.invariant), one.status, shortened(told(one.reason), _REASON), tuple(one.ops))
            for one in result.verdicts
        ),
        length=len(history),
        duration_s=_duration_s(history),
        replay=replay,
        ended=result.ended or (ended[-1].ended if ended else ""),
        answer=told(ended[-1].answer if ended else None),
        left_out=sum(fold.calls for fold in folds),
        tokens=tokens,
        cost=cost,
        currency=knowledge.prices.currency if knowledge.prices and cost is not None else "",
        golden=golden_trial,
        folds=folds,
        parting=None if golden is None else parting(history, golden),
        user=people.user,
    )


def _title(scenario: str, journey: str) -> str:
    """A test's address begins with its file, which is its scenario."""
    parts = [journey] if scenario and journey.startswith(f"{scenario}::") else [scenario, journey]
    return " · ".join(filter(None, parts))


def _evidence(history: History, result: Result) -> frozenset[int]:
    """The ops that verdicts point at which do not hold; if all hold that can be known, those of the others."""
    for status in ("fail", "unknown"):
        ops = [op for one in result.verdicts if one.status == status for op in one.ops if type(op) is int]
        if ops:
            known_ops = [op for op in ops if 0 <= op < len(history)]
            calls = (history[op].of for op in known_ops if history[op].kind == "effect")
            return frozenset([*known_ops, *(op for op in calls if op is not None)])
    return frozenset()


def _keys(history: History) -> list[tuple[int, tuple[str, ...]]]:
    """Of each call that did something, the arguments that name what it did."""
    told_by = history.view(ledger)
    return [
        (op, tuple(field.removeprefix("arguments.") for field in told_by.fields.get(entry.effect, ())))
        for entry in told_by.entries
        for op in entry.ops
    ]


def _changing(marked: Collection[Mark]) -> set[int]:
    return {mark.of for mark in marked if mark.kind == "effect" and mark.of is not None}


def _duration_s(history: History) -> float:
    times = [op.at_s for op in history if isfinite(op.at_s)]
    return max(times, default=0.0)


def _sums(bars: Collection[Bar]) -> tuple[int | None, float | None]:
    models = [one for one in bars if one.kind == "model"]
    tokens = [sum(one.tokens) for one in models if one.tokens is not None]
    costs = [one.cost for one in models if one.cost is not None]
    return (sum(tokens) if tokens else None), (sum(costs) if costs and len(costs) == len(tokens) else None)
