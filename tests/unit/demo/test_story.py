"""The whole demo: two agents, with and without a safeguard, and the pages of that."""

from __future__ import annotations

import json
import sys

import pytest
from click.testing import CliRunner

from pytest_agentchaos.cli import main
from pytest_agentchaos.demo import catalogue, show
from pytest_agentchaos.demo.agent import SAFEGUARDS
from pytest_agentchaos.demo.names import TRAVEL, weakened
from pytest_agentchaos.demo.story import _program
from pytest_agentchaos.demo.trials import rules
from reference_system.hardening import SWITCHES

LOST = "drop_response"


@pytest.fixture
def short(monkeypatch):
    """Three kinds of trouble for the small agent, and two trips of the travel system."""
    some = [line for line in rules() if line.fault.name in {LOST, "latency"} and line.selector.kind == "tool"]
    monkeypatch.setattr(show, "rules", lambda: iter(some))
    every = catalogue.plans

    def few(system, *, seed):
        found = every(system, seed=seed)
        return [found[0], *(one for one in found if one.scenario == "lost-ack-twice")]

    monkeypatch.setattr(catalogue, "plans", few)


def demo(*asked):
    """As from a shell."""
    return CliRunner().invoke(main, ["demo", *map(str, asked)])


def test_what_comes_next_can_be_pasted_where_the_demo_was_run(monkeypatch, tmp_path):
    """``make demo`` runs a command that is on nobody's path."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "executable", str(tmp_path / ".venv" / "bin" / "python"))
    monkeypatch.setattr("shutil.which", lambda name: None)
    assert _program() == ".venv/bin/agentchaos"
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert _program() == str(tmp_path / ".venv" / "bin" / "agentchaos")
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
    assert _program() == "agentchaos"


@pytest.mark.unmeasured
@pytest.mark.usefixtures("short")
def test_the_story_ends_in_two_pages_of_which_one_may_ship(tmp_path, monkeypatch):
    """Healthy first; the weakened one is compared with it. The second time, the results are there."""
    opened = []
    monkeypatch.setattr("click.launch", opened.append)
    told = demo("--out", tmp_path, "-j", 1)
    assert told.exit_code == 0, told.output
    pages = [tmp_path / name / "index.html" for name in ("healthy", "without-idempotency")]
    assert all(f"{page.as_uri()}\n" in told.output for page in pages)
    assert all("<html" in page.read_text(encoding="utf-8") for page in pages)
    assert told.output.index("promote: ") < told.output.index("rollback: ")
    assert "1 time it went wrong without idempotency" in told.output
    assert opened == []  # a browser that opens by itself is a nuisance

    written = (tmp_path / "healthy" / "results.jsonl").read_bytes()
    again = json.loads(demo("--out", tmp_path, "-j", 1, "--json", "--open").output)
    assert (tmp_path / "healthy" / "results.jsonl").read_bytes() == written
    assert [part["decision"]["decision"] for part in again["travel"]] == ["promote", "rollback"]
    assert [one["without"] for one in again["small"]] == [None, "idempotency"]
    assert opened == [page.as_uri() for page in pages]


@pytest.mark.usefixtures("short")
def test_a_safeguard_that_only_the_travel_system_has_is_said_to_be_its(monkeypatch):
    """The small agent has four of them."""
    asked = []
    monkeypatch.setattr("pytest_agentchaos.demo.story._travel", lambda *given: asked.append(given[0]) or ())
    result = demo("--weaken", "deadline")
    assert result.exit_code == 0
    assert "It has no safeguard deadline; the travel system has." in result.output
    assert [one.weakened.system for one in asked] == ['reference_system:travel("deadline")']


def test_either_name_of_a_safeguard_means_the_same():
    """Each of the small agent's is one of the travel system's."""
    assert {weakened(name).travel for name in SAFEGUARDS} <= set(SWITCHES)
    assert weakened("retry_backoff") == weakened("retries")
    assert weakened("truthful_summary").small == "confirmation"
    assert weakened("breaker").system == 'reference_system:travel("breaker")'


def test_an_unknown_safeguard_is_an_error_that_names_all(monkeypatch):
    """Before anything is run."""
    monkeypatch.setattr("pytest_agentchaos.demo.story.tell", lambda *_asked, **_more: pytest.fail("it began"))
    result = demo("--weaken", "deadlin")
    assert result.exit_code == 2
    assert "there is no switch 'deadlin'" in result.output
    assert "confirmation" in result.output
    assert demo("--weaken", '") or print("').exit_code == 2


def test_without_the_extra_it_says_what_to_install(monkeypatch):
    """Before anything is run."""

    def absent(_text):
        msg = "No module named 'starlette'"
        raise ModuleNotFoundError(msg)

    monkeypatch.setattr("pytest_agentchaos.demo.story.tell", lambda *_asked, **_more: pytest.fail("it began"))
    monkeypatch.setattr("pytest_agentchaos.demo.story.System.of", absent)
    result = demo()
    assert result.exit_code == 2
    assert "(No module named 'starlette'): pip install 'pytest-agentchaos[reference]'" in result.output


def test_every_scenario_about_the_travel_system_as_it_is_belongs_to_it():
    """The others switch something of it off themselves, and would fail for another reason."""
    found = catalogue.plans(TRAVEL, seed=0)
    scenarios = {plan.scenario for plan in found}
    assert len(scenarios) > 90
    assert {"loop-without-end-steps", "nothing-can-be-sold"}.isdisjoint(scenarios)
    assert {plan.system.text for plan in found} == {TRAVEL}
    assert next(plan.scenario for plan in found if not plan.schedule) == "no-trouble"
