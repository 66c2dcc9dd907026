"""The fixture ``agentchaos_proxy``: proxies that end with the test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

from pytest_agentchaos.errors import explains_itself
from pytest_agentchaos.wires.reverse_proxy import Proxy

__tracebackhide__ = explains_itself


def make() -> Iterator[Callable[..., Proxy]]:
    """``agentchaos_proxy("http://127.0.0.1:8000", name="http://flights.local")`` gives one that listens."""
    with ExitStack() as stack:

        def proxy(upstream: str, **options: Any) -> Proxy:
            return stack.enter_context(Proxy(upstream, **options))

        yield proxy
