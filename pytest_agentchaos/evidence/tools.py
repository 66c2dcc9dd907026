"""Tool definitions: what tools say of themselves - schemas, and whether calling them changes the world.

They come from what crossed the wires (replies to ``tools/list``, the tools that a model was offered) and from notes
of whoever declared them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from pytest_agentchaos.evidence.history import History

LISTING = "tools/list"


@dataclass(frozen=True, slots=True)
class ToolDefinition:
    """One tool. What it says nothing about is None."""

    name: str
    target: str = "*"
    """The server that has it; ``*`` when that is not known."""
    arguments: Mapping[str, Any] | None = None
    """The JSON schema of its arguments."""
    result: Mapping[str, Any] | None = None
    """The JSON schema of its results."""
    read_only: bool | None = None
    """MCP's ``readOnlyHint``: it changes nothing."""
    idempotent: bool | None = None
    """MCP's ``idempotentHint``: the same call again changes nothing more."""
    destructive: bool | None = None
    """MCP's ``destructiveHint``: what it changes may be lost."""

    @property
    def writes(self) -> bool | None:
        """Whether it changes the world; None when it says nothing at all about that."""
        if self.read_only is not None:
            return not self.read_only
        return None if self.idempotent is None and self.destructive is None else True


@dataclass(frozen=True, slots=True)
class Tools:
    """All definitions of a history."""

    defined: Mapping[tuple[str, str], ToolDefinition]
    """(target, name) -> definition."""

    def find(self, name: str, target: str = "*") -> ToolDefinition | None:
        """What is known of a tool at a server, completed by what is known of its name anywhere."""
        exact, anywhere = self.defined.get((target, name)), self.defined.get(("*", name))
        if exact is None or anywhere is None:
            return exact or anywhere
        return replace(exact, **{field: getattr(anywhere, field) for field in _SAYS if getattr(exact, field) is None})


_SAYS = ("arguments", "result", "read_only", "idempotent", "destructive")


def tools(history: History) -> Tools:
    """The definitions in a history; ask by ``history.view(tools)``. What is told later, or declared, goes first."""
    defined: dict[tuple[str, str], ToolDefinition] = {}
    offered: dict[str, ToolDefinition] = {}
    declared: list[ToolDefinition] = []
    known: list[Mapping[str, Any]] = []  # mostly one object again and again, or equal ones
    for op in history:
        call = op.call
        if call is not None and call.schemas and not any(call.schemas is one or call.schemas == one for one in known):
            known.append(call.schemas)
            offered.update({name: ToolDefinition(name, arguments=schema) for name, schema in call.schemas.items()})
        elif op.kind == "note" and "tools" in op.data:
            declared += _definitions(op.data, "*")
    for exchange in history.calls(LISTING, kind="rpc"):
        for found in _definitions(exchange.data.get("result"), exchange.call.target):
            defined[found.target, found.name] = found
    for name, found in offered.items():
        defined.setdefault(("*", name), found)
    for found in declared:
        defined[found.target, found.name] = found
    return Tools(defined)


def _definitions(listing: Any, target: str) -> list[ToolDefinition]:
    """The tools in a result of ``tools/list``, or in a note of the same form."""
    items = listing.get("tools") if isinstance(listing, Mapping) else None
    found = (_definition(item, target) for item in items) if isinstance(items, (list, tuple)) else ()
    return [one for one in found if one is not None]


def _definition(item: Any, target: str) -> ToolDefinition | None:
    if not isinstance(item, Mapping) or not isinstance(name := item.get("name"), str):
        return None
    said = item.get("annotations")
    hints = said if isinstance(said, Mapping) else {}
    where = item.get("target")
    return ToolDefinition(
        name,
        where if isinstance(where, str) else target,
        _schema(item.get("inputSchema")),
        _schema(item.get("outputSchema")),
        _hint(hints, "readOnlyHint"),
        _hint(hints, "idempotentHint"),
        _hint(hints, "destructiveHint"),
    )


def _schema(value: Any) -> Mapping[str, Any] | None:
    return value if isinstance(value, Mapping) else None


def _hint(hints: Mapping[str, Any], name: str) -> bool | None:
    return value if isinstance(value := hints.get(name), bool) else None
