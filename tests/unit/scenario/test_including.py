"""Files that build on others."""

from __future__ import annotations

import pytest

from pytest_agentchaos.scenario import DocumentError, load

COMMON = """
tags: [common]
system: shop_of_scenarios:shop
trials: 4
invariants: [terminates]
"""


def said(path):
    """What is wrong with it."""
    with pytest.raises(DocumentError) as caught:
        load(path)
    return str(caught.value)


def test_its_own_keys_win_and_lists_are_appended(write):
    """What is included comes first."""
    write(COMMON, "common.yaml")
    scenario = load(
        write("""
            version: 1
            include: common.yaml
            trials: 2
            tags: [own]
            faults: [{fault: drop_response, on: {tool: order, nth: 1}}]
            invariants: [no_duplicate_effect]
        """)
    )
    (variant,) = scenario.variants
    assert scenario.tags == ("common", "own")
    assert [one.name for one in variant.invariants] == ["terminates", "no_duplicate_effect"]
    assert (variant.system, variant.trials) == ("shop_of_scenarios:shop", 2)


def test_several_files_are_included_in_their_order_and_each_once(write):
    """Two ways to one file are one: its faults happen once."""
    write("faults: [{fault: latency}]", "slow.yaml")
    write("include: slow.yaml\ntrials: 3\ntags: [a]", "a.yaml")
    write("include: [slow.yaml]\ntrials: 5\ntags: [b]", "b.yaml")
    scenario = load(write("version: 1\nsystem: shop_of_scenarios:shop\ninclude: [a.yaml, b.yaml]"))
    assert (len(scenario.variants[0].schedule), scenario.variants[0].trials, scenario.tags) == (1, 5, ("a", "b"))


def test_files_that_include_each_other_are_an_error_that_names_the_chain(write):
    """However long it is."""
    write("include: b.yaml", "a.yaml")
    write("include: lost-ack.chaos.yaml", "b.yaml")
    assert said(write("version: 1\ninclude: a.yaml")).splitlines()[0] == (
        "b.yaml:1: include[0]: 'lost-ack.chaos.yaml' includes itself:"
        " lost-ack.chaos.yaml -> a.yaml -> b.yaml -> lost-ack.chaos.yaml"
    )


@pytest.mark.parametrize("name", ["/etc/hostname", "../outside.yaml", "inside/link.yaml"])
def test_a_file_outside_of_the_project_is_not_read(write, project, name):
    """Not by an absolute path, not upwards, not through a link."""
    (project.parent / "outside.yaml").write_text("tags: [outside]", encoding="utf-8")
    write("", "inside/nothing.yaml")
    (project / "inside" / "link.yaml").symlink_to(project.parent / "outside.yaml")
    path = write(f"version: 1\nsystem: shop_of_scenarios:shop\ninclude:\n  - {name}")
    assert said(path) == (
        f"lost-ack.chaos.yaml:4: include[0]: '{name}' leads out of the project;"
        " give a path inside of it, relative to this file"
    )


def test_a_file_that_is_not_there_is_told_with_the_way_that_led_to_it(write):
    """The file that asks for it, and who included that one."""
    write("include: gone.yaml", "a.yaml")
    told = said(write("version: 1\ninclude: a.yaml\nsystem: shop_of_scenarios:shop"))
    assert told == (
        "a.yaml:1: include[0]: there is no file 'gone.yaml'; the path is relative to this file"
        " (included by way of lost-ack.chaos.yaml -> a.yaml)"
    )


def test_what_is_wrong_in_an_included_file_is_told_with_the_line_of_that_file(write):
    """Also in a list that was put together."""
    write("faults:\n  - {fault: latncy}", "common.yaml")
    told = said(
        write("""
            version: 1
            system: shop_of_scenarios:shop
            include: common.yaml
            faults: [{fault: latency, secnds: 3}]
        """)
    )
    assert told.splitlines() == [
        "common.yaml:2: faults[0].fault: there is no fault 'latncy'; did you mean 'latency'?",
        "lost-ack.chaos.yaml:5: faults[1].secnds: latency has no parameter 'secnds'; did you mean 'seconds'?",
    ]


@pytest.mark.parametrize("text", ["[1]", "include: [5]", "just words"])
def test_what_can_include_nothing_is_an_error(write, text):
    """A list where a mapping is due, a number where a file is."""
    assert said(write(text)).startswith("lost-ack.chaos.yaml:1: ")
