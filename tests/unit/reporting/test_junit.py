"""junit.xml: what build servers read."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from pytest_agentchaos.reporting import cases
from pytest_agentchaos.reporting.junit import junit
from pytest_agentchaos.reporting.making import make

ALLOWED = {
    "testsuites": ({"name", "tests", "failures", "errors", "skipped", "time"}, {"testsuite"}),
    "testsuite": ({"name", "tests", "failures", "errors", "skipped", "time", "timestamp"}, {"testcase"}),
    "testcase": ({"name", "classname", "time"}, {"properties", "failure", "error", "skipped"}),
    "properties": (set(), {"property"}),
    "property": ({"name", "value"}, set()),
    "failure": ({"type", "message"}, set()),
    "error": ({"type", "message"}, set()),
    "skipped": ({"message"}, set()),
}
"""Element -> attributes and children: what all of the schemas that go by the name of JUnit have in common."""


def drawn(bench):
    """The file, read again, and held against the schema."""
    root = ET.fromstring(junit(make(bench.gathered(), timelines=0)))  # noqa: S314 - our own
    for element in root.iter():
        attributes, children = ALLOWED[element.tag]
        assert set(element.attrib) <= attributes
        assert {child.tag for child in element} <= children
    for suite in (root, *root.iter("testsuite")):
        told = list(suite.iter("testcase"))
        found = {name: sum(case.find(tag) is not None for case in told) for name, tag in TAGS.items()}
        assert {name: int(suite.get(name)) for name in found} == found
        assert int(suite.get("tests")) == len(told)
    return root


TAGS = {"failures": "failure", "errors": "error", "skipped": "skipped"}


@pytest.mark.parametrize(
    ("status", "tag"),
    [
        ("pass", None),
        ("fail", "failure"),
        ("unknown", "error"),
        ("invalid", "error"),
        ("infrastructure", "error"),
        ("inapplicable", "skipped"),
    ],
)
def test_each_status_has_its_element(bench, status, tag):
    """A failure is a violated invariant; what proves nothing is an error; what does not apply is skipped."""
    bench.trial(status, "stale", why="so it is")
    case = next(drawn(bench).iter("testcase"))
    assert [child.tag for child in case if child.tag != "properties"] == ([tag] if tag else [])
    assert case.get("time") == "0.250"


def test_a_failure_tells_why_under_what_and_how_to_see_it_again(bench):
    """In its text, which is all that GitLab shows."""
    trial = bench.trial("fail", "drop_response", seed=3, plan={"scenario": "lost-ack"})
    (suite,) = drawn(bench)
    assert (suite.get("name"), suite.get("timestamp")) == ("lost-ack", "2026-03-01T06:00:00")
    (case,) = suite
    assert case.get("name") == "trip [drop_response at write #1] seed 3"
    text = case.find("failure").text
    for part in ("no_duplicate_effect: seat was executed 2 times", "schedule: drop_response", f"trial: {trial} in "):
        assert part in text
    assert "see it again: agentchaos replay agentchaos:v1:" in text
    told = {one.get("name"): one.get("value") for one in case.iter("property")}
    assert (told["trial"], told["seed"], told["ended"]) == (trial, "3", "completed")


def test_no_two_cases_of_a_suite_have_one_name(bench):
    """GitLab shows the first of them only."""
    for _ in range(3):
        bench.trial("pass", "stale")
    names = [case.get("name") for case in drawn(bench).iter("testcase")]
    assert len(set(names)) == 3


def test_what_xml_has_no_letter_for_is_written_out(bench):
    """Control characters, halves of characters, the end of a section, an element."""
    text = "\x00\x1b[31m \ud800 \ufffe ]]> <b a=\"1\" c='2'> & \u202e"
    bench.trial("fail", "stale", journey=text, reason=text, plan={"scenario": text}, ended=text)
    case = next(drawn(bench).iter("testcase"))
    assert "\\x00\\x1b[31m \\ud800 \\ufffe ]]> <b a=\"1\" c='2'> & \\u202e" in case.get("name")


def test_of_very_many_those_that_hold_are_told_together(bench, monkeypatch):
    """Failures stay, as far as the limit goes; the sums of what is told together are in its name."""
    monkeypatch.setattr(cases, "LIMIT", 3)
    monkeypatch.setattr(cases.cases, "__defaults__", (3,))
    for seed in range(5):
        bench.trial("pass", "stale", seed=seed)
        bench.trial("fail", "stale", seed=10 + seed)
    names = [case.get("name") for case in drawn(bench).iter("testcase")]
    assert len(names) == 5
    assert names[3:] == ["trip: 5 trials hold", "trip: 2 trials more: fail"]


def test_the_same_report_gives_the_same_file(bench):
    """To the byte, suites in the order of the results."""
    for name in ("b", "a", "b"):
        bench.trial(plan={"scenario": name}, seed=len(bench.lines))
    assert [suite.get("name") for suite in drawn(bench)] == ["b", "a"]
    report = make(bench.gathered(), timelines=0)
    assert junit(report) == junit(report)
