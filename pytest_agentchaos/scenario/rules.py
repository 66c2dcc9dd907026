"""Rules: the faults of a scenario, each with the calls that it happens to."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ValidationError

from pytest_agentchaos.document import Node
from pytest_agentchaos.errors import UsageError, nearest
from pytest_agentchaos.evidence.call import KINDS
from pytest_agentchaos.evidence.telling import quoted
from pytest_agentchaos.faults.base import Fault
from pytest_agentchaos.faults.registry import registered
from pytest_agentchaos.problems import Keys, Problems, dotted, misfits
from pytest_agentchaos.schedule import DOES, Rule, Selector, rule

WORDS = (*KINDS, *DOES, "any", "edge", "site")
"""Of ``on:``; those for kinds of calls, and for what these do, with a glob on their name."""
EXAMPLE = '{fault: latency, seconds: 20, on: {tool: "*"}}'


def rule_of(node: Node, at: int, problems: Problems) -> Rule | None:
    """The rule that an entry of ``faults`` describes; None if it describes none, and the problems tell why."""
    path = dotted("faults", at)
    name = node.get("fault")
    if name is None or not isinstance(name.value, str):
        problems.add(node.place, path, f"{quoted(node.plain())} names no fault; write for example {EXAMPLE}")
        return None
    known, selector = registered(), selector_of(node.get("on"), f"{path}.on", problems)
    if name.value not in known:
        text = f"there is no fault {name.value!r}; {nearest(name.value, known)}"
        problems.add(node.at(("fault",)), f"{path}.fault", text)
        return None
    fault = _fault(known[name.value], node, path, problems)
    if fault is None or selector is None:
        return None
    try:
        return rule(fault, selector)
    except UsageError as error:
        problems.add(node.at(("on",)), f"{path}.on", str(error))
        return None


def _fault(make: type[Fault], node: Node, path: str, problems: Problems) -> Fault | None:
    parameters = {key: one.plain() for key, one in node.value.items() if key not in {"fault", "on"}}
    made = make.__new__(make)
    try:
        BaseModel.__init__(made, **parameters)  # a fault's own __init__ tells of errors in one sentence, without keys
    except ValidationError as error:
        keys = Keys(f"{make.name} has no parameter", lambda _: list(make.model_fields))
        misfits(error, node.at, path, keys, problems)
        return None
    except UsageError as error:
        problems.add(node.place, path, str(error))
        return None
    return made


def selector_of(node: Node | None, path: str, problems: Problems) -> Selector | None:
    """The calls that ``on:`` describes; without it, every call."""
    if node is None or node.value is None:
        return Selector()
    if not isinstance(node.value, dict):
        text = f'{quoted(node.plain())} selects no calls; write for example {{tool: "book_*", nth: 1}}'
        problems.add(node.place, path, text)
        return None
    before = len(problems)
    given = {key: one.plain() for key, one in node.value.items()}
    words = [word for word in WORDS if word in given]
    if len(words) > 1 and "agent" in words:
        words.remove("agent")  # beside another word it is the calling agent
    if len(words) > 1:
        text = f"{' and '.join(words)} stand side by side; select by one of them"
        problems.add(node.at(words[1:2]), path, text)
    fields = _fields(words[0], given.pop(words[0]), node, path, problems) if words else {}
    for key in sorted(fields.keys() & given.keys()):
        problems.add(node.at((key,)), f"{path}.{key}", f"{words[0]!r} says that already; leave one of them out")
    if len(problems) > before:
        return None
    try:
        return Selector.model_validate({**given, **fields})
    except ValidationError as error:
        names = {"name": words[0]} if words else {}
        keys = Keys("calls are not selected by", lambda _: [*WORDS, *Selector.model_fields], names)
        misfits(error, node.at, path, keys, problems)
        return None


def _fields(word: str, value: Any, node: Node, path: str, problems: Problems) -> dict[str, Any]:
    """The fields of a selector that a word stands for."""
    place, path = node.at((word,)), f"{path}.{word}"
    if word == "site":
        return {"site": value}
    if word == "any":
        if value is not True:
            problems.add(place, path, f"{quoted(value)}: write any: true for every call")
        return {}
    if word == "edge":
        ends = value if isinstance(value, dict) else {"": None}
        for key in ends.keys() - {"caller", "callee"}:
            problems.add(node.at((word, key)), path, "an edge has a caller, a callee or both: {caller: planner}")
        told = {"agent": ends.get("caller"), "callee": ends.get("callee")}
        return {key: glob for key, glob in told.items() if glob is not None}
    if not isinstance(value, str):
        problems.add(place, path, f'{quoted(value)} is no name; write {word}: "*" for all, or a glob such as "book_*"')
    return {"name": value, **({"kind": word} if word in KINDS else {"writes": DOES[word]})}
