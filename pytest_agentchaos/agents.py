"""Which agent is calling: a path of names, outermost first."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar

agent_path: ContextVar[tuple[str, ...]] = ContextVar("agentchaos_agent", default=())


@contextmanager
def calling_as(name: str) -> Iterator[None]:
    """Calls made inside belong to this agent (below the one that is already named)."""
    token = agent_path.set((*agent_path.get(), name))
    try:
        yield
    finally:
        # A generator that was left suspended is closed in another context, where there is nothing to reset.
        with suppress(ValueError):
            agent_path.reset(token)
