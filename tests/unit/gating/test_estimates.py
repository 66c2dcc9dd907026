"""Estimates: bounds, and the faster ways to ask for them; promises checked by counting every possible sample."""

from __future__ import annotations

from itertools import product
from math import comb, exp, inf, log

import pytest

from pytest_agentchaos.gating.differences import Paired, Unpaired, log_e
from pytest_agentchaos.gating.estimate import Counted, runs_needed
from pytest_agentchaos.gating.figures import Mean, Quantile, QuantileRatio, _log_e, rank, reach
from pytest_agentchaos.gating.halves import HALVED, Halves
from pytest_agentchaos.gating.measuring import measure
from pytest_agentchaos.gating.rates import Rate, Repeated
from pytest_agentchaos.gating.sample import Sample
from pytest_agentchaos.gating.shape import Rule
from pytest_agentchaos.rng import stream

METHODS = ("clopper_pearson", "wilson", "evalue")


def values(seed):
    """300 of them, in order."""
    random = stream(seed, "values")
    return sorted(random.lognormvariate(0, 0.5) for _ in range(300))


def estimates(method):
    """One of each kind, in the middle of its range."""
    ranked, other = values(1), values(2)
    return [
        Rate(45, 60, method),
        Rate(0, 60, method),
        Rate(60, 60, method),
        Repeated(0.5, Rate(45, 60, method), 3, all_pass=True),
        Repeated(0.9, Rate(45, 60, method), 3, all_pass=False),
        Paired(4.0, 9.0, 80, method),
        Paired(0.0, 0.0, 80, method),
        Unpaired(Rate(45.0, 60, method), Rate(40.0, 50, method)),
        Mean(0.1, 0.05, 40, on_log=True, method=method),
        Mean(5.0, 0.5, 40, method=method),
        Halves(1.0, [0.5 + at / 1999 for at in range(1999)], 40),
        Quantile(ranked, 0.9, 300, method),
        QuantileRatio(Quantile(ranked, 0.9, 300, method), Quantile(other, 0.9, 300, method), 0.5),
        Counted(2, 4, 50),
    ]


@pytest.mark.parametrize("method", METHODS)
def test_above_and_below_say_what_the_bounds_say(method):
    """A little inside of a bound it is so, a little outside it is not."""
    for one in estimates(method):
        for alpha in (0.05, 0.01):
            low, high = one.bounds(alpha)
            small = 1e-6 * max(1.0, abs(high))
            assert one.above(low - small, alpha), one
            assert one.below(high + small, alpha), one
            assert not one.above(low + small, alpha) or low in {0.0, -1.0}, one
            assert not one.below(high - small, alpha), one
            assert low <= one.value <= high


@pytest.mark.parametrize("method", METHODS)
def test_less_alpha_and_fewer_runs_make_bounds_wider(method):
    """The more there is of a kind, the closer they come."""
    for one in estimates(method)[:-1]:
        (low, high), (wide_low, wide_high) = one.bounds(0.05), one.bounds(0.01)
        assert wide_low <= low <= high <= wide_high
        near_low, near_high = one.grown(one.n * 10).bounds(0.05)
        assert low <= near_low + 1e-9, one
        assert near_high - 1e-9 <= high, one


@pytest.mark.parametrize("n", [20, 40, 52, 58, 59, 80, 120])
def test_bounds_of_a_difference_side_with_the_exact_test(n):
    """The score alone would show five points with 52 pairs that do not differ; 59 are needed: 0.95 ** 58 > 5 %."""
    for one in (Paired(0, 0, n, limit=-0.05), Unpaired(Rate(n, n), Rate(n, n), -0.05)):
        low, high = one.bounds(0.05)
        assert one.above(-0.05, 0.05) == (low >= -0.05)
        assert one.below(-0.05, 0.05) == (high <= -0.05)
    assert Paired(0, 0, n, limit=-0.05).above(-0.05, 0.05) == (n >= 59)


@pytest.mark.parametrize("difference", [-0.3, -0.05, 0.0, 0.1])
@pytest.mark.parametrize("discordant", [0.1, 0.35])
def test_nobody_gains_by_betting_on_what_is_so(difference, discordant):
    """Over every sample of ten pairs with this very difference, the gambler is worth what he began with: 1."""
    won = max(0.0, (discordant + difference) / 2)
    lost = won - difference
    n, mean, ruined = 10, 0.0, 0.0
    for losses, wins in product(range(n + 1), repeat=2):
        same = n - losses - wins
        if same < 0:
            continue
        chance = comb(n, losses) * comb(n - losses, wins) * lost**losses * won**wins * (1 - lost - won) ** same
        mean += chance * exp(log_e(wins, losses, n, difference))
        ruined += chance * (log_e(wins, losses, n, difference) >= log(20))
    assert mean == pytest.approx(1.0, rel=1e-9)
    assert ruined <= 0.05


def test_a_bet_against_what_cannot_be():
    """No difference is below -1, and none is above 1."""
    assert log_e(1, 1, 5, -1) == inf
    assert log_e(1, 1, 5, 1) == -inf


def test_a_ratio_looked_at_after_every_trial_is_wrong_at_most_as_often_as_promised():
    """200 walks of 300 steps without an effect: a bound at one look would be wrong far more often, sometime."""
    random = stream(3, "walks")
    wrong = once = 0
    for _ in range(200):
        total, ever, look = 0.0, False, False
        for n in range(1, 301):
            total += random.gauss(0.0, 1.0)
            z = total / n**0.5
            ever |= z > 0 and n % 10 == 0 and _log_e(z, n) >= log(20)
            look |= n % 10 == 0 and z > 1.645
        wrong += ever
        once += look
    assert wrong <= 0.05 * 200
    assert once > 0.15 * 200


def test_reach_is_students_t_at_one_look_and_more_over_all():
    """By the tables: 1.833 with 9 degrees of freedom, 1.699 with 29."""
    assert reach(0.05, 10, "clopper_pearson") == pytest.approx(1.833, abs=1e-3)
    assert reach(0.05, 30, "wilson") == pytest.approx(1.699, abs=1e-3)
    assert 2.5 < reach(0.05, 100, "evalue") < 3.5


def test_a_ratio_of_few_pairs_is_of_their_halves_and_no_standard_error(row):
    """At one look; over all looks, of many pairs and without pairs it is by the standard error."""
    rule = Rule.model_validate({"id": "slow", "metric": "latency_mean", "max_ratio_upper": 1.25})
    random = stream(5, "pairs")

    def kind(n, method="clopper_pearson", *, paired=True):
        took = [{"duration_s": random.lognormvariate(0, 1)} for _ in range(2 * n)]
        new, old = (tuple(row(at, measures=took[2 * at + side]) for at in range(n)) for side in (0, 1))
        return measure(rule, Sample(new, old, tuple(zip(old, new, strict=True)) if paired else None), method)

    assert isinstance(kind(HALVED), Halves)
    assert isinstance(kind(HALVED + 1), Mean)
    assert isinstance(kind(40, "evalue"), Mean)
    assert isinstance(kind(40, paired=False), Mean)
    assert isinstance(kind(9), Mean)
    few, many = Halves(1.0, [0.5, 1.0, 2.0], 9), kind(40)
    assert few.bounds(0.3) == (None, None)
    assert many.bounds(1e-9) == (None, None)
    assert Halves(1.0, [0.5, 1.0, inf], 40).bounds(0.3) == (0.5, None)
    assert Halves(1.0, [0.25, 1.0, 4.0], 40).grown(160).bounds(0.3) == (0.5, 2.0)


def test_halves_of_a_cost_per_success_have_only_their_own_successes(row):
    """A half without any has no price; with equal costs and successes each half says the same."""
    rule = Rule.model_validate({"id": "dear", "metric": "cost_per_success", "max_ratio_upper": 1.25})
    old = tuple(row(at, measures={"cost": 1.0}) for at in range(20))
    new = tuple(row(at, "pass" if at < 10 else "fail", measures={"cost": 1.0}) for at in range(20))
    same = measure(rule, Sample(old, old, tuple(zip(old, old, strict=True))), "clopper_pearson")
    assert same.bounds(0.05) == (1.0, 1.0)
    half = measure(rule, Sample(new, old, tuple(zip(old, new, strict=True))), "clopper_pearson")
    low, high = half.bounds(0.05)
    assert half.value == 2.0
    assert 1.25 < low < 2.0 < high < 4.0


def test_a_mean_of_few_has_no_bound():
    """Nine are few."""
    nine = Mean(5.0, 0.1, 9)
    assert nine.bounds(0.05) == (None, None)
    assert not nine.below(100, 0.05)
    assert not nine.above(0, 0.05)
    assert runs_needed(nine, lambda one: one.below(6, 0.05)) == 1


def test_places_of_quantiles_are_those_of_binomial_tails():
    """59 for the 95th percentile, 29 for the 90th."""
    assert rank(59, 0.05, 0.05, "clopper_pearson") == 0
    assert rank(58, 0.05, 0.05, "clopper_pearson") is None
    assert rank(29, 0.1, 0.05, "clopper_pearson") == 0
    assert rank(28, 0.1, 0.05, "clopper_pearson") is None
    assert rank(59, 0.05, 0.05, "evalue") is None


def test_tails_that_move_together_are_compared_more_closely():
    """In pairs."""
    ranked = values(1)
    one = Quantile(ranked, 0.9, 300)
    alone, together = QuantileRatio(one, one, 0.0), QuantileRatio(one, one, 1.0)
    assert alone.value == together.value == 1.0
    assert together.bounds(0.05)[1] < alone.bounds(0.05)[1]
    zeros = Quantile([0.0] * 200 + [1.0] * 100, 0.9, 300)
    assert QuantileRatio(zeros, Quantile([0.0] * 272 + [1.0] * 28, 0.9, 300)).bounds(0.05)[1] is None


def test_what_is_counted_is_what_it_is():
    """More of it answers nothing."""
    assert runs_needed(Counted(0, 3, 50), lambda _: True) is None
    assert Counted(0, 3, 50).bounds(0.05) == (0, 3)


def test_runs_that_can_never_decide_are_not_asked_for():
    """A rate that is the limit itself."""
    assert runs_needed(Rate(9, 10), lambda one: one.above(0.9, 0.05)) is None
    assert runs_needed(Rate(20, 20), lambda one: one.above(0.9, 0.05)) == 9
    assert runs_needed(Rate(0, 0), lambda one: one.above(0.9, 0.05)) is None
    assert runs_needed(Unpaired(Rate(5, 5), Rate(0, 0)), lambda _: True) is None
