"""Capacity: numbered units that are sold once."""

from __future__ import annotations

import pytest

from reference_system.errors import SoldOutError, StoreError

FLIGHT = "LX1766@2027-03-05"


def _numbers(store, resource):
    return [unit for row in store.bookings() for name, unit in row.units if name == resource]


def test_units_are_numbered_from_one_and_the_lowest_free_ones_are_taken(store, buy):
    """Also those that a cancelled booking has left."""
    first = store.write(buy({FLIGHT: 4}, 2))
    store.write(buy({FLIGHT: 4}))
    store.write(lambda writing: writing.cancel(first))
    store.write(buy({FLIGHT: 4}, 3))
    assert _numbers(store, FLIGHT) == [3, 1, 2, 4]
    assert store.left({FLIGHT: 4}) == {FLIGHT: 0}


def test_take_says_which_units_it_took(store, row):
    """By resource."""

    def work(writing):
        taken = writing.take({"hotel@mon": 3, "hotel@tue": 5}, "H-1", 2)
        writing.put(row("H-1", kind="room"))
        return taken

    assert store.write(work) == {"hotel@mon": (1, 2), "hotel@tue": (1, 2)}
    assert store.bookings()[0].units == (("hotel@mon", 1), ("hotel@mon", 2), ("hotel@tue", 1), ("hotel@tue", 2))


def test_what_is_sold_out_is_refused_and_nothing_is_kept(store, buy):
    """Neither the units nor the id; the error says how many are left."""
    store.write(buy({FLIGHT: 2}))
    with pytest.raises(SoldOutError, match=f"{FLIGHT}: 2 wanted, 1 of 2 left"):
        store.write(buy({FLIGHT: 2}, 2))
    assert store.left({FLIGHT: 2}) == {FLIGHT: 1}
    assert store.write(buy({FLIGHT: 2})) == "F-000002"


def test_a_stay_is_taken_for_all_nights_or_for_none(store, buy):
    """One night without a room spoils it."""
    nights = {"hotel@mon": 2, "hotel@tue": 1, "hotel@wed": 2}
    store.write(buy({"hotel@tue": 1}, kind="room"))
    with pytest.raises(SoldOutError, match="hotel@tue: 1 wanted, 0 of 1 left"):
        store.write(buy(nights, kind="room"))
    assert store.left(nights) == {"hotel@mon": 2, "hotel@tue": 0, "hotel@wed": 2}


def test_a_work_that_goes_on_after_sold_out_has_taken_nothing(store, row):
    """A caller may try the next best in the same transaction."""

    def work(writing):
        with pytest.raises(SoldOutError):
            writing.take({"hotel@mon": 1, "hotel@tue": 0}, "H-1", 1)
        writing.take({"inn@mon": 1, "inn@tue": 1}, "H-1", 1)
        writing.put(row("H-1", kind="room"))

    store.write(work)
    assert store.bookings()[0].units == (("inn@mon", 1), ("inn@tue", 1))


def test_left_counts_what_nobody_has_asked_for_yet_as_free(store):
    """It is told the capacities; and of nothing, nothing is left."""
    assert store.left({"a": 3, "b": 0}) == {"a": 3, "b": 0}
    assert store.left({}) == {}


def test_nothing_can_be_taken_of_nothing(store, buy):
    """A booking without units is one all the same."""
    store.write(buy({}))
    assert store.bookings()[0].units == ()


@pytest.mark.parametrize("taken_before", [False, True])
def test_a_capacity_that_was_set_goes_before_the_one_that_is_given(store, buy, taken_before):
    """Whether or not the resource was in use already."""
    if taken_before:
        store.write(buy({FLIGHT: 9}))
    store.set_capacity(FLIGHT, 2)
    assert store.left({FLIGHT: 9}) == {FLIGHT: 1 if taken_before else 2}
    with pytest.raises(SoldOutError):
        store.write(buy({FLIGHT: 9}, 3))
    store.set_capacity(FLIGHT, 5)
    store.write(buy({FLIGHT: 9}, 3))


def test_a_capacity_can_be_set_to_none_at_all(store, buy):
    """Sold out from the beginning."""
    store.set_capacity(FLIGHT, 0)
    with pytest.raises(SoldOutError):
        store.write(buy({FLIGHT: 9}))


def test_a_capacity_below_what_is_occupied_is_refused(store, buy):
    """The error names the unit and who has it; nothing changes."""
    booking = store.write(buy({FLIGHT: 9}, 3))
    with pytest.raises(StoreError, match=f"{FLIGHT}: unit 3 is occupied by {booking}"):
        store.set_capacity(FLIGHT, 2)
    assert store.left({FLIGHT: 9}) == {FLIGHT: 6}


def test_a_negative_capacity_is_refused(store):
    """None at all is the least."""
    with pytest.raises(StoreError, match="a capacity of -1 is less than none"):
        store.set_capacity(FLIGHT, -1)


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param("INSERT INTO units VALUES ('F', 2, 1, 'F-000001')", id="the same unit twice"),
        pytest.param("INSERT INTO units VALUES ('F', 2, 3, 'F-000001')", id="a unit beyond the capacity"),
        pytest.param("INSERT INTO units VALUES ('F', 2, 0, 'F-000001')", id="a unit before the first"),
        pytest.param("INSERT INTO units VALUES ('F', 9, 3, 'F-000001')", id="another capacity than the resource has"),
        pytest.param("INSERT INTO units VALUES ('F', 2, 2, 'F-999999')", id="occupied by nobody"),
        pytest.param("UPDATE resources SET capacity = 0 WHERE resource = 'F'", id="a capacity below what is sold"),
    ],
)
def test_the_database_itself_refuses_what_must_not_be(store, buy, statement):
    """Whoever writes it, and however."""
    store.write(buy({"F": 2}))
    with pytest.raises(StoreError, match=r"(?i)constraint"):
        store._database.write(lambda session: session.execute(statement))
    assert store.left({"F": 2}) == {"F": 1}


def test_a_unit_that_nobody_occupies_is_not_committed(store):
    """A booking has to be put in the transaction that takes its units."""
    with pytest.raises(StoreError, match=r"(?i)foreign key"):
        store.write(lambda writing: writing.take({FLIGHT: 2}, "F-000001", 1))
    assert store.left({FLIGHT: 2}) == {FLIGHT: 2}


def test_without_the_constraint_two_that_look_before_either_buys_both_buy_the_last_unit(unguarded_store, buy):
    """Nothing but the caller's own look keeps it from overselling."""
    looks = [unguarded_store.left({FLIGHT: 1})[FLIGHT] for _ in range(2)]
    for free in looks:
        assert free == 1
        unguarded_store.write(buy({FLIGHT: 1}))
    assert _numbers(unguarded_store, FLIGHT) == [1, 2]
    assert unguarded_store.left({FLIGHT: 1}) == {FLIGHT: 0}


def test_with_the_constraint_the_second_of_them_is_refused(store, buy):
    """The same history."""
    assert [store.left({FLIGHT: 1})[FLIGHT] for _ in range(2)] == [1, 1]
    store.write(buy({FLIGHT: 1}))
    with pytest.raises(SoldOutError):
        store.write(buy({FLIGHT: 1}))
    assert _numbers(store, FLIGHT) == [1]


def test_a_database_made_with_the_constraint_is_not_used_without_it(shared_store_url):
    """A switch that does nothing would be worse than an error."""
    from reference_system.store import open_store

    open_store(shared_store_url).close()
    with pytest.raises(StoreError, match="units 'guarded', not 'unguarded'"):
        open_store(shared_store_url, capacity_constraint=False)
    open_store(shared_store_url).close()
