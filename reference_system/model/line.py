"""The seam between the two clients: where a question goes, and how it is addressed there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import openai

from reference_system.model.form import Form


@dataclass(frozen=True, slots=True)
class Address:
    """Whom to ask, and what the request's body holds besides the question itself."""

    client: openai.AsyncOpenAI
    body: Mapping[str, Any]


class Line(Protocol):
    """A way to a model."""

    @property
    def provider(self) -> str:
        """As OpenTelemetry calls it."""

    @property
    def model(self) -> str:
        """Its name."""

    async def address(self, form: Form) -> Address:
        """Where questions of this form go. Raises TransientError and the ModelError family."""

    def forget(self, form: Form) -> bool:
        """The address was not found. Whether it can be made anew, so that asking again makes sense."""

    async def close(self) -> None:
        """Let go of connections."""
