"""Who travels."""

from __future__ import annotations

from reference_system.model.brain.language.marks import Mark, Text
from reference_system.model.brain.wishes.wishes import Party

NAME_WORDS_AT_MOST = 3
NAMES_AT_MOST = 20
_GLUE = frozenset({"-", "'", "\u2019"})
_COUNTED = frozenset({"nights", "days", "weeks", "stars", "rooms", "in", "budget", "cap"})


def read_party(text: Text) -> Party | None:
    """The travellers in a text; None if it tells of none."""
    names, me = _named(text)
    count = _counted(text)
    if not names and count is None and not me:
        return None
    return Party(names, count, me)


# --- by name ---


def _named(text: Text) -> tuple[tuple[str, ...], bool]:
    """``for Ada and Ben``, ``with Ben``, ``travellers: Ada, Ben``; and whether the user is one of them."""
    names: list[str] = []
    me = False
    for at, mark in enumerate(text.marks):
        if _leads_to_names(text, at):
            found, with_me = _chain(text, at)
            names += [name for name in found if name not in names]
            alongside = "with" in mark.cues and "for" not in mark.cues and bool(found)
            me = me or with_me or alongside
    names = names or _subjects(text)
    return tuple(names[:NAMES_AT_MOST]), me and bool(names)


def _leads_to_names(text: Text, at: int) -> bool:
    """``for``, ``with``, ``travellers``; and the colon of "we are four:"."""
    mark = text.marks[at]
    if mark.kind == "cue":
        return bool(mark.cues & {"for", "with", "list"})
    return mark.kind == "stop" and mark.value == ":" and at > 0 and text.marks[at - 1].kind == "number"


def _subjects(text: Text) -> list[str]:
    """``Ada and Ben want to fly``: two names or more that begin a sentence, before a verb."""
    for at, mark in enumerate(text.marks):
        first = at == 0 or text.marks[at - 1].value in {".", "!", "?"}
        if mark.kind == "name" and first and mark.start == (text.marks[at - 1].end if at else 0):
            found, _ = _chain(text, at - 1)
            end = _end_of_chain(text, at)
            verb = text.marks[end] if end < len(text.marks) else None
            if len(found) > 1 and verb is not None and verb.cues & {"book", "fly", "trip"}:
                return found
    return []


def _end_of_chain(text: Text, at: int) -> int:
    """Behind the names and what joins them."""
    while at < len(text.marks) and (text.marks[at].kind == "name" or _joins(text.marks[at])):
        at += 1
    return at


def _chain(text: Text, at: int) -> tuple[list[str], bool]:
    """The names that follow a cue, joined by commas and "and"."""
    marks = text.marks
    found: list[str] = []
    me = False
    at += 1
    end = marks[at - 1].end if at else 0
    while at < len(marks):
        mark = marks[at]
        if mark.kind == "name" and mark.start == end:
            name, at = _name(text, at)
            found.append(name)
            end = marks[at - 1].end
        elif mark.kind == "cue" and "me" in mark.cues and mark.start == end:
            me, at, end = True, at + 1, mark.end
        elif _joins(mark) and mark.start == end:
            at, end = at + 1, mark.end
        else:
            break
    return found, me


def _joins(mark: Mark) -> bool:
    return (mark.kind == "stop" and mark.value in {",", ":", "&", "+"}) or (mark.kind == "cue" and "and" in mark.cues)


def _name(text: Text, at: int) -> tuple[str, int]:
    """A name of up to three words, as it was written."""
    marks = text.marks
    first = last = marks[at]
    at += 1
    words = 1
    while at < len(marks) and words < NAME_WORDS_AT_MOST:
        mark = marks[at]
        follows = at + 1 < len(marks) and marks[at + 1].kind == "name" and marks[at + 1].start == mark.end
        glue = mark.kind == "stop" and mark.value in _GLUE and follows and text.tokens[mark.start].glued
        if glue:
            at += 1
            mark = marks[at]
        elif mark.kind != "name" or mark.start != last.end:
            break
        last = mark
        words += not text.tokens[mark.start].glued
        at += 1
    return text.words(first.start, last.end), at


# --- by number ---


def _counted(text: Text) -> int | None:
    """``two adults and a child``, ``for two``, ``we are three``, ``my wife and I``."""
    counts: list[int] = []
    with_me = 0
    for at, mark in enumerate(text.marks):
        if mark.kind == "number":
            after = _after(text, at)
            if "relation" in after:
                with_me += int(mark.value)
            elif "people" in after or (_led(text, at) and not _is_counted_otherwise(text, at)):
                counts.append(int(mark.value))
        elif mark.kind == "cue":
            said = next((cue for cue in mark.cues if cue.startswith("count:")), None)
            if said is not None:
                counts.append(int(said.removeprefix("count:")))
            elif "relation" in mark.cues and "my" in _before(text, at):
                with_me += 1
    if counts:
        return sum(counts)
    return 1 + with_me if with_me else None


def _after(text: Text, at: int) -> frozenset[str]:
    mark = text.marks[at + 1] if at + 1 < len(text.marks) else None
    return (
        mark.cues if mark is not None and mark.kind == "cue" and mark.start - text.marks[at].end <= 1 else frozenset()
    )


def _before(text: Text, at: int) -> frozenset[str]:
    mark = text.marks[at - 1] if at else None
    return mark.cues if mark is not None and mark.kind == "cue" and text.marks[at].start == mark.end else frozenset()


def _led(text: Text, at: int) -> bool:
    return bool(_before(text, at) & {"for", "crowd"})


def _is_counted_otherwise(text: Text, at: int) -> bool:
    """Whether nights, stars, money or anything else is counted."""
    after = text.marks[at].end
    if after < len(text.tokens):
        token = text.tokens[after]
        if token.text in {"€", "$", "£", "-", "%", "*"} or token.plain in {
            "eur",
            "euro",
            "euros",
            "chf",
            "usd",
            "o",
            "k",
        }:
            return True
        if token.kind == "word" and token.plain not in text.language.known:
            return True
    mark = text.marks[at]
    return mark.value != int(mark.value) or mark.value > 99 or bool(_after(text, at) & _COUNTED - {"in"})  # noqa: PLR2004
