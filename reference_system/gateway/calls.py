"""One tool call, tried as often as is safe: rest, breaker, deadline, retry, exchange, check of the answer."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

from mcp.types import CallToolResult

from reference_system.contracts.base import Contract
from reference_system.contracts.policy import ErrorPolicy
from reference_system.contracts.tools import Refusal
from reference_system.errors import CircuitOpenError, InvalidResultError, ToolUnavailableError
from reference_system.gateway import results
from reference_system.gateway.arguments import Asked
from reference_system.gateway.intents import Intents
from reference_system.gateway.relevance import mismatch
from reference_system.gateway.servers import ToolServers
from reference_system.gateway.session import ExchangeError
from reference_system.hardening import Hardening
from reference_system.resilience.breaker import Breakers
from reference_system.resilience.interface import Allowance
from reference_system.resilience.rest import Rests
from reference_system.resilience.retry import Retry, TransientError
from reference_system.telemetry.conventions import TOOL_ERROR, TOOLS_CALL
from reference_system.telemetry.interface import Span, Telemetry

_TOO_MANY_REQUESTS = 429


@dataclass(frozen=True, slots=True)
class Call:
    """What is sent."""

    asked: Asked
    trip: str
    correlation: str
    key: str | None = None
    expected: Mapping[str, Any] = field(default_factory=dict)
    """What the result should say, going by what was shown before."""
    maybe_sent: bool = False
    """Whether the same request may be under way already, from an earlier call."""

    def wire(self) -> dict[str, Any]:
        """The arguments as the server gets them."""
        wire = dict(self.asked.business)
        if self.asked.tool.writes:
            wire["trip"] = self.trip
        if self.key is not None:
            wire["idempotency_key"] = self.key
        return wire


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of it."""

    content: Contract | Refusal
    lost: bool
    """Whether another attempt went out before whose fate is unknown: it may still arrive."""


class Calls:
    """Makes calls, for all trips of the process: they share the breakers, and let a server rest that asks for it."""

    def __init__(  # noqa: PLR0913, PLR0917 - what all calls share
        self,
        servers: ToolServers,
        intents: Intents,
        errors: ErrorPolicy,
        hardening: Hardening,
        telemetry: Telemetry,
        rests: Rests,
    ) -> None:
        self._servers = servers
        self._intents = intents
        self._tool_timeout_s = errors.tool_timeout_s
        self._hardening = hardening
        self._telemetry = telemetry
        self._rests = rests
        self._retry = Retry.of(errors, hardening)
        self.breakers = Breakers.of(errors, hardening, telemetry.breaker)

    async def make(self, call: Call, allowance: Allowance) -> Answer:
        """The tool's result or refusal. ToolUnavailableError, InvalidResultError, CircuitOpenError: there is none.

        What fails for a moment is tried again, because that is safe: a read changes nothing, and a write carries its
        key. (With the switch ``idempotency`` off, writes are repeated all the same, and happen twice.)
        """
        attempts = _Attempts(call, self._servers, self._intents, validate=self._hardening.validate_results)
        tool = call.asked.tool

        async def attempt() -> Contract | Refusal:
            with self._rests.respected(tool.domain), self.breakers.admitted(tool.name), self._span(call) as span:
                return await attempts.next(self._limit(allowance), span)

        try:
            content = await self._retry.run(attempt, allowance, retried=lambda: self._telemetry.retried(tool.name))
        except CircuitOpenError as error:
            if attempts.lost:
                raise ToolUnavailableError(str(error), in_doubt=True) from error
            raise
        except UnreadableError as error:
            raise InvalidResultError(str(error), in_doubt=attempts.lost) from error
        except TransientError as error:
            raise ToolUnavailableError(str(error), in_doubt=attempts.lost) from error
        return Answer(content, attempts.lost)

    def _span(self, call: Call) -> AbstractContextManager[Span]:
        """Around one attempt: what goes along with the request names this span."""
        return self._telemetry.span(TOOLS_CALL, call.asked.tool.name, travel__trip=call.trip)

    def _limit(self, allowance: Allowance) -> AbstractAsyncContextManager[None]:
        return allowance.deadline.limit(self._tool_timeout_s) if self._hardening.deadline else nullcontext()


class UnreadableError(TransientError):
    """An attempt whose answer cannot be used."""


class _Attempts:
    """The attempts of one call, and what is known after them."""

    def __init__(self, call: Call, servers: ToolServers, intents: Intents, *, validate: bool) -> None:
        self._call = call
        self._wire = call.wire()
        self._servers = servers
        self._intents = intents
        self._validate = validate
        self._surprises: dict[str, Any] = {}
        self.lost = call.maybe_sent
        """Whether one may have been executed without our knowing."""

    async def next(self, limit: AbstractAsyncContextManager[None], span: Span) -> Contract | Refusal:
        """One more. TransientError: another one may help."""
        tool = self._call.asked.tool
        try:
            async with limit:
                answer = await self._servers.call(
                    tool.domain, tool.name, self._wire, correlation=self._call.correlation
                )
        except ExchangeError as error:
            if error.trouble.status is not None:
                span.fail(str(error.trouble.status))
            raise self._failed(error) from error
        except TimeoutError as error:
            raise self._unknown(TransientError(f"{tool.name}: {error}")) from error
        if answer.is_error:
            span.fail(TOOL_ERROR)
        content = self._read(answer)
        if self._validate and not isinstance(content, Refusal):
            await self._recognise(content)
        return content

    def _failed(self, error: ExchangeError) -> Exception:
        trouble, message = error.trouble, f"{self._call.asked.tool.name}: {error}"
        self.lost |= trouble.maybe_executed and self._call.asked.tool.writes
        if error.final:
            return ToolUnavailableError(message, in_doubt=self.lost, retry_after_s=trouble.retry_after_s)
        kind = UnreadableError if error.garbled else TransientError
        return kind(message, retry_after_s=trouble.retry_after_s, unhealthy=trouble.status != _TOO_MANY_REQUESTS)

    def _unknown(self, error: TransientError) -> TransientError:
        """Something happened there, and nobody can say what."""
        self.lost |= self._call.asked.tool.writes
        return error

    def _read(self, answer: CallToolResult) -> Contract | Refusal:
        asked = self._call.asked
        try:
            content = results.read(asked.tool, answer, validate=self._validate)
        except results.ToolFailedError as error:
            raise self._unknown(TransientError(str(error))) from error
        except results.NoResultError as error:
            raise self._unknown(UnreadableError(str(error))) from error
        if self._validate and not isinstance(content, Refusal):
            if (wrong := mismatch(asked, content)) is not None:
                raise self._unknown(UnreadableError(f"{asked.tool.name} answers something else: {wrong}"))
            self._compare(content)
        return content

    async def _recognise(self, content: Contract) -> None:
        """A new booking that has the id of another one: whoever believed it would cancel the one for the other."""
        call, booking = self._call, getattr(content, "booking", None)
        if call.key is None or call.asked.tool.undo is None or booking is None:
            return
        if await self._intents.is_of_another(call.key, booking):
            msg = f"{call.asked.tool.name} answers with {booking}, which is another booking"
            raise self._unknown(UnreadableError(msg))

    def _compare(self, content: Contract) -> None:
        """What is not as it was shown (another price, another city) is believed when the tool says it twice."""
        call = self._call
        surprises = {name: getattr(content, name) for name, value in call.expected.items()}
        surprises = {name: said for name, said in surprises.items() if said != call.expected[name]}
        if not surprises or call.key is None or surprises == self._surprises:
            return
        self._surprises = surprises
        shown = {name: call.expected[name] for name in surprises}
        msg = f"{call.asked.tool.name} answers {surprises}, and what was shown is {shown}"
        raise self._unknown(UnreadableError(msg, unhealthy=False))
