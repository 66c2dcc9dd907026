"""Worlds: what stands around a travel system, the same for one that is wrong and for one that is right.

Each takes the names of safeguards to switch off, as ``travel`` does: ``power.worlds:gossiping("redaction")``.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from power.bug import changed
from pytest_agentchaos.doubles import Reply, Request
from reference_system.contracts.artefacts import ROOT
from reference_system.contracts.trip import TripAnswer, TripRequest
from reference_system.hardening import Hardening
from reference_system.journeys import Journey
from reference_system.model.endpoint import ModelEndpoint
from reference_system.service import assembly
from reference_system.system import QUIET, TravelSystem


def sloppy(*off: str) -> TravelSystem:
    """A model that makes mistakes in its arguments."""
    return TravelSystem(Hardening().without(*off), settings=replace(QUIET, model="travel-sloppy"))


# --- a model that repeats its key ------------------------------------------------------------------------------------


class Gossip(ModelEndpoint):
    """Once repeats the key that it was asked with, as real endpoints do."""

    _asked = 0

    def handle(self, request: Request) -> Reply:
        """The reply to a request."""
        self._asked += 1
        if self._asked != 5:  # noqa: PLR2004 - any but the first, without which there is no plan
            return super().handle(request)
        key = (request.header("authorization") or "").removeprefix("Bearer ")
        error = {"message": f"Incorrect API key provided: {key}.", "type": "invalid_request_error", "code": None}
        return Reply(400, (("content-type", "application/json"),), json.dumps({"error": error}).encode())


def gossiping(*off: str) -> TravelSystem:
    """A model whose errors quote the key that it was asked with."""
    system = TravelSystem(Hardening().without(*off))
    system.model = Gossip()
    return system


# --- a policy that was edited ----------------------------------------------------------------------------------------

_LIMIT, _NO_LIMIT = "500_000", "50_000_000"
_LUXURY = "I need only a hotel in Zurich from 10 April for 13 nights, for four people, at least 5 stars."


class Edited(TravelSystem):
    """Somebody has raised the limit of what a trip may cost, in the file of the policy, and a user wants luxury."""

    def __init__(self, hardening: Hardening) -> None:
        super().__init__(hardening)
        self._edit = ExitStack()
        root = Path(self._edit.enter_context(tempfile.TemporaryDirectory())) / "contracts"
        shutil.copytree(ROOT, root, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
        policy = root / "policies" / "v1.toml"
        policy.write_text(policy.read_text("utf-8").replace(_LIMIT, _NO_LIMIT), "utf-8")
        self._edit.enter_context(changed(assembly, "load", lambda load: partial(load, root=root)))

    async def take(self, journey: Journey | str = "") -> Any:  # noqa: ARG002 - luxury is the journey
        """One request. That the service refuses to start is an answer as well."""
        async with self.service() as service:
            answer: TripAnswer = await service.ask(TripRequest(text=_LUXURY, user="Mia"), key="mia-1")
        return (answer,)

    def close(self) -> None:
        """The policy is what it was."""
        self._edit.close()
        super().close()


def edited(*off: str) -> TravelSystem:
    """A limit that nobody has released."""
    return Edited(Hardening().without(*off))


# --- a hotel that is nearly full -------------------------------------------------------------------------------------

_NIGHTS = ("2027-03-05", "2027-03-06", "2027-03-07")


def one_room_left(*off: str) -> TravelSystem:
    """One room is left in the hotel in Lisbon that is best for most."""
    system = TravelSystem(Hardening().without(*off))
    for night in _NIGHTS:
        system.store.set_capacity(f"room:H-LIS-1:{night}", 1)
    return system
