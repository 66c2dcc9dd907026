from __future__ import annotations

from typing import Self

import httpx2


class Weather:
    """An agent that asks a weather service, and has an answer when the service has none."""

    def __init__(self, url: str) -> None:
        self._client = httpx2.AsyncClient(base_url=url, timeout=0.2)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._client.aclose()

    async def advise(self, city: str) -> str:
        """What to wear."""
        try:
            reply = await self._client.get("/forecast", params={"city": city})
            forecast = reply.raise_for_status().json()
        except httpx2.HTTPError:
            return "look out of the window"
        return "take an umbrella" if forecast["rain"] else "take a hat"
