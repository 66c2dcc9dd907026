"""Wrapped: servers behind shims in other processes, and the trial of a test to which their calls belong.

The test gives an agent the shim's command in place of a server's. Each shim that is started learns the schedule from
a folder, and leaves there what it saw; when the test's live block ends, that becomes part of the trial's history.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

from pytest_agentchaos.clock import WallClock
from pytest_agentchaos.engine import Engine
from pytest_agentchaos.errors import InternalError, UsageError
from pytest_agentchaos.evidence.effects.effect import Effect
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.evidence.op import Op
from pytest_agentchaos.schedule import Schedule, schedule_from_data, schedule_to_data

MODULE: Final = "pytest_agentchaos.cli.wrap"
_TRIAL: Final = "trial.json"
_HISTORY, _ACCOUNT = ".jsonl", ".json"
_KINDS: Final = frozenset({"invoke", "ok", "fail", "info", "deliver", "fault"})
"""What a shim has seen; how its own trial began and ended is nobody's business."""


class Wrapped:
    """The test's side."""

    def __init__(self, engine: Engine, epoch_s: float, effects: Iterable[Effect] = ()) -> None:
        self._engine = engine
        self._epoch_s = epoch_s
        self._effects = [_plain(effect) for effect in effects]
        self._folder = Path(tempfile.mkdtemp(prefix="agentchaos-wrap-"))

    def command(self, command: Sequence[str], name: str) -> list[str]:
        """The shim's command in front of a server's."""
        if isinstance(command, str) or not command:
            msg = (
                f"live().wrapped({command!r}): a command is a list of words, for example [sys.executable, 'server.py']"
            )
            raise UsageError(msg)
        told = {
            "schedule": schedule_to_data(tuple(tally.rule for tally in self._engine.tallies)),
            "seed": self._engine.seed,
            "epoch_s": self._epoch_s,
            "effects": self._effects,
        }
        _write(self._folder / _TRIAL, told)
        shim = [sys.executable, "-P", "-m", MODULE, "--joined", str(self._folder), "--name", name]
        return [*shim, "--", *map(str, command)]

    def write_down(self) -> None:
        """What the shims saw becomes part of the history; call it when the agent's processes have ended."""
        try:
            found = [(_loaded(path), _read(_beside(path, _ACCOUNT))) for path in _histories(self._folder)]
        finally:
            shutil.rmtree(self._folder, ignore_errors=True)
        self._append([history for history, _ in found])
        for _, account in found:
            self._count(account)

    def _append(self, histories: Sequence[History]) -> None:
        ops = [(number, op) for number, history in enumerate(histories) for op in history if op.kind in _KINDS]
        ops.sort(key=lambda one: one[1].at_s)
        index: dict[tuple[int, int | None], int] = {}
        for number, op in ops:
            of = index.get((number, op.of))
            if op.of is None or of is not None:
                index[number, op.index] = self._appended(op, of)

    def _appended(self, op: Op, of: int | None) -> int:
        return self._engine.history.append(op.kind, at_s=op.at_s, wall_s=op.at_s, of=of, call=op.call, data=op.data)

    def _count(self, account: Mapping[str, Any]) -> None:
        for tally, told in zip(self._engine.tallies, account.get("rules", ()), strict=False):
            tally.matched += told["matched"]
            tally.fired += told["fired"]
            tally.declined += told["declined"]
        for problem in account.get("problems", ()):
            self._engine.problem(InternalError(f"in the shim {account.get('name')}: {problem}"))
        if not account.get("ended"):
            self._engine.note(wrapped=account.get("name"), still_running=True)


class Member:
    """The shim's side: one process of it."""

    def __init__(self, folder: Path, name: str) -> None:
        told = _read(folder / _TRIAL)
        if "schedule" not in told:
            msg = f"--joined {folder}: there is no trial to join; it is for commands that live().wrapped(...) has made"
            raise UsageError(msg)
        self.schedule: Schedule = schedule_from_data(told["schedule"])
        self.seed = int(told["seed"])
        self.effects = tuple(map(Effect.of, told["effects"]))
        self.clock = _Clock(float(told["epoch_s"]))
        self._name = name
        self._folder = folder
        self._place = folder / f"{self.clock.now_s():015.6f} {os.getpid()}"
        self._before: list[tuple[int, int, int]] = []

    @property
    def history(self) -> Path:
        """Where its history goes."""
        return _beside(self._place, _HISTORY)

    def go_on(self, engine: Engine) -> None:
        """Count on from the shims before this one: an agent that starts its server anew goes on with the same trial."""
        for path in _histories(self._folder):
            told = _read(_beside(path, _ACCOUNT)).get("rules", ())
            for tally, counts in zip(engine.tallies, told, strict=False):
                tally.matched += counts["matched"]
                tally.fired += counts["fired"]
        self._before = [(tally.matched, tally.fired, len(tally.declined)) for tally in engine.tallies]

    def account(self, engine: Engine, *, ended: bool = False) -> None:
        """Leave word of what its faults did."""
        rules = [
            {"matched": tally.matched - matched, "fired": tally.fired - fired, "declined": tally.declined[declined:]}
            for tally, (matched, fired, declined) in zip(engine.tallies, self._before, strict=True)
        ]
        told = {"name": self._name, "rules": rules, "problems": [str(one) for one in engine.problems], "ended": ended}
        with suppress(OSError):  # the test has ended before
            _write(_beside(self._place, _ACCOUNT), told)


class _Clock(WallClock):
    """Real time since the test's trial began, which was in another process."""

    def __init__(self, epoch_s: float) -> None:
        super().__init__()
        self._ahead_s = max(0.0, self.epoch_s - epoch_s)
        self.epoch_s = epoch_s

    def now_s(self) -> float:
        """Seconds since the trial began."""
        return super().now_s() + self._ahead_s


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name.removesuffix(_HISTORY) + suffix)


def _histories(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"*{_HISTORY}"))


def _loaded(path: Path) -> History:
    """A history, of which a shim that was killed may have left half a line."""
    text = path.read_bytes()
    return History.from_jsonl(text[: text.rfind(b"\n") + 1].decode(), source=path.name)


def _plain(effect: Effect) -> dict[str, Any]:
    """An effect as far as it says which calls do it; a key that a function makes stays with the test."""
    told = {field.name: getattr(effect, field.name) for field in fields(effect)}
    return {**told, "key": ["elsewhere"]} if callable(effect.key) else told


def _read(path: Path) -> dict[str, Any]:
    try:
        told = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}


def _write(path: Path, told: Mapping[str, Any]) -> None:
    """All of it or nothing: somebody may be reading."""
    news = path.with_name(f"{path.name}.new")
    news.write_text(json.dumps(told), encoding="utf-8")
    news.replace(path)
