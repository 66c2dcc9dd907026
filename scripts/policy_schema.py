"""Writes the JSON Schema of policy files that is shipped for editors; a test proves that it is up to date."""

from __future__ import annotations

import json
from pathlib import Path

from pytest_agentchaos.gating.policy import schema

SCHEMA = Path(__file__).parents[1] / "pytest_agentchaos" / "gating" / "policy.schema.json"


def text() -> str:
    """What is to stand in the file."""
    return json.dumps(schema(), indent=1, allow_nan=False) + "\n"


if __name__ == "__main__":
    SCHEMA.write_text(text(), encoding="utf-8")
    print(f"wrote {SCHEMA.name}")
