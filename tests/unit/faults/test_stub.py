"""The stub that tells editors and type checkers every fault."""

from __future__ import annotations

import runpy
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[3] / "scripts" / "fault_stub.py"


def test_the_stub_lists_every_shipped_fault():
    """Whoever adds a fault writes the stub anew."""
    written = runpy.run_path(str(SCRIPT))
    rendered = written["render_stub"]()
    assert written["STUB"].read_text(encoding="utf-8") == rendered, (
        "pytest_agentchaos/faults/__init__.pyi is not what the registry says; run: python scripts/fault_stub.py"
    )
