"""Which agent is calling: a path of names, outermost first.

Agents are named by the test or the system itself (``with agentchaos.agent("planner"):``), or by the spans of their
framework: what is called inside of a span ``invoke_agent planner`` is called by ``planner``. Where a name was given by
hand, spans say nothing more: selectors and sites that were written for it stay as they are, whether telemetry is on
or off. A name that changes from run to run, with a random id in it, makes the sites of its calls change as well;
under one seed, in sim mode, random ids are the same in each run.

Across an in-process app a name that was given by hand goes along, and one of spans does if the trace does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar

agent_path: ContextVar[tuple[str, ...]] = ContextVar("agentchaos_agent", default=())
"""The names that were given by hand."""

_ask_spans: Callable[[], tuple[str, ...]] | None = None


def current() -> tuple[str, ...]:
    """The agent that is calling here and now; what was named by hand comes before what spans say."""
    path = agent_path.get()
    return path if path or _ask_spans is None else _ask_spans()


def ask_spans(asked: Callable[[], tuple[str, ...]] | None) -> None:
    """Have the spans asked from now on, or (None) no more."""
    global _ask_spans  # noqa: PLW0603 - spans are seen at the SDK's class, for the whole process
    _ask_spans = asked


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
