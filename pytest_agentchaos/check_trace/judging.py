"""Reading files, judging their traces one by one, counting."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pytest_agentchaos.check_trace import asked
from pytest_agentchaos.check_trace.report import Damage, Example, FailingTrace, Report, Tally, Word
from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.evidence.spans.span import Span
from pytest_agentchaos.evidence.verdict import Verdict
from pytest_agentchaos.invariants.base import Invariant, judge
from pytest_agentchaos.traces import otlp
from pytest_agentchaos.traces.as_history import as_history, is_ambiguous, untold
from pytest_agentchaos.traces.export import Export, Trace

Progress = Callable[[str, int, int], None]
"""Is told what is being done, how much of it is done, and how much there is."""

LIMIT: Final = 50_000
"""Spans of one trace; one that has more is counted and not loaded. With so many, the usual checks need 350 MB."""

_ROOM_BYTES: Final = 1024
"""For each span, as JSON: a trace whose spans are larger on average is loaded only if it has fewer of them."""

_KEPT: Final = 20
_OFTEN: Final = 256
_NOT_TOLD: Final = "it reads arguments and results, which the spans of {:,} tool calls do not record"
_NO_GUESS: Final = (
    "it depends on arguments or results that the spans do not record: {same} if calls that look alike were the same,"
    " {different} if they were not; have contents recorded, or leave this check out"
)


def check(
    paths: Iterable[str | Path],
    checks: Sequence[str | Invariant] = asked.DEFAULT,
    *,
    limit: int = LIMIT,
    progress: Progress = lambda *_: None,
) -> Report:
    """Judge each trace in these files, which may be scattered over all of them, by each of these checks.

    A check is an invariant, or a text: ``complete_trace``, ``at_most(steps, 40)``. ``limit``: a trace with more spans
    is not loaded, and unknown. What cannot be read at all is a UsageError.
    """
    invariants = asked.invariants(checks)
    if limit < 1:
        msg = f"limit={limit!r}: the most spans of a trace is a whole number from 1 up; write for example {LIMIT}"
        raise UsageError(msg)
    files = _files(paths)
    counting = _Counting(tuple(_Counted(one.name) for one in invariants))
    with Export() as export:
        for file in files:
            _read(file, export, counting, progress)
        count = export.count()
        for number, trace in enumerate(export.traces()):
            if number % _OFTEN == 0:
                progress("judging", number, count)
            refused = _refused(trace, limit)
            if refused:
                counting.add(trace, "", [Verdict(one.name, "unknown", refused) for one in invariants])
            else:
                counting.add(trace, *_judged(export.spans(trace), invariants))
        progress("judging", count, count)
        return counting.report(tuple(map(str, files)), export.size)


def _files(paths: Iterable[str | Path]) -> tuple[Path, ...]:
    files = tuple(map(Path, [paths] if isinstance(paths, (str, Path)) else paths))
    if not files:
        msg = "no file was given; give one or more files that an OTLP exporter wrote"
        raise UsageError(msg)
    seen: dict[Path, Path] = {}
    for file in files:
        if (other := seen.setdefault(file.resolve(), file)) is not file:
            msg = f"{file} was given twice (as {other}); each of its spans would be found twice: give it once"
            raise UsageError(msg)
    return files


def _read(path: Path, export: Export, counting: _Counting, progress: Progress) -> None:
    try:
        with path.open("rb") as file:
            size_bytes = path.stat().st_size
            for number, item in enumerate(otlp.read(file, name=str(path))):
                if number % _OFTEN == 0:
                    progress(f"reading {path.name}", file.tell(), size_bytes)
                if isinstance(item, otlp.Damaged):
                    counting.add_damage(Damage(item.place, item.why))
                else:
                    export.add(item)
    except OSError as error:
        remedy = "give the files in it" if path.is_dir() else "give a file that can be read"
        msg = f"{path} cannot be read: {error.strerror or error}; {remedy}"
        raise UsageError(msg) from error


def _refused(trace: Trace, limit: int) -> str:
    """Why a trace is not loaded; empty if it is."""
    if trace.size > limit:
        return f"it has {trace.size:,} spans, more than the {limit:,} that are loaded of one trace: raise the limit"
    if trace.size_bytes > (most_bytes := max(limit, LIMIT) * _ROOM_BYTES):
        mib, most_mib = (round(size / 2**20) for size in (trace.size_bytes, most_bytes))
        return f"it has {mib:,} MiB, more than the {most_mib:,} MiB that are loaded of one trace: raise the limit"
    return ""


def _judged(spans: tuple[Span, ...], invariants: Sequence[Invariant]) -> tuple[str, list[Verdict]]:
    """The name of a trace's root, and the verdicts on it. A large one is never in memory as two histories."""
    verdicts, is_settled = _all(invariants, as_history(spans, unrecorded="same"))
    if not is_settled:
        others, _ = _all(invariants, as_history(spans, unrecorded="different"))
        verdicts = list(map(_either, verdicts, others))
    return next((span.name for span in spans if not span.parent_id), "(no root)"), verdicts


def _all(invariants: Sequence[Invariant], history: History) -> tuple[list[Verdict], bool]:
    """The verdicts, and whether they stand whatever the spans do not record."""
    missing = untold(history)
    verdicts = [
        Verdict(one.name, "unknown", _NOT_TOLD.format(len(missing)), tuple(call.index for call in missing[:_KEPT]))
        if missing and getattr(one, "reads_contents", False)
        else judge(one, history)
        for one in invariants
    ]
    return verdicts, not is_ambiguous(history)


def _either(same: Verdict, different: Verdict) -> Verdict:
    """What holds whatever the spans do not record."""
    if same.status == different.status:
        return different
    reason = _NO_GUESS.format(same=f"{same.status} ({same.reason})", different=different.status)
    return Verdict(different.invariant, "unknown", reason)


def _word(verdict: Verdict) -> Word:
    return "unknown" if verdict.status == "invalid" else verdict.status


@dataclass(slots=True)
class _Counted:
    """What one check has said so far."""

    name: str
    counts: Counter[Word] = field(default_factory=Counter)
    examples: dict[Word, list[Example]] = field(default_factory=lambda: {"fail": [], "unknown": []})

    def add(self, trace_id: str, verdict: Verdict) -> None:
        word = _word(verdict)
        self.counts[word] += 1
        kept = self.examples.get(word)
        if kept is not None and len(kept) < _KEPT:
            kept.append(Example(trace_id, word, verdict.reason))

    def tally(self) -> Tally:
        examples = (*self.examples["fail"], *self.examples["unknown"])[:_KEPT]
        return Tally(self.name, self.counts["pass"], self.counts["fail"], self.counts["unknown"], examples)


@dataclass(slots=True)
class _Counting:
    """What was found so far, in bounded memory."""

    checks: tuple[_Counted, ...]
    traces: int = 0
    failing: int = 0
    failing_examples: list[FailingTrace] = field(default_factory=list)
    unknown: int = 0
    damaged: int = 0
    damage_examples: list[Damage] = field(default_factory=list)

    def add(self, trace: Trace, root: str, verdicts: Sequence[Verdict]) -> None:
        self.traces += 1
        for counted, verdict in zip(self.checks, verdicts, strict=True):
            counted.add(trace.trace_id, verdict)
        failures = tuple((one.invariant, one.reason) for one in verdicts if _word(one) == "fail")
        if failures:
            self.failing += 1
            if len(self.failing_examples) < _KEPT:
                self.failing_examples.append(FailingTrace(trace.trace_id, root, failures))
        elif any(_word(one) == "unknown" for one in verdicts):
            self.unknown += 1

    def add_damage(self, damage: Damage) -> None:
        self.damaged += 1
        if len(self.damage_examples) < _KEPT:
            self.damage_examples.append(damage)

    def report(self, files: tuple[str, ...], spans: int) -> Report:
        return Report(
            files=files,
            traces=self.traces,
            spans=spans,
            checks=tuple(counted.tally() for counted in self.checks),
            failing=self.failing,
            failing_examples=tuple(self.failing_examples),
            unknown=self.unknown,
            damaged=self.damaged,
            damage_examples=tuple(self.damage_examples),
        )
