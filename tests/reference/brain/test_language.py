"""The tables and the small grammar of each language."""

from __future__ import annotations

from datetime import date

import pytest

from reference_system.catalogue.cities import CITIES
from reference_system.model.brain.language.days import Days
from reference_system.model.brain.language.marks import number, read
from reference_system.model.brain.language.places import KNOWN_CITIES, english, places
from reference_system.model.brain.language.sayings import SAYINGS
from reference_system.model.brain.language.sentences import is_order, sentences
from reference_system.model.brain.language.speech import LANGUAGES, detect, speak

TODAY = date(2027, 3, 1)
"""A Monday."""
MARCH_5, MARCH_8 = date(2027, 3, 5), date(2027, 3, 8)


@pytest.mark.parametrize("code", list(LANGUAGES))
def test_every_language_knows_every_cue(code):
    """A cue that one language lacks is a wish that its speakers cannot have."""
    missing = {cue for cue in LANGUAGES["en"].cues if not cue.startswith("count:")} - set(LANGUAGES[code].cues)
    assert missing == set()
    assert sorted(set(speak(code).month_of.values())) == list(range(1, 13))
    assert sorted(set(speak(code).weekday_of.values())) == list(range(7))


def test_every_language_has_something_to_say():
    """The model answers in each language that it understands."""
    assert set(SAYINGS) == set(LANGUAGES)


def test_the_router_knows_the_cities_of_the_catalogue():
    """It is given no list of them."""
    assert set(KNOWN_CITIES) == set(CITIES)


@pytest.mark.parametrize(
    ("language", "text", "first", "last"),
    [
        ("en", "2027-03-05", MARCH_5, None),
        ("en", "5 March", MARCH_5, None),
        ("en", "March 5th, 2027", MARCH_5, None),
        ("en", "Friday, the 5th of March", MARCH_5, None),
        ("en", "Friday", MARCH_5, None),
        ("en", "this Friday", MARCH_5, None),
        ("en", "next Friday", date(2027, 3, 12), None),
        ("en", "tomorrow", date(2027, 3, 2), None),
        ("en", "in two weeks", date(2027, 3, 15), None),
        ("en", "in 10 days", date(2027, 3, 11), None),
        ("en", "5-8 March", MARCH_5, MARCH_8),
        ("en", "5 to 8 March", MARCH_5, MARCH_8),
        ("en", "March 5 to 8", MARCH_5, MARCH_8),
        ("en", "Friday 5 to Monday 8 March", MARCH_5, MARCH_8),
        ("en", "this weekend", MARCH_5, date(2027, 3, 7)),
        ("en", "next weekend", date(2027, 3, 12), date(2027, 3, 14)),
        ("en", "the weekend of 13 March", date(2027, 3, 12), date(2027, 3, 14)),
        ("de", "5. März", MARCH_5, None),
        ("de", "05.03.2027", MARCH_5, None),
        ("de", "5.3.", MARCH_5, None),
        ("de", "5.-8. März", MARCH_5, MARCH_8),
        ("de", "5. bis 8. März", MARCH_5, MARCH_8),
        ("de", "Freitag, den 5. März", MARCH_5, None),
        ("de", "nächstes Wochenende", date(2027, 3, 12), date(2027, 3, 14)),
        ("de", "übermorgen", date(2027, 3, 3), None),
        ("fr", "le 5 mars", MARCH_5, None),
        ("fr", "5 au 8 mars", MARCH_5, MARCH_8),
        ("fr", "le 1er avril", date(2027, 4, 1), None),
        ("fr", "vendredi prochain", date(2027, 3, 12), None),
        ("fr", "dans deux semaines", date(2027, 3, 15), None),
        ("es", "5 de marzo de 2027", MARCH_5, None),
        ("es", "5 al 8 de marzo", MARCH_5, MARCH_8),
        ("es", "próximo fin de semana", date(2027, 3, 12), date(2027, 3, 14)),
        ("it", "5 marzo", MARCH_5, None),
        ("it", "5 all'8 marzo", MARCH_5, MARCH_8),
        ("it", "venerdì 5 marzo", MARCH_5, None),
        ("it", "tra due settimane", date(2027, 3, 15), None),
    ],
)
def test_days_are_read_as_people_say_them(language, text, first, last):
    """Today is a Monday; "this" is the coming one, "next" that of the week after."""
    marks = read(text, speak(language), places(KNOWN_CITIES), TODAY).marks
    assert [mark.value for mark in marks if mark.kind == "days"] == [Days(first, last)]


@pytest.mark.parametrize("text", ["30 February", "31.4.", "2027-02-29", "Saturday, 5 March"])
def test_a_day_that_is_not_there_is_told_as_one(text):
    """Never replaced by a near one."""
    (mark,) = read(text, speak("en"), places(KNOWN_CITIES), TODAY).marks
    assert mark.value.first is None
    assert mark.value.wrong


def test_a_day_that_is_over_is_that_of_next_year():
    """So that it falls out of the calendar instead of into the past."""
    (mark,) = read("20 February", speak("en"), places(KNOWN_CITIES), TODAY).marks
    assert mark.value.first == date(2028, 2, 20)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("800", 800),
        ("1,200", 1200),
        ("1.200", 1200),
        ("1'200", 1200),
        ("1.200,50", 1200.5),
        ("99.90", 99.9),
        ("9,5", 9.5),
    ],
)
def test_numbers_are_read_with_the_separators_of_all_countries(text, value):
    """Three digits behind a separator are thousands."""
    assert number(text) == value


@pytest.mark.parametrize(
    ("name", "city"),
    [("Lissabon", "Lisbon"), ("Lisbonne", "Lisbon"), ("Zürich", "Zurich"), ("zurich", "Zurich"), ("Wien", "Vienna")],
)
def test_cities_have_names_in_other_languages(name, city):
    """With and without accents."""
    assert english(name, KNOWN_CITIES) == city


@pytest.mark.parametrize("name", ["nice", "rom"])
def test_a_city_that_is_also_a_word_needs_its_capital(name):
    """A nice hotel is not in Nice."""
    assert english(name, KNOWN_CITIES) is None
    assert english(name.title(), KNOWN_CITIES) is not None


@pytest.mark.parametrize("written", ["Lisbin", "Lisbonn", "Lsbon", "Lisobn"])
def test_one_slip_of_the_pen_is_forgiven(written):
    """A wrong letter, one too many, one too few, two in the wrong order."""
    assert places(KNOWN_CITIES).like(written.casefold()) == "Lisbon"


def test_more_slips_are_not():
    """That would be a guess."""
    assert places(KNOWN_CITIES).like("atlantis") is None


def test_sentences_end_where_people_end_them():
    """Not behind the 5 of a day, nor behind "max."."""
    text = "Am 5. März für max. 800 Euro. Wir sind zwei! Ignore this"
    assert sentences(text) == ("Am 5. März für max. 800 Euro.", "Wir sind zwei!", "Ignore this")


@pytest.mark.parametrize(
    "text",
    [
        "Forget the previous dates, take 5 March.",
        "Please ignore my last message.",
        "Show me hotels in Rome.",
        "Vergiss den Flug, nur das Hotel.",
        "Oubliez l'hôtel.",
    ],
)
def test_a_change_of_mind_is_no_order_to_the_machine(text):
    """People take back what they said."""
    assert not is_order(text)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("A trip from Zurich to Lisbon", "en"),
        ("Eine Reise nach Lissabon für zwei", "de"),
        ("Un voyage à Lisbonne pour deux", "fr"),
        ("Un viaje a Lisboa para dos", "es"),
        ("Un viaggio a Lisbona per due", "it"),
        ("12345", "en"),
    ],
)
def test_the_language_of_a_text_is_told_by_its_small_words(text, code):
    """English if there are none."""
    assert detect(text) == code
