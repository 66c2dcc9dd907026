"""The client for a Foundry project: the same questions to agents that are kept there, by azure-ai-projects.

What a question says besides its input is the definition of an agent, and each definition is a version of the agent of
its role. A version never changes, and each question names the one that it means: several manifests can be in use at
once, and going back to an older one finds its agents still there.
"""

from __future__ import annotations

import asyncio
import hashlib
import ipaddress
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

from azure.ai.projects.aio import AIProjectClient
from azure.ai.projects.models import (
    FunctionTool,
    PromptAgentDefinition,
    PromptAgentDefinitionTextOptions,
    TextResponseFormatJsonSchema,
    Tool,
)
from azure.core.credentials import AccessToken
from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import AzureError, HttpResponseError, ResourceNotFoundError

from reference_system.contracts.policy import ErrorPolicy, Price
from reference_system.errors import ModelUnavailableError
from reference_system.hardening import Hardening
from reference_system.model.asking import AskingModel
from reference_system.model.azure_transport import Httpx2Transport
from reference_system.model.connection import http_client
from reference_system.model.failures import may_pass, retry_after_s
from reference_system.model.form import Form
from reference_system.model.line import Address
from reference_system.resilience.rest import Rests
from reference_system.resilience.retry import TransientError
from reference_system.settings import Settings
from reference_system.telemetry.interface import Telemetry

SIMULATED = ".travel.local"
"""Names of hosts that exist in simulations only."""

_DEFINITION = "definition"
"""The key of a version's metadata under which the digest of what it says is kept."""
_TOKEN_LIFE_S = 3_600


class FoundryModel(AskingModel):
    """Agents of the project at ``settings.foundry_url``.

    Without a credential only an embedded project on this machine can be asked; a real one gets a real credential, such
    as ``azure.identity.aio.DefaultAzureCredential()``, which its maker closes.
    """

    def __init__(  # noqa: PLR0913 - the same as for the other client, and the credential
        self,
        settings: Settings,
        errors: ErrorPolicy,
        telemetry: Telemetry,
        hardening: Hardening,
        *,
        price: Price | None = None,
        rests: Rests | None = None,
        credential: AsyncTokenCredential | None = None,
    ) -> None:
        line = _Project(settings, errors.model_timeout_s, credential)
        super().__init__(line, errors, telemetry, hardening, price=price, rests=rests)


class EmbeddedCredential(AsyncTokenCredential):
    """What the embedded project takes for a token: the API key."""

    def __init__(self, api_key: str) -> None:
        self._api_key = api_key

    async def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
        """One for an hour."""
        return AccessToken(self._api_key, int(time.time()) + _TOKEN_LIFE_S)

    async def close(self) -> None:
        """Nothing is open."""

    async def __aexit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        trace: TracebackType | None = None,
    ) -> None:
        pass


class _Project:
    """Questions go to agents by name and version; an agent that is not there yet is made."""

    provider = "azure.ai.foundry"

    def __init__(self, settings: Settings, read_timeout_s: float, credential: AsyncTokenCredential | None) -> None:
        url = _checked(settings.foundry_url, has_credential=credential is not None)
        self.model = settings.model
        self._http = http_client(read_timeout_s)
        self._options: dict[str, Any] = {} if url.startswith("https:") else {"enforce_https": False}
        self._project = AIProjectClient(
            url,
            credential or EmbeddedCredential(settings.api_key),
            transport=Httpx2Transport(self._http),
            retry_total=0,  # the system's own retries know the trip's budget and deadline
        )
        self._client = self._project.get_openai_client(http_client=self._http, max_retries=0)
        self._versions: dict[Form, str] = {}
        self._making = asyncio.Lock()

    async def address(self, form: Form) -> Address:
        """The agent that says what the form says."""
        version = self._versions.get(form)
        if version is None:
            async with self._making:
                version = self._versions.get(form)
                if version is None:
                    async with _explained():
                        version = self._versions[form] = await self._find_or_make(form)
        reference = {"type": "agent_reference", "name": _name(form), "version": version}
        return Address(self._client, {"agent_reference": reference})

    def forget(self, form: Form) -> bool:
        """The agent is gone: it can be made again."""
        return self._versions.pop(form, None) is not None

    async def close(self) -> None:
        """Let go of connections."""
        await self._project.close()
        await self._http.aclose()

    async def _find_or_make(self, form: Form) -> str:
        definition = _definition(self.model, form)
        told = json.dumps(definition.as_dict(), sort_keys=True)
        digest = hashlib.sha256(told.encode()).hexdigest()
        agents, name = self._project.agents, _name(form)
        try:
            async for known in agents.list_versions(name, order="desc", **self._options):
                if known.metadata.get(_DEFINITION) == digest:
                    return known.version
        except ResourceNotFoundError:
            pass  # its first version
        made = await agents.create_version(name, definition=definition, metadata={_DEFINITION: digest}, **self._options)
        return made.version


def _name(form: Form) -> str:
    return f"travel-{form.role}"


def _definition(model: str, form: Form) -> PromptAgentDefinition:
    text = None
    if form.format is not None:
        wanted = TextResponseFormatJsonSchema(
            name=form.format["name"], schema=form.format["schema"], strict=form.format["strict"]
        )
        text = PromptAgentDefinitionTextOptions(format=wanted)
    tools: list[Tool] = [
        FunctionTool(
            name=tool["name"], description=tool["description"], parameters=tool["parameters"], strict=tool["strict"]
        )
        for tool in form.tools
    ]
    return PromptAgentDefinition(model=model, instructions=form.instructions, tools=tools or None, text=text)


@asynccontextmanager
async def _explained() -> AsyncIterator[None]:
    """The control plane's errors, in the words of the rest."""
    try:
        yield
    except HttpResponseError as error:
        status = error.status_code or 0
        msg = f"the project's agents cannot be reached: it answered {status}"
        if may_pass(status):
            wait_s = retry_after_s(getattr(error.response, "headers", {}))
            raise TransientError(msg, retry_after_s=wait_s) from error
        raise ModelUnavailableError(msg) from error
    except AzureError as error:
        msg = f"the project's agents cannot be reached ({type(error).__name__})"
        raise TransientError(msg) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:  # what the SDK makes of a body that is no answer
        msg = f"the project's answer about its agents cannot be read ({type(error).__name__})"
        raise TransientError(msg) from error


def _checked(url: str | None, *, has_credential: bool) -> str:
    """The project's address, to which the token may be sent."""
    host = urlsplit(url or "").hostname
    if not url or not host:
        msg = (
            f"{url!r} is not the address of a Foundry project; write it like http://127.0.0.1:8806/api/projects/travel"
        )
        raise ValueError(msg)
    if not has_credential and not _is_embedded(host):
        msg = (
            f"{host} is not this machine, and its project wants a real credential:"
            " FoundryModel(..., credential=azure.identity.aio.DefaultAzureCredential())"
        )
        raise ValueError(msg)
    return url


def _is_embedded(host: str) -> bool:
    if host == "localhost" or host.endswith((".localhost", SIMULATED)):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
