"""Oddities: what passes although nobody can read it, or expects it. Each is told once."""

from __future__ import annotations

from typing import Any, Final

from pytest_agentchaos.engine import Engine
from pytest_agentchaos.wires.mcp_stdio.journal import Journal
from pytest_agentchaos.wires.mcp_stdio.lines import LIMIT_BYTES, Utterance

_MEGABYTES: Final = f"{LIMIT_BYTES >> 20} MiB"


class Oddities:
    """Tells the journal of them, and the history of what no fault could see."""

    def __init__(self, journal: Journal, engine: Engine) -> None:
        self._journal = journal
        self._engine = engine

    def strange(self, who: str, content: Any, data: bytes) -> None:
        """What is no single message."""
        if isinstance(content, list):
            self._journal.once(
                f"batch of the {who}", f"the {who} sends batches; they are passed on, and no fault acts on them"
            )
        elif data.strip():
            shown = data[:80].decode("utf-8", "replace")
            self._journal.once(
                f"no JSON of the {who}", f"the {who} sends what is no JSON-RPC, and it is passed on: {shown!r}"
            )

    def unseen(self, who: str, line: Utterance) -> None:
        """A line that is too long to be looked at."""
        if line.part == "last":
            text = f"the {who} sent a message of more than {_MEGABYTES}; it was passed on, and no fault has seen it"
            self._journal.once(f"too long, {who}", text)
            self._engine.note(unseen=text)

    def too_long(self) -> None:
        """An answer for which a fault waits cannot be held."""
        self._journal.tell("too long", f"an answer of more than {_MEGABYTES} while a fault waits for one")

    def unknown(self, key: str) -> None:
        """An answer for which nobody waits. Which ids were answered is not kept, since a shim may stand for days."""
        why = "which nobody has asked, which it has answered, or which was given up"
        self._journal.once("unknown id", f"the server answers {key}, {why}")
