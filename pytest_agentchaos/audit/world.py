"""World: what can be seen of what a server has done - its reading tools, its resources, the files around it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from pytest_agentchaos.audit.answer import Answer
from pytest_agentchaos.audit.effect import Leaves, leaves
from pytest_agentchaos.audit.place import Place
from pytest_agentchaos.audit.sandbox import files
from pytest_agentchaos.audit.session import ServerError
from pytest_agentchaos.evidence.printable import printable

FILES: Final = "the files"
LIMIT_RESOURCES: Final = 20
LIMIT_READERS: Final = 12

Call = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Witnesses:
    """What is asked at each look."""

    readers: Sequence[Call] = ()
    """Calls of tools that only read."""
    resources: bool = False
    """Whether the server has any."""

    def without(self, *readers: str) -> Witnesses:
        """The others."""
        return replace(self, readers=[call for call in self.readers if call["name"] not in readers])


def look(place: Place, witnesses: Witnesses) -> Leaves:
    """Everything that the witnesses see. Files go first: to ask for the rest may leave some."""
    seen: dict[str, Any] = {FILES: files(place.folders)} if place.folders else {}
    if witnesses.resources:
        for item in place.session.all_of("resources", LIMIT_RESOURCES)[:LIMIT_RESOURCES]:
            uri = str(item.get("uri", ""))
            seen[f"resource {printable(uri, 60)}"] = _said(place.session.read(uri))
    for call in witnesses.readers:
        seen[witness(call)] = _said(place.session.call(place.fill(call)))
    return leaves(seen, place.ours)


def witness(call: Call) -> str:
    """What a reading call is called as a witness."""
    return printable(str(call["name"]), 60)


def _said(answer: Answer) -> Any:
    if answer.lost:
        msg = f"the server could not be looked at afterwards: {answer.told}"
        raise ServerError(msg)
    return answer.value if answer.error is None else {"error": answer.error}
