"""What stands behind the addresses that the agent calls."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import airline
import pytest
from pytest_agentchaos import ScriptedModel
from pytest_agentchaos.doubles import call_tool


@pytest.fixture
def record(tmp_path: Path) -> Path:
    """The file in which the airline keeps its bookings."""
    return tmp_path / "bookings"


@pytest.fixture
def agentchaos_upstreams(record: Path) -> dict[str, Any]:
    """A model that books one flight, at both vendors' addresses, and the airline."""
    model = ScriptedModel([call_tool("book_flight", traveller="Ada", flight_id="TP-12"), "Ada is booked."])
    return {
        "https://api.openai.com": model,
        "https://api.anthropic.com": model,
        "https://airline.example/mcp": airline.server(record),
    }


@pytest.fixture(autouse=True)
def _keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "no key is needed: nothing leaves this process")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "nor here")
