"""Scenario files are test files: collected, named, selected, parametrized and reported as tests are."""

from __future__ import annotations

import re

import pytest

SHOP = """
class Shop:
    journeys = ("one-book", "two-books")

    def __init__(self, careful=True):
        self.careful, self.orders = careful, {}

    def introduce(self, chaos):
        from pytest_agentchaos import Effect
        self.order = chaos.tool(self.order, timeout_s=5)
        chaos.effect(Effect("order", tool="order", key="title", id="result.id"))

    def order(self, title):
        return {"id": self.orders.setdefault(title if self.careful else len(self.orders), len(self.orders))}

    def take(self, journey):
        for _ in range(3):
            try:
                return self.order("Emma")
            except Exception:
                pass
        raise RuntimeError("no answer")


def shop(careful=True):
    return Shop(careful)


def broken():
    raise OSError("no database")


calls = []


def stateful(chaos):
    ask = chaos.tool(lambda text: text, name="ask")
    calls.append(1)
    return lambda journey=None: ask(f"call {len(calls)}")
"""

LOST_ACK = """
version: 1
name: lost-ack-books-once
tags: [delivery, write]
system: shop_for_pytest:shop
faults: [{fault: drop_response, on: {write: "*", nth: 1}}]
"""

CARELESS = LOST_ACK.replace(":shop", ":shop(careful=False)")


@pytest.fixture
def shop(project):
    """A project with a system, and scenarios under its test paths."""
    project.makepyfile(shop_for_pytest=SHOP)

    def write(text, name="scenarios/delivery/lost-ack.chaos.yaml"):
        path = project.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    project.write = write
    return project


def nodes(result):
    """The node ids that were collected."""
    return [line for line in result.outlines if "::" in line]


def test_a_scenario_is_collected_with_a_name_that_reads_well(shop):
    """File, journey, matrix, trial; other YAML files are none of ours."""
    shop.write(LOST_ACK)
    shop.write(LOST_ACK + "journeys: [one-book, two-books]\nseed: '${s}'\ntrials: 2\nmatrix: {s: [3]}", "b.chaos.yaml")
    shop.write("not: a scenario", "scenarios/config.yaml")
    result = shop.runpytest_inprocess("--collect-only", "-q")
    assert nodes(result) == [
        "b.chaos.yaml::one-book-s=3[trial0]",
        "b.chaos.yaml::one-book-s=3[trial1]",
        "b.chaos.yaml::two-books-s=3[trial0]",
        "b.chaos.yaml::two-books-s=3[trial1]",
        "scenarios/delivery/lost-ack.chaos.yaml::one-book",
    ]


def test_a_scenario_passes_fails_or_is_skipped_as_a_test_does(shop):
    """The summary counts its trials, faults and verdicts like those of tests."""
    shop.write(LOST_ACK, "a.chaos.yaml")
    shop.write(CARELESS, "b.chaos.yaml")
    shop.write(LOST_ACK.replace("write:", "model:") + "if_unfired: skip", "c.chaos.yaml")
    shop.write(LOST_ACK.replace("write:", "model:"), "d.chaos.yaml")
    shop.write(LOST_ACK.replace(":shop", ":broken"), "e.chaos.yaml")
    result = shop.runpytest_inprocess("-rs")
    result.assert_outcomes(passed=1, failed=3, skipped=1)
    result.stdout.fnmatch_lines(
        [
            "*_ lost-ack-books-once: one-book _*",
            "the trial does not hold:",
            "  FAIL    no_duplicate_effect: *",
            "*- agentchaos -*",
            "fault: faults.DropResponse() on.write(nth=1)",
            "timeline:",
            "*_ lost-ack-books-once: one-book _*",
            "invalid: 1 of 1 faults never fired*",
            "*_ lost-ack-books-once: *_*",
            "there was no proper trial: the system did not start: OSError: no database",
            "5 trials, * calls, *",
            "faults fired: drop_response 2",
            "SKIPPED * c.chaos.yaml:1: inapplicable: the system makes no call that a fault of the scenario*",
        ]
    )


def test_a_failure_ends_with_two_commands_that_repeat_it(shop):
    """One with pytest, one without."""
    shop.write(CARELESS + "trials: 2")
    result = shop.runpytest_inprocess("--agentchaos-seed=7")
    text = result.stdout.str()
    assert re.findall("^without pytest: (.*)$", text, re.MULTILINE)[1] == (
        "agentchaos run scenarios/delivery/lost-ack.chaos.yaml --only 'one-book[trial1]' --seed 7"
    )
    (replay,) = re.findall(r"^replay: (?:python -m )?pytest (.*trial1.*)$", text, re.MULTILINE)
    assert replay == "'scenarios/delivery/lost-ack.chaos.yaml::one-book[trial1]' --agentchaos-seed=7"
    again = shop.runpytest_inprocess("scenarios/delivery/lost-ack.chaos.yaml::one-book[trial1]", "--agentchaos-seed=7")
    again.assert_outcomes(failed=1)
    digests = [re.findall("^digest: (.*)$", one.stdout.str(), re.MULTILINE) for one in (result, again)]
    assert digests[1] == digests[0][1:]


def test_trials_and_seeds_of_the_session_hold(shop):
    """The command line has the last word on trials, and the ini file where nobody says; seeds are added."""
    shop.write(LOST_ACK + "trials: 2\nseed: 10", "two.chaos.yaml")
    shop.write(LOST_ACK, "usual.chaos.yaml")
    result = shop.runpytest_inprocess("-o", "agentchaos_trials=3", "--agentchaos-seed=5")
    result.assert_outcomes(passed=5)
    result.stdout.fnmatch_lines(["5 trials, *, seeds 5 to 16"])
    shop.runpytest_inprocess("--agentchaos-trials=4").assert_outcomes(passed=8)


@pytest.mark.parametrize(
    ("option", "count"),
    [("-k", 1), ("-k not write", 0), ("-k lost-ack-books-once", 1), ("-k one-book", 1), ("-m agentchaos", 1)],
)
def test_scenarios_are_selected_by_name_tag_and_marker(shop, option, count):
    """As tests are."""
    shop.write(LOST_ACK)
    shop.makepyfile(test_plain="def test_plain(): pass")
    words = option.split(" ", 1)
    result = shop.runpytest_inprocess(
        "--strict-markers", words[0], words[1] if len(words) > 1 else "delivery and write"
    )
    result.assert_outcomes(passed=count if "not" not in option else 1, deselected=1)


def test_every_problem_of_a_file_is_an_error_of_collection_without_a_traceback(shop):
    """And nothing runs."""
    shop.write(LOST_ACK + "trials: 0\nnmae: x")
    shop.write(LOST_ACK, "fine.chaos.yaml")
    result = shop.runpytest_inprocess()
    result.assert_outcomes(errors=1)
    lines = result.outlines
    start = next(number for number, line in enumerate(lines) if "ERROR collecting" in line)
    assert lines[start + 1 : start + 3] == [
        "scenarios/delivery/lost-ack.chaos.yaml:7: trials: 0: input should be greater than or equal to 1",
        "scenarios/delivery/lost-ack.chaos.yaml:8: nmae: a scenario has no key 'nmae'; did you mean 'name'?",
    ]
    assert "Traceback" not in result.stdout.str()


def test_fixtures_of_the_project_hold_for_scenarios(shop):
    """Those that act by themselves, and what is declared for all tests."""
    shop.makeconftest("""
import pytest
from pytest_agentchaos import Effect

@pytest.fixture(autouse=True)
def told(request, agentchaos):
    yield
    print("fixture saw", request.node.name, agentchaos.outcome.ending)

@pytest.fixture(scope="session")
def agentchaos_effects():
    return [Effect("order", tool="order", key="title", id="result.id")]
""")
    shop.write(LOST_ACK)
    shop.runpytest_inprocess("-s").stdout.fnmatch_lines(["*fixture saw one-book completed*"])


def test_another_system_can_take_the_scenarios(shop):
    """By an option or the ini file, without touching a file; the replay line has it."""
    shop.write(LOST_ACK.replace("shop_for_pytest", "nobodys"))
    system = "shop_for_pytest:shop(careful=False)"
    result = shop.runpytest_inprocess(f"--agentchaos-system={system}")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"without pytest: * --system '{system}'", f"replay: * '--agentchaos-system={system}'"])
    shop.runpytest_inprocess("-o", "agentchaos_system=shop_for_pytest:shop").assert_outcomes(passed=1)


def test_a_scenario_whose_two_runs_differ_is_found_out(shop):
    """The check for determinism is the same as that of tests."""
    shop.write("version: 1\nsystem: shop_for_pytest:stateful")
    result = shop.runpytest_inprocess("--agentchaos-check-determinism")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["the same test, run twice, left two histories; they part at op *"])
    shop.write(LOST_ACK, "lost.chaos.yaml")
    shop.runpytest_inprocess("lost.chaos.yaml", "--agentchaos-check-determinism").assert_outcomes(passed=1)


TORN = LOST_ACK.replace("drop_response", "reset").replace("version: 1", "version: 1\nmode: live")


def test_a_live_scenario_is_held_against_virtual_time(shop):
    """Where the two differ, the test fails, and says in what."""
    shop.makepyfile(
        lives="""
        from shop_for_pytest import Shop

        class Both(Shop):
            careful_live = True
            def live(self):
                return Shop(self.careful_live)

        class Careless(Both):
            careful_live = False
        """
    )
    shop.makefile(".chaos.yaml", same=TORN.replace("shop_for_pytest:shop", "lives:Both"))
    shop.makefile(".chaos.yaml", otherwise=TORN.replace("shop_for_pytest:shop", "lives:Careless"))
    result = shop.runpytest("-p", "no:cacheprovider")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "the trial does not hold:",
            "*it came out otherwise in real time than in virtual time:",
            "*no_duplicate_effect: fail live, pass in virtual time (*",
        ]
    )


def test_scenarios_are_spread_over_processes(shop):
    """Each worker collects the same, and the summary counts all."""
    shop.write(LOST_ACK + "trials: 3")
    shop.write(CARELESS, "b.chaos.yaml")
    result = shop.runpytest_subprocess("-n2", "-p", "xdist")
    result.assert_outcomes(passed=3, failed=1)
    result.stdout.fnmatch_lines(["4 trials, *"])
