"""Doubts: what keeps the evidence from being better, each with how often and one trial to look at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final

from pytest_agentchaos.evidence.gathered import Gathered
from pytest_agentchaos.evidence.redaction import redact
from pytest_agentchaos.evidence.row import Row
from pytest_agentchaos.evidence.telling import counted, listed
from pytest_agentchaos.reporting.making.rates import EXPLORATION, is_searched, rate
from pytest_agentchaos.reporting.making.stems import stem
from pytest_agentchaos.reporting.report import Cluster, Doubt

_TEXT: Final = 300
_EACH: Final = 20
_LEFT: Final = 200
_FEW: Final = 59
"""So many runs without a failure show 95 %, at 95 %."""


_SORTS: Final = {"differs": "differs from virtual time", "left": "left behind"}
"""What a result tells beside its verdicts -> the doubt that it is."""


class Left:
    """Gathers what systems left behind, and where live trials differ from those in virtual time, a trial at a time."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], tuple[int, str, str]] = {}

    def add(self, row: Row, data: Mapping[str, Any]) -> None:
        """One more trial."""
        for name, kind in _SORTS.items():
            for one in data.get(name, ()):
                key = kind, stem(str(one)).key
                if key in self._found or len(self._found) < _LEFT:
                    count, text, trial = self._found.get(key, (0, str(one), row.trial))
                    self._found[key] = count + 1, text, trial

    def doubts(self) -> Iterable[Doubt]:
        """Each sort of thing once."""
        found = sorted(self._found.items(), key=lambda one: (-one[1][0], one[1][1]))
        return [
            Doubt(kind, count, _short(text), trial)
            for sort in _SORTS.values()
            for (kind, _), (count, text, trial) in [one for one in found if one[0][0] == sort][:_EACH]
        ]


def doubts(
    gathered: Gathered, clusters: Iterable[Cluster], left: Left, *, traced: int, unread: int
) -> tuple[Doubt, ...]:
    """All of them, what weighs most first."""
    rows = gathered.rows
    return (
        *_of_clusters(clusters),
        *_searched(gathered),
        *(
            Doubt("conflict", 1, _short(f"{one.trial}: {one.kept} counts, and not {one.other}"), one.trial)
            for one in gathered.conflicts[:_EACH]
        ),
        *_more("conflict", len(gathered.conflicts) - _EACH),
        *(
            Doubt(
                "dropped", one.dropped, _short(f"{one.path.as_posix()}: {counted(one.dropped, 'line')} cannot be read")
            )
            for one in gathered.sources
            if one.dropped
        ),
        *(Doubt("remark", 1, _short(one)) for one in gathered.remarks[:_EACH]),
        *_again(gathered),
        *(Doubt("never reached", 1, _short(f"never true in any trial: {one}")) for one in unmet(gathered)[:_EACH]),
        *_more("never reached", len(unmet(gathered)) - _EACH),
        *left.doubts(),
        *_few(rows),
        *_histories(rows, unread),
        *_untraced(rows, traced),
        *_mixed(gathered),
    )


def unmet(gathered: Gathered) -> list[str]:
    """What was to be true in some trial, and never was."""
    return [name for name, was in gathered.reached.items() if not was]


def _of_clusters(clusters: Iterable[Cluster]) -> list[Doubt]:
    kinds = {"infrastructure": "infrastructure", "invalid": "unfired", "unknown": "unknown"}
    found = [
        Doubt(kinds[one.status], one.trials, _short(one.title), one.example) for one in clusters if one.status in kinds
    ]
    return sorted(found, key=lambda one: tuple(kinds.values()).index(one.kind))


def _again(gathered: Gathered) -> list[Doubt]:
    """Trials that stand in several sources. That is no fault of anybody's, but whoever counts lines will wonder."""
    same = f"{counted(gathered.duplicates, 'trial')} told of by several sources, and the same: each counts once"
    better = f"{counted(gathered.superseded, 'trial')} that did not come about in one source, and did in another"
    found = [("duplicate", gathered.duplicates, same), ("superseded", gathered.superseded, better)]
    return [Doubt(kind, count, text) for kind, count, text in found if count]


def _searched(gathered: Gathered) -> list[Doubt]:
    """Where an exploration had nothing to break."""
    faults = Counter(" + ".join(row.faults) for row in gathered.rows if is_searched(gathered, row))
    told = listed([f"{name} {count}" for name, count in sorted(faults.items(), key=lambda one: (-one[1], one[0]))])
    text = f"schedules of an exploration found nothing to act on, and count in no rate: {told}"
    return [Doubt("unfired", faults.total(), _short(text))] if faults else []


def _more(kind: str, count: int) -> list[Doubt]:
    return [Doubt(kind, count, f"... and {count:,} more")] if count > 0 else []


def _few(rows: Iterable[Row]) -> list[Doubt]:
    """What so few runs could show at best."""
    runs: dict[str, int] = {}
    for row in rows:
        runs[row.journey] = runs.get(row.journey, 0) + row.counted
    all_runs = sum(runs.values())
    if 0 < all_runs < _FEW:
        best = rate(all_runs, all_runs).lower
        text = (
            f"{counted(all_runs, 'run')}, were they all to hold, would show no more than {best:.0%}: 59 would show 95 %"
        )
        return [Doubt("few runs", all_runs, text)]
    few = [name for name, count in runs.items() if count < _FEW]
    if not few or len(runs) == 1:
        return []
    least = min(runs, key=lambda name: (runs[name], name))
    best = rate(runs[least], runs[least]).lower
    told = f"{counted(len(few), 'journey')} with fewer than 59 runs, too few to show 95 % of each alone;"
    return [Doubt("few runs", len(few), _short(f"{told} {least} has {runs[least]}, which show {best:.0%} at best"))]


def _histories(rows: Iterable[Row], unread: int) -> list[Doubt]:
    missing = [row.trial for row in rows if row.status in {"fail", "unknown"} and not row.history]
    told = f"{counted(len(missing), 'trial')} that did not hold, without a history: there is no timeline to look at"
    found = [Doubt("no history", len(missing), told, missing[0])] if missing else []
    lost = f"{counted(unread, 'history file')} cannot be found or read"
    return found + ([Doubt("no history", unread, lost)] if unread else [])


def _untraced(rows: tuple[Row, ...], traced: int) -> list[Doubt]:
    runs = sum(row.status != "infrastructure" for row in rows)
    if not runs or traced >= runs:
        return []
    if not traced:
        return [Doubt("no spans", runs, "no trial had spans: whether the trace shows every call is not known")]
    return [Doubt("no spans", runs - traced, f"{counted(runs - traced, 'trial')} without spans")]


def _mixed(gathered: Gathered) -> list[Doubt]:
    """Shards that were not made by the same software."""
    found = []
    heads = [one.head for one in gathered.sources]
    for what, values in (
        ("versions of pytest-agentchaos", {one.version for one in heads}),
        ("versions of Python", {one.python for one in heads}),
        ("sets of packages", {tuple(sorted(one.packages.items())) for one in heads}),
    ):
        if len(values) > 1:
            names = f": {listed(sorted(map(str, values)))}" if what != "sets of packages" else ""
            found.append(Doubt("mixed", len(values), f"results of {len(values)} {what}{names}"))
    searched = {place for place, source in enumerate(gathered.sources) if source.head.kind == EXPLORATION}
    if 0 < len(searched) < len(heads):
        found.append(Doubt("mixed", len(heads), "explorations and other results together: a rate of both means little"))
    return found


def _short(text: str) -> str:
    told = str(redact(text[: 4 * _TEXT]))
    return told if len(told) <= _TEXT else told[: _TEXT - 3] + "..."
