"""Provenance: where results come from, of one folder or of the shards of many machines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from pytest_agentchaos.evidence.gathered import Gathered, Source
from pytest_agentchaos.evidence.redaction import redact
from pytest_agentchaos.evidence.results import FILE
from pytest_agentchaos.evidence.row import Row
from pytest_agentchaos.reporting.report import Provenance

_SEVERAL = " / "


def provenance(gathered: Gathered) -> Provenance:
    """What all heads tell; where they differ, each of it."""
    heads = [source.head for source in gathered.sources]
    seeds = [row.seed for row in gathered.rows]
    hash_seeds = {head.hash_seed for head in heads}
    return Provenance(
        at=min((head.at for head in heads if head.at), default=""),
        version=_each(head.version for head in heads),
        python=_each(head.python for head in heads),
        packages=_merged(head.packages for head in heads),
        systems=systems(gathered.rows),
        seeds=(min(seeds), max(seeds)) if seeds else (),
        sources=tuple(map(_folder, gathered.sources)),
        suite_sha256=gathered.suite_sha256,
        hash_seed=hash_seeds.pop() if len(hash_seeds) == 1 else None,
        labels=_merged(head.labels for head in heads),
    )


def systems(rows: Iterable[Row]) -> tuple[str, ...]:
    """Those that were tried, the one with most trials first; tests name none."""
    counts = Counter(row.system for row in rows if row.system)
    return tuple(sorted(counts, key=lambda one: (-counts[one], one)))


def _folder(source: Source) -> str:
    return (source.path.parent if source.path.name == FILE else source.path).as_posix()


def _each(texts: Iterable[str]) -> str:
    return _SEVERAL.join(sorted({text for text in texts if text}))


def _merged(told: Iterable[Mapping[str, str]]) -> dict[str, str]:
    found: dict[str, set[str]] = {}
    for one in told:
        for name, value in one.items():
            found.setdefault(name, set()).add(str(redact(value)))
    return {name: _SEVERAL.join(sorted(values)) for name, values in sorted(found.items())}
