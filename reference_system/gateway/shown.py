"""What each trip was shown, so that what it books can be compared with it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Mapping
from typing import Any

from reference_system.contracts.base import Contract
from reference_system.contracts.tools import (
    BookFlight,
    BookHotel,
    FlightOffer,
    FlightOffers,
    FlightReservation,
    HoldFlight,
    HotelOffer,
    HotelOffers,
    ReserveTable,
    RestaurantOffer,
    RestaurantOffers,
    SearchHotels,
    SearchRestaurants,
)

_TRIPS_AT_MOST = 1_000

Offer = FlightOffer | FlightReservation | HotelOffer | RestaurantOffer


class Shown:
    """The offers and holds of each trip. Forgotten after a crash, and when very many other trips came since."""

    def __init__(self) -> None:
        self._trips: OrderedDict[str, dict[Hashable, Offer]] = OrderedDict()

    def note(self, trip: str, arguments: Contract, result: Contract) -> None:
        """What an answer shows."""
        offers = _offers(arguments, result)
        if not offers:
            return
        self._trips.setdefault(trip, {}).update(offers)
        self._trips.move_to_end(trip)
        if len(self._trips) > _TRIPS_AT_MOST:
            self._trips.popitem(last=False)

    def expected(self, trip: str, arguments: Contract) -> dict[str, Any]:
        """What the answer to this booking or hold should say, field by field; nothing, if nothing was shown."""
        shown: Mapping[Hashable, Offer] = self._trips.get(trip, {})
        match arguments:
            case BookFlight(hold=str() as hold) if hold in shown:
                offer = shown[hold]
            case BookFlight() | HoldFlight() if (arguments.flight, arguments.date) in shown:
                offer = shown[arguments.flight, arguments.date]
            case BookHotel() if (stay := _stay(arguments.hotel, arguments)) in shown:
                offer = shown[stay]
            case ReserveTable() if (arguments.restaurant, arguments.date) in shown:
                offer = shown[arguments.restaurant, arguments.date]
            case _:
                return {}
        return _promise(offer, arguments)


def _offers(arguments: Contract, result: Contract) -> dict[Hashable, Offer]:
    match arguments, result:
        case _, FlightOffers():
            return {(offer.flight, offer.date): offer for offer in (*result.outbound, *result.inbound)}
        case _, FlightReservation(state="held"):
            return {result.booking: result}
        case SearchHotels(), HotelOffers():
            return {_stay(offer.hotel, arguments): offer for offer in result.offers}
        case SearchRestaurants(), RestaurantOffers():
            return {(offer.restaurant, arguments.date): offer for offer in result.offers}
    return {}


def _stay(hotel: str, wanted: SearchHotels | BookHotel) -> Hashable:
    return hotel, wanted.check_in, wanted.check_out, wanted.rooms


def _promise(offer: Offer, arguments: Contract) -> dict[str, Any]:
    match offer, arguments:
        case FlightOffer(), BookFlight() | HoldFlight():
            amount_minor = offer.price_minor * len(arguments.travellers)
            return {"amount_minor": amount_minor, **_said(offer, "currency", "origin", "destination", "departs")}
        case FlightReservation(), _:
            return _said(offer, "amount_minor", "currency", "origin", "destination", "departs")
        case HotelOffer(), _:
            return {"amount_minor": offer.price_minor, **_said(offer, "currency", "name", "city")}
        case _:
            return _said(offer, "name", "city")


def _said(offer: Offer, *names: str) -> dict[str, Any]:
    return {name: getattr(offer, name) for name in names}
