"""Two reasons to leave an extension out: the fault was fully masked there, or another of its kind is tried.

Both are assumptions about the system; the audit runs a sample of what they leave out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import takewhile

from pytest_agentchaos.evidence.grades import grade
from pytest_agentchaos.evidence.result import Result
from pytest_agentchaos.explore.asked import Spot
from pytest_agentchaos.observation import Seen


def sites(result: Result) -> tuple[Seen, ...]:
    """What was seen in a trial, in order."""
    return tuple(Seen(site, state, tuple(menu)) for site, state, menu in result.observed.get("sites", ()))


def sort_of(site: str) -> str:
    """The site without its agent, arguments and attempt: ``tool|hotels.local/mcp|book_hotel``."""
    return "|".join(site.split("|")[1:-2])


def converged(seen: Sequence[Seen], clean: Sequence[Seen]) -> int:
    """R1: from here on, a trial is what it would have been without its faults. Its length if it never is.

    The longest common suffix of (site, state); where nobody knows the state, nothing is common.
    """
    pairs = zip(reversed(seen), reversed(clean), strict=False)
    same = takewhile(lambda pair: pair[0].state and pair[0][:2] == pair[1][:2], pairs)
    return len(seen) - sum(1 for _ in same)


class Classes:
    """R2: of the faults that make the same of a call, one stands for all in schedules of several.

    The same: how often the callee did it (none, once, twice) and what the caller saw (ok, retryable, fatal), as the
    trials of a single fault have shown. The one that took the most time stands for the others, since time is what a
    class does not tell.
    """

    def __init__(self) -> None:
        self._singles: dict[Spot, Result] = {}
        self._by_sort: dict[tuple[str, int], Result] = {}

    def learn(self, spot: Spot, result: Result) -> None:
        """What became of a single fault."""
        self._singles[spot] = result
        if grade(result) not in {"unknown", "not applicable"}:
            self._by_sort.setdefault((sort_of(spot.site), spot.fault), result)

    def representatives(self, site: str, faults: Iterable[int]) -> set[int]:
        """Which of these faults stand for all of them at this site; one of which nothing is known stands for itself."""
        chosen: dict[str, tuple[float, int]] = {}
        for fault in faults:
            single = self._singles.get(Spot(site, fault)) or self._by_sort.get((sort_of(site), fault))
            became = next(iter(single.observed.get("became", ())), "") if single is not None else ""
            took_s = single.virtual_s if single is not None else 0.0
            kind = became or f"fault {fault}"
            if kind not in chosen or took_s > chosen[kind][0]:
                chosen[kind] = took_s, fault
        return {fault for _, fault in chosen.values()}


def begin_after(seen: Sequence[Seen], last: str | None) -> int:
    """Where further faults can strike: after the site of the last one."""
    return 0 if last is None else next((at for at, one in enumerate(seen, 1) if one.site == last), len(seen))
