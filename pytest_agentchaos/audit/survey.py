"""Survey: what a server has, which of its tools can be witnesses, and which of them only say that they read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from pytest_agentchaos.audit.arguments import candidates
from pytest_agentchaos.audit.effect import Place as Where
from pytest_agentchaos.audit.effect import effect, places
from pytest_agentchaos.audit.examples import Examples
from pytest_agentchaos.audit.place import Lab, Place
from pytest_agentchaos.audit.session import Greeting, ServerError
from pytest_agentchaos.audit.tool import Tool
from pytest_agentchaos.audit.world import LIMIT_READERS, LIMIT_RESOURCES, Call, Witnesses, look
from pytest_agentchaos.evidence.printable import printable
from pytest_agentchaos.evidence.telling import listed

LIMIT_TOOLS: Final = 500
_QUICK_S: Final = 1.0
"""A witness is asked at every look."""
_QUIET: Final = "its annotations say so, and a call changed nothing that others see"
_MOODY: Final = f"{_QUIET}; its own answers differ from call to call"


@dataclass(frozen=True, slots=True)
class Survey:
    """What is known before anything is tried."""

    greeting: Greeting
    tools: Sequence[Tool]
    witnesses: Witnesses
    reads: Mapping[str, str]
    """Tools that say that they read and were called -> what was seen of it."""
    liars: AbstractSet[str]
    """Those that say so and write."""
    restless: AbstractSet[Where]
    """What changes by itself."""
    remarks: Sequence[str]


def survey(lab: Lab, examples: Examples, progress: Callable[[str, int, int], None], *, trusting: bool) -> Survey:
    """Meet the server, and find out who can be believed. ``trusting``: a name like ``list_...`` is enough to call."""
    progress("the server is started", 0, 0)
    with lab.place() as place:
        greeting = place.session.greeting
        tools = _tools(place)
        lab.know({tool.name: tool.schema for tool in tools})
        reading = {
            call["name"]: call for tool in tools for call in [_accepted(place, tool, examples, trusting)] if call
        }
        resources = "resources" in greeting.capabilities and _can_list_resources(place)
        garbage = place.session.garbage
    chosen = [call for call in reading.values() if call["quick"]][:LIMIT_READERS]
    witnesses = Witnesses([_bare(call) for call in chosen], resources=resources)
    remarks: list[str] = []
    if garbage is not None:
        remarks.append(f"it prints what is no message of MCP, and clients may give it up: {garbage!r}")
    says_so = {tool.name for tool in tools if tool.read_only}
    restless, differs = _idle(lab, witnesses, [call for call in reading.values() if call["name"] in says_so])
    liars: set[str] = set()
    if differs:
        suspects = [call for name, call in reading.items() if name in says_so or call in chosen]
        for at, call in enumerate(suspects):
            progress(f"{call['name']} is watched", at, len(suspects))
            if _writes(lab, witnesses.without(call["name"], *liars), call):
                liars.add(call["name"])
        witnesses = witnesses.without(*liars)
        restless, _ = _idle(lab, witnesses, [])
    if restless:
        names = sorted({printable(one) for one, _ in restless})
        remarks.append(f"what changes by itself is not compared: parts of {listed(names)}")
    moody = {witness for witness, _ in restless}
    reads = {name: _MOODY if name in moody else _QUIET for name in reading if name in says_so}
    return Survey(greeting, tools, witnesses, reads, liars & says_so, restless, remarks)


def _can_list_resources(place: Place) -> bool:
    """Whether it really has what it says it has."""
    with suppress(ServerError):
        place.session.all_of("resources", LIMIT_RESOURCES)
        return True
    return False


def _tools(place: Place) -> list[Tool]:
    found: dict[str, Tool] = {}
    listed_all = place.session.all_of("tools", LIMIT_TOOLS)
    if len(listed_all) > LIMIT_TOOLS:
        msg = f"it has more than {LIMIT_TOOLS} tools, and a verdict on some would look like one on all; show fewer"
        raise ServerError(msg)
    for item in listed_all:
        tool = Tool.of(item)
        if tool is not None:
            found.setdefault(tool.name, tool)
    return list(found.values())


def _accepted(place: Place, tool: Tool, examples: Examples, trusting: bool) -> Call | None:  # noqa: FBT001 - of two
    """A call of a tool that reads which the server answers; None if there is none without guessing.

    What says that it reads may be called with whatever its schema allows. What only sounds like it is called with what
    somebody has given, or with nothing.
    """
    given = list(examples.arguments.get(tool.name, ()))[:1]
    if tool.read_only:
        tried = given or list(candidates(tool))
    elif tool.is_annotated or not (trusting and tool.sounds_reading):
        return None
    else:
        tried = given or ([{}] if not tool.required else [])
    for arguments in tried:
        answer = place.session.call(place.fill({"name": tool.name, "arguments": arguments}))
        if answer.lost:
            if place.can_restart():
                place.restart()
            return None
        if answer.error is None:
            return {"name": tool.name, "arguments": arguments, "quick": answer.took_s < _QUICK_S}
    return None


def _idle(lab: Lab, witnesses: Witnesses, calls: Sequence[Call]) -> tuple[set[Where], bool]:
    """What differs between two looks though nothing was done; and whether calls that only read make a difference."""
    with lab.place() as place:
        before, after = look(place, witnesses), look(place, witnesses)
        restless = places(effect(before, after))
        for call in calls:
            place.session.call(place.fill(_bare(call)))
        return restless, bool(restless or (calls and effect(after, look(place, witnesses))))


def _writes(lab: Lab, witnesses: Witnesses, call: Call) -> bool:
    """Whether others see something else after this call."""
    with lab.place() as place:
        before, after = look(place, witnesses), look(place, witnesses)
        place.session.call(place.fill(_bare(call)))
        return bool(effect(after, look(place, witnesses), places(effect(before, after))))


def _bare(call: Call) -> Call:
    return {"name": call["name"], "arguments": call["arguments"]}


def tools_of(lab: Lab) -> list[Tool]:
    """The tools of a server; nothing is called."""
    with lab.place() as place:
        return _tools(place)
