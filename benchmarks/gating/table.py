"""The table of docs/gates.md: ``python -m benchmarks.gating.table``."""

from __future__ import annotations

from collections.abc import Iterable

from benchmarks.gating.errors import LOOKS, RUNS, TRUTHS, simulated, undecided
from benchmarks.gating.world import Truth


def table(truths: Iterable[Truth] = TRUTHS, runs: int = RUNS, looks: Iterable[int] = LOOKS) -> list[str]:
    """As it stands in docs/gates.md."""
    lines = [
        "| true rates | pairs | promote | hold | rollback | hold, computed | promoted by then | rolled back by then |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for truth in truths:
        tally = simulated(truth, runs, looks)
        for look in tally.at:
            at = [tally.share(word, look) for word in ("promote", "hold", "rollback")]
            ever = [tally.share(word, look, ever=True) for word in ("promote", "rollback")]
            cells = " | ".join(f"{100 * one:.1f} %" for one in (*at, undecided(truth, look), *ever))
            lines.append(f"| {truth.baseline:.2f} / {truth.candidate:.2f} | {look} | {cells} |")
    return lines


if __name__ == "__main__":
    print("\n".join(table()))
