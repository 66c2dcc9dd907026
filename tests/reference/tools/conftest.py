"""What the tests of the tool servers share: a caller who talks to them over the real SDK."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Mapping
from itertools import count
from typing import Any

import mcp
import pytest

from reference_system.contracts.tools import DOMAINS, TOOLS, Refusal
from reference_system.hardening import Hardening
from reference_system.store import open_store
from reference_system.store.interface import Store
from reference_system.tools import build_server

ADA_AND_BEN = ("Ada", "Ben")


def answer(tool: str, result: Any) -> Any:
    """What a call brought, as its contract's type; or the Refusal."""
    if result.is_error:
        (content,) = result.content
        return Refusal.model_validate_json(content.text)
    assert json.loads(result.content[0].text) == result.structured_content
    return TOOLS[tool].result.model_validate(result.structured_content)


class Caller:
    """Calls the tools of all five servers on one store, in process; writes get a new key unless one is given."""

    def __init__(self, store: Store, hardening: Hardening) -> None:
        self.store = store
        self.servers = {domain: build_server(domain, store, hardening) for domain in DOMAINS}
        self._keys = count(1)

    def call(self, tool: str, **arguments: Any) -> Any:
        """One call."""
        (result,) = self.at_once(tool, [arguments])
        return result

    def at_once(self, tool: str, calls: Iterable[Mapping[str, Any]]) -> list[Any]:
        """Many calls of one tool, all under way at the same time."""
        wanted = [self._with_key(tool, arguments) for arguments in calls]
        return asyncio.run(self._call_all(tool, wanted))

    def _with_key(self, tool: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        key = {"idempotency_key": f"key-{next(self._keys)}"} if TOOLS[tool].writes else {}
        return {**key, **arguments}

    async def _call_all(self, tool: str, calls: list[dict[str, Any]]) -> list[Any]:
        async with mcp.Client(self.servers[TOOLS[tool].domain]) as client:
            results = await asyncio.gather(*(client.call_tool(tool, arguments) for arguments in calls))
        return [answer(tool, result) for result in results]


@pytest.fixture
def caller_of():
    """How to get a caller: its store's address, and the switches that are off."""
    stores = []

    def make(store_url: str = "sqlite://", *off: str) -> Caller:
        hardening = Hardening().without(*off)
        stores.append(open_store(store_url, capacity_constraint=hardening.capacity_constraint))
        return Caller(stores[-1], hardening)

    yield make
    for store in stores:
        store.close()


@pytest.fixture
def caller(caller_of) -> Caller:
    """One on a new store in memory, with all safeguards."""
    return caller_of()
