"""``@pytest.mark.agentchaos("delivery/lost-ack")``: a test under the faults of a scenario."""

from __future__ import annotations

import pytest

SCENARIO = """
version: 1
system: shop_for_marker:shop
faults: [{fault: drop_response, on: {tool: order, nth: 1}}]
expect: {outcome: completed}
sometimes: [retry_succeeded]
"""

SHOP = """
def shop(chaos):
    ordered = []

    def order(title):
        ordered.append(title)
        return {"id": len(ordered)}

    order = chaos.tool(order, timeout_s=5)

    def take(journey=None, times=3):
        for _ in range(times):
            try:
                return order("Emma")
            except Exception as error:
                last = error
        raise last

    return take
"""

HEAD = "import pytest\nfrom shop_for_marker import shop\nfrom pytest_agentchaos import Effect\n"


@pytest.fixture
def shop(project):
    """A project with a system and a scenario."""
    project.makepyfile(shop_for_marker=SHOP)

    def write(text, name="scenarios/delivery/lost-ack.chaos.yaml"):
        path = project.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    write(SCENARIO)
    project.write = write
    return project


def run(shop, source, *args):
    """Run one test file."""
    shop.makepyfile(test_it=HEAD + source)
    return shop.runpytest_inprocess("test_it.py", *args)


def test_the_faults_are_there_before_the_test_and_the_expectations_are_judged_after_it(shop):
    """The body runs what it likes."""
    source = """
@pytest.mark.agentchaos("delivery/lost-ack")
def test_patient(agentchaos):
    agentchaos.run(shop(agentchaos))
    assert agentchaos.history.calls()[0].data.get("status") is None

@pytest.mark.agentchaos("delivery/lost-ack")
def test_impatient(agentchaos):
    with pytest.raises(Exception):
        agentchaos.run(shop(agentchaos), None, 1)
"""
    result = run(shop, source)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        ["*_ test_impatient _*", "the trial does not hold:", "  FAIL    ends(completed): it ended as failed*"]
    )


def test_a_body_that_runs_nothing_has_the_scenarios_own_system_take_its_journey(shop):
    """So the marker alone is a whole test."""
    result = run(shop, '@pytest.mark.agentchaos("delivery/lost-ack")\ndef test_it(agentchaos): pass')
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["1 trial, 2 calls, *", "faults fired: drop_response 1", "verdicts: 2 pass"])


def test_the_scenarios_system_need_not_be_there_if_the_body_runs_its_own(shop):
    """A shipped scenario names a system that a project may not have; the invariants of the file are asked."""
    shop.write(
        SCENARIO.replace("shop_for_marker", "nobodys")
        + "effects: [{name: order, tool: order, key: [title]}]\ninvariants: [no_duplicate_effect]"
    )
    source = '@pytest.mark.agentchaos("delivery/lost-ack")\ndef test_it(agentchaos): agentchaos.run(shop(agentchaos))'
    result = run(shop, source)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["  FAIL    no_duplicate_effect: *"])


def test_trials_and_seeds_are_those_of_the_marker_then_the_command_line_then_the_file(shop):
    """Each trial is a test; seeds are added."""
    shop.write(SCENARIO + "trials: 2\nseed: 100")
    source = '@pytest.mark.agentchaos("delivery/lost-ack"{})\ndef test_it(agentchaos): print("seed", agentchaos.seed)'
    told = run(shop, source.format(", seed=10, trials=3"), "-v", "-s", "--agentchaos-seed=1").stdout
    told.fnmatch_lines(["*::test_it[[]trial2[]] seed 113*"])
    run(shop, source.format("")).assert_outcomes(passed=2)
    run(shop, source.format(""), "--agentchaos-trials=4").assert_outcomes(passed=4)


def test_each_variant_of_a_matrix_is_a_test(shop):
    """With its values in its name."""
    shop.write(SCENARIO.replace("nth: 1", 'nth: "${n}"') + "matrix: {n: [1, 2]}\nif_unfired: skip")
    source = '@pytest.mark.agentchaos("delivery/lost-ack", trials=2)\ndef test_it(agentchaos): pass'
    result = run(shop, source, "-v")
    result.assert_outcomes(passed=2, skipped=2)
    result.stdout.fnmatch_lines(["*test_it[[]usual-n=1-trial0[]] PASSED*", "*test_it[[]usual-n=2-trial1[]] SKIPPED*"])


def test_the_scenario_nearest_to_the_test_is_meant(shop):
    """Beside it, or in scenarios/ of a folder above."""
    shop.write(SCENARIO.replace("completed", "refused"), "lost-ack.chaos.yaml")
    source = '@pytest.mark.agentchaos("{}")\ndef test_it(agentchaos): pass'
    run(shop, source.format("lost-ack")).assert_outcomes(failed=1)
    run(shop, source.format("delivery/lost-ack")).assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("marker", "signature", "said"),
    [
        (
            '"delivery/lost-akc"',
            "agentchaos",
            "there is no scenario 'delivery/lost-akc'; did you mean 'delivery/lost-ack'?",
        ),
        (
            '"delivery/lost-ack"',
            "",
            "the marker of * names a scenario: have the test take the fixture agentchaos as a*",
        ),
        ('"a", "b"', "agentchaos", "it takes no 'b'; write the name of a scenario, seed=N, trials=N or some of them"),
        ("5", "agentchaos", "it takes no 5; write the name of a scenario, seed=N, trials=N or some of them"),
    ],
)
def test_a_marker_that_cannot_be_meant_is_an_error_of_collection(shop, marker, signature, said):
    """It names the test, and what would be right."""
    result = run(shop, f"@pytest.mark.agentchaos({marker})\ndef test_it({signature}): pass")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"*{said}"])


def test_a_file_that_is_wrong_is_an_error_of_the_tests_that_name_it(shop):
    """With its lines."""
    shop.write(SCENARIO + "trials: 0")
    result = run(shop, '@pytest.mark.agentchaos("delivery/lost-ack")\ndef test_it(agentchaos): pass')
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*on test_it.py::test_it: scenarios/delivery/lost-ack.chaos.yaml:7: trials: 0: *"])


def test_a_test_of_unittest_cannot_have_several_trials_of_a_scenario(shop):
    """Rather than run one and be silent about the others."""
    shop.write(SCENARIO + "trials: 2")
    source = """
import unittest

@pytest.mark.agentchaos("delivery/lost-ack")
class TestIt(unittest.TestCase):
    @pytest.fixture(autouse=True)
    def chaos(self, agentchaos): pass
    def test_it(self): pass
"""
    result = run(shop, source)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*the scenario 'delivery/lost-ack' has 2 trials, of which * can have only one*"])


def test_a_shipped_scenario_is_found_by_its_name(shop):
    """From any project."""
    from pytest_agentchaos.scenario import names, shipped

    name = next(iter(names(shipped())))
    source = f'@pytest.mark.agentchaos("{name}", trials=1)\ndef test_it(agentchaos): pass'
    result = run(shop, source, "--collect-only", "-q")
    assert any("test_it.py::test_it" in line for line in result.outlines)
