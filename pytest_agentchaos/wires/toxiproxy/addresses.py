"""Addresses: host:port as Go reads it, and which of them are refused because they lead away from this machine."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.targets import refuse_unless_allowed
from pytest_agentchaos.wires.toxiproxy.refusal import Refusal

LOOPBACK: Final = "127.0.0.1"
_PORTS: Final = range(65536)


@dataclass(frozen=True, slots=True)
class Address:
    """A host, as an IP address, and a port."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def split(address: str) -> tuple[str, str]:
    """Host and port, both as they were written."""
    host, colon, port = address.rpartition(":")
    if not colon or (address.startswith("[") and address.endswith("]")):
        raise Refusal(500, f"address {address}: missing port in address")
    if host.startswith("[") and host.endswith("]"):
        return host[1:-1], port
    if ":" in host:
        raise Refusal(500, f"address {address}: too many colons in address")
    return host, port


def listening(address: str) -> Address:
    """Where to listen. Without a host it is this machine only, whatever the real server would do."""
    if not address:
        return Address(LOOPBACK, 0)
    host, port = split(address)
    number = port_number(port)
    if host in {"", "localhost"}:
        return Address(LOOPBACK, number)
    try:
        return Address(str(ipaddress.ip_address(host)), number)
    except ValueError:
        raise Refusal(500, f"lookup {host}: no such host") from None


def port_number(port: str) -> int:
    """A port by number, or by the name of its service."""
    if not port:
        return 0
    if port.isascii() and port.isdigit():
        if len(port) > len("65535") or int(port) not in _PORTS:
            raise Refusal(500, f"address {port}: invalid port")
        return int(port)
    try:
        return socket.getservbyname(port, "tcp")
    except (OSError, ValueError):
        raise Refusal(500, f"lookup tcp/{port}: unknown port") from None


def refuse_elsewhere(address: str, allowed: Iterable[str]) -> None:
    """A refusal of an address that is not on this machine, unless somebody has allowed it."""
    try:
        host = split(address)[0]
    except Refusal:
        host = address  # it will fail as the real server's would; but a name without a port is a name as well
    if not host:
        return
    try:
        refuse_unless_allowed(host, allowed)
    except UsageError as error:
        raise Refusal(400, str(error)) from None
