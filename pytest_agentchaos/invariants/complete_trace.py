"""Complete trace: what crossed the wires can be seen in the trace."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pytest_agentchaos.errors import UsageError, explains_itself
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.evidence.run import runs
from pytest_agentchaos.evidence.spans.account import account, place_of
from pytest_agentchaos.evidence.spans.defects import Defect, Place, ops_of, told
from pytest_agentchaos.evidence.spans.join import Joined, due, join
from pytest_agentchaos.evidence.spans.pairs import Told
from pytest_agentchaos.evidence.spans.shape import shape, skewed
from pytest_agentchaos.evidence.spans.span import spans
from pytest_agentchaos.evidence.spans.tree import span_tree
from pytest_agentchaos.evidence.telling import shown
from pytest_agentchaos.evidence.verdict import Verdict
from pytest_agentchaos.invariants.registry import register

__tracebackhide__ = explains_itself

_NO_SPAN = (
    "no span at all, and {count} calls crossed the wires: the system uses no OpenTelemetry SDK in this process; start"
    " one in it, or give a child process live.receiver().environment()"
)


@register
@dataclass(frozen=True, slots=True)
class complete_trace:
    """Promises that each run leaves one whole trace that shows every call; it cannot see what was never recorded.

    Whole: one root, no orphan, nothing unended. Every call of a model, a tool or an agent that crossed a wire has its
    span, with an error where the wire saw one, and with the tokens that the wire saw. A span around the attempts of one
    call tells of all of them, and a call that succeeded in the end needs no error. What its caller stopped waiting for
    needs none either: that is no error which a wire could see. A process that a fault has ended took its open spans
    with it, so that nothing is asked of the time before a crash.
    """

    attempts: bool = False
    """Whether each attempt of a call needs a span of its own."""
    roots: int = 1
    """How many spans without a parent each run has: one for each request that it takes. Work in the background that
    begins a trace of its own and links to where it came from is not counted."""
    skew_s: float = 0.001
    """So much before its parent a span may begin in one service."""

    def __post_init__(self) -> None:
        if not isinstance(self.attempts, bool):
            msg = f"complete_trace(attempts={self.attempts!r}): it is true or false"
            raise UsageError(msg)
        roots: object = self.roots
        if not isinstance(roots, int) or isinstance(roots, bool) or roots < 1:
            msg = f"complete_trace(roots={roots!r}): write how many root spans a run has, from 1 up"
            raise UsageError(msg)
        skew_s: object = self.skew_s
        if not isinstance(skew_s, (int, float)) or isinstance(skew_s, bool) or not 0 <= skew_s < float("inf"):
            msg = f"complete_trace(skew_s={skew_s!r}): write a number of seconds from 0 up, for example 0.001"
            raise UsageError(msg)

    @property
    def name(self) -> str:
        """What a verdict calls it."""
        given = [
            *(["attempts"] if self.attempts else []),
            *([f"roots={self.roots}"] if self.roots != 1 else []),
            *([f"skew_s={self.skew_s:g}"] if self.skew_s != type(self).__dataclass_fields__["skew_s"].default else []),
        ]
        return f"complete_trace({', '.join(given)})" if given else "complete_trace"

    def check(self, history: History) -> Verdict:
        """Look at the shape of the traces, then hold them against the calls."""
        made_of_trace = history.mode == "trace"
        joined = history.view(join)
        calls = () if made_of_trace else history.view(due)
        seen, damaged = history.view(spans)
        if not seen and not damaged:
            return self._without_spans(calls)
        untold = [_place(one) for one in calls if one.span is None]
        sharing = [_place(one) for one in calls if self.attempts and one.shared]
        findings = [
            Defect("call has no span", "calls have no span", untold),
            Defect("attempt has no span of its own", "attempts have no spans of their own", sharing),
            *shape(history, roots=self.roots, skew_s=self.skew_s),
            *account(joined, calls, attempts=self.attempts),
        ]
        unread = [Place(f"op {op} ({shown(why)})", (op,)) for op, why in damaged]
        notes = told([Defect("op is no span", "ops are no spans", unread), *self._notes(history, joined)])
        if wrong := told(findings):
            return Verdict(self.name, "fail", wrong + (f" (beside this, {notes})" if notes else ""), ops_of(findings))
        if damaged:
            return Verdict(self.name, "unknown", notes, tuple(op for op, _ in damaged[:12]))
        if not made_of_trace and (doubt := _doubt(history, calls)) is not None:
            return Verdict(self.name, "unknown", *doubt)
        held = "held against nothing but themselves" if made_of_trace else f"and all {len(calls)} calls are in them"
        counted = len(history.view(span_tree).roots)
        whole = f"{len(seen)} spans under {counted} root{'s' * (counted != 1)}, {held}"
        return Verdict(self.name, "pass", whole + (f" ({notes})" if notes else ""))

    def _without_spans(self, calls: Sequence[Told]) -> Verdict:
        if not calls:
            return Verdict(self.name, "unknown", "there is no span, and no call that one could tell of")
        ops = tuple(one.exchange.index for one in calls[:12])
        return Verdict(self.name, "fail", _NO_SPAN.format(count=len(calls)), ops)

    def _notes(self, history: History, joined: Joined) -> Iterator[Defect]:
        """What is worth knowing and no fault of the trace."""
        damaged = [Place(f"op {op}", (op,)) for op in joined.damaged]
        yield Defect("traceparent cannot be read", "traceparents cannot be read", damaged)
        clocks = [
            Place(f"that of {shown(service)!r} by {-skew_s:.3g} s", ()) for service, skew_s in joined.skews_s.items()
        ]
        yield Defect("clock differs from that of the wires", "clocks differ from that of the wires", clocks)
        yield Defect("pair of clocks disagrees", "pairs of clocks disagree", skewed(history, skew_s=self.skew_s))


def _place(one: Told) -> Place:
    return Place(place_of(one.exchange), one.exchange.ops)


def _doubt(history: History, calls: Sequence[Told]) -> tuple[str, tuple[int, ...]] | None:
    """Why a trace without a fault proves nothing."""
    if not history.view(runs):
        return "no run has ended, so that more may follow: call agentchaos.run(...) first", ()
    if not calls:
        return (
            "no call of a model, a tool or an agent crossed a wire, so that there is nothing to hold the spans against",
            (),
        )
    open_ = [_place(one) for one in calls if one.exchange.ending == "open"]
    if open_:
        finding = Defect("call has no end in the history", "calls have no end in the history", open_)
        return str(finding), ops_of([finding])
    return None
