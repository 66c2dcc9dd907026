"""A history: everything that crossed the wires in one run, in order, append-only."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, overload

from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.evidence.call import Call, Kind
from pytest_agentchaos.evidence.canonical import dump, encode, without_addresses
from pytest_agentchaos.evidence.op import ENDINGS, NOTHING, OP_KINDS, Op, OpKind
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
        self.begun = 0
        """How many calls have begun; known without reading anything."""
        self._entries: list[Op | Pending] = []
        self._read = 0
        self._sites = SiteCounter()
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
            index = len(self._entries)
            self.begun += kind == "invoke"
            self._entries.append(Op(index, kind, at_s, wall_s, of, call, None, data))
        return index

    def defer(self, op: Pending) -> None:
        """Write one op that is read when somebody looks."""
        with self._lock:
            self._entries.append(op)

    def defer_invoke(self, op: Pending) -> None:
        """The same for an op with which a call begins."""
        with self._lock:
            self.begun += 1
            self._entries.append(op)

    def _ops(self) -> list[Op]:
        """All ops, reading those that were deferred and giving every call its site."""
        with self._lock:
            entries = self._entries
            while self._read < len(entries):
                index = self._read
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
            and (agent is None or exchange.call.is_made_by(agent))
        )

    def digest(self) -> str:
        """A digest of the content without what no two runs share (wall time; in live mode, all time)."""
        hasher = hashlib.sha256()
        for op in self._ops():
            hasher.update(encode(_comparable(op, self.mode)))
        return hasher.hexdigest()

    def to_jsonl(self) -> str:
        """One line for the run, then one for each op; secrets are hidden."""
        head = {"agentchaos_history": FORMAT, "mode": self.mode, "seed": self.seed}
        return "".join(dump(line) + "\n" for line in (head, *(_as_json(op) for op in self._ops())))

    def save(self, path: Path | str) -> None:
        """Write it as a file."""
        Path(path).write_bytes(encode(self.to_jsonl()))

    @classmethod
    def from_jsonl(cls, text: str, *, source: str = "history") -> History:
        """Read what :meth:`to_jsonl` wrote; a damaged line is named."""
        return cls._read_lines(text.split("\n"), source)

    @classmethod
    def _read_lines(cls, lines: Sequence[str | bytes], source: str) -> History:
        """Lines may be bytes: in a file that was cut off, the last one need not even be text."""
        first, *rest = lines if not lines or lines[-1] else lines[:-1] or [""]
        head = _read_head(first, source)
        history = cls(mode=str(head.get("mode", "sim")), seed=head["seed"])
        for index, line in enumerate(rest):
            try:
                history._entries.append(_from_json(json.loads(line), index))
            except (ValueError, TypeError, KeyError, RecursionError) as error:
                said = f"it has no {error}" if isinstance(error, KeyError) else error
                remedy = (
                    "the file seems to be cut off there; remove this line to read the others"
                    if index == len(rest) - 1
                    else f"{len(rest) - index - 1} lines follow it, so the file was changed: use the one that was saved"
                )
                msg = f"{source}, line {index + 2}: not an op ({said}); {remedy}"
                raise UsageError(msg) from error
        return history

    @classmethod
    def load(cls, path: Path | str) -> History:
        """Read a file that :meth:`save` wrote."""
        return cls._read_lines(Path(path).read_bytes().split(b"\n"), str(path))

    def timeline(self, limit: int = 60) -> str:
        """The ops as text, the middle left out when there are many."""
        lines = [str(op) for op in self._ops()]
        if len(lines) > limit:
            half = max(1, limit // 2)
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
    return without_addresses(dump(line))


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
            "target": redact(call.target),
            "name": redact(call.name),
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


def _read_head(line: str | bytes, source: str) -> dict[str, Any]:
    try:
        head = json.loads(line)
    except ValueError:
        head = None
    if not isinstance(head, dict) or head.get("agentchaos_history") != FORMAT or not isinstance(head.get("seed"), int):
        example = dump({"agentchaos_history": FORMAT, "mode": "sim", "seed": 0})
        msg = f"{source}, line 1: not the head of a history, which is {example}; give a file that History.save wrote"
        raise UsageError(msg)
    return head


def _from_json(line: Any, index: int) -> Op:
    if not isinstance(line, dict):
        msg = f"{line!r} where an object is due"
        raise TypeError(msg)
    if line["i"] != index or line["op"] not in OP_KINDS:
        msg = (
            f"op {line['i']!r} of the kind {line['op']!r} where op {index} is due; kinds: {', '.join(sorted(OP_KINDS))}"
        )
        raise ValueError(msg)
    call = site = None
    if (raw := line.get("call")) is not None:
        call = Call(**{**raw, "agent": tuple(raw["agent"]), "offers": tuple(raw["offers"])})
        if (marks := line.get("site")) is not None:
            digest, attempt = marks
            site = Site(call.agent, call.kind, call.target, call.name, str(digest), int(attempt))
    at_s, wall_s = float(line["at_s"]), float(line["wall_s"])
    return Op(index, line["op"], at_s, wall_s, line.get("of"), call, site, line.get("data", NOTHING))
