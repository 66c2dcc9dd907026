"""Whether what this service depends on answers: the store, the model, each tool server."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Final
from urllib.parse import urlsplit

import httpx2

from reference_system.errors import TravelError
from reference_system.settings import Settings
from reference_system.store.interface import Store

Probe = Callable[[], Awaitable[None]]
"""Raises unless its dependency answers."""

_LIMIT_S: Final = 2.0


async def unready(probes: Mapping[str, Probe], limit_s: float = _LIMIT_S) -> dict[str, str]:
    """What does not answer, and why not; empty if all is well."""

    async def tried(probe: Probe) -> str | None:
        try:
            async with asyncio.timeout(limit_s):
                await probe()
        except TimeoutError:
            return f"no answer within {limit_s:g} s"
        except (TravelError, httpx2.HTTPError, OSError) as error:
            return f"{type(error).__name__}: {error}"
        return None

    whys = await asyncio.gather(*(tried(probe) for probe in probes.values()))
    return {name: why for name, why in zip(probes, whys, strict=True) if why is not None}


def probes_of(settings: Settings, store: Store, http: httpx2.AsyncClient) -> dict[str, Probe]:
    """One for each dependency. The model is asked for its list of models, which real ones have too."""

    async def answers(url: str, headers: Mapping[str, str]) -> None:
        (await http.get(url, headers=dict(headers))).raise_for_status()

    def web(url: str, **headers: str) -> Probe:
        return lambda: answers(url, headers)

    model = f"{settings.model_url.rstrip('/')}/models"
    probes: dict[str, Probe] = {"store": lambda: store.run(store.ping)}
    if settings.foundry_url is None:
        probes["model"] = web(model, authorization=f"Bearer {settings.api_key}")
    for domain, url in settings.tool_urls.items():
        parts = urlsplit(url)
        probes[domain] = web(f"{parts.scheme}://{parts.netloc}/ready")
    return probes
