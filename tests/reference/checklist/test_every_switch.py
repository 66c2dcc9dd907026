"""Of each safeguard there is a test that shows it working and one that shows what happens without it."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from reference_system.hardening import SWITCHES

ROWS = {
    "idempotent tools": "test_idempotent_tools.py",
    "retries with backoff, jitter and a budget": "test_retries.py",
    "schema validation at each boundary": "test_schema_validation.py",
    "budgets on steps, tokens, time, tool calls": "test_budgets.py",
    "end-to-end tracing with correlation ids": "test_tracing.py",
    "per-tool telemetry": "test_per_tool_telemetry.py",
    "graceful degradation and fallback agents": "test_degradation.py",
    "supervisor loop with explicit termination": "test_supervisor.py",
    "circuit breakers (per tool and global)": "test_breakers.py",
    "human escalation after N failures": "test_escalation.py",
    "checkpoints and resume": "test_checkpoints.py",
    "context compression": "test_compression.py",
    "versioned prompts, tool schemas and policies": "test_versions.py",
    "business-path health checks": "test_business_health.py",
    "compensation of half-done trips": "test_compensation.py",
}
"""The production checklist, and where each of its rows is shown."""

HERE = Path(__file__).parent


def _systems(file: Path) -> Iterator[frozenset[str]]:
    """The switches that are off, for each system that a file makes with the fixture ``system``."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "system":
            yield frozenset(one.value for one in node.args if isinstance(one, ast.Constant))


def test_no_row_of_the_checklist_is_left_out():
    """Each has its file, and each file belongs to a row."""
    assert set(ROWS.values()) == {file.name for file in HERE.glob("test_*.py")} - {Path(__file__).name}


@pytest.mark.parametrize("row", ROWS)
def test_each_row_is_shown_with_and_without(row):
    """There is a system that has the safeguard, and the same system without it."""
    systems = set(_systems(HERE / ROWS[row]))
    assert any(off - {switch} in systems for off in systems for switch in off)


@pytest.mark.unmeasured
@pytest.mark.parametrize("switch", SWITCHES)
def test_each_switch_is_missed_somewhere(switch):
    """Some test makes the same system with it and without it."""
    pairs = {
        file.name
        for file in HERE.glob("test_*.py")
        for systems in [set(_systems(file))]
        if any(switch in off and off - {switch} in systems for off in systems)
    }
    assert pairs, f"no file makes a system with {switch} and one without; look for the row of the checklist it is in"
