"""The timeline of a trial: its messages open by mouse, by keyboard and by address."""

from __future__ import annotations

import re

FIRST = "#timelines .tl-chart >> nth=0"
OPEN = "(one) => one.open"


def test_a_message_opens_by_mouse(visit, reports):
    """A click on a call shows what was sent and what came back; another hides it."""
    page = visit.report(reports["small"])
    call = page.locator(FIRST).locator("details").first
    call.locator("summary").click()
    assert call.locator("dl dd").first.is_visible()
    assert call.locator("dl dd").first.inner_text().strip()
    call.locator("summary").click()
    assert not call.evaluate(OPEN)


def test_a_click_into_the_drawing_opens_its_call(visit, reports):
    """The arrow is as good as the words beside it."""
    page = visit.report(reports["small"])
    line = page.locator(FIRST).locator("li:has(details)").first
    line.evaluate("(one) => one.scrollIntoView({ block: 'center' })")
    line.click(position={"x": 40, "y": 6})
    assert line.locator("details").first.evaluate(OPEN)


def test_calls_are_walked_and_opened_by_keyboard(visit, reports):
    """Down goes to the next call, Enter opens it, up goes back."""
    page = visit.report(reports["small"])
    calls = page.locator(FIRST).locator("summary")
    calls.nth(0).focus()
    page.keyboard.press("ArrowDown")
    assert calls.nth(1).evaluate("(one) => one === document.activeElement")
    page.keyboard.press("Enter")
    assert calls.nth(1).evaluate("(one) => one.parentElement.open")
    page.keyboard.press("ArrowUp")
    assert calls.nth(0).evaluate("(one) => one === document.activeElement")


def test_evidence_leads_to_its_op(visit, reports):
    """What an invariant points at is one click away, and has an address for others."""
    page = visit.report(reports["small"])
    evidence = page.locator("#timelines .tl-verdicts a").first
    target = evidence.get_attribute("href")
    assert re.fullmatch(r"#trial-[0-9a-f]{16}/op-\d+", target)
    evidence.click()
    reached = "(id) => { const { top, bottom } = document.getElementById(id).getBoundingClientRect();"
    reached += " return top >= 0 && bottom <= innerHeight }"
    page.wait_for_function(reached, arg=target[1:])
    other = visit.report(reports["small"], at=target)
    other.wait_for_function(reached, arg=target[1:])


def test_the_fault_and_what_it_did_are_told_first(visit, reports):
    """Above the drawing, in words: which call was struck, and what was done twice."""
    page = visit.report(reports["small"])
    story = page.locator("#timelines .tl-story").first.inner_text()
    assert "struck" in story
    assert "done again" in story
