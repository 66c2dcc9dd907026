"""The temperaments: what becomes of a right reply when a model is sloppy, in a loop, or terse.

All are functions of the request: which mistake a sloppy model makes is decided by a hash of what it is asked.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Literal
from zlib import crc32

from reference_system.contracts.asks import AskPlan, AskStep, AskSummary
from reference_system.model.brain.ask import Conversation
from reference_system.model.brain.reply import Call, Reply

Temperament = Literal["steady", "sloppy", "looping", "terse"]
TEMPERAMENTS: tuple[Temperament, ...] = ("steady", "sloppy", "looping", "terse")
MODELS = tuple(f"travel-{name}" for name in TEMPERAMENTS)

Answer = Callable[[Conversation], Reply]


def temperament_of(model: str) -> Temperament:
    """The temperament that a model's name tells; a name that tells none is a steady model's."""
    return next((name for name in TEMPERAMENTS if model.endswith(name)), "steady")


def answer_as(temperament: Temperament, answer: Answer, conversation: Conversation) -> Reply:
    """The right answer, given the way this temperament gives it."""
    if temperament == "looping" and isinstance(conversation.ask, AskStep):
        return answer(replace(conversation, exchanges=()))
    right = answer(conversation)
    if temperament == "sloppy":
        return _sloppy(right, conversation)
    return _terse(right, conversation) if temperament == "terse" else right


# --- sloppy ---------------------------------------------------------------------------------------------------------


def _sloppy(right: Reply, conversation: Conversation) -> Reply:
    """A mistake where one is due; what it was told of it is taken to heart."""
    told = bool(conversation.remarks) or bool(getattr(conversation.ask, "complaints", ()))
    luck = crc32(conversation.ask.model_dump_json().encode()) if conversation.ask is not None else 0
    if right.calls:
        return (
            right
            if told or conversation.exchanges
            else replace(right, calls=(_spoilt(right.calls[0], luck), *right.calls[1:]))
        )
    if isinstance(conversation.ask, AskSummary | None):
        return right
    if isinstance(conversation.ask, AskPlan) and not told:
        right = Reply(_with_unknown_need(right.text))
    return Reply(_wrapped(right.text, luck))


def _spoilt(call: Call, luck: int) -> Call:
    """A call with one of the mistakes that models make."""
    mistakes = (_wrong_type, _missing, _extra, _odd_day)
    return Call(call.tool, mistakes[luck % len(mistakes)](call.arguments))


def _wrong_type(arguments: Mapping[str, Any]) -> dict[str, Any]:
    number = next((name for name, value in arguments.items() if isinstance(value, int)), None)
    if number is None:
        return _extra(arguments)
    return {**arguments, number: str(arguments[number])}


def _missing(arguments: Mapping[str, Any]) -> dict[str, Any]:
    return dict(list(arguments.items())[1:])


def _extra(arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {**arguments, "notes": "as the guest wishes"}


def _odd_day(arguments: Mapping[str, Any]) -> dict[str, Any]:
    day = next((name for name, value in arguments.items() if _is_day(value)), None)
    if day is None:
        return _extra(arguments)
    year, month, date = arguments[day].split("-")
    return {**arguments, day: f"{date}/{month}/{year}"}


def _is_day(value: object) -> bool:
    return isinstance(value, str) and len(value) == len("2027-03-01") and value[4:8:3] == "--"


def _with_unknown_need(text: str) -> str:
    """The plan, with a step that waits for one that is not there."""
    plan = json.loads(text)
    required = [step for step in plan["steps"] if step["required"]]
    for step in required[-1:]:
        step["needs"].append("confirmation")
    return json.dumps(plan, ensure_ascii=False)


def _wrapped(text: str, luck: int) -> str:
    """Half of the time as it should be, else in a code fence or with chatter around it."""
    if luck % 4 == 0:
        return f"```json\n{text}\n```"
    return (
        f"Sure! Here is what you asked for:\n\n{text}\n\nLet me know if anything is to be changed."
        if luck % 4 == 1
        else text
    )


# --- terse ----------------------------------------------------------------------------------------------------------


def _terse(right: Reply, conversation: Conversation) -> Reply:
    """As little as will do: no words beside calls, no optional steps, one line in the end."""
    if right.calls:
        return replace(right, text="")
    if isinstance(conversation.ask, AskPlan):
        return Reply(_required_only(right.text))
    if isinstance(conversation.ask, AskSummary):
        return Reply(right.text.replace("\n", " "))
    return right


def _required_only(text: str) -> str:
    plan = json.loads(text)
    plan["steps"] = [step for step in plan["steps"] if step["required"]]
    kept = {step["id"] for step in plan["steps"]}
    for step in plan["steps"]:
        step["needs"] = [need for need in step["needs"] if need in kept]
    return json.dumps(plan, ensure_ascii=False)
