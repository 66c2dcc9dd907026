"""Exploration: every fault at every call, alone and together, with a figure for what was and was not tried.

    found = explore("my_project.chaos:trip", depth=2, workers=2, folder="reports/explored")
    print(found)            # coverage, the site x fault matrix, failing schedules with a line that shows each again
    found.assert_ok()

How it works, and what it cannot promise: docs/exploration.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

from pytest_agentchaos.campaign import Campaign
from pytest_agentchaos.clock import wall_s
from pytest_agentchaos.crash_points import CRASHES
from pytest_agentchaos.errors import UsageError, explains_itself
from pytest_agentchaos.evidence import exploration
from pytest_agentchaos.explore.asked import Asked, expected
from pytest_agentchaos.explore.failures import Failure, failures
from pytest_agentchaos.explore.found import Found
from pytest_agentchaos.explore.menu import menu
from pytest_agentchaos.explore.reductions import sites
from pytest_agentchaos.explore.search import Search
from pytest_agentchaos.faults.base import Fault
from pytest_agentchaos.invariants.base import Invariant
from pytest_agentchaos.schedule import Selector
from pytest_agentchaos.system import System

__tracebackhide__ = explains_itself
__all__ = ["Asked", "Failure", "Found", "crash_everywhere", "explore"]

Progress = Callable[[int, int], None]


def explore(  # noqa: PLR0913 - one that is given, the rest by keyword and seldom
    system: str | Callable[..., Any] | System,
    *,
    depth: int = 1,
    journey: Any = None,
    faults: Iterable[Fault | str] | None = None,
    on: Selector | Iterable[Selector] = (),
    invariants: Iterable[Invariant] = (),
    expect: str | Iterable[str] = (),
    sometimes: Iterable[Any] = (),
    seed: int = 0,
    audit: float = 0.1,
    budget_trials: int | None = None,
    budget_s: float | None = None,
    folder: Path | str | None = None,
    workers: int = 1,
    executor: Executor | None = None,
    progress: Progress | None = None,
    labels: Mapping[str, str] | None = None,
) -> Found:
    """Try every fault at every call of a journey, and up to ``depth`` of them together.

    ``system``: ``module:factory``, or a function that sets up a trial and gives what is run. ``faults``: faults, their
    names or families; unless told, all that need no parameters. ``on``: only at these calls, one sort or several.
    ``invariants``: what must hold, unless told the usual ones; ``expect``: how the journey may end; ``sometimes``: what
    is to be true in some trial, by names of ``reached``. ``audit``: the share of what the reductions leave out that is
    run after all. ``folder``: where results are kept, under these ``labels``; the same exploration goes on from there.
    """
    __tracebackhide__ = True
    asked = Asked(
        System.of(system),
        menu(faults),
        journey=journey,
        depth=depth,
        on=(on,) if isinstance(on, Selector) else tuple(on),
        invariants=tuple(invariants),
        expect=expected(expect),
        sometimes=tuple(sometimes),
        seed=seed,
        audit=audit,
        budget_trials=budget_trials,
    )
    if budget_s is not None and budget_s <= 0:
        msg = f"budget_s={budget_s!r}: give a number of real seconds above 0"
        raise UsageError(msg)
    with Campaign(
        folder, workers=workers, executor=executor, progress=progress, kind="exploration", labels=labels or {}
    ) as campaign:
        return carry_out(asked, campaign, None if folder is None else Path(folder), budget_s)


def carry_out(asked: Asked, campaign: Campaign, folder: Path | None = None, budget_s: float | None = None) -> Found:
    """An exploration on a campaign that is open already."""
    __tracebackhide__ = True
    began_s = wall_s()
    search = Search(asked, campaign.run, lambda: budget_s is not None and wall_s() - began_s > budget_s)
    search.go()
    told = failures(search, folder)
    tried = sorted(search.tried.values(), key=lambda one: len(one.spots))  # of one depth: as they were planned
    reached: dict[str, bool] = {}
    for one in [search.clean, *tried]:
        for name, met in one.result.reached.items():
            reached[name] = reached.get(name, False) or met
    clean = search.clean.result
    found = Found(
        asked=asked,
        journey=str(clean.plan.get("journey", "")),
        depths=tuple(search.depths),
        tried=tuple(tried),
        sites=tuple(one.site for one in sites(clean)),
        failures=told,
        reached=reached,
        unstable=search.unstable,
        has_digest=bool(clean.observed.get("digest")),
        trials=search.trials,
        shrinking=search.shrinking,
    )
    if folder is not None:
        exploration.write(folder, found.to_data())
    return found


def crash_everywhere(system: str | Callable[..., Any] | System, **asked: Any) -> Found:
    """Crash caller and callee at every point of every call, one in each trial, and start them again.

    What may be asked besides is what :func:`explore` takes.
    """
    __tracebackhide__ = True
    return explore(system, **{"depth": 1, "faults": CRASHES, **asked})
