"""Everything that this package raises, in one tree.

- AgentChaosError

  - UsageError: the caller wrote something wrong; the message names the value, the place, the remedy

    - UnknownNameError: a name that does not exist, with the nearest that does
    - NoUpstreamError: a call to an address that nothing stands behind
    - RealIOError: real input or output while time is virtual

  - InvalidTrialError: the trial proves nothing (a fault never fired), neither pass nor fail
  - DivergenceError: the same trial, run twice, was not the same
  - InternalError: a defect of this package, never of the system under test
  - ToolCallError: what a faulted plain function raises in place of its own errors

- HungError: the system waits for something that can never come (see the class)
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any


class AgentChaosError(Exception):
    """Base of everything that this package raises."""


class UsageError(AgentChaosError):
    """Something was written wrong; the message names the value, the place and the remedy."""


class UnknownNameError(UsageError, AttributeError):
    """A name that does not exist; the message offers the nearest one that does."""


class NoUpstreamError(UsageError):
    """A call to an address that nothing stands behind in sim mode."""


class RealIOError(UsageError, OSError):
    """Real input or output was attempted while time is virtual."""


class InvalidTrialError(AgentChaosError):
    """The trial proves nothing, for example because an injected fault never fired."""


class DivergenceError(AgentChaosError):
    """The same trial, run twice, left two different histories."""


class InternalError(AgentChaosError):
    """A defect of pytest-agentchaos itself; it says nothing about the system under test."""


class ToolCallError(AgentChaosError, RuntimeError):
    """What a plain function raises when a fault answers in its place."""

    def __init__(self, message: str, *, status: int = 500) -> None:  # a default, so that it can be pickled
        super().__init__(message)
        self.status = status


class HungError(BaseException):
    """The system waits for something that can never come.

    It derives from BaseException for the reason that KeyboardInterrupt does: an agent that catches
    ``Exception`` around its calls must not be able to swallow the proof that it hangs.
    """


def explains_itself(shown: Any) -> bool:
    """For ``__tracebackhide__``: whether an error, as pytest wraps it, is clear without our frames.

    What its user wrote wrong, or where a system hangs, stands in the message; the frame to see is the user's own.
    """
    return bool(shown.errisinstance((UsageError, HungError)))


def nearest(name: str, valid: Iterable[str]) -> str:
    """Half a sentence that offers the nearest valid name, or all of them when none is near."""
    choices = sorted(valid)
    close = difflib.get_close_matches(name, choices, n=1, cutoff=0.6)
    if close:
        return f"did you mean {close[0]!r}?"
    return f"valid: {', '.join(choices) or 'none'}"
