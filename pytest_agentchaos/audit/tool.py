"""Tool: what a server says of one of its tools, and what that lets an audit do."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

_READS: Final = re.compile(
    r"^(?:get|list|read|search|find|fetch|show|describe|query|count|status|view|lookup|look|check|peek|inspect|browse"
    r"|ls|cat|stat|head|tail|diff|log)(?![a-z])|[_.-](?:get|list|read|search|status|query|show)(?:$|[_.-])",
    re.IGNORECASE,
)
_WRITES: Final = re.compile(
    r"(?:^|[_.-])(?:write|create|update|upsert|delete|remove|drop|set|add|insert|append|put|post|send|move|rename|book"
    r"|execute|exec|run|save|store|edit|modify|clear|reset|toggle|start|stop|and)(?:$|[_.-])",
    re.IGNORECASE,
)
_CAMEL: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
_KEY_NAME: Final = re.compile(r"idempoten|dedup|client_?(?:token|request_?id|reference)", re.IGNORECASE)
_KEY_TOLD: Final = re.compile(r"idempoten|dedup", re.IGNORECASE)
_META: Final = re.compile(r"_meta\W{1,4}([\w./-]*(?:idempoten|dedup)[\w./-]*)", re.IGNORECASE)
_LIMIT_DESCRIPTION: Final = 2_000
"""The pattern takes the square of the time that the text is long."""


@dataclass(frozen=True, slots=True)
class Key:
    """Where a tool takes the key by which it knows a retry."""

    name: str
    is_argument: bool = True
    """Else it stands in ``_meta``."""
    required: bool = False


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool. A hint that it does not give is None."""

    name: str
    schema: Mapping[str, Any]
    description: str = ""
    read_only: bool | None = None
    destructive: bool | None = None
    idempotent: bool | None = None

    @classmethod
    def of(cls, item: Mapping[str, Any]) -> Tool | None:
        """A tool of a listing; None if that is none."""
        name, schema, said = item.get("name"), item.get("inputSchema"), item.get("annotations")
        if not isinstance(name, str) or not name:
            return None
        hints = said if isinstance(said, Mapping) else {}
        read_only, destructive, idempotent = (
            hint if isinstance(hint := hints.get(f"{one}Hint"), bool) else None
            for one in ("readOnly", "destructive", "idempotent")
        )
        described = str(item.get("description") or "")
        return cls(name, schema if isinstance(schema, Mapping) else {}, described, read_only, destructive, idempotent)

    @property
    def is_annotated(self) -> bool:
        """Whether it says anything about what a call does."""
        return any(hint is not None for hint in (self.read_only, self.destructive, self.idempotent))

    @property
    def sounds_reading(self) -> bool:
        """Whether its name is that of something that only looks."""
        name = _CAMEL.sub("_", self.name)
        return _READS.search(name) is not None and _WRITES.search(name) is None

    @property
    def required(self) -> frozenset[str]:
        """The arguments that it cannot do without."""
        names = self.schema.get("required")
        return frozenset(filter(lambda one: isinstance(one, str), names)) if isinstance(names, list) else frozenset()

    @property
    def key(self) -> Key | None:
        """What it takes as an idempotency key, by the names and descriptions of its arguments, or by its own."""
        properties = self.schema.get("properties")
        for name, part in properties.items() if isinstance(properties, Mapping) else ():
            said = str(part.get("description") or "") if isinstance(part, Mapping) else ""
            if _KEY_NAME.search(name) or _KEY_TOLD.search(said):
                return Key(name, required=name in self.required)
        found = _META.search(self.description[:_LIMIT_DESCRIPTION])
        return None if found is None else Key(found[1], is_argument=False)
