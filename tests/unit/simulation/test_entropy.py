"""Chance is seeded inside a trial, and goes on as if nothing had been afterwards."""

# ruff: noqa: S311 - what is drawn here protects nothing

from __future__ import annotations

import os
import random
import secrets
import subprocess
import sys
import threading
import uuid
from random import random as imported_random
from random import seed as imported_seed
from types import SimpleNamespace

import pytest

from pytest_agentchaos.clock import VirtualClock
from pytest_agentchaos.simulation import Simulation, hash_seed


def _draw() -> tuple[object, ...]:
    return (
        random.random(), imported_random(), random.Random().random(), random.SystemRandom().random(),
        os.urandom(8), secrets.token_hex(8), uuid.uuid4(), uuid.uuid1(), uuid.getnode(),
        os.getrandom(4) if sys.platform == "linux" else b"",
    )  # fmt: skip


def _trial(seed: int) -> tuple[object, ...]:
    with Simulation(VirtualClock(), seed):
        return _draw()


def test_one_seed_gives_one_result() -> None:
    """Every source, twice; another seed gives others."""
    first, again, other = _trial(5), _trial(5), _trial(6)
    assert first == again
    assert all(mine != others for mine, others in zip(first, other, strict=True) if mine != b"")
    assert len(set(first)) == len(first)


def test_a_module_that_draws_when_it_is_imported_shifts_nothing(tmp_path, monkeypatch) -> None:
    """Only the first trial of a process imports it; the second must draw the same all the same."""
    drawing = "import os, random, uuid\nSECRET = os.urandom(32), uuid.uuid4(), random.Random().random()\n"
    (tmp_path / "drawing_at_import.py").write_text(drawing, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    secrets_of: list[object] = []

    def trial() -> tuple[object, ...]:
        with Simulation(VirtualClock(), 5):
            import drawing_at_import

            secrets_of.append(drawing_at_import.SECRET)
            return _draw()

    first = trial()
    assert first == trial() == _trial(5)
    del sys.modules["drawing_at_import"]
    assert trial() == first
    assert secrets_of[0] == secrets_of[-1], "what the module drew comes from the seed as well"
    del sys.modules["drawing_at_import"]


def test_a_trial_in_a_module_that_is_imported_is_seeded_like_any_other(tmp_path, monkeypatch) -> None:
    """A script that runs its trials when it is imported gets what it would get anywhere."""
    script = (
        "import uuid\n"
        "from pytest_agentchaos.clock import VirtualClock\n"
        "from pytest_agentchaos.simulation import Simulation\n"
        "with Simulation(VirtualClock(), 5):\n"
        "    DRAWN = uuid.uuid4()\n"
    )
    (tmp_path / "trial_at_import.py").write_text(script, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    import trial_at_import

    with Simulation(VirtualClock(), 5):
        assert uuid.uuid4() == trial_at_import.DRAWN
    del sys.modules["trial_at_import"]


def test_the_global_generator_goes_on_where_it_was() -> None:
    """Tests around a trial see their own sequence."""
    random.seed(1)
    expected = [random.random() for _ in range(3)]
    random.seed(1)
    got = [random.random()]
    _trial(5)
    got += [random.random() for _ in range(2)]
    assert got == expected


def test_seeding_from_nothing_is_seeded_too() -> None:
    """``random.seed()`` asks the system outside of a trial; a given seed means what it always does."""

    def trial() -> list[float]:
        with Simulation(VirtualClock(), 5):
            random.seed()
            first = random.random()
            imported_seed(3)
            return [first, random.random(), random.Random(3).random()]

    first, again = trial(), trial()
    assert first == again
    assert first[1] == first[2] == random.Random(3).random()
    random.seed()
    assert random.Random().random() != random.Random().random()


def test_other_threads_get_the_entropy_of_the_system() -> None:
    """Their keys must stay unpredictable, and must not shift the trial's numbers."""
    seen: list[bytes] = []
    with Simulation(VirtualClock(), 5):
        thread = threading.Thread(target=lambda: seen.append(os.urandom(8)))
        thread.start()
        thread.join()
        mine = os.urandom(8)
    with Simulation(VirtualClock(), 5):
        assert os.urandom(8) == mine
    assert seen[0] != mine


def test_bad_sizes_are_refused_as_ever() -> None:
    """By the real function."""
    with Simulation(VirtualClock(), 5), pytest.raises(ValueError, match="negative"):
        os.urandom(-1)


def test_numpy_is_seeded_when_it_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its global state is seeded and restored; a stand-in has the same three methods."""
    calls: list[tuple[str, object]] = []
    state = SimpleNamespace(
        get_state=lambda *, legacy: ("state", legacy),
        set_state=lambda state: calls.append(("set", state)),
        seed=lambda seed: calls.append(("seed", seed)),
    )
    monkeypatch.setitem(sys.modules, "numpy.random.mtrand", SimpleNamespace(_rand=state))
    _trial(5)
    _trial(5)
    assert [name for name, _ in calls] == ["seed", "set", "seed", "set"]
    assert calls[0] == calls[2]
    assert calls[1] == ("set", ("state", False))


def test_real_numpy_is_repeatable() -> None:
    """Where it is installed."""
    numpy = pytest.importorskip("numpy")

    def trial() -> tuple[float, float]:
        with Simulation(VirtualClock(), 5):
            return float(numpy.random.random()), float(numpy.random.default_rng().random())

    before = numpy.random.get_state()[1].tolist()
    assert trial() == trial()
    assert numpy.random.get_state()[1].tolist() == before


@pytest.mark.parametrize(
    ("environment", "flags", "expected"),
    [
        ({"PYTHONHASHSEED": "42"}, [], "42"),
        ({"PYTHONHASHSEED": "0"}, [], "0"),
        ({"PYTHONHASHSEED": "random"}, [], "random"),
        ({}, [], "random"),
        ({"PYTHONHASHSEED": "42"}, ["-E"], "random"),
    ],
)
def test_the_hash_seed_is_told(environment: dict[str, str], flags: list[str], expected: str) -> None:
    """A process cannot change its own, so the report has to say what it was."""
    code = "from pytest_agentchaos.simulation.entropy import hash_seed; print(hash_seed())"
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONHASHSEED"}
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))  # noqa: PTH100, PTH120
    run = subprocess.run(
        [sys.executable, *flags, "-c", f"import sys; sys.path.insert(0, {root!r}); {code}"],
        env=clean | environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert run.stdout.strip() == expected
    assert hash_seed()
