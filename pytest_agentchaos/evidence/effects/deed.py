"""A deed: what one call did to the world, or undid."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pytest_agentchaos.evidence.canonical import dump, told
from pytest_agentchaos.evidence.effects.effect import Effect, Key, is_of_result, is_request_key, number, text, value_of
from pytest_agentchaos.evidence.effects.executions import Executions, executions
from pytest_agentchaos.evidence.exchange import Exchange
from pytest_agentchaos.evidence.redaction import HIDDEN, redact

_MOST = 1000
"""More executions of one call than any fault makes: such an op is damaged."""


@dataclass(frozen=True, slots=True)
class Deed:
    """What one call did to the world: the data of an ``effect`` op (whose ``of`` is the call)."""

    effect: str
    op: int
    """The invoke op of the call."""
    at_s: float
    key: Key | None
    """None: what names it was not there to be read."""
    sure: int
    """How often it was surely executed."""
    maybe: int = 0
    """How often it was sent besides without anybody knowing what became of it."""
    ids: tuple[str, ...] = ()
    """What the true answers called it, one for each sure execution; where arguments tell it, also for the others."""
    amount: float | None = None
    undoes: bool = False
    """Whether this call undoes, rather than does."""
    handles: tuple[str, ...] = ()
    """Of a call that does: arguments by which an undoing may name it, ``field=value``. Of one that undoes: what it
    names, by an argument or by an id."""
    shown: tuple[int, ...] = ()
    """The ops that show the sure executions: deliveries, or the end of the call."""
    fields: tuple[str, ...] = ()
    """The names of the parts of the key."""
    problem: str = ""
    """What could not be read of it."""

    def to_data(self) -> dict[str, Any]:
        """As the data of an ``effect`` op."""
        data: dict[str, Any] = {"effect": self.effect, "key": None if self.key is None else list(self.key)}
        data["sure"] = self.sure
        for name in ("maybe", "amount", "undoes", "problem"):
            if value := getattr(self, name):
                data[name] = value
        for name in ("ids", "handles", "shown", "fields"):
            if values := getattr(self, name):
                data[name] = list(values)
        return data

    @classmethod
    def from_data(cls, data: Mapping[str, Any], *, op: int, at_s: float) -> Deed:
        """What :meth:`to_data` wrote; ValueError for anything else."""
        effect = data.get("effect")
        if not isinstance(effect, str):
            msg = "it names no effect"
            raise ValueError(msg)  # noqa: TRY004 - the data is wrong, whatever its type
        amount = data.get("amount")
        if amount is not None and (amount := number(amount)) is None:
            msg = f"its amount is {data['amount']!r:.60}"
            raise ValueError(msg)
        return cls(
            effect,
            op,
            at_s,
            None if data.get("key") is None else _texts(data, "key"),
            _count(data, "sure"),
            _count(data, "maybe"),
            _texts(data, "ids"),
            amount,
            data.get("undoes") is True,
            _texts(data, "handles"),
            tuple(one for one in _list(data, "shown") if isinstance(one, int)),
            _texts(data, "fields"),
            str(data.get("problem", "")),
        )


def deeds(exchange: Exchange, effects: Iterable[Effect]) -> Iterator[Deed]:
    """What a call did to the world by these declarations; it may do one thing and undo others."""
    call, counted = exchange.call, None
    known = tuple(effects)
    for effect in known:
        does = effect.is_done_by(call)
        if not does and not effect.is_undone_by(call):
            continue
        counted = executions(exchange) if counted is None else counted
        if counted.sure or counted.maybe:
            if does:
                yield _doing(effect, exchange, counted)
            else:
                does_more = any(other.is_done_by(call) for other in known)
                yield _undoing(effect, exchange, counted, does_more=does_more)


def deed(exchange: Exchange, effects: Iterable[Effect]) -> Deed | None:
    """The first of :func:`deeds`; None if it is none of their tools, or surely did nothing."""
    return next(deeds(exchange, effects), None)


def default_deed(exchange: Exchange, *, idempotent: bool) -> Deed | None:
    """What a call of a tool did that says that it writes.

    The key is all arguments but those that tell requests apart (``idempotency_key``, ``request_id``): a wish that is
    sent again under a new one is the same wish. What an idempotent tool is asked again, with all arguments equal, it
    does once.
    """
    counted = executions(exchange)
    count = len(counted.sure) + counted.maybe
    if not count:
        return None
    call, arguments = exchange.call, _arguments(exchange)
    wish = {name: value for name, value in arguments.items() if not is_request_key(name)}
    ids = (text([call.target, arguments]),) * count if idempotent else ()
    shown = tuple(op for op, _ in counted.sure)
    return Deed(call.name, exchange.index, exchange.at_s, (text(wish),), len(shown), counted.maybe, ids, shown=shown)


def _doing(effect: Effect, exchange: Exchange, counted: Executions) -> Deed:
    arguments = _arguments(exchange)
    result = counted.sure[0][1] if counted.sure else None
    key, problem = _key(effect, arguments, result)
    made = Deed(
        effect.name,
        exchange.index,
        exchange.at_s,
        key,
        len(counted.sure),
        counted.maybe,
        amount=None if effect.amount is None else number(value_of(effect.amount, arguments, result)),
        handles=tuple(_named_by(effect, arguments)),
        shown=tuple(op for op, _ in counted.sure),
        fields=effect.fields,
        problem=problem,
    )
    return made if effect.id is None else _with_ids(made, effect.id, arguments, counted)


def _with_ids(made: Deed, field: str, arguments: Mapping[str, Any], counted: Executions) -> Deed:
    """The same with its ids. A success that does not tell one may be the answer to nothing: nobody knows."""
    if not is_of_result(field, arguments):
        known = _id(value_of(field, arguments, None))
        count = made.sure + made.maybe
        return replace(made, ids=(known,) * count) if known else replace(made, problem=f"it has no {field}")
    told_by = [(op, _id(value_of(field, arguments, result))) for op, result in counted.sure]
    named = [(op, name) for op, name in told_by if name is not None]
    silent = len(told_by) - len(named)
    return replace(
        made,
        sure=len(named),
        maybe=made.maybe + silent,
        ids=tuple(name for _, name in named),
        shown=tuple(op for op, _ in named),
        problem=made.problem or (f"it was answered without {field}" if silent else ""),
    )


def _undoing(effect: Effect, exchange: Exchange, counted: Executions, *, does_more: bool) -> Deed:
    arguments = _arguments(exchange)
    named = [(field, value_of(field, arguments, None)) for field, _ in effect.named_by]
    handles = tuple(_handle(field, value) for field, value in named if value is not None)
    ids: tuple[str, ...] = ()
    if effect.id is not None and is_of_result(effect.id, arguments):  # where the answer says what was undone
        told_by = (_id(value_of(effect.id, arguments, result)) for _, result in counted.sure)
        ids = tuple(dict.fromkeys(name for name in told_by if name is not None))
    problem = ""
    if any(HIDDEN in handle for handle in handles):
        handles, problem = (), "what it undoes looks like a secret, which no history keeps"
    elif not handles and not does_more:  # a tool that also does something need not undo anything
        problem = f"it does not say what it undoes: it has no {' or '.join(field for field, _ in effect.named_by)}"
    shown = tuple(op for op, _ in counted.sure)
    return Deed(
        effect.name,
        exchange.index,
        exchange.at_s,
        None,
        len(shown),
        counted.maybe,
        ids,
        undoes=True,
        handles=handles,
        shown=shown,
        problem="" if ids else problem,
    )


def _named_by(effect: Effect, arguments: Mapping[str, Any]) -> Iterator[str]:
    """By which arguments an undoing may name this call."""
    for of_undoing, of_doing in effect.named_by:
        if (value := value_of(of_doing, arguments, None)) is not None:
            yield _handle(of_undoing, value)


def _handle(field: str, value: Any) -> str:
    return str(redact(f"{field}={text(value)}"))


def _key(effect: Effect, arguments: Mapping[str, Any], result: Any) -> tuple[Key | None, str]:
    try:
        key = effect.key_of(arguments, result)
    except Exception as error:  # noqa: BLE001 - the function is the user's: it may raise anything
        return None, f"its key function failed: {told(error)}"
    if key is not None:
        return key, ""
    missing = [field for field in effect.fields if value_of(field, arguments, result) is None]
    return None, f"it has no {' and no '.join(missing)}" if missing else "its key function gave None"


def _id(value: Any) -> str | None:
    """None: there is none, or it is hidden, so that it could not be told from another."""
    return None if value is None or HIDDEN in (name := text(value)) else name


def _arguments(exchange: Exchange) -> Mapping[str, Any]:
    given: object = exchange.call.arguments  # whatever stood in a file
    return given if isinstance(given, Mapping) else {}


def _count(data: Mapping[str, Any], name: str) -> int:
    value = data.get(name, 0)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _MOST:
        msg = f"{name} is {value!r:.60} where a number of executions is due"
        raise ValueError(msg)
    return value


def _list(data: Mapping[str, Any], name: str) -> list[Any] | tuple[Any, ...]:
    value = data.get(name, ())
    if not isinstance(value, (list, tuple)):
        msg = f"{name} is {dump(value):.60} where a list is due"
        raise ValueError(msg)  # noqa: TRY004 - the same
    return value


def _texts(data: Mapping[str, Any], name: str) -> tuple[str, ...]:
    return tuple(map(text, _list(data, name)))
