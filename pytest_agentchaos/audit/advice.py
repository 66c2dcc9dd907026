"""Advice: rules that a tool can break, and how it is made safe. The texts are those of SARIF and of the table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Level = Literal["error", "warning", "note"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule."""

    id: str
    level: Level
    told: str
    cure: str


_KEY: Final = (
    "Take an idempotency key as an argument, store it in the same transaction as the effect, under a unique constraint,"
    " and answer a call whose key is known with what was answered before"
)

RULES: Final = {
    rule.id: rule
    for rule in (
        Rule(
            "executes-twice",
            "error",
            "A retry after a lost answer does the thing again.",
            f"{_KEY}; or identify what is made by its natural key (an upsert), so that there cannot be two of it.",
        ),
        Rule(
            "read-only-but-writes",
            "error",
            "readOnlyHint is true, and a call changes the world.",
            "Say readOnlyHint: false, so that clients ask before they call it and do not repeat it freely.",
        ),
        Rule(
            "idempotent-but-executes-twice",
            "error",
            "idempotentHint is true, and the same call again changes the world again.",
            "Make it idempotent, or say idempotentHint: false; clients retry what says that it is.",
        ),
        Rule(
            "undecidable",
            "warning",
            "Nobody can say whether a retry is safe.",
            "Give the audit arguments (--examples), a witness (a tool or a resource that shows what was done, --watch"
            " for files) or leave (--allow-destructive).",
        ),
        Rule(
            "late-copy-wins",
            "note",
            "A late copy of a request undoes what a newer call has written.",
            "Take a version or the state that the caller has seen (if-match), and refuse a call that comes with an old"
            " one.",
        ),
        Rule(
            "retry-sees-error",
            "note",
            "A retry does no harm, and is answered with an error, from which a client concludes that nothing was done.",
            "Answer the retry as the first call was answered, instead of with an error that says it exists already.",
        ),
        Rule(
            "key-not-required",
            "note",
            "It is safe with an idempotency key only, and can be called without one.",
            "Make the key a required argument: a model that may leave it out will.",
        ),
        Rule(
            "not-annotated",
            "note",
            "It says nothing of what a call does; by the protocol it then counts as destructive.",
            "Say readOnlyHint, destructiveHint and idempotentHint.",
        ),
    )
}
