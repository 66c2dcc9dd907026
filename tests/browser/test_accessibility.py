"""Whoever cannot see well, or has no mouse, reads the same page."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import pytest


@cache
def axe() -> str:
    """The source of axe-core, which a test tool brings along."""
    from axe_playwright_python.base import AXE_SCRIPT

    return AXE_SCRIPT


_RUN = """
() => axe.run(document, { resultTypes: ['violations'], iframes: false }).then(({ violations }) => violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.length} x ${nodes[0].target} ${nodes[0].failureSummary}`))
"""
_OPEN = "document.querySelectorAll('#rules details, #timelines details').forEach((one) => { one.open = true })"


@pytest.mark.parametrize(
    ("kind", "theme", "width"),
    [("audited", "light", 1280), ("audited", "dark", 1280), ("audited", "light", 360), ("explored", "dark", 900)],
)
def test_axe_finds_nothing_serious(visit, reports, kind, theme, width):
    """Contrast, names, roles, order: in both themes, wide and narrow, with everything open."""
    page = visit.report(reports[kind], size=(width, 800), color_scheme=theme)
    page.evaluate(_OPEN)
    page.evaluate(axe())
    assert page.evaluate(_RUN) == []


_WATCH = """
() => {
    window.walked = [];
    document.addEventListener('focusin', ({ target }) => {
        const style = getComputedStyle(target);
        const ringed = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 1;
        const { width, height } = target.getBoundingClientRect();
        walked.push({ target, seen: (ringed || style.boxShadow !== 'none') && width > 0 && height > 0 });
    });
}
"""
_REACHABLE = "a[href], button, input, select, summary, [tabindex='0']"
_MISSED = """
(reachable) => {
    const walked = new Set(window.walked.map(({ target }) => target));
    const told = (one) => one.outerHTML.slice(0, 120);
    const seen = (one) => one.checkVisibility({ visibilityProperty: true }) && !one.disabled && one.tabIndex >= 0;
    // The table of all trials has one stop, and draws its rows anew while one walks.
    const all = [...document.querySelectorAll(reachable)].filter((one) => seen(one) && !one.closest('#rows tbody'));
    return [
        ...all.filter((one) => !walked.has(one)).map((one) => `not reached: ${told(one)}`),
        ...window.walked.filter(({ seen }) => !seen).map(({ target }) => `focus is not seen: ${told(target)}`),
    ].slice(0, 10);
}
"""


def test_the_keyboard_reaches_everything(visit, reports):
    """Tab leads to whatever can be used, in turn, and it is seen where one is."""
    page = visit.report(reports["audited"])
    page.evaluate(_WATCH)
    most = page.locator(_REACHABLE).count() + 5
    for _ in range(most):
        page.keyboard.press("Tab")
    assert page.evaluate(_MISSED, _REACHABLE) == []


def test_tab_leaves_the_table_of_trials(visit, reports):
    """A hundred thousand rows are one stop: arrows walk over them, and draw those that come into view."""
    page = visit.report(reports["large"])
    page.locator("#rows tbody a").first.focus()
    begun = page.evaluate("document.activeElement.textContent")
    for _ in range(60):
        page.keyboard.press("ArrowDown")
    walked = page.evaluate("document.activeElement.textContent")
    assert page.evaluate("document.activeElement.closest('#rows tbody') !== null")
    assert walked != begun
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('#rows') === null")


def test_the_first_stop_leads_past_the_navigation(visit, reports):
    """Tab, Enter, and one is at the verdict."""
    page = visit.report(reports["audited"])
    page.keyboard.press("Tab")
    assert "Skip" in page.evaluate("document.activeElement.textContent")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('nav, header.top') === null")


def test_headings_are_in_order(visit, reports):
    """No level is left out on the way down."""
    page = visit.report(reports["gated"])
    levels = page.locator("h1, h2, h3, h4, h5, h6").evaluate_all("(all) => all.map((one) => Number(one.tagName[1]))")
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
