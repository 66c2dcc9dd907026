"""Children: real processes, started and made ready, killed, paused and started again; none outlives this process."""

from pytest_agentchaos.children import ready
from pytest_agentchaos.children.child import Child
from pytest_agentchaos.children.processes import Processes

__all__ = ["Child", "Processes", "ready"]
