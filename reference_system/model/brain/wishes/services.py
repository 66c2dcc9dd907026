"""What is wanted of the trip, and what is not: flights, a hotel, a dinner, the weather."""

from __future__ import annotations

from dataclasses import dataclass

from reference_system.model.brain.language.marks import Mark, Text
from reference_system.model.brain.wishes.wishes import SERVICES, Service

STARS_MOST = 5
ROOMS_MOST = 9


@dataclass(frozen=True, slots=True)
class Services:
    """What was said of them."""

    wants: frozenset[Service]
    only: frozenset[Service]
    without: frozenset[Service]
    trip: bool
    stars: int | None
    rooms: int | None
    cuisine: str | None
    other_hotel: bool


def read_services(text: Text) -> Services:
    """What a text says of them."""
    wants: set[Service] = set()
    only: set[Service] = set()
    without: set[Service] = set()
    other_hotel = False
    for at, mark in enumerate(text.marks):
        for service in SERVICES:
            if service not in mark.cues:
                continue
            around = _before(text, at) | _after(text, at)
            if "without" in _before(text, at):
                without.add(service)
            else:
                wants.add(service)
                if "only" in around and "change" not in around:
                    only.add(service)
                other_hotel = other_hotel or (service == "hotel" and "other" in _before(text, at))
    cuisine = _cuisine(text, eats="dinner" in wants)
    if cuisine is not None:
        wants.add("dinner")
    return Services(
        frozenset(wants - without),
        frozenset(only - without),
        frozenset(without),
        any("trip" in mark.cues for mark in text.marks),
        _counted(text, "stars", STARS_MOST),
        _counted(text, "rooms", ROOMS_MOST),
        cuisine,
        other_hotel,
    )


def _before(text: Text, at: int) -> frozenset[str]:
    """Cues of the phrase right before; articles and joined services ("no flight or hotel") may stand between."""
    cues: frozenset[str] = frozenset()
    start = text.marks[at].start
    for before in range(at - 1, max(-1, at - 4), -1):
        mark = text.marks[before]
        if mark.kind != "cue" or start - mark.end > 1:
            break
        cues |= mark.cues
        start = mark.start
        if not mark.cues & {"article", "my", "for", "and", "only", "other"}:
            break
    return cues


def _after(text: Text, at: int) -> frozenset[str]:
    mark = text.marks[at + 1] if at + 1 < len(text.marks) else None
    near = mark is not None and mark.kind == "cue" and mark.start - text.marks[at].end <= 1
    return mark.cues if mark is not None and near else frozenset()


def _counted(text: Text, what: str, most: int) -> int | None:
    """``4-star``, ``two rooms``."""
    found = None
    for at, mark in enumerate(text.marks):
        if mark.kind != "number" or not 1 <= mark.value <= most or mark.value != int(mark.value):
            continue
        unit = _unit(text, at)
        if unit is not None and what in unit.cues:
            found = int(mark.value)
    return found


def _unit(text: Text, at: int) -> Mark | None:
    """What is counted; a hyphen may stand between."""
    marks = text.marks
    after = at + 1
    if after < len(marks) and marks[after].kind == "stop" and marks[after].value in {"-", "*"}:
        after += 1
    return marks[after] if after < len(marks) and marks[after].start - marks[at].end <= 1 else None


def _cuisine(text: Text, *, eats: bool) -> str | None:
    """A kitchen, where food is spoken of; "vegetarian" speaks of food by itself."""
    for mark in text.marks:
        for cue in sorted(mark.cues):
            kitchen = cue.removeprefix("cuisine:")
            if kitchen != cue and (eats or kitchen in {"Vegetarian", "Seafood"}):
                return kitchen
    return None
