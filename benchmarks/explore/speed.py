"""What exploring costs: each trial, all singles of a weekend trip, and a second worker."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from benchmarks.measure import Measurement, compare, seconds
from pytest_agentchaos.campaign import Campaign
from pytest_agentchaos.explore import Asked, Found, carry_out
from pytest_agentchaos.explore.menu import menu
from pytest_agentchaos.performance import perform
from pytest_agentchaos.plan import Plan
from pytest_agentchaos.system import System

TRAVEL = "reference_system:travel"
FEW = ("drop_response", "error_status")
SOME = ("drop_response", "duplicate", "error_status", "latency", "refused", "reset", "unavailable")
"""Enough that starting processes, and the two runs without a fault, for which all others wait, are little."""


def explored(workers: int, *names: str) -> Found:
    """All singles of the weekend trip, of all faults or of these."""
    asked = Asked(System.of(TRAVEL), menu(names or None))
    with Campaign(workers=workers) as campaign:
        return carry_out(asked, campaign)


def measurements() -> Iterator[Measurement]:
    """Real seconds, of which a trial of the travel system takes nearly all."""
    found: list[Found] = []
    taken_s = seconds(lambda: found.append(explored(2)))
    depth = found[0].depths[0]
    detail = f"{depth.run} of {depth.reachable} single faults at {len(found[0].sites)} calls, {found[0].trials} trials"
    yield Measurement("weekend trip, all singles, 2 workers", taken_s, "s", 60, "at_most", detail)
    left_out = depth.reachable - depth.run
    yield Measurement("of them not run", left_out, "trials", 0, "at_most", "every reachable site x applicable fault")
    taken = compare(partial(explored, 2, *SOME), partial(explored, 1, *SOME), rounds=3, warm_up=0)
    yield Measurement("2 workers against 1", taken.speed, "x", 1.8, "at_least", taken.detail)
    yield from _overhead()


def _overhead() -> Iterator[Measurement]:
    """The same plans by an exploration, in one process, and by nobody but ``perform``."""
    asked = Asked(System.of(TRAVEL), menu(FEW))
    clean = Plan(asked.system)
    plans = [clean, *(Plan(asked.system, schedule=asked.schedule(one.spots)) for one in explored(1, *FEW).tried), clean]

    def bare() -> None:
        for plan in plans:
            perform(plan)

    taken = compare(partial(explored, 1, *FEW), bare, rounds=5, warm_up=0)
    yield Measurement("explorer and recording", (taken.ratio - 1) * 100, "%", 10, "at_most", taken.detail)
