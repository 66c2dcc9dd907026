"""Frames: gathered results as pandas data frames; the example of docs/results.md is executed."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from pytest_agentchaos import faults, frames, on
from pytest_agentchaos.campaign import Campaign
from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.evidence import exploration
from pytest_agentchaos.evidence.gathered import gather
from pytest_agentchaos.evidence.results import Head
from pytest_agentchaos.explore import explore
from pytest_agentchaos.plan import Plan
from pytest_agentchaos.schedule import rule
from pytest_agentchaos.system import System

TEXT = (Path(__file__).parents[2] / "docs" / "results.md").read_text(encoding="utf-8")


def trip(chaos):
    """Books, and books again if that fails."""
    book = chaos.tool(lambda: "booked", name="book")
    chaos.ends(lambda answer: "completed")

    def take():
        try:
            return book()
        except Exception:  # noqa: BLE001 - whatever the fault makes of it
            return book()

    return take


@pytest.fixture(scope="module")
def gathered(tmp_path_factory):
    """Three seeds without a fault and with one that is recovered from, and one with two that are not."""
    folder = tmp_path_factory.mktemp("results") / "nightly"
    once, always = rule(faults.Overloaded(), on.tool("book", nth=1)), rule(faults.Overloaded(), on.tool("book"))
    schedules = [((), 3), ((once,), 3), ((rule(faults.Latency(seconds=2), on.tool("book")), always), 1)]
    plans = [
        Plan(System.of(trip), seed=seed, schedule=schedule, scenario="trip", expect=("completed",))
        for schedule, seeds in schedules
        for seed in range(seeds)
    ]
    with Campaign(folder) as campaign:
        list(campaign.run(plans))
    return gather([folder])


def test_one_row_a_trial(gathered):
    """With what rows tell and the measures that are one figure."""
    told = frames.trials(gathered)
    assert list(told["status"]) == ["pass"] * 6 + ["fail"]
    assert list(told.columns[:7]) == ["source", "trial", "scenario", "journey", "seed", "schedule", "status"]
    assert list(told["faults"]) == [""] * 3 + ["overloaded"] * 3 + ["latency, overloaded"]
    assert list(told["measure_calls"]) == [1] * 3 + [2] * 4
    assert told["success"].dtype == bool
    assert told["virtual_s"].dtype == float
    assert told.groupby("faults")["success"].mean().to_dict() == {
        "": 1.0,
        "overloaded": 1.0,
        "latency, overloaded": 0.0,
    }


def test_long_forms_have_a_row_for_each_of_several(gathered):
    """And begin with what they can be merged by."""
    judged, called, acted = frames.verdicts(gathered), frames.tools(gathered), frames.faults(gathered)
    for told in (judged, called, acted):
        assert list(told.columns[:6]) == ["trial", "scenario", "journey", "seed", "schedule", "status"]
    assert set(judged["invariant"]) == {"terminates", "ends(completed)"}
    assert list(judged[judged["verdict"] == "fail"]["invariant"]) == ["ends(completed)"]
    assert list(called["tool"]) == ["book"] * 7
    assert list(called["errors"]) == [0] * 3 + [1] * 3 + [2]
    assert list(zip(acted["rule"], acted["fault"], acted["fired"], strict=True))[-2:] == [
        (0, "latency", 2),
        (1, "overloaded", 2),
    ]
    assert len(acted) == 5


def test_of_no_trial_there_are_columns(tmp_path):
    """So that a notebook says so, and does not break."""
    (tmp_path / "results.jsonl").write_text(Head(version="1").to_line() + "\n")
    nothing = gather([tmp_path])
    for made in (frames.trials, frames.verdicts, frames.tools, frames.faults):
        told = made(nothing)
        assert (len(told), "trial" in told.columns) == (0, True)


def test_figures_of_another_shape_are_left_out(tmp_path):
    """Results of other versions, and damaged ones."""
    line = '{"trial":"a","plan":{},"status":"pass","measures":{"tool_calls":{"book":1},"latency":3,"errors":null}}'
    (tmp_path / "results.jsonl").write_text(f"{Head(version='1').to_line()}\n{line}\n")
    told = frames.tools(gather([tmp_path]))
    assert list(told["errors"]) == [0]
    assert told["median_s"].isna().all()


def test_without_pandas_it_is_said_how_to_get_it(gathered, monkeypatch):
    """In one sentence; nothing else needs it."""
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(UsageError, match=r"need pandas.*pip install 'pytest-agentchaos\[frames\]'"):
        frames.trials(gathered)


def table(told):
    """Its words, line by line."""
    return [line.split() for line in str(told).strip().splitlines()]


def test_the_example_of_the_document_runs(gathered, monkeypatch):
    """As a notebook would: one cell after the other, with what it shows."""
    monkeypatch.chdir(gathered.sources[0].folder.parent)
    cells = re.findall(r"```python\n(.*?)```(?:\n+```text\n(.*?)```)?", TEXT, re.DOTALL)
    names: dict[str, object] = {}
    for cell, shown in cells:
        *lines, last = cell.strip().splitlines()
        exec("\n".join(lines), names)  # noqa: S102 - our own document
        if shown:
            assert table(eval(last, names)) == table(shown)  # noqa: S307 - the same
        else:
            exec(last, names)  # noqa: S102 - the same
    assert sum(bool(shown) for _, shown in cells) >= 2


def test_an_exploration_leaves_what_it_found_beside_its_results(tmp_path):
    """For reports, which must not explore."""
    found = explore(trip, faults=["overloaded"], folder=tmp_path / "out")
    assert exploration.read(tmp_path / "out") == found.to_data()
    assert gather([tmp_path / "out"]).explorations == (found.to_data(),)
