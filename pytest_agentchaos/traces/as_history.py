"""A trace as a history, so that invariants can judge what production exported."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import Any, Final, Literal

from pytest_agentchaos.evidence.call import Call, Kind
from pytest_agentchaos.evidence.exchange import Exchange
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.evidence.op import OpKind
from pytest_agentchaos.evidence.spans import conventions
from pytest_agentchaos.evidence.spans.span import Span
from pytest_agentchaos.traces import contents
from pytest_agentchaos.traces.nesting import called, nestings

Unrecorded = Literal["same", "different"]
"""What is assumed of arguments and results that the spans do not record."""

NOT_RECORDED: Final = "(not recorded)"
"""Stands as a key in place of arguments and results that the spans do not tell."""

_SILENCE: Final = {NOT_RECORDED: ""}

_BEGINS, _ENDS, _SPAN, _RUN_ENDS = range(4)


def as_history(spans: Sequence[Span], *, unrecorded: Unrecorded = "different") -> History:
    """A history of mode ``trace``: the spans, and the calls and runs that they tell of, from the first span on.

    Most exports have no arguments and results. Whether a call was a repetition of another cannot be said then: only
    what holds whether all of them were the same or all different is known. See :func:`is_ambiguous`.
    """
    history = History(mode="trace")
    began_s, lasted_s = _clock(spans)
    calls, events = _told(spans, began_s, lasted_s)
    begun: dict[int, int] = {}
    for at_s, _, what, position in events:
        span = spans[position]
        if what == _BEGINS:
            call = _call(span, position, calls[position], unrecorded)
            begun[position] = history.append("invoke", at_s=at_s, call=call)
        elif what == _ENDS:
            ending, data = _ending(span, position, calls[position][0], unrecorded)
            history.append(ending, at_s=at_s, of=begun[position], data=data)
        elif what == _SPAN:
            history.append("span", at_s=at_s, data=_shifted(span, began_s))
        else:
            raised = {"outcome": "raised", "error": contents.error(span)} if span.is_error else None
            history.append("note", at_s=at_s, data=raised or {"outcome": "completed"})
    return history


def untold(history: History) -> tuple[Exchange, ...]:
    """The tool calls whose arguments or results the spans do not record."""
    return tuple(exchange for exchange in history.calls(kind="tool") if not _is_told(exchange))


def is_ambiguous(history: History) -> bool:
    """Whether there are calls of which nobody can say if they were the same; asked of a history of ``same``."""
    doubtful: dict[object, bool] = {}
    for exchange in history.calls():
        place = exchange.site[:-1]  # without the number of the attempt
        is_told = _is_told(exchange)
        if place in doubtful and (doubtful[place] or not is_told):
            return True
        doubtful[place] = not is_told
    return False


def _is_told(exchange: Exchange) -> bool:
    result = exchange.data.get("result")
    return NOT_RECORDED not in exchange.call.arguments and not (isinstance(result, dict) and NOT_RECORDED in result)


def _clock(spans: Sequence[Span]) -> tuple[float, float]:
    """When the first span began, and how long it all lasted."""
    times = [time_s for span in spans for time_s in (span.start_s, span.end_s) if time_s is not None]
    known = [time_s for time_s in times if isfinite(time_s)]
    return (min(known), round(max(known) - min(known), 6)) if known else (0.0, 0.0)


def _clocked(time_s: float, began_s: float) -> float:
    return round(time_s - began_s, 6) if isfinite(time_s) else 0.0


def _told(
    spans: Sequence[Span], began_s: float, lasted_s: float
) -> tuple[dict[int, tuple[Kind, tuple[str, ...]]], list[tuple[float, int, int, int]]]:
    """Which spans are calls, of what kind and beneath which agents; and what happens: when, in which turn, what."""
    found, whats = nestings(spans)
    repeated = _repeated(spans)
    calls: dict[int, tuple[Kind, tuple[str, ...]]] = {}
    events: list[tuple[float, int, int, int]] = []
    for position, (span, nesting) in enumerate(zip(spans, found, strict=True)):
        start_s = _clocked(span.start_s, began_s)
        kind = None if position in repeated else called(position, spans, whats, nesting)
        if kind is not None:
            calls[position] = (kind, nesting.agents)
            events.append((start_s, nesting.enters, _BEGINS, position))
        if span.end_s is None:
            events.append((lasted_s, 2 * len(spans), _SPAN, position))  # after all others
            continue
        end_s = max(start_s, _clocked(span.end_s, began_s))
        if kind is not None:
            events.append((end_s, nesting.leaves, _ENDS, position))
        events.append((end_s, nesting.leaves, _SPAN, position))
        if not span.parent_id:
            events.append((end_s, nesting.leaves, _RUN_ENDS, position))
    events.sort()
    return calls, events


def _shifted(span: Span, began_s: float) -> dict[str, Any]:
    """The span as data, on the clock of the history."""
    data = span.to_data()
    data["attributes"] = span.attributes  # not a copy of them
    data["start_s"] = _clocked(span.start_s, began_s)
    data["end_s"] = None if span.end_s is None else _clocked(span.end_s, began_s)
    if span.events:
        data["events"] = [
            {**event, "at_s": _clocked(at_s, began_s)} if isinstance(at_s := event.get("at_s"), float) else event
            for event in span.events
        ]
    return data


def _repeated(spans: Sequence[Span]) -> set[int]:
    """Positions of spans that were exported once more: an exporter sends a batch again whose answer was lost."""
    first: dict[str, int] = {}
    return {
        position
        for position, span in enumerate(spans)
        if (other := first.setdefault(span.span_id, position)) != position and _is_copy(span, spans[other])
    }


def _is_copy(span: Span, other: Span) -> bool:
    return (span.name, span.start_s, span.end_s) == (other.name, other.start_s, other.end_s)


def _stand_in(span: Span, position: int, unrecorded: Unrecorded) -> dict[str, str]:
    """What stands in place of contents. Prompts of different lengths are different prompts: tokens are mostly told."""
    usage = contents.usage_of(span)
    hint = f"{usage['input_tokens']} and {usage['output_tokens']} tokens" if usage else ""
    if unrecorded == "different":
        return {NOT_RECORDED: f"{hint} of span {span.span_id}, number {position}".strip()}
    return {NOT_RECORDED: hint} if hint else _SILENCE


def _call(span: Span, position: int, told: tuple[Kind, tuple[str, ...]], unrecorded: Unrecorded) -> Call:
    kind, agents = told
    arguments = contents.arguments(span, kind)
    offered = contents.offers(span) if kind == "model" else {}
    schemas = {name: schema for name, schema in offered.items() if schema is not None}
    return Call(
        kind,
        contents.target(span, kind),
        (conventions.requested_model(span) if kind == "model" else None) or conventions.subject(span),
        _stand_in(span, position, unrecorded) if arguments is None else arguments,
        agents,
        dialect="otlp",
        wire="trace",
        offers=tuple(offered),
        schemas=schemas or None,
        traceparent=f"00-{span.trace_id}-{span.span_id}-01",
    )


def _ending(span: Span, position: int, kind: Kind, unrecorded: Unrecorded) -> tuple[OpKind, dict[str, Any]]:
    """How the call ended. A span that tells of an exception cannot say whether the callee did it all the same."""
    said = contents.error(span) if span.is_error else None
    data = contents.reply(span, kind)
    if said is not None and span.attributes.get("error.type") == "tool_error":
        data["failure"] = said
    elif said is not None:
        status = contents.error_status(span)
        return ("info", {"error": said}) if status is None else ("ok", {**data, "status": status, "error": said})
    answered = contents.result(span, kind)
    data["result"] = _stand_in(span, position, unrecorded) if answered is None else answered
    return "ok", data
