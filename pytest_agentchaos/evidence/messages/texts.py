"""Texts: everything that a system has said, to whom, each distinct text once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, get_args

from pytest_agentchaos.evidence.call import Call
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.evidence.op import Op
from pytest_agentchaos.evidence.run import runs

Where = Literal["prompts", "arguments", "spans", "logs", "answer"]
WHERE: tuple[Where, ...] = get_args(Where)

_NUMBERS = range(100_000, 10**40)  # a card number or a code may be sent as a number; a shorter one is no secret
_BETWEEN = "\0"
_NOWHERE = ("", "")


class Text(NamedTuple):
    """One text, and where it was said first."""

    text: str
    op: int
    where: Where
    subject: tuple[str, str]
    """What the call, span or log is about: a name and a target, where there are any."""

    @property
    def place(self) -> str:
        """Where that is, in words."""
        name, target = self.subject
        about = f"{name} @ {target}" if target else name
        return {
            "prompts": f"the prompt to {about}",
            "arguments": f"the arguments of {about}",
            "spans": f"the span {about}",
            "logs": f"a log record of {about}",
            "answer": "the answer",
        }[self.where]


@dataclass(slots=True)
class Texts:
    """All texts of some places, joined, so that looking for one is a single search."""

    pieces: list[Text] = field(default_factory=list)
    sources: Counter[Where] = field(default_factory=Counter)
    """How many calls, spans, log records and answers they come from."""
    joined: str = ""

    def holding(self, text: str) -> Iterator[Text]:
        """Those that hold a text. Looking costs next to nothing where none does."""
        if text in self.joined:
            yield from (piece for piece in self.pieces if text in piece.text)


def texts(
    history: History,
    where: AbstractSet[Where],
    *,
    skip: Callable[[Call], bool] = lambda _call: False,
    since: int = 0,
) -> Texts:
    """The texts of these places from an op on, without those of calls that are to be skipped."""
    reader = _Reader(where, skip)
    for op in history[since:]:
        reader.read(op)
    if "answer" in where:
        for run in history.view(runs):
            if run.op >= since:
                reader.add(run.op, "answer", _NOWHERE, [run.answer, run.error])
    made = reader.texts
    made.joined = _BETWEEN.join([piece.text for piece in made.pieces])
    return made


class _Reader:
    """Reads op after op. A conversation is told again with each call of it: only what is new is looked at."""

    def __init__(self, where: AbstractSet[Where], skip: Callable[[Call], bool]) -> None:
        self.texts = Texts()
        self._where = where
        self._skip = skip
        self._seen: dict[tuple[Where, tuple[str, str]], set[str]] = {}
        self._told: dict[tuple[Any, ...], Any] = {}

    def read(self, op: Op) -> None:
        """What one op says."""
        if op.kind == "invoke" and op.call is not None:
            self._call(op.index, op.call)
        elif op.kind == "span" and "spans" in self._where:
            self.add(op.index, "spans", (_field(op.data, "name"), ""), op.data)
        elif op.kind == "note" and "logs" in self._where and "log" in op.data:
            self.add(op.index, "logs", (_field(op.data, "logger") or "root", ""), op.data["log"])

    def _call(self, op: int, call: Call) -> None:
        where: Where = "prompts" if call.kind == "model" else "arguments"
        if where not in self._where or self._skip(call):
            return
        said: list[Any] = [call.name, call.baggage]
        arguments: Any = call.arguments
        about = (where, call.target, call.agent)
        if where == "arguments" or not isinstance(arguments, Mapping):
            said.append(arguments)
        else:
            said += [self._news((*about, name), value) for name, value in arguments.items()]
            said += [self._news((*about, name, "schema"), schema) for name, schema in (call.schemas or {}).items()]
        self.add(op, where, (call.name, call.target), said)

    def _news(self, key: tuple[Any, ...], value: Any) -> Any:
        """What a value says that the one before did not."""
        before: Any = self._told.get(key)
        self._told[key] = value
        try:
            is_told = before is not None and (value[: len(before)] if isinstance(value, list) else value) == before
        except (RecursionError, TypeError):  # they are deeper than can be compared, or one is a list only
            is_told = False
        if not is_told:
            return value
        return value[len(before) :] if isinstance(value, list) else None

    def add(self, op: int, where: Where, subject: tuple[str, str], said: Any) -> None:
        """Whatever texts stand in a value."""
        self.texts.sources[where] += 1
        key = (where, subject)
        seen = self._seen.get(key)
        if seen is None:
            seen = self._seen[key] = set()
        pieces = self.texts.pieces
        for text in _strings(said):
            if text not in seen:
                seen.add(text)
                pieces.append(Text(text, op, where, subject))


def _strings(value: Any) -> list[str]:
    """All texts and long numbers in a JSON value, keys as well."""
    found: list[str] = []
    rest = [value]
    while rest:
        item = rest.pop()
        kind = type(item)  # nearly everything is one of these, and to ask an abstract class takes ten times as long
        if kind is str:
            found.append(item)
        elif kind is float or kind is bool or item is None:
            continue
        elif kind is list or kind is tuple:
            rest += item
        elif kind is dict or isinstance(item, Mapping):
            rest += item
            rest += item.values()
        elif isinstance(item, (list, tuple)):
            rest += item
        elif isinstance(item, str) or (isinstance(item, int) and item in _NUMBERS):
            found.append(str(item))
    return found


def _field(data: Any, name: str) -> str:
    return str(data.get(name) or "") if isinstance(data, Mapping) else ""
