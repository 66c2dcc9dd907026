"""Saved: a trial that was written down somewhere, found by what a person says of it. Nothing here is executed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.evidence.compact import LIMIT_BYTES, expanded, is_compact
from pytest_agentchaos.evidence.result import Result
from pytest_agentchaos.evidence.results import FILE, Head, parsed
from pytest_agentchaos.evidence.telling import listed, shown

_HEAD: Final = "agentchaos"
_OTHERS: Final = 8
_HOLDS: Final = ("pass", "inapplicable")
_SCENARIO: Final = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class Saved:
    """One trial, as it was found."""

    plan: Mapping[str, Any]
    """As plain data."""
    source: str
    """Where it was found, for messages."""
    result: Result | None = None
    """What came of it then; None if nobody wrote that down."""
    file: Path | None = None
    """The file that it was found in."""
    head: Mapping[str, Any] = field(default_factory=dict)
    """With what it was recorded: ``version``, ``python`` ..."""
    others: tuple[str, ...] = ()
    """Other trials that stand there and do not hold, where nobody said which one is meant."""
    pasted: bool = False
    """Whether it came as a text, from who knows where."""

    @property
    def history(self) -> Path | None:
        """The file of its history, if there should be one. A line names files below its own folder only."""
        if self.file is None or self.result is None or not self.result.history:
            return None
        folder = self.file.parent.resolve()
        path = (folder / self.result.history).resolve()
        return path if path.is_relative_to(folder) else None


class _Line(NamedTuple):
    number: int
    data: Any


def saved(what: str) -> Saved:
    """``FOLDER``, ``FILE``, ``FILE#TRIAL``, ``FILE:LINE``, a scenario file, or the line itself.

    Of a trial's name as many letters are enough as tell it from others. Without one it is the first that does not hold.
    """
    if is_compact(what) or what.lstrip().startswith(("{", "[")):
        return pasted(what)
    path, trial, number = _parts(what)
    if path.is_dir():
        path /= FILE
    if path.name.endswith(_SCENARIO):
        return _of_scenario(path, trial)
    if not path.exists():
        msg = (
            f"{what!r}: there is no {path}; give a folder or file of results, as FOLDER#TRIAL or FILE:LINE,"
            " a scenario file, or a line of results itself"
        )
        raise UsageError(msg)
    search = _Search(str(path), path)
    return search.by_number(_lines(path), number) if number else search.by_name(_lines(path), trial)


def pasted(text: str, source: str = "the pasted line") -> Saved:
    """From a text: a compact line, a line of results, a plan as JSON, or a whole file of results."""
    if is_compact(text):
        return _one(expanded(text), source, pasted=True)
    if not text.strip():
        msg = f"{source} is empty; give a line of results, a plan as JSON, or agentchaos:v1:..."
        raise UsageError(msg)
    if len(text) <= LIMIT_BYTES and (whole := _json(text)) is not None:
        return _one(whole, source, pasted=True)
    lines = [_Line(number, _json(line)) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    return _Search(source, None).by_name(lines, "")


def _parts(what: str) -> tuple[Path, str, int]:
    """The file, and which of its trials: by name or by line."""
    if Path(what).exists():
        return Path(what), "", 0
    path, hash_, trial = what.rpartition("#")
    if hash_:
        return Path(path), trial, 0
    if match := re.fullmatch(r"(.+):([0-9]{1,12})", what, re.DOTALL):
        return Path(match[1]), "", int(match[2])
    return Path(what), "", 0


def _lines(path: Path) -> Iterator[_Line]:
    lines: Iterator[_Line] = (_Line(number, data) for number, (_, data) in enumerate(parsed(path), 1))
    first = next(lines, None)
    if first is None:
        msg = f"{path} is empty; the campaign was ended before it began"
        raise UsageError(msg)
    if first.data is None and path.stat().st_size <= LIMIT_BYTES:  # one result, laid out for people, or no line's end
        try:
            first = _Line(1, _json(path.read_text(encoding="utf-8")))
        except ValueError as error:
            msg = f"{path} is no text; give a file of results"
            raise UsageError(msg) from error
        if first.data is not None:
            lines = iter(())
    yield first
    yield from lines


class _Search:
    """Looks through the lines of a file for the trial that is meant."""

    def __init__(self, source: str, file: Path | None) -> None:
        self._source = source
        self._file = file
        self._head: Mapping[str, Any] = {}
        self._last = 0
        self._lines: dict[str, _Line] = {}

    def lines(self, lines: Iterable[_Line]) -> Iterator[_Line]:
        """All but the head."""
        for line in lines:
            self._last = line.number
            if isinstance(line.data, Mapping) and _HEAD in line.data:
                Head.from_data(line.data, self._source)  # a newer format is refused
                self._head = line.data[_HEAD]
            else:
                yield line

    def by_number(self, lines: Iterable[_Line], number: int) -> Saved:
        """The trial in one line, counted from 1."""
        for line in self.lines(lines):
            if line.number == number:
                return self._one(line)
        said = "is the head" if number <= self._last else f"is beyond its end, which is line {self._last}"
        msg = f"{self._source}:{number}: line {number} {said}; give the line of a trial"
        raise UsageError(msg)

    def by_name(self, lines: Iterable[_Line], start: str) -> Saved:
        """The trial whose name begins so. Of one that was run again, the later line counts."""
        for line in self.lines(lines):
            name = _name(line.data)
            if name is None or not name.startswith(start):
                continue
            self._lines[name] = line
        name = self._meant(start)
        others = [key for key, status in self._statuses().items() if key != name and status not in _HOLDS]
        return self._one(self._lines[name], () if start else tuple(map(self._told, others)))

    def _statuses(self) -> dict[str, str]:
        return {name: str(line.data.get("status")) for name, line in self._lines.items()}

    def _told(self, name: str) -> str:
        data = self._lines[name].data
        return f"{shown(name)} ({shown(data.get('status'))}: {shown(data.get('why', ''))})"

    def _meant(self, start: str) -> str:
        if not self._lines:
            what = f"no trial {start!r}" if start else "no line that is a result of a trial"
            msg = f"{self._source} has {what}; such a line has 'trial', 'plan' and 'status'"
            raise UsageError(msg)
        if start in self._lines:
            return start
        if start and len(self._lines) > 1:
            names = listed(self._lines, limit=_OTHERS)
            msg = f"{self._source}: {len(self._lines)} trials begin with {start!r}: {names}"
            raise UsageError(msg)
        statuses = self._statuses()
        failing = [name for name, status in statuses.items() if status == "fail"]
        return next(iter(failing or [name for name, status in statuses.items() if status not in _HOLDS] or statuses))

    def _one(self, line: _Line, others: tuple[str, ...] = ()) -> Saved:
        where = f"{self._source}, line {line.number}"
        return _one(line.data, where, file=self._file, head=self._head, others=others, pasted=self._file is None)


def _one(data: Any, source: str, **more: Any) -> Saved:
    """A result, a plan, or what a compact line holds."""
    told = data if isinstance(data, Mapping) else {}
    if "system" in told:
        return Saved(told, source, **more)
    if not isinstance(told.get("plan"), Mapping):
        msg = f"{source} is neither a result of a trial nor a plan: {shown(data)}"
        raise UsageError(msg)
    head = more.pop("head", {}) or {name: told[name] for name in ("version", "python") if name in told}
    result = Result.from_data({"trial": "", **told}) if "status" in told else None
    return Saved(told["plan"], source, result, head=head, **more)


def _of_scenario(path: Path, trial: str) -> Saved:
    from pytest_agentchaos.scenario import load

    plans = {plan.id: plan for plan in load(path).plans()}
    meant = [name for name in plans if name.startswith(trial)]
    if not meant:
        msg = f"{path} has no trial {trial!r}: {listed(plans, limit=_OTHERS)}"
        raise UsageError(msg)
    others = () if trial else tuple(name for name in plans if name != meant[0])
    return Saved(plans[meant[0]].to_data(), str(path), file=path, others=others)


def _name(data: Any) -> str | None:
    """Of the trial that a line tells of."""
    if not isinstance(data, Mapping) or not isinstance(data.get("plan"), Mapping):
        return None
    name = data.get("trial")
    return name if isinstance(name, str) else None


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
