"""Numbers by lot that are the same on every machine, in every process, in every year."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

T = TypeVar("T")


def draw(below: int, *what: object) -> int:
    """A number from 0 to ``below`` - 1 that depends on nothing but what it is drawn for."""
    digest = blake2b("|".join(map(str, what)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % below


def pick(choices: Sequence[T], *what: object) -> T:
    """One of these, by the same lot."""
    return choices[draw(len(choices), *what)]
