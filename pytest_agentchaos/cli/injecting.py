"""Faults as they are asked for on a command line: ``drop_response on tool=book_* nth=1``, or those of a scenario."""

from __future__ import annotations

import ast
import shlex
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from pytest_agentchaos.errors import UnknownNameError, UsageError, nearest
from pytest_agentchaos.evidence.call import KINDS
from pytest_agentchaos.faults.registry import fault_class
from pytest_agentchaos.schedule import DOES, Rule, Selector, rule

if TYPE_CHECKING:
    from pytest_agentchaos.plan import Plan
    from pytest_agentchaos.scenario import Case

EXAMPLE: Final = "'latency(seconds=5) on tool=book_* nth=1'"


def rule_of(text: str) -> Rule:
    """A fault by its name, perhaps with parameters, and the calls that it happens to: all, if none are named."""
    what, _, where = text.strip().rpartition(" on ")
    if not what or _tree(what) is None:  # a text of the fault's may say "on" as well
        what, where = text.strip(), ""
    name, parameters = _call(text, what)
    try:
        return rule(fault_class(name)(**parameters), _selector(where))
    except UsageError as error:
        msg = f"--fault {text!r}: {error}"
        raise UsageError(msg) from None


def plan_of(scenario: str, *, only: str | None, seed: int) -> Plan:
    """The one trial of a scenario that is asked for. Its system is not looked for: that is whatever calls."""
    from pathlib import Path

    from pytest_agentchaos.scenario import find, load, selected

    path = Path(scenario) if Path(scenario).is_file() else find(scenario, [Path()])
    cases = load(path, resolve=False).cases(seed=seed, trials=1, resolve=False)
    chosen = list(cases) if only is None else selected(cases, only)
    if len({_what(case) for case in chosen}) == 1:  # they differ by their journeys, which are the caller's
        return chosen[0].plan
    names = ", ".join(case.name for case in cases)
    if chosen:
        msg = f"{scenario} has several trials, and there can be one: give --only with one of {names}"
        raise UsageError(msg)
    msg = f"--only {only!r}: {scenario} has no such trial; {nearest(str(only), [case.name for case in cases])}"
    raise UnknownNameError(msg)


def _what(case: Case) -> str:
    plan = case.plan
    return repr((plan.schedule, plan.invariants, plan.effects))


def _call(text: str, what: str) -> tuple[str, dict[str, Any]]:
    tree = _tree(what)
    if isinstance(tree, ast.Name):
        return tree.id, {}
    if isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name) and not tree.args:
        with suppress(ValueError, MemoryError, RecursionError):
            return tree.func.id, {one.arg: _value(one.value) for one in tree.keywords if one.arg is not None}
    msg = f"--fault {text!r} names no fault; write for example {EXAMPLE}"
    raise UsageError(msg)


def _value(written: ast.expr) -> Any:
    """A single word needs no quotes: within those of the shell they are easily forgotten."""
    return written.id if isinstance(written, ast.Name) else ast.literal_eval(written)


def _tree(what: str) -> ast.expr | None:
    try:
        return ast.parse(what, mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return None


def _selector(where: str) -> Selector:
    from pydantic import ValidationError

    try:
        words = shlex.split(where)
    except ValueError as error:
        msg = f"{where.strip()!r} selects no calls: {error}"
        raise UsageError(msg) from None
    fields = dict(pair for at, word in enumerate(words) for pair in _fields(word, is_first=at == 0))
    try:
        return Selector.model_validate(fields)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        known = str(first["msg"])
        if first["type"] == "extra_forbidden":
            valid = nearest(place, {*_words(), *Selector.model_fields})
            known = f"there is no such word; {valid}; what belongs to the fault stands in brackets: latency(seconds=5)"
        msg = f"{where.strip()!r} selects no calls: {place}: {known}"
        raise UsageError(msg) from None


def _words() -> tuple[str, ...]:
    return (*KINDS, *DOES, "any")


def _fields(word: str, *, is_first: bool) -> list[tuple[str, Any]]:
    """The fields that one word stands for: first a kind of call with a glob, then fields by their names."""
    name, is_given, value = word.partition("=")
    if is_first and (name in KINDS or name in DOES):
        which: tuple[str, Any] = ("kind", name) if name in KINDS else ("writes", DOES[name])
        return [which, *([("name", value)] if is_given else [])]
    if is_first and name == "any" and not is_given:
        return []
    return [(name, _literal(value))]


def _literal(text: str) -> Any:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text
