"""A trip's message log for people: when, from whom, to whom, what."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

Message = Mapping[str, Any]

_COLOURS: Final = {"tool_error": 31, "decision": 33, "answer": 32, "plan": 36, "route": 36, "request": 36}
_DIM: Final = 2
_PARTIES: Final = 32
_ITEMS_SHOWN: Final = 4


def timeline(messages: Iterable[Message], *, width: int = 120, coloured: bool = False) -> Iterator[str]:
    """Line by line."""
    began_s: float | None = None
    for message in messages:
        began_s = message["at_s"] if began_s is None else began_s
        yield _line(message, message["at_s"] - began_s, width, coloured=coloured)


def _line(message: Message, after_s: float, width: int, *, coloured: bool) -> str:
    parties = f"{message['sender']} -> {message['receiver']}"
    head = f"{after_s:8.3f} s  {parties:<{_PARTIES}}  {message['kind']:<11}  "
    line = head + _shortened(_told(message["kind"], message["body"]), max(20, width - len(head)))
    colour = _COLOURS.get(message["kind"], _DIM if message["kind"] == "checkpoint" else None)
    return f"\x1b[{colour}m{line}\x1b[0m" if coloured and colour is not None else line


def _told(kind: str, body: Mapping[str, Any]) -> str:
    """What matters most about a message; the rest is in the log."""
    return _TOLD.get(kind, _pairs)(body)


def _plan(body: Mapping[str, Any]) -> str:
    steps = ", ".join(f"{step['id']}{'' if step['required'] else ' (optional)'}" for step in body.get("steps", ()))
    return steps or _pairs(body, "problem", "question")


def _reply(body: Mapping[str, Any]) -> str:
    calls = ", ".join(str(call.get("name")) for call in body.get("calls") or ())
    return f"calls {calls}" if calls else str(body.get("text"))


def _result(body: Mapping[str, Any]) -> str:
    return ("known already: " if body.get("adopted") else "") + _pairs(_read(body.get("result")))


def _asked(question: Any) -> str:
    """An ask by its kind, or what came of the calls that the model had asked for."""
    if isinstance(question, list):
        return f"what came of {len(question)} call{'s' if len(question) != 1 else ''}"
    ask = _read(question)
    return _pairs({name: value for name, value in ask.items() if name in {"ask", "kind", "step", "reason"}})


def _read(value: Any) -> Mapping[str, Any]:
    """Arguments and asks come as the text that was sent."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return {"text": value}
    return value if isinstance(value, Mapping) else {"value": value}


def _pairs(body: Mapping[str, Any], *names: str) -> str:
    """``name=value``, without what is empty; long lists by their length."""
    told = {name: body.get(name) for name in names} if names else body
    return " ".join(f"{name}={_brief(value)}" for name, value in told.items() if value not in (None, "", [], {}))


def _brief(value: Any) -> str:
    if isinstance(value, list):
        plain = all(not isinstance(item, (list, Mapping)) for item in value)
        return ", ".join(map(str, value)) if plain and len(value) <= _ITEMS_SHOWN else f"({len(value)})"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, Mapping) else str(value)


def _shortened(text: str, width: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= width else line[: width - 3] + "..."


_TOLD: Final[Mapping[str, Callable[[Mapping[str, Any]], str]]] = {
    "request": lambda body: str(body.get("text")),
    "answer": lambda body: f"{body.get('reason')}: {body.get('text')}",
    "plan": _plan,
    "task": lambda body: _pairs({"step": body.get("step"), **body.get("task", {})}),
    "model_call": lambda body: _asked(body.get("input")),
    "model_reply": _reply,
    "tool_call": lambda body: _pairs(_read(body.get("arguments"))),
    "tool_result": _result,
    "report": lambda body: _pairs(body, "step", "outcome", "by", "problem", "because"),
}
