"""What has changed from version to version, for whoever replays a trial that an older one recorded.

Whoever renames or removes a fault, a parameter, a selector's field or an invariant adds a line to the table.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal, NamedTuple

What = Literal["fault", "selector", "invariant"]


class Change(NamedTuple):
    """One name that is no more."""

    since: str
    """The first version without it."""
    what: What
    was: str
    """``name`` of a fault or an invariant, ``name.parameter`` of one of its parameters, or a selector's field."""
    now: str | None
    """The word that took its place; None if nothing did."""
    why: str = ""
    """What to write instead, where another word is not all."""

    def __str__(self) -> str:
        of, dot, parameter = self.was.partition(".")
        thing = f"the parameter {parameter!r} of the {self.what} {of!r}" if dot else f"the {self.what} {self.was!r}"
        if self.what == "selector":
            thing = f"the field {self.was!r} of selectors"
        said = f"is called {self.now!r} since {self.since}" if self.now else f"is no more since {self.since}"
        return f"{thing} {said}{f' ({self.why})' if self.why else ''}"


CHANGES: Final[tuple[Change, ...]] = (
    Change("0.1.0.dev0", "invariant", "correlated.answer", "answer_at"),
    Change("0.1.0.dev0", "invariant", "no_progress_loop.ignore", "except_for"),
    Change("0.1.0.dev0", "invariant", "valid_messages.at", "where"),
)


def concerning(what: What, data: Any) -> Iterator[Change]:
    """The changes that this rule, selector or invariant, as plain data, has met with."""
    names = _names(what, data)
    return (one for one in CHANGES if one.what == what and one.was in names)


def _names(what: What, data: Any) -> frozenset[str]:
    """Everything in it that can be renamed."""
    if not isinstance(data, Mapping):
        return frozenset({str(data)})
    if what == "selector":
        return frozenset(map(str, data))
    name: Any
    given: Any
    if what == "fault":
        name, given = data.get("fault"), data
    else:
        name, given = next(iter(data.items()), ("", ()))
    parameters = given if isinstance(given, Mapping) else {}
    return frozenset({str(name), *(f"{name}.{key}" for key in parameters)})
