"""A language model that says what a script says, to any client that speaks one of the known dialects.

    model = ScriptedModel([call_tool("search", city="Lisbon"), "There are two flights."])

Which entry comes next is decided by the request alone: it is the number of turns of the model that the
conversation already holds. A request that is sent again, whether by a retry or by a fault, gets the same
answer, and several conversations at once do not disturb each other.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from pytest_agentchaos.dialects import openai_chat, openai_responses, registry
from pytest_agentchaos.dialects.base import ModelDialect, Turn
from pytest_agentchaos.dialects.openai_errors import error_reply
from pytest_agentchaos.dialects.openai_http import CREATED_S, digest, is_post_to, json_reply, path, read_object, text
from pytest_agentchaos.doubles.conversation import Message, ModelRequest, read_messages, said
from pytest_agentchaos.doubles.script import Entry, as_turn, read_script
from pytest_agentchaos.errors import UsageError, explains_itself
from pytest_agentchaos.evidence.call import Call
from pytest_agentchaos.evidence.message import Reply, Request
from pytest_agentchaos.evidence.usage import Usage

__tracebackhide__ = explains_itself

Script = Sequence[Entry] | Callable[[ModelRequest], Entry]
"""Entries in the order of the model's turns, or a function that decides."""

_TOKEN_CHARACTERS = 4


class ScriptedModel:
    """Answers requests from a script. It has no clock and no randomness.

    One that serves for long is told how many of the latest requests (``keep_requests``) and responses
    (``keep_chains``) to remember: a response that it has forgotten cannot be continued. None: all of them.
    """

    def __init__(
        self,
        script: Script,
        *,
        models: Sequence[str] = ("scripted-model",),
        keep_requests: int | None = None,
        keep_chains: int | None = None,
    ) -> None:
        self._entries: tuple[Turn, ...] = ()
        self._decide: Callable[[ModelRequest], Entry] | None = None
        if callable(script):
            self._decide = script
        elif isinstance(script, (list, tuple)):
            self._entries = tuple(as_turn(entry, f"entry {at} of the script") for at, entry in enumerate(script, 1))
        else:
            msg = f"a script is a list of entries or a function of the request, not {script!r}; write [...] around it"
            raise UsageError(msg)
        self._models = tuple(models)
        self._lock = threading.Lock()
        self._requests: deque[ModelRequest] = deque(maxlen=keep_requests)
        self._chains: dict[str, tuple[Message, ...]] = {}
        self._keep_chains = keep_chains

    @classmethod
    def from_file(cls, path: Path | str, *, models: Sequence[str] = ("scripted-model",)) -> ScriptedModel:
        """A model whose script is a JSON or JSON Lines file (see :mod:`pytest_agentchaos.doubles.script`)."""
        return cls(read_script(path), models=models)

    @property
    def requests(self) -> tuple[ModelRequest, ...]:
        """What it was asked so far, repetitions included; the latest ones if it keeps only some."""
        with self._lock:
            return tuple(self._requests)

    def handle(self, request: Request) -> Reply:
        """The reply to a request."""
        dialect, call = registry.read(request)
        if call.kind == "model" and isinstance(dialect, ModelDialect):
            return self._answer(dialect, call, request)
        return self._other(request)

    def serve(self) -> AbstractContextManager[str]:
        """Serve it on this machine; gives the base URL, which ends in ``/v1``.

        What went wrong in the script is raised at the end, so that no client can swallow it.
        """
        return _serve(self.handle)

    def _answer(self, dialect: ModelDialect, call: Call, request: Request) -> Reply:
        body = read_object(request.body) or {}
        messages = read_messages(dialect.name, body)
        if dialect.name == openai_responses.OpenAIResponses.name:
            previous, problem = self._previous(request, body)
            if problem is not None:
                return problem
            messages = (*previous, *messages)
        asked = ModelRequest(dialect.name, call.name, messages, call.offers, body, call.streams)
        with self._lock:
            self._requests.append(asked)
        turn = self._next(asked)
        if turn.usage is None:
            turn = replace(turn, usage=_count(asked, turn))
        if dialect.name == openai_responses.OpenAIResponses.name and body.get("store") is not False:
            turn = openai_responses.identified(turn, digest(request.body))
            self._remember(turn.id, (*messages, said(turn)))
        return dialect.write_turn(request, turn)

    def _remember(self, response: str, messages: tuple[Message, ...]) -> None:
        """What was said up to this response. Instructions do not carry over from one of a chain to the next."""
        with self._lock:
            self._chains.pop(response, None)
            self._chains[response] = tuple(message for message in messages if message.role != "system")
            if self._keep_chains is not None and len(self._chains) > self._keep_chains:
                del self._chains[next(iter(self._chains))]

    def _next(self, asked: ModelRequest) -> Turn:
        if self._decide is not None:
            return as_turn(self._decide(asked), f"what the script gave for {asked}")
        if asked.turn < len(self._entries):
            return self._entries[asked.turn]
        msg = (
            f"the script has {len(self._entries)} entries, and the model was asked for {asked}; "
            f"add entry {asked.turn + 1}, or look why the agent goes on"
        )
        raise UsageError(msg)

    def _previous(self, request: Request, body: Mapping[str, Any]) -> tuple[tuple[Message, ...], Reply | None]:
        """What was said earlier in the chain that a request continues, or the reply that there is no such chain."""
        if (conversation := body.get("conversation")) is not None:
            name = conversation.get("id") if isinstance(conversation, dict) else conversation
            return (), error_reply(request, 404, f"Conversation with id '{name}' not found.")
        if body.get("previous_response_id") is None:
            return (), None
        previous = text(body["previous_response_id"])
        if (known := self._chains.get(previous)) is not None:
            return known, None
        code = "previous_response_not_found"
        message = f"Previous response with id '{previous}' not found."
        return (), error_reply(request, 400, message, param="previous_response_id", code=code)

    def _other(self, request: Request) -> Reply:
        where = path(request.url).rstrip("/")
        if any(is_post_to(request, ending) for ending in (openai_responses.ENDING, openai_chat.ENDING)):
            return error_reply(request, 400, "We could not parse the JSON body of your request.")
        if request.method.upper() == "GET" and where.endswith("/models"):
            return json_reply(request, {"object": "list", "data": [_model(name) for name in self._models]})
        return error_reply(request, 404, f"Invalid URL ({request.method} {path(request.url)})")


@contextmanager
def _serve(handle: Callable[[Request], Reply]) -> Iterator[str]:
    from pytest_agentchaos.doubles.loopback import serve  # only who serves needs http.server

    with serve(handle) as address:
        yield f"{address}/v1"


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": CREATED_S, "owned_by": "agentchaos"}


def _count(asked: ModelRequest, turn: Turn) -> Usage:
    """Tokens, as if each were four characters."""
    read = sum(len(message.text) + _characters(message.tool_calls) for message in asked.messages)
    return Usage(_tokens(read), _tokens(len(turn.text) + _characters(turn.tool_calls)))


def _characters(calls: Sequence[Any]) -> int:
    return sum(len(call.name) + len(call.arguments) for call in calls)


def _tokens(characters: int) -> int:
    return -(-characters // _TOKEN_CHARACTERS)
