"""docs/power.md, from a matrix that was measured."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from power.matrix import ENOUGH, Found, Matrix
from power.table import many, sums

DOCUMENT: Final = Path(__file__).parent.parent / "docs" / "power.md"

_HEAD: Final = """# The power of the suite

<!-- Written by `python -m power --write` (`make power` prints the same): do not edit by hand. -->

A test suite that is green says little until it is known what it would have said of a system that is wrong. So the
bundled travel system is made wrong, in one place at a time: each of its {switches} safeguards is switched off, and
{bugs} subtler bugs are planted ([power/bugs](../power/bugs), one a module, with the harm that each does). On a clean
day all of the planted bugs are invisible: the journey is completed, and every usual invariant holds.

    make power                              # the whole matrix
    python -m power --quick                 # two seeds, one variant of each scenario
    python -m power short_window idempotency
    agentchaos run delivery --system 'power.bugs:system("short_window")'

Three things look for them:

- the **scenarios** of the catalogue ([catalogue.md](catalogue.md)), written for any system and not for these bugs. They
  are asked a few at a time, until three and more of them have failed;
- **drills** ([power/drills.py](../power/drills.py)): one trouble each, in the shape of a scenario, for what needs a
  special occasion, or is to be found whatever is in the catalogue;
- an **exploration** of a few faults at each write of one journey, one at a time, and two at a time where one shows
  nothing. It is made for the planted bugs only. What stands in the table is the smallest schedule that it found.

*Depth* is the number of different troubles that it takes at least; 0: none, on a special occasion. What fails on the
system as it should be counts as a false alarm, and finds nothing.

## As measured
"""

_TAIL: Final = """
## What it does not prove

- The bugs are ours. They were chosen from what goes wrong in production, before anybody knew whether they would be
  found; but whoever plants a bug knows where to look. The drills were written for them, the scenarios were not.
- Each row is one bug. Two that hide each other are not in it.
- It is one system, with declared effects, claims, probes and spans. A system that declares nothing is judged by less:
  {by_own} of the rows are found by no scenario and no exploration, only by a drill: by what this system promises of its
  own ([promises.py](../reference_system/promises.py)), or in a world made for it ([worlds.py](../power/worlds.py)).
- No false alarm in so many trials is a bound, not a proof: of a scenario that would cry wolf once in a hundred seeds
  these seeds would have shown it with a chance of {chance:.0%}.
- Virtual time, one process, one schedule of tasks: what needs real threads, real disks or real load is not seen.
"""


def document(matrix: Matrix) -> str:
    """The whole page."""
    bugs = sum(bool(one.row.bug) for one in matrix.found)
    head = _HEAD.format(switches=len(matrix.found) - bugs, bugs=bugs)
    own = sum(not one.scenarios and not one.explored for one in matrix.found)
    tail = _TAIL.format(by_own=own, chance=1 - 0.99**matrix.asking.seeds)
    told = [f"- {line}" for line in sums(matrix)]
    return "\n".join([head, *told, "", *_rows(matrix), tail])


def _rows(matrix: Matrix) -> list[str]:
    without = [_without(one) for one in matrix.found if not one.row.bug]
    planted = [_planted(one) for one in matrix.found if one.row.bug]
    return [
        "### Safeguards that are off",
        "",
        "| safeguard | depth | scenarios | drill |",
        "|---|---|---|---|",
        *without,
        "",
        "### Planted bugs",
        "",
        "| bug | what is wrong | depth | scenarios | drill | exploration |",
        "|---|---|---|---|---|---|",
        *planted,
    ]


def _without(found: Found) -> str:
    return f"| `{found.row.off}` | {_depth(found)} | {_scenarios(found)} | {', '.join(found.drills) or '-'} |"


def _planted(found: Found) -> str:
    name = f"[{found.row.bug}](../power/bugs/{found.row.bug}.py)"
    drills, explored = ", ".join(found.drills) or "-", found.explored or "-"
    return f"| {name} | {found.row.summary} | {_depth(found)} | {_scenarios(found)} | {drills} | {explored} |"


def _depth(found: Found) -> str:
    return str(found.depth) if found.is_found else "**not found**"


def _scenarios(found: Found) -> str:
    if not found.scenarios:
        return "-"
    return f"{many(found)}: {', '.join(found.scenarios[:ENOUGH])}"
