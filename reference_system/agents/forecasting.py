"""Looking up the weather: one report."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from reference_system.agents.assignment import Problem
from reference_system.agents.skill import Skill
from reference_system.contracts.base import Contract
from reference_system.contracts.plan import Forecast
from reference_system.contracts.tools import GetForecast, WeatherReport

if TYPE_CHECKING:
    from reference_system.agents.desk import Desk


class Forecasting(Skill[Forecast]):
    """See contracts.plan.Forecast."""

    def tools(self, task: Forecast) -> tuple[str, ...]:  # noqa: ARG002 - as in Skill
        """One."""
        return ("get_forecast",)

    def is_done(self, task: Forecast, desk: Desk) -> bool:
        """There is a report of this city."""
        return any(report.city == task.city for report in desk.results("get_forecast", WeatherReport))

    def objections(self, task: Forecast, desk: Desk, arguments: Contract) -> Iterator[str]:  # noqa: ARG002 - as in Skill
        """Just these days."""
        if isinstance(arguments, GetForecast) and arguments != _question(task):
            yield f"the task is the forecast for {task.city} from {task.first} to {task.last}"

    async def by_rules(self, task: Forecast, desk: Desk) -> Problem | None:
        """Ask."""
        await desk.call("get_forecast", _question(task).model_dump(mode="json"))
        return None


def _question(task: Forecast) -> GetForecast:
    return GetForecast(city=task.city, first=task.first, last=task.last)
