"""Strategies for Hypothesis: schedules, faults, tool results, messages, journeys; a machine over a running system."""

from __future__ import annotations

from pytest_agentchaos.strategies.checking import check
from pytest_agentchaos.strategies.interceptions import schedules
from pytest_agentchaos.strategies.machines import machine
from pytest_agentchaos.strategies.parameters import faults
from pytest_agentchaos.strategies.schemas import json_values
from pytest_agentchaos.strategies.texts import journeys, messages
from pytest_agentchaos.strategies.tools import tool_arguments, tool_results

__all__ = [
    "check",
    "faults",
    "journeys",
    "json_values",
    "machine",
    "messages",
    "schedules",
    "tool_arguments",
    "tool_results",
]
