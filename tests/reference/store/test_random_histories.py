"""Any history of buying, holding, handing over, cancelling and waiting, against a model that fits on a page."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, multiple, rule, run_state_machine_as_test

from reference_system.errors import SoldOutError, StoreError
from reference_system.store import open_store, sql_store
from reference_system.store.interface import BookingRow

CAPACITY = {"A": 3, "B": 2, "C": 4}
RESOURCES = st.sets(st.sampled_from(sorted(CAPACITY)), min_size=1).map(sorted)
COUNTS = st.integers(1, 3)


class Histories(RuleBasedStateMachine):
    """The store, and beside it a dictionary for each booking and a number for each capacity."""

    bookings = Bundle("bookings")

    def __init__(self):
        super().__init__()
        self.store = open_store("sqlite://")
        self.now_s = 1_000.0
        self.capacity = dict(CAPACITY)
        self.expected: dict[str, dict] = {}
        self._patched = pytest.MonkeyPatch()
        self._patched.setattr(sql_store, "time", SimpleNamespace(time=lambda: self.now_s))

    def teardown(self):
        """Give time back."""
        self._patched.undo()
        self.store.close()

    def _state(self, booking):
        known = self.expected[booking]
        ran_out = known["state"] == "held" and known["until_s"] <= self.now_s
        return "expired" if ran_out else known["state"]

    def _occupied(self, resource):
        return {
            unit
            for booking, known in self.expected.items()
            if self._state(booking) in ("held", "booked")
            for name, unit in known["units"]
            if name == resource
        }

    def _lowest_free(self, resource, count):
        occupied = self._occupied(resource)
        return [unit for unit in range(1, self.capacity[resource] + 1) if unit not in occupied][:count]

    def _write(self, resources, count, state, until_s):
        def work(writing):
            booking = writing.next_id("F")
            writing.take({name: CAPACITY[name] for name in resources}, booking, count)
            writing.put(BookingRow(booking, "flight", "T", None, "F", {}, 1, "EUR", state, until_s, ()))
            return booking

        free = {name: self._lowest_free(name, count) for name in resources}
        if any(len(units) < count for units in free.values()):
            with pytest.raises(SoldOutError):
                self.store.write(work)
            return multiple()
        booking = self.store.write(work)
        units = sorted((name, unit) for name, numbers in free.items() for unit in numbers)
        self.expected[booking] = {"state": state, "until_s": until_s, "units": units}
        return booking

    @rule(target=bookings, resources=RESOURCES, count=COUNTS)
    def buy(self, resources, count):
        """All of it, with the lowest free units, or nothing."""
        return self._write(resources, count, "booked", None)

    @rule(target=bookings, resources=RESOURCES, count=COUNTS, for_s=st.integers(-1, 5))
    def hold(self, resources, count, for_s):
        """The same for a while, which may be over already."""
        return self._write(resources, count, "held", self.now_s + for_s)

    @rule(for_s=st.integers(1, 4))
    def wait(self, for_s):
        """Time passes."""
        self.now_s += for_s

    @rule(booking=bookings)
    def cancel(self, booking):
        """Whatever its state."""
        self.store.write(lambda writing: writing.cancel(booking))
        self.expected[booking] |= {"state": "cancelled", "units": []}

    @rule(target=bookings, hold=bookings)
    def hand_over(self, hold):
        """A booking gets the units of a hold if it is open still."""

        def work(writing):
            booking = writing.next_id("F")
            if not writing.hand_over(hold, booking):
                return None
            writing.put(BookingRow(booking, "flight", "T", None, "F", {}, 1, "EUR", "booked", None, ()))
            return booking

        is_open = self._state(hold) == "held"
        booking = self.store.write(work)
        assert (booking is not None) == is_open
        if booking is None:
            return multiple()
        self.expected[booking] = {"state": "booked", "until_s": None, "units": self.expected[hold]["units"]}
        self.expected[hold] |= {"state": "cancelled", "units": []}
        return booking

    @rule(resource=st.sampled_from(sorted(CAPACITY)), capacity=st.integers(0, 6))
    def set_capacity(self, resource, capacity):
        """Not below what is occupied."""
        if any(unit > capacity for unit in self._occupied(resource)):
            with pytest.raises(StoreError, match="is occupied by"):
                self.store.set_capacity(resource, capacity)
        else:
            self.store.set_capacity(resource, capacity)
            self.capacity[resource] = capacity

    @invariant()
    def rows_are_as_expected(self):
        """States and units of all bookings."""
        assert {row.booking: (row.state, list(row.units)) for row in self.store.bookings()} == {
            booking: (self._state(booking), [] if self._state(booking) == "expired" else known["units"])
            for booking, known in self.expected.items()
        }

    @invariant()
    def what_is_left_is_as_expected(self):
        """Whether or not somebody has swept what ran out."""
        assert self.store.left(CAPACITY) == {
            name: self.capacity[name] - len(self._occupied(name)) for name in sorted(CAPACITY)
        }


def test_any_history_goes_as_a_simple_model_has_it():
    """In memory; what the databases make of one history is compared by its digest elsewhere."""
    run_state_machine_as_test(Histories, settings=settings(max_examples=60, stateful_step_count=30))
