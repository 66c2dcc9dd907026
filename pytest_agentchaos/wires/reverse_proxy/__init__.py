"""The HTTP wire between real processes: a reverse proxy with one upstream, in front of which faults act."""

from pytest_agentchaos.wires.reverse_proxy.proxy import Proxy

__all__ = ["Proxy"]
