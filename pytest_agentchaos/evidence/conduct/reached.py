"""What is to have happened in some trial: conditions for ``agentchaos.sometimes("a retry succeeded", ...)``.

Each takes a history and says whether it shows that. They judge nothing: a trial in which none of them is true may be
right; a suite in which one never is has not tried what it is there to try.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Callable, Hashable, Iterator
from math import inf, isfinite

from pytest_agentchaos.errors import UsageError, explains_itself
from pytest_agentchaos.evidence.conduct.answer import is_there, must_be_path
from pytest_agentchaos.evidence.conduct.fate import concerns, identity, succeeded, went_wrong
from pytest_agentchaos.evidence.effects.ledger import ledger
from pytest_agentchaos.evidence.exchange import Exchange
from pytest_agentchaos.evidence.figures.recovery import recoveries
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.evidence.path import found
from pytest_agentchaos.evidence.run import finished, runs

__tracebackhide__ = explains_itself

Condition = Callable[[History], bool]


def retry_succeeded(history: History) -> bool:
    """A call failed, and the same call with the same arguments, made after that, worked."""
    failed: dict[Hashable, int] = {}
    for exchange in history.calls():
        key = identity(exchange)
        if key in failed and exchange.index > failed[key] and succeeded(exchange):
            return True
        if went_wrong(exchange) and exchange.end is not None:
            failed[key] = min(exchange.end, failed.get(key, exchange.end))
    return False


def fault_was_masked(history: History) -> bool:
    """A fault acted in a run, and the run completed all the same; how good its answer is, others judge."""
    return any(one.run is not None and one.run.ending == "completed" for one in history.view(recoveries))


def effect_was_undone(history: History) -> bool:
    """Something that was surely done to the world was surely undone again."""
    return any(entry.sure and entry.undone_by is not None for entry in history.view(ledger).entries)


def fallback_answered(primary: str, fallback: str) -> Condition:
    """A call of one thing failed, and later in the same run a call of the other worked: globs on names or targets."""
    globs: tuple[object, ...] = (primary, fallback)  # whatever the caller gave
    for glob in globs:
        if not isinstance(glob, str) or not glob:
            msg = f"fallback_answered({primary!r}, {fallback!r}): two globs are due; write ('gpt-5', 'claude-*')"
            raise UsageError(msg)

    def condition(history: History) -> bool:
        ends = [run.op for run in history.view(finished)]
        failed: dict[int, int] = {}
        for exchange in history.calls():
            run = bisect(ends, exchange.index)
            if (
                concerns(exchange, fallback)
                and succeeded(exchange)
                and failed.get(run, exchange.index) < exchange.index
            ):
                return True
            if concerns(exchange, primary) and went_wrong(exchange) and exchange.end is not None:
                failed[run] = min(exchange.end, failed.get(run, exchange.end))
        return False

    return condition


def partial_answer(*paths: str) -> Condition:
    """A run completed with something at some of these places of its answer, and nothing at others."""
    if len(paths) < 2:  # noqa: PLR2004 - less than two cannot be there in part
        msg = f"partial_answer{paths!r}: two places or more are due; write ('flights.*', 'hotels.*')"
        raise UsageError(msg)
    for path in paths:
        must_be_path(path, "partial_answer: path")

    def condition(history: History) -> bool:
        for run in history.view(runs):
            there = [any(map(is_there, found(run.answer, path))) for path in paths]
            if run.ending == "completed" and any(there) and not all(there):
                return True
        return False

    return condition


def breaker_opened(failures: int = 3, *, rest_s: float = 5.0) -> Condition:
    """A target failed so often in a row and was then left alone for so long, while calls to others went on.

    That it was a breaker that refused calls in between cannot be seen: nobody may have wanted to make one.
    """
    count: object = failures  # whatever the caller gave
    if not isinstance(count, int) or isinstance(count, bool) or count < 1 or not 0 <= rest_s < inf:
        msg = f"breaker_opened({failures!r}, rest_s={rest_s!r}): a whole number from 1 up and seconds are due"
        raise UsageError(msg)

    def condition(history: History) -> bool:
        rows: dict[str, int] = {}
        resting: dict[str, float] = {}  # target -> since when, the longest first
        for exchange, is_end in _moments(history):
            if exchange is None:
                rows, resting = {}, {}
                continue
            target = exchange.call.target
            if not is_end:
                resting.pop(target, None)
                if resting and exchange.at_s - next(iter(resting.values())) >= rest_s:
                    return True
            else:
                rows[target] = rows.get(target, 0) + 1 if went_wrong(exchange) else 0
                if rows[target] >= failures and exchange.ended_s is not None and isfinite(exchange.ended_s):
                    resting.pop(target, None)
                    resting[target] = exchange.ended_s
        return False

    return condition


def _moments(history: History) -> Iterator[tuple[Exchange | None, bool]]:
    """The beginnings and ends of calls in their order, and None where a run ends."""
    calls: dict[int, tuple[Exchange | None, bool]] = {run.op: (None, True) for run in history.view(runs)}
    for exchange in history.calls():
        calls[exchange.index] = (exchange, False)
        if exchange.end is not None:
            calls[exchange.end] = (exchange, True)
    return (calls[op] for op in sorted(calls))
