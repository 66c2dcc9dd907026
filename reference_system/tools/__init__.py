"""Five MCP servers, one for each domain: what the system can do in the world."""

from __future__ import annotations

from reference_system.tools.server import ToolServer, build_server

__all__ = ["ToolServer", "build_server"]
