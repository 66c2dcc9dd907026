"""Sees the spans that the system makes in this process, while a trial runs, and who calls inside of which agent's.

Every span of every provider of the OpenTelemetry SDK is seen, whatever becomes of it afterwards: the class of the
SDK's spans leads through here for the length of a run. No processor is added, so that the system's own telemetry is as
it always is. A span that is not recorded (a sampler said no, the SDK is disabled) is not seen, and neither is one that
was started before the run, until it ends.
"""

from __future__ import annotations

import functools
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Final

from pytest_agentchaos import agents
from pytest_agentchaos.clock import EPOCH_S, Clock
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.evidence.op import Op
from pytest_agentchaos.seams import Finder, Leads, Patch
from pytest_agentchaos.traces import sdk_span

SDK: Final = "opentelemetry.sdk.trace"
"""Never imported here: where the system does not use it, there is nothing to see."""

_watching: tuple[watched, ...] = ()


def _zero_s() -> float:
    return 0.0


class watched:  # noqa: N801 - it reads as a phrase where it is used
    """While it is open, each span that ends becomes an op; those that have not ended by then follow at its close."""

    def __init__(
        self, history: History, clock: Clock, *, epoch_s: float = EPOCH_S, wall_s: Callable[[], float] = _zero_s
    ) -> None:
        self._history = history
        self._clock = clock
        self._wall_s = wall_s
        self._epoch_ns = round(epoch_s * 1_000_000_000)
        """Unix time at second 0 of the history, as the SDK reads it."""
        self._lock = threading.Lock()  # of two threads that end one span, one writes it down
        self._open: dict[int, Any] = {}
        self._ended: dict[int, Any] = {}  # by address; holding the span keeps that from being given to another
        self._places: dict[tuple[int, int], _Place] = {}

    def __enter__(self) -> None:
        global _watching  # noqa: PLW0603 - the SDK's class is one for the whole process
        if not _watching:
            _lead()
        _watching = (*_watching, self)

    def __exit__(self, *error: object) -> None:
        global _watching  # noqa: PLW0603 - the same
        _watching = tuple(other for other in _watching if other is not self)
        if not _watching:
            _let_go()
        if self._open:
            self._write_open()
        self._places.clear()
        self._ended.clear()

    def lose(self) -> None:
        """Those that have not ended never will, and nobody hears of them: their process is gone."""
        with self._lock:
            self._open.clear()

    def _started(self, span: Any) -> None:
        context, parent = span.context, span.parent
        if context is None:  # made by hand, past every tracer
            return
        if not self._places:  # until now no call needs to ask
            agents.ask_spans(_agents_of_current_span)
        above = None if parent is None else self._places.get((parent.trace_id, parent.span_id))
        self._places[context.trace_id, context.span_id] = _Place(span, above)
        with self._lock:
            self._open[id(span)] = span

    def _has_ended(self, span: Any, at_s: float) -> None:
        with self._lock:
            if id(span) in self._ended:
                return
            self._ended[id(span)] = span
            self._open.pop(id(span), None)
        self._history.defer(functools.partial(_op, span, self._epoch_ns, at_s, self._wall_s()))

    def _write_open(self) -> None:
        at_s, wall_s = self._clock.now_s(), self._wall_s()
        with self._lock:
            spans = [span for span in self._open.values() if id(span) not in self._ended]
            self._open.clear()
        for span in spans:  # read at once: it may go on
            data = sdk_span.data(span, epoch_ns=self._epoch_ns, at_s=at_s, ended=False)
            self._history.append("span", at_s=at_s, wall_s=wall_s, data=data)

    def now_s(self) -> float:
        """The moment on the clock of the history."""
        return self._clock.now_s()

    def agents_at(self, trace_id: int, span_id: int) -> tuple[str, ...]:
        """The agents whose spans stand around this one, itself included; none around a span that was not seen."""
        return _agents(self._places.get((trace_id, span_id)))


def _op(span: Any, epoch_ns: int, at_s: float, wall_s: float, index: int) -> Op:
    data = sdk_span.data(span, epoch_ns=epoch_ns, at_s=at_s, ended=True)
    return Op(index, "span", at_s, wall_s, data=data)


@dataclass(slots=True, eq=False)
class _Place:
    """Where a span stands among the others. One that has ended is still what its children stand in."""

    span: Any
    above: _Place | None
    agents: tuple[str, ...] | None = None
    """Read when the first call is made inside, since many set attributes only after the start; then it stays so."""


def _agents(place: _Place | None) -> tuple[str, ...]:
    """The agents whose spans stand around a place, its own span included."""
    unread: list[_Place] = []
    while place is not None and place.agents is None:
        unread.append(place)
        place = place.above
    path = () if place is None else place.agents or ()
    for inner in reversed(unread):
        name = sdk_span.agent_name(inner.span)
        # Two instrumentations, or both ends of one invocation, tell of the same agent.
        if name is not None and path[-1:] != (name,):
            path = (*path, name)
        inner.agents = path
    return path


def _agents_of_current_span() -> tuple[str, ...]:
    api: Any = sys.modules.get("opentelemetry.trace")
    context = api.get_current_span().get_span_context() if api is not None else None
    if context is None or not _watching:
        return ()
    return _watching[-1].agents_at(context.trace_id, context.span_id)


_patches: list[Patch] = []
_LEADS: Final = Leads()


def _lead() -> None:
    module = sys.modules.get(SDK)
    if module is None:
        _FINDER.expect([SDK])
        sys.meta_path.insert(0, _FINDER)
    else:
        _patch(module)


def _imported(module: ModuleType) -> None:
    if _watching and not _patches:
        _patch(module)


_FINDER: Final = Finder([SDK], _imported)
"""Sees the SDK when it is imported during a run."""


def _let_go() -> None:
    agents.ask_spans(None)
    if _FINDER in sys.meta_path:
        sys.meta_path.remove(_FINDER)
    while _patches:
        _patches.pop().undo()


def _patch(module: ModuleType) -> None:
    owner = getattr(module, "Span", None)
    if not isinstance(owner, type):  # a stand-in of the test's own
        return
    for name, lead in (("start", _led_start), ("end", _led_end)):
        found = vars(owner).get(name)
        if found is not None and (led := _LEADS.to(found, lead)) is not None:
            _patches.append(Patch(owner, name, *led))
            setattr(owner, name, led[1])


def _led_start(original: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(original)
    def start(self: Any, *args: Any, **kwargs: Any) -> None:
        news = bool(_watching) and self.start_time is None
        original(self, *args, **kwargs)
        if news:
            for watch in _watching:
                watch._started(self)  # noqa: SLF001 - of this module

    return start


def _led_end(original: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(original)
    def end(self: Any, *args: Any, **kwargs: Any) -> None:
        if not _watching or not self.is_recording():
            original(self, *args, **kwargs)
            return
        moments = [(watch, watch.now_s()) for watch in _watching]  # an exporter may take its time
        try:
            original(self, *args, **kwargs)
        finally:  # an exporter that fails
            if not self.is_recording():
                for watch, at_s in moments:
                    watch._has_ended(self, at_s)  # noqa: SLF001 - of this module

    return end
