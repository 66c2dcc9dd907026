"""A result: what is kept of one trial, as one line of a file that reports and gates read without the system."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Final, Literal, Self, get_args

from pytest_agentchaos.errors import UsageError, nearest
from pytest_agentchaos.evidence.verdict import Status as VerdictStatus
from pytest_agentchaos.evidence.verdict import Verdict

Status = Literal["pass", "fail", "unknown", "invalid", "inapplicable", "infrastructure"]
"""``unknown``: an invariant cannot know. ``invalid``: the trial proves nothing, a fault never fired.
``inapplicable``: the same where the plan says that the system may make no such call.
``infrastructure``: there was no proper trial; the system did not start, ended its process, or this package failed."""

STATUSES: tuple[str, ...] = get_args(Status)
VERDICTS: tuple[str, ...] = get_args(VerdictStatus)
LARGEST: Final = 1e15
"""No trial takes, costs or calls more; what is told of more is told wrongly, and a sum with it in it would be none."""


@dataclass(frozen=True, slots=True)
class Result:
    """One trial, judged."""

    trial: str
    """Names the plan: two results with the same name tell of the same system, journey, schedule, seed and questions."""
    plan: Mapping[str, Any]
    """What is needed to run it again, as plain data."""
    status: Status
    why: str = ""
    """What does not hold, in one sentence; empty for a pass."""
    ended: str = ""
    """How the journey ended, one of ``evidence.run.ENDS``; empty if nobody knows."""
    verdicts: tuple[Verdict, ...] = ()
    fired: tuple[int, ...] = ()
    """How often each rule of the schedule acted."""
    reached: Mapping[str, bool] = field(default_factory=dict)
    """What was to be true in some trial, and whether it was in this one."""
    measures: Mapping[str, Any] = field(default_factory=dict)
    digest: str = ""
    """Of the history."""
    history: str = ""
    """The file that has it, from where this line stands; empty if it was not kept."""
    calls: int = 0
    virtual_s: float = 0.0
    real_s: float = 0.0
    observed: Mapping[str, Any] = field(default_factory=dict)
    """What an exploration has to know of a trial: see ``observation``."""
    left: tuple[str, ...] = ()
    """What the system left behind or changed around itself: tasks, sockets, threads, environment variables, output."""
    differs: tuple[str, ...] = ()
    """Of a trial in real time: what came out otherwise than in virtual time, under the same schedule."""

    @property
    def schedule(self) -> list[dict[str, Any]]:
        """The rules of the plan, as plain data."""
        return list(self.plan.get("schedule") or ())

    @property
    def unfired(self) -> bool:
        """Whether a rule of the schedule found nothing to act on."""
        return not all(self.fired)

    @property
    def failed(self) -> tuple[Verdict, ...]:
        """The verdicts that fail."""
        return tuple(verdict for verdict in self.verdicts if verdict.status == "fail")

    def to_data(self) -> dict[str, Any]:
        """As JSON."""
        told = {one.name: getattr(self, one.name) for one in fields(self)}
        told["verdicts"] = [
            {"invariant": one.invariant, "status": one.status, "reason": one.reason, "ops": list(one.ops)}
            for one in self.verdicts
        ]
        return {name: list(value) if isinstance(value, tuple) else value for name, value in told.items()}

    def to_line(self) -> str:
        """As one line of a file."""
        return json.dumps(self.to_data(), ensure_ascii=True, allow_nan=False, separators=(",", ":"))

    @classmethod
    def from_data(cls, data: Any) -> Self:
        """What :meth:`to_data` told; what a newer version has added is left out."""
        if not isinstance(data, Mapping) or not {"trial", "plan", "status"} <= data.keys():
            msg = f"{str(data)[:80]!r} is no result of a trial: it needs 'trial', 'plan' and 'status'"
            raise UsageError(msg)
        known = {one.name: data[one.name] for one in fields(cls) if one.name in data}
        for name, value in known.items():
            if name in _TYPES and (not isinstance(value, _TYPES[name]) or isinstance(value, bool)):
                msg = f"the result {str(data['trial'])[:80]!r}: its {name!r} is {str(value)[:80]!r}"
                raise UsageError(msg)
            if name in _FIGURES and not abs(value) <= LARGEST:
                msg = f"the result {str(data['trial'])[:80]!r}: its {name!r} is larger than any can be"
                raise UsageError(msg)
        _check_lists(known)
        if known["status"] not in STATUSES:
            msg = f"the result {known['trial']!r}: status {known['status']!r}; {nearest(known['status'], STATUSES)}"
            raise UsageError(msg)
        known["verdicts"] = tuple(_verdict(known["trial"], one) for one in known.get("verdicts", ()))
        for name in ("fired", "left", "differs"):
            known[name] = tuple(known.get(name, ()))
        return cls(**known)


_TYPES: dict[str, Any] = {
    **dict.fromkeys(("trial", "status", "why", "ended", "digest", "history"), str),
    **dict.fromkeys(("plan", "reached", "measures", "observed"), Mapping),
    **dict.fromkeys(("verdicts", "fired", "left", "differs"), (list, tuple)),
    "calls": int,
    "virtual_s": (int, float),
    "real_s": (int, float),
}


_FIGURES = frozenset({"calls", "virtual_s", "real_s"})


def _check_lists(known: Mapping[str, Any]) -> None:
    """What stands inside of them: rules of a schedule are objects, and how often each fired is a number."""
    schedule = known["plan"].get("schedule")
    if schedule is not None and not (
        isinstance(schedule, (list, tuple)) and all(isinstance(one, Mapping) for one in schedule)
    ):
        msg = f"the result {known['trial'][:80]!r}: the schedule of its plan is {str(schedule)[:80]!r}; it lists rules"
        raise UsageError(msg)
    if not all(type(one) is int for one in known.get("fired", ())):
        msg = f"the result {known['trial'][:80]!r}: its 'fired' is {str(known['fired'])[:80]!r}; it lists numbers"
        raise UsageError(msg)


def _verdict(trial: str, data: Any) -> Verdict:
    told: Mapping[str, Any] = data if isinstance(data, Mapping) else {}
    invariant: Any = told.get("invariant")
    status: Any = told.get("status")
    reason: Any = told.get("reason")
    ops = told.get("ops", ())
    is_told = isinstance(invariant, str) and isinstance(reason, str) and isinstance(status, str)
    if not is_told or status not in VERDICTS or not isinstance(ops, (list, tuple)):
        msg = (
            f"the result {trial[:80]!r}: {str(data)[:80]!r} is no verdict; it needs 'invariant', 'status' and 'reason'"
            f" (a status is one of {', '.join(VERDICTS)}) and may have a list of 'ops'"
        )
        raise UsageError(msg)
    return Verdict(invariant, status, reason, tuple(one for one in ops if type(one) is int))
