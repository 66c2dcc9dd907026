"""A subject: a travel system as the suite is tried on it, with planted bugs, on whatever occasion."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

from power.bug import Bug
from pytest_agentchaos import Chaos
from reference_system.system import Taken, TravelSystem


@dataclass(frozen=True, slots=True)
class Seen(Taken):
    """A journey that was taken, and the queue that a person finds afterwards."""

    queue: tuple[str, ...]
    """Escalations that wait."""


class Subject:
    """A travel system, or an occasion for one, that is wrong until it is closed."""

    def __init__(self, taker: Any, bugs: Sequence[Bug] = ()) -> None:
        self._taker = taker
        self._travel: TravelSystem = getattr(taker, "travel", taker)
        self.state_digest = taker.state_digest
        self.resume = getattr(taker, "resume", None)
        self.journeys = getattr(taker, "journeys", ())
        self._planted = ExitStack()
        for bug in bugs:
            self._planted.enter_context(bug.plant(self._travel))

    def introduce(self, chaos: Chaos) -> None:
        """As the system does; and the key of its model is a secret that must not come out."""
        key = chaos.canary("the key of the model")
        self._travel.settings = replace(self._travel.settings, api_key=key)
        self._taker.introduce(chaos)

    async def take(self, *journey: Any) -> Any:
        """The journey, and a look into the queue."""
        taken = await self._taker.take(*journey)
        if not isinstance(taken, Taken):
            return taken
        queue = tuple(row.escalation for row in self._travel.store.escalations("open"))
        return Seen(taken.journey, taken.answers, taken.use, queue)

    def close(self) -> None:
        """Nothing is wrong any more."""
        try:
            self._taker.close()
        finally:
            self._planted.close()
