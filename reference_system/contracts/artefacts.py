"""The files of the control plane, and the hash by which a manifest knows each."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from reference_system.contracts.base import Contract
from reference_system.contracts.schemas import Schema, result_schema, tool_schema
from reference_system.contracts.tools import Domain, ToolContract

ROOT = Path(__file__).parent
"""Where they are: prompts, policies, workflows, errors, prices, manifests. Part of the package."""


class Pin(Contract):
    """One version of a file, and the hash that it had when the manifest was frozen."""

    path: Annotated[str, Field(pattern=r"^[a-z]+(/[a-z0-9][a-z0-9.-]*)+\.(md|toml)$")]
    """Below the root; its name is its version: prompts/router/v1.md."""
    sha256: Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")] = ""
    """Empty in a manifest that is written and not frozen yet."""


class ToolPin(Contract):
    """One tool as it was when the manifest was frozen: stored whole, so that versions can be compared."""

    domain: Domain
    writes: bool
    charges: bool
    undo: str | None
    arguments: Schema
    """As its server publishes them."""
    result: Schema
    sha256: str
    """Of all that."""


def pinned(tool: ToolContract) -> ToolPin:
    """The tool as this code has it."""
    content: dict[str, Any] = {
        "domain": tool.domain,
        "writes": tool.writes,
        "charges": tool.charges,
        "undo": tool.undo,
        "arguments": tool_schema(tool, wire=True),
        "result": result_schema(tool),
    }
    return ToolPin(**content, sha256=sha256_of(content))


def sha256(text: str) -> str:
    """Of a file's text (read as text, so that the line ends of a checkout do not matter)."""
    return hashlib.sha256(text.encode()).hexdigest()


def sha256_of(value: Any) -> str:
    """Of a JSON value, however its keys are ordered."""
    return sha256(json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False))
