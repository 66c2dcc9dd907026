"""Campaign: plans in, results out in the same order; what was done before is read, and what is new is kept."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sized
from concurrent.futures import Executor
from pathlib import Path
from types import MappingProxyType
from typing import Final, Self, get_args

from pytest_agentchaos.campaign.crew import Crew, Elsewhere, Here
from pytest_agentchaos.campaign.folder import Folder
from pytest_agentchaos.campaign.work import Keep
from pytest_agentchaos.campaign.workers import Workers
from pytest_agentchaos.errors import UnknownNameError, UsageError, nearest
from pytest_agentchaos.evidence.result import Result
from pytest_agentchaos.plan import Plan

Progress = Callable[[int, int], None]
"""Is told how many are done, and of how many (0: nobody knows)."""

_HELD: Final = 1_024
"""So many results wait at most for one that takes longer than those after it."""


class Campaign:
    """Runs plans. ``with Campaign(...) as campaign`` ends its processes and unlocks its folder.

    With one worker the trials run in this process; with more, or an executor, each in one of others, so that a system
    that crashes its process loses one trial. Results are the same. ``labels``: what whoever runs it calls it by
    (release, commit, shard); they stand in the head of its file.
    """

    def __init__(  # noqa: PLR0913 - independent choices, all by keyword but the first
        self,
        folder: Path | str | None = None,
        *,
        workers: int = 1,
        keep: Keep = "failed",
        progress: Progress | None = None,
        executor: Executor | None = None,
        kind: str = "campaign",
        labels: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        if keep not in get_args(Keep):
            msg = f"keep={keep!r}: of which trials are histories kept? {nearest(str(keep), get_args(Keep))}"
            raise UnknownNameError(msg)
        if workers < 1:
            msg = f"workers={workers!r}: give a number of processes, 1 or more"
            raise UsageError(msg)
        texts: list[object] = [*labels, *labels.values()]
        if wrong := [one for one in texts if not isinstance(one, str)]:
            msg = f"labels={dict(labels)!r}: {wrong[0]!r} is no text; give texts, for example {{'release': '1.4'}}"
            raise UsageError(msg)
        self._folder = None if folder is None else Folder(Path(folder), kind, labels)
        self._keep: Keep = "none" if folder is None else keep
        self._progress = progress
        self._workers = workers
        self._executor = executor
        self._crew: Crew | None = None

    def run(self, plans: Iterable[Plan]) -> Iterator[Result]:
        """Each plan's result, in the order of the plans. May be called several times, one after the other."""
        total = len(plans) if isinstance(plans, Sized) else 0
        given = iter(plans)
        if self._folder is not None:
            self._folder.open()
        if self._crew is None:
            self._crew = self._made()
        run = _Run(self._crew, self._folder)
        done = 0
        ended = False
        try:
            while run.fill(given):
                result = run.next()
                done += 1
                if self._progress is not None:
                    self._progress(done, total)
                yield result
            ended = True
        finally:
            if not ended:  # interrupted, or nobody wants the rest
                self._crew.close()
                self._crew = None

    def close(self) -> None:
        """End what runs, and unlock the folder."""
        if self._crew is not None:
            self._crew.close()
            self._crew = None
        if self._folder is not None:
            self._folder.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _made(self) -> Crew:
        if self._executor is not None:
            return Elsewhere(self._executor, self._keep)
        return Here(self._keep) if self._workers == 1 else Workers(self._workers, self._keep)


class _Run:
    """What is under way."""

    def __init__(self, crew: Crew, folder: Folder | None) -> None:
        self._crew = crew
        self._folder = folder
        self._order: deque[str] = deque()
        self._wanted: Counter[str] = Counter()
        """How often a trial stands in the order: a plan that is given twice is carried out once."""
        self._under_way: set[str] = set()
        self._done: dict[str, Result] = {}

    def fill(self, plans: Iterator[Plan]) -> bool:
        """Give the crew enough to do; whether there is anything left to wait for."""
        while len(self._under_way) < self._crew.ahead and len(self._order) < _HELD:
            plan = next(plans, None)
            if plan is None:
                break
            self._order.append(plan.id)
            self._wanted[plan.id] += 1
            if plan.id in self._under_way or plan.id in self._done:
                continue
            found = None if self._folder is None else self._folder.find(plan)
            if found is None:
                self._under_way.add(plan.id)
                self._crew.give(plan)
            else:
                self._done[plan.id] = found
                if len(self._order) == 1:
                    break  # it can be handed on at once: a campaign that goes on begins without a pause
        return bool(self._order)

    def next(self) -> Result:
        """The next result; whatever is done meanwhile is kept at once."""
        trial = self._order.popleft()
        while trial not in self._done:
            plan, done = self._crew.take()
            if self._folder is not None:
                self._folder.keep(plan, done)
            self._under_way.discard(plan.id)
            self._done[plan.id] = done.result
        self._wanted[trial] -= 1
        if self._wanted[trial]:
            return self._done[trial]
        del self._wanted[trial]
        return self._done.pop(trial)
