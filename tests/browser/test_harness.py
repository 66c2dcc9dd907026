"""The harness of these tests: it sees what goes wrong in a page, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import re
import threading

import psutil
import pytest

from benchmarks.report import chromium as browsers

# Each says which problem a page of this body has.
BROKEN = {
    "an error on the console": ("<script>console.error('something is broken')</script>", "something is broken"),
    "an error of a script": ("<script>nobody.knows()</script>", "nobody is not defined"),
    "a request over the network": ("<img alt='' src='http://127.0.0.1:9/x.png'>", "asks http://127.0.0.1:9/x.png"),
    "a request for another file": ("<img alt='' src='other.png'>", "other.png"),
    "a dialog": ("<script>alert('hello')</script>", "dialog 'hello'"),
    "a refused script": (
        "<meta http-equiv='Content-Security-Policy' content=\"script-src 'none'\"><script>1</script>",
        "Executing inline script violates",
    ),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_problem_of_a_page_is_seen(visit, tmp_path, what):
    """Whatever a page should not do ends up among its problems."""
    body, expected = BROKEN[what]
    path = tmp_path / "page.html"
    path.write_text(f"<!doctype html><title>x</title><link rel=icon href='data:,'>{body}")
    visit(path)
    with pytest.raises(AssertionError, match=re.escape(expected)):
        visit.verify()


def test_hostile_text_that_runs_is_seen(visit, tmp_path):
    """The canary on ``window`` counts, even if the page itself complains of nothing."""
    path = tmp_path / "page.html"
    path.write_text("<!doctype html><title>x</title><link rel=icon href='data:,'><script>__owned = 1</script>")
    visit(path)
    with pytest.raises(AssertionError, match="hostile text was executed"):
        visit.verify()


def test_a_test_that_visits_runs_beside_the_main_thread(visit):
    """Playwright leaves its loop running between calls: that may not be where other tests run."""
    assert threading.current_thread() is not threading.main_thread()
    assert asyncio._get_running_loop() is not None


def test_other_tests_find_no_loop(chromium, agentchaos):
    """After a browser was used, a trial in virtual time runs in the same process as if there were none."""
    chromium.do(lambda browser: browser.version)
    assert asyncio._get_running_loop() is None

    async def system():
        await asyncio.sleep(3_600)
        return "done"

    assert agentchaos.run(system) == "done"


def test_a_browser_leaves_no_process_and_no_thread():
    """What was started for a browser ends with it."""
    if not any(map(browsers.shutil.which, browsers.NAMES)):
        pytest.skip(browsers.MISSING)
    before = {process.pid for process in psutil.Process().children(recursive=True)}
    threads = threading.active_count()
    with browsers.running() as browser:
        browser.do(lambda one: one.new_page().goto("about:blank"))
        started = [one for one in psutil.Process().children(recursive=True) if one.pid not in before]
        assert len(started) > 1
    psutil.wait_procs(started, timeout=10)
    assert not [one for one in started if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]
    assert threading.active_count() == threads


def test_a_machine_without_a_browser_is_told_what_to_install(monkeypatch):
    """The reason of the skip names the package."""
    monkeypatch.setenv("PATH", "")
    with pytest.raises(browsers.NoChromiumError, match="install the package chromium"):
        browsers.Chromium()
