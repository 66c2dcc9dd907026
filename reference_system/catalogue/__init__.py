"""What there is to book, and the weather: computed from a few tables, the same on every machine."""

from __future__ import annotations

from reference_system.catalogue.cities import CITIES, City
from reference_system.catalogue.season import FIRST_DAY, LAST_DAY, TODAY

__all__ = ["CITIES", "FIRST_DAY", "LAST_DAY", "TODAY", "City"]
