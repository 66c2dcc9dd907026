"""The bundled agent under every fault, as a table."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from pytest_agentchaos.errors import nearest
from pytest_agentchaos.evidence.outcome import Outcome
from pytest_agentchaos.schedule import Rule


@dataclass(frozen=True, slots=True)
class Row:
    """What one fault at one place did to the trip."""

    line: Rule
    sold: int
    outcome: Outcome

    @property
    def harmless(self) -> bool:
        """Whether the user has exactly one seat and was told which."""
        told = re.search(r"\bB1\b", str(self.outcome.value)) is not None
        return self.sold == 1 and self.outcome.ending == "completed" and told

    def __str__(self) -> str:
        fault, outcome = self.line.fault, self.outcome
        mark = "ok " if self.harmless else "BAD"
        seats = f"{self.sold} seat{'' if self.sold == 1 else 's'}"
        told = (
            str(outcome.value) if outcome.ending == "completed" else f"{outcome.ending}: {type(outcome.error).__name__}"
        )
        place = self.line.selector.kind
        return f"  {mark} {fault.family:9}{fault.name:21}{place:6} {seats:8} {outcome.virtual_s:8.1f} s  {told[:60]}"


def show(*, weaken: str | None, seed: int, echo: Callable[[str], None]) -> int:
    """Run, print, and give the exit code: 0 when it went as it should, 1 when a hardened agent lost the trip."""
    try:
        from pytest_agentchaos.demo.agent import SAFEGUARDS, Safeguards
        from pytest_agentchaos.demo.trials import quiet, rules, run
    except ImportError as error:
        echo(f"the demo needs the real SDKs ({error}): pip install 'pytest-agentchaos[openai,mcp]'")
        return 2
    if weaken is not None and weaken not in SAFEGUARDS:
        echo(f"there is no safeguard {weaken!r}; {nearest(weaken, SAFEGUARDS)}")
        return 2
    safeguards = Safeguards(**{weaken: False}) if weaken else Safeguards()
    echo(f"One agent, one trip, {f'no {weaken}' if weaken else 'all safeguards on'}, seed {seed}\n")
    rows = []
    with quiet():
        for line in rules():
            trial, airline = run(line, seed=seed, safeguards=safeguards)
            if trial.unproven() is None and trial.outcome is not None:
                rows.append(Row(line, len(airline.sold), trial.outcome))
                echo(str(rows[-1]))
    virtual_s, wall_s = (sum(getattr(row.outcome, name) for row in rows) for name in ("virtual_s", "wall_s"))
    echo(f"\n{len(rows)} kinds of trouble, {virtual_s:,.0f} s of the agent's time in {wall_s:.1f} s of yours.")
    bad = [row for row in rows if not row.harmless]
    echo(_verdict(bad, weaken))
    if weaken is None:
        echo(f"Switch a safeguard off and look again: agentchaos demo --weaken {' | '.join(SAFEGUARDS)}")
    return 1 if bad and weaken is None else 0


def _verdict(bad: list[Row], weaken: str | None) -> str:
    if not bad:
        return "One trip was booked every time, and the user was told which."
    twice = sum(1 for row in bad if row.sold > 1)
    none = sum(1 for row in bad if row.sold == 0)
    parts = {
        "two seats or more": twice,
        "none": none,
        "one seat, and a user who heard something else": len(bad) - twice - none,
    }
    told = ", ".join(f"{count} times {what}" for what, count in parts.items() if count)
    return f"{len(bad)} times it went wrong{f' without {weaken}' if weaken else ''}: {told}."
