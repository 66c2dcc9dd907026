"""The weather server: the forecast."""

from __future__ import annotations

from reference_system.catalogue.season import days
from reference_system.catalogue.weather import weather
from reference_system.contracts.tools import GetForecast, WeatherDay, WeatherReport
from reference_system.tools import checks
from reference_system.tools.call import Call
from reference_system.tools.desk import Desk, Handler


async def get_forecast(_desk: Desk, call: Call[GetForecast]) -> WeatherReport:
    """What it will be, day by day."""
    wanted = call.arguments
    city = checks.city("city", wanted.city)
    checks.period(wanted.first, wanted.last)
    report = []
    for day in days(wanted.first, wanted.last):
        expected = weather(city, day)
        report.append(WeatherDay(date=day, condition=expected.condition, high_c=expected.high_c, low_c=expected.low_c))
    return WeatherReport(city=city.name, days=tuple(report))


HANDLERS: dict[str, Handler] = {"get_forecast": get_forecast}
