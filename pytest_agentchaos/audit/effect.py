"""Effect: what became of the world between two looks, in a form in which two of them can be compared.

A look is flattened into leaves: where each stands, without the position in a list, and what it says. Times, hashes and
UUIDs say that something is there and not what, and so does whatever differs between two servers that did the same.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Final, NamedTuple

from pytest_agentchaos.audit.sandbox import BYTES

LIMIT_LEAVES: Final = 50_000
_LIMIT_TEXT: Final = 2_000
_DEPTH: Final = 30
_DIGITS: Final = 40
"""A difference of more is told as two values: written out, 1E+999999 would fill the page."""
_ANY: Final = "*"
_TIME: Final = re.compile(
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?|\b\d{1,2}:\d\d:\d\d(?:\.\d+)?\b"
    r"|\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? (?:[A-Z][a-z]{2} \d{1,2}|\d{1,2} [A-Z][a-z]{2})(?:,? \d{4})?\b"
    r"|\b1[6-9]\d{8}(?:\d{3})?(?:\.\d+)?\b|\b\d{4}-\d\d-\d\d\b"
)
IDENTITY: Final = re.compile(
    r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b|\b(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{7,64}\b", re.IGNORECASE
)
"""UUIDs and hashes, short ones too."""


class Leaf(NamedTuple):
    """One thing that a look has seen."""

    witness: str
    path: str
    text: str


class Change(NamedTuple):
    """One thing that is there now, or is not there any more, or another number."""

    witness: str
    path: str
    sign: str
    """``+``, ``-``, or ``by``."""
    text: str

    @property
    def is_of_bytes(self) -> bool:
        """Whether nothing is known but that bytes changed."""
        return self.path.endswith(f".{BYTES}")


Place = tuple[str, str]
Leaves = Counter[Leaf]
Effect = Counter[Change]


def leaves(look: Mapping[str, Any], ours: Mapping[str, str]) -> Leaves:
    """Everything that a look has seen. ``ours``: texts of this one experiment, and what stands for them in all."""
    found: Leaves = Counter()
    rest: list[tuple[str, str, Any, int]] = [(witness, "", value, 0) for witness, value in look.items()]
    while rest and len(found) < LIMIT_LEAVES:
        witness, path, value, depth = rest.pop()
        if isinstance(value, Mapping) and value and depth < _DEPTH:
            rest += [(witness, f"{path}.{steady(str(key), ours)}", one, depth + 1) for key, one in value.items()]
        elif isinstance(value, list) and value and depth < _DEPTH:
            rest += [(witness, f"{path}[]", one, depth + 1) for one in value]
        elif not isinstance(value, (list, Mapping)):  # an empty one says nothing that the next look would not
            found[Leaf(witness, path, _leaf(value, ours))] += 1
    return found


def _leaf(value: Any, ours: Mapping[str, str]) -> str:
    return steady(value if isinstance(value, str) else repr(value), ours)


def steady(text: str, ours: Mapping[str, str]) -> str:
    """The text without what is new each time."""
    text = text[:_LIMIT_TEXT]
    for own, placeholder in ours.items():
        text = text.replace(own, placeholder)
    return IDENTITY.sub("<hash>", _TIME.sub("<time>", text))


def effect(before: Leaves, after: Leaves, restless: Iterable[Place] = ()) -> Effect:
    """What changed, but for what changes by itself. A number that became another one changed by so much."""
    ignored = set(restless)
    changed: dict[Place, list[Change]] = defaultdict(list)
    found: Effect = Counter()
    for sign, more in (("-", before - after), ("+", after - before)):
        for leaf, count in more.items():
            if (leaf.witness, leaf.path) not in ignored:
                change = Change(leaf.witness, leaf.path, sign, leaf.text)
                changed[leaf.witness, leaf.path].append(change)
                found[change] = count
    for (witness, path), (one, *others) in changed.items():
        if len(others) == 1 and (by := _difference(one, others[0])) is not None and found[one] == found[others[0]] == 1:
            del found[one], found[others[0]]
            found[Change(witness, path, "by", by)] = 1
    return found


def _difference(gone: Change, came: Change) -> str | None:
    if (gone.sign, came.sign) != ("-", "+"):
        return None
    try:
        by = Decimal(came.text) - Decimal(gone.text)
    except ArithmeticError:
        return None
    return f"{by:+f}" if by.is_finite() and abs(by.adjusted()) < _DIGITS else None


def places(*effects: Effect) -> set[Place]:
    """Where anything changed."""
    return {(change.witness, change.path) for one in effects for change in one}


def masked(one: Effect, mask: set[Place]) -> Effect:
    """The effect without what the values at some places are; that there are so many stays."""
    if not mask:
        return one
    found: Effect = Counter()
    for change, count in one.items():
        found[change._replace(text=_ANY) if (change.witness, change.path) in mask else change] += count
    return found


def varying(one: Effect, other: Effect) -> set[Place]:
    """Where the same deed, done on two servers, does not leave the same."""
    different = (one - other) + (other - one)
    return places(different)


def told(one: Effect) -> list[str]:
    """Each change in a few words."""
    lines = []
    for change, count in sorted(one.items()):
        path = re.sub(r"^[.\[\]]+", "", change.path)
        sign = "" if change.sign == "by" else change.sign
        times = f" ({count} times)" if count > 1 else ""
        lines.append(f"{change.witness}{f' {path}' if path else ''}: {sign}{change.text.strip()}{times}")
    return lines
