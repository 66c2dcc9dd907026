"""The scorecard: what it calls better and worse, and what it does not."""

import json

import pytest

from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.evidence import trend
from pytest_agentchaos.evidence.trend import Remembered, Trend, remember
from pytest_agentchaos.reporting.scorecard import make
from pytest_agentchaos.reporting.scorecard.page import page
from pytest_agentchaos.reporting.scorecard.table import ASCII, bounds, lines, sparkline


def run(day, successes, runs=100, **told):
    """A run of July."""
    fields = {"systems": ("shop:agent",), "suite_sha256": "s", "labels": {"release": f"1.{day}"}} | told
    return Remembered(
        f"2026-07-{day:02}T06:00:00Z", f"{day}-{successes}", successes, runs, {"pass": successes}, **fields
    )


def changes(*runs, **asked):
    """What each line is called."""
    return [line.change for line in make(Trend(tuple(runs)), **asked).lines]


def test_noise_is_no_regression():
    """97, 94, 98, 95 of 100: nothing is called worse or better."""
    assert changes(run(1, 97), run(2, 94), run(3, 98), run(4, 95)) == ["first", "chance", "chance", "chance"]


def test_a_fall_and_a_recovery_are_told():
    """97, then 70, then 96 of 100."""
    assert changes(run(1, 97), run(2, 70), run(3, 96)) == ["first", "worse", "better"]


def test_many_looks_make_no_alarm():
    """A difference that is significant alone is not among thirty others (Holm)."""
    assert changes(run(1, 99), run(2, 92)) == ["first", "worse"]
    many = [run(day, 99) for day in range(1, 30)]
    assert set(changes(*many, run(30, 92))) == {"first", "chance"}


def test_what_cannot_be_compared_is_not():
    """Another suite, another system, a run in which nothing was counted."""
    told = changes(run(1, 97), run(2, 50, suite_sha256="t"), run(3, 20, systems=("other:agent",)), run(4, 0, 0))
    assert told == ["first", "other suite", "other system", "other suite"]
    assert changes(run(1, 97), run(2, 0, 0)) == ["first", "unproven"]


def test_a_week_is_one_line():
    """ISO weeks: 5 July 2026 is a Sunday; counts are added, figures are medians."""
    runs = [run(5, 90, figures={"cost": 1.0}), run(6, 80, figures={"cost": 3.0}), run(12, 90, figures={"cost": 5.0})]
    card = make(Trend(tuple(runs)), weekly=True)
    assert [(one.when, one.rate.successes, one.rate.runs, one.members) for one in card.lines] == [
        ("2026-W27", 90, 100, 1),
        ("2026-W28", 170, 200, 2),
    ]
    assert card.lines[1].figures == {"cost": 4.0}
    assert card.lines[1].label == "1.6 … 1.12"


def test_faults_that_moved_are_named_the_worse_first():
    """Under each fault by itself, all together at 5 %."""
    before = {"latency": (50, 50), "drop_response": (20, 50), "reset": (49, 50)}
    now = {"latency": (30, 50), "drop_response": (50, 50), "reset": (48, 50), "crash": (0, 50)}
    card = make(Trend((run(1, 119, 150, faults=before), run(2, 128, 200, faults=now))))
    assert [(one.fault, one.change) for one in card.moved] == [("latency", "worse"), ("drop_response", "better")]
    assert any("worse under latency: 50 of 50 before, 30 of 50 now" in line for line in lines(card))


def test_the_error_budget_is_of_a_window():
    """Counts and an interval; runs before the window do not count."""
    card = make(Trend((run(1, 0), run(20, 95), run(27, 97))), objective=0.95, window_days=14)
    assert (card.budget.failures, card.budget.runs, card.budget.allowance) == (8, 200, pytest.approx(10.0))
    for window_days, runs in ((1, 100), (7, 100), (8, 200), (10**12, 300)):
        card = make(Trend((run(1, 0), run(20, 95), run(27, 97))), objective=0.95, window_days=window_days)
        assert card.budget.runs == runs
    with pytest.raises(UsageError, match="objective"):
        make(Trend((run(1, 3),)), objective=1.5)


def test_secrets_in_names_are_not_remembered(bench):
    """A history is kept for years; what has one name afterwards is counted together."""
    bench.trial("pass", "sk-0123456789abcdefgh")
    bench.trial("fail", "sk-abcdefgh0123456789")
    assert remember(bench.gathered(), {}).faults == {"[hidden]": (1, 2)}


def test_the_table_has_only_columns_that_say_something():
    """A history without costs and decisions shows none; what is not all is never 100 %."""
    told = list(lines(make(Trend((run(1, 999, 1000), run(2, 1000, 1000))))))
    assert told[0].split() == ["when", "run", "passed", "rate", "95", "%", "bounds", "change"]
    assert "99.9 %" in told[1]
    assert " 100.0 %" in told[2]
    assert "> 99" in next(line for line in lines(make(Trend((run(1, 998, 999),)))) if "998" in line)
    told = list(lines(make(Trend((run(1, 9, decision="promote", figures={"cost": 0.5}, currency="EUR"),)))))
    assert "promote" in told[1]
    assert "0.5 EUR" in told[1]


def test_a_sparkline_does_not_magnify_noise():
    """A point more or less is a small step; what is unknown is a gap."""
    assert sparkline([1.0, 0.99, 0.97, None]) == "██▇ "
    assert sparkline([1.0, 0.1], ASCII) == "@_"
    assert sparkline([0.5]) == "▁"


def test_hostile_labels_do_nothing_on_terminal_and_page():
    """They are shown as text, without what a terminal or a browser obeys."""
    card = make(Trend((run(1, 3, labels={"release": "<script>alert(1)</script>\x1b[2J\u202e"}),)))
    assert "\x1b" not in "".join(lines(card))
    html = page(card, "<b>history</b>")
    assert "<script" not in html
    assert "<b>history" not in html
    assert "\u202e" not in html
    policy = html.split('Security-Policy" content="')[1].split('"')[0]
    assert "default-src &#39;none&#39;" in policy
    assert "script-src &#39;none&#39;" in policy
    assert "unsafe" not in policy


def test_the_page_shows_what_the_table_shows():
    """Each line, the change, the faults that moved; the same card gives the same bytes."""
    faults = {"latency": (97, 100)}, {"latency": (50, 100)}
    infra = {"pass": 50, "infrastructure": 3}
    card = make(Trend((run(1, 97, faults=faults[0]), run(2, 50, faults=faults[1]))), objective=0.9)
    html = page(card, "history.jsonl")
    assert html == page(card, "history.jsonl")
    for text in ("50 of 100", "2026-07-01", "Faults that moved", "Error budget at 0.9", "1.2", 'role="img"'):
        assert text in html
    assert 'class="verdict fail"' in html
    one = Remembered("2026-07-01T00:00:00Z", "d", 50, 53, infra, ("a:b",))
    assert "3 infrastructure" in page(make(Trend((one,)), weekly=True), "h")


def test_the_card_is_json():
    """With its schema, and without NaN."""
    told = make(Trend((run(1, 97), run(2, 0, 0))), objective=0.9).to_data()
    assert told["schema"] == 1
    assert json.loads(json.dumps(told, allow_nan=False))["lines"][0]["rate"]["successes"] == 97


def test_an_empty_history_has_no_card():
    """And it is said why."""
    with pytest.raises(UsageError, match="--add"):
        make(Trend(()))
    with pytest.raises(UsageError, match="2 lines are of a newer version"):
        make(Trend((), newer=2))
    assert any("1 line of the history is of a newer" in line for line in lines(make(Trend((run(1, 1),), newer=1))))
    assert any("2 lines" in line for line in lines(make(Trend((run(1, 1),), damaged=2))))


def test_bounds_have_digits_that_the_runs_can_tell():
    """Whole percents below a thousand runs."""
    assert bounds(make(Trend((run(1, 97),))).lines[0].rate) == "92 % to 99 %"


def test_a_history_survives_what_happens_to_files(tmp_path):
    """A cut-off line, damage and lines of a newer version stay where they are; a run is appended after them, once."""
    path = tmp_path / "deep" / "history.jsonl"
    assert trend.add(path, run(2, 90, faults={"latency": (9, 10)}, currency="EUR"))
    newer = '{"agentchaos_run":2,"at":"?"}\n'
    with path.open("a") as file:
        file.write(
            newer + "nonsense\n" + run(1, 90).to_line().replace('"runs":100', '"runs":1') + '\n{"agentchaos_run":1,"a'
        )
    assert trend.add(path, run(1, 80))
    assert not trend.add(path, run(1, 80))
    told = trend.read(path)
    assert [one.successes for one in told] == [80, 90]
    assert (len(told), told.newer, told.damaged) == (2, 1, 3)
    assert told.runs[1] == run(2, 90, faults={"latency": (9, 10)}, currency="EUR")
    assert newer in path.read_text()


def test_a_foreign_file_is_left_alone(tmp_path):
    """Whoever names the wrong file loses nothing."""
    path = tmp_path / "results.jsonl"
    path.write_text('{"agentchaos":{"format":1}}\n')
    with pytest.raises(UsageError, match="no history of runs"):
        trend.add(path, run(1, 1))
    assert path.read_text() == '{"agentchaos":{"format":1}}\n'
    with pytest.raises(UsageError, match="cannot be written"):
        trend.add(tmp_path, run(1, 1))
    with pytest.raises(UsageError, match="cannot be read"):
        trend.read(tmp_path)


def test_a_full_disk_leaves_no_half_line(tmp_path, monkeypatch):
    """What was written of it is taken back."""
    path = tmp_path / "history.jsonl"
    trend.add(path, run(1, 1))
    before = path.read_bytes()
    write = trend.os.write
    monkeypatch.setattr(trend.os, "write", lambda file, line: write(file, line[:10]))
    with pytest.raises(UsageError, match="disk is full"):
        trend.add(path, run(2, 2))
    assert path.read_bytes() == before
