"""Examples: arguments that people give for tools, and calls that come before every experiment."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pytest_agentchaos.audit.arguments import candidates
from pytest_agentchaos.audit.tool import Tool
from pytest_agentchaos.document import Node, read
from pytest_agentchaos.errors import nearest
from pytest_agentchaos.problems import Problems


@dataclass(frozen=True, slots=True)
class Examples:
    """What a file of examples says."""

    arguments: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    """Tool -> arguments; the second ones are what overtakes the first."""
    setup: Sequence[Mapping[str, Any]] = ()
    """Calls, in order."""


def load(path: Path) -> Examples:
    """Read a file: YAML, and JSON is YAML."""
    problems = Problems()
    root = read(path, problems)
    problems.stop()
    assert root is not None  # noqa: S101 - else there was a problem
    _check_keys(root, problems)
    tools = root.get("tools")
    arguments = {}
    if tools is not None and isinstance(tools.value, dict):
        arguments = {name: _several(node, f"tools.{name}", problems) for name, node in tools.value.items()}
    setup = []
    for at, node in root.get("setup").items() if root.get("setup") else ():  # type: ignore[union-attr]  # asked before
        if not isinstance(node.value, dict) or len(node.value) != 1:
            problems.add(node.place, f"setup[{at}]", "one call is a tool and its arguments: `create: {name: a}`")
            continue
        [(name, given)] = node.value.items()
        setup.append({"name": name, "arguments": _arguments(given, f"setup[{at}].{name}", problems)})
    problems.stop()
    return Examples(arguments, setup)


def _check_keys(root: Node, problems: Problems) -> None:
    known = ("setup", "tools")
    for key in root.value if isinstance(root.value, dict) else ():
        if key not in known:
            text = f"there is no {key!r} here; {nearest(key, known)}"
            problems.add(root.keys.get(key, root.place), key, text)
    if not isinstance(root.value, dict):
        problems.add(root.place, "", "write `tools:`, and below it a list of arguments for each tool")
    elif (tools := root.get("tools")) is not None and not isinstance(tools.value, dict):
        problems.add(tools.place, "tools", "write a list of arguments for each tool: `create: [{name: a}]`")


def _several(node: Node, path: str, problems: Problems) -> list[Mapping[str, Any]]:
    return [_arguments(one, f"{path}[{at}]", problems) for at, one in node.items()]


def _arguments(node: Node, path: str, problems: Problems) -> Mapping[str, Any]:
    given = {} if node.value is None else node.plain()
    if not isinstance(given, dict):
        problems.add(node.place, path, "arguments are names and values: `{name: a, count: 1}`")
        return {}
    return given


def unknown(examples: Examples, tools: Iterable[Tool]) -> list[str]:
    """Tools that the examples name and the server has not."""
    names = {tool.name for tool in tools}
    called = [*examples.arguments, *(str(call["name"]) for call in examples.setup)]
    return [f"{name!r}: {nearest(name, names)}" for name in dict.fromkeys(called) if name not in names]


def template(tools: Iterable[Tool]) -> str:
    """A file to begin with: for each tool what the audit would call it with."""
    lines = [
        "# For `agentchaos audit --examples FILE`: a list of arguments for each tool. The first are used; the second,",
        "# if there are any, are those of a newer call. {sandbox} is the folder of an experiment, {token} its word.",
        "setup: []  # calls that come first on every server: - tool_name: {argument: value}",
        "tools:",
    ]
    for tool in tools:
        given = next(candidates(tool), None)
        told = "" if given is not None else "  # nothing that fits its schema was found"
        lines += [f"  {json.dumps(tool.name)}:{told}", f"    - {json.dumps(given or {})}"]
    return "\n".join(lines)
