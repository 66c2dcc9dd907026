"""The stdio shim: it stands in an MCP client's configuration in place of a server's command, in any language.

Between the client's pipes and those of the server, which is its child, JSON-RPC messages pass line by line: as they
are where no fault concerns them, and under a fault as on the stream wire of one process (``wires/mcp_stream``).
"""

from pytest_agentchaos.wires.mcp_stdio.shim import Shim

__all__ = ["Shim"]
