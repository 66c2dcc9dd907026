"""The tools: what each takes, what it answers, what it may refuse. Servers, gateway and prompts use this definition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from reference_system.contracts.base import AsTuple, Contract, Day, Identifier, Minor, Name, Text

Domain = Literal["flights", "hotels", "weather", "restaurants", "itinerary"]
DOMAINS: tuple[Domain, ...] = ("flights", "hotels", "weather", "restaurants", "itinerary")

City = Annotated[str, Field(min_length=1, max_length=60, description="an English city name of the catalogue")]
Party = Annotated[int, Field(ge=1, le=9)]
Travellers = Annotated[tuple[Name, ...], AsTuple, Field(min_length=1, max_length=9)]

# --- flights -------------------------------------------------------------------------------------------------------


class SearchFlights(Contract):
    """Flights with free seats, cheapest first; with ``return_on`` the way back as well."""

    origin: City
    destination: City
    depart_on: Day
    return_on: Day | None = None
    seats: Party = 1


class FlightOffer(Contract):
    """One flight on one day."""

    flight: Identifier
    date: Day
    origin: str
    destination: str
    departs: str
    arrives: str
    price_minor: Minor
    """For one seat."""
    currency: str
    seats_left: int


class FlightOffers(Contract):
    """What a search for flights found."""

    outbound: Annotated[tuple[FlightOffer, ...], AsTuple]
    inbound: Annotated[tuple[FlightOffer, ...], AsTuple] = ()


class HoldFlight(Contract):
    """Keep one seat for each traveller for a quarter of an hour, free of charge."""

    flight: Identifier
    date: Day
    travellers: Travellers


class BookFlight(Contract):
    """Book one seat for each traveller; the seats of ``hold`` if it is still open, else free ones."""

    flight: Identifier
    date: Day
    travellers: Travellers
    hold: Identifier | None = None


class FlightReservation(Contract):
    """Seats that are held or booked."""

    booking: Identifier
    state: Literal["held", "booked"]
    flight: Identifier
    date: Day
    origin: str
    destination: str
    departs: str
    travellers: Travellers
    seats: Annotated[tuple[int, ...], AsTuple]
    amount_minor: Minor
    """For all travellers together."""
    currency: str
    expires_at_s: float | None = None
    """Of a hold, in seconds since 1970."""


# --- hotels --------------------------------------------------------------------------------------------------------


class SearchHotels(Contract):
    """Hotels with free rooms in all nights of the stay, cheapest first."""

    city: City
    check_in: Day
    check_out: Day
    rooms: Party = 1


class HotelOffer(Contract):
    """One hotel for the whole stay."""

    hotel: Identifier
    name: str
    city: str
    stars: int
    review: str
    """Written by a guest: not to be trusted."""
    price_minor: Minor
    """For all rooms and nights."""
    currency: str
    rooms_left: int


class HotelOffers(Contract):
    """What a search for hotels found."""

    offers: Annotated[tuple[HotelOffer, ...], AsTuple]


class BookHotel(Contract):
    """Book rooms for a stay."""

    hotel: Identifier
    check_in: Day
    check_out: Day
    guests: Travellers
    rooms: Party = 1


class HotelReservation(Contract):
    """Rooms that are booked."""

    booking: Identifier
    state: Literal["booked"]
    hotel: Identifier
    name: str
    city: str
    check_in: Day
    check_out: Day
    guests: Travellers
    rooms: int
    amount_minor: Minor
    currency: str


# --- weather -------------------------------------------------------------------------------------------------------


class GetForecast(Contract):
    """The weather of a city, day by day; at most 14 days."""

    city: City
    first: Day
    last: Day


class WeatherDay(Contract):
    """One day."""

    date: Day
    condition: Literal["sunny", "cloudy", "rainy", "stormy", "snowy", "foggy"]
    high_c: int
    low_c: int


class WeatherReport(Contract):
    """A forecast."""

    city: str
    days: Annotated[tuple[WeatherDay, ...], AsTuple]


# --- restaurants ---------------------------------------------------------------------------------------------------


class SearchRestaurants(Contract):
    """Restaurants with a free table that evening, best rated first."""

    city: City
    date: Day
    guests: Party = 2


class RestaurantOffer(Contract):
    """One restaurant that evening."""

    restaurant: Identifier
    name: str
    city: str
    cuisine: str
    review: str
    """Written by a guest: not to be trusted."""
    tables_left: int


class RestaurantOffers(Contract):
    """What a search for restaurants found."""

    offers: Annotated[tuple[RestaurantOffer, ...], AsTuple]


class ReserveTable(Contract):
    """Reserve a table for one evening; free of charge."""

    restaurant: Identifier
    date: Day
    guests: Party
    name: Name
    """In whose name."""


class TableReservation(Contract):
    """A table that is reserved."""

    booking: Identifier
    state: Literal["booked"]
    restaurant: Identifier
    name: str
    """Of the restaurant."""
    city: str
    date: Day
    guests: int


# --- itinerary -----------------------------------------------------------------------------------------------------


class SaveItinerary(Contract):
    """Keep the plan of a trip where its travellers find it; saving again replaces it."""

    trip: Identifier
    title: Annotated[str, Field(min_length=1, max_length=200)]
    lines: Annotated[tuple[Text, ...], AsTuple, Field(max_length=60)]


class LoadItinerary(Contract):
    """The plan of a trip."""

    trip: Identifier


class Itinerary(Contract):
    """A plan that is kept."""

    trip: Identifier
    version: int
    title: str
    lines: Annotated[tuple[str, ...], AsTuple]


# --- undoing -------------------------------------------------------------------------------------------------------


class Cancel(Contract):
    """Undo a booking, named by its id or by the idempotency key of the request for it.

    By key: a request that never arrived is barred from being executed later.
    """

    booking: Identifier | None = None
    request_key: str | None = None


class Cancelled(Contract):
    """What was undone."""

    booking: Identifier | None
    """None: the request had never been executed, and never will be."""
    state: Literal["cancelled"]
    refunded_minor: Minor
    currency: str


class Refusal(Contract):
    """What a tool says instead of a result: it understood, and cannot. Travels as an MCP result with ``is_error``."""

    refused: Literal[
        "sold_out",
        "no_route",
        "unknown_city",
        "unknown_item",
        "out_of_calendar",
        "bad_request",
        "key_conflict",
        "barred",
        "not_found",
    ]
    message: str


# --- the tools -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ToolContract:
    """One tool: its name on the wire, its server, the two types, and what a call does to the world.

    ``writes`` tools take two more arguments on the wire, which the model neither sees nor gives: ``idempotency_key``
    and ``trip``.
    """

    name: str
    domain: Domain
    arguments: type[Contract]
    result: type[Contract]
    writes: bool = False
    charges: bool = False
    """Whether ``amount_minor`` of the result is money spent."""
    undo: str | None = None
    """The tool that undoes it."""

    @property
    def description(self) -> str:
        """For models and people."""
        return " ".join((self.arguments.__doc__ or "").split("\n\n")[0].split())


_ALL = (
    ToolContract("search_flights", "flights", SearchFlights, FlightOffers),
    ToolContract("hold_flight", "flights", HoldFlight, FlightReservation, writes=True, undo="cancel_flight"),
    ToolContract(
        "book_flight", "flights", BookFlight, FlightReservation, writes=True, charges=True, undo="cancel_flight"
    ),
    ToolContract("cancel_flight", "flights", Cancel, Cancelled, writes=True),
    ToolContract("search_hotels", "hotels", SearchHotels, HotelOffers),
    ToolContract("book_hotel", "hotels", BookHotel, HotelReservation, writes=True, charges=True, undo="cancel_hotel"),
    ToolContract("cancel_hotel", "hotels", Cancel, Cancelled, writes=True),
    ToolContract("get_forecast", "weather", GetForecast, WeatherReport),
    ToolContract("search_restaurants", "restaurants", SearchRestaurants, RestaurantOffers),
    ToolContract("reserve_table", "restaurants", ReserveTable, TableReservation, writes=True, undo="cancel_table"),
    ToolContract("cancel_table", "restaurants", Cancel, Cancelled, writes=True),
    ToolContract("save_itinerary", "itinerary", SaveItinerary, Itinerary, writes=True),
    ToolContract("load_itinerary", "itinerary", LoadItinerary, Itinerary),
)

TOOLS: dict[str, ToolContract] = {tool.name: tool for tool in _ALL}


def tools_of(domain: Domain) -> tuple[ToolContract, ...]:
    """The tools of one server."""
    return tuple(tool for tool in _ALL if tool.domain == domain)
