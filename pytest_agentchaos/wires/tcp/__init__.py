"""The TCP wire: links to databases, queues and whatever else speaks over a socket, through Toxiproxy."""

from pytest_agentchaos.wires.tcp.link import Link

__all__ = ["Link"]
