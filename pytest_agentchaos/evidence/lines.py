"""A history as text: one line for the run, then one for each op, without secrets."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.evidence.call import Call
from pytest_agentchaos.evidence.canonical import dump, without_addresses
from pytest_agentchaos.evidence.op import NOTHING, OP_KINDS, Op
from pytest_agentchaos.evidence.redaction import redact
from pytest_agentchaos.evidence.site import Site

FORMAT = 1
_SCHEMAS = 4_096
"""When so many tools' schemas have been written, each stands once more in the next call that offers it."""
_OF_ONE_RUN = ("traceparent", "baggage", "trace_id", "span_id", "parent_id", "links", "start_s", "end_s", "events")
"""What calls and spans tell that is new in every live run."""


def write(ops: Iterable[Op], *, mode: str, seed: int) -> Iterator[str]:
    """All lines of a history."""
    lines = OpLines(mode=mode, seed=seed)
    yield lines.head
    yield from map(lines.line, ops)


class OpLines:
    """The lines, each with its end. A tool's schema stands in the first call that offers it, and where it changes."""

    def __init__(self, *, mode: str, seed: int) -> None:
        self.head = dump({"agentchaos_history": FORMAT, "mode": mode, "seed": seed}) + "\n"
        self._known: dict[str, Any] = {}

    def line(self, op: Op) -> str:
        """The next one."""
        line = as_json(op)
        if op.call is not None and op.call.schemas:
            known = self._known
            news = {name: schema for name, schema in op.call.schemas.items() if known.get(name) != schema}
            if news:
                if len(known) > _SCHEMAS:
                    known.clear()
                known.update(news)
                line["call"]["schemas"] = redact(news)
        return dump(line) + "\n"


def comparable(op: Op, mode: str) -> str:
    """An op without what no two runs share: wall time; live all time, names of traces and what processes wrote."""
    line = as_json(op)
    del line["wall_s"]
    if mode != "sim":
        del line["at_s"]
        if op.kind == "note" and "process" in op.data:
            line["data"].pop("output", None)
        for part in filter(None, [line.get("call"), line.get("data") if op.kind == "span" else None]):
            for name in _OF_ONE_RUN:
                part.pop(name, None)
    return without_addresses(dump(line))


def as_json(op: Op) -> dict[str, Any]:
    """An op as a JSON object, secrets hidden; the schemas of tools are left to :class:`OpLines`."""
    line: dict[str, Any] = {"i": op.index, "op": op.kind, "at_s": round(op.at_s, 6), "wall_s": round(op.wall_s, 6)}
    if op.of is not None:
        line["of"] = op.of
    if op.call is not None:
        line["call"] = _call(op.call)
    if op.site is not None:
        line["site"] = [op.site.digest, op.site.attempt]
    if op.data:
        line["data"] = redact(op.data)
    return line


def _call(call: Call) -> dict[str, Any]:
    told = {
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
    for name in ("traceparent", "baggage"):
        if value := getattr(call, name):
            told[name] = redact(value)
    return told


def read(lines: Sequence[str | bytes], source: str) -> tuple[dict[str, Any], list[Op]]:
    """The head and the ops; a damaged line is named. In a file that was cut off the last line need not even be text."""
    first, *rest = lines if not lines or lines[-1] else lines[:-1] or [""]
    head = _read_head(first, source)
    ops: list[Op] = []
    known: dict[str, Any] = {}
    for index, line in enumerate(rest):
        try:
            ops.append(_from_json(json.loads(line), index, known))
        except (ArithmeticError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            said = f"it has no {error}" if isinstance(error, KeyError) else error
            remedy = (
                "the file seems to be cut off there; remove this line to read the others"
                if index == len(rest) - 1
                else f"{len(rest) - index - 1} lines follow it, so the file was changed: use the one that was saved"
            )
            msg = f"{source}, line {index + 2}: not an op ({said}); {remedy}"
            raise UsageError(msg) from error
    return head, ops


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


def _from_json(line: Any, index: int, known: dict[str, Any]) -> Op:
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
        fields = {**raw, "agent": _texts(raw, "agent"), "offers": _texts(raw, "offers")}
        _check(
            raw,
            {"kind": str, "target": str, "name": str, "arguments": dict, "dialect": str, "wire": str, "schemas": dict},
        )
        known.update(fields.get("schemas", {}))
        schemas = {name: known[name] for name in fields["offers"] if name in known}
        call = Call(**{**fields, "schemas": schemas or None})
        if (marks := line.get("site")) is not None:
            digest, attempt = marks
            site = Site(call.agent, call.kind, call.target, call.name, str(digest), int(attempt))
    at_s, wall_s = float(line["at_s"]), float(line["wall_s"])
    _check(line, {"of": int, "data": dict})
    return Op(index, line["op"], at_s, wall_s, line.get("of"), call, site, line.get("data", NOTHING))


def _check(given: dict[str, Any], types: dict[str, type]) -> None:
    for name, kind in types.items():
        if name in given and type(given[name]) is not kind:
            msg = f"its {name} is {given[name]!r:.100}"
            raise TypeError(msg)


def _texts(given: dict[str, Any], name: str) -> tuple[str, ...]:
    _check(given, {name: list})
    if not all(isinstance(one, str) for one in given[name]):
        msg = f"its {name} is {given[name]!r:.100}"
        raise TypeError(msg)
    return tuple(given[name])
