"""Error rates: what the gate promises, tried where the truth is known. The whole table stands in docs/gates.md."""

from __future__ import annotations

import pytest

from benchmarks.gating.errors import EQUAL, WORSE, simulated, undecided
from benchmarks.gating.ratios import wrong
from benchmarks.gating.speed import many
from benchmarks.gating.world import gathered as as_read
from pytest_agentchaos.gating.policy import load
from pytest_agentchaos.rng import stream

LOOKS = (50, 200)


@pytest.mark.unmeasured
def test_the_shipped_canary_policy_is_hardly_ever_wrong():
    """40 runs each, two looks: equals are not rolled back, ten points worse are not promoted."""
    equal, worse = (simulated(truth, 40, LOOKS, workers=1) for truth in (EQUAL, WORSE))
    assert equal.share("rollback", 200, ever=True) <= 0.05
    assert worse.share("promote", 200, ever=True) <= 0.05
    assert equal.share("hold", 50) > equal.share("hold", 200)
    for truth, tally in ((EQUAL, equal), (WORSE, worse)):
        for look in LOOKS:
            assert tally.share("hold", look) == pytest.approx(undecided(truth, look), abs=0.3)


def test_ratios_of_few_pairs_with_rare_large_values_are_hardly_ever_wrong():
    """300 samples of 20 pairs: a standard error would be wrong in 9 of 100."""
    ((passed, failed),) = wrong("ratio of pairs, one look", tail=True, samples=300, looks=(20,))
    assert max(passed, failed) <= 0.075


@pytest.mark.unmeasured
@pytest.mark.parametrize("multiplicity", ["holm", "none"])
def test_many_journeys_do_not_cry_wolf(policy, row, gathered, decide, multiplicity):
    """Twelve of which each is exactly as good as it has to be: without Holm, a third of the decisions roll back."""
    read = policy(f"""\
version: 1
stats: {{multiplicity: {multiplicity}}}
rules: [{{id: floor, metric: pass_rate, by: journey, min_lower_bound: 0.8}}]
""")
    random = stream(4, "journeys")
    kinds = {(j, held): row(0, "pass" if held else "fail", journey=f"j{j}") for j in range(12) for held in (0, 1)}
    wrong = 0
    for _ in range(60):
        rows = [kinds[number % 12, random.random() < 0.8] for number in range(12 * 30)]
        wrong += decide(read, gathered(rows)).decision == "rollback"
    assert wrong / 60 <= 0.1 if multiplicity == "holm" else wrong / 60 >= 0.2


def test_a_decision_about_many_trials_is_the_same_as_about_few(decide):
    """Nothing is sampled or cut off."""
    old, new = many(300)
    decision = decide(load("canary"), as_read(new, "new"), as_read(old, "old"))
    assert decision.counts["pairs"] == 300
