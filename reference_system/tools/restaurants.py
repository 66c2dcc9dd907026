"""The restaurants server: search, reserve, cancel."""

from __future__ import annotations

from datetime import date

from reference_system.catalogue.prices import CURRENCY
from reference_system.catalogue.restaurants import RESTAURANTS, Restaurant, restaurants_in
from reference_system.contracts.tools import (
    ReserveTable,
    RestaurantOffer,
    RestaurantOffers,
    SearchRestaurants,
    TableReservation,
)
from reference_system.store.interface import BookingRow, Writing
from reference_system.tools import checks
from reference_system.tools.call import Call
from reference_system.tools.cancellation import cancellation
from reference_system.tools.desk import Desk, Handler, Wanted


async def search_restaurants(desk: Desk, call: Call[SearchRestaurants]) -> RestaurantOffers:
    """Where a table is free that evening."""
    wanted = call.arguments
    checks.city("city", wanted.city)
    checks.day("date", wanted.date)
    found = restaurants_in(wanted.city)
    left = await desk.left({_tables(one, wanted.date): one.tables_on(wanted.date) for one in found})
    return RestaurantOffers(
        offers=tuple(
            RestaurantOffer(
                restaurant=one.restaurant,
                name=one.name,
                city=one.city,
                cuisine=one.cuisine,
                review=one.review,
                tables_left=left[_tables(one, wanted.date)],
            )
            for one in found
            if left[_tables(one, wanted.date)]
        )
    )


async def reserve_table(desk: Desk, call: Call[ReserveTable]) -> TableReservation:
    """Keep a table; it costs nothing."""
    wanted = call.arguments
    restaurant = checks.item("restaurant", wanted.restaurant, RESTAURANTS)
    checks.day("date", wanted.date)
    tables = restaurant.tables_on(wanted.date)
    table = await desk.look(
        Wanted(
            {_tables(restaurant, wanted.date): tables},
            1,
            f"restaurant: {restaurant.restaurant} {'is full' if tables else 'is closed'} on {wanted.date}",
            f"search_restaurants in {restaurant.city} shows what is free",
        )
    )

    def reserve(writing: Writing) -> TableReservation:
        booking = writing.next_id("T")
        taken = table.take(writing, booking)
        writing.put(_row(call, booking, taken))
        return TableReservation(
            booking=booking,
            state="booked",
            restaurant=restaurant.restaurant,
            name=restaurant.name,
            city=restaurant.city,
            date=wanted.date,
            guests=wanted.guests,
        )

    return await desk.write(call, reserve)


def _tables(restaurant: Restaurant, day: date) -> str:
    """What the store calls the tables of an evening."""
    return f"table:{restaurant.restaurant}:{day}"


def _row(call: Call[ReserveTable], booking: str, taken: dict[str, tuple[int, ...]]) -> BookingRow:
    wanted = call.arguments
    return BookingRow(
        booking=booking,
        kind="table",
        trip=call.trip,
        request_key=call.key,
        item=wanted.restaurant,
        details={"charged": False, "date": str(wanted.date), "guests": wanted.guests, "name": wanted.name},
        amount_minor=0,
        currency=CURRENCY,
        state="booked",
        expires_at_s=None,
        units=tuple((evening, table) for evening, tables in taken.items() for table in tables),
    )


HANDLERS: dict[str, Handler] = {
    "search_restaurants": search_restaurants,
    "reserve_table": reserve_table,
    "cancel_table": cancellation("table"),
}
