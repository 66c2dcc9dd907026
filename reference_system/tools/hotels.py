"""The hotels server: search, book, cancel."""

from __future__ import annotations

from datetime import date

from reference_system.catalogue.hotels import HOTELS, Hotel, hotels_in
from reference_system.catalogue.prices import CURRENCY
from reference_system.catalogue.season import nights
from reference_system.contracts.tools import BookHotel, HotelOffer, HotelOffers, HotelReservation, SearchHotels
from reference_system.store.interface import BookingRow, Writing
from reference_system.tools import checks
from reference_system.tools.call import Call
from reference_system.tools.cancellation import cancellation
from reference_system.tools.desk import Desk, Handler, Wanted


async def search_hotels(desk: Desk, call: Call[SearchHotels]) -> HotelOffers:
    """What is free in every night of the stay."""
    wanted = call.arguments
    checks.city("city", wanted.city)
    checks.stay(wanted.check_in, wanted.check_out)
    stay = nights(wanted.check_in, wanted.check_out)
    rooms = {hotel: _rooms(hotel, stay) for hotel in hotels_in(wanted.city)}
    left = await desk.left({name: count for each in rooms.values() for name, count in each.items()})
    free = {hotel: min(left[name] for name in each) for hotel, each in rooms.items()}
    offers = [_offer(hotel, stay, wanted.rooms, free[hotel]) for hotel in rooms if free[hotel] >= wanted.rooms]
    return HotelOffers(offers=tuple(sorted(offers, key=lambda offer: (offer.price_minor, offer.hotel))))


async def book_hotel(desk: Desk, call: Call[BookHotel]) -> HotelReservation:
    """Sell rooms for all nights of the stay, or none."""
    wanted = call.arguments
    hotel = checks.item("hotel", wanted.hotel, HOTELS)
    checks.stay(wanted.check_in, wanted.check_out)
    stay = nights(wanted.check_in, wanted.check_out)
    short = "no room is" if wanted.rooms == 1 else f"fewer than {wanted.rooms} rooms are"
    rooms = await desk.look(
        Wanted(
            _rooms(hotel, stay),
            wanted.rooms,
            f"hotel: {short} left in {hotel.hotel} in some night from {stay[0]} to {stay[-1]}",
            f"search_hotels in {hotel.city} shows what is free",
        )
    )

    def book(writing: Writing) -> HotelReservation:
        booking = writing.next_id("H")
        taken = rooms.take(writing, booking)
        reservation = HotelReservation(
            booking=booking,
            state="booked",
            hotel=hotel.hotel,
            name=hotel.name,
            city=hotel.city,
            check_in=wanted.check_in,
            check_out=wanted.check_out,
            guests=wanted.guests,
            rooms=wanted.rooms,
            amount_minor=_price_minor(hotel, stay, wanted.rooms),
            currency=CURRENCY,
        )
        writing.put(_row(call, reservation, taken))
        return reservation

    return await desk.write(call, book)


def _rooms(hotel: Hotel, stay: tuple[date, ...]) -> dict[str, int]:
    """What the store calls the rooms of each night, and how many there are."""
    return {f"room:{hotel.hotel}:{night}": hotel.rooms_on(night) for night in stay}


def _price_minor(hotel: Hotel, stay: tuple[date, ...], rooms: int) -> int:
    return rooms * sum(hotel.price_minor(night) for night in stay)


def _offer(hotel: Hotel, stay: tuple[date, ...], rooms: int, left: int) -> HotelOffer:
    return HotelOffer(
        hotel=hotel.hotel,
        name=hotel.name,
        city=hotel.city,
        stars=hotel.stars,
        review=hotel.review,
        price_minor=_price_minor(hotel, stay, rooms),
        currency=CURRENCY,
        rooms_left=left,
    )


def _row(call: Call[BookHotel], reservation: HotelReservation, taken: dict[str, tuple[int, ...]]) -> BookingRow:
    wanted = call.arguments
    return BookingRow(
        booking=reservation.booking,
        kind="room",
        trip=call.trip,
        request_key=call.key,
        item=reservation.hotel,
        details={
            "charged": True,
            "check_in": str(wanted.check_in),
            "check_out": str(wanted.check_out),
            "guests": list(wanted.guests),
        },
        amount_minor=reservation.amount_minor,
        currency=reservation.currency,
        state="booked",
        expires_at_s=None,
        units=tuple((night, room) for night, rooms in taken.items() for room in rooms),
    )


HANDLERS: dict[str, Handler] = {
    "search_hotels": search_hotels,
    "book_hotel": book_hotel,
    "cancel_hotel": cancellation("room"),
}
