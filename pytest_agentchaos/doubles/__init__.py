"""Doubles: what can stand behind a URL in place of the real thing.

from pytest_agentchaos.doubles import ScriptedModel, call_tool

agentchaos.upstream("https://api.openai.com", ScriptedModel([call_tool("book", flight="LX1"), "Booked."]))
"""

from __future__ import annotations

from pytest_agentchaos.doubles.conversation import Message, ModelRequest
from pytest_agentchaos.doubles.script import call_tool, call_tools, refuse, say
from pytest_agentchaos.doubles.scripted_model import ScriptedModel

__all__ = ["Message", "ModelRequest", "ScriptedModel", "call_tool", "call_tools", "refuse", "say"]
