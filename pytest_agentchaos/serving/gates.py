"""Gates: what a policy says of results that may still grow; decided anew when they have changed."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.evidence.decision import Decision
from pytest_agentchaos.evidence.gathered import gather
from pytest_agentchaos.evidence.printable import printable
from pytest_agentchaos.evidence.results import FILE
from pytest_agentchaos.gating import decide
from pytest_agentchaos.gating.policy import Policy, load

FRESH: Final = timedelta(seconds=60)
"""So long a decision counts though nothing has changed: results grow old, and waivers expire."""
_PATIENCE_S: Final = 60.0
_LINE: Final = 1_000

Stamps = tuple[tuple[str, int, int], ...]
"""Of each file: where it is, its size, when it was written."""


class BusyError(Exception):
    """Others ask for the same decision, and it takes too long."""


def now() -> datetime:
    """This moment."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class _Made:
    decision: Decision
    of: Stamps
    at: datetime


@dataclass(slots=True)
class Gate:
    """One policy over one candidate."""

    policy: str
    """A file, or the name of a shipped one."""
    results: Path
    """Need not be there yet."""
    baseline: Path | None = None
    now: Callable[[], datetime] = now
    _made: _Made | None = None
    _deciding: threading.Lock = field(default_factory=threading.Lock)

    def decision(self) -> Decision:
        """What the policy says now. Results that cannot be read are invalid, never a reason to ship."""
        if not self._deciding.acquire(timeout=_PATIENCE_S):
            raise BusyError
        try:
            at, stamps = self.now(), self._stamps()  # before reading: what is written meanwhile is seen the next time
            made = self._made
            if made is None or made.of != stamps or not timedelta(0) <= at - made.at < FRESH:
                self._made = made = _Made(self._decide(at), stamps, at)
            return made.decision
        finally:
            self._deciding.release()

    def _decide(self, at: datetime) -> Decision:
        policy: Policy | None = None
        try:
            policy = load(self.policy)
            candidate = gather(self.results)
            baseline = None if self.baseline is None else gather(self.baseline)
            return decide(policy, candidate, baseline, at=at)
        except UsageError as error:
            why = printable(str(error).partition("\n")[0], _LINE)
            names = ("", "") if policy is None else (policy.name, policy.sha256)
            return Decision("invalid", why, policy=names[0], policy_sha256=names[1])

    def _stamps(self) -> Stamps:
        roots = [Path(self.policy), self.results, *([] if self.baseline is None else [self.baseline])]
        return tuple(stamp for root in roots for file in _files(root) for stamp in _stamp(file))


def _files(root: Path) -> Iterator[str]:
    """The file, or the files of results in a folder, as they are gathered."""
    if not root.is_dir():
        yield str(root)
        return
    seen: set[str] = set()
    for folder, inner, files in os.walk(root, followlinks=True):
        real = os.path.realpath(folder)
        if FILE in files or real in seen:
            inner.clear()
        if FILE in files and real not in seen:
            yield os.path.join(folder, FILE)  # noqa: PTH118 - os.walk speaks in texts
        seen.add(real)
        inner[:] = sorted(name for name in inner if not name.startswith("."))


def _stamp(file: str) -> Iterator[tuple[str, int, int]]:
    try:
        told = os.stat(file)  # noqa: PTH116 - the same
    except OSError:
        return  # it is not there, or is gone again: reading will say so
    yield file, told.st_size, told.st_mtime_ns
