"""How a tool says no: what is wrong, where, and what would be right."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from difflib import get_close_matches
from itertools import islice

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from reference_system.catalogue import FIRST_DAY, LAST_DAY
from reference_system.contracts.schemas import tool_schema
from reference_system.contracts.tools import ToolContract
from reference_system.errors import BarredError, KeyConflictError, ToolRefusedError

COMPLAINTS_AT_MOST = 5
SHOWN_AT_MOST = 60
"""Characters of a value that is complained about."""
CLOSE_NAMES = 3


def bad_request(*, at: str, problem: str) -> ToolRefusedError:
    """The request makes no sense."""
    return ToolRefusedError("bad_request", f"{at}: {problem}")


def sold_out(what: str, remedy: str) -> ToolRefusedError:
    """There is not enough of it."""
    return ToolRefusedError("sold_out", f"{what}; {remedy}")


def misused_key(error: KeyConflictError | BarredError) -> ToolRefusedError:
    """The idempotency key belongs to something else, or to a request that was cancelled before it arrived."""
    return ToolRefusedError("barred" if isinstance(error, BarredError) else "key_conflict", str(error))


def unknown_city(field: str, city: str, known: Collection[str]) -> ToolRefusedError:
    """The catalogue has no such city."""
    remedy = _nearest(city, known) or f"take one of {', '.join(known)}"
    return ToolRefusedError("unknown_city", f"{field}: {city!r} is not a city of the catalogue; {remedy}")


def unknown_item(kind: str, item: str, known: Collection[str]) -> ToolRefusedError:
    """The catalogue has no such flight, hotel or restaurant."""
    remedy = _nearest(item, known) or f"search_{kind}s shows those that there are"
    return ToolRefusedError("unknown_item", f"{kind}: there is no {kind} {item!r}; {remedy}")


def no_route(origin: str, destination: str, reached: Iterable[str]) -> ToolRefusedError:
    """Nobody flies there directly."""
    return ToolRefusedError(
        "no_route",
        f"destination: there is no direct flight from {origin} to {destination};"
        f" from {origin} one flies to {', '.join(sorted(reached))}",
    )


def out_of_calendar(field: str, day: date) -> ToolRefusedError:
    """Nothing is known of this day."""
    return ToolRefusedError(
        "out_of_calendar", f"{field}: {day} is outside of the calendar; take a day from {FIRST_DAY} to {LAST_DAY}"
    )


def not_found(*, at: str, problem: str) -> ToolRefusedError:
    """There is no such record."""
    return ToolRefusedError("not_found", f"{at}: {problem}")


def invalid(tool: ToolContract, error: ValidationError) -> ToolRefusedError:
    """Arguments that break the tool's schema."""
    problems = error.errors(include_url=False, include_context=False)
    complaints = [_complaint(tool, problem) for problem in islice(problems, COMPLAINTS_AT_MOST)]
    if len(problems) > COMPLAINTS_AT_MOST:
        complaints.append(f"and {len(problems) - COMPLAINTS_AT_MOST} more")
    return ToolRefusedError("bad_request", "; ".join(complaints))


def _complaint(tool: ToolContract, problem: ErrorDetails) -> str:
    place = ".".join(str(part) for part in problem["loc"]) or "arguments"
    if problem["type"] == "missing":
        return f"{place}: missing, {tool.name} needs it"
    if problem["type"] == "extra_forbidden":
        known = tool_schema(tool, wire=True)["properties"]
        return f"{place}: {tool.name} takes no such argument; it takes {', '.join(known)}"
    said = problem["msg"].removeprefix("Value error, ")
    return f"{place}: {said}" if _shown(problem) in said else f"{place}: {said}, not {_shown(problem)}"


def _shown(problem: ErrorDetails) -> str:
    shown = repr(problem["input"])
    return shown if len(shown) <= SHOWN_AT_MOST else f"{shown[:SHOWN_AT_MOST]}..."


def _nearest(name: str, known: Collection[str]) -> str:
    """The names that may have been meant; empty if none is similar."""
    folded = {candidate.casefold(): candidate for candidate in sorted(known)}
    close = get_close_matches(name.casefold(), folded, n=CLOSE_NAMES, cutoff=0.5)
    return f"the nearest: {', '.join(folded[candidate] for candidate in close)}" if close else ""
