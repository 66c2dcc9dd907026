"""What stands between real processes in live mode, for tests and for the live form of a system.

with Processes() as processes, Proxy("http://127.0.0.1:8000", name="http://flights.local") as flights:
    processes.start("agent", ["node", "agent.js"], env=flights.environment(), ready=ready.port(3000))
"""

from __future__ import annotations

from pytest_agentchaos.children import ready
from pytest_agentchaos.traces.receiver import Receiver
from pytest_agentchaos.wires.children import Processes
from pytest_agentchaos.wires.reverse_proxy import Proxy
from pytest_agentchaos.wires.standing import Wires
from pytest_agentchaos.wires.tcp import Link

__all__ = ["Link", "Processes", "Proxy", "Receiver", "Wires", "ready"]
