"""What a manifest's policy, workflow and error-policy files say."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from reference_system.contracts.base import AsTuple, Contract, Minor

Seconds = Annotated[float, Field(gt=0, le=3_600, strict=False)]
Count = Annotated[int, Field(ge=1, le=10_000)]
Tokens = Annotated[int, Field(ge=1, le=10_000_000)]


class Policy(Contract):
    """Who may do what, and how much."""

    tools: dict[str, Annotated[tuple[str, ...], AsTuple]]
    """Agent -> the tools that it may call; the agents are the five domains, compensation and health."""
    spend_limit_minor: Minor
    """For one trip whose user names no budget, and the most that a user may name."""
    travellers_at_most: Count
    nights_at_most: Count
    currency: str


class Workflow(Contract):
    """How long a trip goes on."""

    model_calls_at_most: Count
    tokens_at_most: Tokens
    tool_calls_at_most: Count
    deadline_s: Seconds
    """Of the whole trip."""
    step_turns_at_most: Count
    """Turns of the model in one step of the plan."""
    plan_tries: Count
    """How often the planner may correct itself."""
    repeated_calls_at_most: Count
    """The same tool with the same arguments in one step."""
    failures_in_row_at_most: Count
    """Then a person gets the trip."""
    conversation_tokens: Annotated[int, Field(ge=200, le=10_000_000)]
    """A longer conversation is compressed to this. In less there is room for nothing."""
    conversation_turns_kept: Count
    """So many of its last turns stay whole."""


class ErrorPolicy(Contract):
    """What is tried again, how often, and when to stop trying."""

    tool_timeout_s: Seconds
    model_timeout_s: Seconds
    attempts_at_most: Count
    """Of one call, the first included."""
    retries_at_most: Count
    """Of all calls of one trip together."""
    backoff_first_s: Seconds
    backoff_cap_s: Seconds
    retry_after_cap_s: Seconds
    """A server that asks for a longer pause is not waited for."""
    breaker_failures: Count
    """In a row, of one tool."""
    breaker_open_s: Seconds
    global_breaker_failures: Count
    """In a row, of all tools together."""


class Price(Contract):
    """What a model costs, in millionths of the currency's unit for 1000 tokens."""

    input_micro: Annotated[int, Field(ge=0)]
    output_micro: Annotated[int, Field(ge=0)]
