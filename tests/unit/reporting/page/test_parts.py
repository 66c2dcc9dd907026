"""The parts that the page draws itself: numbers in words, texts made visible, and the charts with what they say."""

from __future__ import annotations

import base64
import json
import zlib

import pytest
from markupsafe import Markup

from pytest_agentchaos.evidence.decision import Cell, RuleVerdict
from pytest_agentchaos.reporting.page.arrangement import Drawn, arrangements
from pytest_agentchaos.reporting.page.bounds import bar, in_words, scale
from pytest_agentchaos.reporting.page.heatmap import CELLS, ROWS_OPEN, heat_map, shade
from pytest_agentchaos.reporting.page.histogram import histogram, used
from pytest_agentchaos.reporting.page.histogram import in_words as classes_in_words
from pytest_agentchaos.reporting.page.packing import columns, inert, ordered, packed
from pytest_agentchaos.reporting.page.shares import shares
from pytest_agentchaos.reporting.page.spark import SHOWN, sparkline, trend
from pytest_agentchaos.reporting.page.svg import icon, tag
from pytest_agentchaos.reporting.page.text import visible
from pytest_agentchaos.reporting.page.words import NOTHING, number, percent, seconds, signed
from pytest_agentchaos.reporting.report import Matrix, Point, Square


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("two\nlines\tand é 中 \u00a0", "two\nlines\tand é 中 \u00a0"),
        ("\u202eevil\u2066", "\\u202eevil\\u2066"),
        ("\x00\x1b[31m", "\\x00\\x1b[31m"),
        ("\ud800", "\\ud800"),
        ("a" * 12, "a" * 10 + " … (12 characters in all)"),
        ("a" * 25, "a" * 10 + " … (25 characters in all)"),
    ],
)
def test_what_hides_is_made_visible(text, told):
    """Line breaks and letters of all scripts stay; what a browser would obey becomes an escape."""
    assert visible(text, 10 if "aaa" in text else 100) == told


@pytest.mark.parametrize(
    ("value", "runs", "told"),
    [
        (1.0, 10, "100 %"),
        (0.9999, 10, "99 %"),
        (0.9999, 1000, "99.9 %"),
        (197 / 201, 201, "98.0 %"),
        (0.0001, 50, "< 1 %"),
        (0.0, 50, "0 %"),
    ],
)
def test_a_rate_looks_no_better_than_it_is(value, runs, told):
    """What is not all is never rounded to all, nor something to nothing."""
    assert percent(value, runs) == told


@pytest.mark.parametrize(
    ("value", "told"),
    [(None, NOTHING), (0, "0 s"), (0.0042, "4.2 ms"), (30.5, "30.5 s"), (4386, "73.1 min"), (1e6, "11.6 days")],
)
def test_a_time_has_the_unit_of_a_person(value, told):
    """Milliseconds to days."""
    assert seconds(value) == told


def test_numbers_have_separators_and_differences_signs():
    """As they are read aloud."""
    assert [number(12345), number(0.12345), number(1234.5)] == ["12,345", "0.123", "1,234"]
    assert [signed(3), signed(-0.5, "s"), signed(0), signed(None)] == ["+3", "\N{MINUS SIGN}500 ms", "±0", NOTHING]


def test_an_element_escapes_its_attributes_and_its_text():
    """What is markup already stays."""
    made = tag("text", "<b>", Markup("<title>x</title>"), class_='"a', text_anchor="end", x=1.50, y=None)
    assert made == '<text class="&#34;a" text-anchor="end" x="1.5">&lt;b&gt;<title>x</title></text>'


def test_a_status_nobody_knows_has_the_shape_of_unknown():
    """And no text of it becomes a class."""
    assert icon('x" onload="') == icon("unknown")
    assert 'href="#i-fail"' in icon("rollback")


def _rule(**changes):
    told = {"value": 0.9, "lower": 0.7, "upper": 0.98, "limit": 0.8, "direction": "at_least"}
    return RuleVerdict("floor", "pass_rate", "required", "inconclusive", "", **(told | changes))


def test_an_interval_is_drawn_against_its_limit():
    """On the scale of a rate from 0 to 1; the title says the same in words."""
    rule = _rule()
    on = scale(rule)
    assert (on.low, on.high, on.unit) == (0.0, 1.0, "rate")
    assert "observed 90.0 %, at least 70.0 %, at most 98.0 %, limit ≥ 80.0 %" in bar(rule, rule, on)
    assert on.x(0.7) < on.x(0.8) < on.x(0.9)


def test_a_ratio_has_a_scale_that_holds_all_its_numbers():
    """Those of its cells as well; what is off the scale stands at its edge."""
    rule = _rule(value=1.1, lower=None, upper=1.4, limit=1.2, direction="at_most")
    rule = RuleVerdict(
        "cost", "cost", "required", "fail", "", 1.1, None, 1.4, 1.2, cells=(Cell("a", "fail", 2.0, 1.5, 3.0),)
    )
    on = scale(rule)
    assert on.low < 1.1
    assert on.high > 3.0
    assert on.x(99) == on.x(on.high)


@pytest.mark.parametrize(
    ("metric", "value", "limit", "told", "same"),
    [
        ("pass_rate", -0.013, -0.05, "observed \N{MINUS SIGN}1.3 points", 0.0),
        ("latency_p95", 1.0, 1.25, "limit ≥ 1.25 times", 1.0),
    ],
)
def test_a_rule_that_compares_shows_where_both_are_the_same(metric, value, limit, told, same):
    """In points, or as a ratio; the baseline's own figure has another unit and is not on the scale."""
    rule = RuleVerdict("r", metric, "required", "pass", "", value, value, value, limit, baseline=12.0)
    on = scale(rule)
    assert on.same == same
    assert on.low < same < on.high < 2
    assert told in in_words(rule, rule, on)
    assert 'class="baseline"' in bar(rule, rule, on)


def test_histograms_share_an_axis_without_empty_room():
    """From the first class that any tool has to the last."""
    assert used([(0, 3, 0, 0), (0, 0, 0, 1)]) == range(1, 4)
    assert "up to 1 ms</text>" in histogram("book", (0, 3), range(1, 4))
    assert used([]) == range(1)


def test_a_rule_without_a_number_says_that_nothing_was_observed():
    """It is drawn all the same."""
    rule = _rule(value=None, lower=None, upper=None, limit=None)
    assert in_words(rule, rule, scale(rule)) == "nothing was observed"
    assert bar(rule, rule, scale(rule)).startswith("<svg")


def test_a_cell_tells_its_count_its_interval_and_its_marks(make_rate):
    """To whoever sees it and to whoever does not."""
    square = Square(make_rate(3, 5), failed=2, unfired=1, infrastructure=1, trial="t1")
    made = heat_map(Matrix("fault x journey", ("a<b",), ("lisbon",), {(0, 0): square}), lambda trial: f"#trial-{trial}")
    assert made.axes == ("fault", "journey")
    assert 'class="h2 m-unfired m-infra"' in made.open_rows
    assert '<a href="#trial-t1" data-c="0">3/5<span class="vh"> 3 of 5 pass, 19 % to 92 %; 2 failed' in made.open_rows
    assert "1 never fired; 1 infrastructure" in made.open_rows
    assert "a&lt;b" in made.open_rows
    assert made.has_unfired


def test_columns_show_what_is_different_about_them(make_rate):
    """What all tests begin with is still the name that a cell filters by, and that is read aloud."""
    columns_ = ("tests/test_a.py::test_one", "tests/test_a.py::test_<two>")
    made = heat_map(Matrix("fault x journey", ("a",), columns_, {(0, 0): Square(make_rate(1, 1))}), lambda trial: trial)
    assert '<span><span class="vh">tests/test_a.py::</span>test_one</span>' in made.head
    assert '<span class="vh">tests/test_a.py::</span>test_&lt;two&gt;</span>' in made.head


def test_shades_go_from_all_to_none(make_rate):
    """All and none are classes of their own."""
    assert [shade(make_rate(k, 10)) for k in (10, 9, 7, 4, 1, 0)] == [0, 1, 2, 3, 4, 5]


def test_a_cell_that_was_not_run_is_no_link(make_rate):
    """Nor one whose trials do not count a rate."""
    squares = {(0, 1): Square(make_rate(0, 0), unfired=2)}
    made = heat_map(Matrix("fault x journey", ("a",), ("x", "y"), squares), lambda trial: trial)
    assert made.open_rows.count("not run") == 1
    assert 'class="uncounted m-unfired"' in made.open_rows


def test_an_exploration_shows_grades(make_rate):
    """As letters, with a legend that counts them."""
    squares = {
        (0, at): Square(make_rate(1, 1), grade=one) for at, one in enumerate(("masked", "violated", "masked", "odd"))
    }
    made = heat_map(Matrix("fault x call", ("a",), tuple("wxyz"), squares), lambda trial: trial)
    assert made.grades == (("masked", 2), ("violated", 1))
    assert '<td class="g-violated"><a href="#trials" data-c="1">V<span class="vh"> violated</span>' in made.open_rows


def test_a_large_matrix_opens_in_part_and_counts_the_rest(make_rate):
    """Neither a browser nor a reader takes in everything."""
    names = tuple(f"s{at}" for at in range(500))
    columns_ = tuple(f"j{at}" for at in range(30))
    made = heat_map(
        Matrix("scenario x journey", names, columns_, {(0, 0): Square(make_rate(1, 1))}), lambda trial: trial
    )
    assert made.open_rows.count("<tr") == ROWS_OPEN
    assert made.more == CELLS // 30 - ROWS_OPEN
    assert made.left_out == 500 - CELLS // 30


def test_a_histogram_says_where_the_calls_are():
    """In the fullest classes, from the quickest on."""
    assert classes_in_words((0, 3, 0, 7)) == "3 calls up to 1 ms, 7 calls up to 5 ms"
    assert classes_in_words((2, *([0] * 19), 1)) == "2 calls in no time, 1 call above 16.7 min"
    assert classes_in_words(()) == "no call was timed"
    assert "<title>book: 3 calls up to 1 ms" in histogram("book", (0, 3), used([(0, 3)]))


def test_a_spark_needs_a_history():
    """One point is no line; a level line is level."""
    assert sparkline([0.5], "cost") == ""
    assert "from 1 to 3, lowest 1, highest 3" in sparkline([1, 2, 3], "cost")
    assert "12.0" in sparkline([2, 2], "cost")
    assert sparkline(range(100), "x").count(",") < 2 * SHOWN + 20


def test_a_trend_draws_each_run_with_its_interval(make_rate):
    """A run without a name is this one; a run without trials has no dot."""
    made = trend([Point("", "1.3 <x>", make_rate(9, 10)), Point("", "", make_rate(0, 0))], 0.95)
    assert made.count("<circle") == 1
    assert "1.3 &lt;x&gt;" in made
    assert "this run" in made


def test_shares_tell_every_status():
    """However small its share; nothing is drawn of nothing."""
    assert shares({}) == ""
    assert "<title>Pass 9,999, Infrastructure 1</title>" in shares({"infrastructure": 1, "pass": 9999})


def test_rows_become_columns_with_each_text_once(make_row):
    """The worst first; what was packed can be read again."""
    rows = ordered([make_row(0), make_row(1, "fail"), make_row(2, virtual_s=1234.5678)])
    data = columns(rows, ["reports/run", "reports/\u202e"], {rows[0].trial: "booked twice"})
    assert data["trial"] == [f"{at:016x}" for at in (1, 0, 2)]
    assert data["texts"]["journey"] == ["lisbon"]
    assert data["lists"]["failed"] == [[0], []]
    assert data["texts"]["why"] == ["booked twice", ""]
    assert data["seconds"] == [1.5, 1.5, 1234.6]
    assert data["texts"]["source"] == ["reports/run", ""]
    assert json.loads(zlib.decompress(base64.b64decode(packed(data)))) == data


def test_an_inert_block_cannot_be_ended():
    """By nothing that stands in it."""
    assert inert({"a": "</script>"}) == '{"a":"\\u003c/script>"}'


def test_as_many_timelines_as_fit_stand_inside():
    """In their order; the others in files, none of which is larger than the page may be."""
    timelines = [Drawn(f"t{at}", "", "fail", "", "x" * 100_000) for at in range(90)]
    tried = list(arrangements(timelines, 0, 2_000_000))
    assert [len(one.inside) for one in tried] == [6, 0, 0]
    assert [one.has_table for one in tried] == [True, True, False]
    assert [len(group) for _, group in tried[0].beside] == [14, 14, 14, 14, 14, 14]
    assert tried[0].links()["t6"] == "timelines-1.html#trial-t6"
    assert tried[0].links(within="trials.html")["t0"] == "index.html#trial-t0"
