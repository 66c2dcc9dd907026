"""Valid messages: what models ask for, what agents send and what tools answer fits its schema."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, ClassVar, Literal, NamedTuple, get_args

from pytest_agentchaos.errors import UsageError, explains_itself, nearest
from pytest_agentchaos.evidence.call import Call
from pytest_agentchaos.evidence.conduct.attempts import missing_end
from pytest_agentchaos.evidence.exchange import Exchange
from pytest_agentchaos.evidence.findings import Finding, Findings
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.evidence.messages.replies import TrueReply, true_replies
from pytest_agentchaos.evidence.messages.schema_check import Schema, SchemaCheck, UndecidedError
from pytest_agentchaos.evidence.messages.strict_json import NOT_JSON, read
from pytest_agentchaos.evidence.messages.tools import ToolDefinition, Tools, tools
from pytest_agentchaos.evidence.redaction import HIDDEN
from pytest_agentchaos.evidence.telling import listed, shown
from pytest_agentchaos.evidence.verdict import Verdict
from pytest_agentchaos.invariants.registry import register

__tracebackhide__ = explains_itself

Boundary = Literal["model", "arguments", "result"]
BOUNDARIES: tuple[Boundary, ...] = get_args(Boundary)

_CALLED = frozenset({"tool", "agent", "http"})
_DEFINED = frozenset({"tool", "http"})
"""Calls of what defines itself by its name. An agent may bear that of the tool by which a model asks for it."""
_EXAMPLE = "valid_messages(tools={'book_flight': {'arguments': {'type': 'object'}, 'result': {'type': 'object'}}})"


class _Message(NamedTuple):
    op: int
    what: str
    tool: str
    schema: Schema | None
    value: Any
    unread: str | None = None
    """Why its value is not known."""


@dataclass(slots=True)
class _Found:
    fit: int = 0
    failures: list[Finding] = field(default_factory=list)
    undecided: dict[str, list[int]] = field(default_factory=dict)
    """Reason -> ops."""
    without_schema: Counter[str] = field(default_factory=Counter)

    def doubts(self, missing: tuple[str, tuple[int, ...]] | None) -> list[Finding]:
        """Why no failure is no success."""
        doubts = [
            Finding(why if len(ops) == 1 else f"{why} ({len(ops)} times)", tuple(ops))
            for why, ops in self.undecided.items()
        ]
        if not self.fit and not doubts:
            seen = "no schema is known for" if self.without_schema else "no message to or from a tool was seen"
            remedy = f"where no server lists its tools give the schemas: {_EXAMPLE}"
            doubts.append(Finding(f"{seen} {self.unjudged()}".rstrip() + f"; {remedy}"))
        if missing is not None and not doubts:
            doubts.append(Finding(*missing))
        return doubts

    def unjudged(self) -> str:
        """The tools without schemas, and how many messages each had."""
        return listed([f"{shown(tool)} ({count})" for tool, count in self.without_schema.most_common()])


@register
@dataclass(frozen=True, slots=True)
class valid_messages:
    """Promises that messages fit their schemas; it cannot see whether an agent accepts a result that a fault broke.

    Tool calls that models ask for, arguments that agents send and results of tools must be JSON and fit the schema that
    was offered, listed or given. What a fault has rewritten is nobody's failure: models and tools are judged by what
    they truly said. An agent that passes such a thing on to a tool is to blame for that.
    """

    reads_contents: ClassVar[bool] = True
    tools: Mapping[str, Mapping[str, Any]] | None = None
    """Schemas that no wire shows, or that are to count instead: glob on the name of a tool -> ``arguments`` and
    ``result``."""
    where: Sequence[str] = BOUNDARIES
    """Where to look: ``model`` (what it asks for), ``arguments`` (what the agent sends), ``result``."""

    def __post_init__(self) -> None:
        at: object = (self.where,) if isinstance(self.where, str) else self.where
        if not isinstance(at, (list, tuple)) or not at or not all(isinstance(one, str) for one in at):
            msg = (
                f"valid_messages(where={self.where!r}): names are due; write for example where=('arguments', 'result')"
            )
            raise UsageError(msg)
        for one in at:
            if one not in BOUNDARIES:
                msg = f"valid_messages(where=...): there is no {one!r}; {nearest(one, BOUNDARIES)}"
                raise UsageError(msg)
        object.__setattr__(self, "where", tuple(at))
        _check_tools(self.tools)

    @property
    def name(self) -> str:
        """What a verdict calls it."""
        return "valid_messages" if tuple(self.where) == BOUNDARIES else f"valid_messages(where={', '.join(self.where)})"

    def check(self, history: History) -> Verdict:
        """Hold each message against its schema."""
        found = _Found()
        check = SchemaCheck()
        for message in self._messages(history):
            _judge(message, check, found)
        doubts = [] if found.failures else found.doubts(missing_end(history))
        told = f"{found.fit} messages fit their schemas"
        if found.without_schema:
            told += f"; not judged, for want of a schema: {found.unjudged()}"
        return Findings(found.failures, doubts).concluded(self.name, told)

    def _messages(self, history: History) -> Iterator[_Message]:
        known = _Schemas(history.view(tools), self.tools or {})
        for exchange in history.calls():
            kind = exchange.call.kind
            if kind == "model" and "model" in self.where:
                yield from _asked(exchange, known)
            elif kind in _CALLED:
                if "arguments" in self.where:
                    yield _sent(exchange, known)
                if "result" in self.where:
                    yield from _answered(exchange, known)


class _Schemas:
    """The schemas of each tool, looked up once."""

    def __init__(self, defined: Tools, given: Mapping[str, Mapping[str, Any]]) -> None:
        self._defined = defined
        self._given = given
        self._found: dict[tuple[str, str, str], ToolDefinition] = {}

    def of(self, call: Call) -> ToolDefinition:
        """What is known of the tool that a call asks for."""
        key = (call.kind, call.target, call.name)
        if key not in self._found:
            told = self._defined.find(call.name, call.target) if call.kind in _DEFINED else None
            one = told or ToolDefinition(call.name, call.target)
            arguments, result = self.given(call.name, "arguments"), self.given(call.name, "result")
            self._found[key] = ToolDefinition(
                call.name,
                call.target,
                one.arguments if arguments is None else arguments,  # type: ignore[arg-type]  # true and false are schemas
                one.result if result is None else result,  # type: ignore[arg-type]  # the same
                offered=one.offered and arguments is None,
            )
        return self._found[key]

    def given(self, name: str, side: str) -> Schema | None:
        """What the test says itself."""
        return next((of[side] for glob, of in self._given.items() if side in of and fnmatchcase(name, glob)), None)


def _asked(exchange: Exchange, known: _Schemas) -> Iterator[_Message]:
    """The tool calls that a model truly asked for."""
    call = exchange.call
    for reply in true_replies(exchange):
        if (unread := reply.unread) is not None:
            yield _Message(reply.op, f"what {call.name} said", call.name, None, None, unread)
        items = reply.data.get("tool_calls")
        for item in items if isinstance(items, (list, tuple)) else ():
            if isinstance(item, Mapping) and isinstance(name := item.get("name"), str):
                given = known.given(name, "arguments")
                schema = (call.schemas or {}).get(name) if given is None else given
                yield from _request(reply, call.name, name, item.get("arguments"), schema)


def _request(reply: TrueReply, model: str, tool: str, asked: Any, schema: Schema | None) -> Iterator[_Message]:
    """One of them: no text is no arguments, and what is no JSON in a turn that was cut off is no request yet."""
    what = f"the arguments with which {model} asks for {tool}"
    if not isinstance(asked, str):
        yield _Message(reply.op, what, tool, schema, asked)
        return
    value = read(asked) if asked.strip() else {}
    unread = f"a part of them is {HIDDEN}; judge before the history is saved" if HIDDEN in asked else None
    if value is not NOT_JSON or unread or reply.data.get("finish") != "length":
        yield _Message(reply.op, what, tool, schema, value, unread)


def _sent(exchange: Exchange, known: _Schemas) -> _Message:
    call = exchange.call
    tool = known.of(call)
    value: Any = call.arguments
    schema: Any = tool.arguments
    if tool.offered and isinstance(schema, Mapping) and isinstance(value, Mapping):
        value = _of_the_offer(value, schema)
    return _Message(exchange.index, f"the arguments of {call.name}", call.name, schema, value)


def _of_the_offer(arguments: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The arguments without those that the agent adds itself: a model is not told of all that a tool takes."""
    told = schema.get("properties")
    if schema.get("additionalProperties") is not False or not isinstance(told, Mapping):
        return arguments
    return {name: value for name, value in arguments.items() if name in told}


def _answered(exchange: Exchange, known: _Schemas) -> Iterator[_Message]:
    """What a tool truly answered; an error has no schema."""
    call = exchange.call
    schema = known.of(call).result
    if schema is not None:
        for reply in true_replies(exchange):
            if not reply.is_error:
                yield _result(reply, call, schema)


def _result(reply: TrueReply, call: Call, schema: Schema) -> _Message:
    what = f"the result of {call.name}"
    return _Message(reply.op, what, call.name, schema, reply.data.get("result"), reply.unread)


def _judge(message: _Message, check: SchemaCheck, found: _Found) -> None:
    try:
        wrong = _wrong(message, check)
    except UndecidedError as error:
        found.undecided.setdefault(f"{shown(message.what)}: {error}", []).append(message.op)
        return
    if wrong is not None:
        found.failures.append(Finding(f"{shown(message.what)} (op {message.op}): {wrong}", (message.op,)))
    elif message.schema is None:
        found.without_schema[message.tool] += 1
    else:
        found.fit += 1


def _wrong(message: _Message, check: SchemaCheck) -> str | None:
    if message.unread is not None:
        raise UndecidedError(message.unread)
    if message.value is NOT_JSON:
        return "it is not JSON"
    return None if message.schema is None else check.misfit(message.schema, message.value)


def _check_tools(given: object) -> None:
    if given is None:
        return
    if not isinstance(given, Mapping):
        msg = f"valid_messages(tools={given!r}): schemas are due; write for example {_EXAMPLE}"
        raise UsageError(msg)
    check = SchemaCheck()
    for name, of in given.items():
        if not isinstance(name, str) or not isinstance(of, Mapping) or not of or set(of) - {"arguments", "result"}:
            msg = f"valid_messages(tools={{{name!r}: {shown(of)}}}): 'arguments' or 'result' is due; write {_EXAMPLE}"
            raise UsageError(msg)
        for side, schema in of.items():
            is_schema = isinstance(schema, (Mapping, bool))
            if not is_schema or ((wrong := check.problem(schema)) is not None and "install" not in wrong):
                why = wrong if is_schema else f"{shown(schema)} is no JSON schema"
                msg = f"valid_messages(tools=...): the {side} of {name!r}: {why}; write for example {_EXAMPLE}"
                raise UsageError(msg)
