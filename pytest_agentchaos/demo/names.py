"""Safeguards of the two bundled agents: the same thing may have a name in each."""

from __future__ import annotations

from typing import Final, NamedTuple

from pytest_agentchaos.errors import UnknownNameError, UsageError, nearest
from pytest_agentchaos.system import System

TRAVEL: Final = "reference_system:travel"
"""By its address: this package never imports it."""
USUAL: Final = "idempotency"
_SAME: Final = {
    "idempotency": "idempotency",
    "retries": "retry_backoff",
    "validation": "validate_arguments",
    "confirmation": "truthful_summary",
}
"""The small agent's name -> the travel system's."""


class Weakened(NamedTuple):
    """What is switched off."""

    small: str | None
    """In the small agent; None if it has no such safeguard."""
    travel: str
    """In the travel system."""

    @property
    def system(self) -> str:
        """The travel system without it, by its address."""
        return f'{TRAVEL}("{self.travel}")'


def weakened(name: str) -> Weakened:
    """What a name of either means to both."""
    small = next((ours for ours, theirs in _SAME.items() if name in {ours, theirs}), None)
    found = Weakened(small, _SAME.get(name, name))
    if small is None:
        _check(found)
    return found


def of_the_small_agent(name: str) -> str:
    """The small agent's own name of a safeguard."""
    small = next((ours for ours, theirs in _SAME.items() if name in {ours, theirs}), None)
    if small is None:
        msg = f"the small agent has no safeguard {name!r}; {nearest(name, _SAME)}; without --quick there are more"
        raise UnknownNameError(msg)
    return small


def _check(asked: Weakened) -> None:
    """Only the travel system knows what it has; it says so when it is made."""
    if not asked.travel.isidentifier():
        msg = f"there is no safeguard {asked.travel!r}; {nearest(asked.travel, _SAME)}"
        raise UnknownNameError(msg)
    system = System.of(asked.system)
    try:
        system.journeys()
    except ValueError as error:
        msg = f"there is no such safeguard: the small agent has {', '.join(_SAME)}; the travel system says: {error}"
        raise UsageError(msg) from error
