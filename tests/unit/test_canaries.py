"""Canaries: their texts, and the log records that are captured while they are planted."""

from __future__ import annotations

import logging
import logging.config
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_agentchaos.canaries import LIMIT_BYTES, canary, captured_logs
from pytest_agentchaos.clock import VirtualClock
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.evidence.redaction import redact

LOGGER = logging.getLogger("app.agent")


@pytest.fixture(autouse=True)
def _logging_as_it_was():
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def captured(run, clock=None):
    """What is written down while something runs."""
    history = History()
    with captured_logs(history, clock or VirtualClock()):
        run()
    return [dict(op.data) for op in history]


@given(st.integers(0, 10**9), st.text(max_size=20))
def test_a_canary_is_the_same_for_its_seed_and_name(seed, name):
    """And no redaction hides it, so that a saved history can be judged by it."""
    made = canary(seed, name)
    assert made == canary(seed, name)
    assert made.startswith("canary-")
    assert len(made) == 27
    note = {"canary": name, "value": made, "text": f"the secret is {made}."}
    assert redact(note)["value"] == made
    assert redact(note)["text"] == note["text"]


def test_other_seeds_and_other_names_have_other_canaries():
    """No two are the same."""
    assert len({canary(seed, name) for seed in range(100) for name in "abc"}) == 300


def test_a_log_record_becomes_a_note():
    """With its text as a handler would write it, its logger and its level, at the moment of the run."""
    clock = VirtualClock()
    clock.wait(2.5)
    history = History()
    with captured_logs(history, clock):
        LOGGER.warning("booked %s for %d", "LX1", 2)
    (op,) = history
    assert (op.kind, op.at_s) == ("note", 2.5)
    assert op.data == {"log": "booked LX1 for 2", "logger": "app.agent", "level": "WARNING"}


def test_levels_stay_as_they_are():
    """What production would not log, a test does not either."""
    logging.getLogger().setLevel(logging.WARNING)
    assert captured(lambda: LOGGER.info("quiet")) == []


def test_an_error_that_is_logged_is_told_without_its_frames():
    """They would differ from machine to machine."""

    def run():
        try:
            int("LX1")
        except ValueError:
            LOGGER.exception("failed")

    assert captured(run)[0]["log"] == "failed\nValueError: invalid literal for int() with base 10: 'LX1'"


def test_a_long_record_is_cut_and_says_so():
    """In the middle of a character as well."""
    (note,) = captured(lambda: LOGGER.error("x%s", "é" * LIMIT_BYTES))
    assert note["cut_from_bytes"] == 2 * LIMIT_BYTES + 1
    assert note["log"] == "x" + "é" * (LIMIT_BYTES // 2 - 1)
    assert "cut_from_bytes" not in captured(lambda: LOGGER.error("x" * LIMIT_BYTES))[0]


def test_a_record_that_cannot_be_formatted_is_told_all_the_same():
    """Its arguments do not fit, or raise: no record is lost, and nothing breaks."""

    class Hostile:
        def __str__(self):
            raise RuntimeError

    logging.getLogger().handlers[:] = []  # those of pytest would raise

    def run():
        LOGGER.error("%d seats", "two")
        LOGGER.error("%s", Hostile())
        LOGGER.error("half %s", "\ud800")

    texts = [note["log"] for note in captured(run)]
    assert texts[0].startswith("%d seats (its arguments do not fit: TypeError")
    assert texts[1] == "%s (its arguments do not fit: RuntimeError: )"
    assert texts[2] == "half \\ud800"


def test_formatting_that_logs_does_not_go_on_for_ever():
    """What it logs meanwhile is left out."""

    class Chatty:
        def __str__(self):
            LOGGER.error("being formatted")
            return "chatty"

    logging.getLogger().handlers[:] = []
    assert [note["log"] for note in captured(lambda: LOGGER.error("%s", Chatty()))] == ["chatty"]


def test_records_of_many_threads_are_all_kept():
    """Each once."""

    def run():
        def log(number):
            for at in range(100):
                LOGGER.error("%d %d", number, at)

        threads = [threading.Thread(target=log, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert len({note["log"] for note in captured(run)}) == 800


def test_reading_the_history_while_logging_does_not_wait_for_ever():
    """Whoever logs holds nothing that a reader of the history needs."""
    history = History()
    began, done = threading.Event(), threading.Event()

    class Slow:
        def __str__(self):
            began.set()
            assert done.wait(10)
            return "slow"

    logging.getLogger().handlers[:] = []
    with captured_logs(history, VirtualClock()):
        thread = threading.Thread(target=LOGGER.error, args=("%s", Slow()))
        thread.start()
        assert began.wait(10)
        LOGGER.error("meanwhile")
        assert [op.data["log"] for op in history] == ["meanwhile"]
        done.set()
        thread.join()
    assert [op.data["log"] for op in history] == ["meanwhile", "slow"]


def test_it_ends_with_the_block_whatever_happens():
    """And nothing of it is left."""
    before = logging.getLogger().handlers[:]
    history = History()
    with pytest.raises(ZeroDivisionError), captured_logs(history, VirtualClock()):
        raise ZeroDivisionError
    LOGGER.error("after")
    assert logging.getLogger().handlers == before
    assert len(history) == 0


def test_a_system_that_configures_logging_anew_is_found_out():
    """What it logged after that nobody knows, and unknown is no pass."""

    def run():
        LOGGER.error("before")
        logging.basicConfig(force=True)
        logging.getLogger().handlers[:] = []
        LOGGER.error("lost")

    first, second = captured(run)
    assert first["log"] == "before"
    assert "logging was configured anew" in second["logs_lost"]
