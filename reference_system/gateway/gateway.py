"""The gateway: every tool call of every agent passes here, through the same stages in the same order.

arguments -> rules -> budgets -> price -> key and intent -> as often as is safe: [rest -> breaker -> deadline ->
exchange -> check of the answer] -> the books; and an account of it all. Each stage is a module; here is only their
order.
"""

from __future__ import annotations

from dataclasses import replace

from reference_system.contracts.base import Contract
from reference_system.contracts.policy import ErrorPolicy, Policy
from reference_system.contracts.tools import Cancel, Refusal
from reference_system.errors import NotAllowedError, ToolError, ToolRefusedError, ToolUnavailableError
from reference_system.gateway import rules
from reference_system.gateway.account import accounted, as_json
from reference_system.gateway.arguments import Asked, understood
from reference_system.gateway.calls import Answer, Call, Calls
from reference_system.gateway.intents import Intents, key_of
from reference_system.gateway.interface import ToolReply, ToolRequest
from reference_system.gateway.results import result_of
from reference_system.gateway.servers import ToolServers
from reference_system.gateway.shown import Shown
from reference_system.gateway.spending import set_aside
from reference_system.hardening import Hardening
from reference_system.resilience.breaker import Breakers
from reference_system.resilience.interface import Allowance
from reference_system.resilience.rest import Rests
from reference_system.store.interface import Intent, Store
from reference_system.telemetry.interface import Telemetry


class Gateway:
    """The Tools of ``gateway.interface``, for all trips of one process."""

    def __init__(  # noqa: PLR0913, PLR0917 - what a gateway stands between
        self,
        servers: ToolServers,
        store: Store,
        telemetry: Telemetry,
        policy: Policy,
        errors: ErrorPolicy,
        hardening: Hardening,
        *,
        rests: Rests | None = None,
    ) -> None:
        self._telemetry = telemetry
        self._policy = policy
        self._hardening = hardening
        self._intents = Intents(store)
        self._shown = Shown()
        rests = rests or Rests(on=hardening.retry_backoff)
        self._calls = Calls(servers, self._intents, errors, hardening, telemetry, rests)

    @property
    def breakers(self) -> Breakers:
        """For whoever wants to know what is left alone at the moment."""
        return self._calls.breakers

    async def call(self, request: ToolRequest, allowance: Allowance) -> ToolReply:
        """Make the call, with everything that makes it safe."""
        with accounted(self._telemetry, request) as account:
            asked = understood(
                request.tool, request.arguments, trip=request.trip, validate=self._hardening.validate_arguments
            )
            rules.check(self._policy, request, asked.tool)
            self._count(allowance)
            make = self._write if asked.tool.writes else self._read
            account.reply = await make(request, asked, allowance)
            return account.reply

    def _count(self, allowance: Allowance) -> None:
        if self._hardening.deadline:
            allowance.deadline.check()
        if self._hardening.tool_budget:
            allowance.budget.tool_call()

    async def _read(self, request: ToolRequest, asked: Asked, allowance: Allowance) -> ToolReply:
        answer = await self._calls.make(Call(asked, request.trip, request.correlation), allowance)
        result = _result(answer.content)
        self._shown.note(request.trip, asked.arguments, result)
        return ToolReply(asked.tool.name, asked.arguments, result, key=None)

    # --- writes -----------------------------------------------------------------------------------------------------

    async def _write(self, request: ToolRequest, asked: Asked, allowance: Allowance) -> ToolReply:
        """Send it, unless it has been made already: then what came of it is the answer."""
        key = key_of(request, asked)
        expected = self._shown.expected(request.trip, asked.arguments)
        if asked.tool.charges and "amount_minor" in expected:
            set_aside(self._policy, allowance.budget, asked.tool, expected["amount_minor"], purpose=key)
        call = Call(asked, request.trip, request.correlation, expected=expected)
        if not self._hardening.idempotency:
            return await self._send(request, call, key, allowance)
        async with self._intents.alone(key):
            intent, is_new = await self._intents.begin(key, request, asked)
            call = replace(call, key=key, maybe_sent=not is_new)
            if intent.state == "open":
                return await self._send(request, call, key, allowance)
            return await self._adopt(intent, request, call, allowance)

    async def _send(self, request: ToolRequest, call: Call, purpose: str, allowance: Allowance) -> ToolReply:
        try:
            answer = await self._calls.make(call, allowance)
            result = await self._granted(answer, request, call, allowance)
        except ToolError as error:
            if not error.in_doubt:
                allowance.budget.release(purpose)
            raise
        await self._settle(result, request, call, purpose, allowance)
        if isinstance(call.asked.arguments, Cancel):
            await self._forget(call.asked.arguments, request, allowance)
        if call.key is not None:
            await self._intents.done(call.key, as_json(result))
        self._shown.note(request.trip, call.asked.arguments, result)
        return ToolReply(call.asked.tool.name, call.asked.arguments, result, call.key)

    async def _adopt(self, intent: Intent, request: ToolRequest, call: Call, allowance: Allowance) -> ToolReply:
        """A trip that goes on after a crash, or a model that asks twice: nothing is sent."""
        tool = call.asked.tool
        if intent.state == "undone":
            allowance.budget.release(intent.key)
            raise _refused(Refusal(refused="barred", message=f"this {tool.name} was undone before; choose another"))
        if intent.state == "refused":
            allowance.budget.release(intent.key)
            raise _refused(Refusal.model_validate(intent.result))
        result = result_of(tool, intent.result, validate=self._hardening.validate_results)
        await self._settle(result, request, call, intent.key, allowance)
        self._shown.note(request.trip, call.asked.arguments, result)
        return ToolReply(tool.name, call.asked.arguments, result, intent.key, adopted=True)

    async def _granted(self, answer: Answer, request: ToolRequest, call: Call, allowance: Allowance) -> Contract:
        """The result. A refusal holds only when no earlier attempt can still arrive and be executed."""
        refusal = answer.content
        if isinstance(refusal, Refusal) and call.key is not None:
            if answer.lost:
                await self._undo(request, call, None, allowance)
            await self._intents.refused(call.key, refusal)
        return _result(answer.content)

    async def _settle(
        self, result: Contract, request: ToolRequest, call: Call, purpose: str, allowance: Allowance
    ) -> None:
        """What it did cost counts. What costs more than may be spent is undone."""
        amount_minor = getattr(result, "amount_minor", None)
        if not call.asked.tool.charges or not isinstance(amount_minor, int):
            return
        try:
            set_aside(self._policy, allowance.budget, call.asked.tool, amount_minor, purpose=purpose)
        except NotAllowedError:
            await self._undo(request, call, getattr(result, "booking", None), allowance)
            allowance.budget.release(purpose)
            raise

    async def _undo(self, request: ToolRequest, call: Call, booking: str | None, allowance: Allowance) -> None:
        """Cancel what this call has booked, or bar it should it still arrive."""
        tool = call.asked.tool
        if tool.undo is None:
            return
        named = {"booking": booking} if call.key is None else {"request_key": call.key}
        try:
            await self._write(request, understood(tool.undo, named, trip=request.trip, validate=True), allowance)
        except ToolError as error:
            msg = f"{tool.name} is not wanted any more, and could not be undone: {error}"
            raise ToolUnavailableError(msg, in_doubt=True) from error

    async def _forget(self, cancel: Cancel, request: ToolRequest, allowance: Allowance) -> None:
        """What is cancelled costs nothing any more, and is not to be adopted."""
        key = await self._intents.cancelled_by(request.trip, cancel) if self._hardening.idempotency else None
        if key is not None:
            allowance.budget.release(key)
            await self._intents.undone(key)


def _result(content: Contract | Refusal) -> Contract:
    if isinstance(content, Refusal):
        raise _refused(content)
    return content


def _refused(refusal: Refusal) -> ToolRefusedError:
    return ToolRefusedError(refusal.refused, refusal.message)
