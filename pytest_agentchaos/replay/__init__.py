"""Replay: one saved trial again - from a file of results, from a scenario, or from a line that somebody pasted.

again = replay(saved("reports/nightly#3f2a"))
again.same            # the very history that was recorded?
again.difference      # if not: the first op in which the two differ
"""

from pytest_agentchaos.evidence.compact import compact, replay_line
from pytest_agentchaos.replay.again import Difference, Replayed, replay
from pytest_agentchaos.replay.saved import Saved, pasted, saved

__all__ = ["Difference", "Replayed", "Saved", "compact", "pasted", "replay", "replay_line", "saved"]
