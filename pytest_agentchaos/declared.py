"""What a test has declared about its system, and the account of it in the history: effects, claims, probes, prices.

Invariants judge histories alone. So what a declaration makes of a run is written into the history: which effects the
calls had, what the answer claimed, what stands in the world.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

from pytest_agentchaos.canaries import canary, captured_logs
from pytest_agentchaos.engine import Engine
from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.evidence.call import Call
from pytest_agentchaos.evidence.canonical import told
from pytest_agentchaos.evidence.effects.claim import Claim, Claims, claimed
from pytest_agentchaos.evidence.effects.effect import Effect
from pytest_agentchaos.evidence.effects.ledger import Deed, deeds
from pytest_agentchaos.evidence.effects.world import rows
from pytest_agentchaos.evidence.figures.prices import Prices
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.evidence.messages.tools import LISTING, Tools, tools
from pytest_agentchaos.evidence.op import Op
from pytest_agentchaos.evidence.run import ENDS


@dataclass(frozen=True, slots=True)
class Probe:
    """A look at the world: what it gives are rows of an effect."""

    effect: str
    look: Callable[[], Any]
    key: tuple[str, ...] = ()
    id: str | None = None
    amount: str | None = None


class Declared:
    """The declarations of one trial."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._note = engine.note
        self._pending: list[dict[str, Any]] = []
        self._learned = Tools({})
        self._accounted: dict[tuple[int, str], Deed] = {}
        self.effects: dict[str, Effect] = {}
        self.claims: list[Claims] = []
        self.probes: list[Probe] = []
        self.canaries: dict[str, str] = {}
        self._ends: Callable[[Any], str] | None = None

    def effect(self, *effects: Effect) -> None:
        """These tools do something to the world."""
        for one in effects:
            if not isinstance(one, Effect):
                msg = f"{one!r} is not an effect; write for example Effect('seat', tool='book_flight', key=('flight',))"
                raise UsageError(msg)
            if self.effects.setdefault(one.name, one) != one:
                msg = f"the effect {one.name!r} is declared twice and differently; give one of them another name"
                raise UsageError(msg)
        self._pending.append({"effects": [one.name for one in effects]})

    def claim_by(self, *claims: Claims) -> None:
        """This is what an answer claims."""
        for one in claims:
            if not isinstance(one, Claim) and not callable(one):
                msg = f"{one!r} is no claim; write for example Claim('seat', at='bookings.*', id='booking')"
                raise UsageError(msg)
        self.claims += claims

    def probe(self, probe: Probe) -> None:
        """This is how to look at the world."""
        effect = self.effects.get(probe.effect)
        if effect is None:
            msg = (
                f"a probe of {probe.effect!r}, which is no declared effect ({', '.join(self.effects) or 'none is'});"
                " declare it first: agentchaos.effect(Effect(...))"
            )
            raise UsageError(msg)
        key = probe.key or tuple(map(_last, effect.fields))
        id_, amount = probe.id or _last(effect.id), probe.amount or _last(effect.amount)
        self.probes.append(Probe(probe.effect, probe.look, key, id_ or None, amount or None))

    def price(self, prices: Mapping[str, Any], currency: str) -> None:
        """What tokens cost."""
        self._pending.append({"prices": Prices.of(prices).to_data(), "currency": currency})

    def tool(self, definitions: Iterable[Any]) -> None:
        """What tools say of themselves, where no wire shows it: as MCP writes it."""
        self._pending.append({"tools": [_definition(one) for one in definitions]})

    def canary(self, name: str) -> str:
        """A text that stands for a secret, which must not be seen anywhere."""
        if name not in self.canaries:
            self.canaries[name] = canary(self._engine.seed, name)
            self._pending.append({"canary": name, "value": self.canaries[name]})
        return self.canaries[name]

    def listening(self) -> AbstractContextManager[None]:
        """While it is open, what is logged is written down, if a secret could come out there."""
        return captured_logs(self._engine.history, self._engine.clock) if self.canaries else nullcontext()

    def ending_by(self, tells: Callable[[Any], str]) -> None:
        """How an answer says that it ended."""
        if not callable(tells):
            msg = f"{tells!r} cannot say how a run ended; give a function of the answer: one of {', '.join(ENDS)}"
            raise UsageError(msg)
        self._ends = tells

    @property
    def tells_ends(self) -> bool:
        """Whether somebody said how an answer tells its end; if not, whatever is returned counts as completed."""
        return self._ends is not None

    def ended(self, value: Any) -> dict[str, str]:
        """How a run that returned this ended, by its own word."""
        if self._ends is None:
            return {}
        try:
            word = self._ends(value)
        except Exception as error:  # noqa: BLE001 - the function is the user's: it may raise anything
            return {"ended_unread": told(error)}
        return {"ended": word} if word in ENDS else {"ended_unread": f"{word!r} is none of {', '.join(ENDS)}"}

    def writes(self, call: Call) -> bool | None:
        """Whether a call changes the world: by the declared effects, else by what its tool says of itself."""
        if any(effect.is_done_by(call) or effect.is_undone_by(call) for effect in self.effects.values()):
            return True
        if call.kind != "tool":
            return None
        for known in (self._engine.history.view(tools), self._learned):
            defined = known.find(call.name, call.target)
            if defined is not None and defined.writes is not None:
                return defined.writes
        return not self.effects

    def learn(self, ops: Sequence[Op]) -> None:
        """Remember what tools say of themselves in ops of which the history lets go."""
        if any((op.call is not None and op.call.name == LISTING) or "tools" in op.data for op in ops):
            self._learned = self._learned.completed(tools(History.of(ops)))

    def begin(self) -> None:
        """Write down what was declared since the last time."""
        for data in self._pending:
            self._note(**data)
        self._pending.clear()

    def account(self) -> None:
        """Write down what the calls so far did to the world, where that is news."""
        self.begin()
        if not self.effects:
            return
        effects = tuple(self.effects.values())
        for exchange in self._engine.history.calls():
            for done in deeds(exchange, effects):
                if self._accounted.get((exchange.index, done.effect)) == done:
                    continue
                self._accounted[exchange.index, done.effect] = done
                self._engine.write("effect", of=exchange.index, data=done.to_data())

    def claim(self, answer: Any) -> None:
        """Write down what an answer claims."""
        if not self.claims:
            return
        told_of, problems = claimed(answer, self.claims)
        self._note(claims=told_of, **({"problems": problems} if problems else {}))

    async def look(self) -> None:
        """Write down what stands in the world."""
        for probe in self.probes:
            await self._look(probe)

    def look_now(self) -> None:
        """The same where nothing can be awaited, and no event loop runs."""
        if self.probes:
            asyncio.run(self.look())

    async def _look(self, probe: Probe) -> None:
        try:
            found = probe.look()
            if inspect.isawaitable(found):
                found = await found
        except Exception as error:  # noqa: BLE001 - the probe is the user's: it may raise anything
            self._note(world=probe.effect, error=told(error))
        else:
            self._found(probe, found)

    def _found(self, probe: Probe, found: Any) -> None:
        try:
            told_of = rows(found, key=probe.key, id=probe.id, amount=probe.amount)
        except Exception as error:  # noqa: BLE001 - the same
            self._note(world=probe.effect, error=f"{told(error)}: a probe has to give rows")
        else:
            self._note(world=probe.effect, rows=told_of)


def _last(field: str | None) -> str:
    """What a field is called where it stands; empty if there is none."""
    return (field or "").rpartition(".")[2]


def _definition(one: Any) -> Any:
    dump = getattr(one, "model_dump", None)
    return dump(by_alias=True, exclude_none=True, mode="json") if callable(dump) else one
