"""A history: everything that crossed the wires in one run, in order, append-only.

One that goes on for days is read from its beginning while it goes on, by :meth:`History.take`: what was taken is let
go of, and later ops keep their indices.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, TypeVar, overload

from pytest_agentchaos.evidence import lines
from pytest_agentchaos.evidence.call import Call, Kind
from pytest_agentchaos.evidence.call_sorts import CallSorts
from pytest_agentchaos.evidence.canonical import encode
from pytest_agentchaos.evidence.exchange import Exchange, exchanges
from pytest_agentchaos.evidence.op import ENDINGS, NOTHING, Op, OpKind
from pytest_agentchaos.evidence.site import SiteCounter

T = TypeVar("T")
Pending = Callable[[int], Op]
"""An op that nobody has looked at yet: reading bodies can wait until somebody does."""


class History:
    """Append, iterate, save, load, compare."""

    def __init__(self, *, mode: str = "sim", seed: int = 0) -> None:
        self.mode = mode
        self.seed = seed
        self.begun = 0
        """How many calls have begun; known without reading anything."""
        self.told: Callable[[], None] | None = None
        """Called when something was added, by whoever added it."""
        self._entries: list[Op | Pending] = []
        self._gone = 0
        """How many ops stood before these, and were let go of."""
        self._gone_calls = CallSorts()
        self._under_way: dict[int, Op] = {}
        """Beginnings of calls that were let go of before the calls ended."""
        self._read = 0
        self._sites = SiteCounter()
        self._views: dict[Callable[[History], Any], tuple[int, Any]] = {}
        self._lock = threading.RLock()  # in live mode several threads write; reading an object may call into a wire

    def append(  # noqa: PLR0913 - the fields of one op, all by keyword but the first
        self,
        kind: OpKind,
        *,
        at_s: float,
        wall_s: float = 0.0,
        of: int | None = None,
        call: Call | None = None,
        data: Mapping[str, Any] = NOTHING,
    ) -> int:
        """Write one op and say its index."""
        with self._lock:
            index = self._gone + len(self._entries)
            self.begun += kind == "invoke"
            self._entries.append(Op(index, kind, at_s, wall_s, of, call, None, data))
        if self.told is not None:
            self.told()
        return index

    def defer(self, op: Pending) -> None:
        """Write one op that is read when somebody looks."""
        with self._lock:
            self._entries.append(op)
        if self.told is not None:
            self.told()

    def defer_invoke(self, op: Pending) -> None:
        """The same for an op with which a call begins."""
        with self._lock:
            self.begun += 1
            self._entries.append(op)
        if self.told is not None:
            self.told()

    @property
    def held(self) -> int:
        """How many ops are in memory."""
        return len(self._entries)

    def take(self) -> tuple[list[Op], list[Op]]:
        """Let go of the ops in memory. Gives the beginnings, taken before, of their calls; and the ops.

        While a call is under way, its beginning can still be asked for.
        """
        with self._lock:
            taken, under_way = self._ops(), self._under_way
            before = {op.of: under_way[op.of] for op in taken if op.of in under_way}
            self._entries = []
            self._read = 0
            self._gone += len(taken)
            for op in taken:
                if op.kind == "invoke":
                    self._under_way[op.index] = op
                    self._gone_calls.add(op)
                elif op.kind in ENDINGS and op.of is not None:
                    self._under_way.pop(op.of, None)
            self._sites.let_go()
        return [*before.values()], taken

    def recall(self, ops: Sequence[Op]) -> None:
        """All that was taken is here again."""
        with self._lock:
            self._entries[:0] = ops
            self._read += len(ops)
            self._gone -= len(ops)
            self._under_way.clear()
            self._gone_calls = CallSorts()

    def sorts(self) -> CallSorts:
        """Which calls were made, those included that were let go of."""
        with self._lock:
            sorts = self._gone_calls.copy()
            for op in self._ops():
                sorts.add(op)
        return sorts

    def _ops(self) -> list[Op]:
        """All ops in memory, reading those that were deferred and giving every call its site."""
        with self._lock:
            entries = self._entries
            while self._read < len(entries):
                index = self._read
                entry = entries[index]
                op = entry if isinstance(entry, Op) else entry(self._gone + index)
                if op.call is not None and op.site is None:
                    op = replace(op, site=self._sites.site(op.call))
                entries[index] = op
                self._read = index + 1
        return entries  # type: ignore[return-value]  # every entry was read above

    def __len__(self) -> int:
        return self._gone + len(self._entries)

    def __iter__(self) -> Iterator[Op]:
        with self._lock:
            ops = self._ops()
            return iter([*self._under_way.values(), *ops] if self._under_way else ops)

    @overload
    def __getitem__(self, index: int) -> Op: ...
    @overload
    def __getitem__(self, index: slice) -> list[Op]: ...
    def __getitem__(self, index: int | slice) -> Op | list[Op]:
        if not self._gone:
            return self._ops()[index]
        return self._of_the_rest(index)

    def _of_the_rest(self, index: int | slice) -> Op | list[Op]:
        """The same once the beginning was let go of."""
        with self._lock:
            ops, total = self._ops(), len(self)
            if isinstance(index, slice):
                start, stop, step = index.indices(total)
                return [ops[at - self._gone] for at in range(start, stop, step) if at >= self._gone]
            at = index + total if index < 0 else index
            if at in self._under_way:
                return self._under_way[at]
            if not self._gone <= at < total:
                msg = f"op {index} of {total}: the first {self._gone} were let go of"
                raise IndexError(msg)
            return ops[at - self._gone]

    def view(self, build: Callable[[History], T]) -> T:
        """What ``build`` makes of the history: made once for as long as nothing is added, whoever asks."""
        length = len(self)
        kept = self._views.get(build)
        if kept is None or kept[0] != length:
            kept = self._views[build] = (length, build(self))
        made: T = kept[1]
        return made

    def calls(
        self, name: str = "*", *, kind: Kind | None = None, target: str = "*", agent: str | None = None
    ) -> tuple[Exchange, ...]:
        """The calls whose name matches a glob, in order of their invocation."""
        found = self.view(exchanges)
        if kind is not None:
            found = tuple(exchange for exchange in found if exchange.call.kind == kind)
        if name != "*":
            found = tuple(exchange for exchange in found if fnmatchcase(exchange.call.name, name))
        if target != "*":
            found = tuple(exchange for exchange in found if fnmatchcase(exchange.call.target, target))
        if agent is not None:
            found = tuple(exchange for exchange in found if exchange.call.is_made_by(agent))
        return found

    def digest(self) -> str:
        """A digest of the content without what no two runs share (wall time; in live mode, all time)."""
        hasher = hashlib.sha256()
        for op in self._ops():
            hasher.update(encode(lines.comparable(op, self.mode)))
        return hasher.hexdigest()

    def to_jsonl(self) -> str:
        """One line for the run, then one for each op; secrets are hidden."""
        return "".join(lines.write(self._ops(), mode=self.mode, seed=self.seed))

    def save(self, path: Path | str) -> None:
        """Write it as a file."""
        Path(path).write_bytes(encode(self.to_jsonl()))

    @classmethod
    def from_jsonl(cls, text: str, *, source: str = "history") -> History:
        """Read what :meth:`to_jsonl` wrote; a damaged line is named."""
        return cls._from_lines(text.split("\n"), source)

    @classmethod
    def load(cls, path: Path | str) -> History:
        """Read a file that :meth:`save` wrote."""
        return cls._from_lines(Path(path).read_bytes().split(b"\n"), str(path))

    @classmethod
    def _from_lines(cls, text: Sequence[str | bytes], source: str) -> History:
        head, ops = lines.read(text, source)
        return cls.of(ops, mode=str(head.get("mode", "sim")), seed=head["seed"])

    @classmethod
    def of(cls, ops: Sequence[Op], *, mode: str = "sim", seed: int = 0) -> History:
        """One of these ops, as another has given them."""
        history = cls(mode=mode, seed=seed)
        history._entries.extend(ops)
        history.begun = sum(op.kind == "invoke" for op in ops)
        return history

    def timeline(self, limit: int = 60) -> str:
        """The ops as text, the middle left out when there are many."""
        lines = [str(op) for op in self._ops()]
        if len(lines) > limit:
            half = max(1, limit // 2)
            lines = [*lines[:half], f"     ... {len(lines) - 2 * half} ops not shown ...", *lines[-half:]]
        return "\n".join(lines)


def first_difference(one: History, other: History) -> tuple[int, str, str] | None:
    """The first op in which two histories differ, as both tell it; None when they agree."""
    ones, others = ([lines.comparable(op, history.mode) for op in history] for history in (one, other))
    for index in range(max(len(ones), len(others))):
        left = ones[index] if index < len(ones) else "(the history ends here)"
        right = others[index] if index < len(others) else "(the history ends here)"
        if left != right:
            return index, left, right
    return None
