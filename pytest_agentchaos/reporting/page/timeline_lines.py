"""Lines of a timeline in words: who asks whom for what, what came of it, and the messages for whoever opens them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import isfinite
from typing import Final

from markupsafe import Markup

from pytest_agentchaos.reporting.page.text import visible
from pytest_agentchaos.reporting.page.timeline_rows import Row, is_told_at_length
from pytest_agentchaos.reporting.page.words import number, seconds
from pytest_agentchaos.reporting.timeline import Bar, Mark, Strike, Timeline

_VERBS: Final = {"model": "asks", "agent": "hands over to", "http": "sends"}
_TOOK_S: Final = 0.05
"""Shorter than this is no news on a line; it stands with the messages."""


def line(row: Row, timeline: Timeline) -> Markup:
    """What a row says, on one line."""
    if row.fold is not None:
        return content("{}", visible(row.fold.text))
    if row.kind == "gap":
        return content("{} pass", clock(row.seconds))
    if row.bar is None:
        return _joined(_mark(mark) for mark in row.marks)
    return _joined([*_LINES[row.kind](row, row.bar, timeline), *map(_mark, row.marks), *_gist(row)])


def is_bad(row: Row) -> bool:
    """Whether something went wrong on it."""
    if any(mark.grave for mark in row.marks):
        return True
    return row.bar is not None and row.bar.wrong and (row.kind == "reply" or row.whole)


def messages(bar: Bar, limit: int) -> Markup:
    """All that was said on a call, and its figures."""
    parts = [("asked", bar.asked)]
    for count, delivery in enumerate(bar.deliveries, 1):
        if delivery.answer != bar.answered or delivery.late:
            which = f" {count}" if len(bar.deliveries) > 1 else ""
            parts.append((f"truly answered{which}{', too late' if delivery.late else ''}", delivery.answer))
    told = "the caller was told" if bar.strikes else "answered"
    parts.append((told, bar.answered or ("nothing" if bar.strikes and bar.end is not None else "")))
    parts += [("asks for", wish) for wish in bar.wants]
    if bar.strikes:
        parts.append(("under " + ", ".join(_named(strike) for strike in bar.strikes), bar.fate))
    told_of = [(name, text.strip()) for name, text in parts if text.strip()]
    shown = [content("<dt>{}</dt><dd>{}</dd>", visible(name), cut(text, limit)) for name, text in told_of]
    return content("<dl>{}<dt>wire</dt><dd>{}</dd></dl>", Markup("").join(shown), " · ".join(_facts(bar)))


def _facts(bar: Bar) -> Iterator[str]:
    yield f"op {bar.op}" + (f" to {bar.end}" if bar.end is not None else ", no end")
    took_s = 0.0 if bar.ended_s is None else bar.ended_s - bar.at_s
    if took_s > 0:
        yield f"took {clock(took_s)}"
    if bar.tokens is not None:
        yield f"{number(bar.tokens[0])} + {number(bar.tokens[1])} tokens"
    if bar.cost is not None:
        yield f"cost {bar.cost:.3g}"
    if bar.traced is False:
        yield "the trace does not show it"


# --- lines of calls ---------------------------------------------------------------------------------------------------


def _call(row: Row, bar: Bar, timeline: Timeline) -> Iterator[Markup]:
    yield content("<b>{}</b> {} <b>{}</b>", _caller(bar, timeline), _VERBS.get(bar.kind, "calls"), visible(bar.name))
    if bar.kind in {"tool", "rpc"}:
        yield content("<i>at {}</i>", visible(timeline.lanes[bar.callee].name))
    if bar.attempts > 1:
        yield content('<em class="again">attempt {} of {}</em>', bar.attempt, bar.attempts)
    if not is_told_at_length(bar):
        yield from (content('<em class="fault">{}</em>', visible(strike.fault)) for strike in bar.strikes)
    if row.whole:
        yield from _outcome(bar)
    elif bar.ending == "open":
        yield Markup('<em class="wrong">it never ends</em>')
    if bar.traced is False:
        yield Markup('<em class="hole">not in the trace</em>')


def _gist(row: Row) -> Iterator[Markup]:
    """Last on its line: it is what may be cut off where there is no room."""
    bar = row.bar
    if row.kind == "call" and bar is not None and bar.gist and (bar.kind != "model" or row.whole):
        yield content("<small>{}</small>" if bar.kind == "model" else "<small>({})</small>", visible(bar.gist))


def _outcome(bar: Bar) -> Iterator[Markup]:
    if bar.reply:
        yield content('<em class="wrong">{}</em>', visible(bar.reply))
    if bar.ended_s is not None and bar.ended_s - bar.at_s >= _TOOK_S:
        yield content('<i class="took">took {}</i>', clock(bar.ended_s - bar.at_s))


def _strike(row: Row, bar: Bar, timeline: Timeline) -> Iterator[Markup]:  # noqa: ARG001 - one of several alike
    if row.strike is not None:
        yield _fault(row.strike)
    if row.last:
        yield content("<strong>{}</strong>", visible(bar.fate))


def _fault(strike: Strike) -> Markup:
    return content('<em class="fault">{}</em>', visible(_named(strike)))


def _named(strike: Strike) -> str:
    return f"{strike.fault}({strike.text})" if strike.text else strike.fault


def _delivery(row: Row, bar: Bar, timeline: Timeline) -> Iterator[Markup]:
    lane = visible(timeline.lanes[bar.callee].name)
    late = " late" if row.delivery is not None and row.delivery.late else ""
    yield content("<b>{}</b> gets it{}", lane, late)


def _reply(row: Row, bar: Bar, timeline: Timeline) -> Iterator[Markup]:  # noqa: ARG001 - one of several alike
    got = "has its answer" if bar.ending == "ok" else "has no answer"
    yield content("<b>{}</b> {} from <b>{}</b>", _caller(bar, timeline), got, visible(bar.name))
    if bar.reply:
        yield content('<em class="wrong">{}</em>', visible(bar.reply.removeprefix("no answer: ")))
    elif bar.kind == "model" and bar.gist:
        yield content("<small>{}</small>", visible(bar.gist))


_LINES: Final = {"call": _call, "strike": _strike, "delivery": _delivery, "reply": _reply}


def _caller(bar: Bar, timeline: Timeline) -> str:
    return visible(bar.asker or timeline.lanes[bar.caller].name)


def _mark(mark: Mark) -> Markup:
    kind = f"{mark.kind}{' undone' if mark.undoes else ''}{' wrong' if mark.grave else ''}"
    return content('<em class="{}">{}</em>', kind, visible(mark.text))


# --- markup -----------------------------------------------------------------------------------------------------------


def clock(value_s: float) -> str:
    """A time in words; damaged histories have some that are none."""
    return seconds(value_s) if isfinite(value_s) else "no time"


def cut(text: str, limit: int) -> str:
    """A text that was shortened and freed of secrets when it was read, once more; how long it was is not known here."""
    return visible(text) if len(text) <= limit else f"{visible(text[:limit])} …"


def content(template: str, *values: object) -> Markup:
    """A template of our own with values that are escaped, for the inside of an element: quotes stay as they are there.

    Messages are mostly JSON, and a quote takes five times its room where it is escaped. What stands in an attribute
    must not come from here.
    """
    return Markup(template).format(*(_escaped(value) for value in values))  # noqa: S704 - escaped below


def _escaped(value: object) -> Markup:
    if isinstance(value, Markup):
        return value
    text = str(value).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return Markup(text)  # noqa: S704 - nothing of it can begin a tag or a character reference


def _joined(parts: Iterable[Markup]) -> Markup:
    return Markup(" ").join(parts)
