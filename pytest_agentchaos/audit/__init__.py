"""Audit: is a retry safe? Asked of the tools of an MCP server.

For each tool that writes, one fresh server after another is called once, twice, and in all the ways in which a retry
goes wrong: the answer lost, the request doubled, two at once, cancelled, overtaken, the server restarted. What each did
to the world is held against what one execution does and what two do.

The messages are written by hand (``session``): a client library would hide ids, retry, or give up by itself, and what
is to be tried is what the server does, not what one client does.
"""

from __future__ import annotations

from pytest_agentchaos.audit.auditor import Options, audit
from pytest_agentchaos.audit.examples import Examples, load, template
from pytest_agentchaos.audit.place import Address, Command
from pytest_agentchaos.audit.report import Finding, Outcome, Report, ToolReport
from pytest_agentchaos.audit.session import ServerError
from pytest_agentchaos.audit.survey import tools_of

__all__ = [
    "Address", "Command", "Examples", "Finding", "Options", "Outcome", "Report", "ServerError", "ToolReport", "audit",
    "load", "template", "tools_of",
]  # fmt: skip
