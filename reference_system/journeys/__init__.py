"""The golden journeys: 30 requests as data, and the end states that would be right."""

from reference_system.journeys.journey import Journey, JourneyError, find, shipped
from reference_system.journeys.judge import Use, judge

__all__ = ["Journey", "JourneyError", "Use", "find", "judge", "shipped"]
