"""No progress loop: nobody does again and again what has told them nothing new."""

from __future__ import annotations

import json
from bisect import bisect
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from pytest_agentchaos.errors import UsageError, explains_itself
from pytest_agentchaos.evidence.conduct.fate import identity, succeeded, under_way
from pytest_agentchaos.evidence.exchange import Exchange
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.evidence.run import LEFT_DOWN, crashed, left_down, runs
from pytest_agentchaos.evidence.telling import counted, listed, quoted
from pytest_agentchaos.evidence.verdict import Status, Verdict
from pytest_agentchaos.invariants.registry import register

__tracebackhide__ = explains_itself

_KINDS = frozenset({"model", "tool", "agent", "http"})
_CYCLES = (2, 3)
_UNREAD = object()
"""The result of a reply that was too large, or too strange, to be read."""


class _Loop(NamedTuple):
    status: Status
    reason: str
    ops: tuple[int, ...]


@register
@dataclass(frozen=True, slots=True)
class no_progress_loop:
    """Promises that what told nothing new is not done again and again; it cannot see loops that change what they ask.

    No call is repeated with the same arguments after it has succeeded with the same result: repeating after a failure,
    or after an answer that a fault had changed, is no loop, and neither is asking for a result that changes. And nobody
    goes round in a circle: two or three agents that hand over to one another, or turns in which a model asks for the
    same tools with the same arguments, while those of them that crossed a wire told the same. MCP's own messages
    (handshakes, listings) are not judged.
    """

    repeats: int = 3
    """How often a call may be repeated after it has told that result first."""
    rounds: int = 3
    """As many rounds of two or three make a circle."""
    except_for: Sequence[str] = ()
    """Globs on names of calls that may be repeated: a health check, a clock."""

    def __post_init__(self) -> None:
        for name, least in (("repeats", 0), ("rounds", 2)):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < least:
                msg = f"no_progress_loop({name}={quoted(value)}): a whole number from {least} up is due; write 3"
                raise UsageError(msg)
        except_for: object = self.except_for  # whatever the caller gave
        if not isinstance(except_for, (list, tuple)) or not all(isinstance(glob, str) for glob in except_for):
            told = quoted(self.except_for)
            msg = f"no_progress_loop(except_for={told}): a list of globs is due; write ['get_time', 'poll_*']"
            raise UsageError(msg)

    @property
    def name(self) -> str:
        """What a verdict calls it."""
        return f"no_progress_loop({self.repeats}, {self.rounds})"

    def check(self, history: History) -> Verdict:
        """Look for calls, turns and agents that come again."""
        ignored = {name for name in {one.call.name for one in history.calls()} if self._may_repeat(name)}
        calls = [one for one in history.calls() if one.call.kind in _KINDS and one.call.name not in ignored]
        if not calls:
            reason = "no call of a model, a tool or an agent was seen, so nothing could go round"
            return Verdict(self.name, "unknown", reason)
        ends = [run.op for run in history.view(crashed)]
        loops = [loop for life in _lives(calls, ends) for loop in self._loops(life)]
        for status in ("fail", "unknown"):
            for loop in loops:
                if loop.status == status:
                    return Verdict(self.name, loop.status, loop.reason, loop.ops)
        if going_on := history.view(under_way):
            reason = f"{counted(len(calls), 'call')} and no loop so far, but some are open and no run has ended since"
            return Verdict(self.name, "unknown", reason, going_on)
        if not history.view(runs):
            reason = f"{counted(len(calls), 'call')} and no loop so far, and no run has ended: there may be more"
            return Verdict(self.name, "unknown", reason)
        if (down := left_down(history)) is not None:
            return Verdict(self.name, "unknown", f"no loop so far: {LEFT_DOWN}", (down.op,))
        return Verdict(self.name, "pass", f"{counted(len(calls), 'call')}, none of them in a loop")

    def _loops(self, calls: Sequence[Exchange]) -> Iterator[_Loop]:
        yield from self._repeated(calls)
        yield from self._turns(calls)
        yield from self._handed_round(calls)

    def _may_repeat(self, name: str) -> bool:
        return any(fnmatchcase(name, glob) for glob in self.except_for)

    def _repeated(self, calls: Iterable[Exchange]) -> Iterator[_Loop]:
        """Calls that were made again though they had told the same before."""
        known: dict[Hashable, _Row] = {}
        for exchange in calls:
            if exchange.end is None or not _told(exchange):
                continue
            row = known.setdefault(identity(exchange), _Row())
            if exchange.index < row.end:
                continue  # begun before the other had told anything: several at once, and no repetition
            result = _result(exchange.data)
            if not _same(result, row.result):
                row.ops = []
            row.ops.append(exchange.index)
            row.result, row.end = result, exchange.end
            if len(row.ops) == self.repeats + 2:
                call = exchange.call
                what = "replies that nobody could read" if _UNREAD in result else "the same result each time"
                reason = f"{call.kind} {quoted(call.name)} was called {len(row.ops)} times with the same arguments"
                yield _Loop("unknown" if _UNREAD in result else "fail", f"{reason}, with {what}", tuple(row.ops))

    def _turns(self, calls: Iterable[Exchange]) -> Iterator[_Loop]:
        """Turns of a model that ask for what was asked before, per agent."""
        lanes: dict[tuple[str, ...], list[_Turn]] = {}
        for exchange in calls:
            lane = lanes.setdefault(exchange.call.agent, [])
            if exchange.call.kind == "model":
                lane.append(_Turn(exchange.index, _asked(exchange) if _told(exchange) else []))
            elif lane:
                lane[-1].add(exchange)
        for lane in lanes.values():
            for turns, cycle in _circles(lane, _Turn.repeats, {1: self.repeats + 2, **self._lengths()}):
                asked = [_told_asked(turn.asked) for turn in turns[:cycle]]
                reason = f"a model asked {len(turns) // cycle} times in a row for {listed(asked, len(asked))}"
                yield _Loop("fail", f"{reason}, which told it nothing new", tuple(turn.op for turn in turns))

    def _handed_round(self, calls: Iterable[Exchange]) -> Iterator[_Loop]:
        """Agents that hand over to one another in a circle."""
        chains: list[list[Exchange]] = []
        for exchange in calls:
            if exchange.call.kind == "agent" and exchange.call.agent:
                if not chains or chains[-1][-1].call.name != exchange.call.agent[-1]:
                    chains.append([])
                chains[-1].append(exchange)
        for chain in chains:
            for ring, cycle in _circles(chain, _same_step, self._lengths()):
                agents = [quoted(one.call.agent[-1]) for one in ring[:cycle]]
                reason = f"{', '.join(agents)} handed over to one another {len(ring) // cycle} times round"
                yield _Loop("fail", reason, tuple(one.index for one in ring))

    def _lengths(self) -> dict[int, int]:
        return {cycle: cycle * self.rounds for cycle in _CYCLES}


def _lives(calls: Iterable[Exchange], ends: Sequence[int]) -> Iterator[list[Exchange]]:
    """The calls of each process of the system: one that was started anew has to ask again."""
    lives: dict[int, list[Exchange]] = {}
    for exchange in calls:
        lives.setdefault(bisect(ends, exchange.index), []).append(exchange)
    yield from lives.values()


@dataclass(slots=True)
class _Row:
    """What a call has told last, and the calls in a row that told it."""

    result: Any = None
    ops: list[int] = field(default_factory=list)
    end: int = -1


@dataclass(slots=True)
class _Turn:
    """What a model asked for in one turn, and what came of it as far as the wires show."""

    op: int
    asked: list[tuple[Any, Any]]
    came: dict[Hashable, Any] = field(default_factory=dict)
    is_new: bool = False
    """Whether something failed, was changed by a fault or could not be read: then asking again is no loop."""

    def add(self, exchange: Exchange) -> None:
        """A call that was made before the next turn."""
        result = _result(exchange.data)
        self.is_new = self.is_new or not _told(exchange) or _UNREAD in result
        self.came[identity(exchange)] = result

    def repeats(self, other: _Turn) -> bool:
        """Whether this turn asked for the same, and was told the same."""
        if not self.asked or self.is_new or other.is_new:
            return False
        return _same(self.asked, other.asked) and _same(self.came, other.came)


def _circles(items: list[Any], same: Callable[[Any, Any], bool], wanted: Mapping[int, int]) -> Iterator[Any]:
    """Stretches of so many items in which each is the same as the one a cycle before: (items, cycle)."""
    for cycle, length in wanted.items():
        run = cycle
        for place in range(cycle, len(items)):
            run = run + 1 if same(items[place], items[place - cycle]) else cycle
            varies = cycle == 1 or any(not same(items[place - k], items[place - k - 1]) for k in range(cycle - 1))
            if run >= length and varies:
                yield items[place + 1 - length : place + 1], cycle
                break


def _same_step(one: Exchange, other: Exchange) -> bool:
    return (one.call.agent[-1], one.call.name) == (other.call.agent[-1], other.call.name)


def _told(exchange: Exchange) -> bool:
    """Whether it got an answer that is no error, and that no fault has changed or made up."""
    if not succeeded(exchange):
        return False
    said = _result(exchange.data)
    return not exchange.fault_ops or any(_same(_result(op.data), said) for op in exchange.deliveries)


def _result(data: Mapping[str, Any]) -> tuple[Any, Any]:
    return data.get("result", _UNREAD), data.get("tool_calls")


def _same(one: Any, other: Any) -> bool:
    try:
        return bool(one == other)
    except RecursionError:  # a value nested deeper than Python compares
        return False


def _asked(exchange: Exchange) -> list[tuple[Any, Any]]:
    """The tools that a reply asks for, each with its arguments."""
    calls = exchange.data.get("tool_calls")
    items = calls if isinstance(calls, (list, tuple)) else ()
    return [(item.get("name"), _meaning(item.get("arguments"))) for item in items if isinstance(item, Mapping)]


def _meaning(arguments: Any) -> Any:
    """Two texts that are the same JSON ask for the same."""
    try:
        return json.loads(arguments)
    except (ValueError, TypeError, RecursionError):
        return arguments


def _told_asked(asked: Sequence[tuple[Any, Any]]) -> str:
    return " and ".join(f"{name} {quoted(arguments)}" for name, arguments in asked[:3])
