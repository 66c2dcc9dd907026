"""Running: which trials are asked for, and what is said of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path, PurePath
from typing import Any, NamedTuple

from pytest_agentchaos import __version__
from pytest_agentchaos.errors import UnknownNameError, UsageError, nearest
from pytest_agentchaos.evidence.printable import printable
from pytest_agentchaos.evidence.result import STATUSES, Result
from pytest_agentchaos.evidence.telling import counted
from pytest_agentchaos.plan import Mode
from pytest_agentchaos.scenario import Case, DocumentError, Problem, Scenario, files, find, load, selected, shipped
from pytest_agentchaos.scenario.catalogue import BUNDLED, shipped_name
from pytest_agentchaos.scenario.command import run_line

CATALOGUE = "catalogue"
_BUNDLED_SYSTEM = "reference_system:"
_LINE = 1_000
_SHORT = 200
_LEFT = 3


class Asked(NamedTuple):
    """What the options say of every scenario."""

    system: str | None = None
    only: str | None = None
    trials: int | None = None
    seed: int = 0
    live: bool = False

    @property
    def again(self) -> dict[str, Any]:
        """What has to be said again to run one of them alone."""
        return {name: value for name, value in self._asdict().items() if name != "only"}


class One(NamedTuple):
    """One trial, and the command that runs it again."""

    scenario: Scenario
    case: Case
    again: str


def trials(what: Iterable[str], asked: Asked, folder: Path) -> list[One]:
    """The trials of these files, folders and names; every problem of every file in one error."""
    found: list[One] = []
    names: set[str] = set()
    problems: list[Problem] = []
    for path in dict.fromkeys(path for one in what for path in _paths(one, folder, asked.system)):
        try:
            scenario = load(path, system=asked.system)
            mode: Mode | None = "live" if asked.live else None
            cases = scenario.cases(seed=asked.seed, trials=asked.trials, system=asked.system, mode=mode)
        except DocumentError as error:
            problems += error.problems
            continue
        names |= {case.name.partition("[trial")[0] for case in cases}
        wanted = cases if asked.only is None else selected(cases, asked.only)
        found += [One(scenario, case, run_line(_again(path), case.name, **asked.again)) for case in wanted]
    if problems:
        raise DocumentError(problems)
    if not found:
        msg = f"--only {asked.only!r}: there is no such case; {nearest(str(asked.only), names)}"
        raise UnknownNameError(msg)
    return found


def replaced(found: Iterable[One], system: str | None) -> str:
    """What is to be known where ``--system`` takes the place of variants that scenarios were written for."""
    own = {one.scenario.path: text for one in found for text in _variants(one.scenario) if text != system}
    if system is None or not own:
        return ""
    name = "names" if len(own) == 1 else "name"
    told = f"{counted(len(own), 'scenario')} {name} a variant of a system, such as {min(own.values())}, and"
    return printable(f"note: {told} {'runs' if len(own) == 1 else 'run'} on {system} instead", _LINE)


def _variants(scenario: Scenario) -> list[str]:
    """Systems with arguments; one without is whatever is tested."""
    nodes = [variant.node.get("system") for variant in scenario.variants]
    return [str(node.value) for node in nodes if node is not None and "(" in str(node.value)]


def _again(path: Path) -> PurePath:
    """A shipped scenario that was asked for by its name is called so again, wherever the package is installed."""
    name = shipped_name(path) if path.is_absolute() else None
    return path if name is None else PurePath(name)


def _paths(what: str, folder: Path, system: str | None) -> list[Path]:
    path = folder / what if Path(what).is_absolute() else Path(what)
    if path.is_file():
        return [path]
    family = shipped() if what == CATALOGUE else shipped() / what
    inside = path if path.is_dir() else family if family.is_dir() else None
    if inside is None:
        return [find(what, [folder])]
    if not (found := files(inside)):
        msg = f"{what!r}: no *.chaos.yaml is in this folder, or in one inside of it"
        raise UsageError(msg)
    foreign = what == CATALOGUE and system is not None and not system.startswith(_BUNDLED_SYSTEM)
    return [path for path in found if path.parent.name != BUNDLED] if foreign else found


def _unmet(why: str) -> list[str]:
    """Of an explanation why faults never fired, what would have been struck: the rest is about mistakes in a file."""
    return [line.strip() for line in why.splitlines() if "it would match" in line][:1] or why.splitlines()[:1]


def _no_trial(one: One, result: Result) -> list[str]:
    """Why there was no proper trial: what invariants say of none explains nothing."""
    if result.status != "infrastructure":
        return []
    lines = result.why.splitlines()
    is_missing = any(error in result.why for error in ("ModuleNotFoundError", "ImportError"))
    if is_missing and one.case.plan.system.text.startswith(_BUNDLED_SYSTEM):
        lines.append("the bundled system needs pip install 'pytest-agentchaos[reference]'; --system names yours")
    return lines


class Told:
    """What was said so far, and what it comes to."""

    def __init__(self) -> None:
        self._results: list[tuple[One, Result]] = []

    def add(self, one: One, result: Result) -> list[str]:
        """The lines of one trial: why it does not hold, its faults, and how to run it again."""
        self._results.append((one, result))
        live = one.case.plan.mode == "live"
        took = f"{round(result.virtual_s, 1):g} s{' of real time' if live else ''}"
        ended = ", ".join(filter(None, (result.ended, counted(result.calls, "call"), took)))
        lines = [f"{result.status:14} {one.scenario.name}  {one.case.name}  ({ended})"]
        lines += [f"    differs: {difference}" for difference in result.differs]
        if result.status not in {"pass", "inapplicable"}:
            failed = [f"{verdict.invariant}: {verdict.reason}" for verdict in result.verdicts if not verdict.passed]
            lines += [f"    {line}" for line in _no_trial(one, result) or failed or result.why.splitlines()]
            lines += [f"    fault: {rule}" for rule in one.case.plan.schedule]
            lines += [f"    again: {one.again}"]
        if result.status == "inapplicable":
            lines += [f"    {line}" for line in _unmet(result.why)]
        return [printable(line, _LINE) for line in lines]

    @property
    def counts(self) -> dict[str, int]:
        """How many trials there are of each status."""
        counted_ = Counter(result.status for _, result in self._results)
        return {status: counted_[status] for status in STATUSES if counted_[status]}  # type: ignore[index]  # each is one

    @property
    def unreached(self) -> list[str]:
        """What was to be true in some trial and never was."""
        reached: dict[str, bool] = {}
        for one, result in self._results:
            for name, was in result.reached.items():
                key = f"{one.scenario.name}: {name}"
                reached[key] = reached.get(key, False) or was
        return [name for name, was in reached.items() if not was]

    @property
    def different(self) -> int:
        """How many trials came out otherwise in real time than in virtual time."""
        return sum(bool(result.differs) for _, result in self._results)

    @property
    def exit_code(self) -> int:
        """0 if all hold, 1 if something fails or differs from virtual time, 3 if something proves nothing."""
        if "fail" in self.counts or self.different:
            return 1
        return 3 if self.counts.keys() - {"pass", "inapplicable"} else 0

    def summary(self) -> list[str]:
        """The last lines."""
        scenarios = len({one.scenario.path for one, _ in self._results})
        told = ", ".join(f"{count} {status}" for status, count in self.counts.items())
        lines = [f"{counted(scenarios, 'scenario')}, {counted(len(self._results), 'trial')}: {told}"]
        lines += [printable(f"sometimes, never reached: {name}", _LINE) for name in self.unreached]
        if self.different:
            lines.append(f"{counted(self.different, 'trial')} came out otherwise than in virtual time")
        return lines + self._left()

    def _left(self) -> list[str]:
        """What trials left behind: mostly all of them the same, which is told once."""
        left = Counter(one for _, result in self._results for one in result.left)
        lines = [
            printable(f"left behind by {counted(n, 'trial')}: {one}", _SHORT) for one, n in left.most_common(_LEFT)
        ]
        more = len(left) - len(lines)
        return lines + ([f"left behind besides: {counted(more, 'other thing')}; --json has all"] if more > 0 else [])

    def to_data(self) -> dict[str, Any]:
        """All of it as JSON."""
        results = [
            {
                "scenario": one.scenario.name,
                "file": one.scenario.path.as_posix(),
                "case": one.case.name,
                "again": one.again,
            }
            | {"result": result.to_data()}
            for one, result in self._results
        ]
        told = {
            "counts": self.counts,
            "differ": self.different,
            "never_reached": self.unreached,
            "exit_code": self.exit_code,
        }
        return {"agentchaos": __version__, **told, "results": results}
