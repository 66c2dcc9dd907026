"""A site: the stable identity of a call within a run."""

from __future__ import annotations

from collections import Counter
from typing import Final, NamedTuple

from pytest_agentchaos.evidence.call import Call, Kind

REMEMBERED: Final = 2_048
"""Of a history that lets go, attempts of at least so many different calls are counted on, those made last."""


class Site(NamedTuple):
    """Two calls of two runs are the same call when their sites are equal.

    There is no global counter in it: a retry or a reordering elsewhere does not move a site.
    """

    agent: tuple[str, ...]
    kind: Kind
    target: str
    name: str
    digest: str
    attempt: int

    def __str__(self) -> str:
        return f"{'/'.join(self.agent)}|{self.kind}|{self.target}|{self.name}|{self.digest}|{self.attempt}"


class SiteCounter:
    """Gives each call its site, counting attempts of equal calls."""

    def __init__(self) -> None:
        self._attempts: Counter[tuple[object, ...]] = Counter()
        self._older: Counter[tuple[object, ...]] = Counter()

    def site(self, call: Call) -> Site:
        """The site of the next call in order."""
        digest = call.digest
        key = (call.agent, call.kind, call.target, call.name, digest)
        if self._older and key not in self._attempts:
            self._attempts[key] = self._older[key]
        self._attempts[key] += 1
        return Site(call.agent, call.kind, call.target, call.name, digest, self._attempts[key])

    def let_go(self) -> None:
        """Forget calls that were not made for long: the next of them is a first attempt again."""
        if len(self._attempts) >= REMEMBERED:
            self._older, self._attempts = self._attempts, Counter()
