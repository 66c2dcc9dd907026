"""A trip's message log for people: when, from whom, to whom, what."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

Message = Mapping[str, Any]

_COLOURS: Final = {"tool_error": 31, "decision": 33, "answer": 32, "plan": 36, "route": 36, "request": 36}
_DIM: Final = 2
_PARTIES: Final = 30


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
    if kind == "plan":
        steps = ", ".join(f"{step['id']}{'' if step['required'] else '?'}" for step in body.get("steps", ()))
        return steps or _plain({name: body.get(name) for name in ("problem", "question")})
    if kind == "answer":
        return f"{body.get('reason')}: {body.get('text')}"
    if kind == "request":
        return str(body.get("text"))
    return _plain(body)


def _plain(body: Mapping[str, Any]) -> str:
    said = {name: value for name, value in body.items() if value not in (None, "", [], {})}
    return json.dumps(said, ensure_ascii=False)


def _shortened(text: str, width: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= width else line[: width - 3] + "..."
