"""One question to a model, made safe: budget, breaker, deadline, retries, and a check of whatever comes back."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import httpx2
import openai

from reference_system.contracts.policy import ErrorPolicy, Price
from reference_system.errors import (
    ChainLostError,
    CircuitOpenError,
    LimitError,
    ModelError,
    ModelInvalidError,
    ModelRefusedError,
    ModelUnavailableError,
)
from reference_system.hardening import Hardening
from reference_system.model import events
from reference_system.model.believing import believe
from reference_system.model.checking import check
from reference_system.model.failures import failure
from reference_system.model.form import form_of, input_of
from reference_system.model.interface import FunctionCall, ModelReply, Question
from reference_system.model.line import Address, Line
from reference_system.model.wire import InvalidReplyError, Reply, read, usage
from reference_system.resilience.breaker import Breakers, State
from reference_system.resilience.interface import Allowance
from reference_system.resilience.rest import Rests
from reference_system.resilience.retry import Retry, TransientError
from reference_system.telemetry.interface import Span, Telemetry

Json = dict[str, Any]

MODEL = "model"
"""Its name among breakers, retries and messages."""

_CHARACTERS_A_TOKEN = 4


class AskingModel:
    """A model at the end of a line. Implements :class:`model.interface.Model`; one serves all trips of a system."""

    def __init__(  # noqa: PLR0913 - the same as for the two clients
        self,
        line: Line,
        errors: ErrorPolicy,
        telemetry: Telemetry,
        hardening: Hardening,
        *,
        price: Price | None = None,
        rests: Rests | None = None,
    ) -> None:
        self._line = line
        self._errors = errors
        self._telemetry = telemetry
        self._hardening = hardening
        self._price = price
        self._retry = Retry.of(errors, hardening)
        self._breakers = Breakers.of(errors, hardening, self._tell_state)
        self._rests = rests or Rests(on=hardening.retry_backoff)

    async def ask(self, question: Question, allowance: Allowance) -> ModelReply:
        """Ask until a reply keeps its contract, or until it makes no sense to go on."""
        spent = _Spent()

        async def attempt() -> ModelReply:
            with self._rests.respected(f"{MODEL} {self._line.model}"), self._breakers.admitted(MODEL):
                return await self._ask_once(question, allowance, spent)

        with self._counted(question, spent):
            try:
                return await self._retry.run(attempt, allowance, retried=lambda: self._telemetry.retried(MODEL))
            except InvalidReplyError as error:
                msg = f"no valid reply to the {question.role}: {error}"
                raise ModelInvalidError(msg) from error
            except (TransientError, CircuitOpenError) as error:
                msg = f"no reply to the {question.role}: {error}"
                raise ModelUnavailableError(msg) from error

    async def close(self) -> None:
        """Let go of connections."""
        await self._line.close()

    async def _ask_once(self, question: Question, allowance: Allowance, spent: _Spent) -> ModelReply:
        allowance.budget.model_call()
        self._tell(question, MODEL, "model_call", _asked(question))
        try:
            with self._span(question) as span:
                reply = await self._reply(question, allowance, span, spent)
        except (TransientError, ModelError) as error:
            self._tell(question, question.role, "model_error", {"error": str(error)})
            raise
        self._tell(question, question.role, "model_reply", _answered(reply))
        return reply

    async def _reply(self, question: Question, allowance: Allowance, span: Span, spent: _Spent) -> ModelReply:
        """What comes back, checked, unless nobody wants it checked."""
        raw = await self._exchange(question, allowance)
        if not self._hardening.validate_results:
            believed = believe(raw, question)
            self._charge(believed.id, (believed.input_tokens, believed.output_tokens), span, allowance, spent)
            return believed
        response = read(raw)
        tokens = usage(response) or _estimated(question, response)
        try:
            return check(response, question, tokens)
        finally:  # an answer that is good for nothing has cost as much
            self._charge(response.id, tokens, span, allowance, spent)

    # --- the exchange -----------------------------------------------------------------------------------------------

    async def _exchange(self, question: Question, allowance: Allowance) -> bytes | Json:
        """What comes back, as it comes: a body, or what the events of a stream add up to."""
        form = form_of(question)
        try:
            async with self._limit(allowance):
                address = await self._line.address(form)
                return await self._send(address, question)
        except openai.NotFoundError as error:
            wrong = failure(error)
            if isinstance(wrong, ModelUnavailableError) and self._line.forget(form):
                msg = "what was addressed is not there any more"
                raise TransientError(msg, unhealthy=False) from error
            raise wrong from error
        except (openai.OpenAIError, httpx2.HTTPError) as error:
            raise failure(error) from error
        except TimeoutError as error:
            raise TransientError(str(error)) from error

    def _limit(self, allowance: Allowance) -> AbstractAsyncContextManager[None]:
        """The end of the attempt on the wall clock; the client's own timeout begins anew with each read."""
        if not self._hardening.deadline:
            return nullcontext()
        return allowance.deadline.limit(self._errors.model_timeout_s)

    async def _send(self, address: Address, question: Question) -> bytes | Json:
        # All of it goes in as extra_body: the typed parameters would be walked through and copied at each call, which
        # takes twice as long as the rest of the exchange.
        body = {**address.body, "input": input_of(question)}
        if question.previous is not None:
            body["previous_response_id"] = question.previous
        headers = self._telemetry.carrier(question.correlation)
        create = address.client.responses.with_raw_response.create
        if not question.stream:
            received = await create(extra_body=body, extra_headers=headers)
            return received.http_response.content
        streamed = await create(stream=True, extra_body=body, extra_headers=headers)
        response = streamed.http_response
        try:
            if "text/event-stream" not in response.headers.get("content-type", ""):
                return await response.aread()
            return await events.response_of(response.aiter_bytes(), must_complete=self._hardening.stream_completion)
        finally:
            await response.aclose()

    # --- what is told of it -----------------------------------------------------------------------------------------

    @contextmanager
    def _counted(self, question: Question, spent: _Spent) -> Iterator[None]:
        """The figures of one question, with all attempts."""
        outcome = "ok"
        began_s = time.monotonic()
        try:
            yield
        except BaseException as error:
            outcome = _outcome(error)
            raise
        finally:
            took_s = time.monotonic() - began_s
            self._telemetry.model_called(question.role, outcome, took_s, spent.input_tokens, spent.output_tokens)

    def _span(self, question: Question) -> AbstractContextManager[Span]:
        """Around one attempt."""
        return self._telemetry.span(
            "chat",
            self._line.model,
            gen_ai__provider__name=self._line.provider,
            gen_ai__request__stream=question.stream,
            gen_ai__agent__name=question.role,
        )

    def _charge(self, response: str, tokens: tuple[int, int], span: Span, allowance: Allowance, spent: _Spent) -> None:
        """What a reply has cost, to everybody who counts it."""
        spent_in, spent_out = tokens
        spent.input_tokens += spent_in
        spent.output_tokens += spent_out
        span.set(
            gen_ai__response__id=response,
            gen_ai__usage__input_tokens=spent_in,
            gen_ai__usage__output_tokens=spent_out,
        )
        if self._price is not None:
            cost = spent_in * self._price.input_micro + spent_out * self._price.output_micro
            span.set(travel__cost_micro=cost // 1000)
        allowance.budget.count_tokens(spent_in + spent_out)

    def _tell(self, question: Question, receiver: str, kind: str, body: Json) -> None:
        sender = question.role if receiver == MODEL else MODEL
        self._telemetry.tell(sender, receiver, kind, body, trip=question.trip, correlation=question.correlation)

    def _tell_state(self, name: str, state: State) -> None:
        if name == MODEL:  # the circuit over all of its one circuits says nothing more
            self._telemetry.breaker(name, state)


@dataclass(slots=True)
class _Spent:
    """What all attempts of one question have cost."""

    input_tokens: int = 0
    output_tokens: int = 0


_OUTCOMES: tuple[tuple[type[BaseException], str], ...] = (
    (ModelInvalidError, "invalid"),
    (ModelRefusedError, "refused"),
    (ChainLostError, "chain_lost"),
    (LimitError, "limit"),
    (asyncio.CancelledError, "cancelled"),
)


def _outcome(error: BaseException) -> str:
    return next((outcome for kind, outcome in _OUTCOMES if isinstance(error, kind)), "unavailable")


def _estimated(question: Question, reply: Reply) -> tuple[int, int]:
    """Tokens of an exchange whose reply does not say them."""
    asked = input_of(question)
    read_characters = len(question.instructions) + (len(asked) if isinstance(asked, str) else len(str(asked)))
    written_characters = sum(len(str(item)) for item in reply.output)
    return _tokens(read_characters), _tokens(written_characters)


def _tokens(characters: int) -> int:
    return -(-characters // _CHARACTERS_A_TOKEN)


def _asked(question: Question) -> Json:
    body: Json = {"input": input_of(question)}
    if question.previous is not None:
        body["previous"] = question.previous
    if question.tools:
        body["tools"] = [tool.name for tool in question.tools]
    return body


def _answered(reply: ModelReply) -> Json:
    body: Json = {"id": reply.id, "tokens": [reply.input_tokens, reply.output_tokens]}
    if reply.text:
        body["text"] = reply.text
    if reply.calls:
        body["calls"] = [_call(call) for call in reply.calls]
    return body


def _call(call: FunctionCall) -> Json:
    return {"name": call.name, "arguments": call.arguments, "call_id": call.call_id}
