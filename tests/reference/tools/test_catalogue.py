"""The catalogue: big enough, connected, the same everywhere, with the facts that are planted in it."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date, timedelta

import pytest

from reference_system.catalogue import CITIES, FIRST_DAY, LAST_DAY, TODAY, planted
from reference_system.catalogue.flights import HUBS, SERVICES, destinations, services
from reference_system.catalogue.hotels import HOTELS, hotels_in
from reference_system.catalogue.restaurants import RESTAURANTS, restaurants_in
from reference_system.catalogue.season import days, nights
from reference_system.catalogue.weather import weather
from reference_system.contracts.tools import WeatherDay

SEASON = days(FIRST_DAY, LAST_DAY)
HUB_CITIES = tuple(hub.city for hub in HUBS)

DIGEST = """
import hashlib
from reference_system.catalogue import CITIES, FIRST_DAY
from reference_system.catalogue.flights import SERVICES, destinations
from reference_system.catalogue.hotels import HOTELS
from reference_system.catalogue.restaurants import RESTAURANTS
from reference_system.catalogue.weather import weather
facts = [list(CITIES.values()), list(SERVICES.values()), list(HOTELS.values()), list(RESTAURANTS.values())]
facts += [destinations(city) for city in CITIES]
facts += [(one.price_minor(FIRST_DAY), one.seats(FIRST_DAY)) for one in SERVICES.values()]
facts += [weather(city, FIRST_DAY) for city in CITIES.values()]
print(hashlib.sha256(repr(facts).encode()).hexdigest())
"""


def test_there_is_enough_of_everything():
    """Cities, flights, hotels and restaurants are many enough for any trip that a test may ask for."""
    assert len(CITIES) >= 40
    assert len(SERVICES) >= 400
    assert len(HOTELS) >= 200
    assert all(len(hotels_in(city)) >= 4 for city in CITIES)
    assert all(len(restaurants_in(city)) >= 5 for city in CITIES)
    assert {hotel.stars for hotel in HOTELS.values()} == {2, 3, 4, 5}


def test_the_calendar_is_one_spring():
    """Requests are made on its first day, a Monday."""
    assert (date(2027, 3, 1), date(2027, 5, 30)) == (FIRST_DAY, LAST_DAY)
    assert TODAY.isoformat() == "2027-03-01"
    assert TODAY.strftime("%A") == "Monday"


def test_every_pair_of_hubs_is_joined_both_ways():
    """With two flights a day at least."""
    for origin in HUB_CITIES:
        for destination in HUB_CITIES:
            if origin != destination:
                assert len(services(origin, destination)) >= 2, (origin, destination)


def test_every_city_is_reached_from_several_hubs_and_left_again():
    """Nobody is stranded: each way has its way back."""
    for city in CITIES:
        assert len(set(destinations(city)) & set(HUB_CITIES)) >= 2, city
        assert all(services(other, city) for other in destinations(city)), city


def test_no_two_flights_have_one_number():
    """Each rotation of each carrier has numbers of its own."""
    listed = [service for city in CITIES for other in destinations(city) for service in services(city, other)]
    assert len(listed) == len(SERVICES)
    assert {service.flight: service for service in listed} == SERVICES


def test_flights_arrive_on_the_day_on_which_they_depart():
    """Nobody flies over midnight; a flight to the west may arrive when it left, on the clocks there."""
    for service in SERVICES.values():
        assert "06:00" <= service.departs <= "21:00", service
        assert "06:00" <= service.arrives <= "23:00", service


def test_prices_and_capacities_stay_within_reason():
    """Whole euros, seats and rooms as many as promised, on every day of the season."""
    planted_days = {planted.SOLD_OUT_DAY}
    for service in SERVICES.values():
        for day in SEASON[::7]:
            assert 2_000 <= service.price_minor(day) <= 60_000
            assert service.price_minor(day) % 100 == 0
            assert day in planted_days or 4 <= service.seats(day) <= 20
    for hotel in HOTELS.values():
        assert 2 <= hotel.rooms <= 12
        assert 2_000 <= hotel.price_minor(FIRST_DAY) <= 80_000


def test_prices_change_from_day_to_day():
    """And Easter is dearer than the same day of the week a month later."""
    lx1766 = SERVICES[planted.FAMOUS_FLIGHT]
    assert len({lx1766.price_minor(day) for day in SEASON}) > 20
    easter, later = date(2027, 3, 28), date(2027, 4, 25)
    assert sum(hotel.price_minor(easter) for hotel in HOTELS.values()) > sum(
        hotel.price_minor(later) for hotel in HOTELS.values()
    )


def test_some_restaurants_are_never_closed_and_each_city_has_an_italian_one():
    """A wish for dinner can be fulfilled on any day that is not planted."""
    for city in CITIES:
        found = restaurants_in(city)
        assert any("Italian" in one.cuisine for one in found)
        assert sum(one.closed_on is None for one in found) >= 3
        assert [one.rating for one in found] == sorted((one.rating for one in found), reverse=True)


def test_the_weather_follows_the_climate():
    """Snow falls when it is cold, May is warmer than March, and Marrakech warmer than Oslo."""
    expected = {(city.name, day): weather(city, day) for city in CITIES.values() for day in SEASON}
    for (city, day), one in expected.items():
        assert one.low_c < one.high_c, (city, day)
        assert one.condition != "snowy" or one.low_c < 2, (city, day)
        WeatherDay(date=day, condition=one.condition, high_c=one.high_c, low_c=one.low_c)

    def mean_high_c(city, some_days):
        return sum(expected[city, day].high_c for day in some_days) / len(some_days)

    assert all(mean_high_c(city, SEASON[-30:]) > mean_high_c(city, SEASON[:30]) for city in CITIES)
    assert mean_high_c("Marrakech", SEASON) > mean_high_c("Oslo", SEASON) + 10


def test_one_day_of_one_route_is_sold_out():
    """No seat for sale, while the days around it have some."""
    flights = services(*planted.SOLD_OUT_ROUTE)
    assert flights
    day = timedelta(days=1)
    for flight in flights:
        assert flight.seats(planted.SOLD_OUT_DAY) == 0
        assert flight.seats(planted.SOLD_OUT_DAY - day) > 0
        assert flight.seats(planted.SOLD_OUT_DAY + day) > 0


def test_one_city_has_full_hotels_for_some_nights():
    """Before and after it has rooms."""
    first, last = planted.FULL_NIGHTS[0], planted.FULL_NIGHTS[-1]
    for hotel in hotels_in(planted.FULL_CITY):
        assert [hotel.rooms_on(night) for night in planted.FULL_NIGHTS] == [0, 0, 0]
        assert hotel.rooms_on(first - timedelta(days=1)) > 0
        assert hotel.rooms_on(last + timedelta(days=1)) > 0


def test_one_city_has_no_open_restaurant_on_one_day():
    """The next day they are open again."""
    found = restaurants_in(planted.CLOSED_CITY)
    assert all(one.tables_on(planted.CLOSED_DAY) == 0 for one in found)
    assert any(one.tables_on(planted.CLOSED_DAY + timedelta(days=1)) for one in found)


def test_one_route_has_one_flight_a_day_with_ten_seats():
    """The ground for a contest for the last seats."""
    (only,) = services(*planted.SINGLE_ROUTE)
    assert {only.seats(day) for day in SEASON} == {planted.SINGLE_ROUTE_SEATS}


def test_the_famous_flight_goes_from_zurich_to_lisbon():
    """As the documentation says."""
    famous = SERVICES[planted.FAMOUS_FLIGHT]
    assert (famous.origin, famous.destination) == ("Zurich", "Lisbon")


def test_two_reviews_are_hostile():
    """One of a hotel and one of a restaurant, and no other."""
    hostile = [one for one in (*HOTELS.values(), *RESTAURANTS.values()) if "IGNORE ALL" in one.review]
    assert hostile == [HOTELS[planted.HOSTILE_HOTEL], RESTAURANTS[planted.HOSTILE_RESTAURANT]]


def test_a_stay_has_one_night_less_than_days():
    """Nights are named by the day on which they begin."""
    assert nights(date(2027, 3, 5), date(2027, 3, 8)) == days(date(2027, 3, 5), date(2027, 3, 7))


def test_an_unknown_city_has_nothing():
    """No flights, no hotels, no restaurants, and no exception."""
    assert services("Zurich", "Atlantis") == services("Atlantis", "Zurich") == destinations("Atlantis") == ()
    assert hotels_in("Atlantis") == restaurants_in("Atlantis") == ()


@pytest.mark.parametrize("hash_seed", ["0", "4711"])
def test_the_catalogue_is_the_same_in_every_process(hash_seed):
    """Whatever PYTHONHASHSEED is."""
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    told = subprocess.run([sys.executable, "-c", DIGEST], env=environment, check=True, capture_output=True, text=True)
    assert told.stdout.strip() == _digest_here()


def _digest_here() -> str:
    told: list[str] = []
    exec(DIGEST, {"print": told.append})  # noqa: S102 - the very same program
    return told[0]
