"""Results in which anything may stand: they are read or refused, and whatever is written of them is whole and tame."""

from __future__ import annotations

import copy
import gzip
import json
import re
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_agentchaos import frames
from pytest_agentchaos.doubles import Story
from pytest_agentchaos.evidence import trend
from pytest_agentchaos.evidence.gathered import gather
from pytest_agentchaos.evidence.results import Head
from pytest_agentchaos.reporting import summary
from pytest_agentchaos.reporting.ctrf import ctrf
from pytest_agentchaos.reporting.folder import write
from pytest_agentchaos.reporting.junit import junit
from pytest_agentchaos.reporting.making import make
from pytest_agentchaos.reporting.markdown import LIMIT_BYTES, markdown
from pytest_agentchaos.reporting.page import page
from pytest_agentchaos.reporting.page.packing import columns
from pytest_agentchaos.reporting.scorecard import make as scorecard
from pytest_agentchaos.reporting.scorecard.page import page as scorecard_page

STEADY = settings(
    max_examples=50,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
LINE = {
    "trial": "t",
    "plan": {
        "system": "shop:agent",
        "scenario": "one",
        "journey": "trip",
        "schedule": [{"fault": "stale", "on": {"site": "agent|tool|host|book|ab|1"}}],
        "seed": 1,
        "replay": "pytest tests",
    },
    "status": "fail",
    "why": "once: seat was done 2 times",
    "ended": "failed",
    "verdicts": [{"invariant": "once", "status": "fail", "reason": "seat was done 2 times", "ops": [1, 2]}],
    "fired": [1],
    "reached": {"a retry": False},
    "measures": {
        "duration_s": 1.5,
        "steps": 2,
        "cost": 0.1,
        "currency": "EUR",
        "recovery_s": 1.0,
        "tool_calls": {"book": 2},
        "errors": {"book": 1},
        "latency": {"book": {"calls": 2, "max_s": 0.2, "spread": [0, 1, 1]}},
        "untraced": {"tool book": 1},
    },
    "digest": "ab",
    "history": "histories/h.jsonl.gz",
    "calls": 3,
    "virtual_s": 1.5,
    "real_s": 0.1,
    "observed": {"sites": [["agent|tool|host|book|ab|1", 1]]},
    "left": ["task x"],
}
EXPLORATION = {
    **{name: ["x"] for name in ("faults", "sites", "undelivered", "unmet")},
    **dict.fromkeys(("system", "journey", "unstable", "verdict", "reason"), "x"),
    "schema": 1,
    "trials": 5,
    "depths": [{"faults": 1, "run": 3, "grades": {"masked": 1}, "audit": {"run": 1}}],
    "matrix": [{"fault": "f", "site": "s", "grade": "masked"}],
    "failures": [{"why": "w", "replay": "r", "schedule": [{"fault": "x"}]}],
    "unknown": [{"why": "w"}],
}
HOSTILE = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)><b id='evil' style=color:red>",
    "' onload='alert(1)",
    "]]></testcase>",
    "javascript:alert(1)",
    "\u202e\u2066\x00\x07\x1b[31m\u2028",
    "\ud800",
    "\ufffe",
    "{{ 7*7 }}{% raw %}",
    "`|`\n# out",
    "__proto__",
    "no fault",
    "x" * 9_000,
    "",
]
INFINITE = 1.25e300
"""Stands for one that JSON can write and no float can hold."""
NUMBERS = [INFINITE, 0, -0.0, -1, True, 2**64, 10**30, 10**400, -(10**400), 1e308, -1e308, 5e-324, 1e16]
ODD = st.recursive(
    st.sampled_from([*HOSTILE, *NUMBERS, None]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*HOSTILE, "fault", "on", "site", "name", "spread"]), inner, max_size=2)
    ),
    max_leaves=4,
)
CHANGES = st.lists(st.tuples(st.integers(0, 100), st.sampled_from(["set", "drop", "add"]), ODD), max_size=3)


def places(value, path=()):
    """Everywhere inside of it."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, item in items:
        yield (*path, name)
        yield from places(item, (*path, name))


def changed(value, changes):
    """The same with other things in some places."""
    value = copy.deepcopy(value)
    for number, how, odd in changes:
        found = list(places(value))
        *way, name = found[number % len(found)]
        inside = value
        for step in way:
            inside = inside[step]
        if how == "drop":
            del inside[name]
        elif how == "set" or isinstance(inside, list):
            inside[name] = odd
        else:
            inside[str(odd)[:100]] = odd
    return value


def history():
    """One in which something happens, line by line."""
    story = Story().note(effects=["seat"])
    story.call("book", flight="LX1").fault("drop_response").delivered("LX1").ok({"booking": "B1"})
    story.ask("Lisbon").says("", ("search", {"to": "Lisbon"}), tokens=(9, 9))
    story.note(outcome="completed", answer="done")
    lines = [json.loads(line) for line in story.history.to_jsonl().splitlines()]
    for line in lines:
        if "call" in line:
            line["call"]["agent"] = ["trip", "flights"]
        if line.get("op") == "fault":
            line["data"]["parameters"] = {"seconds": "4"}
    return lines


HISTORY = history()
HEAD = Head(version="1", at="2026-01-01", hash_seed="0", labels={"release": "1"}, packages={"mcp": "2"})


def written(folder, lines, ops=HISTORY, exploration=None, head=HEAD):
    """A folder of results, gathered."""
    (folder / "histories").mkdir(parents=True, exist_ok=True)
    text = "\n".join([head.to_line(), *map(json.dumps, lines), ""])
    (folder / "results.jsonl").write_text(text.replace(repr(INFINITE), "1e999"))
    (folder / "histories" / "h.jsonl.gz").write_bytes(gzip.compress("\n".join(map(json.dumps, ops)).encode(), 1))
    if exploration is not None:
        (folder / "exploration.json").write_text(json.dumps(exploration).replace(repr(INFINITE), "1e999"))
    return gather([folder])


class Tags(HTMLParser):
    """Its elements and their attributes."""

    def __init__(self, html):
        super().__init__()
        self.found = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        """One."""
        self.found.append((tag, attrs))


def strict(text):
    """JSON that any reader reads."""
    jsonschema_rs.is_valid({}, json.loads(text, parse_constant=pytest.fail))
    return json.loads(text)


def tame(html):
    """A page in which nothing is an element, an attribute or a link but what this package writes."""
    tags = Tags(html).found
    assert not {"img", "iframe", "object", "embed", "base"} & {tag for tag, _ in tags}
    for tag, attributes in tags:
        for name, value in attributes:
            assert not name.startswith("on"), (tag, attributes)
            assert name != "style", (tag, attributes)
            assert name != "href" or re.match(r"#|index\.|trials\.|timelines-|https://|data:,$", value), value
    assert "alert(1)</script>" not in html
    assert not re.search(r"[\u202e\u2066\x00\x07\x1b]", html)
    return html.encode().decode()


def everything(gathered, folder):
    """All that is written of them, valid in its format."""
    report = make(gathered, timelines=4, objective=0.9, baseline=gathered)
    drawn = page(report)
    texts = [tame(drawn.html), *(tame(side.decode()) for side in drawn.side.values())]
    texts += [summary.to_json(report), markdown(report), junit(report), ctrf(report)]
    jsonschema_rs.validator_for(summary.schema()).validate(strict(texts[-4]))
    assert len(texts[-3].encode()) <= LIMIT_BYTES
    assert not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]", texts[-2])
    ET.fromstring(texts[-2])  # noqa: S314 - our own
    strict(texts[-1])
    texts.append(json.dumps(columns(report.rows, report.provenance.sources, report.reasons)))  # deflated on the page
    for frame in (frames.trials, frames.verdicts, frames.tools, frames.faults):
        frame(gathered)
    if gathered.rows:
        one = trend.remember(gathered, {})
        (folder / "h.jsonl").unlink(missing_ok=True)
        trend.add(folder / "h.jsonl", one)
        remembered = trend.read(folder / "h.jsonl")
        assert (len(remembered), remembered.damaged) == (1, 0)
        texts += [one.to_line(), tame(scorecard_page(scorecard(remembered, objective=0.9), "h"))]
    return texts


@STEADY
@given(st.lists(CHANGES, min_size=1, max_size=3), CHANGES, CHANGES)
def test_whatever_stands_in_results_reports_are_whole_and_tame(tmp_path, lines, ops, exploration):
    """A line is a result or none; a history is drawn or not; nothing raises, and nothing of it is obeyed."""
    lines = [changed({**LINE, "trial": f"t{number}"}, changes) for number, changes in enumerate(lines)]
    everything(written(tmp_path, lines, changed(HISTORY, ops), changed(EXPLORATION, exploration)), tmp_path)


@pytest.mark.parametrize("odd", ["\ud800", HOSTILE[1], None, 5, -(10**400), INFINITE, [], [[{}]], {"a": {}}], ids=str)
def test_any_part_of_a_result_may_be_something_else(tmp_path, odd):
    """Each place of a line in turn, and all lines together."""
    lines = [LINE]
    for schedule in (LINE["plan"]["schedule"], []):
        for place, _ in enumerate(places(LINE)):
            plan = {**LINE["plan"], "journey": f"trip {place}", "schedule": schedule}
            line = changed({**LINE, "plan": plan}, [(place, "set", odd)])
            lines.append(line if line["trial"] == odd else {**line, "trial": f"t{len(lines)}"})
    everything(written(tmp_path, lines, exploration=EXPLORATION), tmp_path)


def everywhere(value, text, name=""):
    """The same with this text for every other, keys of agents' making included."""
    if isinstance(value, dict):
        told = {key: everywhere(item, text, key) for key, item in value.items()}
        return {**told, text: 1} if name in {"data", "arguments", "parameters", "tool_calls", "reached"} else told
    if isinstance(value, list):
        return [everywhere(item, text, name) for item in value]
    return text if isinstance(value, str) and name not in {"status", "op", "kind", "history", "outcome"} else value


SECRET = "c4n4ry" * 4


@pytest.mark.parametrize(
    "text",
    [
        f"sk-{SECRET}",
        f"password={SECRET}",
        f"api_key: {SECRET}",
        f"Authorization: Bearer {SECRET}",
        f"Authorization: Basic {SECRET}",
        f"https://user:{SECRET}@host/path",
        f'{{"api_key": "{SECRET}"}}',
        *(f"{'x' * length} sk-{SECRET}" for length in (28, 48, 80, 110, 188, 288, 390)),
    ],
)
def test_no_secret_leaves_by_any_file(tmp_path, text):
    """Wherever it stands: in plans, reasons, names, labels, explorations, histories; also where a text is cut."""
    lines = [everywhere({**LINE, "status": status}, text) for status in ("fail", "unknown", "invalid", "pass")]
    for number, line in enumerate(lines):
        line["trial"] += str(number)
        line["verdicts"][0]["status"] = "pass" if line["status"] in {"invalid", "pass"} else line["status"]
    head = Head(*[1, *[text] * 3], {text: text}, text, "2026-01-01", {text: text, "release": text})
    gathered = written(tmp_path, lines, everywhere(HISTORY, text), everywhere(EXPLORATION, text), head)
    assert len(gathered) == 4
    texts = everything(gathered, tmp_path)
    assert 'class="tl' in "".join(texts[:2])  # the history was drawn
    for told in texts:
        assert "c4n4ry" not in told, told[max(0, told.index("c4n4ry") - 200) :][:300]
    for path in write(make(gathered, timelines=2), tmp_path / "out").files.values():
        assert b"c4n4ry" not in path.read_bytes()
