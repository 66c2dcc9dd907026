"""The surroundings of a trial: what a system must not leave changed, what is put back, and what ends it from outside.

What cannot be seen from here stays: attributes of other modules that a system replaces, what its own modules remember,
sockets that somebody still holds.
"""

from pytest_agentchaos.surroundings.surroundings import StuckError, Surroundings, ended_process

__all__ = ["StuckError", "Surroundings", "ended_process"]
