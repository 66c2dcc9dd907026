"""The statistics, against the tables of the literature and against SciPy."""

import math

import pytest
from scipy import stats

from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.rng import stream
from pytest_agentchaos.statistics import needed, paired_exact, unpaired_exact
from pytest_agentchaos.statistics.beta import beta_cdf, beta_quantile, binomial_cdf
from pytest_agentchaos.statistics.difference import miettinen_nurminen
from pytest_agentchaos.statistics.eprocess import against_at_least, against_at_most, anytime_bounds
from pytest_agentchaos.statistics.fisher import fisher
from pytest_agentchaos.statistics.holm import holm
from pytest_agentchaos.statistics.intervals import clopper_pearson, wilson
from pytest_agentchaos.statistics.mcnemar import mcnemar
from pytest_agentchaos.statistics.non_inferiority import paired, unpaired
from pytest_agentchaos.statistics.paired import tango
from pytest_agentchaos.statistics.pass_k import mean_pass_hat_k, pass_at_k, pass_hat_k, pass_hat_k_bounds
from pytest_agentchaos.statistics.quantiles import quantile, quantile_bounds, quantile_ratio
from pytest_agentchaos.statistics.ratios import mean_ratio, weighted_ratio


@pytest.mark.parametrize(
    ("successes", "runs", "alpha"),
    [(3, 7, 0.05), (1, 10**6, 1e-6), (500_000, 10**6, 0.05), (999_999, 10**6, 0.05), (9, 10, 0.999999), (3, 7, 1e-12)],
)
def test_exact_bounds_of_a_rate_are_scipys(successes, runs, alpha):
    """From seven runs to a million, and for absurd alphas."""
    lower, upper = clopper_pearson(successes, runs, alpha)
    assert lower == pytest.approx(stats.beta.ppf(alpha, successes, runs - successes + 1), rel=1e-9)
    assert upper == pytest.approx(stats.beta.isf(alpha, successes + 1, runs - successes), rel=1e-9)


@pytest.mark.parametrize(("runs", "exact", "rough"), [(10, 0.741, 0.787), (20, 0.861, 0.881), (59, 0.950, 0.956)])
def test_runs_without_failure_show_what_the_literature_says(runs, exact, rough):
    """Ten of ten are 74 % by the exact bound, and 79 % by Wilson's."""
    assert clopper_pearson(runs, runs) == (pytest.approx(exact, abs=5e-4), 1.0)
    assert wilson(runs, runs) == (pytest.approx(rough, abs=5e-4), 1.0)
    assert clopper_pearson(0, runs) == (0.0, pytest.approx(1 - exact, abs=5e-4))


def test_no_runs_say_nothing():
    """The bounds of nothing are all rates, all differences."""
    assert clopper_pearson(0, 0) == wilson(0, 0) == anytime_bounds(0, 0) == (0.0, 1.0)
    assert miettinen_nurminen(0, 0, 3, 4) == tango(0, 0, 0) == (-1.0, 1.0)
    for nothing in (unpaired(0, 0, 3, 4, 0.05), unpaired(3, 4, 0, 0, 0.05), paired(0, 0, 0, 0.05)):
        assert not nothing.shown
        assert not nothing.refuted
        assert nothing.difference is None
    assert needed.for_unpaired(0, 0, 3, 4, 0.05) is needed.for_paired(0, 0, 0, 0.05) is None


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: clopper_pearson(3, 2),
        lambda: wilson(-1, 2),
        lambda: clopper_pearson(1, 2, 0.0),
        lambda: clopper_pearson(1, 2, math.nan),
        lambda: mcnemar(-1, 3),
        lambda: fisher(3, 2, 1, 2),
        lambda: tango(3, 3, 5),
        lambda: unpaired(1, 2, 1, 2, -0.05),
        lambda: paired(1, 1, 2, 1.0),
        lambda: pass_hat_k(1, 2, 0),
        lambda: quantile([1.0], 1.0),
        lambda: mean_ratio({"a": [-1.0]}, {"a": [1.0]}),
        lambda: mean_ratio({"a": [math.nan]}, {"a": [1.0]}),
        lambda: against_at_least(1, 2, 1.0),
        lambda: needed.without_failure(1.0),
    ],
)
def test_nonsense_is_refused(wrong):
    """A wrong count or share is an error, never a number."""
    with pytest.raises(UsageError, match=r"give|needs"):
        wrong()


def test_the_beta_function_is_scipys_in_the_tails():
    """And its inverse leads back."""
    for a, b in [(0.5, 0.5), (1, 40), (300, 2), (2e5, 3e5), (0.5, 12)]:
        for share in (1e-30, 1e-4, 0.05, 0.5, 0.95):
            x = beta_quantile(share, a, b)
            assert x == pytest.approx(stats.beta.ppf(share, a, b), rel=1e-6)
            assert beta_cdf(x, a, b) == pytest.approx(share, rel=1e-6)
    assert beta_cdf(-1, 1, 1) == binomial_cdf(-1, 3, 0.5) == 0.0
    assert beta_cdf(2, 1, 1) == binomial_cdf(3, 3, 0.5) == 1.0


def test_mcnemar_is_the_binomial_test():
    """Of losses against wins, one- and two-sided; five to none are the fewest that show anything."""
    for lost, won in [(5, 0), (0, 5), (4, 0), (3, 3), (12, 5), (300, 240), (0, 0)]:
        told = stats.binomtest(lost, lost + won, 0.5, alternative="greater").pvalue if lost + won else 1.0
        both = stats.binomtest(lost, lost + won, 0.5).pvalue if lost + won else 1.0
        assert mcnemar(lost, won) == pytest.approx(told)
        assert mcnemar(lost, won, sides=2) == pytest.approx(both)
        assert mcnemar(lost, won, mid_p=True) <= mcnemar(lost, won)
    assert mcnemar(5, 0) == pytest.approx(1 / 32)
    assert mcnemar(5, 0, mid_p=True) == pytest.approx(1 / 64)
    assert mcnemar(3, 3, sides=2, mid_p=True) == 1.0


def test_fisher_is_scipys():
    """One- and two-sided, at the edges and with many runs."""
    drawn = stream(3, "fisher")
    tables = [(16, 20, 20, 20), (20, 20, 16, 20), (0, 5, 5, 5), (0, 0, 3, 5), (40_000, 50_000, 40_300, 50_000)]
    for _ in range(60):
        runs, base_runs = drawn.randint(1, 40), drawn.randint(1, 40)
        tables.append((drawn.randint(0, runs), runs, drawn.randint(0, base_runs), base_runs))
    for table in tables:
        successes, runs, base_successes, base_runs = table
        square = [[successes, runs - successes], [base_successes, base_runs - base_successes]]
        assert fisher(*table) == pytest.approx(stats.fisher_exact(square, "less").pvalue, rel=1e-6), table
        assert fisher(*table, sides=2) == pytest.approx(stats.fisher_exact(square).pvalue, rel=1e-6), table
    assert fisher(16, 20, 20, 20) == pytest.approx(0.053, abs=5e-4)
    assert fisher(100_000, 100_000, 0, 100_000) == 1.0


def test_the_exact_test_without_pairs_is_barnards():
    """20 of 20 against 16 of 20: what Fisher does not see, it does."""
    for successes, base in [(16, 20), (12, 18), (9, 13)]:
        square = [[20 - base, 20 - successes], [base, successes]]  # the failures first: "less" means more successes
        told = stats.barnard_exact(square, alternative="less").pvalue
        assert unpaired_exact.exact_p(20 - successes, 20, 20 - base, 20, 0.0) == pytest.approx(told, abs=2e-3)
    assert unpaired(16, 20, 20, 20, 0.0).p_worse == pytest.approx(0.0192, abs=1e-4)


def _without_pairs(runs, margin, rate):
    """How often a candidate that is worse by the whole margin is passed, one that is as bad as allowed failed."""
    own = stats.binom.pmf(range(runs + 1), runs, rate - margin)
    other = stats.binom.pmf(range(runs + 1), runs, rate)
    return sum(
        own[one] * other[base] * (unpaired_exact.exact_p(one, runs, base, runs, -margin) <= 0.05)
        for one in range(runs + 1)
        for base in range(runs + 1)
        if own[one] * other[base] > 1e-7
    )


@pytest.mark.parametrize("rate", [0.977, 0.9, 0.55])
def test_the_exact_test_without_pairs_keeps_its_word(rate):
    """Added up over all samples: at most one in twenty passes at the margin; the score test lets more through."""
    assert 0 < _without_pairs(12, 0.05, rate) <= 0.05


@pytest.mark.unmeasured
def test_the_exact_test_of_pairs_keeps_its_word():
    """Added up over all samples of 20 pairs, at the margin."""
    for win, loss in [(0.02, 0.12), (0.1, 0.2), (0.06, 0.16)]:
        wrong = better = 0.0
        for lost in range(21):
            for won in range(21 - lost):
                chance = stats.multinomial.pmf([lost, won, 20 - lost - won], 20, [loss, win, 1 - loss - win])
                if chance > 1e-6:
                    wrong += chance * (paired_exact.exact_p(lost, won, 20, -0.1) <= 0.05)
                    better += chance * (paired_exact.exact_p(won, lost, 20, 0.1) <= 0.05)
        assert wrong <= 0.05
        assert better <= 0.05


@pytest.mark.unmeasured
def test_bound_and_p_value_of_non_inferiority_agree():
    """What clears the margin has p <= alpha, whichever test it is."""
    drawn = stream(8, "margins")
    for _ in range(14):
        runs, base_runs = drawn.randint(1, 40), drawn.randint(1, 40)
        margin, alpha = drawn.choice([0.0, 0.05, 0.2]), drawn.choice([0.05, 0.01])
        successes, base = drawn.randint(0, runs), drawn.randint(0, base_runs)
        one = unpaired(successes, runs, base, base_runs, margin, alpha)
        assert (one.lower >= -margin) == one.shown, one
        assert (one.upper <= -margin) == one.refuted, one
        assert one.lower <= one.difference <= one.upper
        lost = drawn.randint(0, runs // 3)
        two = paired(lost, drawn.randint(0, runs - lost), runs, margin, alpha)
        assert (two.lower >= -margin) == two.shown, two
        assert (two.upper <= -margin) == two.refuted, two
        assert two.lower <= two.difference <= two.upper


def test_non_inferiority_is_seen_from_both_sides():
    """The difference of A and B is that of B and A, turned round."""
    one, other = unpaired(19, 20, 15, 22, 0.1), unpaired(15, 22, 19, 20, 0.1)
    assert (one.lower, one.upper) == (pytest.approx(-other.upper), pytest.approx(-other.lower))
    assert unpaired(400, 500, 100, 500, 0.1).shown
    assert unpaired(100, 500, 400, 500, 0.1).refuted
    assert paired(200, 60, 500, 0.1).refuted
    assert paired(60, 60, 5000, 0.1).shown
    # Far from what was seen, a difference is refuted from one side, and not from the other.
    far = unpaired(99_990, 100_000, 99_995, 100_000, 0.05)
    assert (far.shown, far.refuted) == (True, False)
    assert paired(0, 0, 2000, 0.05).p_worse == 1.0


def test_score_bounds_are_where_the_score_test_turns():
    """Miettinen and Nurminen's own example is not at hand; symmetry and large samples are."""
    lower, upper = miettinen_nurminen(4500, 5000, 4400, 5000)
    spread = 1.6449 * math.sqrt(0.9 * 0.1 / 5000 + 0.88 * 0.12 / 5000)
    assert (lower, upper) == (pytest.approx(0.02 - spread, abs=2e-4), pytest.approx(0.02 + spread, abs=2e-4))
    lower, upper = tango(300, 400, 5000)
    spread = 1.6449 * math.sqrt((700 / 5000 - 0.02**2) / 5000)
    assert (lower, upper) == (pytest.approx(0.02 - spread, abs=2e-4), pytest.approx(0.02 + spread, abs=2e-4))
    assert tango(20, 0, 20)[0] == miettinen_nurminen(0, 20, 20, 20)[0] == -1.0
    assert tango(0, 20, 20)[1] == miettinen_nurminen(20, 20, 0, 20)[1] == 1.0


def test_holm_adjusts_in_the_given_order():
    """The smallest is multiplied by their number, and none is smaller than one before it."""
    assert holm([0.04, 0.01, 0.03]) == pytest.approx((0.06, 0.03, 0.06))
    assert holm([0.6, 0.7]) == (1.0, 1.0)
    assert holm([]) == ()


def test_looking_after_every_run_raises_no_more_alarms():
    """2,000 series of 100 runs at exactly the rate: at most 2.8 % are refuted; at 70 % it takes about 20 runs."""
    drawn = stream(5, "looks")
    known = {}

    def refuted(rate, most):
        successes = 0
        for runs in range(1, most + 1):
            successes += drawn.random() < rate
            if (successes, runs) not in known:
                known[successes, runs] = against_at_least(successes, runs, 0.9) >= 20
            if known[successes, runs]:
                return runs
        return None

    assert sum(refuted(0.9, 100) is not None for _ in range(2000)) <= 56
    seen = sorted(refuted(0.7, 400) for _ in range(500))
    assert 16 <= seen[250] <= 24


def test_the_e_value_is_an_integral():
    """Over all rates below, of how much likelier the sample is there; written out for one success in three runs."""
    rates = [0.8 * (step + 0.5) / 20_000 for step in range(20_000)]
    told = sum(one * (1 - one) ** 2 for one in rates) / 20_000 / (0.8 * 0.2**2)
    assert against_at_least(1, 3, 0.8) == pytest.approx(told, rel=1e-5)
    assert against_at_most(2, 3, 0.2) == pytest.approx(told, rel=1e-5)
    assert against_at_least(0, 0, 0.8) == pytest.approx(1.0)
    assert against_at_least(0, 100_000, 0.9) == math.inf
    assert against_at_least(100_000, 100_000, 0.1) == 0.0


def test_anytime_bounds_are_wider_than_those_of_one_look():
    """And turn where the e-value does."""
    for successes, runs in [(20, 20), (0, 7), (90, 100), (95_000, 100_000)]:
        lower, upper = anytime_bounds(successes, runs)
        once = clopper_pearson(successes, runs)
        assert lower <= once[0]
        assert upper >= once[1]
        if lower > 0:
            assert against_at_most(successes, runs, lower) == pytest.approx(20, rel=1e-3)


def test_pass_k_has_no_bias():
    """2 of 4: one pair of six passes; with fewer than k runs nothing is known."""
    assert pass_hat_k(2, 4, 2) == pytest.approx(1 / 6)
    assert pass_at_k(2, 4, 2) == pytest.approx(5 / 6)
    assert pass_hat_k(1, 1, 2) is pass_at_k(1, 1, 2) is None
    assert mean_pass_hat_k([(4, 4), (2, 4)], 2) == pytest.approx(7 / 12)
    assert mean_pass_hat_k([(4, 4), (1, 1)], 2) is mean_pass_hat_k([], 2) is pass_hat_k_bounds([(1, 1)], 2) is None
    expected = sum(stats.binom.pmf(count, 6, 0.8) * pass_hat_k(count, 6, 3) for count in range(7))
    assert expected == pytest.approx(0.8**3)


def test_bounds_of_pass_k_hold_for_unlike_journeys():
    """One journey that always fails among nine that never do, and all alike: wrong in less than 5 % of all samples."""
    drawn = stream(11, "journeys")
    for rates in ([1.0] * 4 + [0.0], [0.9] * 5, [0.99, 0.6, 0.8]):
        truth = sum(rate**3 for rate in rates) / len(rates)
        missed = [0, 0]
        for _ in range(400):
            counts = [(sum(drawn.random() < rate for _ in range(9)), 9) for rate in rates]
            lower, upper = pass_hat_k_bounds(counts, 3)
            missed[0] += lower > truth
            missed[1] += upper < truth
        assert max(missed) <= 20
    lower, upper = pass_hat_k_bounds([(20, 20)] * 3, 1)
    assert (lower, upper) == (pytest.approx(0.05 ** (1 / 60)), 1.0)


def test_quantiles_need_so_many_values_for_a_bound():
    """29, 59, 299 for the 90th, 95th, 99th percentile."""
    for runs, q in [(29, 0.9), (59, 0.95), (299, 0.99)]:
        assert quantile_bounds(range(runs), q)[1] == runs - 1
        assert quantile_bounds(range(runs - 1), q)[1] is None
        assert needed.for_quantile(q) == runs
    assert quantile_bounds([], 0.5) == (None, None)
    assert quantile([], 0.5) is None
    assert quantile([3, 1, 2, 4], 0.5) == 2
    assert quantile(range(1, 101), 0.95) == 95


def test_bounds_of_a_quantile_are_exact():
    """The ranks are those at which the binomial tail falls below alpha, and not one further in."""
    lower, upper = quantile_bounds(range(1, 201), 0.9, 0.05)
    assert stats.binom.cdf(lower - 1, 200, 0.9) <= 0.05 < stats.binom.cdf(lower, 200, 0.9)
    assert stats.binom.sf(upper - 1, 200, 0.9) <= 0.05 < stats.binom.sf(upper - 2, 200, 0.9)


def test_a_ratio_of_quantiles_has_bounds_if_both_have():
    """An upper bound needs one of the candidate's; a lower one needs one of the baseline's."""
    many, few = [float(value) for value in range(1, 101)], [float(value) for value in range(1, 21)]
    same = quantile_ratio(many, many, 0.95)
    assert same.value == 1.0
    assert same.lower < 1 < same.upper
    assert same.lower == pytest.approx(1 / same.upper)
    assert quantile_ratio(few, many, 0.95).upper is None
    assert quantile_ratio(many, few, 0.95).lower is None
    assert quantile_ratio(many, [0.0] * 100, 0.95).value is None
    assert quantile_ratio([], many, 0.95).value is None


def test_a_ratio_of_means_of_the_same_clusters_is_exact():
    """Five clusters give 31 parts: at 5 % the outermost ratio is the bound; with four, nothing can be said."""
    candidate = {str(index): [float(index + 2)] for index in range(5)}
    baseline = {str(index): [float(index + 1)] for index in range(5)}
    ratio = mean_ratio(candidate, baseline)
    assert ratio.value == pytest.approx(20 / 15)
    assert (ratio.lower, ratio.upper, ratio.clusters) == (pytest.approx(6 / 5), pytest.approx(2.0), 5)
    del candidate["0"], baseline["0"]
    assert mean_ratio(candidate, baseline).upper is None
    assert mean_ratio({}, {}).value is mean_ratio({"a": [1.0]}, {"a": [0.0]}).value is None
    assert mean_ratio({"a": [0.0]}, {"a": [1.0]}).value is None


def _drawn_values(drawn, clusters, per, shared):
    values = {}
    for index in range(clusters):
        level = shared[index] if shared else drawn.gauss(0, 0.7)
        values[f"{index}"] = [math.exp(level + drawn.gauss(0, 0.5)) for _ in range(per)]
    return values


@pytest.mark.parametrize(("clusters", "is_shared"), [(8, True), (10, False), (30, False)])
def test_bounds_of_a_ratio_of_means_cover(clusters, is_shared):
    """300 samples without a difference: each bound is on the wrong side in about 5 % of them."""
    drawn = stream(clusters, "ratios")
    missed = [0, 0]
    for _ in range(300):
        shared = [drawn.gauss(0, 0.7) for _ in range(clusters)] if is_shared else None
        candidate, baseline = (_drawn_values(drawn, clusters, 2, shared) for _ in range(2))
        if not is_shared:
            baseline = {f"other {name}": values for name, values in baseline.items()}
        ratio = mean_ratio(candidate, baseline)
        missed[0] += ratio.lower > 1
        missed[1] += ratio.upper < 1
    assert min(missed) >= 3
    assert max(missed) <= 26


def test_runs_of_one_cluster_are_not_many_witnesses():
    """A thousand runs of two journeys have no bounds; of many journeys they have narrow ones."""
    assert mean_ratio({"a": [1.0] * 500, "b": [2.0] * 500}, {"a": [1.0] * 500, "b": [2.0] * 500}).upper is None
    many = {str(index): [1.0 + index % 7] for index in range(250)}
    apart = {f"other {name}": values for name, values in many.items()}
    ratio = mean_ratio(many, apart)
    assert ratio.lower < 1 < ratio.upper < 1.2
    assert mean_ratio(many, many).upper == pytest.approx(1.0)


def test_the_same_seed_gives_the_same_bounds():
    """Reports must be reproducible; another seed changes the bounds a little."""
    candidate = {str(index): [1.0 + index % 5] for index in range(40)}
    baseline = {str(index): [1.0 + index % 3] for index in range(40)}
    assert mean_ratio(candidate, baseline) == mean_ratio(dict(reversed(candidate.items())), baseline)
    assert mean_ratio(candidate, baseline, seed=1) != mean_ratio(candidate, baseline)


def test_cost_per_success_counts_what_failures_cost():
    """Sums and successes by cluster; a cluster without success still costs."""
    candidate = {str(index): (3.0, 2.0) for index in range(6)} | {"6": (3.0, 0.0)}
    baseline = {str(index): (3.0, 3.0) for index in range(7)}
    ratio = weighted_ratio(candidate, baseline)
    assert ratio.value == pytest.approx((21 / 12) / 1)
    assert ratio.lower < ratio.value < ratio.upper
    assert weighted_ratio({"a": (3.0, 0.0)}, {"a": (3.0, 1.0)}).value is None


def test_runs_needed_are_those_of_the_literature():
    """Without failures, for a lower bound; with both rates alike, for non-inferiority."""
    assert [needed.without_failure(rate) for rate in (0.8, 0.9, 0.95, 0.99)] == [14, 29, 59, 299]
    assert [needed.per_arm(0.95, margin) for margin in (0.05, 0.1)] == [235, 59]
    assert [needed.per_arm(0.9, margin) for margin in (0.05, 0.1)] == [446, 112]


def test_so_many_more_runs_decide_and_not_one_fewer():
    """If they go on as before."""
    assert needed.for_at_least(10, 10, 0.9) == 19
    assert needed.for_at_least(0, 0, 0.9) == 29
    assert needed.for_at_most(0, 3, 0.5) == 2
    more = needed.for_at_least(95, 100, 0.93)
    assert clopper_pearson(0.95 * (100 + more), 100 + more)[0] >= 0.93
    assert clopper_pearson(0.95 * (99 + more), 99 + more)[0] < 0.93
    assert needed.for_at_least(59, 59, 0.95) == 0
    assert needed.for_paired(0, 0, 10, 0.05) == needed.for_unpaired(10, 10, 10, 10, 0.05) == 49
    assert paired(0, 0, 59, 0.05).shown
    assert not paired(0, 0, 58, 0.05).shown
    assert needed.for_unpaired(10, 20, 20, 20, 0.05) == 0
    assert needed.for_bound(1.0, 1.4, 25, 1.2) == 75
    assert needed.for_bound(1.0, 1.1, 25, 1.2) == 0


def test_what_can_never_be_shown_needs_no_runs():
    """The rate that was seen is below the limit, or on the wrong side of it, or exactly at it."""
    assert needed.for_at_least(18, 20, 0.9) is None
    assert needed.for_at_most(20, 20, 0.9) is None
    assert needed.for_paired(1, 0, 20, 0.05) is None
    assert needed.for_unpaired(19, 20, 20, 20, 0.05) is None
    assert needed.for_bound(1.3, 1.4, 25, 1.2) is None
    assert needed.for_at_least(900_001, 1_000_000, 0.9) is None
    assert needed.for_at_least(3, 3, 0.0) == 0
