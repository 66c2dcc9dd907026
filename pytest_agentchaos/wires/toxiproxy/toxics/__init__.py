"""The toxics, by the names that the API has for them. One a module; none of them knows another."""

from __future__ import annotations

from typing import Final

from pytest_agentchaos.wires.toxiproxy.toxics.bandwidth import Bandwidth
from pytest_agentchaos.wires.toxiproxy.toxics.base import Toxic
from pytest_agentchaos.wires.toxiproxy.toxics.latency import Latency
from pytest_agentchaos.wires.toxiproxy.toxics.limit_data import LimitData
from pytest_agentchaos.wires.toxiproxy.toxics.noop import Noop
from pytest_agentchaos.wires.toxiproxy.toxics.reset_peer import ResetPeer
from pytest_agentchaos.wires.toxiproxy.toxics.slicer import Slicer
from pytest_agentchaos.wires.toxiproxy.toxics.slow_close import SlowClose
from pytest_agentchaos.wires.toxiproxy.toxics.timeout import Timeout

_ALL: Final[tuple[Toxic, ...]] = (
    Bandwidth(),
    Latency(),
    LimitData(),
    Noop(),
    ResetPeer(),
    Slicer(),
    SlowClose(),
    Timeout(),
)

KINDS: Final[dict[str, Toxic]] = {kind.type_name: kind for kind in _ALL}
"""There is no ``down``: a proxy is disabled."""
