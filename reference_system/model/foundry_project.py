"""A Foundry project, as far as agents need one: versions of agents, responses of agents, conversations."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pytest_agentchaos.doubles import Reply, Request
from reference_system.model.replies import error_reply, json_reply

Json = dict[str, Any]

_KEPT = 4_096
"""Agents, versions of one agent, and conversations; the oldest are forgotten."""
_CREATED_S = 1_767_225_600
"""When everything was created: replies must not depend on a clock."""

_AGENTS_OWN = ("model", "instructions", "tools", "tool_choice", "text", "temperature", "top_p", "reasoning")
"""What an agent's definition says; a request to it must not."""

_MODELS = "openai/v1/models"
_RESPONSES = "openai/v1/responses"
_CONVERSATIONS = re.compile(r"openai/v1/conversations(?:/(?P<id>[\w-]+))?")
_VERSIONS = re.compile(r"agents/(?P<name>[A-Za-z0-9-]+)/versions(?:/(?P<version>\d+))?")
_PROTOCOL = re.compile(r"agents/(?P<name>[A-Za-z0-9-]+)/endpoint/protocols/openai/responses")
_RESPONSE_ID = re.compile(rb'"id":\s?"(resp_[0-9a-zA-Z]+)"')


@dataclass(frozen=True, slots=True)
class _Version:
    """One version of an agent; it never changes."""

    agent: str
    number: int
    definition: Json
    metadata: dict[str, str]
    description: str | None

    def told(self) -> Json:
        """As the control plane describes it."""
        return {
            "object": "agent.version",
            "id": f"{self.agent}:{self.number}",
            "name": self.agent,
            "version": str(self.number),
            "created_at": _CREATED_S,
            "metadata": self.metadata,
            "description": self.description,
            "definition": self.definition,
            "status": "active",
        }


class FoundryProject:
    """All projects are the same one here. The model itself is what ``respond`` stands for."""

    def __init__(self, respond: Callable[[Request], Reply]) -> None:
        self._respond = respond
        self._agents: dict[str, list[_Version]] = {}
        self._conversations: dict[str, Json] = {}
        self._latest: dict[str, str] = {}
        """Conversation -> the last response in it."""
        self._begun = 0

    def handle(self, request: Request, path: str) -> Reply:
        """The reply to a request; ``path`` is what stands behind the project's name."""
        if path == _MODELS:
            return self._respond(request)
        body = _object(request.body)
        if body is None:
            return error_reply(400, "The body is no JSON object.", code="invalid_payload")
        if request.method == "POST" and path == _RESPONSES:
            return self._response(request, body)
        if request.method == "POST" and (match := _PROTOCOL.fullmatch(path)):
            return self._response(request, {**body, "agent_reference": {"name": match["name"]}})
        return self._resource(request.method, path, body)

    def _resource(self, method: str, path: str, body: Json) -> Reply:
        if match := _VERSIONS.fullmatch(path):
            return self._versions(method, match["name"], match["version"], body)
        if match := _CONVERSATIONS.fullmatch(path):
            return self._conversation(method, match["id"], body)
        return error_reply(404, f"Invalid URL ({method} {path})")

    # --- the control plane ------------------------------------------------------------------------------------------

    def _versions(self, method: str, name: str, version: str | None, body: Json) -> Reply:
        if method == "POST" and version is None:
            return self._create(name, body)
        if method != "GET":
            return error_reply(405, f"Not with {method}.")
        known = self._agents.get(name)
        if known is None:
            return _no_agent(name)
        if version is None:
            data = [each.told() for each in reversed(known)]
            return json_reply({"object": "list", "data": data, "first_id": None, "last_id": None, "has_more": False})
        return next((json_reply(each.told()) for each in known if str(each.number) == version), _no_agent(name))

    def _create(self, name: str, body: Json) -> Reply:
        definition = body.get("definition")
        if not isinstance(definition, dict) or definition.get("kind") != "prompt" or not definition.get("model"):
            message = "Give a definition of kind 'prompt' with a model."
            return error_reply(400, message, code="invalid_payload", param="definition")
        known = self._agents.setdefault(name, [])
        number = known[-1].number + 1 if known else 1
        version = _Version(name, number, definition, body.get("metadata") or {}, body.get("description"))
        known.append(version)
        del known[:-_KEPT]
        _forget_oldest(self._agents)
        return json_reply(version.told())

    # --- the data plane ---------------------------------------------------------------------------------------------

    def _response(self, request: Request, body: Json) -> Reply:
        reference = body.pop("agent_reference", None)
        if reference is not None:
            agent = self._referred(reference)
            if isinstance(agent, Reply):
                return agent
            for field in _AGENTS_OWN:
                if field in body:
                    message = "Not allowed when agent is specified."
                    return error_reply(400, message, code="invalid_payload", param=field)
            body |= {field: agent.definition[field] for field in _AGENTS_OWN if agent.definition.get(field) is not None}
        if body.get("conversation") is not None:
            return self._in_conversation(request, body)
        return self._respond(_with(request, body))

    def _referred(self, reference: Any) -> _Version | Reply:
        name = reference.get("name") if isinstance(reference, dict) else None
        if not isinstance(name, str):
            return error_reply(400, "An agent_reference has a name.", code="invalid_payload", param="agent_reference")
        versions = self._agents.get(name)
        if not versions:
            return _no_agent(name)
        wanted = reference.get("version")
        if wanted is None:
            return versions[-1]
        return next((each for each in versions if str(each.number) == str(wanted)), _no_agent(f"{name}:{wanted}"))

    # --- conversations ----------------------------------------------------------------------------------------------

    def _conversation(self, method: str, name: str | None, body: Json) -> Reply:
        if method == "POST" and name is None:
            self._begun += 1
            name = "conv_" + hashlib.blake2b(str(self._begun).encode(), digest_size=16).hexdigest()
            begun = {"id": name, "object": "conversation", "created_at": _CREATED_S, "metadata": body.get("metadata")}
            self._conversations[name] = begun
            _forget_oldest(self._conversations)
            return json_reply(begun)
        if name not in self._conversations:
            return _no_conversation(name)
        if method == "GET":
            return json_reply(self._conversations[name])
        if method == "DELETE":
            del self._conversations[name]
            self._latest.pop(name, None)
            return json_reply({"id": name, "object": "conversation.deleted", "deleted": True})
        return error_reply(405, f"Not with {method}.")

    def _in_conversation(self, request: Request, body: Json) -> Reply:
        """A conversation is a chain whose last link the project knows."""
        if body.get("previous_response_id") is not None:
            message = "Give a conversation or a previous_response_id, not both."
            return error_reply(400, message, code="mutually_exclusive_parameters", param="previous_response_id")
        conversation = body.pop("conversation")
        name = conversation.get("id") if isinstance(conversation, dict) else conversation
        if not isinstance(name, str) or name not in self._conversations:
            return _no_conversation(name)
        if name in self._latest:
            body["previous_response_id"] = self._latest[name]
        reply = self._respond(_with(request, body))
        if not reply.is_error and (said := _RESPONSE_ID.search(reply.body)):
            self._latest[name] = said[1].decode()
            _forget_oldest(self._latest)
        return reply


def _object(body: bytes) -> Json | None:
    try:
        value = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _with(request: Request, body: Json) -> Request:
    return request.with_body(json.dumps(body, ensure_ascii=False).encode())


def _forget_oldest(known: dict[str, Any]) -> None:
    if len(known) > _KEPT:
        del known[next(iter(known))]


def _no_agent(name: str) -> Reply:
    return error_reply(404, f"Agent {name} doesn't exist.", code="not_found")


def _no_conversation(name: Any) -> Reply:
    return error_reply(404, f"Conversation with id '{name}' not found.", code="not_found")
