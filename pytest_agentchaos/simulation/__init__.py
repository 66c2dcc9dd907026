"""Deterministic simulation: virtual time, seeded entropy, inline threads and no real I/O for one trial.

Start at :mod:`.sandbox`; each other module takes care of one source of chance.
"""

from __future__ import annotations

from pytest_agentchaos.simulation.burial import bury, bury_forgotten, entrust
from pytest_agentchaos.simulation.entropy import hash_seed
from pytest_agentchaos.simulation.loop import SimLoop
from pytest_agentchaos.simulation.sandbox import Simulation

__all__ = ["SimLoop", "Simulation", "bury", "bury_forgotten", "entrust", "hash_seed"]
