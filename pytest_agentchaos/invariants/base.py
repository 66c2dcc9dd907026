"""What an invariant is, and how it is asked."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from pytest_agentchaos.errors import UsageError, explains_itself
from pytest_agentchaos.evidence.canonical import told
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.evidence.verdict import Verdict

__tracebackhide__ = explains_itself


@runtime_checkable
class Invariant(Protocol):
    """A judge over a history.

    One that looks into arguments and results, and not only whether they are equal, says so by an attribute
    ``reads_contents = True``: traces of production seldom record them.
    """

    @property
    def name(self) -> str:
        """What a verdict calls it."""

    def check(self, history: History) -> Verdict:
        """Judge."""


def judge(invariant: Invariant, history: History) -> Verdict:
    """The invariant's verdict; one that crashes knows nothing, and unknown is no pass."""
    if isinstance(invariant, type) or not callable(getattr(invariant, "check", None)):
        msg = f"{invariant!r} is not an invariant; write for example invariants.at_most('model_calls', 12)"
        raise UsageError(msg)
    try:
        verdict = invariant.check(history)
    except Exception as error:  # noqa: BLE001 - a crash of a judge must become a verdict, whatever it is
        return Verdict(_name(invariant), "unknown", f"the invariant crashed: {told(error)}")
    if not isinstance(verdict, Verdict):
        return Verdict(_name(invariant), "unknown", f"the invariant gave {verdict!r} where a Verdict was due")
    return verdict


def _name(invariant: Invariant) -> str:
    """Its name, unless that is what crashes."""
    try:
        return str(invariant.name)
    except Exception:  # noqa: BLE001 - see above
        return type(invariant).__name__
