"""Where the same trial came out otherwise in real time than in virtual time."""

from __future__ import annotations

from pytest_agentchaos.evidence.result import Result


def differences(sim: Result, live: Result) -> tuple[str, ...]:
    """In words, what decides first; empty when both say the same.

    How often a fault acted may differ, as attempts do where time is real; that one acted at all may not. Which of the
    ends came about that a plan expects, its verdict has judged.
    """
    found = []
    if sim.status != live.status:
        found.append(_words("the trial", f"is {live.status}", f"is {sim.status}", live.why))
    if sim.ended != live.ended and not live.plan.get("expect"):
        found.append(_words("the journey", f"ended as {live.ended or '?'}", f"ended as {sim.ended or '?'}"))
    virtual = {one.invariant: one for one in sim.verdicts}
    for one in live.verdicts:
        other = virtual.pop(one.invariant, None)
        was = "was not asked" if other is None else other.status
        if was != one.status:
            found.append(_words(one.invariant, one.status, was, one.reason))
    found += [_words(name, "was not asked", one.status) for name, one in virtual.items()]
    for number, (before, now) in enumerate(zip(sim.fired, live.fired, strict=False), 1):
        if bool(before) != bool(now):
            found.append(_words(f"rule {number}", "acted" if now else "never acted", "acted" if before else "did not"))
    return tuple(found)


def _words(what: str, live: str, sim: str, why: str = "") -> str:
    return f"{what}: {live} live, {sim} in virtual time" + (f" ({why})" if why else "")
