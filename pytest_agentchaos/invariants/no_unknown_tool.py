"""No unknown tool: what nobody offered is not called."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from pytest_agentchaos.evidence.conduct.attempts import missing_end
from pytest_agentchaos.evidence.exchange import Exchange
from pytest_agentchaos.evidence.findings import Findings
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.evidence.messages.replies import true_replies
from pytest_agentchaos.evidence.messages.strict_json import read
from pytest_agentchaos.evidence.messages.tools import Tools, tools
from pytest_agentchaos.evidence.op import ENDINGS
from pytest_agentchaos.evidence.telling import shown
from pytest_agentchaos.evidence.verdict import Verdict
from pytest_agentchaos.invariants.registry import register

_CALLED = frozenset({"tool", "agent"})
_UNKNOWN = re.compile(
    r"unknown tool|no such tool|tool\b.{0,200}\bnot found|method not found", re.IGNORECASE | re.DOTALL
)
_READ_CHARACTERS = 1_000
_NOTHING = (
    "nothing tells which tools there are: no server listed its tools, and no model was offered any; declare them with"
    " agentchaos.tools(...), or let the agent ask the server"
)


class _Asked(NamedTuple):
    """A tool that a model asked for."""

    op: int
    offered: bool
    arguments: Any
    agent: tuple[str, ...]


@dataclass(slots=True)
class _Found(Findings):
    judged: int = 0


@register
@dataclass(frozen=True, slots=True)
class no_unknown_tool:
    """Promises that no call goes to a tool that was neither listed nor offered; it cannot see one that was renamed.

    A tool call may only name what its server lists. What a model asks for without having been offered it must not be
    executed; that a model, or a fault, invents a tool is no failure of the system as long as nobody calls it.
    """

    @property
    def name(self) -> str:
        """What a verdict calls it."""
        return "no_unknown_tool"

    def check(self, history: History) -> Verdict:
        """Follow each call to whoever offered the tool."""
        found = _judged(history)
        if not found.judged and not found.doubts:
            found.doubt(_NOTHING)
        if not found.doubts and (missing := missing_end(history)) is not None:
            found.doubt(missing[0], *missing[1])
        told = f"{found.judged} requests and calls, all of tools that were offered or listed"
        return found.concluded(self.name, told)


def _judged(history: History) -> _Found:
    """One walk over the history in the order of what agents did and got to know."""
    found = _Found()
    known = history.view(tools)
    begun = {exchange.index: exchange for exchange in history.calls()}
    asked: dict[str, dict[tuple[str, ...], _Asked]] = {}
    for op in history:
        if op.kind == "invoke" and (exchange := begun.get(op.index)) is not None and exchange.call.kind in _CALLED:
            _call(exchange, known, asked.get(exchange.call.name, {}), found)
        elif op.kind in ENDINGS and op.of is not None and (exchange := begun.get(op.of)) is not None:
            for name, one in _requests(exchange, found) if exchange.end == op.index else ():
                asked.setdefault(name, {})[one.agent] = one
    return found


def _requests(exchange: Exchange, found: _Found) -> Iterator[tuple[str, _Asked]]:
    """What the agent was told that the model asks for, by a fault or not: it is the agent that must not execute it."""
    call, data = exchange.call, exchange.data
    items = data.get("tool_calls")
    for item in items if isinstance(items, (list, tuple)) else ():
        name = item.get("name") if isinstance(item, Mapping) else None
        if isinstance(name, str) and call.offers:
            found.judged += 1
            yield name, _Asked(exchange.end or exchange.index, name in call.offers, item.get("arguments"), call.agent)


def _call(exchange: Exchange, known: Tools, asked: Mapping[tuple[str, ...], _Asked], found: _Found) -> None:
    call = exchange.call
    told = f"{shown(str(call))} (op {exchange.index})"
    if call.kind == "tool" and (why := _not_listed(exchange, known, found)) is not None:
        found.fail(f"{told}: {why}", *exchange.ops)
        return
    near = [one for one in asked.values() if _is_within(one.agent, call.agent) or _is_within(call.agent, one.agent)]
    last = max(near, key=lambda one: one.op, default=None)
    if last is None or last.offered:
        return
    why = f"a model asked for it in op {last.op} without having been offered it"
    if _is_what_was_asked(call.arguments, last.arguments):
        found.fail(f"{told}: {why}", last.op, *exchange.ops)
    else:
        found.doubt(f"{told}: {why}, but with other arguments", last.op, *exchange.ops)


def _not_listed(exchange: Exchange, known: Tools, found: _Found) -> str | None:
    """Why the server does not have the tool; None if it has, or nobody knows."""
    name, target = exchange.call.name, exchange.call.target
    anywhere = known.defined.get(("*", name))
    if (target, name) in known.defined or (anywhere is not None and not anywhere.offered):
        found.judged += 1
        return None
    for reply in true_replies(exchange):
        failure = reply.data.get("failure")
        said = failure[:_READ_CHARACTERS] if isinstance(failure, str) else ""
        if _UNKNOWN.search(said) and (name in said or said.strip().lower() == "method not found"):
            return f"the server says {shown(said)!r}"
    listing = known.listed.get(target)
    if listing is None:
        return None
    if not listing.is_whole:
        reason = f"{shown(str(exchange.call))}: the server was not asked for all of its tools"
        found.doubt(reason, *exchange.ops)
        return None
    return f"the server lists {len(listing.names)} tools, and not this one"


def _is_within(inner: tuple[str, ...], outer: tuple[str, ...]) -> bool:
    return inner[: len(outer)] == outer


def _is_what_was_asked(given: Any, asked: Any) -> bool:
    """Whether a call has all arguments of a request; an agent may add its own. What cannot be read says nothing."""
    wanted = read(asked) if isinstance(asked, str) else asked
    if not isinstance(wanted, Mapping) or not isinstance(given, Mapping):
        return True
    return all(name in given and given[name] == value for name, value in wanted.items())
