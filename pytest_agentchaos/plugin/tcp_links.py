"""The ``agentchaos_tcp`` fixture: links to TCP services for one test."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager

from pytest_agentchaos.errors import explains_itself
from pytest_agentchaos.wires.tcp import Link

__tracebackhide__ = explains_itself


@contextmanager
def make() -> Iterator[Callable[..., Link]]:
    """``agentchaos_tcp("127.0.0.1:5432", name="postgres")`` gives a link; all of them are closed at the end."""
    with ExitStack() as links:

        def link(upstream: str, *, name: str | None = None, caller: str = "", allow: Iterable[str] = ()) -> Link:
            return links.enter_context(Link(upstream, name=name, caller=caller, allow=allow))

        yield link
