"""Gating: a policy and results make a decision that a pipeline can act on. It runs nothing."""

from pytest_agentchaos.gating.deciding import decide

__all__ = ["decide"]
