"""A history: everything that crossed the wires in one run, in order, append-only."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, overload

from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.evidence.call import Call, Kind
from pytest_agentchaos.evidence.canonical import dump
from pytest_agentchaos.evidence.op import ENDINGS, NOTHING, Op, OpKind
from pytest_agentchaos.evidence.redaction import redact
from pytest_agentchaos.evidence.site import Site, SiteCounter

FORMAT = 1

Pending = Callable[[int], Op]
"""An op that nobody has looked at yet: reading bodies can wait until somebody does."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One call from its invoke to its end, as a history shows it."""

    index: int
    call: Call
    site: Site
    ending: str
    """``ok``, ``fail``, ``info``, or ``open`` when it had not ended."""
    delivered: int
    """How often the callee got the request."""
    faults: tuple[str, ...]
    data: Mapping[str, Any]
    """What ended it: status, result, usage, error."""


class History:
    """Append, iterate, save, load, compare."""

    def __init__(self, *, mode: str = "sim", seed: int = 0) -> None:
        self.mode = mode
        self.seed = seed
        self._entries: list[Op | Pending] = []
        self._read = 0
        self._sites = SiteCounter()
        self.defer = self._entries.append

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
        index = len(self._entries)
        self._entries.append(Op(index, kind, at_s, wall_s, of, call, None, data))
        return index

    def _ops(self) -> list[Op]:
        """All ops, reading those that were deferred and giving every call its site."""
        entries = self._entries
        for index in range(self._read, len(entries)):
            entry = entries[index]
            op = entry if isinstance(entry, Op) else entry(index)
            if op.call is not None and op.site is None:
                op = replace(op, site=self._sites.site(op.call))
            entries[index] = op
            self._read = index + 1
        return entries  # type: ignore[return-value]  # every entry was read above

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Op]:
        return iter(self._ops())

    @overload
    def __getitem__(self, index: int) -> Op: ...
    @overload
    def __getitem__(self, index: slice) -> list[Op]: ...
    def __getitem__(self, index: int | slice) -> Op | list[Op]:
        return self._ops()[index]

    def calls(
        self, name: str = "*", *, kind: Kind | None = None, target: str = "*", agent: str | None = None
    ) -> tuple[Exchange, ...]:
        """The calls whose name matches a glob, in order of their invocation."""
        return tuple(
            exchange
            for exchange in _exchanges(self._ops())
            if (kind is None or exchange.call.kind == kind)
            and fnmatchcase(exchange.call.name, name)
            and fnmatchcase(exchange.call.target, target)
            and (agent is None or fnmatchcase("/".join(exchange.call.agent), agent))
        )

    def digest(self) -> str:
        """A digest of the content without what no two runs share (wall time; in live mode, all time)."""
        hasher = hashlib.sha256()
        for op in self._ops():
            hasher.update(_comparable(op, self.mode).encode("utf-8", "surrogatepass"))
        return hasher.hexdigest()

    def to_jsonl(self) -> str:
        """One line for the run, then one for each op; secrets are hidden."""
        head = {"agentchaos_history": FORMAT, "mode": self.mode, "seed": self.seed}
        return "".join(dump(line) + "\n" for line in (head, *(_as_json(op) for op in self._ops())))

    def save(self, path: Path | str) -> None:
        """Write it as a file."""
        Path(path).write_text(self.to_jsonl(), encoding="utf-8")

    @classmethod
    def from_jsonl(cls, text: str, *, source: str = "history") -> History:
        """Read what :meth:`to_jsonl` wrote; a damaged line is named."""
        lines = text.splitlines()
        try:
            head = json.loads(lines[0]) if lines else {}
        except ValueError:
            head = {}
        if not isinstance(head, dict) or head.get("agentchaos_history") != FORMAT:
            msg = f"{source}, line 1: not a history of format {FORMAT}; it should begin with {{\"agentchaos_history\": {FORMAT}"
            raise UsageError(msg)
        history = cls(mode=str(head.get("mode", "sim")), seed=int(head.get("seed", 0)))
        for number, line in enumerate(lines[1:], start=2):
            try:
                history._entries.append(_from_json(json.loads(line)))
            except (ValueError, TypeError, KeyError) as error:
                msg = f"{source}, line {number}: not an op ({error}); the file may be cut off there: remove that line to read the rest"
                raise UsageError(msg) from error
        return history

    @classmethod
    def load(cls, path: Path | str) -> History:
        """Read a file that :meth:`save` wrote."""
        return cls.from_jsonl(Path(path).read_text(encoding="utf-8"), source=str(path))

    def timeline(self, limit: int = 60) -> str:
        """The ops as text, the middle left out when there are many."""
        lines = [str(op) for op in self._ops()]
        if len(lines) > limit:
            half = limit // 2
            lines = [*lines[:half], f"     ... {len(lines) - 2 * half} ops not shown ...", *lines[-half:]]
        return "\n".join(lines)


def first_difference(one: History, other: History) -> tuple[int, str, str] | None:
    """The first op in which two histories differ, as both tell it; None when they agree."""
    ones, others = ([_comparable(op, history.mode) for op in history] for history in (one, other))
    for index in range(max(len(ones), len(others))):
        left = ones[index] if index < len(ones) else "(the history ends here)"
        right = others[index] if index < len(others) else "(the history ends here)"
        if left != right:
            return index, left, right
    return None


def _comparable(op: Op, mode: str) -> str:
    """An op without what no two runs share: wall time and, in live mode, all time."""
    line = _as_json(op)
    del line["wall_s"]
    if mode != "sim":
        del line["at_s"]
    return dump(line)


def _exchanges(ops: list[Op]) -> list[Exchange]:
    begun: dict[int, Exchange] = {}
    for op in ops:
        if op.kind == "invoke" and op.call is not None and op.site is not None:
            begun[op.index] = Exchange(op.index, op.call, op.site, "open", 0, (), NOTHING)
        elif op.of in begun:
            exchange = begun[op.of]
            if op.kind == "deliver":
                exchange = replace(exchange, delivered=exchange.delivered + 1)
            elif op.kind == "fault":
                exchange = replace(exchange, faults=(*exchange.faults, str(op.data.get("fault"))))
            elif op.kind in ENDINGS and exchange.ending == "open":
                exchange = replace(exchange, ending=op.kind, data=op.data)
            begun[op.of] = exchange
    return [exchange if exchange.faults else replace(exchange, delivered=1) for exchange in begun.values()]


def _as_json(op: Op) -> dict[str, Any]:
    line: dict[str, Any] = {"i": op.index, "op": op.kind, "at_s": round(op.at_s, 6), "wall_s": round(op.wall_s, 6)}
    if op.of is not None:
        line["of"] = op.of
    if op.call is not None:
        call = op.call
        line["call"] = {
            "kind": call.kind,
            "target": call.target,
            "name": call.name,
            "agent": list(call.agent),
            "arguments": redact(call.arguments),
            "dialect": call.dialect,
            "wire": call.wire,
            "offers": list(call.offers),
            "streams": call.streams,
        }
    if op.site is not None:
        line["site"] = [op.site.digest, op.site.attempt]
    if op.data:
        line["data"] = redact(op.data)
    return line


def _from_json(line: dict[str, Any]) -> Op:
    call = site = None
    if (raw := line.get("call")) is not None:
        call = Call(**{**raw, "agent": tuple(raw["agent"]), "offers": tuple(raw["offers"])})
        if (marks := line.get("site")) is not None:
            site = Site(call.agent, call.kind, call.target, call.name, marks[0], marks[1])
    return Op(line["i"], line["op"], line["at_s"], line["wall_s"], line.get("of"), call, site, line.get("data", NOTHING))
