"""A span: what a system says of itself that it did, from when to when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, get_args

from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.evidence.op import NOTHING

SpanKind = Literal["internal", "client", "server", "producer", "consumer"]
SpanStatus = Literal["unset", "ok", "error"]

_KINDS: frozenset[str] = frozenset(get_args(SpanKind))
_STATUSES: frozenset[str] = frozenset(get_args(SpanStatus))


@dataclass(frozen=True, slots=True)
class Span:
    """One span of a trace. Times are seconds on the clock of the history that it stands in."""

    trace_id: str
    """32 hexadecimal digits."""
    span_id: str
    """16 hexadecimal digits."""
    parent_id: str
    """Empty for a root."""
    name: str
    start_s: float
    end_s: float | None
    """None: it never ended."""
    kind: SpanKind = "internal"
    status: SpanStatus = "unset"
    message: str = ""
    """What the status says beside."""
    attributes: Mapping[str, Any] = field(default_factory=lambda: NOTHING)
    events: tuple[Mapping[str, Any], ...] = ()
    """Each with ``name``, ``at_s`` and ``attributes``."""
    links: tuple[str, ...] = ()
    """Ids of spans in whatever trace that this one names beside its parent."""
    service: str = ""
    """``service.name`` of the process that it comes from."""
    scope: str = ""
    """The instrumentation that made it."""

    @property
    def is_error(self) -> bool:
        """Whether it says that something went wrong."""
        return self.status == "error" or bool(self.attributes.get("error.type"))

    def to_data(self) -> dict[str, Any]:
        """As the data of an op; what says nothing is left out."""
        data = {name: getattr(self, name) for name in _FIELDS}
        kept = {name: value for name, value in data.items() if name in _ALWAYS or value not in _SILENT}
        for name in ("attributes", "events", "links"):
            if name in kept:
                kept[name] = dict(kept[name]) if name == "attributes" else list(kept[name])
        return kept

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Span:
        """What :meth:`to_data` wrote; ValueError says what is wrong with anything else."""
        missing = [name for name in _ALWAYS if name not in data]
        if missing:
            msg = f"a span without {', '.join(missing)}"
            raise ValueError(msg)
        return cls(
            trace_id=_id(data, "trace_id"),
            span_id=_id(data, "span_id"),
            parent_id=_text(data, "parent_id"),
            name=_text(data, "name"),
            start_s=_number(data, "start_s"),
            end_s=None if data["end_s"] is None else _number(data, "end_s"),
            kind=data["kind"] if data.get("kind") in _KINDS else "internal",
            status=data["status"] if data.get("status") in _STATUSES else "unset",
            message=str(data.get("message", "")),
            attributes=_mapping(data.get("attributes", NOTHING)),
            events=tuple(map(_mapping, data.get("events", ()))),
            links=tuple(map(str, data.get("links", ()))),
            service=str(data.get("service", "")),
            scope=str(data.get("scope", "")),
        )


_ALWAYS = ("trace_id", "span_id", "parent_id", "name", "start_s", "end_s")
_FIELDS = (*_ALWAYS, "kind", "status", "message", "attributes", "events", "links", "service", "scope")
_SILENT: tuple[Any, ...] = ("internal", "unset", "", (), {}, NOTHING)
_ENDLESS_S = 1e15
"""A time from here on is none, and neither is NaN: nothing could be compared with it."""


def _text(data: Mapping[str, Any], name: str) -> str:
    if not isinstance(value := data[name], str):
        msg = f"a span whose {name} is {_shown(value)}"
        raise ValueError(msg)  # noqa: TRY004 - whoever reads spans expects one kind of error
    return value


def _id(data: Mapping[str, Any], name: str) -> str:
    if not (value := _text(data, name)):
        msg = f"a span whose {name} is empty"
        raise ValueError(msg)
    return value


def _number(data: Mapping[str, Any], name: str) -> float:
    value = data[name]
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) < _ENDLESS_S:
        msg = f"a span whose {name} is {_shown(value)}"
        raise ValueError(msg)
    return float(value)


def _shown(value: object, limit: int = 60) -> str:
    """Enough of it to know what it is."""
    text = repr(value[:limit] if isinstance(value, str) else value)
    return text if len(text) <= limit else text[:limit] + "..."


def _mapping(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        msg = f"a span with {_shown(value)} where attributes are due"
        raise ValueError(msg)  # noqa: TRY004 - the same
    return value


class Seen(NamedTuple):
    """A span, and the op of the history that shows it."""

    op: int
    span: Span


class Spans(NamedTuple):
    """The spans of a history."""

    seen: tuple[Seen, ...]
    """In the order of their ops; a span that was written twice with one id stands in it twice."""
    damaged: tuple[tuple[int, str], ...] = ()
    """Ops that are no spans, or tell of spans that could not be read, and why."""


def spans(history: History) -> Spans:
    """The spans of a history; ask by ``history.view(spans)``."""
    seen: list[Seen] = []
    damaged: list[tuple[int, str]] = []
    for op in history:
        if op.kind == "span":
            try:
                seen.append(Seen(op.index, Span.from_data(op.data)))
            except (ValueError, TypeError) as error:
                damaged.append((op.index, str(error)))
        elif op.kind == "note" and "spans_lost" in op.data:
            damaged.append((op.index, f"spans were lost: {op.data['spans_lost']}"))
    return Spans(tuple(seen), tuple(damaged))
