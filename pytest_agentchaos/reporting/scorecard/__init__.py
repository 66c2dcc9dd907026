"""The scorecard: runs or weeks side by side, and which change among them is more than chance."""

from __future__ import annotations

from pytest_agentchaos.reporting.scorecard.card import Line, Moved, Scorecard, make

__all__ = ["Line", "Moved", "Scorecard", "make"]
