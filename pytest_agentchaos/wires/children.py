"""Processes that stand longer than a trial. Live trials know them by name, and keep what they wrote."""

from __future__ import annotations

from types import TracebackType
from typing import Final, Self

from pytest_agentchaos import children
from pytest_agentchaos.children import Child
from pytest_agentchaos.engine import Engine
from pytest_agentchaos.errors import explains_itself
from pytest_agentchaos.evidence.redaction import redact
from pytest_agentchaos.processes import RealProcess
from pytest_agentchaos.wires.active import Active
from pytest_agentchaos.wires.standing import COMMON, Wires

__tracebackhide__ = explains_itself

LINES: Final = 60
BYTES: Final = 8_000
"""So much of the end of what a process wrote is written down."""


class Processes(children.Processes):
    """Real processes that faults can kill and pause, by the names under which they were started.

    A process is declared to each live trial, as ``agentchaos.process(child, child.name)`` does; what was declared under
    that name already, stays. Give further names there.
    """

    def __init__(self, *, wires: Wires = COMMON) -> None:
        super().__init__(hide=redact)
        self._wires = wires
        self._engine: Engine | None = None
        self._since: dict[str, int] = {}

    def __enter__(self) -> Self:
        self._wires.put_up(self)
        return super().__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            super().__exit__(kind, error, trace)
        finally:
            self._wires.take_down(self)

    def begin(self, active: Active) -> None:
        """A live trial begins: faults in it can reach these processes."""
        self._engine = active.engine
        self._since = {child.name: child.written for child in self}
        for child in self:
            self._declare(child)

    def end(self) -> None:
        """It is over: write down what each has written meanwhile, and how it is."""
        engine, self._engine = self._engine, None
        if engine is not None:
            for child in self:
                engine.note(process=child.name, **told(child, self._since.get(child.name, 0)))

    def started(self, child: Child) -> None:
        """One more."""
        self._declare(child)

    def _declare(self, child: Child) -> None:
        if self._engine is not None and not isinstance(self._engine.processes.named(child.name), RealProcess):
            self._engine.processes.declare(child, child.name)


def told(child: Child, since: int) -> dict[str, object]:
    """How a process is, and the end of what it wrote after a place."""
    output = tail(child, since)
    return {"running": child.running, "returncode": child.returncode, **({"output": output} if output else {})}


def tail(child: Child, since: int) -> str:
    """The end of what it wrote after a place, without secrets."""
    text: str = redact(child.output(last=LINES, since=since))
    return text if len(text) <= BYTES else f"--- cut ---{text[-BYTES:]}"
