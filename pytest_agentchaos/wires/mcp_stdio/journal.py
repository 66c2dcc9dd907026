"""The journal: what the shim tells people, line by line in a file; its own output belongs to the protocol."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from pytest_agentchaos.evidence.printable import printable

_CHARACTERS = 1_000


class Journal:
    """A log file; without one, nothing is told."""

    def __init__(self, path: Path | None = None, *, as_json: bool = False) -> None:
        self._file = None if path is None else path.open("a", encoding="utf-8", buffering=1)
        self._as_json = as_json
        self._told: set[str] = set()

    def tell(self, kind: str, text: str) -> None:
        """Write a line, without secrets."""
        if self._file is None:
            return
        at, text = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}", printable(text, _CHARACTERS)
        line = json.dumps({"at": at, "kind": kind, "text": text}) if self._as_json else f"{at} {kind}: {text}"
        self._file.write(line + "\n")

    def once(self, kind: str, text: str) -> None:
        """Write a line, if none of this kind has been written."""
        if kind not in self._told:
            self._told.add(kind)
            self.tell(kind, f"{text} (told once)")

    def close(self) -> None:
        """The last line has been written."""
        if self._file is not None:
            self._file.close()
