"""The ``agentchaos`` fixture: what a test author holds in hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Literal, ParamSpec, TypeVar

import pytest

from pytest_agentchaos.engine import calling_as
from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.evidence.outcome import Outcome
from pytest_agentchaos.evidence.verdict import Verdict
from pytest_agentchaos.faults.base import Fault
from pytest_agentchaos.invariants.base import Invariant, judge
from pytest_agentchaos.schedule import Selector, on, rule
from pytest_agentchaos.trial import Live, Trial
from pytest_agentchaos.wires import function, mcp_stream
from pytest_agentchaos.wires.http_transport import install

P = ParamSpec("P")
R = TypeVar("R")


class AgentChaos:
    """One trial, in the words of a test."""

    def __init__(self, *, seed: int = 0) -> None:
        self._trial = Trial(seed=seed)
        self.verdicts: list[Verdict] = []
        """What :meth:`check` has found so far."""
        self.reached: dict[str, bool] = {}
        """Every :meth:`sometimes`, and whether it has been true."""

    @property
    def seed(self) -> int:
        """The seed of this trial."""
        return self._trial.seed

    @property
    def history(self) -> History:
        """Everything that crossed the wires so far."""
        return self._trial.history

    @property
    def outcome(self) -> Outcome | None:
        """How the last run ended; None before the first."""
        return self._trial.outcome

    @property
    def trial(self) -> Trial:
        """The trial underneath."""
        return self._trial

    def inject(self, fault: Fault, selector: Selector | None = None) -> None:
        """Have this fault happen on the calls that the selector selects (all of them, if there is none)."""
        self._trial.inject(rule(fault, on.any() if selector is None else selector))

    def upstream(self, url: str, thing: Any) -> None:
        """Declare what stands behind a URL: a scripted model, an ASGI app, an MCP server."""
        self._trial.upstreams.declare(url, thing)

    def run(self, system: Callable[P, Any], *args: P.args, **kwargs: P.kwargs) -> Any:
        """Run the system, sync or async, in virtual time; what it returns or raises comes out here."""
        return self._trial.run(system, *args, **kwargs)

    def live(self) -> Live:
        """Wires in real time: ``async with agentchaos.live(): ...`` or ``with agentchaos.live(): ...``."""
        return self._trial.live()

    def tool(
        self,
        function_: Callable[P, R],
        *,
        name: str | None = None,
        kind: Literal["tool", "agent"] = "tool",
        timeout_s: float | None = 30.0,
        error: function.MakeError | None = None,
    ) -> Callable[P, R]:
        """The same function as a call that faults can act on.

        ``timeout_s`` is how long its caller waits before ``TimeoutError``; None waits for ever. ``error`` makes
        the exception for a status and a message, where a fault answers in the function's place.
        """
        extra: dict[str, Any] = {} if error is None else {"error": error}
        return function.wire(function_, name=name, kind=kind, timeout_s=timeout_s, **extra)

    def mcp(self, server: Any, *, name: str | None = None) -> mcp_stream.Wire:
        """A transport for ``mcp.Client`` in place of a server object, stdio parameters or a transport."""
        return mcp_stream.wire(server, name=name)

    def transport(self, transport: Any) -> Any:
        """An httpx or httpx2 transport of a class of its own, whose calls faults can act on."""
        return install.wrap(transport)

    def agent(self, name: str) -> AbstractContextManager[None]:
        """Calls made inside the block belong to this agent."""
        return calling_as(name)

    def sometimes(self, name: str, condition: object = True) -> None:
        """Say that this is true in some trial; the session's summary names what never was."""
        self.reached[name] = self.reached.get(name, False) or bool(condition)

    def check(self, *judges: Invariant) -> tuple[Verdict, ...]:
        """Judge the history; anything but a pass fails the test."""
        __tracebackhide__ = True
        if not judges:
            msg = "agentchaos.check() got nothing to check; give for example invariants.at_most('model_calls', 12)"
            raise UsageError(msg)
        if not self._trial.ran:
            msg = "agentchaos.check() has no history to judge: call agentchaos.run(system, ...) before it"
            raise UsageError(msg)
        verdicts = tuple(judge(one, self.history) for one in judges)
        self.verdicts.extend(verdicts)
        if not all(verdict.passed for verdict in verdicts):
            pytest.fail("\n".join(["the trial does not hold:", *(f"  {verdict}" for verdict in verdicts)]), pytrace=False)
        return verdicts


@contextmanager
def open_fixture(node: pytest.Item, seed: int, upstreams: Mapping[str, Any]) -> Iterator[AgentChaos]:
    """The fixture of one test."""
    chaos = AgentChaos(seed=_marked_seed(node, seed))
    for url, thing in upstreams.items():
        chaos.upstream(url, thing)
    yield chaos


def _marked_seed(node: pytest.Item, seed: int) -> int:
    marker = node.get_closest_marker("agentchaos")
    if marker is None:
        return seed
    unknown = set(marker.kwargs) - {"seed", "trials"}
    if marker.args or unknown:
        given = ", ".join([*map(repr, marker.args), *sorted(unknown)])
        msg = f"@pytest.mark.agentchaos({given}) on {node.nodeid}: it takes seed= and trials="
        raise UsageError(msg)
    return int(marker.kwargs.get("seed", 0)) + seed
