"""Waivers: parts of rules that may fail for once, until a day, because somebody answers for it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from fnmatch import fnmatchcase

from pytest_agentchaos.evidence.telling import shown
from pytest_agentchaos.gating.shape import Rule, Waiver


class Waivers:
    """Those of a policy at a moment; remembers which of them were of use."""

    def __init__(self, waivers: tuple[Waiver, ...], at: datetime) -> None:
        self._waivers = waivers
        self._today: date = at.astimezone(UTC).date()
        self._used: set[int] = set()

    def of(self, rule: Rule, cell: str) -> str:
        """Who waives this part, why and until when; empty if nobody does."""
        for number, waiver in enumerate(self._waivers):
            if waiver.rule == rule.id and _matches(waiver, cell):
                self._used.add(number)
                if waiver.expires >= self._today and rule.can_be_waived:
                    return f"{shown(waiver.owner)}, until {waiver.expires}: {shown(waiver.reason)}"
        return ""

    def problems(self) -> list[str]:
        """Those that count no longer, and those that lift nothing: each a sentence with its remedy."""
        found = []
        for number, waiver in enumerate(self._waivers):
            name = f"the waiver of {waiver.rule!r}"
            if waiver.match:
                name += f" for {shown(waiver.match)}"
            if waiver.expires < self._today:
                found.append(
                    f"{name} expired on {waiver.expires}; mend what it excuses and remove it,"
                    f" or let {shown(waiver.owner)} renew it"
                )
            elif number not in self._used:
                found.append(f"{name} matches nothing in these results; correct it or remove it")
        return found


def _matches(waiver: Waiver, cell: str) -> bool:
    if waiver.match is None:
        return True
    return fnmatchcase(cell, waiver.match.partition("=")[2].strip())
