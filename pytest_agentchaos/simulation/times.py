"""The clocks of the standard library, reading virtual time in the thread of the trial.

Not covered, because it cannot be seen from outside: a clock kept as a default argument or a class attribute
(``def __init__(self, now=time.time)``), and clocks read by compiled code without going through Python.
"""

from __future__ import annotations

import ctypes
import datetime as dt
import functools
import gc
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any, Final

from pytest_agentchaos.clock import EPOCH_S
from pytest_agentchaos.simulation.aliases import WAITS_FOR_REAL, Function
from pytest_agentchaos.simulation.state import SimState, here

_EPOCH_NS: Final = int(EPOCH_S) * 1_000_000_000


def _wall_s(state: SimState) -> float:
    return EPOCH_S + state.now_s()


def _wall_ns(state: SimState) -> int:
    return _EPOCH_NS + _now_ns(state)


def _now_ns(state: SimState) -> int:
    return round(state.now_s() * 1e9)


def _reader(real: Function, virtual: Callable[[SimState], float]) -> Function:
    """A clock that takes no argument."""

    @functools.wraps(real)
    def read() -> Any:
        state = here()
        if state is None or sys._getframe(1).f_globals.get("__name__") in WAITS_FOR_REAL:  # noqa: SLF001
            return real()
        return virtual(state)

    return read


def _of_moment(real: Function) -> Function:
    """A function of a moment, which is now when it is not given."""

    @functools.wraps(real)
    def convert(*moment: Any) -> Any:
        state = here()
        if state is not None and (not moment or moment == (None,)):
            return real(_wall_s(state))
        return real(*moment)

    return convert


def _of_struct(real: Function, arguments: int) -> Function:
    """A function of a broken-down local time, which is now when it is not given."""

    @functools.wraps(real)
    def convert(*given: Any) -> Any:
        state = here()
        if state is not None and len(given) == arguments:
            return real(*given, _localtime(_wall_s(state)))
        return real(*given)

    return convert


_localtime = time.localtime
_sleep = time.sleep


@functools.wraps(_sleep)
def _virtual_sleep(seconds: float, /) -> None:
    state = here()
    if state is None or sys._getframe(1).f_globals.get("__name__") in WAITS_FOR_REAL:  # noqa: SLF001
        _sleep(seconds)
        return
    if seconds < 0:
        msg = "sleep length must be non-negative"
        raise ValueError(msg)
    state.clock.wait(seconds)


REPLACEMENTS: Final[dict[Function, Function]] = {
    time.time: _reader(time.time, _wall_s),
    time.time_ns: _reader(time.time_ns, _wall_ns),
    time.monotonic: _reader(time.monotonic, SimState.now_s),
    time.monotonic_ns: _reader(time.monotonic_ns, _now_ns),
    time.perf_counter: _reader(time.perf_counter, SimState.now_s),
    time.perf_counter_ns: _reader(time.perf_counter_ns, _now_ns),
    time.sleep: _virtual_sleep,
    time.localtime: _of_moment(time.localtime),
    time.gmtime: _of_moment(time.gmtime),
    time.ctime: _of_moment(time.ctime),
    time.asctime: _of_struct(time.asctime, 0),
    time.strftime: _of_struct(time.strftime, 1),
}


# datetime is compiled, and its class must stay the same object: pydantic and isinstance depend on it. So two
# entries of the type's own dictionary are exchanged. date.today() and datetime.today() need nothing, because
# they ask time.time() by name.

_own: Final[dict[str, Any]] = gc.get_referents(dt.datetime.__dict__)[0]
_now = _own["now"]
_utcnow = _own["utcnow"]
_type_modified = ctypes.pythonapi.PyType_Modified
_type_modified.argtypes = [ctypes.py_object]
_type_modified.restype = None


def _virtual_now(cls: type[dt.datetime], tz: dt.tzinfo | None = None) -> dt.datetime:
    state = here()
    if state is None:
        real: dt.datetime = _now.__get__(None, cls)(tz)
        return real
    return cls.fromtimestamp(_wall_s(state), tz)


def _virtual_utcnow(cls: type[dt.datetime]) -> dt.datetime:
    state = here()
    if state is None:
        real: dt.datetime = _utcnow.__get__(None, cls)()
        return real
    if sys.version_info >= (3, 12):  # pragma: no cover - its test runs on the versions that warn
        # As deprecated as the real one.
        msg = "datetime.datetime.utcnow() is deprecated: use datetime.datetime.now(datetime.UTC)"
        warnings.warn(msg, DeprecationWarning, stacklevel=2)
    return cls.fromtimestamp(_wall_s(state), dt.UTC).replace(tzinfo=None)


_NOW: Final = classmethod(_virtual_now)
_UTCNOW: Final = classmethod(_virtual_utcnow)


def install(state: SimState) -> None:
    """Let ``datetime.now`` and ``utcnow`` read the virtual clock."""
    # Registered first, so that it happens last: only then is the type as it was.
    state.patches.on_restore(_forget_cached_lookups)
    state.patches.swap(_own, "now", _NOW)
    state.patches.swap(_own, "utcnow", _UTCNOW)
    _forget_cached_lookups()


def _forget_cached_lookups() -> None:
    _type_modified(dt.datetime)
