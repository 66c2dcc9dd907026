"""Seven processes under load: how soon they are ready, and what eight trips a second for half a minute cost them."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import quantiles
from typing import Final

import httpx2
import psutil

from benchmarks.measure import Measurement
from benchmarks.reference import sim_trip
from benchmarks.reference.crowd import Crowd, connected
from pytest_agentchaos.clock import wall_s
from reference_system.catalogue.flights import HUBS
from reference_system.contracts.trip import Reason, TripAnswer, TripRequest
from reference_system.stack import Stack

READY_S: Final = 10.0
SUSTAINED_PER_S: Final = 8.0
ASKED_PER_S: Final = 8.4
"""A little more, because the time that the last trips take counts too."""
LASTS_S: Final = 30.0
TIMES_SIM: Final = 2.0
SAMPLES: Final = 16
"""Of the trips, for the figure in sim mode."""

_FIRST_FRIDAY: Final = date(2027, 3, 5)
_WEEKS: Final = 12
_WARM_UP: Final = 16


def measurements() -> Iterator[Measurement]:
    """One stack, started once; the figure in sim mode is taken before and after, as the machine changes meanwhile."""
    samples = [weekend(number) for number in range(SAMPLES)]
    before_s = sim_trip.cpu_s(samples)
    ready_s, load = asyncio.run(_measured())
    sim_s = (before_s + sim_trip.cpu_s(samples)) / 2
    yield Measurement("the stack is ready", ready_s, "s", READY_S, "at_most", "7 processes, from nothing")
    yield from load.measurements(sim_s)


def weekend(number: int) -> TripRequest:
    """One of many weekends for two, all of the same kind and for ever other seats, rooms and tables."""
    hubs = [hub.city for hub in HUBS]
    origin, turn = number % len(hubs), number // len(hubs)
    destination = (origin + 1 + turn % (len(hubs) - 1)) % len(hubs)
    friday = _FIRST_FRIDAY + timedelta(weeks=number % _WEEKS)
    text = (
        f"A weekend in {hubs[destination]} from {hubs[origin]}, from Friday {friday.day} {friday:%B} for 3 nights, "
        "for Ada and Ben, under 2500 euros."
    )
    return TripRequest(text=text, user=f"user-{number}")


@dataclass(frozen=True, slots=True)
class Load:
    """What became of the trips, and what they cost."""

    answers: Sequence[TripAnswer | None]
    waits_s: Sequence[float]
    took_s: float
    """From the first request to the last answer."""
    cpu_s: Mapping[str, float]
    """Process -> seconds."""
    generator_cpu_s: float

    def measurements(self, sim_s: float) -> Iterator[Measurement]:
        """Rate, errors, cost."""
        count = len(self.answers)
        at_20th = quantiles(self.waits_s, n=20)
        waits = f"p50 {at_20th[9]:.2f} s, p95 {at_20th[18]:.2f} s, longest {max(self.waits_s):.2f} s"
        asked = (
            f"{count} weekend trips asked for in {LASTS_S:.0f} s, the last answer after {self.took_s:.1f} s; {waits}"
        )
        yield Measurement("trips", count / self.took_s, "a second", SUSTAINED_PER_S, "at_least", asked)
        reasons = Counter("no answer" if answer is None else str(answer.reason) for answer in self.answers)
        told = ", ".join(f"{number} {reason}" for reason, number in reasons.most_common())
        yield Measurement("trips that fail", count - reasons[Reason.COMPLETED], "trips", 0, "at_most", told)
        spent_s = sum(self.cpu_s.values()) / count
        parts = ", ".join(f"{name} {seconds / count * 1e3:.0f}" for name, seconds in self.cpu_s.items())
        detail = (
            f"{spent_s * 1e3:.0f} ms ({parts}), the load generator {self.generator_cpu_s / count * 1e3:.0f}; "
            f"such trips in sim mode {sim_s * 1e3:.0f} ms"
        )
        yield Measurement("CPU of a live trip", spent_s / sim_s, "x sim", TIMES_SIM, "at_most", detail)


async def _measured() -> tuple[float, Load]:
    begin_s = wall_s()
    async with Stack() as stack:
        ready_s = wall_s() - begin_s
        async with connected(stack.service_url) as http:
            await asyncio.gather(*(_ask(http, weekend(-1 - number)) for number in range(_WARM_UP)))
            return ready_s, await _loaded(stack, http)


async def _loaded(stack: Stack, http: httpx2.AsyncClient) -> Load:
    """An open loop: the next request does not wait for the answer to the last."""
    processes = {name: psutil.Process(stack.pid(name)) for name in stack.names}
    before_s, own_s, begin_s = _spent_s(processes), time.process_time(), wall_s()
    asked: list[asyncio.Task[tuple[TripAnswer | None, float]]] = []
    for number in range(int(ASKED_PER_S * LASTS_S)):
        await asyncio.sleep(begin_s + number / ASKED_PER_S - wall_s())
        asked.append(asyncio.create_task(_ask(http, weekend(number))))
    ended = await asyncio.gather(*asked)
    took_s, own_s = wall_s() - begin_s, time.process_time() - own_s
    after_s = _spent_s(processes)
    cpu_s = {name: after_s[name] - before_s[name] for name in processes}
    return Load([answer for answer, _ in ended], [wait_s for _, wait_s in ended], took_s, cpu_s, own_s)


async def _ask(http: httpx2.AsyncClient, request: TripRequest) -> tuple[TripAnswer | None, float]:
    begin_s = wall_s()
    answer = await Crowd(http).ask(request, request.user)
    return answer, wall_s() - begin_s


def _spent_s(processes: Mapping[str, psutil.Process]) -> dict[str, float]:
    times = {name: process.cpu_times() for name, process in processes.items()}
    return {name: spent.user + spent.system for name, spent in times.items()}
