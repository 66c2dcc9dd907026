"""The clocks of the standard library inside a trial, and as ever outside of it."""

from __future__ import annotations

import datetime as dt
import importlib
import sys
import threading
import time
import types
from collections.abc import Iterator
from datetime import datetime
from time import monotonic, sleep

import pydantic
import pytest

from pytest_agentchaos.clock import EPOCH_S, VirtualClock
from pytest_agentchaos.errors import HungError
from pytest_agentchaos.simulation import Simulation
from pytest_agentchaos.simulation import state as state_module

EPOCH = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


@pytest.fixture
def clock() -> VirtualClock:
    """The clock of the trial, half a second after its beginning."""
    clock = VirtualClock()
    clock.wait(0.5)
    return clock


@pytest.fixture
def sim(clock: VirtualClock) -> Iterator[Simulation]:
    """A running simulation."""
    with Simulation(clock, 7) as simulation:
        yield simulation


@pytest.mark.usefixtures("sim")
def test_each_clock_reads_virtual_time() -> None:
    """Wall clocks begin at the epoch of all trials, the others at zero."""
    assert time.time() == EPOCH_S + 0.5
    assert time.time_ns() == 1_767_225_600_500_000_000
    assert time.monotonic() == time.perf_counter() == 0.5
    assert time.monotonic_ns() == time.perf_counter_ns() == 500_000_000
    assert time.gmtime()[:6] == time.gmtime(None)[:6] == (2026, 1, 1, 0, 0, 0)
    assert time.strftime("%Y") == time.strftime("%Y", time.localtime())
    assert time.localtime() == time.localtime(EPOCH_S)
    assert time.ctime() == time.asctime() == time.ctime(EPOCH_S)
    assert time.gmtime(0)[0] == 1970
    assert time.asctime(time.gmtime(0)) == "Thu Jan  1 00:00:00 1970"


@pytest.mark.usefixtures("sim")
def test_a_name_that_was_imported_earlier_reads_virtual_time() -> None:
    """This module imported it long before the trial."""
    sleep(2)
    assert monotonic() == 2.5


def test_sleep_lets_virtual_time_pass(sim: Simulation, clock: VirtualClock) -> None:
    """And is as strict as the real one."""
    time.sleep(3_600)
    assert clock.now_s() == 3_600.5
    with pytest.raises(ValueError, match="non-negative"):
        time.sleep(-1)
    with pytest.raises(TypeError):
        time.sleep("1")  # type: ignore[arg-type]
    assert not sim.problems


@pytest.mark.usefixtures("sim")
def test_dates_read_virtual_time() -> None:
    """Every way to ask for the date, with and without a zone."""
    zone = dt.timezone(dt.timedelta(hours=5))
    moment = EPOCH + dt.timedelta(seconds=0.5)
    assert dt.datetime.now(dt.UTC) == datetime.now(tz=zone) == moment
    assert datetime.now(zone).tzinfo is zone
    assert datetime.now() == datetime.fromtimestamp(EPOCH_S + 0.5)  # noqa: DTZ005, DTZ006
    assert datetime.today() == datetime.now()  # noqa: DTZ002, DTZ005
    assert dt.date.today() == dt.date.fromtimestamp(EPOCH_S)  # noqa: DTZ011, DTZ012


@pytest.mark.usefixtures("sim")
def test_utcnow_reads_virtual_time_and_is_as_deprecated_as_ever() -> None:
    """With a warning where Python gives one."""
    if sys.version_info >= (3, 12):
        with pytest.warns(DeprecationWarning, match="utcnow") as caught:
            moment = datetime.utcnow()  # noqa: DTZ003
        assert caught[0].filename == __file__
    else:
        moment = datetime.utcnow()  # noqa: DTZ003
    assert moment == datetime(2026, 1, 1, 0, 0, 0, 500_000)  # noqa: DTZ001


class Stamp(datetime):
    """A subclass, as pandas has one."""


@pytest.mark.usefixtures("sim")
def test_subclasses_and_validation_of_dates_keep_working() -> None:
    """The class is still the same class."""
    stamp = Stamp.now(dt.UTC)
    assert type(stamp) is Stamp
    assert type(Stamp.today()) is Stamp
    assert isinstance(datetime.now(dt.UTC), datetime)

    class Model(pydantic.BaseModel):
        at: datetime

    assert Model(at=datetime.now(dt.UTC)).at == EPOCH + dt.timedelta(seconds=0.5)
    with pytest.raises(TypeError):
        datetime.now("Lisbon")  # type: ignore[arg-type]


@pytest.mark.usefixtures("sim")
def test_other_threads_have_real_time() -> None:
    """They wait for real things."""
    seen: list[float] = []

    def look() -> None:
        time.sleep(0.0)
        seen.extend([
            time.time(), time.monotonic(), datetime.now(dt.UTC).timestamp(), time.mktime(time.localtime()),
            time.mktime(time.strptime(time.ctime())), float(time.strftime("%Y")),
        ])  # fmt: skip
        if sys.version_info < (3, 12):
            datetime.utcnow()  # noqa: DTZ003

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert all(abs(moment - EPOCH_S) > 1 for moment in seen[:5])
    assert time.monotonic() == 0.5


def test_utcnow_of_other_threads_is_the_real_one(recwarn: pytest.WarningsRecorder) -> None:
    """Compared with the real date, which is no New Year's Day at midnight."""
    seen: list[datetime] = []
    with Simulation(VirtualClock(), 1):
        thread = threading.Thread(target=lambda: seen.append(datetime.utcnow()))  # noqa: DTZ003
        thread.start()
        thread.join()
    assert abs(seen[0].replace(tzinfo=dt.UTC) - datetime.now(dt.UTC)) < dt.timedelta(minutes=5)
    recwarn.clear()


@pytest.mark.usefixtures("sim")
def test_waiting_for_another_thread_is_real() -> None:
    """A deadline that never comes nearer would be an endless wait."""
    event = threading.Event()
    assert not event.wait(0.01)
    condition = threading.Condition()
    with condition:
        assert not condition.wait_for(lambda: False, 0.01)
    assert time.monotonic() == 0.5


@pytest.mark.usefixtures("sim")
def test_machinery_that_looks_up_the_clock_at_each_call_gets_the_real_one() -> None:
    """Seen from a module that waits for processes."""
    namespace = {"__name__": "multiprocessing.connection", "time": time}
    exec("def look(): time.sleep(0.0); return time.monotonic()", namespace)  # noqa: S102
    assert namespace["look"]() != 0.5  # type: ignore[operator]
    assert time.monotonic() == 0.5


def test_a_busy_wait_is_a_hang(sim: Simulation, monkeypatch: pytest.MonkeyPatch) -> None:
    """Time would never reach the deadline; looking at the clock as time passes is fine."""
    monkeypatch.setattr(state_module, "SPIN_LIMIT", 100)
    for _ in range(200):
        time.sleep(0.001)
        time.monotonic()

    def busy_wait() -> None:
        while time.monotonic() < 1_000:
            pass

    with pytest.raises(HungError, match="never sleeps"):
        busy_wait()
    assert sim.problems == []


def test_outside_of_a_trial_everything_is_real() -> None:
    """Also through a name that this module imported."""
    with Simulation(VirtualClock(), 1):
        assert isinstance(datetime.now, types.MethodType)
    # Python remembers what it looked up in a class, and must have forgotten it.
    assert isinstance(datetime.now, types.BuiltinMethodType)
    began = monotonic()
    sleep(0.0)
    assert monotonic() >= began > 1
    assert abs(datetime.now(dt.UTC).timestamp() - time.time()) < 60


def test_what_the_test_machinery_measures_stays_real():
    """Hypothesis times garbage collections in a callback: it may come at any moment, and must not count as waiting."""
    junkdrawer = importlib.import_module("hypothesis.internal.conjecture.junkdrawer")
    before = junkdrawer._perf_counter
    with Simulation(VirtualClock(), 0):
        assert junkdrawer._perf_counter is before
