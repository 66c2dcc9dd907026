"""A stale answer: it was true some time ago."""

from __future__ import annotations

import random
import re
from datetime import datetime, timedelta
from typing import Any, ClassVar, Self

from pydantic import Field, JsonValue, model_validator

from pytest_agentchaos.faults.answers import ResultFault
from pytest_agentchaos.faults.registry import register
from pytest_agentchaos.faults.tree import last_key, matches, replaced, walk

DAY_S = 86_400
FIRST_MILLISECONDS = 100_000_000_000
"""From here on a number of the epoch counts milliseconds (in seconds it would be the year 5138)."""

_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)(?:([T ])(\d\d:\d\d)(:\d\d)?(\.\d+)?(Z|[+-]\d\d:?\d\d)?)?")
_TIME_KEY = re.compile(
    r"(.*_)?(at|on|updated|modified|changed|created|fetched|timestamp|ts|as_of|time|date|epoch)", re.ASCII
)
_VERSION_KEY = re.compile(r"(.*_)?(version|revision|rev|generation|seq|sequence)", re.ASCII)


@register
class Stale(ResultFault):
    """A cache or a lagging replica answers: dates and versions in the result are those of an earlier time.

    With ``value`` the caller gets that older answer itself. Nothing but the data says that it is old.
    """

    name: ClassVar[str] = "stale"

    age_s: int = Field(default=DAY_S, ge=1)
    """How old it is: ISO dates go back by this, numbers in fields like ``updated_at`` too, versions by one."""
    field: str | None = None
    """Which dates and versions, with dots and globs; all of them unless told."""
    value: JsonValue = None
    """The older answer to give instead."""

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        if "value" in self.model_fields_set and {"age_s", "field"} & self.model_fields_set:
            msg = "value= is the whole older answer, age_s= and field= make one from the true one; give one of them"
            raise ValueError(msg)
        return self

    def __hash__(self) -> int:
        return hash(self.model_dump_json())

    def change(self, value: Any, draw: random.Random) -> Any:  # noqa: ARG002 - nothing to draw
        """Set every date and version back, or give the older answer."""
        if "value" in self.model_fields_set:
            return self.value
        result = value
        for path, item in walk(value):
            if self.field is None or matches(path, self.field):
                older = self._older(last_key(path), item)
                result = result if older is item else replaced(result, path, older)
        return result

    def _older(self, key: str, item: Any) -> Any:
        if isinstance(item, str):
            return _text_back(item, self.age_s)
        if isinstance(item, bool) or not isinstance(item, (int, float)) or item <= 0:
            return item
        if _VERSION_KEY.fullmatch(key) and isinstance(item, int):
            return item - 1
        if _TIME_KEY.fullmatch(key):
            back = self.age_s * 1000 if item >= FIRST_MILLISECONDS else self.age_s
            return item - back if item > back else item
        return item


def _text_back(text: str, age_s: int) -> str:
    """An ISO date or moment so much earlier, written as before; whole days where there is no time of day."""
    found = _MOMENT.fullmatch(text)
    if found is None:
        return text
    day, between, minutes, seconds, fraction, zone = found.groups(default="")
    try:
        moment = datetime.fromisoformat(f"{day}T{minutes or '00:00'}{seconds}")
        earlier = moment - timedelta(seconds=age_s if minutes else -(-age_s // DAY_S) * DAY_S)
    except (ValueError, OverflowError):
        return text
    clock = earlier.strftime("%H:%M:%S" if seconds else "%H:%M") if minutes else ""
    return f"{earlier.date().isoformat()}{between}{clock}{fraction}{zone}"
