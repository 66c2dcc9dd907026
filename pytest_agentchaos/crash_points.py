"""Crash points: a journey with a crash at each point at which there can be one, each a trial of its own.

for plan in crash_points(Plan(System.of("reference_system:travel"))):
    print(perform(plan).result.status)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.faults.crash import Crash
from pytest_agentchaos.observation import Observe
from pytest_agentchaos.performance import perform
from pytest_agentchaos.plan import Plan
from pytest_agentchaos.schedule import on, rule

CRASHES: Final = tuple(
    Crash(of=of, point=point) for of in ("caller", "callee") for point in ("before_send", "before_reply", "after_reply")
)
"""Who ends, and when."""


def crash_points(plan: Plan, crashes: Sequence[Crash] = CRASHES) -> tuple[Plan, ...]:
    """One plan for each call of the journey and each of these crashes, as far as it can happen there.

    The journey is taken once to see its calls, under the faults that the plan has anyway. What a system calls only
    after a crash has no points of its own here: that takes two faults, and an exploration.
    """
    clean = perform(replace(plan, observe=Observe(tuple(crashes)))).result
    if clean.status == "infrastructure":
        msg = f"there are no calls at which {plan.system.text} could crash: {clean.why}"
        raise UsageError(msg)
    return tuple(
        replace(plan, schedule=(*plan.schedule, rule(crashes[number], on.site(site))))
        for site, _, possible in clean.observed["sites"]
        for number in possible
    )
