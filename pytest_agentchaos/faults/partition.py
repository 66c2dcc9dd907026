"""A partition: two groups of the system cannot reach each other for a while."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from pytest_agentchaos.evidence.call import Call
from pytest_agentchaos.faults.base import Family, Fault, Situation
from pytest_agentchaos.faults.registry import register
from pytest_agentchaos.faults.steps import Deliver, Hang, Program, Refuse

MAIN = "main"
"""How a caller is called that has no agent name."""

Seconds = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(ge=1)]


@register
class Partition(Fault):
    """The network is split between two groups: every message that would cross the cut is lost, until it heals.

    A caller stands in a group by its agent name (the last one, or the joined path ``planner/flights``) and a callee
    by its target or name. A lost request never arrives; a lost reply leaves the caller without an answer to something
    that happened. Either way the caller runs into its own timeout (``refuse=True``: lost requests are refused).
    """

    name: ClassVar[str] = "partition"
    family: ClassVar[Family] = "delivery"

    groups: Mapping[str, tuple[str, ...]]
    """Two groups by name, each with globs for its members."""
    cut: str = "both"
    """``both``, or ``a->b`` when only the messages from group a to group b are lost."""
    start_s: float = Field(default=0.0, ge=0)
    end_s: Seconds | None = None
    """Virtual time at which it heals; None means never."""
    calls: tuple[Count, Count] | None = None
    """Instead of a time: the first and the last call (of those that the selector matches) that it cuts."""
    flap_s: tuple[Seconds, Seconds] | None = None
    """Down for so long, then up for so long, again and again."""
    refuse: bool = False

    @model_validator(mode="after")
    def _is_possible(self) -> Self:
        self._check_groups()
        first, last = self.calls or (1, 1)
        if self.end_s is not None and self.end_s <= self.start_s:
            msg = f"end_s={self.end_s:g} is not after start_s={self.start_s:g}; it would never cut anything"
        elif last < first:
            msg = f"calls=({first}, {last}) ends before it begins; write (first, last)"
        elif self.calls and {"start_s", "end_s", "flap_s"} & self.model_fields_set:
            msg = "calls= and start_s= / end_s= / flap_s= are two ways to say when; give one of them"
        else:
            return self
        raise ValueError(msg)

    def _check_groups(self) -> None:
        empty = [name for name, members in self.groups.items() if not members]
        directions = ["both", *("->".join(pair) for pair in (list(self.groups), list(self.groups)[::-1]))]
        if len(self.groups) != 2:  # noqa: PLR2004 - a cut has two sides
            msg = (
                f"groups={self.groups!r} has {len(self.groups)} groups; give exactly two, {{name: (member glob, ...)}}"
            )
        elif empty:
            msg = f"the group {empty[0]!r} has no members; give at least one glob, ('*',) for everybody else"
        elif self.cut.replace(" ", "") not in directions:
            msg = f"cut={self.cut!r} is not a direction between these groups; valid: {', '.join(directions)}"
        else:
            return
        raise ValueError(msg)

    def __hash__(self) -> int:
        return hash(self.model_dump_json())

    def inapplicable(self, situation: Situation) -> str | None:
        """The call must cross an edge, and the edge must be cut at this moment."""
        return super().inapplicable(situation) or self._not_crossing(situation.call) or self._not_now(situation)

    def compile(self, situation: Situation) -> Program:
        """Lose the request or the reply, whichever crosses the cut first."""
        caller, callee = self._edge(situation.call)
        if self.cut.replace(" ", "") in {"both", f"{caller}->{callee}"}:
            return (Refuse() if self.refuse else Hang(),)
        return (Deliver(), Hang())

    def _edge(self, call: Call) -> tuple[str | None, str | None]:
        path = call.agent or (MAIN,)
        return self._group({path[-1], "/".join(path)}), self._group({call.target, call.name})

    def _group(self, names: set[str]) -> str | None:
        """The only group that has such a member; who is in both stands on neither side."""
        found = [
            group
            for group, members in self.groups.items()
            if any(fnmatchcase(name, member) for name in names for member in members)
        ]
        return found[0] if len(found) == 1 else None

    def _not_crossing(self, call: Call) -> str | None:
        caller, callee = self._edge(call)
        if caller is None:
            return f"its caller {'/'.join(call.agent) or MAIN!r} is not on one side of the partition"
        if callee is None:
            return f"its callee {call.target!r} / {call.name!r} is not on one side of the partition"
        return f"caller and callee are both in the group {caller!r}" if caller == callee else None

    def _not_now(self, situation: Situation) -> str | None:
        if self.calls:
            first, last = self.calls
            inside = first <= situation.matches <= last
            return None if inside else f"it is call {situation.matches}, and the partition cuts calls {first} to {last}"
        now_s = situation.elapsed_s
        if now_s < self.start_s:
            return f"the partition begins at {self.start_s:g} s, and it is {now_s:g} s"
        if self.end_s is not None and now_s >= self.end_s:
            return f"the partition healed at {self.end_s:g} s, and it is {now_s:g} s"
        if self.flap_s and (now_s - self.start_s) % sum(self.flap_s) >= self.flap_s[0]:
            return f"the flapping partition is up at {now_s:g} s"
        return None
