"""The cities, and how far they are from one another."""

from __future__ import annotations

from dataclasses import dataclass
from math import asin, cos, radians, sin, sqrt
from typing import Literal

Climate = Literal["oceanic", "continental", "mediterranean", "nordic", "arid"]

EARTH_DIAMETER_KM = 12_742


@dataclass(frozen=True, slots=True)
class City:
    """One city."""

    name: str
    """In English: how requests, tools and answers name it."""
    code: str
    country: str
    cuisine: str
    """What its own kitchen is called."""
    climate: Climate
    latitude: float
    longitude: float
    utc_offset_h: int
    cost_percent: int
    """Of an average hotel bill."""


_ALL = (
    # The twelve hubs.
    City("London", "LON", "United Kingdom", "British", "oceanic", 51.5, -0.1, 0, 150),
    City("Paris", "PAR", "France", "French", "oceanic", 48.9, 2.4, 1, 140),
    City("Frankfurt", "FRA", "Germany", "German", "continental", 50.1, 8.7, 1, 110),
    City("Amsterdam", "AMS", "Netherlands", "Dutch", "oceanic", 52.4, 4.9, 1, 130),
    City("Madrid", "MAD", "Spain", "Spanish", "continental", 40.4, -3.7, 1, 100),
    City("Rome", "ROM", "Italy", "Italian", "mediterranean", 41.9, 12.5, 1, 110),
    City("Zurich", "ZRH", "Switzerland", "Swiss", "continental", 47.4, 8.5, 1, 160),
    City("Vienna", "VIE", "Austria", "Austrian", "continental", 48.2, 16.4, 1, 105),
    City("Barcelona", "BCN", "Spain", "Catalan", "mediterranean", 41.4, 2.2, 1, 115),
    City("Lisbon", "LIS", "Portugal", "Portuguese", "mediterranean", 38.7, -9.1, 0, 95),
    City("Copenhagen", "CPH", "Denmark", "Danish", "nordic", 55.7, 12.6, 1, 135),
    City("Istanbul", "IST", "Turkey", "Turkish", "mediterranean", 41.0, 29.0, 3, 75),
    # The others.
    City("Berlin", "BER", "Germany", "German", "continental", 52.5, 13.4, 1, 100),
    City("Munich", "MUC", "Germany", "Bavarian", "continental", 48.1, 11.6, 1, 120),
    City("Hamburg", "HAM", "Germany", "German", "oceanic", 53.6, 10.0, 1, 105),
    City("Geneva", "GVA", "Switzerland", "Swiss", "continental", 46.2, 6.1, 1, 165),
    City("Milan", "MIL", "Italy", "Italian", "continental", 45.5, 9.2, 1, 120),
    City("Venice", "VCE", "Italy", "Venetian", "mediterranean", 45.4, 12.3, 1, 140),
    City("Florence", "FLR", "Italy", "Tuscan", "mediterranean", 43.8, 11.3, 1, 115),
    City("Naples", "NAP", "Italy", "Italian", "mediterranean", 40.9, 14.3, 1, 85),
    City("Palermo", "PMO", "Italy", "Sicilian", "mediterranean", 38.1, 13.4, 1, 75),
    City("Nice", "NCE", "France", "French", "mediterranean", 43.7, 7.3, 1, 120),
    City("Lyon", "LYS", "France", "French", "continental", 45.8, 4.8, 1, 95),
    City("Marseille", "MRS", "France", "Provencal", "mediterranean", 43.3, 5.4, 1, 90),
    City("Brussels", "BRU", "Belgium", "Belgian", "oceanic", 50.9, 4.4, 1, 110),
    City("Dublin", "DUB", "Ireland", "Irish", "oceanic", 53.3, -6.3, 0, 135),
    City("Edinburgh", "EDI", "United Kingdom", "Scottish", "oceanic", 56.0, -3.2, 0, 120),
    City("Oslo", "OSL", "Norway", "Norwegian", "nordic", 59.9, 10.8, 1, 130),
    City("Bergen", "BGO", "Norway", "Norwegian", "oceanic", 60.4, 5.3, 1, 120),
    City("Stockholm", "STO", "Sweden", "Swedish", "nordic", 59.3, 18.1, 1, 120),
    City("Helsinki", "HEL", "Finland", "Finnish", "nordic", 60.2, 24.9, 2, 110),
    City("Reykjavik", "REK", "Iceland", "Icelandic", "nordic", 64.1, -21.9, 0, 155),
    City("Tallinn", "TLL", "Estonia", "Estonian", "nordic", 59.4, 24.8, 2, 75),
    City("Riga", "RIX", "Latvia", "Latvian", "nordic", 56.9, 24.1, 2, 70),
    City("Warsaw", "WAW", "Poland", "Polish", "continental", 52.2, 21.0, 1, 75),
    City("Krakow", "KRK", "Poland", "Polish", "continental", 50.1, 19.9, 1, 65),
    City("Prague", "PRG", "Czechia", "Czech", "continental", 50.1, 14.4, 1, 80),
    City("Budapest", "BUD", "Hungary", "Hungarian", "continental", 47.5, 19.0, 1, 70),
    City("Athens", "ATH", "Greece", "Greek", "mediterranean", 38.0, 23.7, 2, 85),
    City("Dubrovnik", "DBV", "Croatia", "Croatian", "mediterranean", 42.7, 18.1, 1, 95),
    City("Zagreb", "ZAG", "Croatia", "Croatian", "continental", 45.8, 16.0, 1, 70),
    City("Valletta", "MLA", "Malta", "Maltese", "mediterranean", 35.9, 14.5, 1, 85),
    City("Porto", "OPO", "Portugal", "Portuguese", "oceanic", 41.2, -8.6, 0, 80),
    City("Seville", "SVQ", "Spain", "Andalusian", "mediterranean", 37.4, -6.0, 1, 85),
    City("Valencia", "VLC", "Spain", "Spanish", "mediterranean", 39.5, -0.4, 1, 85),
    City("Malaga", "AGP", "Spain", "Andalusian", "mediterranean", 36.7, -4.4, 1, 85),
    City("Palma", "PMI", "Spain", "Balearic", "mediterranean", 39.6, 2.7, 1, 100),
    City("Marrakech", "RAK", "Morocco", "Moroccan", "arid", 31.6, -8.0, 1, 60),
)

CITIES: dict[str, City] = {city.name: city for city in _ALL}


def distance_km(one: City, other: City) -> int:
    """Along the great circle."""
    north, south = radians(one.latitude), radians(other.latitude)
    square = (
        sin((south - north) / 2) ** 2 + cos(north) * cos(south) * sin(radians(other.longitude - one.longitude) / 2) ** 2
    )
    return round(EARTH_DIAMETER_KM * asin(sqrt(square)))
