"""How often a call was executed.

Only the callee knows what it did. So what counts is what it truly answered: under a fault the ``deliver`` ops, whatever
the caller saw; else the reply. Whatever was sent and not answered, or answered by a breakdown, may have happened.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from pytest_agentchaos.evidence.exchange import Exchange

_ERRORS = 400
_SAY_NOTHING = frozenset({408, 500, 502, 504})
"""A server that broke down, or whoever stands before it and got no answer: it may have been done before."""


class Executions(NamedTuple):
    """How often a call was executed."""

    sure: tuple[tuple[int, Any], ...]
    """(the op that shows it, what was truly answered), for those that were answered by a success."""
    maybe: int
    """How many more there were, or may have been."""


def executions(exchange: Exchange) -> Executions:
    """What the callee made of a call. An error as its true answer means that it did nothing."""
    data = exchange.data
    if exchange.deliveries or exchange.fault_ops:
        judged = [(op.index, op.data, _succeeded(op.data)) for op in exchange.deliveries]
        # A call that surely did not happen: a plain function has raised an error of its own.
        lost = 0 if exchange.ending == "fail" else sum(succeeded is None for _, _, succeeded in judged)
        lost += _under_way(exchange)
        still_out = exchange.ending == "open" and not judged
        return Executions(tuple((op, _result(data)) for op, data, good in judged if good), lost + still_out)
    if exchange.ending == "ok" and exchange.end is not None:
        succeeded = _succeeded(data)
        return Executions(((exchange.end, _result(data)),) if succeeded else (), int(succeeded is None))
    return Executions((), int(exchange.ending in {"info", "open"}))


def _under_way(exchange: Exchange) -> int:
    """Requests that were with the callee when the caller gave up, and were not answered afterwards either."""
    many = exchange.data.get("under_way", 0)
    if exchange.ending != "info" or exchange.end is None or type(many) is not int:
        return 0
    return max(0, many - sum(op.index > exchange.end for op in exchange.deliveries))


def _result(data: Any) -> Any:
    return data.get("result") if isinstance(data, Mapping) else None


def _succeeded(data: Any) -> bool | None:
    """Whether a true answer is a success; None if there is none that can be read."""
    status = data.get("status") if isinstance(data, Mapping) else None
    if not isinstance(status, int) or isinstance(status, bool) or status in _SAY_NOTHING:
        return None
    return status < _ERRORS and data.get("failure") is None and data.get("error") is None
