"""The shipped scenarios, as the matrix asks for them: on any system, one variant at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from power.rows import Row
from pytest_agentchaos import scenario
from pytest_agentchaos.plan import Plan


@dataclass(frozen=True)
class Finder:
    """One scenario of the catalogue."""

    name: str
    """Family and file."""
    plans: tuple[Plan, ...]
    """Of all its variants and trials."""

    @property
    def depth(self) -> int:
        """How many different troubles it has."""
        return max(len(plan.schedule) for plan in self.plans)

    def on(self, row: Row, at: int = 0, *, later: int = 0) -> Plan:
        """One of its plans, on a system that is wrong in this way; ``later`` is added to the seed."""
        plan = self.plans[at % len(self.plans)]
        return replace(plan, system=row.on(plan.system.text), seed=plan.seed + later, scenario=self.name)


def catalogue(folder: Path | None = None) -> tuple[Finder, ...]:
    """All scenarios of a folder, by name; unless told, those that are shipped."""
    return tuple(_finders(scenario.shipped() if folder is None else folder))


def _finders(folder: Path) -> Iterator[Finder]:
    for file in scenario.files(folder):
        name = file.relative_to(folder).as_posix().removesuffix(scenario.SUFFIX)
        yield Finder(name, scenario.load(file).plans())
