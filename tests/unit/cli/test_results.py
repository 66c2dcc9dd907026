"""Results that are kept: their page is drawn beside them, and they are called what one calls them."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from pytest_agentchaos.cli import main
from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.evidence.results import read

SYSTEM = """
def shop(chaos):
    pay = chaos.tool(lambda amount: "paid", name="pay")
    return lambda request="a book": pay(3)
"""
SCENARIO = """
version: 1
name: slow
system: a_shop:shop
faults: [{fault: latency, on: {tool: pay}}]
"""


@pytest.fixture
def shop(tmp_path, monkeypatch):
    """A system and a scenario of it, and a folder that is not there yet."""
    (tmp_path / "a_shop.py").write_text(SYSTEM, encoding="utf-8")
    (tmp_path / "slow.chaos.yaml").write_text(SCENARIO, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(__import__("sys").modules, "a_shop", raising=False)
    return tmp_path / "out"


def agentchaos(*asked):
    """As from a shell."""
    return CliRunner().invoke(main, [*map(str, asked)])


RUN = ("run", "slow.chaos.yaml")
EXPLORE = ("explore", "a_shop:shop", "--faults", "latency")


@pytest.mark.parametrize("verb", [RUN, EXPLORE], ids=["run", "explore"])
def test_with_a_folder_the_page_is_drawn_and_named_last(shop, verb):
    """As an address that a browser takes."""
    result = agentchaos(*verb, "--out", shop)
    assert result.exit_code == 0, result.output
    assert result.output.rstrip().splitlines()[-1] == f"page: {(shop / 'index.html').as_uri()}"
    assert (shop / "index.html").is_file()
    assert (shop / "summary.json").is_file()


@pytest.mark.parametrize("verb", [RUN, EXPLORE], ids=["run", "explore"])
def test_for_programs_the_page_is_a_path(shop, verb):
    """None where there is none."""
    assert json.loads(agentchaos(*verb, "--out", shop, "--json").output)["page"] == str(shop / "index.html")
    assert json.loads(agentchaos(*verb, "--json").output)["page"] is None


@pytest.mark.parametrize("verb", [RUN, EXPLORE], ids=["run", "explore"])
def test_no_page_where_none_is_wanted(shop, verb):
    """Shards of a CI job are drawn together, later."""
    result = agentchaos(*verb, "--out", shop, "--no-report")
    assert result.exit_code == 0
    assert "page:" not in result.output
    assert not (shop / "index.html").exists()


@pytest.mark.parametrize("verb", [RUN, EXPLORE], ids=["run", "explore"])
def test_labels_stand_in_the_head_of_the_results(shop, verb):
    """As they were given."""
    result = agentchaos(*verb, "--out", shop, "--no-report", "--label", "release=1.4", "--label", "note=a=b")
    assert result.exit_code == 0, result.output
    assert read(shop).head.labels == {"release": "1.4", "note": "a=b"}


@pytest.mark.parametrize("label", ["release", "=1.4", "release= "])
def test_a_label_that_is_none_is_an_error(shop, label):
    """With an example of one."""
    result = agentchaos(*RUN, "--out", shop, "--label", label)
    assert result.exit_code == 2
    assert "is no label; write for example release=1.4" in result.output


def test_a_page_that_cannot_be_drawn_is_told_and_the_results_stand(shop, monkeypatch):
    """What was found does not depend on a drawing."""

    def full(*_asked, **_more):
        msg = "the disk is full"
        raise UsageError(msg)

    monkeypatch.setattr("pytest_agentchaos.reporting.folder.write", full)
    result = agentchaos(*RUN, "--out", shop)
    assert result.exit_code == 0
    assert f"The results are in {shop}, and their page could not be drawn: the disk is full" in result.stderr
    assert "page:" not in result.stdout
    assert len(read(shop)) == 1
