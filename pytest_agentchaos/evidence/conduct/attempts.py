"""Attempts: calls that are one call to whoever makes them, made again because it failed; and when one is in trouble.

A series cannot be seen where an attempt changes its arguments (an attempt number in a key makes it another call), and
where it was an answer that its caller could not use: on the wire that one was a success.
"""

from __future__ import annotations

import re
from bisect import bisect
from collections import deque
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import isfinite
from typing import Any, Final, Literal, TypeGuard

from pytest_agentchaos.evidence.conduct.fate import identity, under_way, went_wrong
from pytest_agentchaos.evidence.exchange import Exchange
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.evidence.op import Op
from pytest_agentchaos.evidence.run import LEFT_DOWN, left_down, runs

RESOLUTION_S: Final = 2e-6
"""Two times that differ by less may be one: a saved history keeps microseconds."""
_BACKWARDS_S: Final = 0.1
"""In live mode, threads write what they saw a little out of order."""
_LARGEST: Final = 1e300
"""JSON may hold whole numbers with which no float can be added."""
_SERVER_ERRORS: Final = 500
_TRANSIENT: Final = frozenset({408, 429})
_GAVE_UP: Final = ("CancelledError", "Cancelled:", "the client gave up")
_REFUSED: Final = ("ConnectionRefusedError", "ConnectError")
_SEPARATORS: Final = re.compile(r"__|[./:]")

Per = Literal["target", "name", "call"]


@dataclass(frozen=True, slots=True)
class Series:
    """One call and its repetitions: each was made after the one before had failed, by the same agent in the same run.

    Equal calls that were under way together are several series, and so is a call that a model has asked for anew.
    """

    attempts: tuple[Exchange, ...]
    sure: bool = True
    """False: several equal calls had failed, and nobody can tell which of them was made again."""

    @property
    def pauses_s(self) -> tuple[float, ...]:
        """From the end of each attempt to the beginning of the next."""
        return tuple(max(0.0, later.at_s - ended_s(earlier)) for earlier, later in pairwise(self.attempts))


def series(history: History) -> tuple[Series, ...]:
    """All calls as series, most of them of one attempt; ask by ``history.view(series)``."""
    run_ends = [run.op for run in history.view(runs)]
    groups: dict[Hashable, list[Exchange]] = {}
    for exchange in history.calls():
        groups.setdefault((identity(exchange), bisect(run_ends, exchange.index)), []).append(exchange)
    asked = _asked(history)
    found: list[Series] = []
    for group in groups.values():
        found += (Series((group[0],)),) if len(group) == 1 else _chained(group, asked.get(group[0].call.name, ()))
    return tuple(sorted(found, key=lambda one: one.attempts[0].index))


def in_trouble(exchange: Exchange) -> bool:
    """Whether it failed in a way that speaks of the callee's health, or of the way there: no answer, 408, 429 or 5xx.

    A tool that refuses is well, and so is a function that raises an error of its own. That its caller stopped waiting
    says something only where a fault had acted on the call.
    """
    if exchange.ending == "ok":
        status = exchange.data.get("status")
        return isinstance(status, int) and (status >= _SERVER_ERRORS or status in _TRANSIENT)
    if exchange.ending == "open":
        return False
    if exchange.fault_ops:
        return "tool_failure" not in exchange.faults
    error = str(exchange.data.get("error"))
    if error.startswith(_GAVE_UP):
        return False
    return exchange.ending == "info" or exchange.call.wire != "function" or error.startswith(_REFUSED)


def gave_up(exchange: Exchange) -> bool:
    """Whether it ended because its caller stopped waiting, for whatever reason."""
    return exchange.ending == "info" and str(exchange.data.get("error")).startswith(_GAVE_UP)


def place(exchange: Exchange, per: Per) -> str:
    """What has a limit, or a breaker, of its own: a host; a tool, path or model there; or one call with its arguments.

    Models always have their own, and so has what a protocol says to keep a connection (kind ``rpc``).
    """
    call = exchange.call
    if per == "call":
        agent = "/".join(map(str, call.agent))
        return f"{agent + ' -> ' if agent else ''}{call.kind} {call.name} @ {call.target} #{exchange.site.digest}"
    if per == "name" or call.kind in {"model", "rpc"}:
        return f"{call.name} @ {call.target}"
    return str(call.target)


def moments(history: History) -> tuple[tuple[int, Exchange], ...]:
    """Each call twice, where it begins and where it ends, in the order of the ops: (op, call)."""
    begun = [(exchange.index, exchange) for exchange in history.calls()]
    ended = [(exchange.end, exchange) for exchange in history.calls() if exchange.end is not None]
    return tuple(sorted(begun + ended, key=lambda moment: moment[0]))


def wrong_clock(history: History) -> tuple[str, tuple[int, ...]] | None:
    """Why nothing can be said about times, and the ops that show it; None if all is well with the clock."""
    latest: Op | None = None
    for op in history:
        if op.kind not in {"invoke", "ok", "fail", "info"}:
            continue
        if not isfinite(op.at_s):
            return f"op {op.index} happened at {op.at_s} s, which is no time", (op.index,)
        if latest is not None and op.at_s < latest.at_s - _BACKWARDS_S:
            reason = f"the clock went back: op {latest.index} is at {seconds(latest.at_s)}, op {op.index} after it at"
            return f"{reason} {seconds(op.at_s)}", (latest.index, op.index)
        if latest is None or op.at_s > latest.at_s:
            latest = op
    return None


def missing_end(history: History) -> tuple[str, tuple[int, ...]] | None:
    """Why more calls may have been made than are told of, and the ops that show it; None if the history is whole."""
    if not history.view(runs):
        return "no run has ended: the history was cut short, or agentchaos.run(...) was not called", ()
    if (down := left_down(history)) is not None:
        return LEFT_DOWN, (down.op,)
    if calls := history.view(under_way):
        return f"the history was cut short: it ends while {len(calls)} calls are under way", calls
    return None


def is_quantity(value: object) -> TypeGuard[float]:
    """Whether it is a finite number from 0 up."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= _LARGEST


def seconds(value: float) -> str:
    """A time in words: ``0.25 s``."""
    return f"{round(value, 3):.10g} s"


def last_op(exchange: Exchange) -> int:
    """The op that ended it; the one with which it began if nothing did."""
    return exchange.index if exchange.end is None else exchange.end


def ended_s(exchange: Exchange) -> float:
    """When it ended; when it began if it did not."""
    return exchange.at_s if exchange.ended_s is None else exchange.ended_s


@dataclass(slots=True)
class _Chain:
    """A series in the making."""

    attempts: list[Exchange]
    sure: bool = True


def _chained(group: Sequence[Exchange], asked: Sequence[int]) -> Iterator[Series]:
    """The series among equal calls. Of those that have failed, the one that waits longest is made again first."""
    failures = deque(sorted((one for one in group if went_wrong(one) and one.end is not None), key=last_op))
    chains: list[_Chain] = []
    chain_of: dict[int, _Chain] = {}
    waiting: deque[_Chain] = deque()
    mixed = -1
    for exchange in group:
        while failures and last_op(failures[0]) < exchange.index:
            waiting.append(chain_of[failures.popleft().index])
        position = bisect(asked, exchange.index)
        anew = asked[position - 1] if position else -1
        while waiting and last_op(waiting[0].attempts[-1]) < anew:
            waiting.popleft()
        if waiting:
            chain = waiting.popleft()
            mixed = exchange.index if waiting else mixed
            chain.sure = chain.sure and last_op(chain.attempts[-1]) > mixed
            chain.attempts.append(exchange)
        else:
            chain = _Chain([exchange])
            chains.append(chain)
        chain_of[exchange.index] = chain
    return (Series(tuple(chain.attempts), chain.sure) for chain in chains)


def _asked(history: History) -> dict[str, list[int]]:
    """Tool -> the ops with which a model asked for it; a name that a framework put words before counts as well."""
    asked: dict[str, list[int]] = {}
    for exchange in history.calls(kind="model"):
        wishes: Any = exchange.data.get("tool_calls")
        if exchange.end is None or not isinstance(wishes, (list, tuple)):
            continue
        for wish in wishes:
            name = wish.get("name") if isinstance(wish, Mapping) else None
            if isinstance(name, str):
                for known in {name, _SEPARATORS.split(name)[-1]}:
                    asked.setdefault(known, []).append(exchange.end)
    for ops in asked.values():
        ops.sort()
    return asked
