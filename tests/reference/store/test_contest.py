"""Many buyers at once, on threads, on several stores, and in several processes."""

from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress

import pytest

from reference_system.errors import SoldOutError
from reference_system.store import open_store

FLIGHT = "LX1766@2027-03-05"
SEATS = 10
BUYERS = 200
STORES = 5


@pytest.fixture
def stores(shared_store_url):
    """Several stores on one database, as several processes would have them."""
    with ExitStack() as stack:
        yield [stack.enter_context(closing(open_store(shared_store_url))) for _ in range(STORES)]


@pytest.fixture
def unguarded_stores(shared_store_url):
    """The same without the capacity constraint."""
    with ExitStack() as stack:
        yield [
            stack.enter_context(closing(open_store(shared_store_url, capacity_constraint=False))) for _ in range(STORES)
        ]


def _contest(buyers, attempt):
    """Run ``attempt(number)`` for each of the buyers at once; the numbers of those who succeeded."""

    def one(number):
        try:
            attempt(number)
        except SoldOutError:
            return None
        return number

    with ThreadPoolExecutor(buyers) as threads:
        return [number for number in threads.map(one, range(buyers)) if number is not None]


def test_of_two_hundred_buyers_of_the_last_ten_seats_ten_succeed(stores, buy):
    """Each with a seat of its own; the others are told that it is sold out."""
    winners = _contest(BUYERS, lambda number: stores[number % STORES].write(buy({FLIGHT: SEATS}, trip=f"T-{number}")))
    sold = stores[0].bookings(state="booked")
    assert len(winners) == SEATS
    assert sorted(row.trip for row in sold) == sorted(f"T-{number}" for number in winners)
    assert sorted(unit for row in sold for _, unit in row.units) == list(range(1, SEATS + 1))


def test_without_the_constraint_buyers_who_look_at_once_all_buy(unguarded_stores, buy):
    """Every one of them saw a free seat, and every one sold it."""
    everybody_has_looked = threading.Barrier(20)

    def attempt(number):
        store = unguarded_stores[number % STORES]
        if store.left({FLIGHT: SEATS})[FLIGHT] < 1:
            raise SoldOutError
        everybody_has_looked.wait(30)
        store.write(buy({FLIGHT: SEATS}))

    winners = _contest(20, attempt)
    sold = [unit for row in unguarded_stores[0].bookings() for _, unit in row.units]
    assert len(winners) == len(sold) == 20
    assert unguarded_stores[0].left({FLIGHT: SEATS}) == {FLIGHT: 0}


def test_buyers_of_the_same_nights_never_wait_in_a_circle(stores, row):
    """Whatever order they name the nights in, new as they are: no transaction has to be run again."""
    buyers = 2 * STORES
    start = threading.Barrier(buyers)
    runs = []

    def stays(number):
        for week in range(8):
            nights = [f"hotel@{week}-{night}" for night in range(12)]
            start.wait(30)
            with suppress(SoldOutError):
                stores[number // 2].write(stay(nights if number % 2 else nights[::-1], f"H-{number}-{week}"))

    def stay(nights, booking):
        def work(writing):
            runs.append(booking)
            writing.take(dict.fromkeys(nights, buyers - 1), booking, 1)
            writing.put(row(booking, kind="room"))

        return work

    with ThreadPoolExecutor(buyers) as threads:
        list(threads.map(stays, range(buyers)))
    assert len(runs) == len(set(runs)) == 8 * buyers
    assert [len(booking.units) for booking in stores[0].bookings()] == [12] * 8 * (buyers - 1)


_PROCESS = """
import sys
from reference_system.errors import SoldOutError
from reference_system.store import open_store
from reference_system.store.interface import BookingRow, LogMessage

url, name = sys.argv[1:]
store = open_store(url)

def buy(writing):
    booking = writing.next_id("F")
    writing.take({"F": 90}, booking, 1)
    writing.put(BookingRow(booking, "flight", name, None, "F", {}, 1, "EUR", "booked", None, ()))

sold = 0
for number in range(25):
    try:
        store.write(buy)
        sold += 1
    except SoldOutError:
        pass
    store.log([LogMessage(name, "c", 0.0, "a", "b", "task", {"number": number})])
    store.left({"F": 90})
store.close()
print(sold)
"""


def test_six_processes_that_start_and_write_at_once_do_not_disturb_each_other(shared_store_url):
    """The tables are made once, nobody hears of a lock, and what each was told is what is there."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", _PROCESS, shared_store_url, f"T-{number}"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in range(6)
    ]
    outputs = [process.communicate(timeout=60) for process in processes]
    assert [errors for _, errors in outputs] == [""] * 6
    with closing(open_store(shared_store_url)) as store:
        rows = store.bookings()
        assert sum(int(sold) for sold, _ in outputs) == len(rows) == 90
        assert sorted(unit for row in rows for _, unit in row.units) == list(range(1, 91))
        assert [row.booking for row in rows] == [f"F-{number:06d}" for number in range(1, 91)]
        for number in range(6):
            bodies = [message.body["number"] for message in store.messages(trip=f"T-{number}")]
            assert bodies == list(range(25))
