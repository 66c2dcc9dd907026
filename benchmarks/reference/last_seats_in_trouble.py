"""The contest on seven processes: every request is sent twice, and one process after the other dies meanwhile.

The first dies as soon as a seat is held, when ten trips are about to pay for theirs; from then on one after each tenth
trip. Each is started again at once. Who dies first differs from contest to contest.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import closing
from typing import Final

from benchmarks.measure import Measurement
from benchmarks.reference.contest import USERS, Result, requests
from benchmarks.reference.crowd import Crowd, connected
from pytest_agentchaos.clock import wall_s
from reference_system.contracts.trip import TripAnswer, TripRequest
from reference_system.stack import Stack
from reference_system.stack.stack import OWN_POSTGRES
from reference_system.store import open_store
from reference_system.store.interface import Store

EACH: Final = 10
"""After so many trips the next process is killed."""
CONTESTS: Final = (
    ("SQLite", None, "service"),
    ("SQLite", None, "flights"),
    ("PostgreSQL", OWN_POSTGRES, "flights"),
    ("PostgreSQL", OWN_POSTGRES, "model"),
)
"""Name of the store, address, and who dies first."""

_LOOK_S: Final = 0.005


def measurements() -> Iterator[Measurement]:
    """On both stores."""
    for name, url, first in CONTESTS:
        yield asyncio.run(_contest(name, url, first))


async def _contest(name: str, url: str | None, first: str) -> Measurement:
    async with Stack(store_url=url) as stack:
        with closing(open_store(stack.store_url)) as store:
            begin_s = wall_s()
            # A process that cannot be started again ends the benchmark: nobody need wait for it.
            async with asyncio.TaskGroup() as group, connected(stack.service_url) as http:
                reaper = Reaper(stack, first, group)
                waiting = group.create_task(reaper.begin(store))
                crowd = Crowd(http)
                told = await asyncio.gather(*(_answered(crowd, request, reaper) for request in requests()))
                took_s = wall_s() - begin_s
                waiting.cancel()
            detail = f"each request twice, {reaper}, {took_s:.0f} s"
            return Result.of(told, store).measurement(f"last seats on {name}, first dies {first}", detail)


async def _answered(crowd: Crowd, request: TripRequest, reaper: Reaper) -> tuple[TripAnswer, ...]:
    answers = await crowd.ask_twice(request, request.user)
    reaper.trip_ended()
    return answers


class Reaper:
    """Kills one process after the other, in turn, and starts each again at once."""

    def __init__(self, stack: Stack, first: str, group: asyncio.TaskGroup) -> None:
        self._stack = stack
        self._group = group
        self._next = stack.names.index(first)
        self._ended = 0
        self._killed: Counter[str] = Counter()
        self._busy: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def begin(self, store: Store) -> None:
        """Kill the first one as soon as a seat is held."""
        while not await asyncio.to_thread(store.bookings, state="held"):  # noqa: ASYNC110 - it is another process's
            await asyncio.sleep(_LOOK_S)
        self._kill_next()

    def trip_ended(self) -> None:
        """Hear of it; the last one kills nobody, because there is nobody left to suffer from it."""
        self._ended += 1
        if self._ended % EACH == 0 and self._ended < USERS:
            self._kill_next()

    def _kill_next(self) -> None:
        name = self._stack.names[self._next % len(self._stack.names)]
        self._next += 1
        self._group.create_task(self._kill(name), name=f"the death of {name}")

    async def _kill(self, name: str) -> None:
        async with self._busy[name]:
            await self._stack.kill(name)
            self._killed[name] += 1
            await self._stack.restart(name)

    def __str__(self) -> str:
        return f"{self._killed.total()} deaths ({', '.join(f'{name} {count}' for name, count in self._killed.items())})"
