"""Marks: what is no call. Things done to the world and undone, crashes, restarts, ends, what a verdict points at."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from pytest_agentchaos.evidence.effects.entries import Entry
from pytest_agentchaos.evidence.effects.ledger import Ledger, ledger
from pytest_agentchaos.evidence.exchange import Exchange
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.evidence.op import Op
from pytest_agentchaos.evidence.run import Run, runs
from pytest_agentchaos.evidence.telling import counted, listed
from pytest_agentchaos.reporting.lanes.cast import Cast
from pytest_agentchaos.reporting.lanes.texts import gist, told
from pytest_agentchaos.reporting.timeline import Mark

_ENDS = {
    "raised": "It ended with an error",
    "hung": "It never ended",
    "crashed": "The system's process was killed",
}


def marks(history: History, cast: Cast, evidence: Collection[int]) -> tuple[Mark, ...]:
    """All of them, in order."""
    calls = {exchange.index: exchange for exchange in history.calls()}
    known = history.view(ledger)
    made = [
        *_effects(history, known, cast, calls),
        *(_end(run, cast, grave=run.op in evidence) for run in history.view(runs)),
        *_restarts(history, cast),
    ]
    shown = {mark.op for mark in made}
    places = {entry.effect: cast.callee(calls[entry.op]) for entry in known.entries if entry.op in calls}
    made += [
        _evidence(history[op], places, cast)
        for op in sorted(evidence)
        if op not in shown and 0 <= op < len(history) and history[op].kind in {"note", "span"}
    ]
    return tuple(sorted(made, key=lambda mark: (mark.place, mark.op)))


# --- what was done to the world ---------------------------------------------------------------------------------------


def _effects(history: History, known: Ledger, cast: Cast, calls: Mapping[int, Exchange]) -> Iterator[Mark]:
    alike: dict[object, list[Entry]] = {}
    for entry in known.entries:
        before: list[Entry] = []
        if entry.key is not None:
            before = [one for one in alike.setdefault((entry.effect, entry.key), []) if _stood(one, entry.done)]
            alike[entry.effect, entry.key].append(entry)
        if entry.op in calls and 0 <= entry.done < len(history):
            yield _done(history, entry, before, cast.callee(calls[entry.op]))
        by, op = entry.undone_by, entry.undone
        if by is not None and by in calls and op is not None and 0 <= op < len(history):
            text = f"{_named(entry)} undone"
            yield Mark(op, op, history[op].at_s, "effect", cast.callee(calls[by]), text, of=by, undoes=True)


def _stood(entry: Entry, op: int) -> bool:
    return entry.sure and (entry.undone is None or entry.undone > op)


def _done(history: History, entry: Entry, before: list[Entry], lane: int) -> Mark:
    name = _named(entry)
    if not entry.sure:
        text = f"{name} perhaps done: nobody knows"
    elif before:
        others = listed([one.id for one in before if one.id is not None], limit=3)
        text = f"{name} done again, although {gist(others) or 'the first'} stands"
    else:
        text = f"{name} done"
    key = "" if entry.key is None else ", ".join(entry.key)
    detail = told(key) if key else ""
    at_s = history[entry.done].at_s
    grave = bool(before) and entry.sure
    return Mark(entry.done, entry.done, at_s, "effect", lane, text, of=entry.op, grave=grave, detail=detail)


def _named(entry: Entry) -> str:
    """``hotel_booking H-000001``; where no effect was declared, an id is made of all that was sent."""
    name = entry.id if entry.id is not None and not entry.id.startswith(("[", "{")) else ""
    return gist(f"{entry.effect} {name}".rstrip())


# --- runs -------------------------------------------------------------------------------------------------------------


def _end(run: Run, cast: Cast, *, grave: bool) -> Mark:
    lane = cast.user if cast.user is not None and run.ending != "crashed" else cast.agents[0] if cast.agents else 0
    said = _ENDS.get(run.ending) or f"It ended: {run.ended or run.ending}"
    error = f": {gist(run.error)}" if run.error else ""
    kind: Any = "crash" if run.ending == "crashed" else "end"
    grave = grave or run.ending in {"crashed", "hung"}
    return Mark(run.op, run.op, run.at_s, kind, lane, said + error, grave=grave, detail=told(run.answer))


def _restarts(history: History, cast: Cast) -> Iterator[Mark]:
    lane = cast.agents[0] if cast.agents else 0
    for op in history:
        if op.kind == "note" and "restart" in op.data:
            by = op.data.get("by")
            text = f"It is started again{f' by {gist(str(by))}' if by else ''}"
            yield Mark(op.index, op.index, op.at_s, "restart", lane, text)


# --- what a verdict points at -----------------------------------------------------------------------------------------


def _evidence(op: Op, places: Mapping[str, int], cast: Cast) -> Mark:
    lane = places.get(str(op.data.get("world")), cast.agents[0] if cast.agents else 0)
    return Mark(op.index, op.index, op.at_s, "evidence", lane, _said(op), grave=True, detail=told(op.data))


def _said(op: Op) -> str:
    data = op.data
    if op.kind == "span":
        return f"span {gist(str(data.get('name')))}"
    rows = data.get("rows")
    if "world" in data and isinstance(rows, (list, tuple)):
        names = [gist(str(row["id"])) for row in rows if isinstance(row, Mapping) and row.get("id") is not None]
        what = f"The world was looked at: {counted(len(rows), gist(str(data['world'])))}"
        return f"{what}: {listed(names, limit=6)}" if names else what
    return gist(data) or "a note"
