"""What tells that a sentence says when, how much, who, or under which condition: in five languages, by its words."""

from __future__ import annotations

import re


def _any(*words: str) -> str:
    """A pattern for any of these, as whole words."""
    return rf"\b(?:{'|'.join(re.escape(word.strip()) for word in ','.join(words).split(','))})\b"


def _counted(*patterns: str) -> str:
    """A pattern for a number of these."""
    return rf"\b(?:\d+|{_NUMBERS})\s+(?:{'|'.join(pattern.strip() for pattern in ','.join(patterns).split(','))})\b"


_NUMBERS = (
    "one, two, three, four, five, six, seven, eight, nine, zwei, drei, vier, fünf, sechs, sieben, acht, neun, "
    "deux, trois, quatre, cinq, huit, neuf, dos, tres, cuatro, cinco, seis, due, tre, quattro, cinque, sei"
).replace(", ", "|")
_MONTHS = (
    "jan, feb, mar, apr, may, jun, jul, aug, sep, oct, nov, dec, mär, mai, okt, dez, févr, avr, juin, juil, août, déc, "
    "ene, abr, ago, dic, gen, mag, giu, lug, set, ott"
).replace(", ", "|")

_AMOUNT = (
    r"[€$£]",
    r"\d\s*(?:eur|euros?|chf|usd|gbp|dollars?|francs?|franken|pounds?)\b",
    _any("budget, budgets, presupuesto, bilancio, spend, ausgeben, dépenser, gastar, spendere"),
)
_DAY = (
    r"\d{4}-\d\d-\d\d",
    r"\b\d{1,2}[./]\d{1,2}\b",
    rf"\b\d{{1,2}}(?:st|nd|rd|th|er|\.)?\s*(?:of\s+|de\s+|di\s+)?(?:{_MONTHS})",
    rf"\b(?:{_MONTHS})[a-zéèûäç]*\.?\s+\d{{1,2}}\b",
    _any(
        "tomorrow, weekend, wochenende, übermorgen, demain, mañana, domani",
        "monday, tuesday, wednesday, thursday, friday, saturday, sunday",
        "montag, dienstag, mittwoch, donnerstag, freitag, samstag, sonntag",
        "lundi, mardi, mercredi, jeudi, vendredi, samedi, dimanche",
        "lunes, martes, miércoles, jueves, viernes, sábado, domingo",
        "lunedì, martedì, mercoledì, giovedì, venerdì, sabato, domenica",
    ),
    _counted(
        "nights?, days?, weeks?, nächten?, tagen?, wochen?, nuits?, jours?, semaines?",
        "noches?, días?, semanas?, notti, giorni, settimane",
    ),
)
_PEOPLE = (
    _counted(
        "of us, people, persons?, adults?, children, kids, travellers?, guests?, rooms?",
        "personen, erwachsene, kinder, zimmer, personnes?, adultes?, enfants?, chambres?",
        "personas?, adultos?, niños?, habitaci.n, habitaciones, persone, adulti, bambini, camere",
    ),
    _any(
        "my wife, my husband, my son, my daughter, my partner, my mother, my father, my children, my kids",
        "meine frau, mein mann, meine kinder, ma femme, mon mari, mi mujer, mi marido, mia moglie, mio marito",
    ),
)
_CONDITION = (
    _any(
        "must, mustn't, never, need, needs, without, only, at least, at most, no more than, under, prefer, no",
        "not, don't, can't, cannot, won't, direct, non-stop, nonstop",
        "muss, müssen, nie, nicht, ohne, nur, kein, keine, keinen, mindestens, höchstens, maximal, lieber, direkt",
        "dois, doit, jamais, sans, seulement, au moins, au plus, maximum, pas de",
        "debe, nunca, sin, solo, al menos, como máximo, directo, deve, senza, almeno, al massimo, max, diretto",
    ),
    r"\b(?:vegetari|vegan|végétar|végan|gluten|halal|kosher|koscher|allerg|wheelchair|rollstuhl|stairs|treppe)",
    rf"\b(?:[1-5]|{_NUMBERS})[ -]?(?:stars?|sterne?|étoiles?|estrellas?|stelle)\b",
)

KINDS: tuple[tuple[re.Pattern[str], int], ...] = (
    (re.compile("|".join(_AMOUNT)), 4),
    (re.compile("|".join(_DAY)), 4),
    (re.compile("|".join(_PEOPLE)), 3),
    (re.compile("|".join(_CONDITION)), 3),
)
"""Pattern, to be looked for in lower case -> how much is lost with a sentence that has it."""

PROPER_NAME = re.compile(r"(?<=[\w,] )[^\W\d_a-zß-ÿ]\w+")
"""A capital inside of a sentence; in German it may be any noun."""
