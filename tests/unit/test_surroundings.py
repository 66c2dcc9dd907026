"""The surroundings of a trial: what a system did to them is told and put back, and nothing holds back its end."""

from __future__ import annotations

import asyncio
import builtins
import locale
import logging
import os
import subprocess
import sys
import threading
import time
import warnings

import pytest

from pytest_agentchaos.campaign import Campaign
from pytest_agentchaos.plan import Plan
from pytest_agentchaos.surroundings import StuckError, Surroundings, settings, surroundings
from pytest_agentchaos.system import System


def around(act, stuck_s=30.0):
    """What surroundings tell of something that was done in them."""
    opened = Surroundings(stuck_s)
    with opened:
        act()
    return opened


def test_nothing_is_told_of_nothing():
    """A system that leaves everything as it was is not mentioned."""
    before = settings.read_all()
    opened = around(lambda: None)
    assert (opened.left, opened.fatal) == ((), None)
    assert settings.read_all() == before


def test_an_error_of_the_systems_comes_out():
    """What it raises is for others to judge."""
    with pytest.raises(ZeroDivisionError), Surroundings(30):
        _ = 1 / 0


def test_an_interruption_by_the_user_comes_out_of_a_stuck_trial():
    """Whoever presses Ctrl-C wants everything to end, and not only this trial."""

    def act():
        try:
            while True:
                pass
        except StuckError:
            raise KeyboardInterrupt from None

    with pytest.raises(KeyboardInterrupt):
        around(act, stuck_s=0.1)


def test_what_catches_its_interruption_is_interrupted_again(monkeypatch):
    """Until it has had enough; the first place is told."""
    monkeypatch.setattr(surroundings, "_AGAIN_S", 0.01)
    caught = []

    def act():
        while len(caught) < 3:
            try:
                while True:
                    pass
            except StuckError as error:
                caught.append(str(error))

    opened = around(act, stuck_s=0.1)
    assert set(caught) == {opened.fatal}
    assert __name__ in opened.fatal


def test_an_interruption_leaves_an_event_loop_at_once():
    """A task that computes for ever is no task whose error somebody collects."""

    async def agent():
        async def part():
            while True:
                pass

        await asyncio.gather(part(), return_exceptions=True)
        went_on.append(True)

    went_on = []
    opened = around(lambda: asyncio.run(agent()), stuck_s=0.05)
    assert opened.fatal.startswith("stuck")
    assert went_on == []


def test_another_thread_than_the_main_one_has_no_alarm():
    """Only the main thread can be interrupted; everything else is watched there as well."""
    seen = []
    thread = threading.Thread(target=lambda: seen.append(around(lambda: os.environ.update(TRIP_MODE="test"))))
    thread.start()
    thread.join()
    assert seen[0].left == ("changed environment variables: TRIP_MODE",)
    assert "TRIP_MODE" not in os.environ


def test_a_forked_child_ends_as_it_wants():
    """Only the process of the trial itself is held."""

    def act():
        if (child := os.fork()) == 0:
            os._exit(7)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7

    assert around(act).left == ("forked 1 time",)


def test_a_child_process_that_is_left_is_ended():
    """It would go on beside the next trial."""
    held = []
    command = [sys.executable, "-c", "import time; time.sleep(600)"]
    opened = around(lambda: held.append(subprocess.Popen(command)))
    assert opened.left == ("left 1 child process",)
    assert held[0].poll() is not None


def test_what_only_garbage_holds_is_not_left_open():
    """Whoever lets go of a file has closed it, sooner or later."""

    class File:
        def __init__(self):
            self.number, self.itself = os.open(os.devnull, os.O_RDONLY), self

        def __del__(self):
            os.close(self.number)

    def act():
        File()

    assert around(act).left == ()


def test_a_folder_that_is_gone_is_left(tmp_path, monkeypatch):
    """A system may delete the folder in which it is."""
    monkeypatch.chdir(tmp_path)
    inside = tmp_path / "inside"

    def act():
        inside.mkdir()
        os.chdir(inside)
        inside.rmdir()

    assert around(act).left == ("changed the working directory",)
    assert os.getcwd() == str(tmp_path)  # noqa: PTH109 - as a process sees it


def test_the_rest_of_what_a_process_shares_is_put_back(monkeypatch):
    """Builtins, the locale, the time zone, loggers that were there, and in silence the filters of warnings."""
    monkeypatch.setenv("TZ", time.tzname[0])  # the time of this process does not change with it
    logger = logging.getLogger("tests.surroundings")
    before = settings.read_all()

    def act():
        builtins.trip = 1
        del builtins.copyright
        locale.setlocale(locale.LC_ALL, "C.UTF-8" if locale.setlocale(locale.LC_ALL) == "C" else "C")
        os.environ["TZ"] = "Asia/Tokyo"
        time.tzset()
        logger.addHandler(logging.NullHandler())
        logging.disable(50)
        logging.getLogger("tests.surroundings.new").setLevel(10)
        warnings.simplefilter("ignore")

    assert around(act).left == (
        "changed environment variables: TZ",
        "changed the locale",
        "changed the loggers: logging.disable(), tests.surroundings",
        "changed builtins: copyright, trip",
    )
    assert time.tzname[0] == os.environ["TZ"]
    after = settings.read_all()
    for setting, was, now in zip(settings.SETTINGS, before, after, strict=True):
        assert setting.name == "the loggers" or was == now
    assert logger.handlers == []
    assert logging.root.manager.disable == 0


def test_output_is_kept_short_and_offers_what_a_stream_offers():
    """Bytes, the number of the file for child processes, and no more than can be read."""

    def act():
        for _ in range(10_000):
            sys.stdout.write("spam ")
        assert sys.stdout.fileno() > 0
        subprocess.run([sys.executable, "-c", ""], stdout=sys.stdout, check=True)
        sys.stderr.buffer.write("€".encode())

    with Surroundings(30) as opened:
        act()
        kept = sys.stdout.text()
    printed, error = opened.left
    assert len(kept) < 5_000
    assert printed.startswith("printed to stdout: spam spam ")
    assert len(printed) < 130
    assert error == "printed to stderr: €"


def test_logs_and_warnings_are_no_output():
    """Nobody asked to see them: a warning is shown once in a process, and so would not be told of every trial."""

    def act():
        logging.lastResort.handle(logging.makeLogRecord({"msg": "careful"}))
        # pytest has its own function in the place of the one that shows them: this does what that does.
        exec("print('careful', file=sys.stderr)", vars(warnings) | {"print": print})  # noqa: S102

    assert around(act).left == ()


def test_what_a_module_does_when_it_is_imported_is_nobodys_doing(tmp_path, monkeypatch):
    """It is imported once in a process: the result does not depend on which trial came first."""
    (tmp_path / "imported_by_a_trip.py").write_text("import os\nos.environ['IMPORTED'] = 'yes'\n")
    monkeypatch.syspath_prepend(str(tmp_path))

    def trip(chaos):
        def agent():
            import imported_by_a_trip  # noqa: F401 - that is the point

        return agent

    given = [Plan(System.of(trip), seed=seed) for seed in range(2)]
    try:
        for workers in (2, 1):
            with Campaign(workers=workers) as campaign:
                assert [result.left for result in campaign.run(given)] == [(), ()]
    finally:
        sys.modules.pop("imported_by_a_trip", None)
