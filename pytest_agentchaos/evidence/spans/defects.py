"""What is wrong with traces, told in one sentence: each kind of fault, and the first places where it is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from pytest_agentchaos.evidence.telling import LISTED, listed


class Place(NamedTuple):
    """Where it is wrong, and the ops that show it."""

    text: str
    ops: tuple[int, ...] = ()


class Defect(NamedTuple):
    """One kind of fault, in as many places as it is."""

    one: str
    """``call has no span``"""
    many: str
    """``calls have no span``"""
    places: Sequence[Place]

    def __str__(self) -> str:
        count = len(self.places)
        places = listed((place.text for place in self.places[:LISTED]), count)
        return f"{count} {self.one if count == 1 else self.many}: {places}"


def told(defects: Iterable[Defect]) -> str:
    """All of them; empty if there is nothing wrong anywhere."""
    return "; ".join(str(defect) for defect in defects if defect.places)


def ops_of(defects: Iterable[Defect]) -> tuple[int, ...]:
    """The ops of the places that are told of."""
    return tuple(sorted({op for defect in defects for place in defect.places[:LISTED] for op in place.ops}))
