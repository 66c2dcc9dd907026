"""The client for everything that speaks the OpenAI Responses API."""

from __future__ import annotations

import openai

from reference_system.contracts.policy import ErrorPolicy, Price
from reference_system.hardening import Hardening
from reference_system.model.asking import AskingModel
from reference_system.model.connection import http_client
from reference_system.model.form import Form
from reference_system.model.line import Address
from reference_system.resilience.rest import Rests
from reference_system.settings import Settings
from reference_system.telemetry.interface import Telemetry


class ResponsesModel(AskingModel):
    """The model at ``settings.model_url``. Which one stands there, and whether it is real, is all in the settings."""

    def __init__(  # noqa: PLR0913 - the same as for the other client
        self,
        settings: Settings,
        errors: ErrorPolicy,
        telemetry: Telemetry,
        hardening: Hardening,
        *,
        price: Price | None = None,
        rests: Rests | None = None,
    ) -> None:
        line = _Direct(settings, errors.model_timeout_s)
        super().__init__(line, errors, telemetry, hardening, price=price, rests=rests)


class _Direct:
    """Instructions, tools and format go with each request."""

    provider = "openai"

    def __init__(self, settings: Settings, read_timeout_s: float) -> None:
        self.model = settings.model
        self._client = openai.AsyncOpenAI(
            base_url=settings.model_url,
            api_key=settings.api_key,
            max_retries=0,  # its own know neither the trip's budget nor its deadline, and are not seen by anybody
            http_client=http_client(read_timeout_s),
        )

    async def address(self, form: Form) -> Address:
        """The same for all, but for the body."""
        return Address(self._client, {"model": self.model, **form.body})

    def forget(self, form: Form) -> bool:  # noqa: ARG002 - nothing was made for this form
        """There is nothing that could be made anew."""
        return False

    async def close(self) -> None:
        """Let go of connections."""
        await self._client.close()
