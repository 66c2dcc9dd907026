"""A crew: whoever carries plans out. It is given plans and gives back what is done, in any order."""

from __future__ import annotations

from collections import deque
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from typing import Protocol

from pytest_agentchaos.campaign.work import Done, Keep, carry_out, lost
from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.evidence.canonical import told
from pytest_agentchaos.plan import Plan


class Crew(Protocol):
    """Carries plans out."""

    ahead: int
    """So many plans are worth giving to it before the first is done."""

    def give(self, plan: Plan) -> None:
        """One more plan to be carried out."""

    def take(self) -> tuple[Plan, Done]:
        """One that is done; waits for it. There has to be one under way."""

    def close(self) -> None:
        """End, whatever is under way."""


class Here:
    """This process. A debugger works in it, and what a system's closures remember can be looked at afterwards."""

    ahead = 1

    def __init__(self, keep: Keep) -> None:
        self._keep: Keep = keep
        self._given: deque[Plan] = deque()

    def give(self, plan: Plan) -> None:
        """Remember it."""
        self._given.append(plan)

    def take(self) -> tuple[Plan, Done]:
        """Carry it out."""
        plan = self._given.popleft()
        return plan, carry_out(plan, self._keep)

    def close(self) -> None:
        """Forget it."""
        self._given.clear()


class Elsewhere:
    """Somebody's executor: a pool of the standard library, the client of a cluster."""

    ahead = 256
    """Nobody can ask how many it runs at a time."""

    def __init__(self, executor: Executor, keep: Keep) -> None:
        self._executor = executor
        self._keep: Keep = keep
        self._under_way: dict[Future[Done], Plan] = {}

    def give(self, plan: Plan) -> None:
        """Submit it."""
        try:
            self._under_way[self._executor.submit(carry_out, plan, self._keep)] = plan
        except RuntimeError as error:  # also that it is broken
            raise self._broken(error) from error

    def take(self) -> tuple[Plan, Done]:
        """The first that is done."""
        done, _ = wait(self._under_way, return_when=FIRST_COMPLETED)
        future = next(future for future in self._under_way if future in done)
        plan = self._under_way.pop(future)
        try:
            return plan, future.result()
        except BrokenExecutor as error:  # it tells nobody which trial did that
            raise self._broken(error) from error
        except Exception as error:  # noqa: BLE001 - the executor lost this one; Dask has errors of its own for that
            return plan, lost(plan, f"the executor has no result: {told(error)}")

    def close(self) -> None:
        """Take back what has not begun; the executor is its owner's to shut down."""
        for future in self._under_way:
            future.cancel()
        self._under_way.clear()

    def _broken(self, error: Exception) -> UsageError:
        return UsageError(
            f"the executor {type(self._executor).__name__} gave up ({told(error)}); run the campaign again to go on"
            " with what is missing, and use workers=2 in its place to learn which trial does that"
        )
