"""A system under test, as whoever runs many trials needs it: how to make one anew, and what it can do.

    def trip(chaos):                                    # my_project/chaos.py, named by "my_project.chaos:trip"
        airline = Airline()
        chaos.upstream("https://api.openai.com", ScriptedModel([...]))
        chaos.upstream("http://airline.example/mcp", airline.server)
        return book_trip                                # is called with the journey

In place of a function it may give an object with ``take(journey)``, and with any of ``introduce(chaos)``,
``resume()`` after a crash, ``state_digest()``, ``journeys`` (their names) and ``close()``. ``live()`` gives what takes
its place where time is real: such an object, made of real processes. Without it, the same runs in real time.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from importlib.metadata import entry_points
from itertools import count
from typing import Any

from pytest_agentchaos.chaos import Chaos
from pytest_agentchaos.errors import UnknownNameError, UsageError, explains_itself, nearest
from pytest_agentchaos.evidence.canonical import told

__tracebackhide__ = explains_itself

GROUP = "pytest_agentchaos.systems"
"""Entry points that name systems."""

_EXAMPLE = "my_project.chaos:trip"
_held: dict[str, Callable[..., Any]] = {}
"""Functions that have no address; worker processes inherit them when they are forked."""
_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Ready:
    """A system that was made and introduced."""

    take: Callable[..., Any]
    """Takes a journey, sync or async."""
    resume: Callable[[], Any] | None = None
    """Starts what a crash has ended, which goes on with what it finds."""
    state_digest: Callable[[], str] | None = None
    """A digest of everything that decides what comes next."""
    close: Callable[[], Any] | None = None
    journeys: tuple[str, ...] = ()
    """The names of the journeys that it knows; none if it takes any."""
    has_both: bool = False
    """Whether it is the live form of a system that can also be run in virtual time."""

    def journey(self, asked: Any) -> tuple[Any, ...]:
        """The arguments for :attr:`take`: the journey that was asked for, else the first that it knows, else none."""
        if asked is not None:
            return (asked,)
        return self.journeys[:1]


@dataclass(frozen=True, slots=True)
class System:
    """How to make one. Equal if their texts are."""

    text: str
    """``module:factory``, ``module:factory("idempotency")``, the name of an entry point, or of a held function."""
    make: Callable[..., Any] = field(compare=False, repr=False)

    @classmethod
    def of(cls, told: str | Callable[..., Any] | System) -> System:
        """From its text, or from a function."""
        if isinstance(told, System):
            return told
        if isinstance(told, str):
            return cls(told, _held[told] if told in _held else _found(told))
        if not callable(told):
            msg = f"{told!r} is no system; give a function that sets it up, or its address, such as {_EXAMPLE!r}"
            raise UsageError(msg)
        return cls(_hold(told), told)

    @property
    def has_address(self) -> bool:
        """Whether another process can find it by its text; a function inside of a test has none."""
        return not any(mark in self.text for mark in ("<", "#", "?"))

    def __reduce__(self) -> tuple[Callable[[str], System], tuple[str]]:
        return _again, (self.text,)

    def set_up(self, chaos: Chaos, *, live: bool = False) -> Ready:
        """Make one, and let it introduce itself."""
        made = self.make(chaos) if _wants_chaos(self.make) else self.make()
        if inspect.iscoroutine(made):
            made.close()
            msg = f"{self.text} is async; a system is set up by a plain function, and what that gives may be async"
            raise UsageError(msg)
        as_processes = getattr(made, "live", None) if live else None
        if has_both := callable(as_processes):
            made = as_processes()
        try:
            return replace(self._introduced(made, chaos), has_both=has_both)
        except BaseException:
            if callable(close := getattr(made, "close", None)):
                close()  # nobody else will know of it
            raise

    def _introduced(self, made: Any, chaos: Chaos) -> Ready:
        if callable(introduce := getattr(made, "introduce", None)):
            introduce(chaos)
        take = getattr(made, "take", None)
        if not callable(take):
            if not callable(made):
                msg = (
                    f"{self.text} gave {made!r}; it has to give what is run with a journey: a function, or an object"
                    " with take(journey)"
                )
                raise UsageError(msg)
            return Ready(made)
        return Ready(
            take,
            getattr(made, "resume", None),
            getattr(made, "state_digest", None),
            getattr(made, "close", None),
            _journeys(made),
        )

    def journeys(self) -> tuple[str, ...]:
        """The names of the journeys that it knows; none if it takes any, or can only be asked in a trial."""
        if _wants_chaos(self.make):
            return ()
        made = self.make()
        try:
            return _journeys(made)
        finally:
            if callable(close := getattr(made, "close", None)):
                close()


def _journeys(made: Any) -> tuple[str, ...]:
    journeys = getattr(made, "journeys", ())
    told = journeys() if callable(journeys) else journeys
    return (told,) if isinstance(told, str) else tuple(told)


def _wants_chaos(make: Callable[..., Any]) -> bool:
    try:
        parameters: Sequence[inspect.Parameter] = list(inspect.signature(make).parameters.values())
    except (TypeError, ValueError):
        return False
    first = parameters[0] if parameters else None
    positional = {inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD}
    return first is not None and first.kind in positional and first.default is inspect.Parameter.empty


def _hold(make: Callable[..., Any]) -> str:
    for text, held in _held.items():
        if held is make:
            return text
    name = f"{getattr(make, '__module__', '?')}:{getattr(make, '__qualname__', type(make).__qualname__)}"
    text = name if name not in _held else f"{name}#{next(_numbers)}"
    _held[text] = make
    return text


def _again(text: str) -> System:
    return System.of(text)


def _found(text: str) -> Callable[..., Any]:
    address, arguments, named = _parsed(text)
    module_name, colon, attribute = address.partition(":")
    made = _attribute(text, _module(text, module_name), attribute) if colon else _entry_point(address)
    if not callable(made):
        msg = f"system {text!r}: {address} is {made!r}, and no function that makes a system"
        raise UsageError(msg)
    if _is_of_python(made):
        msg = f"system {text!r}: {address} is part of Python itself, and makes no system"
        raise UsageError(msg)
    if not arguments and not named:
        return made  # type: ignore[no-any-return]  # whatever stands there
    if _wants_chaos(made) and arguments:
        msg = f"system {text!r}: {address} takes chaos first; give its other arguments by name"
        raise UsageError(msg)
    return partial(made, *arguments, **named)


def _is_of_python(made: Any) -> bool:
    """Whether it can be no system, and must not be called with what a file says: ``os:system(command="...")``."""
    if not isinstance(made, type) and not inspect.isroutine(made):
        return False  # an object of the project's own, or a partial
    home = getattr(made, "__module__", None) or "builtins"
    return home.partition(".")[0] in {*sys.stdlib_module_names, "builtins"} - {"__main__"}


def _parsed(text: str) -> tuple[str, list[Any], dict[str, Any]]:
    """Address and arguments; nothing in it is executed: arguments are literals."""
    address, bracket, rest = text.strip().partition("(")
    module_name, colon, attribute = address.partition(":")
    if "<" in attribute:
        msg = f"system {text!r}: it was a function inside another, which has no address; give --system, or move it out"
        raise UsageError(msg)
    if colon and not all(part.isidentifier() for name in (module_name, attribute) for part in name.split(".")):
        msg = f"system {text!r}: {address!r} is no module:factory; write for example {_EXAMPLE!r}"
        raise UsageError(msg)
    if not address:
        msg = f"system {text!r}: write module:factory, for example {_EXAMPLE!r}"
        raise UsageError(msg)
    if not bracket:
        return address, [], {}
    try:
        call = ast.parse(f"f({rest}", mode="eval").body
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
            raise SyntaxError  # noqa: TRY301, TRY004 - the same problem as a text that is no Python
        if not all(word.arg for word in call.keywords):
            raise SyntaxError  # noqa: TRY301 - a mapping in place of names
        named = {str(word.arg): ast.literal_eval(word.value) for word in call.keywords}
        return address, [ast.literal_eval(argument) for argument in call.args], named
    except (SyntaxError, ValueError, TypeError, MemoryError, RecursionError) as error:
        msg = f'system {text!r}: its arguments have to be literals, as in reference_system:travel("idempotency")'
        raise UsageError(msg) from error


def _entry_point(name: str) -> Any:
    points = {point.name: point for point in entry_points(group=GROUP)}
    if name not in points:
        known = f"; {nearest(name, points)}" if points else ""
        msg = (
            f"system {name!r}: it is neither module:factory, such as {_EXAMPLE!r}, nor an entry point of {GROUP}{known}"
        )
        raise UnknownNameError(msg)
    try:
        return points[name].load()
    except (Exception, SystemExit) as error:
        msg = f"system {name!r}: the entry point {points[name].value} cannot be loaded: {told(error)}"
        raise UsageError(msg) from error


def _module(text: str, name: str) -> Any:
    if (here := os.getcwd()) not in sys.path:  # noqa: PTH109 - sys.path has texts; as `python -m` has it
        sys.path.insert(0, here)
    try:
        return importlib.import_module(name)
    except (Exception, SystemExit) as error:
        msg = f"system {text!r}: the module {name!r} is there, and importing it fails: {told(error)}"
        if isinstance(error, ModuleNotFoundError) and error.name and f"{name}.".startswith(f"{error.name}."):
            msg = (
                f"system {text!r}: there is no module {name!r} on the import path; is it installed, or in this folder?"
            )
        raise UsageError(msg) from error


def _public(found: Any) -> list[str]:
    """What may have been meant; of a module not what it only imports."""
    public = [name for name in dir(found) if not name.startswith("_")]
    return [name for name in public if _may_be_meant(getattr(found, name, None), found)] or public


def _may_be_meant(one: Any, home: Any) -> bool:
    if not inspect.ismodule(home):
        return True
    has_home = isinstance(one, type) or inspect.isroutine(one)
    return callable(one) and (not has_home or one.__module__ == home.__name__)


def _attribute(text: str, module: Any, path: str) -> Any:
    found = module
    for part in path.split("."):
        try:
            found = getattr(found, part)
        except AttributeError:
            public = _public(found)
            msg = f"system {text!r}: {module.__name__} has no {path!r}; {nearest(part, public)}"
            raise UnknownNameError(msg) from None
    return found
