"""The demo, told: a small agent in every kind of trouble, a big one under the catalogue, and the pages of that."""

from __future__ import annotations

import importlib
import shlex
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_agentchaos.demo.names import TRAVEL, Weakened, of_the_small_agent
from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.evidence.telling import counted
from pytest_agentchaos.system import System

if TYPE_CHECKING:
    from pytest_agentchaos.demo.catalogue import Drawn, Ran
    from pytest_agentchaos.demo.show import Shown

Echo = Callable[[str], None]
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Asked:
    """What the options say."""

    weakened: Weakened
    out: Path
    seed: int = 0
    workers: int = 1


@dataclass(frozen=True, slots=True)
class Part:
    """The travel system, with all safeguards or without one."""

    name: str
    ran: Ran
    drawn: Drawn

    def to_data(self) -> dict[str, Any]:
        """As JSON."""
        decision = self.drawn.decision
        return {
            "name": self.name,
            "folder": str(self.ran.folder),
            "counts": dict(self.ran.counts),
            "page": str(self.drawn.page),
            "decision": None if decision is None else decision.to_data(),
        }


@dataclass(frozen=True, slots=True)
class Story:
    """All that was found."""

    small: tuple[Shown, ...]
    parts: tuple[Part, ...] = ()

    @property
    def exit_code(self) -> int:
        """1 if an agent with all its safeguards failed."""
        small = any(one.bad for one in self.small if one.without is None)
        big = any(self.parts[0].ran.counts.get(status) for status in ("fail", "unknown")) if self.parts else False
        return 1 if small or big else 0

    def to_data(self) -> dict[str, Any]:
        """As JSON."""
        small = [
            {"without": one.without, "trials": len(one.rows), "bad": [str(row).strip() for row in one.bad]}
            for one in self.small
        ]
        return {"exit_code": self.exit_code, "small": small, "travel": [part.to_data() for part in self.parts]}


def needs(*, travel: bool) -> None:
    """Whether everything is installed that the agents are made of; else an error with the line that installs it."""
    try:
        importlib.import_module("pytest_agentchaos.demo.trials")
        if travel:
            System.of(TRAVEL).journeys()
    except ImportError as error:
        extra = "reference" if travel else "openai,mcp"
        msg = f"the demo needs the real SDKs ({error}): pip install 'pytest-agentchaos[{extra}]'"
        raise UsageError(msg) from error


def quickly(weaken: str | None, *, seed: int, echo: Echo) -> Story:
    """Only the small agent, as it is or without one safeguard."""
    from pytest_agentchaos.demo.agent import SAFEGUARDS
    from pytest_agentchaos.demo.show import shown

    without = None if weaken is None else of_the_small_agent(weaken)
    echo(f"One agent, one trip, {f'no {without}' if without else 'all safeguards on'}, seed {seed}\n")
    found = shown(without, seed=seed, told=lambda row: echo(str(row)))
    echo(f"\n{found.spent}\n{found.verdict}")
    if without is None:
        echo(f"Switch a safeguard off and look again: agentchaos demo --quick --weaken {' | '.join(SAFEGUARDS)}")
    return Story((found,))


def tell(asked: Asked, *, echo: Echo, progress: Progress) -> Story:
    """All of it."""
    return Story(tuple(_small(asked, echo)), tuple(_travel(asked, echo, progress)))


def _small(asked: Asked, echo: Echo) -> Iterator[Shown]:
    from pytest_agentchaos.demo.show import shown

    echo("1. A small agent books one seat. Every kind of trouble happens to it, one in each trip.\n")
    whole = shown(None, seed=asked.seed, told=lambda row: echo(str(row)))
    echo(f"\n{whole.spent}\n{whole.verdict}\n")
    yield whole
    without = asked.weakened.small
    if without is None:
        echo(f"2. It has no safeguard {asked.weakened.travel}; the travel system has.\n")
        return
    echo(f"2. The same agent without {without}. What goes wrong now:\n")
    weak = shown(without, seed=asked.seed, told=lambda row: None if row.harmless else echo(str(row)))
    echo(f"\n{weak.spent}\n{weak.verdict}\n")
    yield weak


def _travel(asked: Asked, echo: Echo, progress: Progress) -> Iterator[Part]:
    from pytest_agentchaos.demo.catalogue import draw, run

    echo("3. A travel system of several agents, under the shipped scenarios: each an incident of production.\n")
    off = asked.weakened.travel
    systems = {"healthy": TRAVEL, f"without-{off.replace('_', '-')}": asked.weakened.system}
    baseline: Path | None = None
    found: list[Part] = []
    for name, system in systems.items():
        told = name.replace("-", " ")
        ran = run(
            system,
            asked.out / name,
            seed=asked.seed,
            workers=asked.workers,
            progress=lambda done, of, told=told: progress(f"  {told}", done, of),  # type: ignore[misc]  # a default
        )
        part = Part(name, ran, draw(ran.folder, f"The travel system, {told}", baseline))
        progress("", 0, -1)
        echo(f"  {told:24} {_counts(ran)}")
        baseline = ran.folder
        found.append(part)
        yield part
    echo("")
    for part in found:
        decision = part.drawn.decision
        echo(f"  {part.drawn.page.resolve().as_uri()}")
        echo("" if decision is None else f"    {decision.decision}: {decision.reason}")
    echo("\nNext:")
    for line in _next(found):
        echo(f"  {line}")


def _counts(ran: Ran) -> str:
    told = ", ".join(f"{count} {status}" for status, count in ran.counts.items())
    kept = "" if ran.is_new else "  (found there, from an earlier run; delete the folder to run them again)"
    return f"{counted(ran.trials, 'trial')}: {told}{kept}"


def _program() -> str:
    """How the command is called from here: ``make demo`` runs one that is on nobody's path."""
    if shutil.which("agentchaos"):
        return "agentchaos"
    path = Path(sys.executable).with_name("agentchaos")
    here = Path.cwd()
    return shlex.quote(str(path.relative_to(here) if path.is_relative_to(here) else path))


def _next(parts: list[Part]) -> list[str]:
    program = _program()
    healthy, weak = (shlex.quote(str(part.ran.folder)) for part in parts)
    return [
        f"{program} init                 # in a project of yours: a first test, which passes",
        f"{program} replay {weak} --step",
        f"{program} gate pull-request {weak} --baseline {healthy}",
    ]
