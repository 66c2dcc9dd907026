"""The embedded model behind the routes of the real thing: OpenAI's Responses API, and a Foundry project.

It has no clock and no randomness, and it forgets what is long ago, so that it can serve for ever. In a simulation the
plugin hands it each request (``agentchaos.upstream("http://model.travel.local", ModelEndpoint())``), live an ASGI app
does (``model/serving.py``).
"""

from __future__ import annotations

import hmac
from collections.abc import Callable

from pytest_agentchaos.doubles import Entry, ModelRequest, Reply, Request, ScriptedModel
from reference_system.model.foundry_project import FoundryProject
from reference_system.model.replies import error_reply, json_reply

MODELS = ("travel-steady", "travel-sloppy", "travel-looping", "travel-terse")
BODY_LIMIT_BYTES = 4 * 1024 * 1024
CHAINS_KEPT = 8_192
"""Replies that can be continued; in a busy system about a minute's worth."""
CONTEXT_TOKENS = 8_192
"""More than this it does not read, as one token for four characters: instructions and the whole chain. The most that a
shipped journey needs is 2,500."""

PROJECTS = "/api/projects/"
_BASES = ("/v1/", "/openai/v1/")
_CHARACTERS_A_TOKEN = 4
_ANYBODY = ("/health", "/ready")


class ModelEndpoint:
    """Answers what is sent to the model's address. ``think`` is its mind; without one it is the travel model's."""

    def __init__(
        self,
        think: Callable[[ModelRequest], Entry] | None = None,
        *,
        api_key: str | None = None,
        chains_kept: int = CHAINS_KEPT,
    ) -> None:
        self._think = think or _travel_mind()
        self._api_key = api_key
        self._model = ScriptedModel(self._answer, models=MODELS, keep_requests=0, keep_chains=chains_kept)
        self._project = FoundryProject(self._model.handle)

    def handle(self, request: Request) -> Reply:
        """The reply to a request."""
        path = path_of(request.url)
        if path in _ANYBODY:
            return json_reply({"status": "ok", "models": list(MODELS)})
        if not self._may_ask(request):
            return error_reply(401, "The API key is missing or wrong.", code="invalid_api_key")
        if len(request.body) > BODY_LIMIT_BYTES:
            return too_large()
        try:
            return self._routed(request, path)
        except _UnreadableError as error:
            return error_reply(400, str(error), code=error.code, param=error.param)

    def _routed(self, request: Request, path: str) -> Reply:
        if path.startswith(PROJECTS):
            return self._project.handle(request, path.removeprefix(PROJECTS).partition("/")[2])
        if path.startswith(_BASES):
            return self._model.handle(request)
        return error_reply(404, f"Invalid URL ({request.method} {path})")

    def _may_ask(self, request: Request) -> bool:
        if self._api_key is None:
            return True
        given = request.header("api-key") or (request.header("authorization") or "").removeprefix("Bearer ")
        return hmac.compare_digest(given.encode(), self._api_key.encode())

    def _answer(self, asked: ModelRequest) -> Entry:
        if asked.model not in MODELS:
            msg = f"The requested model '{asked.model}' does not exist; there are {', '.join(MODELS)}."
            raise _UnreadableError(msg, code="model_not_found", param="model")
        if (tokens := _tokens_of(asked)) > CONTEXT_TOKENS:
            msg = f"Your input of {tokens} tokens exceeds the context window of this model, {CONTEXT_TOKENS} tokens."
            raise _UnreadableError(msg, code="context_length_exceeded", param="input")
        return self._think(asked)


class _UnreadableError(Exception):
    """A request that the real endpoint would refuse. Raised through the double, which knows no such thing."""

    def __init__(self, message: str, *, code: str, param: str) -> None:
        super().__init__(message)
        self.code = code
        self.param = param


def _tokens_of(asked: ModelRequest) -> int:
    """Of all that it is to read."""
    characters = sum(
        len(message.text) + sum(len(call.name) + len(call.arguments) for call in message.tool_calls)
        for message in asked.messages
    )
    return -(-characters // _CHARACTERS_A_TOKEN)


def too_large() -> Reply:
    """The reply to a body over the limit."""
    return error_reply(413, f"The request is larger than {BODY_LIMIT_BYTES} bytes.", code="request_too_large")


def path_of(url: str) -> str:
    """The path of an address, without a slash at its end."""
    place = url.partition("://")[2].partition("?")[0].partition("#")[0]
    return "/" + place.partition("/")[2].rstrip("/")


def _travel_mind() -> Callable[[ModelRequest], Entry]:
    from reference_system.model.brain import think  # an endpoint with another mind needs none of its tables

    return think
