"""Whether an answer is about what was asked: caches and load balancers mix up answers that are well formed."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Any

from reference_system.contracts.base import Contract
from reference_system.contracts.tools import (
    FlightOffer,
    FlightOffers,
    GetForecast,
    HotelOffer,
    HotelOffers,
    RestaurantOffer,
    RestaurantOffers,
    SearchFlights,
    SearchHotels,
    SearchRestaurants,
    WeatherReport,
)
from reference_system.gateway.arguments import Asked

_OTHER_MEANING = ("name",)
"""Of the guest in a request for a table, of the restaurant in its answer."""


def mismatch(asked: Asked, result: Contract) -> str | None:
    """What the answer says that was not asked; None if it fits.

    Whatever stands in both under one name must be the same; and what was searched must be what was found.
    """
    arguments = asked.arguments
    for name in _repeated(type(arguments), type(result)):
        wanted, got = getattr(arguments, name), getattr(result, name)
        if wanted is not None and not _same(wanted, got):
            return f"asked for {name} {wanted}, got {got}"
    return _wrong_find(arguments, result)


@cache
def _repeated(arguments: type[Contract], result: type[Contract]) -> tuple[str, ...]:
    return tuple(name for name in arguments.model_fields if name in result.model_fields and name not in _OTHER_MEANING)


def _wrong_find(arguments: Contract, result: Contract) -> str | None:
    match arguments, result:
        case SearchFlights() as search, FlightOffers() as found:
            there = (search.origin, search.destination, search.depart_on)
            back = (search.destination, search.origin, search.return_on)
            return _wrong_way(there, found.outbound) or _wrong_way(back, found.inbound)
        case SearchHotels() as search, HotelOffers() as found:
            return _wrong_city(search.city, found.offers)
        case SearchRestaurants() as search, RestaurantOffers() as found:
            return _wrong_city(search.city, found.offers)
        case GetForecast() as search, WeatherReport() as found:
            days = [day.date for day in found.days]
            if not all(search.first <= day <= search.last for day in days):
                return f"asked for the weather from {search.first} to {search.last}, got {days[0]} to {days[-1]}"
    return None


def _wrong_way(way: tuple[str, str, date | None], offers: tuple[FlightOffer, ...]) -> str | None:
    origin, destination, day = way
    for offer in offers:
        if not (_same(origin, offer.origin) and _same(destination, offer.destination) and offer.date == day):
            got = f"{offer.flight} {offer.origin}-{offer.destination} on {offer.date}"
            return f"asked for {origin}-{destination} on {day}, got {got}"
    return None


def _wrong_city(city: str, offers: tuple[HotelOffer | RestaurantOffer, ...]) -> str | None:
    for offer in offers:
        if not _same(city, offer.city):
            return f"asked for {city}, got {offer.name} in {offer.city}"
    return None


def _same(wanted: Any, got: Any) -> bool:
    """Names of places may be written in other letters."""
    if isinstance(wanted, str) and isinstance(got, str):
        return wanted.casefold() == got.casefold()
    return bool(wanted == got)
