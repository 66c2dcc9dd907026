"""Days as people say them: ``2027-03-05``, ``5 March``, ``Friday the 5th``, ``5 to 8 March``, ``in two weeks``.

A day without a year is the next one of that name. "This Friday" is the coming one, "next Friday" that of the week
after; a weekend goes from Friday to Sunday.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from reference_system.model.brain.language.lexicon import Language
from reference_system.model.brain.language.tokens import Token

FRIDAY = 4
WEEK_DAYS = 7
LAST_OF_MONTH = 31
CENTURY = 2000
_DAYS_AHEAD = (("after_tomorrow", 2), ("tomorrow", 1), ("today", 0))
ORDINALS = frozenset({"st", "nd", "rd", "th", "er", "ere", "re", "e", "o", "a", "."})
DASHES = frozenset("-\u2013\u2014")


@dataclass(frozen=True, slots=True)
class Days:
    """One day, or a first and a last."""

    first: date | None
    """None: there is no such day."""
    last: date | None = None
    wrong: str = ""
    """What was said and cannot be."""


class DayReader:
    """Reads the days in one text; a weekday or a bare "the 8th" is counted from the day that was said before."""

    def __init__(self, found: Sequence[Token], language: Language, months: dict[str, int], today: date) -> None:
        self._tokens = found
        self._language = language
        self._months = months
        self._today = today
        self._last: date | None = None

    def at(self, at: int) -> tuple[Days, int] | None:
        """The days that are told from this token on, and where that ends."""
        kind = self._tokens[at].kind
        read: tuple[Days, int] | None
        if kind in {"iso", "digits"}:
            read = self._digits(at)
        elif kind == "number":
            read = self._number_first(at)
        elif kind == "word":
            read = self._word_first(at)
        else:
            return None
        if read is not None:
            self._last = read[0].last or read[0].first or self._last
        return read

    def bare(self, at: int) -> tuple[Days, int] | None:
        """A day of the month alone, as in "until the 8th": the next such day after the one that was said before."""
        day = self._day_of_month(at)
        if day is None or self._last is None:
            return None
        month = self._last.replace(day=1)
        if day[0] <= self._last.day:
            month = (month + timedelta(days=LAST_OF_MONTH)).replace(day=1)
        days = _make(month.year, month.month, day[0])
        self._last = days.first or self._last
        return days, day[1]

    # --- forms ---

    def _digits(self, at: int) -> tuple[Days, int]:
        text = self._tokens[at].text
        if self._tokens[at].kind == "iso":
            year, month, day = (int(part) for part in text.split("-"))
            return _make(year, month, day, text), at + 1
        parts = [int(part) for part in text.replace("/", ".").strip(".").split(".")]
        year_given = parts[2] + (CENTURY if parts[2] < CENTURY else 0) if len(parts) > 2 else None  # noqa: PLR2004 - day, month, year
        return self._day(parts[0], parts[1], year_given, text), at + 1

    def _number_first(self, at: int) -> tuple[Days, int] | None:
        """``5 March``, ``5th of March 2027``, ``5.-8. März``."""
        day = self._day_of_month(at)
        if day is None:
            return None
        first, end = day
        if (month := self._month_at(self._skip(end))) is not None:
            year, stop = self._year_at(month[1])
            return self._day(first, month[0], year), stop
        after = self._range_at(end)
        if after is None:
            return None
        rest = self._number_first(self._behind_weekday(after))
        if rest is None or rest[0].first is None or rest[0].last is not None or rest[0].first.day <= first:
            return None
        return Days(rest[0].first.replace(day=first), rest[0].first), rest[1]

    def _word_first(self, at: int) -> tuple[Days, int] | None:
        word = self._tokens[at].plain
        if word in self._months:
            return self._month_first(at)
        if word in self._language.weekday_of:
            return self._weekday(at, at + 1)
        cues, end = self._language.cues_at(self._tokens, at)
        return self._cued(cues, end)

    def _cued(self, cues: frozenset[str], end: int) -> tuple[Days, int] | None:
        """``tomorrow``, ``next Friday``, ``weekend of 12 March``, ``in two weeks``."""
        ahead = next((days for name, days in _DAYS_AHEAD if name in cues), None)
        if ahead is not None:
            return Days(self._today + timedelta(days=ahead)), end
        if "this" in cues or "next" in cues:
            return self._pointed(end, later="next" in cues)
        if "weekend" in cues:
            return self._weekend(end)
        return self._ahead(end) if "in" in cues else None

    def _month_first(self, at: int) -> tuple[Days, int] | None:
        """``March 5``, ``March 5th, 2027``, ``March 5-8``."""
        day = self._day_of_month(self._skip(at + 1))
        if day is None:
            return None
        month = self._months[self._tokens[at].plain]
        year, end = self._year_at(day[1])
        first = self._day(day[0], month, year)
        after = self._range_at(end)
        last = self._day_of_month(after) if after is not None else None
        if last is None or first.first is None or last[0] <= day[0] or self._counts_something(last[1]):
            return first, end
        if self._month_at(self._skip(last[1])) is not None:
            return first, end
        return Days(first.first, self._day(last[0], month, first.first.year).first), last[1]

    def _weekday(self, at: int, end: int) -> tuple[Days, int] | None:
        """``Friday``, ``Friday, the 5th of March``, ``Friday to Sunday`` one by one."""
        wanted = self._language.weekday_of[self._tokens[at].plain]
        after = self._skip(end)
        told = None
        if after < len(self._tokens) and self._tokens[after].kind in {"iso", "digits", "number", "word"}:
            kind = self._tokens[after].kind
            if kind in {"iso", "digits"}:
                told = self._digits(after)
            elif kind == "number":
                told = self._number_first(after)
            elif self._tokens[after].plain in self._months:
                told = self._month_first(after)
        if told is not None:
            days, stop = told
            if days.first is not None and days.first.weekday() != wanted:
                return Days(None, None, f"{self._tokens[at].text}, {days.first.isoformat()}"), stop
            return days, stop
        if len(self._tokens[at].plain) < len("lundi"):
            return None
        cues, stop = self._cues(end)
        if "next" in cues:
            return Days(self._of_week(wanted, later=True)), stop
        if "this" in cues:
            return Days(self._of_week(wanted, later=False)), stop
        return Days(_next_weekday(self._last or self._today, wanted)), end

    def _pointed(self, end: int, *, later: bool) -> tuple[Days, int] | None:
        """After "this" or "next": a weekday or a weekend."""
        if end >= len(self._tokens):
            return None
        wanted = self._language.weekday_of.get(self._tokens[end].plain)
        if wanted is not None:
            dated = self._weekday(end, end + 1)
            if dated is not None and dated[1] > end + 1:
                return dated
            return Days(self._of_week(wanted, later=later)), end + 1
        cues, stop = self._cues(end)
        if "weekend" in cues:
            return self._from_friday(self._of_week(FRIDAY, later=later), cues), stop
        return None

    def _weekend(self, end: int) -> tuple[Days, int] | None:
        """``weekend of 12 March``, ``week-end prochain``; a weekend without any of that is no day."""
        cues, stop = self._cues(end)
        if "next" in cues or "this" in cues:
            return self._from_friday(self._of_week(FRIDAY, later="next" in cues), cues), stop
        after = self._skip(end)
        if (
            after == end
            or after >= len(self._tokens)
            or self._tokens[after].kind not in {"iso", "digits", "number", "word"}
        ):
            return None
        if self._tokens[after].kind == "word" and self._tokens[after].plain not in self._months:
            return None
        told = self.at(after)
        if told is None or told[0].first is None or told[0].last is not None:
            return told
        day = told[0].first
        friday = day - timedelta(days=(day.weekday() - FRIDAY) % WEEK_DAYS)
        return Days(friday, friday + timedelta(days=2)), told[1]

    def _ahead(self, end: int) -> tuple[Days, int] | None:
        """``in ten days``, ``in two weeks``."""
        count = self.count_at(end)
        if count is None:
            return None
        cues, stop = self._cues(count[1])
        if "days" in cues:
            return Days(self._today + timedelta(days=count[0])), stop
        if "weeks" in cues:
            return Days(self._today + timedelta(days=WEEK_DAYS * count[0])), stop
        return None

    # --- parts ---

    def count_at(self, at: int) -> tuple[int, int] | None:
        """A small number in digits or words, and where it ends."""
        if at >= len(self._tokens):
            return None
        token = self._tokens[at]
        if token.kind == "number":
            return (int(token.text), at + 1) if token.text.isdecimal() and len(token.text) <= len("999") else None
        value = self._language.number_of.get(token.plain)
        if value is None and token.plain in self._language.articles:
            value = 1
        return None if value is None else (value, at + 1)

    def _day_of_month(self, at: int) -> tuple[int, int] | None:
        if at >= len(self._tokens) or self._tokens[at].kind != "number" or not self._tokens[at].text.isdecimal():
            return None
        day = int(self._tokens[at].text)
        if not 1 <= day <= LAST_OF_MONTH:
            return None
        end = at + 1
        if end < len(self._tokens) and self._tokens[end].glued and self._tokens[end].plain in ORDINALS:
            end += 1
        return day, end

    def _month_at(self, at: int) -> tuple[int, int] | None:
        month = self._months.get(self._tokens[at].plain) if at < len(self._tokens) else None
        return None if month is None else (month, at + 1)

    def _year_at(self, at: int) -> tuple[int | None, int]:
        """A year behind a month; "of", a comma or an abbreviation's point may stand between."""
        after = self._skip(at)
        if after < len(self._tokens) and self._tokens[after].text == ".":
            after = self._skip(after + 1)
        if after < len(self._tokens):
            token = self._tokens[after]
            if token.kind == "number" and len(token.text) == len("2027") and token.text.startswith("20"):
                return int(token.text), after + 1
        return None, at

    def _range_at(self, at: int) -> int | None:
        """Where what follows a "to" or a dash begins; None if there is none."""
        if at >= len(self._tokens):
            return None
        if self._tokens[at].text in DASHES:
            return self._skip(at + 1)
        cues, end = self._cues(at)
        return self._skip(end) if "range" in cues else None

    def _behind_weekday(self, at: int) -> int:
        """In "Friday 2 to Sunday 4 April" the days of the week are only decoration."""
        named = at < len(self._tokens) and self._tokens[at].plain in self._language.weekday_of
        return self._skip(at + 1) if named else at

    def _counts_something(self, at: int) -> bool:
        cues, _ = self._cues(at)
        return bool(cues & {"nights", "days", "weeks", "people", "stars", "rooms"})

    def _skip(self, at: int) -> int:
        """Behind articles and commas."""
        for _ in range(3):
            if at >= len(self._tokens):
                break
            if self._tokens[at].text == ",":
                at += 1
                continue
            cues, end = self._language.cues_at(self._tokens, at)
            if "article" not in cues:
                break
            at = end
        return at

    def _cues(self, at: int) -> tuple[frozenset[str], int]:
        return self._language.cues_at(self._tokens, at) if at < len(self._tokens) else (frozenset(), at)

    def _of_week(self, weekday: int, *, later: bool) -> date:
        """The coming one; later: the one of next week."""
        if not later:
            return _next_weekday(self._today, weekday)
        monday = self._today - timedelta(days=self._today.weekday())
        return monday + timedelta(days=WEEK_DAYS + weekday)

    def _from_friday(self, friday: date, cues: frozenset[str]) -> Days:
        return Days(friday, friday + timedelta(days=3 if "long_weekend" in cues else 2))

    def _day(self, day: int, month: int, year: int | None, said: str = "") -> Days:
        if year is not None:
            return _make(year, month, day, said)
        this_year = _make(self._today.year, month, day, said)
        if this_year.first is not None and this_year.first < self._today:
            return _make(self._today.year + 1, month, day, said)
        return this_year


def _make(year: int, month: int, day: int, said: str = "") -> Days:
    try:
        return Days(date(year, month, day))
    except ValueError:
        return Days(None, None, said or f"{day:02d}.{month:02d}.{year}")


def _next_weekday(after: date, weekday: int) -> date:
    """The first such day after this one."""
    return after + timedelta(days=(weekday - after.weekday() - 1) % WEEK_DAYS + 1)
