"""A beginning: the first chaos test of a project that has none, made for what the project uses.

project = look(Path("."))                    # reads; nothing of the project is executed
files = plan(project, choose(project).kind)  # what would be written
write(files)                                 # and never over anything
"""

from __future__ import annotations

from pytest_agentchaos.beginning.kinds import KINDS, Choice, Kind, choose
from pytest_agentchaos.beginning.project import Project, look
from pytest_agentchaos.beginning.writing import Planned, plan, write

__all__ = ["KINDS", "Choice", "Kind", "Planned", "Project", "choose", "look", "plan", "write"]
