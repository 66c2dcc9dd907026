"""Where everything is. Read from the environment by ``from_environment``, and by nothing else."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from reference_system.contracts.tools import DOMAINS, Domain

MODEL_URL = "http://model.travel.local/v1"
"""Where the embedded model stands in sim mode."""


def _tool_urls() -> dict[Domain, str]:
    return {domain: f"http://{domain}.travel.local/mcp" for domain in DOMAINS}


@dataclass(frozen=True, slots=True)
class Settings:
    """The addresses and choices of one running system."""

    model_url: str = MODEL_URL
    api_key: str = field(default="no-key-needed", repr=False)
    model: str = "travel-steady"
    """The embedded model's temperaments: travel-steady, travel-sloppy, travel-looping, travel-terse."""
    foundry_url: str | None = None
    """Of a Foundry project; then its agents are used in place of the model's endpoint."""
    tool_urls: Mapping[Domain, str] = field(default_factory=_tool_urls)
    store_url: str = "sqlite://"
    """``sqlite://`` (in memory), ``sqlite:///path/to/file`` or ``postgresql://...``."""
    manifest: str = "v1"
    canary_manifest: str = "v2"
    canary_share: float = 0.05
    shadow_share: float = 0.0

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """OPENAI_BASE_URL, OPENAI_API_KEY, and for the rest TRAVEL_MODEL, TRAVEL_FLIGHTS_URL, TRAVEL_STORE_URL, ..."""
        default = cls()
        urls = {
            domain: environment.get(f"TRAVEL_{domain.upper()}_URL", default.tool_urls[domain]) for domain in DOMAINS
        }
        return cls(
            model_url=environment.get("OPENAI_BASE_URL", default.model_url),
            api_key=environment.get("OPENAI_API_KEY", default.api_key),
            model=environment.get("TRAVEL_MODEL", default.model),
            foundry_url=environment.get("TRAVEL_FOUNDRY_URL"),
            tool_urls=urls,
            store_url=environment.get("TRAVEL_STORE_URL", default.store_url),
            manifest=environment.get("TRAVEL_MANIFEST", default.manifest),
            canary_manifest=environment.get("TRAVEL_CANARY_MANIFEST", default.canary_manifest),
            canary_share=float(environment.get("TRAVEL_CANARY_SHARE", default.canary_share)),
            shadow_share=float(environment.get("TRAVEL_SHADOW_SHARE", default.shadow_share)),
        )
