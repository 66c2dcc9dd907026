"""A timeline as HTML: an ordered list of what happened, each line with its piece of the drawing beside it.

The list is the picture: it can be read, spoken, printed and walked through by keyboard, and no script is needed. Each
call opens its messages (``details``); wherever a call takes more room, its lanes go on beside it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Final

from markupsafe import Markup

from pytest_agentchaos.evidence.canonical import encode
from pytest_agentchaos.reporting.page.svg import icon
from pytest_agentchaos.reporting.page.text import trial_name, visible
from pytest_agentchaos.reporting.page.timeline_lines import clock, content, cut, is_bad, line, messages
from pytest_agentchaos.reporting.page.timeline_rows import Row, is_told_at_length, rows
from pytest_agentchaos.reporting.page.timeline_wires import Wires
from pytest_agentchaos.reporting.page.words import number, plural
from pytest_agentchaos.reporting.timeline import Bar, Timeline

MESSAGE: Final = 600
"""Characters of a message at a call where something happened."""
_ROOM: Final = 36_000
"""Characters of a timeline: thirty of them are to fit on one page."""
_ROW: Final = 470
"""A line without its messages."""
_LEAST: Final = 60
_LEAST_ROOM: Final = 7_000
_ANSWER: Final = 1_500
_REPLAY: Final = 20_000
_ODD: Final = re.compile(r"[^0-9A-Za-z_.:-]+")
_STORY: Final = 8
"""Sentences in which a trial is told above its lines."""
_GROUPS: Final = {
    "user": "",
    "agent": "agents",
    "model": "model",
    "tool": "tools",
    "http": "services",
    "other": "others",
}


def anchor(trial: str, op: int | None = None) -> str:
    """The id of a trial's timeline on a page, or of the line of one op in it: ``trial-3f2a/op-48``."""
    name = _ODD.sub("-", trial_name(trial))
    if name != trial:  # what another name may become as well
        name += f"-{hashlib.blake2b(encode(trial), digest_size=4).hexdigest()}"
    return f"trial-{name}" if op is None else f"trial-{name}/op-{op}"


def draw(timeline: Timeline) -> str:
    """One timeline: what happened in a word, then line by line. The element has the id ``trial-<name>``."""
    found = rows(timeline)
    return str(
        _format(
            '<article class="timeline" id="{}">{}{}{}</article>',
            anchor(timeline.trial),
            _head(timeline, _shown_ops(found)),
            _lines(timeline, found),
            _foot(timeline),
        )
    )


# --- above the lines --------------------------------------------------------------------------------------------------


def _head(timeline: Timeline, shown: Mapping[int, int]) -> Markup:
    facts = Markup(" · ").join(_facts(timeline))
    schedule = _format("<p>Faults: {}</p>", _codes(timeline.schedule)) if timeline.schedule else ""
    return _format(
        '<header><h3>{} {}</h3><p class="tl-facts">{}</p>{}{}{}{}</header>',
        icon(timeline.status),
        visible(timeline.title or timeline.trial),
        facts,
        schedule,
        _story(timeline, shown),
        _verdicts(timeline, shown),
        _parting(timeline, shown),
    )


def _facts(timeline: Timeline) -> Iterator[Markup]:
    yield _format("<b>{}</b>", visible(timeline.status))
    if timeline.ended:
        yield _format("it ended as {}", visible(timeline.ended))
    yield _format("{}", plural(len(timeline.bars) + timeline.left_out, "call"))
    yield _format("{} on the clock", clock(timeline.duration_s))
    if timeline.tokens is not None:
        yield _format("{} tokens", number(timeline.tokens))
    if timeline.cost is not None:
        yield _format("{:.4g} {}", timeline.cost, visible(timeline.currency))
    yield _format("trial <code>{}</code>", visible(timeline.trial))


def _story(timeline: Timeline, shown: Mapping[int, int]) -> Markup:
    """In a few sentences what the faults did, and what went wrong then, in the order in which it happened."""
    struck: dict[Markup, list[int]] = {}
    for bar in timeline.bars:
        if bar.fate and (bar.wrong or is_told_at_length(bar)):
            struck.setdefault(_struck(bar, timeline), []).append(bar.begin)
    told = [(places[0], text, places) for text, places in struck.items()]
    told += [
        (mark.place, _format("<em>{}</em>", visible(mark.text)), [mark.place])
        for mark in timeline.marks
        if mark.grave and mark.kind in {"effect", "crash", "end"}
    ]
    told.sort(key=lambda one: one[0])
    items = [
        _format(
            "<li>{}{} {}</li>",
            text,
            f" {len(places)} times." if len(places) > 1 else "",
            _links(timeline, [shown[place] for place in places[:3] if place in shown]),
        )
        for _, text, places in told
    ]
    if len(items) > _STORY:
        items[_STORY - 2 : -1] = [_format("<li>{} more like these</li>", len(items) - _STORY + 1)]
    return _format('<ol class="tl-story">{}</ol>', Markup("").join(items)) if items else Markup("")


def _struck(bar: Bar, timeline: Timeline) -> Markup:
    faults = Markup(" and ").join(_format('<em class="fault">{}</em>', visible(one.fault)) for one in bar.strikes)
    who = visible(bar.asker or timeline.lanes[bar.caller].name)
    return _format("{} struck <b>{}</b>, called by {}. {}", faults, visible(bar.name), who, visible(bar.fate))


def _verdicts(timeline: Timeline, shown: Mapping[int, int]) -> Markup:
    """What does not hold, each with the lines that show it."""
    broken = [one for one in timeline.verdicts if one[1] != "pass"]
    if not broken:
        return _format("<p>{}</p>", visible(timeline.why)) if timeline.why else Markup("")
    items = Markup("").join(
        _format(
            '<li class="tl-{}">{} <b>{}</b> {} {}</li>',
            status,
            icon(status),
            visible(name),
            visible(reason),
            _links(timeline, sorted({shown[op] for op in ops if op in shown})),
        )
        for name, status, reason, ops in broken
    )
    return _format('<ul class="tl-verdicts">{}</ul>', items)


def _links(timeline: Timeline, ops: Sequence[int]) -> Markup:
    links = [_format('<a href="#{}">op {}</a>', anchor(timeline.trial, op), op) for op in ops[:12]]
    return _format('<span class="tl-see">see {}</span>', Markup(", ").join(links)) if links else Markup("")


def _shown_ops(lines: Sequence[Row]) -> dict[int, int]:
    """Op -> the op of the line that shows it."""
    found: dict[int, int] = {}
    for row in lines:
        if row.kind != "gap":
            found.setdefault(row.place, row.place)
        if row.bar is not None and row.whole:
            inside = [one.op for one in row.bar.strikes] + [one.op for one in row.bar.deliveries]
            found |= {op: row.place for op in (row.bar.end, *inside) if op is not None}
    return found


def _parting(timeline: Timeline, shown: Mapping[int, int]) -> Markup:
    """The same journey without faults beside this one: where the two part, and what only one of them does."""
    parting = timeline.parting
    if parting is None:
        return Markup("")
    here = _format("calls <b>{}</b>", visible(parting.here)) if parting.here else Markup("makes no more calls")
    there = _format("calls <b>{}</b>", visible(parting.there)) if parting.there else Markup("makes no more calls")
    link = _links(timeline, [shown[op] for op in (parting.op,) if op is not None and op in shown])
    golden = _format('<p><a href="#{}">that trial</a></p>', anchor(timeline.golden)) if timeline.golden else ""
    only = [
        _format("<li>{}: {}</li>", words, visible(", ".join(names)))
        for words, names in (("only here", parting.only_here), ("only without faults", parting.only_there))
        if names
    ]
    return _format(
        '<details class="tl-golden"><summary>After {} it parts from the same journey without faults: it {}, and'
        " without faults it {}.</summary>{}<ul>{}</ul>{}</details>",
        plural(parting.same, "call"),
        here,
        there,
        link,
        Markup("").join(only),
        golden,
    )


# --- the lines --------------------------------------------------------------------------------------------------------


def _lines(timeline: Timeline, found: Sequence[Row]) -> Markup:
    if not timeline.bars and not timeline.marks:
        return Markup('<p class="tl-none">No call crossed a wire, and nothing else was written down.</p>')
    limits = _limits(timeline.bars, len(found))
    wires = Wires(len(timeline.lanes))
    times = [clock(row.at_s) for row in found]
    places = [-1 if row.kind == "gap" else row.place for row in found]
    items = [
        _line(
            row,
            wires.drawn(row),
            "" if row.kind == "gap" or (time == before and found[place - 1].kind != "gap") else time,
            "" if row.kind == "gap" or row.place in places[:place] else anchor(timeline.trial, row.place),
            _said(row, timeline, limits),
        )
        for place, (row, before, time) in enumerate(zip(found, ["", *times], times, strict=False))
    ]
    listed = Markup("").join(items)
    return _format('<div class="tl-chart tl-n{}">{}<ol>{}</ol></div>', len(timeline.lanes), _lanes(timeline), listed)


def _lanes(timeline: Timeline) -> Markup:
    """The names of the lanes above them; every line says them in words."""
    groups = Markup("").join(
        _format('<span class="tl-{} tl-s{}">{}</span>', kind, len(list(group)), _GROUPS.get(kind, kind))
        for kind, group in groupby(lane.kind for lane in timeline.lanes)
    )
    names = Markup("").join(
        _format('<b class="tl-{}" title="{}">{}</b>', lane.kind, visible(lane.full or lane.name), visible(lane.name))
        for lane in timeline.lanes
    )
    return _format('<div class="tl-lanes" aria-hidden="true"><p>{}</p><div>{}</div></div>', groups, names)


def _line(row: Row, drawn: Markup, time: str, name: str, said: Markup) -> Markup:
    bar = row.bar
    bad = " tl-bad" if is_bad(row) else ""
    shows = " tl-shows" if bar is not None and bar.evidence and row.kind == "call" else ""
    known = _format(' id="{}"', name) if name else ""
    of = "" if bar is None or not _is_linked(bar, row) else _format(' data-of="{} {}"', bar.op, bar.series)
    at = _format("<time>{}</time>", time) if time else ""
    return _format('<li class="tl-{}{}{}"{}{}>{}{}{}</li>', row.kind, bad, shows, known, of, at, drawn, said)


def _is_linked(bar: Bar, row: Row) -> bool:
    """Whether other lines belong to it: those of the same call, or of its other attempts."""
    return bar.attempts > 1 or not row.whole


def _said(row: Row, timeline: Timeline, limits: dict[int, int]) -> Markup:
    words = line(row, timeline)
    if row.kind == "call" and row.bar is not None:
        inside = messages(row.bar, limits[row.bar.op])
    elif row.bar is None and any(mark.detail for mark in row.marks):
        text = "\n".join(mark.detail for mark in row.marks)
        inside = content("<dl><dt>in full</dt><dd>{}</dd></dl>", cut(text, _ANSWER))
    else:
        return _format("<p>{}</p>", words)
    return _format("<details><summary>{}</summary>{}</details>", words, inside)


def _limits(bars: Sequence[Bar], lines: int) -> dict[int, int]:
    """How much of each message a call shows: all that may be where something happened, else a share of what is left."""
    told = {bar.op for bar in bars if bar.evidence or bar.wrong or is_told_at_length(bar)}
    room = max(_LEAST_ROOM, _ROOM - _ROW * lines)
    room -= sum(min(MESSAGE, len(text)) for bar in bars if bar.op in told for text in _texts(bar))
    lengths = sorted(len(text) for bar in bars if bar.op not in told for text in _texts(bar))
    share = MESSAGE
    for place, length in enumerate(lengths):  # shorter ones leave their share to the others
        share = room // (len(lengths) - place)
        if length > share:
            break
        room -= length
    return {bar.op: MESSAGE if bar.op in told else max(_LEAST, min(MESSAGE, share)) for bar in bars}


def _texts(bar: Bar) -> list[str]:
    answers = [delivery.answer for delivery in bar.deliveries if delivery.answer != bar.answered or delivery.late]
    return [text for text in (bar.asked, bar.answered, *bar.wants, *answers) if text]


# --- below them -------------------------------------------------------------------------------------------------------


def _foot(timeline: Timeline) -> Markup:
    parts = []
    if timeline.left_out:
        left_out = plural(timeline.left_out, "call")
        parts.append(_format("<p>{} are told together, since nothing of note happened to them.</p>", left_out))
    if timeline.replay:
        again = '<details><summary>Run it again</summary><code class="tl-replay">{}</code></details>'
        parts.append(_format(again, visible(timeline.replay, _REPLAY)))
    return _format("<footer>{}</footer>", Markup("").join(parts)) if parts else Markup("")


def _codes(texts: Sequence[str]) -> Markup:
    return Markup(" ").join(_format("<code>{}</code>", visible(text)) for text in texts)


def _format(template: str, *values: object) -> Markup:
    return Markup(template).format(*values)  # noqa: S704 - the templates are our own, the values are escaped
