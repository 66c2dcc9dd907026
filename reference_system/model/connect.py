"""The one place that knows that there are two clients."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reference_system.contracts.policy import ErrorPolicy, Price
from reference_system.hardening import Hardening
from reference_system.model.interface import Model
from reference_system.resilience.rest import Rests
from reference_system.settings import Settings
from reference_system.telemetry.interface import Telemetry

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential


def connect(  # noqa: PLR0913 - what the clients take
    settings: Settings,
    errors: ErrorPolicy,
    telemetry: Telemetry,
    hardening: Hardening,
    *,
    price: Price | None = None,
    rests: Rests | None = None,
    credential: AsyncTokenCredential | None = None,
) -> Model:
    """The model that the settings name: agents of a Foundry project if they name one, else a Responses endpoint.

    ``rests`` are those of the process, if it asks by several clients. ``credential`` is for a Foundry project that is
    not embedded.
    """
    if settings.foundry_url is not None:
        from reference_system.model.foundry import FoundryModel  # the azure packages load only where they are used

        return FoundryModel(settings, errors, telemetry, hardening, price=price, rests=rests, credential=credential)
    from reference_system.model.responses import ResponsesModel

    return ResponsesModel(settings, errors, telemetry, hardening, price=price, rests=rests)
