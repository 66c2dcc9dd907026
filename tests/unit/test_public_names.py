"""The public names: exactly these, each of them real, and importing them costs nothing."""

from __future__ import annotations

import subprocess
import sys

import pytest

import pytest_agentchaos

HEAVY = [
    "anthropic",
    "asyncio",
    "click",
    "httpx",
    "httpx2",
    "hypothesis",
    "jinja2",
    "mcp",
    "openai",
    "opentelemetry",
    "pandas",
    "pydantic",
    "pytest_agentchaos.engine",
]


def test_the_public_names_are_these():
    """A change here is a change for every user: it belongs into the changelog."""
    assert pytest_agentchaos.__all__ == [
        "AgentChaos",
        "Chaos",
        "Claim",
        "Effect",
        "History",
        "Outcome",
        "ScriptedModel",
        "Verdict",
        "doubles",
        "errors",
        "faults",
        "invariants",
        "on",
        "reached",
        "strategies",
    ]


@pytest.mark.parametrize("name", [*pytest_agentchaos.__all__, "__version__"])
def test_each_public_name_is_there(name, monkeypatch):
    """Also when it is asked for the first time."""
    if name != "__version__":
        monkeypatch.delitem(vars(pytest_agentchaos), name, raising=False)
    assert getattr(pytest_agentchaos, name) is getattr(pytest_agentchaos, name)
    assert name in dir(pytest_agentchaos)


def test_an_unknown_name_is_an_attribute_error():
    """As for every module."""
    with pytest.raises(AttributeError, match="module 'pytest_agentchaos' has no attribute 'Falts'"):
        _ = pytest_agentchaos.Falts


@pytest.mark.parametrize("module", ["pytest_agentchaos", "pytest_agentchaos.plugin.hooks"])
def test_importing_loads_nothing_heavy(module):
    """Every pytest session in an environment that has the plugin pays for what this loads."""
    code = f"import sys, pytest; before = set(sys.modules); import {module}; print(*(set(sys.modules) - before))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = run.stdout.split()
    assert module in loaded
    assert [name for name in HEAVY if name in loaded] == []
