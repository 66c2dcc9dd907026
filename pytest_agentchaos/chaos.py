"""Chaos: a trial in the words of whoever sets up a system, and of whoever tests it. It knows nothing of pytest."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Literal, ParamSpec, TypeVar, overload

from pytest_agentchaos.agents import calling_as
from pytest_agentchaos.declared import Probe
from pytest_agentchaos.errors import UsageError, explains_itself
from pytest_agentchaos.evidence.effects.claim import Claims
from pytest_agentchaos.evidence.effects.effect import Effect
from pytest_agentchaos.evidence.figures.measures import Measures, measure
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.evidence.outcome import Outcome
from pytest_agentchaos.faults.base import Fault
from pytest_agentchaos.processes import Handle
from pytest_agentchaos.schedule import Selector, on, rule
from pytest_agentchaos.trial import Live, Trial
from pytest_agentchaos.wires import function, mcp_stream
from pytest_agentchaos.wires.http_transport import install

if TYPE_CHECKING:
    from pytest_agentchaos.traces.receiver import Receiver
    from pytest_agentchaos.wires.standing import Wires

__tracebackhide__ = explains_itself

P = ParamSpec("P")
R = TypeVar("R")


class Chaos:
    """One trial, in the words of whoever sets up its system."""

    def __init__(self, *, seed: int = 0, trial: Trial | None = None) -> None:
        self._trial = Trial(seed=seed) if trial is None else trial
        self.reached: dict[str, bool] = {}
        """Every :meth:`sometimes`, and whether it has been true."""

    def __repr__(self) -> str:
        ended = "not run" if self.outcome is None else self.outcome.ending
        return f"<agentchaos seed={self.seed}, {ended}>"

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

    def upstream(self, url: str, thing: Any, *, restart: Callable[[], Any] | None = None) -> None:
        """Declare what stands behind a URL: a scripted model, an ASGI app, an MCP server.

        ``restart`` makes it anew, without what it had in memory, when a fault has ended its process.
        """
        self._trial.upstreams.declare(url, thing, restart=restart)

    @overload
    def run(self, system: Callable[P, Coroutine[Any, Any, R]], *args: P.args, **kwargs: P.kwargs) -> R: ...
    @overload
    def run(self, system: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R: ...
    def run(self, system: Callable[P, Any], *args: P.args, **kwargs: P.kwargs) -> Any:
        """Run the system, sync or async, in virtual time; what it returns or raises comes out here."""
        __tracebackhide__ = True
        return self._trial.run(system, *args, **kwargs)

    def live(self) -> Live:
        """Wires in real time: ``async with agentchaos.live(): ...`` or ``with agentchaos.live(): ...``."""
        return self._trial.live()

    def process(self, handle: Handle, *names: str) -> None:
        """Declare a real process, for live mode: the one that calls come from, or go to, under these names.

        A callee is named by the host that calls go to, a caller by the ``caller=`` of the proxy that it calls through.
        """
        self._trial.engine.processes.declare(handle, *names)

    def wires(self, wires: Wires) -> None:
        """Declare wires of live mode that are kept for systems of this sort, and join no other trial.

        ``Proxy(..., wires=kept)`` stands among ``kept = Wires()``. What is not given any joins each live trial.
        """
        self._trial.join(wires)

    def receiver(self, port: int = 0) -> Receiver:
        """In a live trial: where processes send their spans, which become ops of the history when it is over.

        ``env={**os.environ, **chaos.receiver().environment()}``. Wait for them: ``receiver.wait_for(...)``.
        """
        return self._trial.receiver(port)

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

        ``timeout_s`` is how long a caller waits before ``TimeoutError`` where a fault keeps it waiting; None waits for
        ever. A function that takes long by itself has a timeout of its own, or none. ``error`` makes
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

    def effect(self, *effects: Effect) -> None:
        """Declare what tools do to the world: ``Effect("seat", tool="book_flight", key=("traveller", "flight"))``."""
        self._trial.declared.effect(*effects)

    def claims(self, *claims: Claims) -> None:
        """Declare what an answer claims to have done: a ``Claim``, or a function of the answer."""
        self._trial.declared.claim_by(*claims)

    def ends(self, tells: Callable[[Any], str]) -> None:
        """Declare how an answer says that the run ended, by a function of what the system returns.

        It gives ``completed``, ``degraded``, ``asked``, ``escalated``, ``refused`` or ``failed``.
        """
        self._trial.declared.ending_by(tells)

    def probe(
        self,
        effect: str,
        look: Callable[[], Any],
        *,
        key: tuple[str, ...] = (),
        id: str | None = None,  # noqa: A002 - the word that an effect uses
        amount: str | None = None,
    ) -> None:
        """Look at the world after each run: a function, sync or async, that gives the rows of an effect.

        ``key``, ``id`` and ``amount`` name the fields of a row; unless told, they are those of the effect.
        """
        self._trial.declared.probe(Probe(effect, look, key, id, amount))

    def prices(self, prices: Mapping[str, Any], *, currency: str = "USD") -> None:
        """What a million tokens cost: glob on the model's name -> (input, output) or (input, output, cached)."""
        self._trial.declared.price(prices, currency)

    def tools(self, *definitions: Any) -> None:
        """What tools say of themselves, where no wire shows it: each as MCP writes it."""
        self._trial.declared.tool(definitions)

    def canary(self, name: str = "canary") -> str:
        """A text that stands for a secret: plant it where the system can reach it, and nowhere it must go."""
        return self._trial.declared.canary(name)

    def measures(self) -> Measures:
        """The figures of this trial: calls, latencies, tokens, cost, effects, recovery."""
        return measure(self.history)

    def sometimes(self, name: str, condition: object = True) -> None:  # noqa: FBT002 - a condition, not a switch
        """Say that this is true in some trial; the session's summary names what never was.

        The condition may be a function of the history, for example one of ``pytest_agentchaos.reached``.
        """
        if not isinstance(name, str):
            msg = f"agentchaos.sometimes({name!r}): the first argument is what is to be true in some trial, in words"
            raise UsageError(msg)
        holds = bool(condition(self.history) if callable(condition) else condition)
        self.reached[name] = self.reached.get(name, False) or holds
