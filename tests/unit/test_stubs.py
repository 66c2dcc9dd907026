"""The stubs: an editor knows every shipped fault and invariant, because somebody wrote them down."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "stubs.py"


@pytest.mark.parametrize("folder", ["faults", "invariants"])
def test_a_stub_is_what_the_registry_says(folder):
    """Whoever adds one without writing the stub learns it here, and how to do it."""
    script = runpy.run_path(str(SCRIPT))
    assert script["stub"](folder).read_text(encoding="utf-8") == script["render"](folder), (
        f"pytest_agentchaos/{folder}/__init__.pyi is not what the registry says; run: python scripts/stubs.py"
    )
