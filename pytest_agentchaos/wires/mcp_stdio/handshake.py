"""The handshake: what the client said when it initialised the server, so that another one can be told the same."""

from __future__ import annotations

from typing import Final

from pytest_agentchaos.dialects.http import read_json, write_json

_ID: Final = "agentchaos-initialize-again"


class Handshake:
    """Remembers ``initialize`` and ``notifications/initialized``. The protocol of 2026-07-28 has neither."""

    def __init__(self) -> None:
        self._initialize: bytes | None = None
        self.initialised: bytes | None = None
        """The client's word that it goes on."""

    def said(self, method: str, line: bytes) -> None:
        """The client said this."""
        if method == "initialize":
            self._initialize = line
        elif method == "notifications/initialized":
            self.initialised = line

    def again(self) -> bytes | None:
        """The same question under an id of our own; None if the client has never asked it."""
        if self._initialize is None:
            return None
        return write_json({**read_json(self._initialize), "id": _ID}) + b"\n"

    def is_answer(self, line: bytes) -> bool:
        """Whether it answers our own question."""
        if _ID.encode() not in line:
            return False
        message = read_json(line)
        return isinstance(message, dict) and message.get("id") == _ID and "method" not in message
