"""Live wires, each against the direct path in the same run. ``AGENTCHAOS_BENCH_STEADY_S=300``: as the issue quotes."""

from collections.abc import Iterator

from benchmarks.measure import Measurement


def measurements() -> Iterator[Measurement]:
    """All parts."""
    from benchmarks.live import reverse_proxy, shim, toxiproxy  # not before: ``far_end`` is a module that is run

    for part in (toxiproxy, reverse_proxy, shim):
        yield from part.measurements()
