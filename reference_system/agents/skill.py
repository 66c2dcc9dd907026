"""What there is to know about one kind of task: when it is done, which calls fit it, how rules would do it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import TYPE_CHECKING, Generic, TypeVar

from reference_system.agents.assignment import Problem
from reference_system.contracts.base import Contract

if TYPE_CHECKING:
    from reference_system.agents.desk import Desk

TaskT = TypeVar("TaskT", bound=Contract)


class Skill(ABC, Generic[TaskT]):
    """One kind of task. It has no state: everything that a step knows is on its desk."""

    @abstractmethod
    def tools(self, task: TaskT) -> tuple[str, ...]:
        """The tools that it takes; no others are offered to the model."""

    @abstractmethod
    def is_done(self, task: TaskT, desk: Desk) -> bool:
        """Whether what was done is all that the task asks for."""

    @abstractmethod
    async def by_rules(self, task: TaskT, desk: Desk) -> Problem | None:
        """Do it without the model: search, take the cheapest that fits, book. What stands in the way, if anything."""

    def objections(self, task: TaskT, desk: Desk, arguments: Contract) -> Iterator[str]:  # noqa: ARG002 - none here
        """Why a call with these arguments would not do this task, for the model to read.

        Whatever talks a model into something (a review, a user), it gets no further than here.
        """
        yield from ()

    def part(self, arguments: Contract) -> str:  # noqa: ARG002 - most tasks are one piece
        """Which part of the task a write does: two different writes for one part would be one too many."""
        return "all"

    def is_possible(self, task: TaskT, desk: Desk) -> bool:  # noqa: ARG002 - most tasks need no luck
        """Whether something fitting has been seen; then nobody need believe that there is nothing."""
        return True

    def cheapest_minor(self, task: TaskT, desk: Desk) -> int | None:  # noqa: ARG002 - most tasks are free
        """What it would cost at least, as far as it has been seen."""
        return None
