"""Calls: each exchange of a history as a bar from lane to lane, with what was said on it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from pytest_agentchaos.evidence.canonical import dump
from pytest_agentchaos.evidence.conduct.attempts import series
from pytest_agentchaos.evidence.conduct.fate import went_wrong
from pytest_agentchaos.evidence.exchange import Exchange
from pytest_agentchaos.evidence.figures.prices import Prices, prices
from pytest_agentchaos.evidence.figures.spending import spendings
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.evidence.op import Op
from pytest_agentchaos.evidence.redaction import redact
from pytest_agentchaos.evidence.run import crashed
from pytest_agentchaos.evidence.spans.conventions import first
from pytest_agentchaos.evidence.spans.join import KINDS, join
from pytest_agentchaos.evidence.spans.pairs import Told
from pytest_agentchaos.evidence.spans.span import spans
from pytest_agentchaos.evidence.telling import listed
from pytest_agentchaos.reporting.lanes.cast import Cast
from pytest_agentchaos.reporting.lanes.fates import fate, is_late, reply
from pytest_agentchaos.reporting.lanes.texts import gist, pairs, shortened, told
from pytest_agentchaos.reporting.timeline import Bar, Delivery, Strike

_AGENT: Final = ("gen_ai.agent.name", "agent.name")
_COMMON: Final = 4
"""From so many calls on it is worth asking what all of them have in common."""
_WISHES: Final = 12


@dataclass(frozen=True, slots=True)
class Known:
    """What has to be known of a whole history to tell of one call."""

    cast: Cast
    told: Mapping[int, Told]
    traced: bool
    gone: Sequence[tuple[int, int]]
    """Stretches of runs whose process was ended: what their spans would have told is lost."""
    attempts: Mapping[int, tuple[int, int, int]]
    """Op -> which attempt of how many it is, and the op of the first."""
    prices: Prices | None
    skip: frozenset[tuple[str, str]]
    """What nearly all calls of tools say: names of a trip, of a tenant."""
    keys: Mapping[int, tuple[str, ...]]
    """Op -> the names of the arguments that make what it does one thing and not another."""
    evidence: frozenset[int]
    said: dict[tuple[Any, ...], list[Any]] = field(default_factory=dict)
    """The last conversation of each agent with each model: it is told again with every call."""


def known(history: History, cast: Cast, keys: Mapping[int, tuple[str, ...]], evidence: frozenset[int]) -> Known:
    """Of a history."""
    listed = history.view(prices)
    return Known(
        cast,
        {one.exchange.index: one for one in history.view(join).told},
        bool(history.view(spans).seen) and history.mode != "trace",
        [(run.began, run.op) for run in history.view(crashed)],
        {
            exchange.index: (place, len(one.attempts), one.attempts[0].index)
            for one in history.view(series)
            for place, exchange in enumerate(one.attempts, 1)
        },
        listed if isinstance(listed, Prices) else None,
        _in_common(history),
        keys,
        evidence,
    )


def bar(exchange: Exchange, known: Known) -> Bar:
    """One call."""
    call, data = exchange.call, exchange.data
    attempt, attempts, first_op = known.attempts.get(exchange.index, (1, 1, exchange.index))
    deliveries = tuple(_delivery(exchange, op) for op in exchange.deliveries)
    answered = _answer(exchange.ending, data)
    tokens, cost = _spent(exchange, known.prices)
    return Bar(
        op=exchange.index,
        caller=known.cast.caller(exchange),
        callee=known.cast.callee(exchange),
        name=gist(str(call.name)),
        begin=exchange.index,
        end=exchange.end,
        at_s=exchange.at_s,
        ended_s=exchange.ended_s,
        ending=exchange.ending,  # type: ignore[arg-type]  # one of the four
        attempt=attempt,
        strikes=tuple(_strike(op) for op in exchange.fault_ops),
        traced=_traced(exchange, known),
        asked=_asked(exchange, known),
        answered=answered,
        delivered=next((one.answer for one in deliveries if one.answer != answered), ""),
        kind=str(call.kind),
        asker=_asker(exchange, known),
        gist=_gist(exchange, known),
        reply=reply(exchange),
        wants=tuple(_wants(data)),
        attempts=attempts,
        series=first_op,
        deliveries=deliveries,
        fate=fate(exchange),
        wrong=went_wrong(exchange),
        evidence=not known.evidence.isdisjoint(
            {exchange.index, exchange.end, *(op.index for op in (*exchange.deliveries, *exchange.fault_ops))}
        ),
        tokens=tokens,
        cost=cost,
    )


def _gist(exchange: Exchange, known: Known) -> str:
    """Of a model what it said, since what it was asked is a whole conversation; of others what was asked for."""
    if exchange.call.kind != "model":
        return gist(_sent(exchange), known.keys.get(exchange.index, ()), known.skip)
    wishes = list(dict.fromkeys(wish.partition("(")[0] for wish in _wants(exchange.data)))
    if wishes:
        return f"asks for {listed(wishes, limit=3)}"
    said = exchange.data.get("result") if exchange.ending == "ok" else None
    return f"says {gist(said)}" if said else ""


def _strike(op: Op) -> Strike:
    given = redact(op.data.get("parameters"))  # each alone: joined, the end of one would look like part of another
    words = (
        ", ".join(f"{name}={value if isinstance(value, str) else dump(value)}" for name, value in given.items())
        if isinstance(given, Mapping)
        else ""
    )
    return Strike(op.index, gist(str(op.data.get("fault", "?"))), op.at_s, gist(words))


def _delivery(exchange: Exchange, op: Op) -> Delivery:
    return Delivery(op.index, op.at_s, _answer("ok", op.data), is_late(exchange, op))


def _traced(exchange: Exchange, known: Known) -> bool | None:
    if not known.traced or exchange.call.kind not in KINDS or exchange.ending == "open":
        return None
    if any(began <= exchange.index < end for began, end in known.gone):
        return None
    one = known.told.get(exchange.index)
    return one is not None and one.span is not None


def _asker(exchange: Exchange, known: Known) -> str:
    """A lane without a name may speak for several agents; their spans tell which."""
    one = known.told.get(exchange.index)
    if exchange.call.agent or exchange.index in known.cast.entry or one is None or one.span is None:
        return ""
    name = first(one.span.span, _AGENT)
    return gist(name) if isinstance(name, str) else ""


# --- what was said ----------------------------------------------------------------------------------------------------


def _sent(exchange: Exchange) -> Any:
    """What was asked for; of HTTP, its body."""
    arguments: Any = exchange.call.arguments
    if exchange.call.kind == "http" and isinstance(arguments, Mapping) and set(arguments) == {"body"}:
        return arguments["body"]
    return arguments


def _asked(exchange: Exchange, known: Known) -> str:
    arguments = _sent(exchange)
    if exchange.call.kind != "model" or not isinstance(arguments, Mapping):
        return told(arguments)
    place = (exchange.call.agent, exchange.call.target, exchange.call.name)
    return told({name: _news(value, (*place, name), known.said) for name, value in arguments.items()})


def _news(value: Any, place: tuple[Any, ...], said: dict[tuple[Any, ...], list[Any]]) -> Any:
    """Of a conversation only what was not told before."""
    if not isinstance(value, list) or not value:
        return value
    before = said.get(place, [])
    said[place] = value
    same = 0
    try:
        while same < min(len(before), len(value)) and before[same] == value[same]:
            same += 1
    except RecursionError:  # deeper than can be compared
        same = 0
    news = value[same:] if same < len(value) else value[-1:]
    earlier = len(value) - len(news)
    return [f"({earlier} earlier messages, told before)", *news] if earlier else value


def _answer(ending: str, data: Mapping[str, Any]) -> str:
    """What a reply says: its content; its error, if it is one."""
    if ending == "open":
        return ""
    parts: list[str] = []
    status = data.get("status")
    if isinstance(status, int) and status != 200:  # noqa: PLR2004 - the status that says nothing
        parts.append(f"status {status}")
    parts += [told(data[name]) for name in ("failure", "error") if data.get(name) is not None]
    if data.get("result") is not None:
        parts.append(told(data["result"]))
    if "bytes" in data:
        parts.append(f"({data['bytes']} bytes, too many to be kept)")
    if "unread" in data:
        parts.append(f"(not read: {gist(str(data['unread']))})")
    return shortened("\n".join(filter(None, parts)), 4_000)


def _wants(data: Mapping[str, Any]) -> Iterator[str]:
    wishes = data.get("tool_calls")
    for wish in (wishes if isinstance(wishes, (list, tuple)) else ())[:_WISHES]:
        if isinstance(wish, Mapping):
            yield shortened(f"{gist(str(wish.get('name')))}({told(wish.get('arguments'))})", 600)


def _in_common(history: History) -> frozenset[tuple[str, str]]:
    tools = history.calls(kind="tool")
    if len(tools) < _COMMON:
        return frozenset()
    count = Counter(pair for exchange in tools for pair in pairs(exchange.call.arguments))
    return frozenset(pair for pair, times in count.items() if 2 * times > len(tools))


def _spent(exchange: Exchange, listed: Prices | None) -> tuple[tuple[int, int] | None, float | None]:
    """Tokens and money, of all replies that a model gave to this call."""
    usages = [one.usage for one in spendings([exchange])]
    if not usages or any(usage is None for usage in usages):
        return None, None
    known = [usage for usage in usages if usage is not None]
    tokens = sum(one.input_tokens for one in known), sum(one.output_tokens for one in known)
    price = listed.price(str(exchange.call.name)) if listed else None
    return tokens, None if price is None else sum(price.of(one) for one in known)
