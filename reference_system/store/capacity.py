"""Capacity: numbered units of resources (the seats of a flight on a day, the rooms of a hotel in a night)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import count as numbers_from
from itertools import islice

from reference_system.errors import SoldOutError, StoreError
from reference_system.store import bookings
from reference_system.store.database import Session, marks

# No conflict target: a resource has two unique indexes, and a concurrent insertion may be met in either.
_ADD = "INSERT INTO resources (resource, capacity) VALUES (?, ?) ON CONFLICT DO NOTHING"
_OCCUPIED = (
    "SELECT units.resource, COUNT(*) FROM units JOIN bookings ON bookings.booking = units.booking"
    " WHERE units.resource IN ({marks}) AND NOT (bookings.state = 'held' AND bookings.expires_at_s <= ?)"
    " GROUP BY units.resource"
)
_CAPACITIES = "SELECT resource, capacity FROM resources WHERE resource IN ({marks}) ORDER BY resource"
_UNITS = "SELECT resource, unit FROM units WHERE resource IN ({marks})"
_HIGHEST = "SELECT unit, booking FROM units WHERE resource = ? ORDER BY unit DESC LIMIT 1"
_OCCUPY = "INSERT INTO units (resource, capacity, unit, booking) VALUES (?, ?, ?, ?)"


class Capacity:
    """The units of all resources, as one transaction sees them at one moment."""

    def __init__(self, session: Session, *, now_s: float, guarded: bool) -> None:
        self._session = session
        self._now_s = now_s
        self._guarded = guarded

    def take(self, resources: Mapping[str, int], booking: str, count: int) -> dict[str, tuple[int, ...]]:
        """Occupy the lowest free units of each resource.

        Guarded, the resources stay locked until the transaction ends, in an order that is the same for all, so that
        buyers queue and nobody waits in a circle. Unguarded, whoever sells is believed to have asked :meth:`left`.
        """
        names = sorted(resources)
        if not names:
            return {}
        self._session.execute_many(_ADD, [(name, resources[name]) for name in names])
        capacities = self._capacities(names, lock=self._guarded)
        bookings.expire(self._session, names, now_s=self._now_s)
        occupied = self._units(names)
        taken = {name: _lowest_free(occupied[name], count) for name in names}
        if self._guarded:
            for name in names:
                _check_room(name, capacities[name], occupied[name], count)
        self._session.execute_many(
            _OCCUPY, [(name, capacities[name], unit, booking) for name in names for unit in taken[name]]
        )
        return taken

    def left(self, resources: Mapping[str, int]) -> dict[str, int]:
        """How many units are free."""
        names = list(resources)
        if not names:
            return {}
        capacities = {**resources, **self._capacities(names)}
        counted = _OCCUPIED.format(marks=marks(names))
        occupied: dict[str, int] = dict(self._session.rows(counted, *names, self._now_s))
        return {name: max(0, capacities[name] - occupied.get(name, 0)) for name in names}

    def change(self, resource: str, capacity: int) -> None:
        """Set a capacity; StoreError: a unit beyond it is occupied."""
        if capacity < 0:
            msg = f"{resource}: a capacity of {capacity} is less than none; give 0 or more"
            raise StoreError(msg)
        self._session.execute(_ADD, resource, capacity)
        self._capacities([resource], lock=True)
        bookings.expire(self._session, [resource], now_s=self._now_s)
        highest = self._session.row(_HIGHEST, resource)
        if highest is not None and highest[0] > capacity:
            unit, booking = highest
            msg = f"{resource}: unit {unit} is occupied by {booking}; cancel it before the capacity becomes {capacity}"
            raise StoreError(msg)
        self._session.execute("UPDATE resources SET capacity = ? WHERE resource = ?", capacity, resource)

    def _capacities(self, names: Sequence[str], *, lock: bool = False) -> dict[str, int]:
        sql = _CAPACITIES.format(marks=marks(names))
        return dict(self._session.rows(sql + self._session.dialect.lock_rows if lock else sql, *names))

    def _units(self, names: Sequence[str]) -> dict[str, set[int]]:
        occupied: dict[str, set[int]] = {name: set() for name in names}
        for resource, unit in self._session.rows(_UNITS.format(marks=marks(names)), *names):
            occupied[resource].add(unit)
        return occupied


def _lowest_free(occupied: set[int], count: int) -> tuple[int, ...]:
    return tuple(islice((unit for unit in numbers_from(1) if unit not in occupied), count))


def _check_room(name: str, capacity: int, occupied: set[int], count: int) -> None:
    free = capacity - len(occupied)
    if free < count:
        msg = f"{name}: {count} wanted, {free} of {capacity} left; choose another or fewer"
        raise SoldOutError(msg)
