"""At most: a number of the run stays within a limit."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from math import inf, isfinite
from typing import Any

from pytest_agentchaos.errors import UsageError, explains_itself
from pytest_agentchaos.evidence.conduct.fate import under_way
from pytest_agentchaos.evidence.figures.metrics import Measured, Part, metric
from pytest_agentchaos.evidence.figures.prices import Prices
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.evidence.messages.tools import tools
from pytest_agentchaos.evidence.run import LEFT_DOWN, left_down, runs
from pytest_agentchaos.evidence.verdict import Verdict
from pytest_agentchaos.invariants.registry import register

__tracebackhide__ = explains_itself


@register
@dataclass(frozen=True, slots=True)
class at_most:
    """Promises that a metric of the run is not above a limit; it sees only calls that crossed a wire.

    ``at_most("tool_calls", 3, of="search_*")`` bounds some calls, ``at_most("tokens", 9000, agent="planner")`` those
    of one agent.
    """

    metric: str
    """``calls``; ``steps`` (calls to models, tools and agents), ``model_calls``, ``tool_calls``, ``agent_calls``;
    ``retries`` (the most that one call was repeated with the same arguments); ``amplification`` (how often a distinct
    call was sent on average, deliveries that a fault doubled included); ``errors`` (calls that ended in one);
    ``concurrent_calls`` (the most that were open at one moment); ``tokens``, ``input_tokens``, ``output_tokens`` and
    ``cost`` (of all that models truly answered, seen or lost on the way); ``duration_s``."""
    limit: float
    """The largest number that is right."""
    of: str = "*"
    """Only calls whose name fits this glob."""
    target: str = "*"
    """Only calls to targets that fit this glob."""
    agent: str | None = None
    """Only calls made by agents that fit this glob."""
    prices: Any = None
    """For ``cost``: model -> [input, output, cached] for a million tokens, in place of the history's prices."""

    def __post_init__(self) -> None:
        metric(self.metric)
        limit: object = self.limit  # whatever the caller gave
        is_number = isinstance(limit, (int, float)) and not isinstance(limit, bool)
        if not is_number or not 0 <= self.limit < inf:
            msg = (
                f"at_most({self.metric!r}, {self.limit!r}): the limit must be a number from 0 up; write for example 12"
            )
            raise UsageError(msg)
        for field in ("of", "target", "agent"):
            glob = getattr(self, field)
            if not (isinstance(glob, str) and glob) and not (field == "agent" and glob is None):
                msg = f"at_most({self.metric!r}, {field}={glob!r}): a glob is due; write for example {field}='search*'"
                raise UsageError(msg)
        if self.prices is not None:
            if self.metric != "cost":
                msg = f"at_most({self.metric!r}, prices=...): only cost has a price; write at_most('cost', 0.10, ...)"
                raise UsageError(msg)
            object.__setattr__(self, "prices", Prices.of(self.prices))

    @property
    def name(self) -> str:
        """What a verdict calls it."""
        return f"at_most({self.metric}{self._part()}, {_text(self.limit)})"

    def check(self, history: History) -> Verdict:  # noqa: PLR0911 - one for each way in which it can end
        """Count and compare."""
        part = Part(history, self.of, self.target, self.agent, self.prices)
        measured = metric(self.metric)(part)
        told = f"{self.metric}{self._part()} = {_text(measured.value)}"
        if measured.value > self.limit:
            return Verdict(self.name, "fail", f"{told}, above {_text(self.limit)}", measured.ops)
        if measured.unread or measured.why:
            return Verdict(self.name, "unknown", f"{told}, but {_unread(measured)}", measured.unread)
        if going_on := history.view(under_way):
            reason = f"{told} so far, but {_count(going_on)} still open and no run has ended since: there may be more"
            return Verdict(self.name, "unknown", reason, going_on)
        if not history.view(runs):
            return Verdict(self.name, "unknown", f"{told} so far, and no run has ended: there may be more")
        if (down := left_down(history)) is not None:
            return Verdict(self.name, "unknown", f"{told} so far: {LEFT_DOWN}", (down.op,))
        if self.limit and not part.is_all and not part.calls() and not self._is_known(history):
            reason = (
                f"{told}: nothing{self._part()} was called, offered or listed, so nothing was bounded; is it spelt so?"
            )
            return Verdict(self.name, "unknown", reason)
        return Verdict(self.name, "pass", told)

    def _part(self) -> str:
        """What it looks at, in words."""
        words = f" of {self.of}" if self.of != "*" else ""
        words += f" at {self.target}" if self.target != "*" else ""
        return words + (f" by {self.agent}" if self.agent is not None else "")

    def _is_known(self, history: History) -> bool:
        """Whether a tool that was never called is one that there is: an agent may do without it."""
        if self.target != "*" or self.agent is not None:
            return False
        names = {name for _, name in history.view(tools).defined}
        for offered in {exchange.call.offers for exchange in history.calls(kind="model")}:
            names.update(offered)
        return any(fnmatchcase(name, self.of) for name in names)


def _unread(measured: Measured) -> str:
    count = len(measured.unread)
    return measured.why or f"{count} {'reply says' if count == 1 else 'replies say'} nothing about it"


def _count(ops: tuple[int, ...]) -> str:
    return "1 call is" if len(ops) == 1 else f"{len(ops)} calls are"


def _text(number: float) -> str:
    """Whole numbers to their last digit; of others, no more digits than a history keeps."""
    return str(int(number)) if isfinite(number) and number == int(number) else str(round(number, 6))
