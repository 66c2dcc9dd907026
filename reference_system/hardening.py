"""The switches: what the system does so that trouble around it stays small. All on, unless one is to be missed."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Self


@dataclass(frozen=True, slots=True)
class Hardening:
    """Every safeguard of the system; each can be switched off to show what it was for."""

    idempotency: bool = True
    """Each write has a key made of trip, step and business arguments; a tool answers a known key from its records."""
    retry_backoff: bool = True
    """Between attempts there is a growing, jittered pause; all calls to a server heed its Retry-After."""
    retry_budget: bool = True
    """A trip has a few retries for all its calls together, so that trouble is not multiplied."""
    validate_arguments: bool = True
    """What the model asks for is checked against the tool's schema before anything is sent."""
    validate_results: bool = True
    """What a tool or the model answers is checked against its schema before anything is made of it."""
    step_budget: bool = True
    """A trip may ask the model so many times, repetitions included."""
    token_budget: bool = True
    """A trip may cost so many tokens."""
    tool_budget: bool = True
    """A trip may make so many tool calls."""
    deadline: bool = True
    """A trip, and each call in it, has an end on the wall clock, not only between two reads."""
    tracing: bool = True
    """Everything that is done is a span of one trace."""
    correlation: bool = True
    """One id goes with the trip through every log line, message, tool call and answer."""
    breaker: bool = True
    """A tool that keeps failing is left alone for a while; when everything fails, everything is."""
    fallback: bool = True
    """A specialist that fails is replaced by rules; what is not essential may be missing, and is said to be."""
    escalation: bool = True
    """After some failures in a row a person gets the trip, with everything needed to finish it."""
    checkpoints: bool = True
    """After each step the state is saved; a killed orchestrator goes on from there and repeats no effect."""
    compensation: bool = True
    """What was booked for a trip that cannot be finished is cancelled."""
    supervisor: bool = True
    """Somebody watches for repeated calls, ping-pong and standstill, and ends the trip with a reason."""
    truthful_summary: bool = True
    """The answer is written from what was done, never from what was intended."""
    tolerant_transport: bool = True
    """A broken exchange with a tool server is one failed call, not the end of the session."""
    stream_completion: bool = True
    """A streamed reply counts only when its last event says that it is complete."""
    capacity_constraint: bool = True
    """The database itself refuses to sell what is sold."""
    redaction: bool = True
    """Secrets and personal data stay out of logs, spans and the message log."""
    telemetry: bool = True
    """Of each tool, and of the model, it is counted how often it was called, how it went and how long it took."""
    compression: bool = True
    """Of a conversation that is too long for the model's window, what matters is kept and the rest summarised."""
    pinned_manifest: bool = True
    """Prompts, policies and tool schemas are those that the manifest was frozen with, or the system does not start."""
    business_health: bool = True
    """Business is called healthy when a seat could be held and let go, not when a process is up."""

    def without(self, *names: str) -> Self:
        """The same with these switched off."""
        unknown = sorted(set(names) - set(SWITCHES))
        if unknown:
            msg = f"there is no switch {', '.join(map(repr, unknown))}; the switches are {', '.join(SWITCHES)}"
            raise ValueError(msg)
        return replace(self, **dict.fromkeys(names, False))


SWITCHES = tuple(field.name for field in fields(Hardening))
