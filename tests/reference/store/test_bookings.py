"""Bookings, and holds that run out."""

from __future__ import annotations

import pytest

from reference_system.errors import SoldOutError, StoreError

FLIGHT = "LX1766@2027-03-05"


def test_a_booking_comes_back_as_it_was_put(store, row):
    """With the units that it took."""
    booked = row(
        "F-1",
        request_key="k1",
        details={"travellers": ["Zoë", "名前"], "seats": {"b": 1, "a": 2}, "half": 0.5},
        units=((FLIGHT, 1),),
    )

    def work(writing):
        writing.take({FLIGHT: 3}, "F-1", 1)
        writing.put(booked)
        return writing.booking("F-1")

    assert store.write(work) == booked
    assert store.bookings() == (booked,)
    assert store.booking("F-1") == booked
    assert list(store.bookings()[0].details["seats"]) == ["b", "a"]


def test_what_is_not_there_is_none(store):
    """By id and by key."""
    assert store.write(lambda writing: writing.booking("F-1")) is None
    assert store.write(lambda writing: writing.booking_of_key("k1")) is None
    assert store.booking("F-1") is None
    assert store.bookings() == ()


def test_a_booking_is_found_by_the_key_of_its_request(store, buy):
    """The latest, if keys are not respected and there are several."""
    store.write(buy({FLIGHT: 3}, request_key="k1"))
    second = store.write(buy({FLIGHT: 3}, request_key="k1"))
    found = store.write(lambda writing: writing.booking_of_key("k1"))
    assert (found.booking, found.units) == (second, ((FLIGHT, 2),))


def test_ids_count_up_by_prefix(store):
    """Those of a transaction that failed are given again: nobody has seen them."""
    assert store.write(lambda writing: [writing.next_id("F"), writing.next_id("F"), writing.next_id("H")]) == [
        "F-000001",
        "F-000002",
        "H-000001",
    ]

    def fail(writing):
        writing.next_id("F")
        raise LookupError

    with pytest.raises(LookupError):
        store.write(fail)
    assert store.write(lambda writing: writing.next_id("F")) == "F-000003"


def test_bookings_are_listed_in_order_and_by_trip_and_state(store, buy):
    """Every one is listed for ever, whatever has become of it."""
    ids = [store.write(buy({FLIGHT: 9}, trip=trip)) for trip in ("T-2", "T-1", "T-2")]
    store.write(lambda writing: writing.cancel(ids[0]))
    assert [row.booking for row in store.bookings()] == ids
    assert [row.booking for row in store.bookings(trip="T-2")] == [ids[0], ids[2]]
    assert [row.booking for row in store.bookings(trip="T-2", state="booked")] == [ids[2]]
    assert [(row.booking, row.units) for row in store.bookings(state="cancelled")] == [(ids[0], ())]


def test_cancelling_frees_the_units_and_again_does_no_harm(store, buy):
    """Not even when somebody else has them by then."""
    first = store.write(buy({FLIGHT: 1}))
    store.write(lambda writing: writing.cancel(first))
    second = store.write(buy({FLIGHT: 1}))
    store.write(lambda writing: writing.cancel(first))
    assert [(row.booking, row.state) for row in store.bookings()] == [(first, "cancelled"), (second, "booked")]
    assert store.left({FLIGHT: 1}) == {FLIGHT: 0}


def test_cancelling_what_is_not_there_is_an_error(store):
    """It names the booking."""
    with pytest.raises(StoreError, match="no booking 'F-9'"):
        store.write(lambda writing: writing.cancel("F-9"))


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"amount_minor": -1}, id="a negative amount"),
        pytest.param({"amount_minor": "much"}, id="an amount that is no number"),
        pytest.param({"state": "lost"}, id="an unknown state"),
        pytest.param({"kind": "yacht"}, id="an unknown kind"),
        pytest.param({"state": "held"}, id="a hold that never ends"),
    ],
)
def test_the_database_refuses_a_booking_that_makes_no_sense(store, row, changes):
    """Whatever a tool server may think."""
    with pytest.raises(StoreError):
        store.write(lambda writing: writing.put(row("F-1", **changes)))
    assert store.bookings() == ()


def test_an_id_is_given_to_one_booking_only(store, row):
    """The second is refused."""
    store.write(lambda writing: writing.put(row("F-1")))
    with pytest.raises(StoreError):
        store.write(lambda writing: writing.put(row("F-1")))


@pytest.mark.parametrize("text", ["\ud800", "half a pair: \udfff"])
def test_text_that_no_database_can_store_is_refused_with_the_text(store, row, text):
    """As a StoreError like any other, not as an accident."""
    with pytest.raises(StoreError, match="clean it up"):
        store.write(lambda writing: writing.put(row("F-1", item=text)))
    with pytest.raises(StoreError, match="clean it up"):
        store.write(lambda writing: writing.take({text: 1}, "F-1", 1))
    assert store.bookings() == ()


@pytest.mark.parametrize("text", ["\ud800", "\x00", "\x1f\x7f\u2028", "'; DROP TABLE bookings; --", "%s ? {} \\"])
def test_any_text_can_be_stored_in_details(store, row, text):
    """A model or a guest may have written it."""
    store.write(lambda writing: writing.put(row("F-1", details={"review": text, text: 1})))
    assert store.bookings()[0].details == {"review": text, text: 1}


def test_a_hold_occupies_units_until_it_runs_out(store, clock, buy, hold):
    """At that very moment it is expired, for everybody, before anybody has written so."""
    held = store.write(hold({FLIGHT: 2}, 2, until_s=clock.now_s + 900))
    clock.now_s += 899.9
    assert store.left({FLIGHT: 2}) == {FLIGHT: 0}
    with pytest.raises(SoldOutError):
        store.write(buy({FLIGHT: 2}))
    clock.now_s += 0.1
    assert store.left({FLIGHT: 2}) == {FLIGHT: 2}
    assert [(row.booking, row.state, row.units) for row in store.bookings()] == [(held, "expired", ())]
    assert store.bookings(state="held") == ()
    assert len(store.bookings(state="expired")) == 1
    assert store.write(lambda writing: writing.booking(held)).state == "expired"


def test_units_of_a_hold_that_ran_out_are_sold_to_others(store, clock, buy, hold):
    """The hold is then marked as expired, and cannot come back."""
    held = store.write(hold({FLIGHT: 2, "extra": 5}, 2, until_s=clock.now_s + 900))
    clock.now_s += 900
    booked = store.write(buy({FLIGHT: 2}, 2))
    assert [(row.booking, row.state) for row in store.bookings()] == [(held, "expired"), (booked, "booked")]
    clock.now_s -= 1
    assert [row.state for row in store.bookings()] == ["expired", "booked"]
    assert store.left({FLIGHT: 2, "extra": 5}) == {FLIGHT: 0, "extra": 5}


def test_an_open_hold_hands_its_units_over(store, clock, row, hold):
    """The booking has exactly those, and the hold is cancelled."""
    store.write(hold({FLIGHT: 4}, until_s=clock.now_s + 900))
    held = store.write(hold({FLIGHT: 4}, 2, until_s=clock.now_s + 900))

    def work(writing):
        booking = writing.next_id("F")
        assert writing.hand_over(held, booking)
        writing.put(row(booking))
        return booking

    booking = store.write(work)
    rows = {row.booking: row for row in store.bookings()}
    assert (rows[booking].state, rows[booking].units) == ("booked", ((FLIGHT, 2), (FLIGHT, 3)))
    assert (rows[held].state, rows[held].units) == ("cancelled", ())


@pytest.mark.parametrize("end", ["handed over", "run out", "run out and swept", "cancelled"])
def test_a_hold_that_is_open_no_more_hands_nothing_over(store, clock, row, hold, end):
    """And nothing changes."""
    held = store.write(hold({FLIGHT: 4}, 2, until_s=clock.now_s + 900))
    if end == "handed over":
        store.write(lambda writing: (writing.hand_over(held, "F-9"), writing.put(row("F-9"))))
    elif end == "cancelled":
        store.write(lambda writing: writing.cancel(held))
    else:
        clock.now_s += 900
    if end == "run out and swept":
        store.set_capacity(FLIGHT, 4)
    before = store.digest()
    assert store.write(lambda writing: writing.hand_over(held, "F-8")) is False
    assert store.digest() == before


def test_what_is_no_hold_hands_nothing_over(store, buy):
    """A booking keeps its units, and what is not there has none."""
    booked = store.write(buy({FLIGHT: 4}))
    assert store.write(lambda writing: [writing.hand_over(booked, "F-8"), writing.hand_over("F-404", "F-8")]) == [
        False,
        False,
    ]
    assert store.bookings()[0].units == ((FLIGHT, 1),)


def test_a_capacity_may_fall_below_a_hold_that_ran_out(store, clock, hold):
    """Its units are free."""
    store.write(hold({FLIGHT: 4}, 4, until_s=clock.now_s + 900))
    with pytest.raises(StoreError, match="unit 4 is occupied"):
        store.set_capacity(FLIGHT, 1)
    clock.now_s += 900
    store.set_capacity(FLIGHT, 1)
    assert store.left({FLIGHT: 4}) == {FLIGHT: 1}


def test_without_the_constraint_holds_run_out_all_the_same(unguarded_store, clock, buy, hold):
    """Only the check is missing."""
    unguarded_store.write(hold({FLIGHT: 2}, 2, until_s=clock.now_s + 900))
    clock.now_s += 900
    assert unguarded_store.left({FLIGHT: 2}) == {FLIGHT: 2}
    unguarded_store.write(buy({FLIGHT: 2}))
    assert unguarded_store.bookings(state="booked")[0].units == ((FLIGHT, 1),)
