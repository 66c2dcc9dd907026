"""Saving the itinerary: once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reference_system.agents.assignment import Problem
from reference_system.agents.deed import Deed
from reference_system.agents.skill import Skill
from reference_system.contracts.plan import Keep
from reference_system.contracts.tools import (
    FlightReservation,
    HotelReservation,
    Itinerary,
    TableReservation,
    WeatherReport,
)

if TYPE_CHECKING:
    from reference_system.agents.desk import Desk


class Keeping(Skill[Keep]):
    """See contracts.plan.Keep."""

    def tools(self, task: Keep) -> tuple[str, ...]:  # noqa: ARG002 - as in Skill
        """Nothing that was saved before is needed."""
        return ("save_itinerary",)

    def is_done(self, task: Keep, desk: Desk) -> bool:  # noqa: ARG002 - as in Skill
        """It is saved."""
        return bool(desk.results("save_itinerary", Itinerary))

    async def by_rules(self, task: Keep, desk: Desk) -> Problem | None:
        """A line for each thing that was done, by day."""
        lines = sorted(line for deed in desk.assignment.facts if (line := _line(deed)))
        await desk.call(
            "save_itinerary",
            {"trip": desk.assignment.trip, "title": task.title, "lines": lines or ["Nothing is booked."]},
        )
        return None


def _line(deed: Deed) -> str | None:
    match deed.result:
        case FlightReservation(state="booked") as flight:
            way = f"{flight.origin} - {flight.destination}"
            return f"{flight.date} {flight.departs} {flight.flight} {way} ({flight.booking})"
        case HotelReservation() as hotel:
            return f"{hotel.check_in} to {hotel.check_out} {hotel.name}, {hotel.city} ({hotel.booking})"
        case TableReservation() as table:
            return f"{table.date} dinner at {table.name}, {table.city} ({table.booking})"
        case WeatherReport(days=(first, *_)) as report:
            return f"{first.date} weather in {report.city}: " + ", ".join(
                f"{day.condition} {day.low_c}-{day.high_c} C" for day in report.days
            )
        case _:
            return None
