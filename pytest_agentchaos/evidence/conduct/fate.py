"""Fate: what became of a call, as its caller saw it; and which calls it repeats."""

from __future__ import annotations

from collections.abc import Hashable
from fnmatch import fnmatchcase

from pytest_agentchaos.evidence.exchange import Exchange
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.evidence.run import runs

_ERRORS = 400


def went_wrong(exchange: Exchange) -> bool:
    """Whether it ended without what was asked for: no reply, a status that says error, a tool that says it failed."""
    if exchange.ending != "ok":
        return exchange.ending != "open"
    data = exchange.data
    status = data.get("status")
    is_error = isinstance(status, (int, float)) and status >= _ERRORS
    return is_error or data.get("failure") is not None or data.get("error") is not None


def succeeded(exchange: Exchange) -> bool:
    """Whether its caller got a reply that is no error."""
    return exchange.ending == "ok" and not went_wrong(exchange)


def identity(exchange: Exchange) -> Hashable:
    """The same for calls by one agent, to one target, of one name, with equal arguments: its site without attempt."""
    return exchange.site[:-1]


def concerns(exchange: Exchange, glob: str) -> bool:
    """Whether a glob fits the name of a call, or its target."""
    return fnmatchcase(exchange.call.name, glob) or fnmatchcase(exchange.call.target, glob)


def under_way(history: History) -> tuple[int, ...]:
    """Calls that are open and belong to no run that has ended: more may come. Ask by ``history.view(under_way)``.

    What an ended run left open (it hung, or did not wait) stays as it is, and tells of nothing to come.
    """
    ended = history.view(runs)
    last = ended[-1].op if ended else -1
    return tuple(exchange.index for exchange in history.calls() if exchange.ending == "open" and exchange.index > last)
