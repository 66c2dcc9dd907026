"""Serving: a small HTTP server that tells rollout controllers what a gate says, and shows reports to people.

It stands on loopback unless it has a token, reads results and runs nothing.
"""

from pytest_agentchaos.serving.gates import Gate
from pytest_agentchaos.serving.server import Server
from pytest_agentchaos.serving.site import Site

__all__ = ["Gate", "Server", "Site"]
