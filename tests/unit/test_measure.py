"""The arithmetic of the benchmarks, and what their runner makes of it."""

from __future__ import annotations

import gc
import json
import math
import sys
from collections.abc import Callable
from types import ModuleType

import pytest

from benchmarks import run
from benchmarks.measure import Comparison, Measurement, compare, resident_mb, seconds


def measurement(value: float = 1.0, *, limit: float = 1.0, direction: str = "at_most") -> Measurement:
    """A figure of which only these matter."""
    return Measurement("call", value, "x", limit, direction, "a against b")  # type: ignore[arg-type]


class Watch:
    """A clock that moves only when an action says how long it took."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def read(self) -> float:
        """The moment that the actions have brought about."""
        return self.now_s

    def takes(self, *durations_s: float) -> Callable[[], None]:
        """An action that takes these times in turn, the last one ever after."""
        left = list(durations_s)

        def action() -> None:
            self.now_s += left.pop(0) if len(left) > 1 else left[0]

        return action


@pytest.mark.parametrize(
    ("value", "direction", "holds"),
    [
        (0.9, "at_most", True),
        (1.0, "at_most", True),
        (1.1, "at_most", False),
        (0.9, "at_least", False),
        (1.0, "at_least", True),
        (1.1, "at_least", True),
        (math.nan, "at_most", False),
        (math.nan, "at_least", False),
    ],
)
def test_a_limit_is_kept_up_to_the_limit_itself_and_never_by_nan(value, direction, holds):
    """The limit belongs to what is allowed; a figure that is no number proves nothing."""
    assert measurement(value, direction=direction).holds is holds


def test_a_measurement_is_plain_data():
    """These are the keys that results files have."""
    assert measurement(2.5, limit=2.0).to_dict() == {
        "name": "call",
        "value": 2.5,
        "unit": "x",
        "limit": 2.0,
        "direction": "at_most",
        "holds": False,
        "detail": "a against b",
    }


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_what_json_has_no_number_for_is_null(value):
    """A results file never holds NaN."""
    assert measurement(value).to_dict()["value"] is None


def test_figures_are_medians_over_pairs():
    """A median over pairs forgets a round in which the machine was busy with something else."""
    comparison = Comparison(subject_s=(2.0, 3.0, 90.0), bare_s=(1.0, 2.0, 1.0))
    assert comparison.ratio == 2.0
    assert comparison.speed == 0.5
    assert comparison.difference_s == 1.0


@pytest.mark.parametrize(
    ("subject_s", "bare_s", "words"),
    [(2.0, 0.25, "2 s against 250 ms"), (0.001, 0.00025, "1 ms against 250 us"), (0.5, 0.0, "500 ms against 0 us")],
)
def test_the_detail_says_what_the_ratio_is_made_of(subject_s, bare_s, words):
    """A ratio alone hides whether it is about seconds or microseconds."""
    assert Comparison((subject_s,), (bare_s,)).detail == f"{words} bare, median of 1 rounds"


def test_two_actions_are_timed_in_turns_and_take_turns_in_going_first():
    """Whatever drifts meets both alike."""
    order: list[str] = []
    compare(lambda: order.append("S"), lambda: order.append("b"), rounds=3, warm_up=1)
    assert "".join(order) == "Sb" + "Sb" + "bS" + "Sb"


def test_the_warm_up_does_not_count():
    """First calls import, compile and fill caches."""
    watch = Watch()
    comparison = compare(watch.takes(100.0, 2.0), watch.takes(100.0, 1.0), rounds=2, warm_up=1, timer=watch.read)
    assert comparison == Comparison((2.0, 2.0), (1.0, 1.0))


def test_a_round_of_many_calls_yields_the_seconds_of_one():
    """Short actions are repeated; the figure stays that of a single call."""
    watch = Watch()
    assert seconds(watch.takes(1.0, 2.0, 3.0), repeat=3, timer=watch.read) == 2.0


@pytest.mark.parametrize("enabled", [True, False])
def test_garbage_is_collected_outside_the_measured_part_only(enabled):
    """A collection inside would be charged to whoever happens to run. A crash leaves the collector as it was."""
    seen: list[bool] = []

    def crash() -> None:
        seen.append(gc.isenabled())
        raise KeyError

    before = gc.isenabled()
    (gc.enable if enabled else gc.disable)()
    try:
        with pytest.raises(KeyError):
            seconds(crash)
        assert seen == [False]
        assert gc.isenabled() is enabled
    finally:
        (gc.enable if before else gc.disable)()


def test_resident_memory_sees_what_is_held():
    """In megabytes of this process."""
    before_mb = resident_mb()
    held = bytearray(b"x") * 50_000_000
    assert 40 < resident_mb() - before_mb < 80
    assert held


@pytest.fixture
def group(monkeypatch, tmp_path) -> list[Measurement]:
    """A group named ``sample``, as a module of the package, with these figures."""
    figures: list[Measurement] = []
    module = ModuleType("benchmarks.sample")
    module.measurements = lambda: iter(figures)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "benchmarks.sample", module)
    monkeypatch.setattr(run, "RESULTS", tmp_path / "results")
    monkeypatch.setattr(run, "groups", lambda: ["sample"])
    return figures


def test_every_module_beside_the_harness_is_a_group(tmp_path, monkeypatch):
    """A group is added by adding its file."""
    for name in ("__init__", "__main__", "measure", "run", "report", "core"):
        (tmp_path / f"{name}.py").touch()
    monkeypatch.setattr(run, "HERE", tmp_path)
    assert run.groups() == ["core", "report"]


def test_a_run_prints_a_table_and_saves_the_figures(group, tmp_path, capsys):
    """A reader sees the table, a program reads the file."""
    group += [measurement(0.5), measurement(3.0, limit=2.0, direction="at_least")]
    assert run.main(["sample"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "sample:",
        "  ok  call  0.5 x  <= 1 x  a against b",
        "  ok  call  3 x    >= 2 x  a against b",
    ]
    saved = json.loads((tmp_path / "results" / "sample.json").read_text())
    assert saved == [one.to_dict() for one in group]


def test_one_broken_limit_makes_the_run_fail(group, capsys):
    """Without a name all groups are measured, and one broken limit is enough."""
    group += [measurement(0.5), measurement(2.0)]
    assert run.main([]) == 1
    assert "FAILS  call  2 x" in capsys.readouterr().out


def test_a_group_that_measures_nothing_fails(group, capsys):
    """Nothing measured proves nothing."""
    assert group == []
    assert run.main([]) == 1
    assert "nothing was measured" in capsys.readouterr().out


@pytest.mark.usefixtures("group")
def test_an_unknown_group_is_refused_before_anything_runs(capsys):
    """With the nearest name, and an exit code of its own."""
    assert run.main(["sample", "sampel"]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == "benchmarks: there is no group 'sampel'; did you mean 'sample'?\n"


def test_no_groups_at_all_is_an_error(monkeypatch, capsys):
    """A bench that finds nothing must not look like one that holds."""
    monkeypatch.setattr(run, "groups", list)
    assert run.main([]) == 2
    assert "no groups yet" in capsys.readouterr().err
