"""Lanes: a history as a timeline, with who called whom, what faults made of it and what was done to the world."""

from __future__ import annotations

from pytest_agentchaos.reporting.lanes.drawn_up import timeline

__all__ = ["timeline"]
