"""Targets: where a proxy or an audit may lead. This machine is allowed; anything else has to be named by somebody."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Final

from pytest_agentchaos.errors import UsageError, explains_itself

__tracebackhide__ = explains_itself

VARIABLE: Final = "AGENTCHAOS_ALLOW"
"""Names of hosts, separated by commas; a glob may stand for several."""


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, by its name alone: what a name resolves to may change after it was asked."""
    if host.lower().rstrip(".") == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def refuse_unless_allowed(host: str, allowed: Iterable[str] = (), environment: Mapping[str, str] = os.environ) -> None:
    """An error unless a host is this machine, or somebody has said that faults may reach it."""
    named = [*allowed, *filter(None, map(str.strip, environment.get(VARIABLE, "").split(",")))]
    if is_loopback(host) or any(fnmatchcase(host.lower(), name.lower()) for name in named):
        return
    msg = (
        f"{host}: faults on the way there would be faults of a machine that is not this one, and nobody has allowed it;"
        f" say so by --allow {host}, allow=({host!r},) or the variable {VARIABLE}={host}"
    )
    raise UsageError(msg)
