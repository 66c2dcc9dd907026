"""A schedule: an explicit plan of which fault happens on which calls.

A failing run is stored as its schedule, so everything here is plain data that can be written down and read back.
"""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Annotated, Any, NamedTuple

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StrictFloat,
    StrictInt,
    ValidationError,
    model_validator,
)

from pytest_agentchaos.errors import UnknownNameError, UsageError, explains_itself, nearest
from pytest_agentchaos.evidence.call import KINDS, Call, Kind
from pytest_agentchaos.evidence.site import Site
from pytest_agentchaos.faults.base import Fault
from pytest_agentchaos.faults.registry import fault_from_data, fault_to_data

__tracebackhide__ = explains_itself


def _not_empty(glob: str) -> str:
    if not glob.strip():
        msg = "an empty pattern matches nothing; use '*' for any"
        raise ValueError(msg)
    return glob


def _is_site(site: str) -> str:
    *rest, attempt = site.split("|")
    if len(rest) < SITE_PARTS - 1 or rest[1] not in KINDS or not attempt.isdecimal() or not int(attempt):
        msg = "no call has such a site; copy one from a history: agent|kind|target|name|digest|attempt"
        raise ValueError(msg)
    return site


DOES = {"write": True, "read": False}
"""Words for calls by what they do to the world, beside those for their kinds."""
SITE_PARTS = len(Site._fields)
Glob = Annotated[str, AfterValidator(_not_empty)]


class Selector(BaseModel):
    """Which calls: by what they are (kind, name, target, agent), then by which of those (when, how many)."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    kind: Kind | None = None
    name: Glob = "*"
    target: Glob = "*"
    agent: Glob | None = None
    """Glob on the calling agent's path, ``planner/flights``, or on its last part."""
    callee: Glob | None = None
    """Glob on the call's target or name, whichever fits (for edges)."""
    site: Annotated[str, AfterValidator(_is_site)] | None = None
    """Exactly one site, as a history prints it."""
    writes: bool | None = None
    """Only calls that change the world, or only those that do not, by what was declared or by what the tools say."""
    nth: StrictInt | None = Field(default=None, ge=1)
    """Only the nth of the calls that match, counted from 1."""
    times: StrictInt | None = Field(default=None, ge=1)
    """At most so many calls."""
    between: tuple[float, float | None] | None = None
    """Only while the trial's time is in this interval of seconds; None as its end means for ever."""
    probability: StrictFloat | None = Field(default=None, gt=0, le=1)
    """Each call with this chance, decided by the seed and the call's site."""

    @model_validator(mode="after")
    def _some_call_can_match(self) -> Selector:
        if self.between is not None:
            start_s, end_s = self.between
            if start_s < 0 or (end_s is not None and end_s <= start_s):
                msg = (
                    f"between={self.between!r} is an interval in which no call can fall;"
                    " write (start_s, end_s) with 0 <= start_s < end_s"
                )
                raise ValueError(msg)
        if self.nth is not None and self.times is not None and self.times > 1:
            msg = f"nth={self.nth} selects one call, so times={self.times} can never be reached; leave one of them out"
            raise ValueError(msg)
        return self

    def matches(self, call: Call) -> bool:
        """Whether the call is of the selected sort."""
        return (
            (self.kind is None or call.kind == self.kind)
            and (self.name == "*" or fnmatchcase(call.name, self.name))
            and (self.target == "*" or fnmatchcase(call.target, self.target))
            and (self.agent is None or call.is_made_by(self.agent))
            and (self.callee is None or fnmatchcase(call.target, self.callee) or fnmatchcase(call.name, self.callee))
        )

    def covers(self, site: Site) -> bool:
        """Whether the site is the one that was asked for, if one was."""
        return self.site is None or str(site) == self.site

    def is_open(self, at_s: float) -> bool:
        """Whether the interval includes this moment."""
        if self.between is None:
            return True
        start_s, end_s = self.between
        return at_s >= start_s and (end_s is None or at_s < end_s)

    def __str__(self) -> str:
        fields = type(self).model_fields.items()
        given = {name: value for name, field in fields if (value := getattr(self, name)) != field.default}
        kind = given.pop("kind", "any")
        if kind == "any" and "writes" in given:
            kind = "write" if given.pop("writes") else "read"
        if list(given) == ["site"] and kind == "any":
            return f"on.site({self.site!r})"
        words = [repr(given.pop("name"))] if "name" in given and kind != "any" else []
        return f"on.{kind}({', '.join(words + [f'{key}={value!r}' for key, value in given.items()])})"


class Rule(NamedTuple):
    """One line of a schedule."""

    fault: Fault
    selector: Selector

    def __str__(self) -> str:
        return f"{self.fault} {self.selector}"


Schedule = tuple[Rule, ...]


def rule(fault: Fault, selector: Selector) -> Rule:
    """A rule that can fire, or an error that says why it cannot."""
    if isinstance(fault, type) and issubclass(fault, Fault):
        msg = f"{fault.__name__} is a class; write faults.{fault.__name__}()"
        raise UsageError(msg)
    if not isinstance(fault, Fault):
        msg = f"{fault!r} is not a fault; write for example faults.DropResponse()"
        raise UsageError(msg)
    if not isinstance(selector, Selector):
        msg = f"{selector!r} does not select calls; write for example on.tool('book_*')"
        raise UsageError(msg)
    if selector.kind is not None and selector.kind not in fault.kinds:
        kinds = " and ".join(sorted(fault.kinds))
        msg = (
            f"{fault} acts on {kinds} calls, so {selector} can never give it one;"
            f" select with on.{min(fault.kinds)}(...)"
        )
        raise UsageError(msg)
    return Rule(fault, selector)


def schedule_to_data(schedule: Schedule) -> list[dict[str, Any]]:
    """A schedule as plain data."""
    return [
        {**fault_to_data(line.fault), "on": line.selector.model_dump(mode="json", exclude_defaults=True)}
        for line in schedule
    ]


def schedule_from_data(data: list[dict[str, Any]]) -> Schedule:
    """The schedule that :func:`schedule_to_data` described."""
    return tuple(_rule_from_data(number, line) for number, line in enumerate(data, start=1))


def _rule_from_data(number: int, line: Any) -> Rule:
    which = line.get("on") or {} if isinstance(line, Mapping) else None
    if not isinstance(which, Mapping) or "fault" not in line:
        example = '{"fault": "latency", "on": {"kind": "tool"}}'
        msg = f"line {number} of the schedule, {line!r}, is no rule; write for example {example}"
        raise UsageError(msg)
    try:
        fault = fault_from_data({key: value for key, value in line.items() if key != "on"})
        return rule(fault, select(**which))
    except UsageError as error:
        msg = f"line {number} of the schedule: {error}"
        raise type(error)(msg) from None


def select(**fields: Any) -> Selector:
    """A selector, or an error that names the field and the nearest valid one."""
    try:
        return Selector(**fields)
    except ValidationError as error:
        raise UsageError(_explain(error)) from None


def _explain(error: ValidationError) -> str:
    lines = []
    for problem in error.errors(include_url=False, include_context=False):
        where = ".".join(map(str, problem["loc"]))
        said = problem["msg"].removeprefix("Value error, ")
        if problem["type"] == "extra_forbidden":
            lines.append(f"a selector has no {where!r}; {nearest(where, Selector.model_fields)}")
        else:
            lines.append(f"on...({where}={problem['input']!r}): {said}" if where else f"on...: {said}")
    return "; ".join(lines)


class On:
    """How tests say which calls: ``on.tool("book_*", nth=1)``, ``on.model(probability=0.2)``, ``on.edge(...)``."""

    def tool(self, name: str = "*", **which: Any) -> Selector:
        """Tool calls: MCP tools and wrapped functions."""
        return select(kind="tool", name=name, **which)

    def model(self, name: str = "*", **which: Any) -> Selector:
        """Calls of a language model, by the model's name."""
        return select(kind="model", name=name, **which)

    def write(self, name: str = "*", **which: Any) -> Selector:
        """Calls that change the world: those of declared effects, or by what their tools say of themselves."""
        return select(writes=True, name=name, **which)

    def read(self, name: str = "*", **which: Any) -> Selector:
        """Calls of tools that change nothing."""
        return select(writes=False, name=name, **which)

    def agent(self, name: str = "*", **which: Any) -> Selector:
        """Calls to another agent (functions wrapped with kind="agent")."""
        return select(kind="agent", name=name, **which)

    def http(self, name: str = "*", **which: Any) -> Selector:
        """Plain HTTP calls, by method and path: ``on.http("POST /book*")``."""
        return select(kind="http", name=name, **which)

    def rpc(self, name: str = "*", **which: Any) -> Selector:
        """MCP messages that are not tool calls: ``on.rpc("tools/list")``."""
        return select(kind="rpc", name=name, **which)

    def tcp(self, name: str = "*", **which: Any) -> Selector:
        """Links to a TCP service, in live mode, by the link's name: ``on.tcp("postgres", between=(5, 15))``."""
        return select(kind="tcp", name=name, **which)

    def edge(self, caller: str = "*", callee: str = "*", **which: Any) -> Selector:
        """Calls from an agent to a target or name."""
        return select(agent=None if caller == "*" else caller, callee=None if callee == "*" else callee, **which)

    def any(self, **which: Any) -> Selector:
        """Every call."""
        return select(**which)

    def site(self, site: str | Site) -> Selector:
        """Exactly one call, by the site that a history printed."""
        return select(site=str(site))

    def __getattr__(self, name: str) -> Any:
        valid = [method for method in vars(type(self)) if not method.startswith("_")]
        msg = f"there is no on.{name}; {nearest(name, valid)}"
        raise UnknownNameError(msg)


on = On()
