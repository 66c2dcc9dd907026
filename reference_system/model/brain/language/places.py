"""Names of cities, in the languages of those who go there, and with a typing error."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

from reference_system.model.brain.language.tokens import Token, tokens

_OTHER_NAMES = {
    "London": "Londres | Londra",
    "Paris": "Parigi",
    "Frankfurt": "Francfort | Fráncfort | Francoforte | Frankfurt am Main",
    "Amsterdam": "Ámsterdam",
    "Madrid": "",
    "Rome": "Rom | Roma",
    "Zurich": "Zürich | Zuerich | Zurigo | Zúrich",
    "Vienna": "Wien | Vienne | Viena",
    "Barcelona": "Barcelone | Barcellona",
    "Lisbon": "Lissabon | Lisbonne | Lisboa | Lisbona",
    "Copenhagen": "Kopenhagen | Copenhague | Copenaghen | København | Kobenhavn",
    "Istanbul": "Estambul | Constantinople",
    "Berlin": "Berlín | Berlino",
    "Munich": "München | Muenchen | Múnich | Monaco di Baviera",
    "Hamburg": "Hambourg | Hamburgo | Amburgo",
    "Geneva": "Genf | Genève | Ginebra | Ginevra",
    "Milan": "Mailand | Milano | Milán",
    "Venice": "Venedig | Venise | Venecia | Venezia",
    "Florence": "Florenz | Florencia | Firenze",
    "Naples": "Neapel | Nápoles | Napoli",
    "Palermo": "Palerme",
    "Nice": "Nizza | Niza",
    "Lyon": "Lione",
    "Marseille": "Marsella | Marsiglia | Marseilles",
    "Brussels": "Brüssel | Bruessel | Bruxelles | Bruselas",
    "Dublin": "Dublín | Dublino",
    "Edinburgh": "Édimbourg | Edimbourg | Edimburgo",
    "Stockholm": "Estocolmo | Stoccolma",
    "Reykjavik": "Reykjavík | Reikiavik | Reikjavik",
    "Tallinn": "Tallin",
    "Warsaw": "Warschau | Varsovie | Varsovia | Varsavia",
    "Helsinki": "",
    "Oslo": "",
    "Bergen": "",
    "Riga": "",
    "Budapest": "",
    "Krakow": "Krakau | Cracovie | Cracovia | Kraków | Cracow",
    "Prague": "Prag | Praga",
    "Athens": "Athen | Athènes | Atenas | Atene",
    "Dubrovnik": "Ragusa",
    "Zagreb": "Zagabria",
    "Valletta": "La Valletta | La Valette | La Valeta",
    "Porto": "Oporto",
    "Seville": "Sevilla | Séville | Siviglia",
    "Valencia": "Valence",
    "Malaga": "Málaga",
    "Palma": "Palma de Mallorca | Palma di Maiorca | Mallorca | Palma de Majorque",
    "Marrakech": "Marrakesch | Marrakesh | Marraquech",
}
"""English name -> other names. Only cities that are offered count."""

KNOWN_CITIES = tuple(_OTHER_NAMES)
"""Where no list of cities is given."""

_ALSO_WORDS = frozenset({"nice", "rom", "prag", "roma", "split", "bath", "cork", "valence"})
"""Cities only when written with a capital."""

_TYPO_LENGTH = 5
"""Shorter words have too many neighbours."""


class Places:
    """The cities on offer, by all their names."""

    def __init__(self, cities: Sequence[str]) -> None:
        self._names: dict[tuple[str, ...], str] = {}
        for city in cities:
            for name in (city, *_OTHER_NAMES.get(city, "").split("|")):
                if words := tuple(token.plain for token in tokens(name)):
                    self._names.setdefault(words, city)
        self._longest: dict[str, int] = {}
        for words in self._names:
            self._longest[words[0]] = max(len(words), self._longest.get(words[0], 0))
        self._near: dict[str, str] = {}
        for words, city in self._names.items():
            if len(words) == 1 and len(words[0]) >= _TYPO_LENGTH:
                for variant in _with_a_hole(words[0]):
                    self._near.setdefault(variant, city)

    def at(self, found: Sequence[Token], at: int) -> tuple[str, int] | None:
        """The city whose name begins at this token, and where it ends."""
        first = found[at]
        for length in range(self._longest.get(first.plain, 0), 0, -1):
            words = tuple(token.plain for token in found[at : at + length])
            city = self._names.get(words)
            if city is not None and (first.capital or first.plain not in _ALSO_WORDS):
                return city, at + length
        return None

    def like(self, word: str) -> str | None:
        """The city that somebody meant who typed one letter too many, too few or wrong, or two in the wrong order."""
        if len(word) < _TYPO_LENGTH:
            return None
        return next((self._near[variant] for variant in _with_a_hole(word) if variant in self._near), None)


def _with_a_hole(word: str) -> Iterator[str]:
    """The word, and the word without one of its letters: two words that are one error apart share one of these."""
    yield word
    for at in range(len(word)):
        yield word[:at] + word[at + 1 :]


@lru_cache(maxsize=16)
def places(cities: tuple[str, ...]) -> Places:
    """The same for the same cities."""
    return Places(cities)


def english(name: str, cities: tuple[str, ...]) -> str | None:
    """The English name of a city."""
    found = tokens(name)
    place = places(cities).at(found, 0) if found else None
    return place[0] if place is not None and place[1] == len(found) else None
