"""The weather: one look."""

from __future__ import annotations

from reference_system.contracts.plan import Forecast
from reference_system.model.brain.reply import Call, Reply
from reference_system.model.brain.specialists.progress import Progress, done


def forecast(task: Forecast, progress: Progress) -> Reply:
    """Look it up."""
    if progress.last_result("get_forecast") is not None:
        return done("The forecast is there.")
    call = Call("get_forecast", {"city": task.city, "first": task.first.isoformat(), "last": task.last.isoformat()})
    return progress.call(call, because=f"I look up the weather in {task.city}.")
