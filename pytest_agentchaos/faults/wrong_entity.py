"""A wrong entity: the answer is about somebody or something else."""

from __future__ import annotations

import random
import re
from typing import Any, ClassVar

from pytest_agentchaos.faults.answers import ResultFault
from pytest_agentchaos.faults.registry import register
from pytest_agentchaos.faults.tree import Path, choose, last_key, mangled, replaced, value_at, walk

_ID_KEY = re.compile(r"(.*[_-])?(id|ids|uuid|guid|key|ref|reference|number|code|sku)", re.IGNORECASE)
_CAMEL_ID = re.compile(r".*[a-z0-9](Id|ID|Ids|Uuid|Key|Ref|Number|Code)")
LARGEST_STEP = 9


@register
class WrongEntity(ResultFault):
    """A cache key collides or an index is off by one: a well-formed answer carries the id of another entity.

    The caller sees a success that belongs to another customer, flight or order.
    """

    name: ClassVar[str] = "wrong_entity"

    field: str | None = None
    """Which id, with dots and globs; one of the fields that are called like an id is drawn unless told."""

    def change(self, value: Any, draw: random.Random) -> Any:
        """Swap one id for another one in the answer, or for one that looks like it."""
        path = choose(value, draw, _is_id if self.field is None else _is_name, self.field)
        if path is None:
            return value
        return replaced(value, path, _sibling(value, path, draw))


def _is_name(path: Path, value: Any) -> bool:  # noqa: ARG001 - which field it is was told
    return (isinstance(value, (str, int)) and not isinstance(value, bool)) and value != ""


def _is_id(path: Path, value: Any) -> bool:
    key = next((str(key) for key in reversed(path) if isinstance(key, str)), "")
    return _is_name(path, value) and bool(_ID_KEY.fullmatch(key) or _CAMEL_ID.fullmatch(key))


def _sibling(value: Any, path: Path, draw: random.Random) -> Any:
    own = value_at(value, path)
    others = [
        item
        for other, item in walk(value)
        if _is_name(other, item) and type(item) is type(own) and item != own and last_key(other) == last_key(path)
    ]
    if others:
        return draw.choice(others)
    return own + draw.randint(1, LARGEST_STEP) if isinstance(own, int) else mangled(own, draw)
