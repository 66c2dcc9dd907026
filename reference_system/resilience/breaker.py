"""Circuit breakers: what keeps failing is left alone for a while, then tried once."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal, Self

from reference_system.contracts.policy import ErrorPolicy
from reference_system.errors import CircuitOpenError
from reference_system.hardening import Hardening
from reference_system.resilience.retry import TransientError

State = Literal["closed", "open", "half_open"]

EVERYTHING = "*"
"""The name of the breaker over all others."""
TOGETHER_S = 1.0
"""Attempts that were under way at the same time and fail within so long of each other go down together."""


class Breakers:
    """One circuit for each name and one over all of them; each opens after so many failures in a row.

    Attempts of one name that go down together are one failure: when a process dies, all that was under way dies with
    it, and that says no more than one of them did.
    """

    def __init__(
        self,
        failures: int,
        failures_of_all: int,
        open_s: float,
        report: Callable[[str, State], None],
        *,
        on: bool = True,
    ) -> None:
        self._failures = failures
        self._open_s = open_s
        self._report = report
        self._on = on
        self._circuits = {EVERYTHING: Circuit(failures_of_all, open_s)}

    @classmethod
    def of(cls, errors: ErrorPolicy, hardening: Hardening, report: Callable[[str, State], None]) -> Self:
        """As the manifest and the switches say; ``report`` (``telemetry.breaker``) hears of each change of state."""
        return cls(
            errors.breaker_failures,
            errors.global_breaker_failures,
            errors.breaker_open_s,
            report,
            on=hardening.breaker,
        )

    def state(self, name: str = EVERYTHING) -> State:
        """Of one circuit; one that was never used is closed."""
        circuit = self._circuits.get(name)
        return "closed" if circuit is None else circuit.state

    @contextmanager
    def admitted(self, name: str) -> Iterator[None]:
        """Around one attempt. CircuitOpenError, and nothing is attempted, while one of its two circuits is open.

        A block that ends normally speaks for its tool's health, an unhealthy TransientError against it; any other error
        (the caller gave up, the trip's time is over) says nothing.
        """
        if not self._on:
            yield
            return
        own, every = self._circuit(name), self._circuits[EVERYTHING]
        circuits = {name: own, EVERYTHING: every}
        for each, circuit in circuits.items():
            if not circuit.admits():
                what = "everything" if each == EVERYTHING else each
                msg = f"{what} has failed too often and is left alone for {circuit.left_s():.1f} s more"
                raise CircuitOpenError(msg)
        own_attempt, every_attempt = own.begin(), every.begin()
        self._tell(circuits)
        healthy: bool | None = None
        try:
            yield
            healthy = True
        except TransientError as error:
            healthy = False if error.unhealthy else None
            raise
        finally:
            if healthy is False and own.fell_with_others(own_attempt):
                healthy = None
            own.end(own_attempt, healthy=healthy)
            every.end(every_attempt, healthy=healthy)
            self._tell(circuits)

    def _circuit(self, name: str) -> Circuit:
        circuit = self._circuits.get(name)
        if circuit is None:
            circuit = self._circuits[name] = Circuit(self._failures, self._open_s)
        return circuit

    def _tell(self, circuits: dict[str, Circuit]) -> None:
        for name, circuit in circuits.items():
            if circuit.told != circuit.state:
                circuit.told = circuit.state
                self._report(name, circuit.state)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt, as a circuit remembers it."""

    probe: bool
    after: int
    """So many failures had been counted when it began."""


class Circuit:
    """One breaker: closed, until so many failures came in a row; open for a while; then half open for one probe."""

    def __init__(self, failures_at_most: int, open_s: float) -> None:
        self._failures_at_most = failures_at_most
        self._open_s = open_s
        self._failures = 0
        self._counted = 0
        self._counted_s = 0.0
        self._opened_s = 0.0
        self.state: State = "closed"
        self.told: State = "closed"
        """The state that was reported last."""

    def admits(self) -> bool:
        """Whether an attempt may be made now. While half open the one probe is under way already."""
        return self.state == "closed" or (self.state == "open" and self.left_s() <= 0)

    def left_s(self) -> float:
        """How long it stays open."""
        return max(0.0, self._opened_s + self._open_s - time.monotonic())

    def begin(self) -> Attempt:
        """An attempt begins that was admitted; if the circuit was open, it is the probe."""
        probe = self.state != "closed"
        if probe:
            self.state = "half_open"
        return Attempt(probe, self._counted)

    def end(self, attempt: Attempt, *, healthy: bool | None) -> None:
        """An attempt ends. One that began before the circuit opened changes nothing any more."""
        if attempt.probe:
            self._decide(healthy=healthy)
        elif self.state == "closed" and healthy:
            self._failures = 0
        elif self.state == "closed" and healthy is False:
            self._failures += 1
            self._counted += 1
            self._counted_s = time.monotonic()
            if self._failures >= self._failures_at_most:
                self._open()

    def fell_with_others(self, attempt: Attempt) -> bool:
        """Whether the failure of this attempt, now, is that of another one which was counted."""
        return not attempt.probe and attempt.after < self._counted and time.monotonic() - self._counted_s < TOGETHER_S

    def _decide(self, *, healthy: bool | None) -> None:
        if healthy is None:
            self.state = "open"  # its time is over: the next attempt is the probe
        elif healthy:
            self.state, self._failures = "closed", 0
        else:
            self._open()

    def _open(self) -> None:
        self.state, self._opened_s = "open", time.monotonic()
