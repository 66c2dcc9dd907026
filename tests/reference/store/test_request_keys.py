"""The memory of writes: one execution for each key, however often and however concurrently it is asked for."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from reference_system.errors import BarredError, KeyConflictError, StoreError
from reference_system.store import open_store

FLIGHT = "LX1766@2027-03-05"
ARGUMENTS = {"flight": "LX1766", "travellers": ["Ann"]}


@pytest.fixture
def book(row):
    """A tool server's write, as all of them are: remembered, or done and then remembered."""

    def make(key="k1", tool="book_flight", arguments=ARGUMENTS, *, executed=None):
        def work(writing):
            known = writing.remembered(key, tool, arguments)
            if known is not None:
                return known
            if executed is not None:
                executed()
            booking = writing.next_id("F")
            seats = writing.take({FLIGHT: 50}, booking, 1)[FLIGHT]
            writing.put(row(booking, request_key=key))
            result = {"booking": booking, "seats": seats}
            writing.remember(key, result)
            return result

        return work

    return make


def test_a_repeated_key_is_answered_from_memory(store, book):
    """Nothing is done again."""
    first = store.write(book())
    again = store.write(book())
    assert first == {"booking": "F-000001", "seats": (1,)}
    assert again == {"booking": "F-000001", "seats": [1]}
    assert len(store.bookings()) == 1


def test_the_order_of_the_arguments_does_not_matter(store, book):
    """They are compared as JSON."""
    store.write(book(arguments={"a": 1, "b": (2, 3)}))
    store.write(book(arguments={"b": [2, 3], "a": 1}))
    assert len(store.bookings()) == 1


@pytest.mark.parametrize(
    ("tool", "arguments", "complaint"),
    [
        ("book_flight", {**ARGUMENTS, "travellers": ["Bob"]}, "'k1' was used with other arguments"),
        ("hold_flight", ARGUMENTS, "'k1' was used for book_flight"),
    ],
)
def test_a_key_is_good_for_one_request_only(store, book, tool, arguments, complaint):
    """Another tool or other arguments under the same key are a mistake of the caller, and nothing is done."""
    store.write(book())
    with pytest.raises(KeyConflictError, match=complaint):
        store.write(book(tool=tool, arguments=arguments))
    assert len(store.bookings()) == 1


def test_a_work_that_raises_leaves_no_key_behind(store, book):
    """The same request may be tried again, also with other arguments."""

    def fail():
        raise TimeoutError

    with pytest.raises(TimeoutError):
        store.write(book(executed=fail))
    store.write(book(arguments={"other": True}))
    assert len(store.bookings()) == 1


def test_a_work_that_forgets_to_remember_is_rolled_back(store, row):
    """A key that stays reserved would answer nothing for ever."""

    def work(writing):
        writing.remembered("k1", "book_flight", ARGUMENTS)
        writing.put(row("F-1"))

    with pytest.raises(StoreError, match="book_flight reserved key 'k1' and stored no result"):
        store.write(work)
    assert store.bookings() == ()


def test_a_result_is_remembered_once_and_only_for_a_reserved_key(store, book):
    """Anything else is a mistake in a tool server."""
    with pytest.raises(StoreError, match="'k1' has no open reservation"):
        store.write(lambda writing: writing.remember("k1", {}))
    store.write(book())
    with pytest.raises(StoreError, match="'k1' has no open reservation"):
        store.write(lambda writing: writing.remember("k1", {}))


def test_a_barred_request_is_never_executed(store, book):
    """It was cancelled before it arrived; barring twice does no harm."""
    store.write(lambda writing: writing.bar("k1"))
    store.write(lambda writing: writing.bar("k1"))
    with pytest.raises(BarredError, match="'k1' was cancelled before it arrived"):
        store.write(book())
    assert store.bookings() == ()


def test_an_executed_request_cannot_be_barred(store, book):
    """Who looks for what it did does not come so far."""
    store.write(book())
    with pytest.raises(KeyConflictError, match="book_flight was executed with it"):
        store.write(lambda writing: writing.bar("k1"))


def test_a_request_that_is_executed_while_it_is_being_barred_is_found_instead(postgres_url, book):
    """The canceller has looked and seen nothing; by the time it bars the key, the booking stands: it looks again."""
    store = open_store(postgres_url)
    looks = []

    def cancel(writing):
        found = writing.booking_of_key("k1")
        looks.append(found)
        if found is None:
            if len(looks) == 1:
                store.write(book())
            writing.bar("k1")
        else:
            writing.cancel(found.booking)

    store.write(cancel)
    assert [look and look.booking for look in looks] == [None, "F-000001"]
    assert [row.state for row in store.bookings()] == ["cancelled"]
    store.close()


def test_a_concurrent_duplicate_waits_for_the_first_and_gets_its_result(store_url, book):
    """However many there are, one is executed."""
    store = open_store(store_url)
    executions = []
    others = threading.Event()

    def slowly():
        executions.append(threading.get_ident())
        assert others.wait(30)

    def duplicate():
        others.set()
        return store.write(book(executed=slowly))["booking"]

    with ThreadPoolExecutor(9) as threads:
        first = threads.submit(lambda: store.write(book(executed=slowly))["booking"])
        rest = [threads.submit(duplicate) for _ in range(8)]
        assert {future.result() for future in [first, *rest]} == {"F-000001"}
    assert len(executions) == 1
    assert len(store.bookings()) == 1
    store.close()


def test_when_the_first_fails_a_waiting_duplicate_is_executed(store_url, book):
    """It waited for nothing, and does the work itself."""
    store = open_store(store_url)
    began, other = threading.Event(), threading.Event()

    def fail():
        began.set()
        assert other.wait(30)
        raise TimeoutError

    def duplicate():
        other.set()
        return store.write(book())["booking"]

    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(store.write, book(executed=fail))
        assert began.wait(30)
        assert threads.submit(duplicate).result() == "F-000001"
        assert isinstance(first.exception(), TimeoutError)
    assert len(store.bookings()) == 1
    store.close()


def test_without_a_key_the_same_request_is_executed_twice(store, buy):
    """What the memory is for."""
    store.write(buy({FLIGHT: 50}))
    store.write(buy({FLIGHT: 50}))
    assert [row.units for row in store.bookings()] == [((FLIGHT, 1),), ((FLIGHT, 2),)]
