"""The figures of one system, in a Prometheus registry of its own."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily

from reference_system.contracts.tools import TOOLS
from reference_system.telemetry import conventions

_TOOL_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_CHAT_SECONDS: Final = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 16, 32, 64)
_TRIP_SECONDS: Final = (0.1, 0.25, 0.5, 1, 2, 5, 10, 20, 40, 80, 180)
_TRIP_TOKENS: Final = (1_000, 2_500, 5_000, 10_000, 20_000, 40_000, 80_000, 160_000, 320_000)

_BREAKER_VALUES: Final = {"closed": 0, "half_open": 1, "open": 2}
_FINE: Final = frozenset({"ok", "refused"})
"""Outcomes that speak for a tool's health: it answered, if only to say no."""
_BAD: Final = frozenset({"invalid", "unavailable"})
"""Outcomes that speak against it; all others speak of whoever called."""


class ErrorRates:
    """The share of failed calls among the last ones of each tool."""

    def __init__(self, last: int = 100) -> None:
        self._last = last
        self._calls: dict[str, deque[bool]] = {}

    def count(self, tool: str, *, failed: bool) -> None:
        """One more call."""
        self._calls.setdefault(tool, deque(maxlen=self._last)).append(failed)

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """What Prometheus is told."""
        family = GaugeMetricFamily(
            "travel_tool_error_ratio", f"Share of failed calls among the last {self._last}.", labels=("tool",)
        )
        for tool, calls in self._calls.items():
            family.add_metric((tool,), sum(calls) / len(calls))
        yield family


class Figures:
    """Counters, histograms and gauges. Labels take few values: what a model or a user invents is no label."""

    def __init__(self) -> None:
        registry = self._registry = CollectorRegistry()
        self._trip_seconds = Histogram(
            conventions.WORKFLOW_DURATION, "How long trips took, by how they ended.", ("reason",),
            buckets=_TRIP_SECONDS, registry=registry,
        )  # fmt: skip
        self._trip_tokens = Histogram(
            "travel_trip_tokens", "Tokens that a trip used.", buckets=_TRIP_TOKENS, registry=registry
        )
        self._cost = Counter(
            "travel_cost_microunits", "What the model cost, in millionths of the currency's unit.", registry=registry
        )
        self._tool_seconds = Histogram(
            conventions.TOOL_DURATION, "How long tool calls took, with all attempts.", ("tool",),
            buckets=_TOOL_SECONDS, registry=registry,
        )  # fmt: skip
        self._tool_calls = Counter(
            "travel_tool_calls", "Tool calls by what came of them.", ("tool", "outcome"), registry=registry
        )
        self._error_rates = ErrorRates()
        registry.register(self._error_rates)
        self._chat_seconds = Histogram(
            conventions.CHAT_DURATION, "How long the model took to answer, with all attempts.", ("role",),
            buckets=_CHAT_SECONDS, registry=registry,
        )  # fmt: skip
        self._chat_calls = Counter(
            "travel_model_calls", "Questions to the model by what came of them.", ("role", "outcome"), registry=registry
        )
        self._input_tokens = Counter(
            conventions.CHAT_INPUT_TOKENS, "Tokens given to the model.", ("role",), registry=registry
        )
        self._output_tokens = Counter(
            conventions.CHAT_OUTPUT_TOKENS, "Tokens written by the model.", ("role",), registry=registry
        )
        self._retries = Counter("travel_retries", "Attempts after the first.", ("what",), registry=registry)
        self._breakers = Gauge(
            "travel_breaker_state", "Circuit breakers: 0 closed, 1 half open, 2 open.", ("name",), registry=registry
        )

        self._running = Gauge("travel_trips_running", "Trips that are worked on.", registry=registry)
        self._waiting = Gauge("travel_trips_waiting", "Trips that wait for a place.", registry=registry)
        self._business = Gauge(
            "travel_business_works",
            "Whether a seat could be held and let go, when somebody last looked.",
            registry=registry,
        )

    def watch_trips(self, running: Callable[[], int], waiting: Callable[[], int]) -> None:
        """Whom to ask how many trips are worked on, and how many wait."""
        self._running.set_function(running)
        self._waiting.set_function(waiting)

    def business(self, works: bool) -> None:  # noqa: FBT001 - it is the figure
        """What the last look at the business brought."""
        self._business.set(works)

    def tool_called(self, tool: str, outcome: str, duration_s: float) -> None:
        """A tool call has ended."""
        name = tool if tool in TOOLS else "unknown"
        self._tool_seconds.labels(name).observe(duration_s)
        self._tool_calls.labels(name, outcome).inc()
        if outcome in _FINE | _BAD:
            self._error_rates.count(name, failed=outcome in _BAD)

    def model_called(self, role: str, outcome: str, duration_s: float, input_tokens: int, output_tokens: int) -> None:
        """A question to the model has been answered, or not."""
        self._chat_seconds.labels(role).observe(duration_s)
        self._chat_calls.labels(role, outcome).inc()
        self._input_tokens.labels(role).inc(input_tokens)
        self._output_tokens.labels(role).inc(output_tokens)

    def retried(self, what: str) -> None:
        """Something is tried once more."""
        self._retries.labels(what).inc()

    def breaker(self, name: str, state: str) -> None:
        """A circuit breaker has changed its state."""
        self._breakers.labels(name).set(_BREAKER_VALUES[state])

    def trip_ended(self, reason: str, duration_s: float, tokens: int, cost_microunits: int) -> None:
        """A trip has ended."""
        self._trip_seconds.labels(reason).observe(duration_s)
        self._trip_tokens.observe(tokens)
        self._cost.inc(cost_microunits)

    def exposition(self) -> bytes:
        """All of them as Prometheus text."""
        return generate_latest(self._registry)
