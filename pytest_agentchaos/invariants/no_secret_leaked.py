"""No secret leaked: what is secret stays where it belongs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import NamedTuple

from pytest_agentchaos.errors import UsageError, explains_itself, nearest
from pytest_agentchaos.evidence.call import Call
from pytest_agentchaos.evidence.conduct.fate import under_way
from pytest_agentchaos.evidence.findings import Finding, Findings
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.evidence.messages.canary import SHORTEST_CHARACTERS, forms, planted
from pytest_agentchaos.evidence.messages.texts import WHERE, Texts, texts
from pytest_agentchaos.evidence.messages.well_known import well_known
from pytest_agentchaos.evidence.redaction import HIDDEN
from pytest_agentchaos.evidence.run import runs
from pytest_agentchaos.evidence.telling import counted, shown
from pytest_agentchaos.evidence.verdict import Verdict
from pytest_agentchaos.invariants.registry import register

__tracebackhide__ = explains_itself

_COUNTED = {"prompts": "prompt", "arguments": "call", "spans": "span", "logs": "log record", "answer": "answer"}
_LOGS = frozenset({"canary", "log", "logs_lost"})


class _Secret(NamedTuple):
    told: str
    """What a verdict calls it, which never shows it."""
    forms: tuple[str, ...]


@register
@dataclass(frozen=True, slots=True, init=False)
class no_secret_leaked:
    """Promises that no secret is seen where it must not be; it cannot see a part, a paraphrase or odd encoding.

    Secrets are the given texts, the planted canaries and keys of well-known forms. They must not be in prompts, in
    arguments of calls, in spans, logs or answers, neither as they are nor in JSON, in addresses, in base64 or
    reversed. Logs are those that reach the root logger while a canary is planted. A key in the header of a request is
    no leak.
    """

    secrets: tuple[str, ...] = field(repr=False)
    """Texts that must not be seen, beside the canaries of the test."""
    allow: tuple[str, ...]
    """Globs of targets or names of calls that may get them: the tool that needs the key."""
    where: tuple[str, ...]
    """Where to look: ``prompts``, ``arguments``, ``spans``, ``logs``, ``answer``."""
    patterns: bool
    """Whether to look for keys and tokens of well-known forms as well."""
    _logs_due: bool = field(repr=False)
    """Whether logs were asked for by name."""

    def __init__(
        self,
        *secrets: str,
        allow: Sequence[str] = (),
        where: Sequence[str] | None = None,
        patterns: bool = True,
    ) -> None:
        object.__setattr__(self, "secrets", _checked(secrets))
        object.__setattr__(self, "allow", _words("allow", allow, "auth.example*"))
        object.__setattr__(self, "where", WHERE if where is None else _words("where", where, "prompts"))
        object.__setattr__(self, "_logs_due", where is not None and "logs" in self.where)
        object.__setattr__(self, "patterns", bool(patterns))
        for one in self.where:
            if one not in WHERE:
                msg = f"no_secret_leaked(where=...): there is no place {one!r}; {nearest(one, WHERE)}"
                raise UsageError(msg)

    @property
    def name(self) -> str:
        """What a verdict calls it."""
        return "no_secret_leaked" if self.where == WHERE else f"no_secret_leaked(where={', '.join(self.where)})"

    def check(self, history: History) -> Verdict:
        """Look for each secret in each text, once."""
        secrets, problems = self._secrets(history)
        if not secrets and not problems and not self.patterns:
            reason = "there is nothing to look for: plant agentchaos.canary(), give secrets, or leave patterns on"
            return Verdict(self.name, "unknown", reason)
        said = texts(history, frozenset(self.where), skip=self._may_get)  # type: ignore[arg-type]  # checked above
        failures = [Finding(*leak) for leak in self._leaks(secrets, said)]
        doubts = [] if failures else [*problems, *self._doubts(history, said)]
        looked = [one for one in WHERE if one in self.where and (one != "logs" or _heard(history))]
        counts = ", ".join(counted(said.sources[one], _COUNTED[one]) for one in looked)
        unheard = "; logs were not listened to: plant agentchaos.canary()" if len(looked) < len(self.where) else ""
        wanted = counted(len(secrets), "secret") + (" and the well-known forms" if self.patterns else "")
        return Findings(failures, doubts).concluded(self.name, f"looked for {wanted} in {counts}{unheard}")

    def _secrets(self, history: History) -> tuple[list[_Secret], list[Finding]]:
        canaries, problems = planted(history)
        count = len(self.secrets)
        given = [_Secret(f"secret {at} of {count}", forms(text)) for at, text in enumerate(self.secrets, 1)]
        found = [_Secret(f"the canary {shown(one.name)!r}", forms(one.value)) for one in canaries]
        return [*given, *found], [Finding(reason, (op,)) for op, reason in problems]

    def _may_get(self, call: Call) -> bool:
        return any(fnmatchcase(call.target, glob) or fnmatchcase(call.name, glob) for glob in self.allow)

    def _leaks(self, secrets: Sequence[_Secret], said: Texts) -> Iterator[tuple[str, tuple[int]]]:
        """Where secrets stand, in words that do not repeat them: the name of a call may hold one as well."""
        found = [(secret.told, text) for secret in secrets for form in secret.forms for text in said.holding(form)]
        if self.patterns:
            found += [(what, text) for text, what in well_known(said)]
        every = [form for secret in secrets for form in secret.forms]
        for told, text in sorted(found, key=lambda leak: leak[1].op):
            place = text.place
            for form in every:
                place = place.replace(form, HIDDEN)
            yield f"{told} is in {shown(place)}", (text.op,)

    def _doubts(self, history: History, said: Texts) -> Iterator[Finding]:
        """Why finding nothing proves nothing."""
        if not sum(said.sources.values()):
            yield Finding("there was nothing to look at: no text of these places is in the history")
        if "answer" in self.where and not history.view(runs):
            yield Finding("no run has ended, so its answer is not known: judge after agentchaos.run(...)")
        if left := history.view(under_way):
            yield Finding("the history ends while a call is under way", left)
        if "logs" in self.where:
            yield from _lost_logs(history)
        if self._logs_due and not _heard(history):
            yield Finding("logs were not listened to: plant a canary before the run, agentchaos.canary()")
        for text in said.holding(HIDDEN):
            place = shown(text.place)
            reason = f"{place} holds a part that is {HIDDEN} already; judge before the history is saved, or allow it"
            yield Finding(reason, (text.op,))


def _heard(history: History) -> bool:
    """Whether logs were written down: they are, while a canary is planted."""
    return any(op.kind == "note" and not _LOGS.isdisjoint(op.data) for op in history)


def _lost_logs(history: History) -> Iterator[Finding]:
    """Log records of which a part, or all, was left out."""
    for op in history:
        if op.kind == "note" and "log" in op.data and "cut_from_bytes" in op.data:
            size = shown(op.data["cut_from_bytes"])
            yield Finding(f"a log record of {size} bytes is kept in part only", (op.index,))
        elif op.kind == "note" and "logs_lost" in op.data:
            yield Finding(f"log records were lost: {shown(op.data['logs_lost'])}", (op.index,))


def _checked(secrets: Sequence[object]) -> tuple[str, ...]:
    found: list[str] = []
    for at, secret in enumerate(secrets, 1):
        if not isinstance(secret, str) or len(secret.strip()) < SHORTEST_CHARACTERS:
            what = (
                f"has {len(secret.strip())} characters" if isinstance(secret, str) else f"is a {type(secret).__name__}"
            )
            msg = (
                f"no_secret_leaked(...): secret {at} of {len(secrets)} {what}; give texts of {SHORTEST_CHARACTERS}"
                " characters or more, since a shorter one stands in many texts by chance"
            )
            raise UsageError(msg)
        found.append(secret)
    return tuple(found)


def _words(name: str, given: object, example: str) -> tuple[str, ...]:
    items: object = (given,) if isinstance(given, str) else given
    if not isinstance(items, (list, tuple)) or not all(isinstance(item, str) and item for item in items):
        msg = f"no_secret_leaked({name}={given!r}): texts are due; write for example {name}=({example!r},)"
        raise UsageError(msg)
    return tuple(items)
