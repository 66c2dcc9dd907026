"""Which skill a task takes."""

from __future__ import annotations

from typing import Any

from reference_system.agents.dining import Dining
from reference_system.agents.flying import Flying
from reference_system.agents.forecasting import Forecasting
from reference_system.agents.keeping import Keeping
from reference_system.agents.skill import Skill
from reference_system.agents.staying import Staying
from reference_system.agents.ticketing import Ticketing
from reference_system.agents.undoing import Undoing
from reference_system.contracts.plan import Task

_SKILLS: dict[str, Skill[Any]] = {
    "fly": Flying(),
    "ticket": Ticketing(),
    "stay": Staying(),
    "forecast": Forecasting(),
    "dine": Dining(),
    "keep": Keeping(),
    "undo": Undoing(),
}


def skill_for(task: Task) -> Skill[Any]:
    """By the kind of task."""
    return _SKILLS[task.task]
