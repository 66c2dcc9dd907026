"""Correlated: of everything that is done it can be said for which request."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from pytest_agentchaos.errors import UsageError, explains_itself
from pytest_agentchaos.evidence.call import KINDS as CALL_KINDS
from pytest_agentchaos.evidence.exchange import Exchange
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.evidence.path import found
from pytest_agentchaos.evidence.run import crashed, runs
from pytest_agentchaos.evidence.spans.account import place_of
from pytest_agentchaos.evidence.spans.context import baggage
from pytest_agentchaos.evidence.spans.defects import Defect, Place, ops_of, told
from pytest_agentchaos.evidence.spans.join import KINDS, Joined, join
from pytest_agentchaos.evidence.spans.shape import Periods, named
from pytest_agentchaos.evidence.spans.span import Seen, Span, spans
from pytest_agentchaos.evidence.spans.tree import span_tree
from pytest_agentchaos.evidence.telling import LISTED, shown
from pytest_agentchaos.evidence.verdict import Verdict
from pytest_agentchaos.invariants.registry import register

__tracebackhide__ = explains_itself

_NONE = frozenset({"", "-"})
"""What a log record shows that belongs to no request."""


@register
@dataclass(frozen=True, slots=True)
class correlated:
    """Promises that all spans and calls of a run carry one id; it cannot see what left neither a span nor a call.

    A call carries what it sends along. Where no call to its target sends anything, the id of the span that tells of it
    stands for it: its callee does not know the id then (``sent`` asks for more). The id of a call that another span of
    its trace contradicts is wrong, also where a run has several.
    """

    by: str | None = None
    """The attribute of the spans that holds the id, ``travel.correlation``; in baggage, logs and calls it may be named
    by its last part alone. Without it the id is that of the trace."""
    answer_at: str | None = None
    """Where the answer tells the id, a path such as ``trip.correlation``; not asked for unless told."""
    ids: int = 1
    """How many ids a run may have: one for each request that it takes."""
    sent: tuple[str, ...] = ()
    """Kinds of calls that must send the id along: ``("tool", "agent")``."""

    def __post_init__(self) -> None:
        for field in ("by", "answer_at"):
            value = getattr(self, field)
            if value is not None and (not isinstance(value, str) or not value):
                example = {"by": "'travel.correlation'", "answer_at": "'trip.correlation'"}[field]
                msg = f"correlated({field}={value!r}): a text is due, for example {field}={example}"
                raise UsageError(msg)
        ids: object = self.ids
        if not isinstance(ids, int) or isinstance(ids, bool) or ids < 1:
            msg = f"correlated(ids={ids!r}): write how many ids a run may have, from 1 up"
            raise UsageError(msg)
        sent: object = self.sent
        kinds = (sent,) if isinstance(sent, str) else tuple(sent) if isinstance(sent, (list, tuple)) else (sent,)
        if unknown := [kind for kind in kinds if kind not in CALL_KINDS]:
            msg = f"correlated(sent={sent!r}): {unknown[0]!r} is no kind of call; kinds: {', '.join(CALL_KINDS)}"
            raise UsageError(msg)
        object.__setattr__(self, "sent", kinds)

    @property
    def name(self) -> str:
        """What a verdict calls it."""
        fields = {"by": None, "answer_at": None, "ids": 1, "sent": ()}
        given = [f"{field}={getattr(self, field)!r}" for field in fields if getattr(self, field) != fields[field]]
        return f"correlated({', '.join(given)})" if given else "correlated"

    def check(self, history: History) -> Verdict:
        """Look at what every span, call, log record and answer carries."""
        of_traces = history.mode == "trace"
        if of_traces and self.by is None:
            reason = "the history is made of traces, each of which has its own id; name the attribute: by='...'"
            return Verdict(self.name, "unknown", reason)
        carriers = _told_of(history, [*self._spans(history), *([] if of_traces else self._calls(history))])
        damaged = history.view(spans).damaged
        if not carriers and not damaged:
            return Verdict(self.name, "unknown", "there is no span, and no call that could carry an id")
        if carriers and all(one.id is None for one in carriers):
            reason = f"nothing carries an id: {self._what} is in none of {len(carriers)} spans and calls"
            return Verdict(
                self.name, "fail", reason, ops_of([Defect("", "", [one.place for one in carriers[:LISTED]])])
            )
        findings = list(self._findings(history, carriers, of_traces=of_traces))
        if wrong := told(findings):
            return Verdict(self.name, "fail", wrong, ops_of(findings))
        if (doubt := _doubt(history, carriers, of_traces=of_traces)) is not None:
            return Verdict(self.name, "unknown", *doubt)
        ids = len({one.id for one in carriers})
        silent = sum(one.is_call and not one.is_sent for one in carriers)
        more = f"; {silent} calls send none, and their spans stand for them" if silent else ""
        return Verdict(self.name, "pass", f"{ids} id{'s' * (ids != 1)} on {len(carriers)} spans and calls{more}")

    @property
    def _what(self) -> str:
        return "the id of a trace" if self.by is None else repr(self.by)

    # --- who carries what ---------------------------------------------------------------------------------------------

    def _spans(self, history: History) -> Iterator[_Carrier]:
        for one in history.view(span_tree).spans.values():
            span = one.span
            yield _Carrier(self._of_span(span), span.trace_id, one, one.op, span.start_s)

    def _calls(self, history: History) -> Iterator[_Carrier]:
        """Calls that should carry an id, and others that do."""
        joined = history.view(join)
        tellers = {one.exchange.index: one.span.span for one in joined.told if one.span is not None}
        sent = {one.index: self._sent(one, joined) for one in history.calls()}
        senders = {_whither(one) for one in history.calls() if sent[one.index] is not None}
        for one in history.calls():
            carried, teller, sent_by = sent[one.index], tellers.get(one.index), joined.senders.get(one.index)
            is_sent = carried is not None
            must_send = one.call.kind in self.sent
            if not is_sent and not must_send and one.call.kind not in KINDS:
                continue
            if not is_sent and not must_send and teller is not None and _whither(one) not in senders:
                carried = self._of_span(teller)
            trace_id = sent_by.trace_id if sent_by is not None else teller.trace_id if teller is not None else None
            yield _Carrier(carried, trace_id, one, one.index, one.at_s, is_sent=is_sent)

    def _of_span(self, span: Span) -> str | None:
        return span.trace_id if self.by is None else _as_id(span.attributes.get(self.by))

    def _sent(self, exchange: Exchange, joined: Joined) -> str | None:
        """The id that a call sends along."""
        if self.by is None:
            sent_by = joined.senders.get(exchange.index)
            return None if sent_by is None else sent_by.trace_id
        return self._named(baggage(exchange.call.baggage)) if exchange.call.baggage else None

    def _named(self, values: Mapping[str, Any]) -> str | None:
        by = self.by or "trace_id"
        return _as_id(values.get(by, values.get(by.rpartition(".")[2])))

    # --- what is wrong with that --------------------------------------------------------------------------------------

    def _findings(self, history: History, carriers: Sequence[_Carrier], *, of_traces: bool) -> Iterator[Defect]:
        silent = [one.place for one in carriers if one.id is None]
        yield Defect(
            f"span or call carries no id ({self._what})", f"spans and calls carry no id ({self._what})", silent
        )
        unread = [Place(f"op {op}", (op,)) for op in history.view(join).damaged]
        yield Defect(
            "call sends a traceparent that cannot be read", "calls send traceparents that cannot be read", unread
        )
        if self.by is not None:
            yield _contradictions(carriers)
        if of_traces:
            return
        ended = history.view(runs)
        periods = Periods(ended) if ended else None
        of_run: dict[int, list[_Carrier]] = {}
        for one in carriers:
            of_run.setdefault(periods.of(one.op, one.at_s) if periods else 0, []).append(one)
        known = {number: {one.id for one in these if one.id is not None} for number, these in of_run.items()}
        for these in of_run.values():
            yield from _too_many(these, self.ids)
        if periods is not None:
            yield from self._logs(history, periods, known)
            yield from self._answers(history, known)

    def _logs(self, history: History, periods: Periods, known: Mapping[int, set[str]]) -> Iterator[Defect]:
        strange = []
        for op in history:
            data: Any = op.data
            if op.kind == "note" and isinstance(data, Mapping) and "log" in data:
                logged = self._named(data)
                if logged is not None and logged not in _NONE | known.get(periods.of(op.index, op.at_s), set()):
                    strange.append(Place(f"{shown(logged)} (op {op.index})", (op.index,)))
        yield Defect("log record has an id of its own", "log records have ids of their own", strange)

    def _answers(self, history: History, known: Mapping[int, set[str]]) -> Iterator[Defect]:
        if self.answer_at is None:
            return
        silent, strange = [], []
        for number, run in enumerate(history.view(runs)):
            if run.ending != "completed" or number not in known:
                continue
            told_ids = [one for value in found(run.answer, self.answer_at) if (one := _as_id(value)) is not None]
            if not told_ids:
                silent.append(Place(f"nothing at {self.answer_at!r} (op {run.op})", (run.op,)))
            strange += [Place(f"{shown(one)} (op {run.op})", (run.op,)) for one in told_ids if one not in known[number]]
        yield Defect("answer tells no id", "answers tell no id", silent)
        yield Defect("answer tells another id", "answers tell other ids", strange)


def _told_of(history: History, carriers: Iterable[_Carrier]) -> list[_Carrier]:
    """Without calls of which nothing is known because the span of each was lost with its process."""
    gone = history.view(crashed)
    return [one for one in carriers if one.id is not None or not any(run.began <= one.op < run.op for run in gone)]


class _Carrier(NamedTuple):
    """A span or a call, and the id that it carries."""

    id: str | None
    trace_id: str | None
    what: Seen | Exchange
    op: int
    at_s: float
    is_sent: bool = False
    """Whether a call sends it along; else its span stands for it."""

    @property
    def is_call(self) -> bool:
        return isinstance(self.what, Exchange)

    @property
    def place(self) -> Place:
        return Place(place_of(self.what) if isinstance(self.what, Exchange) else named(self.what), (self.op,))


def _too_many(carriers: Iterable[_Carrier], allowed: int) -> Iterator[Defect]:
    """The ids beside those that most carry."""
    counted = Counter(one.id for one in carriers if one.id is not None)
    if len(counted) > allowed:
        usual = {id_ for id_, _ in counted.most_common(allowed)}
        first: dict[str, Place] = {}
        for one in carriers:
            if one.id is not None and one.id not in usual:
                first.setdefault(one.id, one.place)
        due = f"beside {'that' if allowed == 1 else f'the {allowed}'} of the run"
        usually = f"{shown(counted.most_common(1)[0][0])}, {counted.most_common(1)[0][1]} times"
        others = [Place(f"{shown(id_)} first on {place.text}", place.ops) for id_, place in first.items()]
        yield Defect(f"id {due} ({usually})", f"ids {due} ({usually})", others)


def _contradictions(carriers: Iterable[_Carrier]) -> Defect:
    """A trace is one request's, and so is its id."""
    of_trace: dict[str, _Carrier] = {}
    wrong = []
    for one in carriers:
        if one.id is not None and one.trace_id is not None:
            first = of_trace.setdefault(one.trace_id, one)
            if first.id != one.id:
                wrong.append(Place(f"{shown(one.id)} on {one.place.text}, {shown(first.id)} before", one.place.ops))
    return Defect("id differs within a trace", "ids differ within a trace", wrong)


def _doubt(history: History, carriers: Sequence[_Carrier], *, of_traces: bool) -> tuple[str, tuple[int, ...]] | None:
    """Why nothing that is wrong proves nothing."""
    if damaged := history.view(spans).damaged:
        unread = Defect("op is no span", "ops are no spans", [Place(shown(why), (op,)) for op, why in damaged])
        return str(unread), ops_of([unread])
    if of_traces:
        return None
    if not history.view(runs):
        return "no run has ended, so that more may follow: call agentchaos.run(...) first", ()
    if all(one.is_call for one in carriers):
        return f"no span at all, so that only {len(carriers)} calls show an id: switch the system's tracing on", ()
    if not any(one.is_call for one in carriers):
        return "no call of a model, a tool or an agent crossed a wire, so that nothing shows what callees are told", ()
    return None


def _whither(exchange: Exchange) -> tuple[str, str]:
    return str(exchange.call.kind), str(exchange.call.target)


def _as_id(value: Any) -> str | None:
    """A text or a number; an empty one is none."""
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return None
    return str(value) or None
