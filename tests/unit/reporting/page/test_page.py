"""The page as a whole: what stands in it, what it may do, and what becomes of what does not fit."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import zlib
from dataclasses import fields, is_dataclass, replace

import pytest

from pytest_agentchaos.evidence.decision import Cell, Decision, RuleVerdict
from pytest_agentchaos.reporting.page import page
from pytest_agentchaos.reporting.report import (
    Budget,
    Cluster,
    Difference,
    Doubt,
    Gap,
    Matrix,
    Pairs,
    Point,
    Recovery,
    Report,
    Square,
    Tool,
)
from pytest_agentchaos.reporting.timeline import Bar, Lane, Timeline

HOSTILE = (
    "<script>window.__owned=1</script>\"'><img src=x onerror=alert(1)></script>]]>"
    "{{7*7}}{%x%}\u202e\x00\ud800 javascript:x"
)


def drawn(trial: str, text: str = "book", *, messages: int = 1) -> Timeline:
    """A timeline of so many calls."""
    lanes = (Lane("planner", "agent"), Lane("book", "tool"))
    bars = tuple(
        Bar(at, 0, 1, text, 2 * at, 2 * at + 1, 0.0, 1.0, "fail", asked=text, answered=text * 20, wrong=True)
        for at in range(messages)
    )
    return Timeline(trial, text, "fail", text, (text,), lanes, bars, length=2 * messages + 1)


@pytest.fixture
def full(make_report, make_row, make_rate) -> Report:
    """A report that has every part."""
    rows = [
        make_row(0, "fail"),
        make_row(1),
        make_row(2, "unknown"),
        make_row(3, "infrastructure"),
        make_row(4, "invalid"),
        make_row(5, "inapplicable", faults=()),
    ]
    cells = (Cell("lisbon", "inconclusive", 0.5, 0.1, 0.9, 3, 12, "too few"),)
    rule = RuleVerdict(
        "floor", "pass_rate", "required", "fail", "1 of 3", 0.33, 0.02, 0.86, 0.9, n=3, runs_needed=40, cells=cells
    )
    exploration = {
        "system": "shop:agent",
        "journey": "lisbon",
        "reason": "everything holds in 12 schedules",
        "sites": ["a"],
        "faults": ["b"],
        "trials": 13,
        "depths": [
            {
                "faults": 1,
                "reachable": 12,
                "run": 12,
                "grades": {"masked": 12},
                "audit": {"run": 3, "of": 9, "misses": 0},
            }
        ],
        "unmet": ["escalated"],
    }
    square = Square(make_rate(1, 3), failed=1, unfired=1, infrastructure=1, trial=rows[0].trial)
    return make_report(
        rows,
        decision=Decision("hold", "too few runs", (rule,), "pull-request", "cd" * 32, runs_needed=40),
        matrices=(Matrix("fault x journey", ("drop_response",), ("lisbon",), {(0, 0): square}, (make_rate(1, 3),)),),
        pairs=Pairs(
            1, 0, 1, 0, 0, 0.5, (Difference("lost-ack", "lisbon", "drop", 0, "pass", "fail", rows[0].trial),), "old"
        ),
        clusters=(
            Cluster(
                "booked twice",
                "fail",
                ("no_duplicate_effect",),
                {"drop_response": 1},
                {"lisbon": 1},
                1,
                rows[0].trial,
                "drop_response at tool book #1",
                "seat was done twice",
                "agentchaos replay reports/run#0",
            ),
        ),
        timelines=(drawn(rows[0].trial),),
        tools=(Tool("book", 9, 1, 3, (5, 4), 0.0, 0.001, 0.001, 1.0, 2.5),),
        recovery=(Recovery("drop_response", 3, 2, 10.0, 30.0, 2, 3, 400, -0.01, 0.0, "EUR"),),
        gaps=(Gap("tool book", 9, 2, rows[0].trial),),
        traced=3,
        explorations=(exploration,),
        budget=Budget(0.95, 3, 2, 0.15, make_rate(1, 3), 13.3),
        trend=(
            Point("2027-01-01T00:00:00Z", "1.3", make_rate(3, 3)),
            Point("", "", make_rate(1, 3), "hold", {"cost": 0.2}),
        ),
        doubts=(Doubt("unfired", 1, "drop_response at tool cancel never fired", rows[4].trial),),
        invariants={"no_duplicate_effect": {"pass": 2, "fail": 1}},
        left_out={"clusters": 4},
    )


def test_every_part_is_there_and_says_its_numbers(full, elements):
    """A reader finds the decision first, then why, then how it can be trusted."""
    told = elements(page(full).html)
    ids = told.having("id")
    sections = (
        "verdict",
        "rules",
        "matrices",
        "pairs",
        "clusters",
        "timelines",
        "trials",
        "tools",
        "coverage",
        "history",
    )
    order = [ids.index(one) for one in (*sections, "quality", "method")]
    assert order == sorted(order)
    assert sum(tag == "h1" for tag, _ in told.tags) == 1
    for words in (
        "Hold too few runs",
        "40 more runs of the same rate would decide",
        "≥ 90.0 %",
        "booked twice",
        "agentchaos replay reports/run#0",
        "2 failures, allowance 0.15",
        "drop_response at tool cancel never fired",
        "4 more causes",
        "3 of 9 run after all, no new failure among them",
    ):
        assert words in told.text


def test_a_report_of_nothing_says_so(make_report, elements):
    """No trial, no decision: every section that stays says what would fill it."""
    told = elements(page(make_report(reason="no trial was run")).html)
    assert "There are no trials" in told.text
    assert "No policy was applied" in told.text
    assert "trials-data" not in told.having("id")


def test_where_nothing_can_be_compared_it_says_so(full, elements):
    """And not that trials ended differently which only one of the two has."""
    alone = replace(full.pairs, both_pass=0, both_fail=0, lost=0, won=0, unpaired=2, p_value=None)
    told = elements(page(replace(full, pairs=alone)).html).text
    assert "Nothing can be compared: no trial of one counts beside the same scenario" in told
    assert "losses first" not in told


def test_words_that_only_insiders_know_are_explained(full, elements):
    """What it means that an invariant is broken, and what a kind of doubt is."""
    doubts = (Doubt("unfired", 1, "stale never acted"), Doubt("left behind", 3, "printed to stderr"))
    asked = {"no_orphan": {"fail": 1}, "my_rule": {"pass": 1}}
    told = elements(page(replace(full, invariants=asked, doubts=doubts)).html).text
    assert "no_orphan broken: they leave something standing that nobody knows of" in told
    assert "my_rule broken" not in told
    assert "1 never fired stale never acted 3 left behind by the system printed" in told


def test_a_cost_that_nothing_can_be_compared_with_says_what_is_missing(full, elements):
    """And is silent where it is known."""
    unknown = replace(full.recovery[0], seconds=None)
    said = "where no such trial was run: a scenario without faults makes one"
    assert said in elements(page(replace(full, recovery=(unknown,))).html).text
    assert said not in elements(page(replace(full, recovery=(replace(unknown, seconds=1.0), unknown))).html).text


def test_the_first_thing_to_look_at_is_linked_from_the_verdict(full, elements):
    """The largest cause and its example; where nothing fails, nothing is to be begun with."""
    cluster = replace(full.clusters[0], status="fail", title="booked twice", trials=7)
    html = page(replace(full, clusters=(cluster,))).html
    assert 'Begin with what breaks 7 trials: <a href="#c-1">booked twice</a>, <a href="#trial-' in html
    assert 'id="c-1"' in html
    assert "Begin with" not in page(replace(full, clusters=(replace(cluster, status="unknown"),))).html


def test_the_same_report_gives_the_same_bytes(full):
    """Nothing is stamped with the present time or an address in memory."""
    assert page(full) == page(full)


def test_only_its_own_blocks_may_act(full, elements):
    """The policy names the hash of each inline block that a browser would run, and nothing else."""
    told = elements(page(full).html)
    policy = next(one["content"] for _, one in told.tags if one.get("http-equiv") == "Content-Security-Policy")
    inline = [(tag, text) for tag, attributes, text in told.blocks if attributes.get("type", "module") == "module"]
    assert len(inline) == 4  # style, theme, the page's script, that of timelines
    hashes = {f"{tag}-src": {_hash(text) for name, text in inline if name == tag} for tag, _ in inline}
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
    assert {name: set(rules[name].split()) for name in hashes} == hashes


def _hash(block: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(block.encode()).digest()).decode()}'"


def test_there_is_no_inline_style_or_handler(full, elements):
    """The policy would refuse them; and no address leads out of the folder."""
    html = page(full).html
    told = elements(html)
    names = {name for _, attributes in told.tags for name in attributes}
    assert "style" not in names
    assert not [name for name in names if name.startswith("on")]
    assert not [one for one in told.having("href") + told.having("src") if "//" in (one or "")]
    assert "url(http" not in html


def _poisoned(value):  # noqa: PLR0911 - one for each shape of data
    """The same, with every text replaced; statuses and other words that are ours stay."""
    if isinstance(value, str):
        return HOSTILE
    if is_dataclass(value):
        kept = {"status", "decision", "verdict", "role", "direction", "kind", "ending", "grade"}
        changes = {
            one.name: _poisoned(getattr(value, one.name))
            for one in fields(value)
            if one.name not in kept or not isinstance(getattr(value, one.name), str)
        }
        return replace(value, **changes)
    if isinstance(value, tuple) and hasattr(value, "_replace"):
        texts = {one: _poisoned(getattr(value, one)) for one in value._fields if one != "status"}
        return value._replace(**texts)
    if isinstance(value, (tuple, list)):
        return type(value)(map(_poisoned, value))
    if (
        isinstance(value, dict)
        and value
        and set(value) <= {"pass", "fail", "unknown", "infrastructure", "invalid", "inapplicable"}
    ):
        return value
    if isinstance(value, dict):
        known = {
            "system",
            "journey",
            "reason",
            "sites",
            "faults",
            "trials",
            "depths",
            "unmet",
            "grades",
            "audit",
            "cost",
        }
        return {
            (key if not isinstance(key, str) or key in known else HOSTILE): _poisoned(one) for key, one in value.items()
        }
    return value


def test_no_text_of_a_report_becomes_markup(full, elements):
    """Script tags, handlers, template syntax, marks that turn the direction: shown as text, in every field."""
    clean, hostile = elements(page(full).html), elements(page(_poisoned(full)).html)
    assert not {tag for tag, _ in hostile.tags} & {"img", "iframe", "object", "base", "x"}
    names = {name for _, attributes in hostile.tags for name in attributes}
    assert not [name for name in names if name.startswith("on") or name == "src"]
    assert [tag for tag, _ in hostile.tags].count("script") == [tag for tag, _ in clean.tags].count("script")
    assert hostile.text.count("<script>window.__owned=1</script>") > 40
    assert "{{7*7}}" in hostile.text
    assert not re.search("[\u202e\x00\ud800]", hostile.text)
    assert "\\u202e\\x00\\ud800" in hostile.text
    assert not [
        one for one in hostile.having("href") if not re.match(r"#|data:,$|timelines-\d+\.html#|[a-z]+\.html", one or "")
    ]


def test_a_text_of_megabytes_is_shortened(full, elements):
    """It is told how long it was."""
    told = page(replace(full, reason="y" * 5_000_000, decision=None)).html
    assert len(told) < 300_000
    assert "(5,000,000 characters in all)" in elements(told).text


def test_secrets_are_not_shown(full):
    """Wherever one may have slipped through."""
    html = page(replace(full, reason="it sent sk-abcdefghijklmnopqrstuvwx", decision=None)).html
    assert "sk-abcdefghij" not in html


def test_all_trials_are_packed_into_the_page(full, elements):
    """The worst first, as columns; a page with scripts shows them all."""
    told = elements(page(full).html)
    packed = next(text for _, attributes, text in told.blocks if attributes.get("id") == "trials-data")
    data = json.loads(zlib.decompress(base64.b64decode(packed)))
    assert data["trial"] == [full.rows[at].trial for at in (0, 2, 3, 4, 5, 1)]
    links = next(text for _, attributes, text in told.blocks if attributes.get("id") == "trials-links")
    assert json.loads(links) == {full.rows[0].trial: f"#trial-{full.rows[0].trial}"}


def test_without_scripts_the_failing_trials_are_a_table(make_report, make_row, elements):
    """The first two hundred of them, and how many there are."""
    rows = [make_row(at, "fail" if at < 250 else "pass") for at in range(300)]
    told = elements(page(make_report(rows)).html)
    assert "failing without-js" in told.having("class")
    assert "The first 200 of 250 that do not pass" in told.text
    assert rows[199].trial in told.text
    assert rows[200].trial not in told.text


def test_timelines_that_do_not_fit_stand_beside_the_page(full, elements):
    """The page names the file and links each of them; the file leads back."""
    timelines = tuple(drawn(f"t{at}", messages=60) for at in range(40))
    made = page(replace(full, timelines=timelines))
    inside = elements(made.html)
    beside = elements(made.side["timelines-1.html"].decode())
    assert len(made.html.encode()) < 1_500_000
    ids = [one for one in inside.having("id") + beside.having("id") if re.fullmatch(r"trial-t\d+", one)]
    assert sorted(ids) == sorted(f"trial-t{at}" for at in range(40))
    assert "timelines-1.html#trial-t39" in inside.having("href")
    assert "timelines-1.html" in inside.text
    assert "index.html" in beside.having("href")


def test_a_table_that_does_not_fit_stands_beside_the_page(make_report, make_row, elements):
    """The page stays below its limit, keeps the failing trials, and says where all of them are."""
    rows = [make_row(at, "fail" if at < 3 else "pass") for at in range(20_000)]
    made = page(make_report(rows), limit_bytes=160_000)
    assert len(made.html.encode()) <= 160_000
    told = elements(made.html)
    assert "trials-data" not in told.having("id")
    assert "All 20,000 of them stand in trials.html" in told.text
    assert "trials.html#trial-0000000000000002" in told.having("href")
    assert "trials-data" in elements(made.side["trials.html"].decode()).having("id")


def test_explorations_of_another_shape_do_no_harm(full, elements):
    """``exploration.json`` is a file that anybody may have written."""
    told = elements(page(replace(full, explorations=({"unmet": "abc", "unknown": {"why": "x"}},))).html)
    assert "Nothing that these faults and calls make up" in told.text
    for told in ({}, {"depths": [1, {"grades": 3, "audit": []}], "unknown": "x", "sites": None, "trials": "many"}):
        assert "Coverage of the exploration" in page(replace(full, explorations=(told,))).html
