"""No oversell: no more was handed out than there is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from pytest_agentchaos.errors import UsageError, explains_itself
from pytest_agentchaos.evidence.effects.effect import Effect, Key
from pytest_agentchaos.evidence.effects.entries import Entry, Row
from pytest_agentchaos.evidence.effects.standing import Asked, asked, declaration, named, titled
from pytest_agentchaos.evidence.findings import Findings
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.evidence.telling import shown
from pytest_agentchaos.evidence.verdict import Verdict
from pytest_agentchaos.invariants.registry import register

__tracebackhide__ = explains_itself

_EXAMPLE = "no_oversell('seat', 120, per=('flight', 'date'))"


@dataclass(slots=True)
class _Sold:
    """Of one resource."""

    sure: float = 0
    perhaps: float = 0
    ops: list[int] = field(default_factory=list)


@register
@dataclass(frozen=True, slots=True)
class no_oversell:
    """Promises that no more of a resource is taken in the end than there is; it cannot see what others took of it.

    Where a probe looked at the world in the end, its rows count; else what stands by the wires.
    """

    reads_contents: ClassVar[bool] = True
    effect: str | Effect
    """A glob over the names of declared effects, or an Effect."""
    capacity: int | Mapping[str, int]
    """How much there is of each resource; or of which, by its name: the parts of the key with ``/`` between them."""
    per: tuple[str | int, ...] | str | int | None = None
    """The parts of the key that name the resource: fields, or their places from 0. Unless told: the whole key."""
    count: Literal["things", "amount"] = "things"
    """Whether each thing takes one, or its ``amount``."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "effect", declaration(self.effect, "no_oversell"))
        told: object = self.capacity
        limits = list(told.values()) if isinstance(told, Mapping) else [told]
        if not limits or not all(isinstance(one, int) and not isinstance(one, bool) and one >= 0 for one in limits):
            msg = f"no_oversell(capacity={told!r}): whole numbers from 0 up are due; write for example {_EXAMPLE}"
            raise UsageError(msg)
        per: object = (self.per,) if isinstance(self.per, (str, int)) else self.per
        if per is not None and not (isinstance(per, (tuple, list)) and per and all(map(_is_part, per))):
            msg = f"no_oversell(per={self.per!r}): parts of the key are due; write for example {_EXAMPLE}"
            raise UsageError(msg)
        object.__setattr__(self, "per", tuple(per) if isinstance(per, (tuple, list)) else None)
        if self.count not in {"things", "amount"}:
            msg = f"no_oversell(count={self.count!r}): 'things' or 'amount' is due"
            raise UsageError(msg)

    @property
    def name(self) -> str:
        """What a verdict calls it."""
        return titled("no_oversell", self.effect)

    def check(self, history: History) -> Verdict:
        """Add up what is taken of each resource."""
        question = asked(history, self.effect)
        findings = question.findings()
        sold: dict[str, _Sold] = {}
        for effect in question.names:
            for thing, sure in _taken(question, effect):
                resource = self._resource(question, thing, findings)
                amount = self._amount(thing, findings)
                if resource is None or amount is None:
                    continue
                one = sold.setdefault(resource, _Sold())
                one.ops.append(thing.op)
                if sure:
                    one.sure += amount
                else:
                    one.perhaps += amount
        for resource, taken in sold.items():
            self._judge(resource, taken, findings)
        most = max((taken.sure for taken in sold.values()), default=0)
        return findings.concluded(self.name, f"at most {most:g} taken of any of {len(sold)} resources")

    def _judge(self, resource: str, taken: _Sold, findings: Findings) -> None:
        limit = self.capacity.get(resource) if isinstance(self.capacity, Mapping) else self.capacity
        if limit is None:
            findings.doubt(f"nobody said how much there is of {shown(resource)}: add it to capacity", *taken.ops)
        elif taken.sure > limit:
            findings.fail(f"{taken.sure:g} of {shown(resource)} are taken, and there are {limit}", *taken.ops)
        elif taken.sure + taken.perhaps > limit:
            more = f"{taken.sure:g} of {shown(resource)} are taken and perhaps {taken.perhaps:g} more"
            findings.doubt(f"{more}, and there are {limit}", *taken.ops)

    def _resource(self, question: Asked, thing: Entry | Row, findings: Findings) -> str | None:
        key: Key | None = thing.key
        if key is None:
            if isinstance(thing, Row):  # of the wires it is among the problems of the ledger
                findings.doubt(f"{named(thing)} is in the world without a key", thing.op)
            return None
        if self.per is None:
            return "/".join(key)
        fields = question.ledger.fields.get(thing.effect, ())
        parts: list[str] = []
        for part in self.per if isinstance(self.per, tuple) else ():
            place = part if isinstance(part, int) else fields.index(part) if part in fields else -1
            if not 0 <= place < len(key):
                known = f"; it has {', '.join(fields)}" if fields else f"; it has {len(key)} parts, none with a name"
                findings.doubt(f"the key of {shown(thing.effect)} has no part {part!r}{shown(known)}", thing.op)
                return None
            parts.append(key[place])
        return "/".join(parts)

    def _amount(self, thing: Entry | Row, findings: Findings) -> float | None:
        if self.count == "things":
            return 1
        if thing.amount is None:
            findings.doubt(
                f"{named(thing)} has no amount: say where it stands, for example Effect(amount='seats')", thing.op
            )
        return thing.amount


def _taken(question: Asked, effect: str) -> Iterator[tuple[Entry | Row, bool]]:
    """What is taken, and whether surely."""
    if question.ledger.is_probed(effect):
        yield from ((row, True) for row in question.ledger.world[effect])
        return
    yield from ((entry, True) for entry in question.standing(effect))
    yield from ((entry, False) for entry in question.doubtful(effect))


def _is_part(value: object) -> bool:
    return (isinstance(value, str) and bool(value)) or (isinstance(value, int) and not isinstance(value, bool))
