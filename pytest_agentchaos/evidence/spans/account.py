"""What spans say of the calls that they tell of, held against what the wires saw: errors and tokens."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from pytest_agentchaos.evidence.conduct.fate import succeeded
from pytest_agentchaos.evidence.exchange import Exchange
from pytest_agentchaos.evidence.spans.conventions import tokens
from pytest_agentchaos.evidence.spans.defects import Defect, Place
from pytest_agentchaos.evidence.spans.join import Joined
from pytest_agentchaos.evidence.spans.pairs import Told
from pytest_agentchaos.evidence.spans.span import Seen, Span
from pytest_agentchaos.evidence.telling import shown

_CANCELLED = ("CancelledError", "Cancelled", "GeneratorExit")
_LOWEST_ERROR = 400

Tokens = tuple[int, int]


def account(joined: Joined, calls: Iterable[Told], *, attempts: bool) -> Iterator[Defect]:
    """Errors that no span is marked with, and tokens that differ."""
    sure, unsure = _accounts(joined, calls, attempts=attempts)
    silent = [Place(_failed_place(one.last), one.ops) for one in sure if one.lacks_error]
    for alike in unsure.values():
        silent += _errors_of_many(alike)
    yield Defect(
        "call failed and its span says nothing of it", "calls failed and their spans say nothing of it", silent
    )
    counted = [(one, wire) for one in sure if one.last.call.kind == "model" and (wire := one.wire) is not None]
    untold = [
        Place(f"{place_of(one.last)}, {_said(wire)}", one.ops)
        for one, wire in counted
        if not one.told and not one.is_spoilt
    ]
    yield Defect("span of a model tells no tokens", "spans of models tell no tokens", untold)
    wrong = [
        Place(f"{place_of(one.last)}, {_said(one.told[0])} told, {_said(wire)} on the wire", one.ops)
        for one, wire in counted
        if one.told and not one.agrees(wire)
    ]
    for (kind, _), alike in unsure.items():
        if kind == "model":
            wrong += _tokens_of_many(alike)
    yield Defect("span tells of other tokens than the wire", "spans tell of other tokens than the wire", wrong)


def place_of(exchange: Exchange) -> str:
    """A call, when it was made and where it stands in the history."""
    call = exchange.call
    return f"{shown(call.kind)} {shown(call.name)} at {round(exchange.at_s, 3):g} s (op {exchange.index})"


class _Account(NamedTuple):
    """One call with all its attempts, and the spans that tell of it."""

    exchanges: Sequence[Exchange]
    spans: Sequence[Seen]
    told: Sequence[Tokens]
    """What the spans say that it took, more than once if several of them count the same."""

    @property
    def last(self) -> Exchange:
        return self.exchanges[-1]

    @property
    def ops(self) -> tuple[int, ...]:
        return tuple(sorted({*self.last.ops, *(one.op for one in self.spans[:1])}))

    @property
    def lacks_error(self) -> bool:
        return _failed(self.last) and not self.marked

    @property
    def marked(self) -> bool:
        return any(_is_marked(one.span) for one in self.spans)

    @property
    def is_spoilt(self) -> bool:
        """Whether a fault met a reply that was of no use to its caller, who need not have read the tokens in it."""
        return self.marked and any(exchange.fault_ops for exchange in self.exchanges)

    @property
    def wire(self) -> Tokens | None:
        """What it took; None if the replies do not say."""
        each = [_usage(exchange) for exchange in self.exchanges if succeeded(exchange)]
        if not each or any(one is None for one in each):
            return None
        known = [one for one in each if one is not None]
        return sum(one[0] for one in known), sum(one[1] for one in known)

    def agrees(self, wire: Tokens) -> bool:
        """Whether the spans say what the wire says; some count what was read from a cache apart."""
        into, out = wire
        fresh = into - sum(_cached(exchange) for exchange in self.exchanges)
        return any(one in {(into, out), (fresh, out)} for one in self.told)


Alike = tuple[str, str]


def _accounts(
    joined: Joined, calls: Iterable[Told], *, attempts: bool
) -> tuple[list[_Account], dict[Alike, list[_Account]]]:
    """One for each call; apart, by kind and name, those whose spans may have been taken for one another."""
    together: dict[object, list[Told]] = {}
    for one in calls:
        if one.span is not None:
            together.setdefault(one.span.op if attempts else one.outermost, []).append(one)
    sure: list[_Account] = []
    unsure: dict[Alike, list[_Account]] = {}
    for each in together.values():
        inner = {one.span.op: one.span for one in each if one.span is not None}
        around = joined.tellers.get(each[0].outermost, ()) if each[0].outermost is not None else ()
        spans = list(inner.values()) if attempts else list(around)
        call = each[-1].exchange.call
        counted = _told(inner, around) if call.kind == "model" else []
        made = _Account([one.exchange for one in each], spans, counted)
        if all(one.by == "context" or one.alone for one in each):
            sure.append(made)
        else:
            unsure.setdefault((str(call.kind), str(call.name)), []).append(made)
    return sure, unsure


def _told(inner: Mapping[int, Seen], around: Iterable[Seen]) -> list[Tokens]:
    """The sum of the spans nearest to the wire, then what those around them say."""
    near = [told for seen in inner.values() if (told := tokens(seen.span)) is not None]
    total = [(sum(one[0] for one in near), sum(one[1] for one in near))] if near else []
    others = (tokens(seen.span) for seen in around if seen.op not in inner)
    return total + [told for told in others if told is not None]


def _errors_of_many(alike: Sequence[_Account]) -> list[Place]:
    """Which span tells of which call is not known here; how many of them failed is."""
    failed = [one for one in alike if _failed(one.last)]
    unmarked = max(0, len(failed) - sum(one.marked for one in alike))
    return [Place(_failed_place(one.last), one.last.ops) for one in failed[:unmarked]]


def _tokens_of_many(alike: Sequence[_Account]) -> list[Place]:
    """The same for tokens: what they took together is known, if every reply says it."""
    wire = [one.wire for one in alike]
    if any(one is None for one in wire):
        return []
    took = sum(one[0] for one in wire if one), sum(one[1] for one in wire if one)
    nearest = [one.told[0] for one in alike if one.told]
    told = sum(one[0] for one in nearest), sum(one[1] for one in nearest)
    cached = sum(_cached(exchange) for one in alike for exchange in one.exchanges)
    if told in {took, (took[0] - cached, took[1])}:
        return []
    call = alike[0].last.call
    text = f"{shown(call.kind)} {shown(call.name)}, {_said(told)} told in {len(alike)} calls, {_said(took)} on the wire"
    return [Place(text, tuple(op for one in alike for op in one.last.ops)[:12])]


# --- what an exchange and a span say ----------------------------------------------------------------------------------


def _failed(exchange: Exchange) -> bool:
    """Whether the wire saw it fail. That its caller stopped waiting is no failure that a wire could see."""
    data = _data(exchange)
    if exchange.ending in {"fail", "info"}:
        return not str(data.get("error", "")).startswith(_CANCELLED)
    return exchange.ending == "ok" and (_status(data) >= _LOWEST_ERROR or bool(data.get("failure")))


def _failed_place(exchange: Exchange) -> str:
    data = _data(exchange)
    why = data.get("failure") or (data.get("error") if exchange.ending != "ok" else f"status {_status(data)}")
    return f"{place_of(exchange)}, {shown(why)}"


def _is_marked(span: Span) -> bool:
    return span.is_error or any(event.get("name") == "exception" for event in span.events)


def _usage(exchange: Exchange) -> Tokens | None:
    usage = _data(exchange).get("usage")
    if not isinstance(usage, Mapping):
        return None
    into, out = _count(usage.get("input_tokens")), _count(usage.get("output_tokens"))
    return None if into is None or out is None else (into, out)


def _cached(exchange: Exchange) -> int:
    usage = _data(exchange).get("usage")
    cached = usage.get("cached_tokens") if isinstance(usage, Mapping) else None
    return _count(cached) or 0


def _data(exchange: Exchange) -> Mapping[str, object]:
    data: object = exchange.data
    return data if isinstance(data, Mapping) else {}


def _status(data: Mapping[str, object]) -> int:
    status = data.get("status")
    return status if isinstance(status, int) else 0


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _said(tokens_: Tokens | None) -> str:
    return "no tokens" if tokens_ is None else f"{tokens_[0]} + {tokens_[1]} tokens"
