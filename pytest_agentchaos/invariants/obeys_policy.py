"""Obeys policy: agents use the tools that they may use, spend what they may spend, and ask whom they have to ask."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, ClassVar, NamedTuple

from pytest_agentchaos.errors import UsageError, explains_itself
from pytest_agentchaos.evidence.call import Call
from pytest_agentchaos.evidence.conduct.attempts import is_quantity, last_op, missing_end, seconds
from pytest_agentchaos.evidence.conduct.fate import succeeded
from pytest_agentchaos.evidence.effects.ledger import Entry
from pytest_agentchaos.evidence.effects.standing import asked
from pytest_agentchaos.evidence.exchange import Exchange
from pytest_agentchaos.evidence.findings import Findings
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.evidence.path import found
from pytest_agentchaos.evidence.run import finished
from pytest_agentchaos.evidence.telling import counted, shown
from pytest_agentchaos.evidence.verdict import Verdict
from pytest_agentchaos.invariants.registry import register

__tracebackhide__ = explains_itself

Globs = Mapping[str, Any]


@register
@dataclass(frozen=True, slots=True)
class obeys_policy:
    """Promises that each tool is called by an agent that may call it and after the approval that it needs, and that no
    more is spent than allowed; it cannot see callers without a name, nor what exactly an approval was given for.
    """

    reads_contents: ClassVar[bool] = True
    allow: Globs | None = field(default=None, hash=False)
    """Agent -> the tools that it may call: ``{"flights": ["search_*", "book_*"], "*": ["ask_person"]}``. Globs; an
    agent may call what any entry that fits it says, and nothing else. ``""`` is the caller without a name."""
    deny: Globs | None = field(default=None, hash=False)
    """Agent -> the tools that it may not call, whatever ``allow`` says."""
    spend: Globs | None = field(default=None, hash=False)
    """``{"limit": 80000, "effect": "flight_*"}``: the amounts of these effects that stand in the end are not more in
    sum; with ``"ever": true``, of all that were ever done. Rows that a probe of the world found count as well."""
    approvals: Globs | None = field(default=None, hash=False)
    """Tool -> the tool whose last answer before, in the same run, has to approve: ``{"book_*": "ask_person"}``, or with
    the place in its result and what stands there: ``{"tool": "ask_person", "approved_at": "approved", "is": true}``."""

    def __post_init__(self) -> None:
        if all(getattr(self, name) is None for name in _RULES):
            msg = (
                "obeys_policy() judges nothing; give it at least one of"
                " allow={'flights': ['search_*']}, deny=..., spend={'limit': 800}, approvals={'book_*': 'ask_person'}"
            )
            raise UsageError(msg)
        for name, read in _RULES.items():
            if (value := getattr(self, name)) is not None:
                read(name, value)

    @property
    def name(self) -> str:
        """What a verdict calls it."""
        told = [f"{name} {', '.join(rule)}" for name in ("allow", "deny", "approvals") if (rule := getattr(self, name))]
        if self.spend is not None:
            limit = _spend("spend", self.spend)
            told.append(f"spend {limit.effect} {limit.at_most:.15g}")
        return f"obeys_policy({shown('; '.join(told))})"

    def check(self, history: History) -> Verdict:
        """Ask each rule that was given."""
        findings = Findings()
        if (missing := missing_end(history)) is not None:
            findings.doubt(missing[0], *missing[1])
        elif not history.calls():
            findings.doubt("no call was seen at all")
        calls = history.calls(kind="tool")
        self._check_callers(calls, findings)
        for tool, rule in ({} if self.approvals is None else _approvals("approvals", self.approvals)).items():
            _check_approval(history, tool, rule, findings)
        if self.spend is not None:
            _check_spend(history, _spend("spend", self.spend), findings)
        return findings.concluded(self.name, f"{len(calls)} tool calls obey it")

    def _check_callers(self, calls: Iterable[Exchange], findings: Findings) -> None:
        """Whether each call is made by an agent that may make it; each agent is asked about once a tool."""
        allow = None if self.allow is None else _globs("allow", self.allow)
        deny = {} if self.deny is None else _globs("deny", self.deny)
        known: dict[tuple[object, object], tuple[bool | None, str]] = {}
        for exchange in calls:
            who = exchange.call.agent, exchange.call.name
            if who not in known:
                known[who] = _may_call(exchange.call, allow, deny)
            right, why = known[who]
            if right is not True:
                (findings.doubt if right is None else findings.fail)(why, exchange.index)


def _may_call(call: Call, allow: Rules | None, deny: Rules) -> tuple[bool | None, str]:
    """Whether the caller may do that, None if that depends on who it is; and what to say if not."""
    who = shown("/".join(call.agent)) if call.agent else "a caller without a name"
    nobody = (
        f"nobody knows who called {shown(call.name)}: name agents with agentchaos.agent(...), or add a rule for '*'"
    )
    fitting, own = _fitting(call, deny)
    if own:
        return False, f"{who} called {shown(call.name)}, which is denied"
    if fitting and not call.agent:
        return None, nobody
    if allow is None:
        return True, ""
    fitting, own = _fitting(call, allow)
    if fitting and not own and not call.agent:
        return None, nobody
    return own, f"{who} called {shown(call.name)}, which is not allowed"


def _fitting(call: Call, rules: Rules) -> tuple[bool, bool]:
    """Whether a rule speaks of that tool at all; and whether one for this caller does."""
    fitting = [agent for agent, tools in rules.items() if any(fnmatchcase(call.name, tool) for tool in tools)]
    return bool(fitting), any(call.is_made_by(agent) for agent in fitting)


def _check_approval(history: History, tool: str, rule: Approval, findings: Findings) -> None:
    """Whether the last answer before each call of a tool, in its run, approves."""
    answers = sorted((one for one in history.calls(rule.tool, kind="tool") if succeeded(one)), key=last_op)
    ends = [last_op(one) for one in answers]
    run_ends = [run.op for run in history.view(finished)]
    for exchange in history.calls(tool, kind="tool"):
        if fnmatchcase(exchange.call.name, rule.tool):
            continue  # whoever asks needs no approval for that
        what = f"{shown(exchange.call.name)} was called at {seconds(exchange.at_s)}"
        run = bisect(run_ends, exchange.index)
        begun = run_ends[run - 1] if run else -1
        position = bisect(ends, exchange.index)
        if not position or ends[position - 1] < begun:
            findings.fail(f"{what} without an answer of {shown(rule.tool)} before", exchange.index)
            continue
        answer = answers[position - 1]
        said = list(found(answer.data.get("result"), rule.at)) if rule.at else [answer.data.get("result")]
        ops = (*answer.ops, exchange.index)
        if not said:
            why = (
                f"the answer of {shown(answer.call.name)} before {shown(exchange.call.name)} has nothing at {rule.at!r}"
            )
            findings.doubt(why, *ops)
        elif not all(type(one) is type(rule.wanted) and one == rule.wanted for one in said):
            told = f"{what} although {shown(answer.call.name)} had answered {shown(said[0])}"
            findings.fail(told, *ops)


def _check_spend(history: History, limit: Spend, findings: Findings) -> None:
    """Whether the amounts of what was done stay within the limit, by the wires and by the world."""
    question = asked(history, limit.effect)
    findings.doubts += question.doubts
    entries = [entry for name in question.names for entry in question.ledger.of(name)]
    sure, perhaps = _amounts(entries, limit, findings)
    spent, more = sum(amount for _, amount in sure), sum(amount for _, amount in perhaps)
    if spent > limit.at_most:
        told = f"{_number(spent)} was spent in {counted(len(sure), 'call')}, above {_number(limit.at_most)}"
        findings.fail(told, *(op for op, _ in sure))
    elif spent + more > limit.at_most:
        told = f"{_number(spent)} was spent and perhaps {_number(more)} more, above {_number(limit.at_most)}"
        findings.doubt(told, *(op for op, _ in perhaps))
    rows = [row for name in question.names for row in question.ledger.world.get(name, ())]
    in_world = sum(row.amount for row in rows if is_quantity(row.amount))
    if in_world > limit.at_most:
        told = f"the world shows {_number(in_world)} spent, above {_number(limit.at_most)}"
        findings.fail(told, *(row.op for row in rows))


def _amounts(entries: Iterable[Entry], limit: Spend, findings: Findings) -> tuple[Amounts, Amounts]:
    """(call, amount) of what was surely spent and what perhaps was; what cannot be read is a doubt."""
    sure: Amounts = []
    perhaps: Amounts = []
    for entry in entries:
        if entry.undone_by is not None and not limit.ever:
            continue
        if not is_quantity(entry.amount):
            why = f"nothing tells what {shown(entry.effect)} at {seconds(entry.at_s)} cost: give its Effect(amount=...)"
            findings.doubt(why, entry.op)
        elif entry.sure and (limit.ever or not entry.undoing):
            sure.append((entry.op, entry.amount))
        else:
            perhaps.append((entry.op, entry.amount))
    return sure, perhaps


class Spend(NamedTuple):
    """``spend``, read."""

    at_most: float
    effect: str
    ever: bool


class Approval(NamedTuple):
    """One entry of ``approvals``, read."""

    tool: str
    at: str
    wanted: Any


Rules = Mapping[str, tuple[str, ...]]
Amounts = list[tuple[int, float]]


def _globs(name: str, value: Any) -> Rules:
    """Agent -> tools, as given in one of these parameters."""
    told = {}
    for agent, tools in _mapping(name, value, "{'flights': ['search_*', 'book_*']}").items():
        listed = [tools] if isinstance(tools, str) else tools
        if not isinstance(listed, (list, tuple)) or not all(isinstance(tool, str) for tool in listed):
            msg = f"obeys_policy({name}={{{agent!r}: {tools!r}}}): write names of tools, for example ['search_*']"
            raise UsageError(msg)
        told[agent] = tuple(listed)
    return told


def _spend(name: str, value: Any) -> Spend:
    example = "{'limit': 800, 'effect': 'flight_booking'}"
    given = _mapping(name, value, example)
    limit, effect, ever = given.get("limit"), given.get("effect", "*"), given.get("ever", False)
    unknown = set(given) - {"limit", "effect", "ever"}
    if unknown or not is_quantity(limit) or not isinstance(effect, str) or not isinstance(ever, bool):
        msg = f"obeys_policy({name}={value!r}): write for example {example}, 'ever': true counts what was undone too"
        raise UsageError(msg)
    return Spend(limit, effect, ever)


def _approvals(name: str, value: Any) -> Mapping[str, Approval]:
    told = {}
    for tool, given in _mapping(name, value, "{'book_*': 'ask_person'}").items():
        rule = {"tool": given} if isinstance(given, str) else given
        example = "{'tool': 'ask_person', 'approved_at': 'approved', 'is': True}"
        known = isinstance(rule, Mapping) and set(rule) <= {"tool", "approved_at", "is"}
        if not known or not isinstance(rule.get("tool"), str) or not isinstance(rule.get("approved_at", ""), str):
            msg = f"obeys_policy({name}={{{tool!r}: {given!r}}}): write 'ask_person', or {example}"
            raise UsageError(msg)
        told[tool] = Approval(rule["tool"], rule.get("approved_at", "approved"), rule.get("is", True))
    return told


def _mapping(name: str, value: Any, example: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping) or not value or not all(isinstance(key, str) for key in value):
        msg = f"obeys_policy({name}={value!r}): a mapping is due; write for example {example}"
        raise UsageError(msg)
    return value


def _number(value: float) -> str:
    return f"{value:.15g}"


_RULES = {"allow": _globs, "deny": _globs, "spend": _spend, "approvals": _approvals}
