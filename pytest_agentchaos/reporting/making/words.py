"""Words: what a violation means, and when it happens, for people who know neither invariants nor faults by name."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

VIOLATIONS: Final[Mapping[str, str]] = {
    "at_most": "take more than is allowed",
    "backs_off": "retry without backing off",
    "breaker_opens": "go on calling what keeps failing",
    "complete_trace": "leave calls out of their trace",
    "correlated": "leave calls that no request can be found for",
    "deadline_respected": "miss their deadline",
    "degrades_gracefully": "hide that something is missing",
    "ends": "end in another way than they should",
    "escalates_after": "do not hand over to a person",
    "no_deadlock": "wait for each other",
    "no_duplicate_effect": "carry out {something} twice",
    "no_orphan": "leave {something} standing that nobody knows of",
    "no_oversell": "sell more than there is",
    "no_phantom": "claim {something} that is not there",
    "no_progress_loop": "go round in circles",
    "no_secret_leaked": "let a secret out",
    "no_unknown_tool": "call a tool that does not exist",
    "obeys_policy": "break a policy",
    "poisoned_content_ignored": "obey what somebody wrote into data",
    "recovers_within": "take too long to recover",
    "respects_retry_after": "come back before they were told to",
    "terminates": "do not come to an end",
    "undone_if_failed": "fail and leave things done",
    "valid_messages": "send messages that are not valid",
    "world_agrees": "do not agree with the world",
}
"""``2 of 201 trials`` ... ``when an answer is lost``. ``{something}``: the name of the effect, if there is only one."""

CIRCUMSTANCES: Final[Mapping[str, str]] = {
    "bandwidth": "when the line is slow",
    "drop_request": "when a request is lost",
    "drop_response": "when an answer is lost",
    "duplicate": "when a request arrives twice",
    "hang": "when a callee is stuck",
    "late_delivery": "when a request arrives late",
    "latency": "when calls are slow",
    "partition": "when the network is split",
    "refused": "when a connection is refused",
    "reorder": "when requests overtake each other",
    "reset": "when a connection is torn",
    "corrupted_value": "when an answer holds a wrong value",
    "empty": "when an answer is empty",
    "error_status": "when a callee answers with an error",
    "malformed": "when an answer cannot be read",
    "overloaded": "when a provider is overloaded",
    "partial": "when an answer is incomplete",
    "poisoned_content": "when data carries instructions",
    "rate_limited": "when requests are turned away",
    "schema_drift": "when an answer has another shape",
    "stale": "when an answer is out of date",
    "tool_failure": "when a tool fails",
    "truncated": "when an answer breaks off",
    "unavailable": "when a service is down",
    "wrong_entity": "when an answer is about something else",
    "slow_first_token": "when a stream begins late",
    "stream_cut": "when a stream breaks off",
    "stream_drip": "when a stream is slow",
    "stream_error_event": "when a stream ends in an error",
    "stream_stall": "when a stream stands still",
    "content_filter": "when a filter stops the model",
    "empty_output": "when the model says nothing",
    "incomplete": "when the model stops in the middle",
    "malformed_arguments": "when the model's arguments cannot be read",
    "refusal": "when the model refuses",
    "repeated_call": "when the model asks twice for one call",
    "unknown_tool": "when the model makes up a tool",
    "wrong_types": "when the model confuses types",
    "crash": "when a process is killed",
    "pause": "when a process stands still",
}
"""Faults of this package; one that somebody has added is called by its name."""


_OF_ONE: Final = {"they were": "it was", "they": "it", "their": "its"}


def violation(invariant: str, effects: Collection[str] = ()) -> str:
    """What trials do that violate it: ``do something twice``."""
    words = VIOLATIONS.get(invariant.partition("(")[0], f"violate {invariant}")
    return words.replace("{something}", next(iter(effects)) if len(effects) == 1 else "something")


def of_one(words: str) -> str:
    """The same of a single trial: ``carries something out``."""
    verb, _, rest = words.partition(" ")
    if verb.endswith("y") and verb[-2] not in "aeiou":
        verb = f"{verb[:-1]}ies"
    else:
        verb += "es" if verb.endswith(("o", "s")) else "s"
    for many, one in _OF_ONE.items():
        rest = f" {rest} ".replace(f" {many} ", f" {one} ").strip()
    return f"{verb} {rest}"


def circumstance(fault: str) -> str:
    """When a fault strikes: ``when an answer is lost``."""
    return CIRCUMSTANCES.get(fault, f"under {fault}")
