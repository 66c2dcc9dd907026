"""Doubles: what can stand behind a URL in place of the real thing.

from pytest_agentchaos.doubles import ScriptedModel, call_tool

agentchaos.upstream("https://api.openai.com", ScriptedModel([call_tool("book", flight="LX1"), "Booked."]))

A double of your own is anything with ``handle(request: Request) -> Reply``.
"""

from __future__ import annotations

from pytest_agentchaos.doubles.conversation import Message, ModelRequest
from pytest_agentchaos.doubles.script import Entry, call_tool, call_tools, refuse, say
from pytest_agentchaos.doubles.scripted_model import ScriptedModel
from pytest_agentchaos.doubles.story import Story
from pytest_agentchaos.evidence.message import Reply, Request

__all__ = [
    "Entry",
    "Message",
    "ModelRequest",
    "Reply",
    "Request",
    "ScriptedModel",
    "Story",
    "call_tool",
    "call_tools",
    "refuse",
    "say",
]
