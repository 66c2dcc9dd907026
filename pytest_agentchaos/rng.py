"""All randomness, as named streams of a seed: no draw can shift another."""

from __future__ import annotations

import hashlib
import random
from functools import lru_cache


def _digest(seed: int, names: tuple[object, ...]) -> bytes:
    text = "\x1f".join((str(seed), *map(str, names)))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def stream(seed: int, *names: object) -> random.Random:
    """An independent generator for these names under this seed."""
    return random.Random(int.from_bytes(_digest(seed, names)[:16], "big"))  # noqa: S311 - not for secrets


def uniform(seed: int, *names: object) -> float:
    """One number in [0, 1) for these names under this seed."""
    return int.from_bytes(_digest(seed, names)[:8], "big") / 2**64


@lru_cache(maxsize=1024)  # most trials of a session have one seed
def derive(seed: int, *names: str | int) -> int:
    """A seed for these names under this seed."""
    return int.from_bytes(_digest(seed, names)[:4], "big")
