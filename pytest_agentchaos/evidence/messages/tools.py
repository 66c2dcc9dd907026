"""Tool definitions: what tools say of themselves - schemas, and whether calling them changes the world.

They come from what crossed the wires (true replies to ``tools/list``, the tools that a model was offered) and from
notes of whoever declared them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.evidence.messages.replies import true_replies

LISTING = "tools/list"
REMEMBERED = 4_096
"""So many definitions outlast the messages that told of them."""


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
    offered: bool = False
    """Whether ``arguments`` is only what a model was told: the tool itself may take more than that."""

    @property
    def writes(self) -> bool | None:
        """Whether it changes the world; None when it says nothing at all about that."""
        if self.read_only is not None:
            return not self.read_only
        return None if self.idempotent is None and self.destructive is None else True


class Listing(NamedTuple):
    """What a server listed, in all its answers together."""

    names: frozenset[str]
    is_whole: bool
    """Whether nobody left off while there were more pages."""


@dataclass(frozen=True, slots=True)
class Tools:
    """All definitions of a history."""

    defined: Mapping[tuple[str, str], ToolDefinition]
    """(target, name) -> definition."""
    listed: Mapping[str, Listing] = field(default_factory=dict)
    """Server -> the tools that it says it has, for servers that were asked."""

    def completed(self, later: Tools) -> Tools:
        """With what was told later, which goes first; of very many tools, those that were told of last."""
        defined = {**{key: one for key, one in self.defined.items() if key not in later.defined}, **later.defined}
        return Tools(dict([*defined.items()][-REMEMBERED:]))

    def find(self, name: str, target: str = "*") -> ToolDefinition | None:
        """What is known of a tool at a server, completed by what is known of its name anywhere."""
        exact, anywhere = self.defined.get((target, name)), self.defined.get(("*", name))
        if exact is None or anywhere is None:
            return exact or anywhere
        missing: dict[str, Any] = {one: getattr(anywhere, one) for one in _SAYS if getattr(exact, one) is None}
        if "arguments" in missing:
            missing["offered"] = anywhere.offered
        return replace(exact, **missing)


_SAYS = ("arguments", "result", "read_only", "idempotent", "destructive")


def tools(history: History) -> Tools:
    """The definitions in a history; ask by ``history.view(tools)``. What is told later, or declared, goes first."""
    offered: dict[str, ToolDefinition] = {}
    declared: dict[tuple[str, str], ToolDefinition] = {}
    for op in history:
        if op.call is not None and op.call.schemas:
            _offer(op.call.schemas, offered)
        elif op.kind == "note" and "tools" in op.data:
            declared |= {(one.target, one.name): one for one in _definitions(op.data, "*")}
    defined, listed = _listings(history)
    defined |= {("*", name): one for name, one in offered.items() if ("*", name) not in defined}
    return Tools(defined | declared, listed)


def _offer(schemas: Mapping[str, Any], offered: dict[str, ToolDefinition]) -> None:
    """Mostly they are those of the call before: the same objects, or equal ones."""
    for name, schema in schemas.items():
        known = offered.get(name)
        if known is None or (known.arguments is not schema and known.arguments != schema):
            offered[name] = ToolDefinition(name, arguments=_schema(schema), offered=True)


def _listings(history: History) -> tuple[dict[tuple[str, str], ToolDefinition], dict[str, Listing]]:
    defined: dict[tuple[str, str], ToolDefinition] = {}
    listed: dict[str, Listing] = {}
    for exchange in history.calls(kind="rpc"):
        target = exchange.call.target
        if exchange.call.name != LISTING:
            continue
        for reply in true_replies(exchange):
            result = reply.data.get("result")
            found = list(_definitions(result, target))
            defined |= {(target, one.name): one for one in found}
            if isinstance(result, Mapping) and isinstance(result.get("tools"), (list, tuple)):
                before = listed.get(target, Listing(frozenset(), is_whole=False))
                names = before.names.union(one.name for one in found)
                listed[target] = Listing(names, before.is_whole or not result.get("nextCursor"))
    return defined, listed


def _definitions(listing: Any, target: str) -> Iterator[ToolDefinition]:
    """The tools in a result of ``tools/list``, or in a note of the same form."""
    items = listing.get("tools") if isinstance(listing, Mapping) else None
    for item in items if isinstance(items, (list, tuple)) else ():
        if (one := _definition(item, target)) is not None:
            yield one


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
