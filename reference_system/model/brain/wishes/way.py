"""Where from, where to, when and for how long."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise

from reference_system.model.brain.language.days import DASHES, WEEK_DAYS, Days
from reference_system.model.brain.language.marks import Mark, Text
from reference_system.model.brain.wishes.wishes import Clash, Stop, Wishes

NEAR = 2
"""So many tokens may stand between a cue and what it is about."""
TOUR = 2
"""A tour has so many cities or more."""
WEEKEND_NIGHTS, LONG_WEEKEND_NIGHTS = 2, 3
_ARROWS = DASHES | {"->", "=>", "→", ">", "/"}


@dataclass(frozen=True, slots=True)
class _Start:
    """A day of setting out or arriving."""

    day: date
    said: bool
    """Whether a cue said that it is one."""
    stops: int
    """So many stops had been named before."""


def read_way(text: Text) -> Wishes:
    """What a text says of the way."""
    reader = _WayReader(text)
    for at in range(len(text.marks)):
        reader.take(at)
    return reader.result()


class _WayReader:
    """Goes through the marks once and keeps in mind which cue is open."""

    def __init__(self, text: Text) -> None:
        self._text = text
        self._marks = text.marks
        self._origin: str | None = None
        self._stops: list[Stop] = []
        self._now = 0
        """The stop that is spoken of."""
        self._home = self._one_way = self._going_home = self._dropping = False
        self._starts: list[_Start] = []
        self._ends: list[date] = []
        self._nights: list[int] = []
        self._next_nights: int | None = None
        """Said before the city that they are for."""
        self._next_arrival: date | None = None
        self._more: int | None = None
        self._weekend: int | None = None
        self._wrong: list[str] = []
        self._clashes: list[Clash] = []

    def take(self, at: int) -> None:
        """One mark."""
        mark = self._marks[at]
        if mark.kind == "cue":
            self._cue(at, mark)
        elif mark.kind == "stop" and mark.value in {".", ";", "!", "?"}:
            self._going_home = False
        elif mark.kind == "number":
            self._number(at, mark)
        elif self._dropping and mark.kind in {"city", "days"}:
            self._dropping = False
        elif mark.kind == "city":
            self._city(at, mark)
        elif mark.kind == "days":
            self._days(at, mark.value)

    def result(self) -> Wishes:
        """What it comes to."""
        self._spread_list()
        start, end, clashes = self._ordered()
        nights, more_clashes = self._length(start, end)
        return Wishes(
            origin=self._origin,
            stops=self._told_stops(),
            home=self._home,
            one_way=self._one_way,
            start=start,
            end=end,
            nights=nights,
            nights_more=self._more,
            clashes=(*self._clashes, *clashes, *more_clashes),
            wrong_days=tuple(self._wrong),
        )

    # --- cues and numbers ---

    def _cue(self, at: int, mark: Mark) -> None:
        if "home" in mark.cues:
            self._home = self._going_home = True
        if "one_way" in mark.cues:
            self._one_way = True
        if "weekend" in mark.cues:
            self._weekend = LONG_WEEKEND_NIGHTS if "long_weekend" in mark.cues else WEEKEND_NIGHTS
        self._dropping = "instead_of" in mark.cues
        if mark.cues & {"nights", "weeks", "days"} and self._number_before(at) is None:
            if (self._cues_before(at) | self._cues_after(at)) & {"more", "other"}:
                self._more = _in_nights(1, mark.cues)
            elif "weeks" in mark.cues or "nights" in mark.cues:
                word = self._text.tokens[mark.start - 1].plain if mark.start else ""
                if word in self._text.language.articles:
                    self._told_nights(at, _in_nights(1, mark.cues))

    def _number(self, at: int, mark: Mark) -> None:
        count = int(mark.value)
        cues, unit = self._unit_after(at)
        if cues & {"nights", "days", "weeks"}:
            later = self._cues_after(unit) | (self._marks[unit - 1].cues if unit > at + 1 else frozenset())
            if "more" in later:
                self._more = _in_nights(count, cues, more=True)
            else:
                self._told_nights(unit, _in_nights(count, cues))
        elif self._nights and self._city_after(at):
            self._nights.append(count)
            self._next_nights = count

    def _told_nights(self, at: int, nights: int) -> None:
        if self._dropping:
            self._dropping = False
            return
        self._nights.append(nights)
        if self._city_after(at) or not self._stops:
            self._next_nights = nights
        elif self._stops[self._now].nights is None:
            self._stops[self._now] = replace(self._stops[self._now], nights=nights)

    # --- cities ---

    def _city(self, at: int, mark: Mark) -> None:
        city: str = mark.value
        cues = self._cues_before(at)
        known = any(stop.city == city for stop in self._stops)
        if "home" in cues or (self._going_home and "target" in cues):
            self._come_home(city)
        elif "origin" in cues and known and self._going_home:
            return  # "back from Lisbon" says nothing new
        elif ("origin" in cues and not (known and self._origin)) or self._begins(at, cues):
            self._origin = city
        elif city == self._origin and self._stops:
            self._home = True
        else:
            self._visit(city)

    def _come_home(self, city: str) -> None:
        if self._origin is None and self._stops:
            self._origin = city
        elif city != self._origin and all(stop.city != city for stop in self._stops):
            self._visit(city)

    def _visit(self, city: str) -> None:
        """A city of the way; one that is named again is the one that is spoken of now."""
        self._now = next((at for at, stop in enumerate(self._stops) if stop.city == city), len(self._stops))
        if self._now == len(self._stops):
            self._stops.append(Stop(city))
        stop = self._stops[self._now]
        nights = stop.nights if stop.nights is not None else self._next_nights
        arrive_on = stop.arrive_on if stop.arrive_on is not None else self._next_arrival
        self._stops[self._now] = Stop(city, nights, arrive_on)
        self._next_nights = self._next_arrival = None

    def _begins(self, at: int, cues: frozenset[str]) -> bool:
        """Whether this is the start of ``Zurich to Lisbon``, ``Zurich - Lisbon``."""
        after = at + 1
        if "target" in cues or self._origin is not None or self._stops:
            return False
        if after + 1 >= len(self._marks):
            return False
        joint, city = self._marks[after], self._marks[after + 1]
        joins = (joint.kind == "stop" and joint.value in _ARROWS) or (joint.kind == "cue" and "target" in joint.cues)
        return joins and city.kind == "city" and joint.start == self._marks[at].end

    def _city_after(self, at: int) -> bool:
        """Whether "in" and a city follow at once."""
        if at + 2 >= len(self._marks):
            return False
        cue, city = self._marks[at + 1], self._marks[at + 2]
        near = cue.start - self._marks[at].end == 0 and city.start - cue.end == 0
        return near and cue.kind == "cue" and "target" in cue.cues and "origin" not in cue.cues and city.kind == "city"

    # --- days ---

    def _days(self, at: int, days: Days) -> None:
        if days.first is None:
            self._wrong.append(days.wrong)
            return
        if days.last is not None:
            self._starts.append(_Start(days.first, said=True, stops=len(self._stops)))
            self._ends.append(days.last)
            return
        cues = self._cues_before(at)
        if self._ends_here(at, cues):
            self._ends.append(days.first)
            return
        if "or" in cues and self._starts:
            self._clashes.append(Clash(_shown(self._starts[-1].day), _shown(days.first)))
            return
        self._starts.append(_Start(days.first, said="start" in cues, stops=len(self._stops)))
        if self._stops and self._stops[self._now].arrive_on is None:
            self._stops[self._now] = replace(self._stops[self._now], arrive_on=days.first)
        else:
            self._next_arrival = days.first

    def _ends_here(self, at: int, cues: frozenset[str]) -> bool:
        if "start" in cues and "end" not in cues and not self._going_home:
            return False
        if self._going_home or ("end" in cues and "start" not in cues):
            return bool(self._starts) or self._going_home or "range" not in cues
        before = self._marks[at - 1] if at else None
        dash = before is not None and before.kind == "stop" and before.value in _ARROWS
        ranged = dash or "range" in cues
        return bool(ranged and at > 1 and self._marks[at - 2].kind == "days" and self._starts)

    def _spread_list(self) -> None:
        """Days listed behind all the cities belong to them one by one; one more is the day of going home."""
        count = len(self._stops)
        days = [start.day for start in self._starts if start.stops == count]
        if count < TOUR or len(days) != len(self._starts) or len(days) not in {count, count + 1}:
            return
        self._stops = [replace(stop, arrive_on=day) for stop, day in zip(self._stops, days, strict=False)]
        self._ends = [*days[count:], *self._ends]

    def _told_stops(self) -> tuple[Stop, ...]:
        """The stops; a single day is that of setting out, whichever city it was said behind."""
        if len(self._stops) == 1:
            return (Stop(self._stops[0].city),)
        if len(self._starts) == 1:
            return tuple(replace(stop, arrive_on=None) for stop in self._stops)
        return tuple(self._stops)

    def _ordered(self) -> tuple[date | None, date | None, list[Clash]]:
        """The first day and the last, and what contradicts them."""
        clashes = [Clash(_shown(one), _shown(other)) for one, other in pairwise(self._ends) if one != other]
        end = self._ends[-1] if self._ends else None
        if not self._starts:
            return None, end, clashes
        start = self._starts[0].day
        if len(self._stops) >= TOUR:
            return (start if len(self._starts) == 1 else self._stops[0].arrive_on), end, clashes
        for other in self._starts[1:]:
            if other.day == start:
                continue
            if other.day > start and not other.said and end is None:
                end = other.day
            elif other.day != end:
                clashes.append(Clash(_shown(start), _shown(other.day)))
        return start, end, clashes

    def _length(self, start: date | None, end: date | None) -> tuple[int | None, list[Clash]]:
        """All nights together; a stay whose days and nights do not agree contradicts itself."""
        if not self._nights:
            soft = self._weekend if end is None else None
            return soft, []
        several = len(self._stops) >= TOUR and len(self._nights) > 1
        nights = sum(self._nights) if several else self._nights[0]
        clashes = [] if several else [Clash(str(nights), str(other)) for other in self._nights[1:] if other != nights]
        if start is not None and end is not None:
            if (end - start).days != nights and (several or len(self._stops) < TOUR):
                clashes.append(Clash(f"{_shown(start)} - {_shown(end)}", str(nights)))
            return None, clashes
        return (None if len(self._stops) >= TOUR and len(self._nights) < len(self._stops) else nights), clashes

    # --- neighbours ---

    def _cues_before(self, at: int) -> frozenset[str]:
        """Of the cue that stands right before; of several in a row, all."""
        cues: frozenset[str] = frozenset()
        start = self._marks[at].start
        for before in range(at - 1, -1, -1):
            mark = self._marks[before]
            if mark.kind != "cue" or start - mark.end >= NEAR:
                break
            cues |= mark.cues
            start = mark.start
            if mark.cues - {"article", "my", "and"}:
                break
        return cues

    def _cues_after(self, at: int) -> frozenset[str]:
        mark = self._marks[at + 1] if at + 1 < len(self._marks) else None
        near = mark is not None and mark.kind == "cue" and mark.start == self._marks[at].end
        return mark.cues if mark is not None and near else frozenset()

    def _unit_after(self, at: int) -> tuple[frozenset[str], int]:
        """The cues of what is counted, and its mark; "more" may stand between."""
        cues = self._cues_after(at)
        if "more" in cues and not cues & {"nights", "days", "weeks"}:
            return self._cues_after(at + 1), at + 2
        return cues, at + 1

    def _number_before(self, at: int) -> Mark | None:
        for before in (at - 1, at - 2):
            mark = self._marks[before] if before >= 0 else None
            if mark is None or mark.kind == "stop":
                return None
            if mark.kind == "number":
                return mark
            if not mark.cues & {"more", "other"}:
                return None
        return None


def _in_nights(count: int, cues: frozenset[str], *, more: bool = False) -> int:
    """Three days are two nights, and three days more are three nights more."""
    if "weeks" in cues:
        return count * WEEK_DAYS
    if "nights" in cues or more:
        return count
    return max(1, count - 1)


def _shown(day: date) -> str:
    return day.isoformat()
