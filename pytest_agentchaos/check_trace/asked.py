"""Which checks are asked for: ``complete_trace``, ``at_most(steps, 40)``, ``correlated(by=travel.correlation)``."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterable
from typing import Any, Final

from pytest_agentchaos.errors import UnknownNameError, UsageError, nearest
from pytest_agentchaos.invariants.base import Invariant
from pytest_agentchaos.invariants.registry import registered

DEFAULT: Final = ("complete_trace", "terminates", "no_progress_loop", "no_secret_leaked")
"""Not ``correlated``: spans were sorted by their trace's id, so that only an id of the system's own says something, and
its name must be given."""

_LONGEST: Final = 10_000
_SHOWN: Final = 80
_WORDS: Final = {"true": True, "false": False, "null": None}


def invariants(checks: Iterable[str | Invariant]) -> tuple[Invariant, ...]:
    """The invariants, of which each is written as a text or made already; ``default`` stands for the usual ones."""
    asked: list[Invariant] = []
    for check in checks:
        for one in DEFAULT if check == "default" else (check,):
            made = invariant(one) if isinstance(one, str) else one
            if made not in asked:
                asked.append(made)
    if not asked:
        msg = f"no checks were asked for; give some, or none at all for the usual ones: {', '.join(DEFAULT)}"
        raise UsageError(msg)
    return tuple(asked)


def invariant(text: str) -> Invariant:
    """The invariant that a text asks for. Nothing in it is executed: arguments are literals, or words as strings."""
    name, values, named = _parsed(text)
    known = registered()
    if name not in known:
        msg = f"{_shown(text)}: there is no check {name!r}; {nearest(name, known)}"
        raise UnknownNameError(msg)
    make = known[name]
    try:
        made: Invariant = make(*values, **named)
    except (TypeError, ValueError) as error:
        msg = f"{_shown(text)}: {error}; it is written {name}{inspect.signature(make)}"
        raise UsageError(msg) from error
    return made


def _parsed(text: str) -> tuple[str, list[Any], dict[str, Any]]:
    if len(text) > _LONGEST:
        msg = f"{_shown(text)}: a check of {len(text)} characters; {_LONGEST} are allowed"
        raise UsageError(msg)
    try:
        tree = ast.parse(text.strip(), mode="eval").body
        if isinstance(tree, ast.Name):
            return tree.id, [], {}
        if not isinstance(tree, ast.Call) or not isinstance(tree.func, ast.Name):
            raise _problem(tree)
        named = {keyword.arg: _value(keyword.value) for keyword in tree.keywords if keyword.arg is not None}
        if len(named) < len(tree.keywords):
            raise _problem(tree)
        return tree.func.id, [_value(argument) for argument in tree.args], named
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        said = error.msg if isinstance(error, SyntaxError) else str(error) or "too deep"
        msg = f"{_shown(text)} is no check ({said}); write a name, or name(arguments): at_most(steps, 40)"
        raise UsageError(msg) from error


def _value(node: ast.expr) -> Any:
    """A literal; a bare word, also with dots, is a string."""
    if isinstance(node, ast.Constant) and not isinstance(node.value, (bytes, complex, type(...))):
        return node.value
    if isinstance(node, ast.Name):
        return _WORDS.get(node.id, node.id)
    if isinstance(node, ast.Attribute):
        return f"{_value(node.value)}.{node.attr}"
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Constant):
        return -_number(node.operand)
    if isinstance(node, (ast.List, ast.Tuple)):
        return [_value(item) for item in node.elts]
    if isinstance(node, ast.Dict) and None not in node.keys:
        return {_value(key): _value(item) for key, item in zip(node.keys, node.values, strict=True) if key is not None}
    raise _problem(node)


def _number(node: ast.Constant) -> int | float:
    if isinstance(node.value, (int, float)):
        return node.value
    raise _problem(node)


def _problem(node: ast.AST) -> ValueError:
    return ValueError(f"{ast.unparse(node)[:_SHOWN]} is no literal and no word")


def _shown(text: str) -> str:
    return repr(text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "...")
