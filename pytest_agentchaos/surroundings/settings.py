"""Settings of a process: each can be read, told and put back."""

from __future__ import annotations

import builtins
import gc
import locale
import logging
import os
import signal
import socket
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from pytest_agentchaos.evidence.telling import listed, shown

_SIGNALS: Final = tuple(
    getattr(signal, name)
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGCHLD", "SIGPIPE", "SIGUSR1", "SIGUSR2")
    if hasattr(signal, name)
)
_ABSENT: Final = object()


@dataclass(frozen=True, slots=True)
class Setting:
    """One thing that a whole process shares."""

    name: str
    read: Callable[[], Any]
    put_back: Callable[[Any], object]
    silent: bool = False
    """Whether a change of it is worth no word: libraries do it all the time, and no answer depends on it."""
    may_grow: bool = False
    """Whether only those of its parts count that were there before."""

    def tell(self, before: Any, after: Any) -> str:
        """What was changed, by name where it has parts with names."""
        if not isinstance(before, Mapping):
            return f"changed {self.name}"
        return f"changed {self.name}: {listed(shown(str(name)) for name in _changed(before, after))}"


def _changed(before: Mapping[Any, Any], after: Mapping[Any, Any]) -> list[Any]:
    return sorted(
        (name for name in {**before, **after} if before.get(name, _ABSENT) != after.get(name, _ABSENT)), key=str
    )


def _set_environment(before: dict[str, str]) -> None:
    changed = _changed(before, os.environ)
    for name in changed:
        if name in before:
            os.environ[name] = before[name]
        else:
            os.environ.pop(name, None)
    if "TZ" in changed and hasattr(time, "tzset"):
        time.tzset()


def _folder() -> str | None:
    try:
        return os.getcwd()  # noqa: PTH109 - a Path of it would be made of it
    except OSError:
        return None  # somebody has deleted it


def _set_folder(before: str | None) -> None:
    if before is not None:
        with suppress(OSError):
            os.chdir(before)


def _umask() -> int:
    mask = os.umask(0o77)
    os.umask(mask)
    return mask


def _signals() -> dict[str, Any]:
    return {number.name: signal.getsignal(number) for number in _SIGNALS}


def _set_signals(before: dict[str, Any]) -> None:
    if threading.current_thread() is not threading.main_thread():
        return  # nobody else may, so that nobody can have changed them either
    for name in _changed(before, _signals()):
        if before[name] is not None:  # None: not one of Python's
            signal.signal(getattr(signal, name), before[name])


def _loggers() -> Iterable[tuple[str, logging.Logger]]:
    yield "root", logging.root
    for name, logger in list(logging.root.manager.loggerDict.items()):
        if isinstance(logger, logging.Logger):
            yield name, logger


def _logging() -> dict[str, Any]:
    read: dict[str, Any] = {
        name: (logger.level, logger.disabled, logger.propagate, tuple(logger.handlers), tuple(logger.filters))
        for name, logger in _loggers()
    }
    return read | {"logging.disable()": logging.root.manager.disable}


def _set_logging(before: dict[str, Any]) -> None:
    logging.disable(before["logging.disable()"])
    for name, logger in _loggers():
        if name in before:
            level, logger.disabled, logger.propagate, handlers, filters = before[name]
            logger.setLevel(level)
            logger.handlers[:], logger.filters[:] = handlers, filters


def _set_warnings(before: list[Any]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # has the cache of what was decided dropped, now and at the end of the block
    warnings.filters[:] = before  # type: ignore[index]  # typeshed: a Sequence; it is a list


def _hooks() -> dict[str, Any]:
    return {
        "sys.excepthook": sys.excepthook,
        "sys.unraisablehook": sys.unraisablehook,
        "threading.excepthook": threading.excepthook,
    }


def _set_hooks(before: dict[str, Any]) -> None:
    sys.excepthook = before["sys.excepthook"]
    sys.unraisablehook = before["sys.unraisablehook"]
    threading.excepthook = before["threading.excepthook"]


def _set_builtins(before: dict[str, Any]) -> None:
    now = vars(builtins)
    for name in _changed(before, now):
        if name in before:
            now[name] = before[name]
        else:
            del now[name]


def _set_list(name: str) -> Callable[[list[str]], None]:
    def put_back(before: list[str]) -> None:
        getattr(sys, name)[:] = before

    return put_back


SETTINGS: Final = (
    Setting("environment variables", lambda: dict(os.environ), _set_environment),
    Setting("the working directory", _folder, _set_folder),
    Setting("sys.path", lambda: list(sys.path), _set_list("path")),
    Setting("sys.argv", lambda: list(sys.argv), _set_list("argv")),
    Setting("the umask", _umask, os.umask),
    Setting("what signals do", _signals, _set_signals),
    Setting("the locale", lambda: locale.setlocale(locale.LC_ALL), lambda it: locale.setlocale(locale.LC_ALL, it)),
    Setting("the loggers", _logging, _set_logging, may_grow=True),
    Setting("the filters of warnings", lambda: list(warnings.filters), _set_warnings, silent=True),
    Setting("the recursion limit", sys.getrecursionlimit, sys.setrecursionlimit),
    Setting("the timeout of new sockets", socket.getdefaulttimeout, socket.setdefaulttimeout),
    Setting("garbage collection", gc.isenabled, lambda it: gc.enable() if it else gc.disable()),
    Setting("what happens to errors that nobody catches", _hooks, _set_hooks),
    Setting("builtins", lambda: dict(vars(builtins)), _set_builtins),
)
"""In the order in which they are told."""


def read_all() -> list[Any]:
    """What they are now."""
    return [setting.read() for setting in SETTINGS]


def put_back(before: list[Any]) -> list[str]:
    """Make them what they were, and tell what was not."""
    told = []
    for setting, was in zip(SETTINGS, before, strict=True):
        now = setting.read()
        if setting.may_grow:
            now = {name: now[name] for name in was if name in now}
        if was != now:
            if not setting.silent:
                told.append(setting.tell(was, now))
            setting.put_back(was)
    return told
