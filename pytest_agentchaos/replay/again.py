"""Again: a saved trial is carried out once more, and held against what was recorded."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, NamedTuple

from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.evidence.history import History, first_difference
from pytest_agentchaos.evidence.telling import counted, shown
from pytest_agentchaos.performance import Performance, perform
from pytest_agentchaos.plan import Plan
from pytest_agentchaos.replay.reading import plan_of
from pytest_agentchaos.replay.reasons import reasons
from pytest_agentchaos.replay.saved import Saved
from pytest_agentchaos.system import System

_HISTORY_BYTES: Final = 500_000_000
_EXIT: Final = {"pass": 0, "fail": 1}
_UNPROVEN, _OTHERWISE = 3, 4


class Difference(NamedTuple):
    """The first op in which two histories differ, as each tells it."""

    op: int
    recorded: str
    now: str


@dataclass(frozen=True, slots=True)
class Replayed:
    """What came of it."""

    saved: Saved
    performance: Performance
    changed: tuple[str, ...] = ()
    """What was asked to be another than recorded, in words; then the histories need not agree."""
    same: bool | None = None
    """Whether it is the very history that was recorded; None if nobody can or wants to say."""
    difference: Difference | None = None
    unnamed: str = ""
    """Why the op in which they differ cannot be named."""
    reasons: tuple[str, ...] = ()
    """What is otherwise than it was, and may explain the difference."""

    @property
    def exit_code(self) -> int:
        """0: it holds; 1: it fails; 3: it proves nothing; 4: it is not what was recorded."""
        status, recorded = self.performance.result.status, self.saved.result
        if self.same is False or (self.same and recorded is not None and recorded.status != status):
            return _OTHERWISE
        return _EXIT.get(status, _UNPROVEN)

    def to_data(self) -> dict[str, Any]:
        """As JSON."""
        recorded = self.saved.result
        return {
            "source": self.saved.source,
            "changed": list(self.changed),
            "same": self.same,
            "difference": None if self.difference is None else self.difference._asdict(),
            "unnamed": self.unnamed,
            "reasons": list(self.reasons),
            "recorded": None if recorded is None else {"status": recorded.status, "digest": recorded.digest},
            "result": self.performance.result.to_data(),
            "exit_code": self.exit_code,
        }


def replay(
    saved: Saved,
    *,
    system: Any = None,
    without: Sequence[int] = (),
    seed: int | None = None,
) -> Replayed:
    """Carry it out once more; ``without`` leaves rules of its schedule out, by number from 1."""
    recorded = plan_of(saved, None if system is None else System.of(system))
    plan = replace(recorded, schedule=_without(recorded, without), seed=recorded.seed if seed is None else seed)
    changed = _changed(saved, plan, without, seed)
    performance = perform(plan)
    was = saved.result
    if changed or was is None or not was.digest or plan.mode == "live":  # no two live trials are the same
        return Replayed(saved, performance, changed)
    if was.digest == performance.result.digest:
        return Replayed(saved, performance, same=True)
    difference, unnamed = _difference(saved, performance.history)
    return Replayed(saved, performance, (), False, difference, unnamed, reasons(saved, plan))  # noqa: FBT003 - ``same``


def _without(plan: Plan, numbers: Sequence[int]) -> tuple[Any, ...]:
    for number in numbers:
        if not 1 <= number <= len(plan.schedule):
            rules = counted(len(plan.schedule), "rule")
            told = "".join(f"\n  {at}. {rule}" for at, rule in enumerate(plan.schedule, 1))
            msg = f"without {number}: the schedule has {rules}{':' if told else ', so none can be left out'}{told}"
            raise UsageError(msg)
    return tuple(rule for number, rule in enumerate(plan.schedule, 1) if number not in numbers)


def _changed(saved: Saved, plan: Plan, without: Sequence[int], seed: int | None) -> tuple[str, ...]:
    changed = [f"without rule {number}" for number in sorted(set(without))]
    if seed is not None and seed != saved.plan.get("seed", 0):
        changed.append(f"seed {seed} in place of {saved.plan.get('seed', 0)}")
    if plan.system.text != saved.plan["system"]:
        changed.append(f"system {shown(plan.system.text)} in place of {shown(saved.plan['system'])}")
    return tuple(changed)


def _difference(saved: Saved, now: History) -> tuple[Difference | None, str]:
    if saved.history is None:
        return None, "its history was not kept"
    try:
        recorded = _load(saved.history)
    except FileNotFoundError:
        return None, f"the file of its history, {saved.history.name}, is not there any more"
    except (UsageError, OSError, EOFError, ValueError) as error:
        return None, f"its history cannot be read: {error}"
    parts = first_difference(recorded, now)
    if parts is None:
        return None, "the saved history agrees with this one: it is not the history that the line tells of"
    return Difference(*parts), ""


def _load(path: Path) -> History:
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
        file.seek(0)
        with gzip.open(file) if packed else file as lines:
            text = lines.read(_HISTORY_BYTES + 1)
    if len(text) > _HISTORY_BYTES:
        msg = f"it is larger than {_HISTORY_BYTES:,} bytes"
        raise UsageError(msg)
    return History.from_jsonl(text.decode("utf-8", "surrogateescape"), source=path.name)
