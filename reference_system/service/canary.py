"""Which manifest a trip runs under: a small share of the users tries the next one first."""

from __future__ import annotations

import hashlib

from reference_system.settings import Settings

_STEPS = 2**64


def share_of(what: str, salt: str) -> float:
    """Where this stands between 0 and 1: always in the same place, and evenly spread."""
    digest = hashlib.sha256(f"{salt}\0{what}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / _STEPS


def manifest_for(user: str, settings: Settings) -> str:
    """The manifest of this user's trips: the canary's for a fixed share of the users, and always for the same ones.

    The version is part of the draw, so that it is not the same users who try every new one.
    """
    if share_of(user, f"canary {settings.canary_manifest}") < settings.canary_share:
        return settings.canary_manifest
    return settings.manifest
