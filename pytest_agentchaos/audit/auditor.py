"""Auditor: a whole server, tool by tool."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace

from pytest_agentchaos.audit.advice import RULES
from pytest_agentchaos.audit.arguments import candidates, other_than
from pytest_agentchaos.audit.effect import effect
from pytest_agentchaos.audit.examples import Examples, unknown
from pytest_agentchaos.audit.experiments import (
    EXPERIMENTS,
    OVERTAKEN,
    Do,
    Experiment,
    Heard,
    Subject,
    once,
    then_newer,
    twice,
)  # fmt: skip
from pytest_agentchaos.audit.judging import SEES_ERROR, Seen, Yardstick
from pytest_agentchaos.audit.place import TOKEN, Lab, Place
from pytest_agentchaos.audit.report import Finding, Outcome, Report, ToolReport
from pytest_agentchaos.audit.session import ServerError
from pytest_agentchaos.audit.survey import Survey, survey
from pytest_agentchaos.audit.tool import Tool
from pytest_agentchaos.audit.world import look
from pytest_agentchaos.errors import UsageError, nearest
from pytest_agentchaos.evidence.canonical import dump
from pytest_agentchaos.evidence.printable import printable
from pytest_agentchaos.evidence.telling import listed

_NAME = 100


@dataclass(frozen=True, slots=True)
class Options:
    """What an audit may do, and with what."""

    examples: Examples = field(default_factory=Examples)
    only: AbstractSet[str] = frozenset()
    """Tools; all if there are none."""
    destructive: AbstractSet[str] = frozenset()
    """Tools that may be called though they say that they destroy; ``*``: all."""
    unannotated: bool = False
    """Whether tools that say nothing may be called on a server that is not ours."""


Progress = Callable[[str, int, int], None]


def audit(lab: Lab, options: Options, progress: Progress = lambda _what, _done, _of: None) -> Report:
    """Try every tool that may be called, and say what a retry of it does."""
    found = survey(lab, options.examples, progress, trusting=lab.is_ours or options.unannotated)
    _check_names(found, options)
    asked = [tool for tool in found.tools if not options.only or tool.name in options.only]
    audited = []
    for at, tool in enumerate(asked):
        progress(f"{tool.name} is tried", at, len(asked))
        audited.append(_Audit(lab, options, found, tool).report())
    return Report(found.greeting.name, found.greeting.version, found.greeting.protocol, audited, found.remarks)


def _check_names(found: Survey, options: Options) -> None:
    names = {tool.name for tool in found.tools}
    wrong = [
        f"{name!r}: {nearest(name, names)}" for name in sorted((options.only | options.destructive) - names - {"*"})
    ]
    if wrong := wrong + unknown(options.examples, found.tools):
        msg = f"the server has no tool {printable(listed(wrong), 600)}"
        raise UsageError(msg)


class _Audit:
    """Of one tool."""

    def __init__(self, lab: Lab, options: Options, found: Survey, tool: Tool) -> None:
        self._lab, self._options, self._found, self._tool = lab, options, found, tool
        self._witnesses = found.witnesses.without(tool.name)

    def report(self) -> ToolReport:
        """What is known of it in the end."""
        tool = self._tool
        if tool.read_only and tool.name not in self._found.liars:
            why = self._found.reads.get(tool.name, "its annotations say so; nothing that it would accept was found")
            return self._told(ToolReport(tool.name, "reads", why))
        if (why_not := self._forbidden()) is not None:
            return self._told(ToolReport(tool.name, "undecidable", why_not))
        try:
            subject, why = self._subject()
            if subject is None:
                return self._told(ToolReport(tool.name, "undecidable", why))
            return self._told(self._tried(subject))
        except ServerError as error:
            why = f"it could not be tried to the end: {printable(str(error), 300)}"
            return self._told(ToolReport(tool.name, "undecidable", why))

    def _forbidden(self) -> str | None:
        tool, allowed = self._tool, self._options.destructive
        may = "*" in allowed or tool.name in allowed
        if tool.destructive and not tool.read_only and not may:
            return f"not called: its annotations say that it destroys; --allow-destructive {_shell(tool.name)} calls it"
        says_nothing = tool.destructive is None and not tool.read_only
        if says_nothing and not self._lab.is_ours and not (may or self._options.unannotated):
            return (
                "not called: it does not say whether it destroys, and the server is not started here;"
                f" --allow-unannotated or --allow-destructive {_shell(tool.name)} calls it"
            )
        return None

    # Arguments

    def _subject(self) -> tuple[Subject | None, str]:
        """What it can be called with; else why nothing is known."""
        refused = "none fit its schema; give some by --examples"
        given = self._options.examples.arguments.get(self._tool.name)
        for arguments in given[:1] if given else candidates(self._tool):
            if not self._lab.is_fresh and TOKEN not in dump(arguments):
                refused = "without --reset they need a {token}, so that one experiment is told from another"
                continue
            subject = Subject(self._tool, arguments, key=self._tool.key)
            with self._lab.place() as place:
                answer = place.session.call(place.fill(subject.call()))
            if answer.error is None:
                newer = given[1] if given and len(given) > 1 else other_than(self._tool, arguments)
                return replace(subject, other=newer, took_s=answer.took_s), ""
            refused = answer.told
            if answer.lost:  # whatever it is called with, it may be as silent
                return None, f"it was called, and there was no answer: {answer.told}"
        return None, f"it accepts no arguments that were found for it: {refused}"

    # Trying

    def _tried(self, subject: Subject) -> ToolReport:
        one, another, two = (self._seen(do, subject) for do in (once, once, twice))
        yardstick = Yardstick(one, another, two)
        name = self._tool.name
        if (why := yardstick.sees_nothing) is not None:
            if self._tool.sounds_reading and not self._tool.is_annotated:
                return ToolReport(name, "reads", "its name says so, and no effect of a call was seen")
            return ToolReport(name, "undecidable", why)
        outcomes = dict(self._outcomes(subject, yardstick))
        report = _summed_up(name, outcomes, yardstick)
        if subject.key is None:
            return report
        if subject.key.required:
            return replace(report, key=printable(subject.key.name))
        keyless = replace(subject, key=None)
        bare = Yardstick(*(self._seen(do, keyless) for do in (once, once, twice)))
        without = dict(self._outcomes(keyless, bare)) if bare.sees_nothing is None else None
        return replace(report, key=printable(subject.key.name), without_key=without)

    def _outcomes(self, subject: Subject, yardstick: Yardstick) -> Iterator[tuple[str, Outcome]]:
        for experiment in EXPERIMENTS:
            try:
                yield experiment.name, self._outcome(experiment, subject, yardstick)
            except ServerError as error:
                yield experiment.name, Outcome("unknown", printable(str(error), 300))

    def _outcome(self, experiment: Experiment, subject: Subject, yardstick: Yardstick) -> Outcome:
        with self._lab.place() as place:
            if (why_not := experiment.needs(place, subject)) is not None:
                return Outcome("not run", why_not)
            seen = self._seen_at(place, experiment.do, subject)
        if experiment is OVERTAKEN:
            return yardstick.judge_order(seen, self._seen(then_newer, subject))
        return yardstick.judge(seen)

    def _seen(self, do: Do, subject: Subject) -> Seen:
        with self._lab.place() as place:
            return self._seen_at(place, do, subject)

    def _seen_at(self, place: Place, do: Do, subject: Subject) -> Seen:
        before = look(place, self._witnesses)
        heard: Heard = do(place, subject)
        after = look(place, self._witnesses)
        return Seen(effect(before, after, self._found.restless), heard, place.ours)

    # Telling

    def _told(self, report: ToolReport) -> ToolReport:
        findings = list(_findings(self._tool, report, is_liar=self._tool.name in self._found.liars))
        cures = [RULES[finding.rule].cure for finding in findings if RULES[finding.rule].level != "note"]
        return replace(report, name=printable(report.name, _NAME), findings=findings, cure=" ".join(cures))


def _summed_up(name: str, outcomes: Mapping[str, Outcome], yardstick: Yardstick) -> ToolReport:
    twice_in = [one for one, outcome in outcomes.items() if outcome.status == "twice"]
    unknown_in = [one for one, outcome in outcomes.items() if outcome.status == "unknown"]
    if twice_in:
        why = f"{listed(twice_in)}: {outcomes[twice_in[0]].why}"
        return ToolReport(name, "executes twice", why, sorted(yardstick.decided_by) or yardstick.witnesses, outcomes)
    if unknown_in:
        why = f"{listed(unknown_in)}: {outcomes[unknown_in[0]].why}"
        return ToolReport(name, "undecidable", why, yardstick.witnesses, outcomes)
    if not yardstick.has_effect:
        why = "a retry is answered as the first call was, or refused"
    elif yardstick.is_plain:
        why = "two executions leave what one leaves"
    else:
        why = "a retry leaves what one execution leaves"
    return ToolReport(name, "retry-safe", why, yardstick.witnesses, outcomes)


def _findings(tool: Tool, report: ToolReport, *, is_liar: bool) -> Iterator[Finding]:
    if is_liar:
        yield Finding(
            "read-only-but-writes", f"readOnlyHint is true; a call changes what others see: {_liar_told(report)}"
        )
    if report.verdict == "executes twice":
        yield Finding("executes-twice", report.why)
        if tool.idempotent:
            yield Finding("idempotent-but-executes-twice", "idempotentHint is true, and a retry executes it twice")
    if report.verdict == "undecidable":
        yield Finding("undecidable", report.why)
    if not tool.is_annotated:
        yield Finding("not-annotated", "it has neither readOnlyHint nor destructiveHint nor idempotentHint")
    for name, outcome in (report.outcomes or {}).items():
        if outcome.status == "stale":
            yield Finding("late-copy-wins", outcome.why)
        elif outcome.status == "safe" and outcome.why.startswith(SEES_ERROR) and report.verdict == "retry-safe":
            yield Finding("retry-sees-error", f"{name}: {outcome.why}")
            break
    without = [name for name, outcome in (report.without_key or {}).items() if outcome.status == "twice"]
    if report.verdict == "retry-safe" and without and not (tool.key and tool.key.required):
        yield Finding("key-not-required", f"without {report.key!r} it executes twice: {listed(without)}")


def _liar_told(report: ToolReport) -> str:
    return f"seen by {listed(report.witnesses)}" if report.witnesses else report.why


def _shell(name: str) -> str:
    return shlex.quote(printable(name, _NAME))
