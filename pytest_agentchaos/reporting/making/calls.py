"""Fault by call: what an exploration did, one fault at one call at a time, in the order in which a journey calls."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final

from pytest_agentchaos.evidence.grades import Grade, grade
from pytest_agentchaos.evidence.redaction import redact
from pytest_agentchaos.evidence.row import Row, in_words
from pytest_agentchaos.reporting.making.matrices import Made, arranged
from pytest_agentchaos.reporting.making.rates import Tally

_MATRICES: Final = 3
_WORST: Final[tuple[Grade, ...]] = ("violated", "failed", "unknown", "degraded", "masked", "not applicable")


class Calls:
    """Gathers the trials that have one fault, at one site."""

    def __init__(self) -> None:
        self._cells: dict[tuple[str, str], dict[tuple[str, str], Tally]] = {}
        self._grades: dict[tuple[str, str], dict[tuple[str, str], Grade]] = {}
        self._sites: dict[tuple[str, str], list[str]] = {}

    def add(self, row: Row, data: Mapping[str, Any]) -> None:
        """One more trial."""
        journey = row.system, row.journey
        if not row.faults and journey not in self._sites:
            told = data.get("observed", {}).get("sites")
            sites = told if isinstance(told, list) else ()
            self._sites[journey] = [str(redact(str(one[0]))) for one in sites if isinstance(one, list) and one]
        if len(row.faults) != 1 or (site := _site(data)) is None:
            return
        rule = {name: value for name, value in data["plan"]["schedule"][0].items() if name != "on"}
        cell = str(redact(in_words(rule))), str(redact(site))
        self._cells.setdefault(journey, {}).setdefault(cell, Tally()).add(row)
        grades = self._grades.setdefault(journey, {})
        grades[cell] = min(grades.get(cell, _WORST[-1]), grade(row), key=_WORST.index)

    def matrices(self) -> list[Made]:
        """One for each system and journey that was explored."""
        explored = sorted(self._cells, key=lambda one: -len(self._cells[one]))[:_MATRICES]
        return [self._matrix(one, several=len(explored) > 1) for one in explored]

    def _matrix(self, journey: tuple[str, str], *, several: bool) -> Made:
        cells, grades = self._cells[journey], self._grades[journey]
        sites = dict.fromkeys([*self._sites.get(journey, ()), *(site for _, site in cells)])
        named = _named(sites)
        name = f"fault x call, {journey[0]}, {journey[1]}" if several else "fault x call"
        return arranged(
            name,
            {(fault, named[site]): one for (fault, site), one in cells.items()},
            named.values(),
            {(fault, named[site]): one for (fault, site), one in grades.items()},
        )


def short(site: str) -> str:
    """A site in a few words: ``hotels: book_hotel #2`` for a second attempt."""
    parts = site.split("|")
    if len(parts) < 6:  # noqa: PLR2004 - agent, kind, target, name, digest, attempt
        return site[:60]
    agent, name, attempt = parts[0], "|".join(parts[3:-2]) or parts[2], parts[-1]
    told = f"{agent.rsplit('/', 1)[-1]}: {name}" if agent else name
    return (told if attempt == "1" else f"{told} #{attempt}")[:60]


def _named(sites: Iterable[str]) -> dict[str, str]:
    """Each site by a name of its own: two calls of one tool are told apart by their order."""
    names = {site: short(site) for site in sites}
    count = Counter(names.values())
    seen: Counter[str] = Counter()
    for site, name in names.items():
        seen[name] += 1
        if count[name] > 1:
            names[site] = f"{name} ({seen[name]})"
    return names


def _site(data: Mapping[str, Any]) -> str | None:
    on = data["plan"]["schedule"][0].get("on")
    site = on.get("site") if isinstance(on, Mapping) else None
    return site if isinstance(site, str) else None
