"""The page opens from a disk: whatever it shows, however wide it is, with and without scripts, on paper."""

from __future__ import annotations

import pytest

KINDS = ("small", "explored", "gated", "empty", "large")
SPILLS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.mark.parametrize("kind", KINDS)
def test_it_opens_without_complaint(visit, reports, kind):
    """No error, no request, one verdict as its heading, and the same word in the title."""
    page = visit.report(reports[kind])
    assert page.locator("h1").count() == 1
    word = page.locator("h1").inner_text().strip()
    assert word in {"Pass", "Fail", "Undecided", "Promote", "Roll back", "Hold", "Invalid"}
    assert page.title().startswith(word)
    assert page.evaluate("document.documentElement.lang") == "en"


@pytest.mark.parametrize("kind", ["small", "explored", "gated"])
@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_it_never_scrolls_sideways(visit, reports, kind, scripts):
    """On a phone, on half a screen and on a whole one; what is wider scrolls by itself."""
    page = visit(reports[kind], scripts=scripts)
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true })")
    spills = {}
    for width in (360, 900, 1440):
        page.set_viewport_size({"width": width, "height": 800})
        spills[width] = page.evaluate(SPILLS)
    assert spills == {360: 0, 900: 0, 1440: 0}


def test_it_reads_without_scripts(visit, reports):
    """Verdict, rules, heat map, causes, timelines and the trials that do not pass: all there, nothing dead."""
    page = visit(reports["gated"], scripts=False)
    assert page.locator("#verdict .reason").inner_text()
    assert page.locator("#rules table.rules tbody > tr").count() >= 3
    assert page.locator("#matrices table.heat td a").first.is_visible()
    assert page.locator("#clusters article").first.is_visible()
    assert page.locator("#trials .failing tbody tr").first.is_visible()
    page.locator("#timelines details.trial").nth(1).locator("summary").first.click()
    assert page.locator("#timelines details.trial").nth(1).evaluate("(one) => one.open")
    assert page.locator(".with-js:visible, button:visible").count() == 0


def test_with_scripts_the_plain_table_gives_way(visit, reports):
    """Nobody reads the same trials twice."""
    page = visit.report(reports["gated"])
    assert not page.locator("#trials .failing").is_visible()


def test_on_paper_there_is_nothing_to_click(visit, reports):
    """Navigation, buttons and filters stay on the screen; the trials that do not pass are printed."""
    page = visit.report(reports["gated"])
    page.emulate_media(media="print")
    assert page.locator("nav:visible, button:visible, input:visible, select:visible").count() == 0
    assert page.locator("#verdict .reason").is_visible()
    assert page.locator("#trials .failing tbody tr").first.is_visible()
    assert page.pdf(format="A4").startswith(b"%PDF")


@pytest.mark.parametrize(("system", "other"), [("light", "dark"), ("dark", "light")])
def test_the_theme_follows_the_system_until_it_is_switched(visit, reports, system, other):
    """One press on the switch shows the other one."""
    page = visit.report(reports["explored"], color_scheme=system)
    paper = "getComputedStyle(document.body).backgroundColor"
    before = page.evaluate(paper)
    page.locator("#theme").click()
    after = page.evaluate(paper)
    page.locator("#theme").click()
    assert before == page.evaluate(paper) != after
    assert after == visit.report(reports["explored"], color_scheme=other).evaluate(paper)


def test_a_replay_line_can_be_copied(visit, reports):
    """The whole line, as it stands there."""
    page = visit.report(reports["small"], permissions=["clipboard-read", "clipboard-write"])
    command = page.locator("#clusters .command").first
    command.locator("button.copy").click()
    page.wait_for_function("navigator.clipboard.readText().then((text) => text.length > 0)")
    assert page.evaluate("navigator.clipboard.readText()") == command.locator("pre").inner_text()
