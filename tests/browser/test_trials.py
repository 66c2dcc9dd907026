"""The table of trials: filters, links, and a hundred thousand rows."""

from __future__ import annotations

import re

SHOWN = "document.querySelector('#shown').textContent"


def number(page) -> int:
    """How many trials the page says that it shows."""
    return int(re.search(r"[\d,]+", page.locator("#shown").inner_text()).group().replace(",", ""))


def narrowed(page, action) -> int:
    """How many are shown after something was done that changes it."""
    before = page.evaluate(SHOWN)
    action()
    page.wait_for_function(f"(before) => {SHOWN} !== before", arg=before)
    return number(page)


def test_all_trials_are_there_at_first(visit, reports):
    """The worst first, and their number is told."""
    small = visit.report(reports["small"])
    assert number(small) == 400
    assert "Fail" in small.locator("#rows tbody tr[aria-rowindex]").first.inner_text()


def test_words_narrow_the_table(visit, reports):
    """Rows that have the words stay; what is typed is part of the address; clearing brings all back."""
    small = visit.report(reports["small"])
    count = narrowed(small, lambda: small.locator("#f-q").fill("drop-response"))
    assert 0 < count < 400
    assert all("drop-response" in row for row in small.locator("#rows tbody tr[aria-rowindex]").all_inner_texts())
    assert "drop-response" in small.url
    assert narrowed(small, lambda: small.locator("#clear").click()) == 400


def test_choices_narrow_the_table_together(visit, reports):
    """A fault and a status: only trials that have both."""
    small = visit.report(reports["small"])
    by_fault = narrowed(small, lambda: small.locator("#f-fault").select_option("drop_response"))
    by_both = narrowed(small, lambda: small.locator("#f-status button[value=fail]").click())
    assert 0 < by_both < by_fault < 400


def test_what_nothing_matches_says_so(visit, reports):
    """No trial is a number, too."""
    small = visit.report(reports["small"])
    assert narrowed(small, lambda: small.locator("#f-q").fill("no such thing anywhere")) == 0


def test_the_count_is_announced(visit, reports):
    """To whoever does not see it change."""
    small = visit.report(reports["small"])
    assert small.locator("#shown").get_attribute("aria-live") == "polite"


def test_filters_stand_in_the_address(visit, reports):
    """Whoever is sent the link sees the same rows."""
    small = visit.report(reports["small"])
    count = narrowed(small, lambda: small.locator("#f-q").fill("late"))
    other = visit.report(reports["small"], at="#" + small.url.partition("#")[2])
    assert number(other) == count
    assert other.locator("#f-q").input_value() == "late"


def test_a_cell_of_the_heat_map_chooses_its_trials(visit, reports):
    """Its fault and its journey are filled in, and the table shows as many trials as the cell has."""
    small = visit.report(reports["small"])
    cell = small.locator("#map-0 td.h5 a").first
    told = int(cell.inner_text().split("/")[1].split()[0])
    assert told <= narrowed(small, cell.click) < 40
    assert small.locator("#f-fault").input_value()
    assert small.locator("#f-journey").input_value()


def test_a_link_to_a_trial_opens_its_timeline(visit, reports):
    """From an address, and from within the page."""
    page = visit.report(reports["small"])
    last = page.locator("#timelines details.trial").last.locator("[id^='trial-']").first.get_attribute("id")
    other = visit.report(reports["small"], at=f"#{last}")
    drawn = other.locator(f"[id='{last}']")
    assert drawn.evaluate("(one) => one.closest('details').open")
    assert drawn.evaluate("(one) => Math.abs(one.getBoundingClientRect().top) < innerHeight")


def test_a_link_to_a_trial_without_a_timeline_shows_what_is_known(visit, reports):
    """Every trial has an address."""
    small = visit.report(reports["small"])
    drawn = {one[6:] for one in small.locator("[id^='trial-']").evaluate_all("(all) => all.map((one) => one.id)")}
    codes = small.locator("#rows tbody tr[aria-rowindex] code, #rows tbody tr[aria-rowindex] a").all_inner_texts()
    trial = next(one for one in codes if re.fullmatch("[0-9a-f]{16}", one) and one not in drawn)
    page = visit.report(reports["small"], at=f"#trial-{trial}")
    page.locator("#picked").wait_for()
    assert trial in page.locator("#picked").inner_text()


def test_a_hundred_thousand_rows_are_there_and_few_are_drawn(visit, reports):
    """They can be scrolled to the last and filtered; the document stays small."""
    page = visit.report(reports["large"])
    assert number(page) == 100_000
    assert page.locator("#rows tbody tr").count() < 200
    first = page.locator("#rows tbody tr[aria-rowindex]").first.inner_text()
    page.locator("#rows").evaluate("(one) => { one.scrollTop = one.scrollHeight }")
    page.wait_for_function(
        "(before) => document.querySelector('#rows tbody tr[aria-rowindex]').innerText !== before", arg=first
    )
    assert page.locator("#rows tbody tr").count() < 200
    assert 0 < narrowed(page, lambda: page.locator("#f-q").fill("tour-of-two-cities")) < 10_000
