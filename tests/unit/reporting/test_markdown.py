"""summary.md: read by GitHub, written by nobody's agent."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from pytest_agentchaos.evidence.decision import Cell, Decision, RuleVerdict
from pytest_agentchaos.reporting.making import make
from pytest_agentchaos.reporting.markdown import LIMIT_BYTES, markdown
from pytest_agentchaos.reporting.marking import block, code, folded, plain
from pytest_agentchaos.reporting.report import Cluster

HOSTILE = [
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "![x](http://evil.example/p.png) [click](javascript:alert(1)) <https://evil.example>",
    "| a | b |\n|---|---|\n| 1 | 2 |",
    "`` ` ``` ```` code ````\n```\n# out",
    "</details></summary></code><h1>hi</h1>",
    "@everyone please look at #1 and www.evil.example or mail me@evil.example",
    "\u202egnp.exe\u2066\u200f\u200b\x1b[31mred\x07\x00",
    "{{ 7*7 }} {% raw %} ${7*7} $$x^2$$ <!-- a comment --> &lt; &#64;",
    "\\`\\*\\_\\|\\<b>",
    "--- \n* * *\n1. one\n> quote\n\tcode",
]
RULE = RuleVerdict("flo|or", "pass_rate", "veto", "fail", "it is | low", 0.5, 0.1, 0.9, 0.8, n=7, runs_needed=30)


def report(bench, **given):
    """Of what stands on the bench."""
    return make(bench.gathered(), timelines=0, **given)


@pytest.fixture
def hostile(bench, other):
    """Every text of a report, hostile."""
    for text in HOSTILE:
        more = {"invariant": text, "reason": text, "why": text, "left": (text,), "ended": text}
        plan = {"scenario": text, "system": text}
        rule = {"fault": text, "on": {"name": text, "kind": text}}
        measures = {"tool_calls": {text: 1}, "recovery_s": 1.0, "currency": text, "cost": 1.0}
        bench.trial("fail", rule, journey=text, plan=plan, measures=measures, reached={text: False}, **more)
        bench.trial("infrastructure", rule, journey=text, plan=plan, **more)
        other.trial("pass", rule, journey=text, plan=plan)
    text = " ".join(HOSTILE)
    rule = replace(RULE, id=text, reason=text, role=text, waived=text, cells=(Cell(text, "fail", reason=text),))
    decision = Decision("rollback", text, (rule,), text, text)
    return report(bench, title=text, baseline=other.gathered(), decision=decision)


def uncoded(text):
    """What GitHub reads as Markdown: neither fenced nor in ticks, and no backslash before it."""
    text = re.sub(r"^(`{3,})[^\n]*\n.*?^\1$", "FENCED", text, flags=re.MULTILINE | re.DOTALL)
    text = re.sub(r"(?<![`\\])(`+)(?!`).*?(?<!`)\1(?!`)", "CODE", text)
    text = re.sub(r"<details><summary><code>[^<>\n]*</code></summary>", "FOLDED", text)
    return re.sub(r"\\[^\w\s]", "ESCAPED", text.replace("</details>", "FOLDED"))


def test_no_text_of_an_agent_is_obeyed(hostile):
    """No HTML, link, picture, mention, table, heading or mark of direction is left of it."""
    text = markdown(hostile)
    left = uncoded(text)
    assert not re.search(r"[<>\[\]`!$~]", re.sub(r"ESCAPED", "", left)), re.findall(r".{30}[<>\[\]`!$~].{30}", left)
    assert not re.search(r"@(?!\u2060)|www\.|https?://", left)
    assert not re.search(r"[\u202a-\u202e\u2066-\u2069\u200b-\u200f\x00-\x08\x0b-\x1f]", text)
    headings = re.findall(r"^#+ .*$", left, re.MULTILINE)
    assert all(re.match(r"# \S+ Roll back: |## |### 1 trial: ", heading) for heading in headings), headings


def test_it_is_what_a_parser_of_markdown_makes_of_it(hostile):
    """The real grammar: nothing but what this package writes becomes an element."""
    parser = pytest.importorskip("markdown_it").MarkdownIt("commonmark").enable("table")
    tokens = parser.parse(markdown(hostile))
    inline = [child for token in tokens for child in token.children or ()]
    assert {one.type for one in inline} <= {
        "text",
        "code_inline",
        "strong_open",
        "strong_close",
        "em_open",
        "em_close",
    } | {
        "softbreak",
        "text_special",
    }
    html = "".join(token.content for token in tokens if token.type == "html_block")
    assert set(re.findall(r"<[^>]*>", html)) == {
        "<details>",
        "<summary>",
        "<code>",
        "</code>",
        "</summary>",
        "</details>",
    }


@pytest.mark.parametrize("text", HOSTILE)
def test_a_table_keeps_its_columns(text):
    """Whatever stands in a cell."""
    for told in (plain(text), code(text)):
        assert "\n" not in told
        assert not re.search(r"(?<!\\)\|", told)


@pytest.mark.parametrize("text", [*HOSTILE, "", "`", "``", " `a` "])
def test_a_fence_is_longer_than_what_is_in_it(text):
    """So that nothing can close it."""
    lines = block(text, 500).split("\n")
    assert lines[0] == lines[-1]
    assert all(lines[0] not in line for line in lines[1:-1])
    fence = re.match("`+", code(text))[0]
    assert fence not in code(text)[len(fence) : -len(fence)]


def test_what_is_folded_is_told_as_text():
    """Its first line is HTML to GitHub."""
    assert "<summary><code>&lt;b&gt; @x</code></summary>" in folded("<b> @x", "inside")


def test_the_verdict_is_first_and_failures_are_next(bench):
    """Then what proves nothing, then the rest."""
    bench.trial("infrastructure", why="no port")
    bench.trial("fail", "drop_response")
    text = markdown(report(bench, objective=0.9))
    assert text.startswith("# ❌ Something fails: shop\\:agent\n\n**1 of 1 trial carries out seat twice")
    order = ["# ❌", "## What fails", "```sh\nagentchaos replay ", "## What proves nothing", "## Error budget", "doubt"]
    places = [text.index(one) for one in order]
    assert places == sorted(places)


def test_the_rules_of_a_gate_stand_before_the_causes(bench):
    """Its word takes the place of ours; a rule that fails is told cell by cell."""
    bench.trial()
    rules = (replace(RULE, id="held", status="pass"), replace(RULE, cells=(Cell("trip", "fail", 0.5, 0.1, 0.9, 7),)))
    text = markdown(report(bench, decision=Decision("rollback", "the floor is missed", rules, "nightly")))
    assert text.startswith("# ❌ Roll back: shop\\:agent\n\n**the floor is missed**")
    assert "| ❌ | `flo│or` (veto) | 50.0 % | 10.0 % to 90.0 % | ≥ 80.0 % | 7, 30 more needed | it is \\| low |" in text
    assert text.index("flo│or") < text.index("held")
    assert "| ❌ | `trip` | 50.0 % | 10.0 % to 90.0 % | 7 |" in text


def test_a_rule_that_compares_speaks_of_points(bench):
    """A loss of 23 points is not written as -0.2308."""
    bench.trial()
    worse = replace(RULE, metric="pass_rate", value=-0.2308, lower=-0.437, upper=-0.043, limit=-0.05, baseline=1.0)
    text = markdown(report(bench, decision=Decision("hold", "perhaps worse", (worse,))))
    told = "| -23.1 points | -43.7 points to -4.3 points | ≥ -5 points |"
    assert told.replace(" -", " \N{MINUS SIGN}") in text


def test_trials_that_count_in_no_rate_are_explained(bench):
    """Wherever a cell has some."""
    bench.trial("invalid", "stale")
    assert "_(+2): two more trials, which prove nothing" in markdown(report(bench))
    bench.lines.clear()
    bench.trial("pass", "stale")
    assert "(+2)" not in markdown(report(bench))


def test_where_nothing_can_be_compared_no_trial_ended_differently(bench, other):
    """Other seeds are other trials."""
    bench.trial("fail", "stale", seed=1)
    other.trial("pass", "stale", seed=2)
    text = markdown(report(bench, baseline=other.gathered()))
    assert "2 that cannot be compared" in text
    assert "ended differently" not in text


def test_what_all_tests_have_in_common_is_left_out_of_narrow_columns(bench):
    """Each column says which test it is."""
    for name in ("test_one", "test_two[a/b]"):
        bench.trial("fail", "stale", journey=f"tests/test_shop.py::{name}")
    assert "|  | `test_one` | `test_two[a/b]` | all |" in markdown(report(bench))


def test_twenty_thousand_failures_fit(bench):
    """Always below the limit, in whole parts, and what is not there is counted."""
    bench.trial("fail", "drop_response")
    cluster = report(bench).clusters[0]
    many = tuple(
        Cluster(
            **{name: getattr(cluster, name) for name in Cluster.__slots__}
            | {"title": f"rule: {number} " + "<" * 200, "why": "&`\u202e" * 2_000, "replay": "r" * 5_000}
        )
        for number in range(20_000)
    )
    text = markdown(replace(report(bench), clusters=many))
    assert len(text.encode()) < LIMIT_BYTES
    assert "_... and 19940 more causes: see `index.html`._" in text
    assert text.count("<details>") == text.count("</details>")
    small = markdown(replace(report(bench), clusters=many), limit_bytes=40_000)
    assert len(small.encode()) < 40_000
    assert small.count("<details>") == small.count("</details>")
    assert "Left out, since a summary may not be larger: causes" in small
    assert small.startswith("# ❌ Something fails")


def test_a_long_table_says_how_much_more_there_is(bench):
    """It is cut between rows."""
    for number in range(70):
        bench.trial("pass", f"fault_{number}", journey=f"journey {number % 12}")
    text = markdown(report(bench))
    assert "_... and 20 more rows._" in text
    assert "_... and 2 more columns._" in text
    table = text[text.index("fault x journey") :].partition("</details>")[0]
    assert {line.count(" | ") for line in table.split("\n") if line.startswith("| `fault_")} == {11}
