"""What is drawn follows its distribution: percentiles and means are those of the closed forms."""

from __future__ import annotations

import math
from itertools import pairwise
from statistics import NormalDist, fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockclaude.reply.distributions import compute_quantile
from mockclaude.reply.draws import Draws
from mockclaude.scenario.format.units import Distribution

UNIFORM = Distribution("uniform", 100, 400)
NORMAL = Distribution("normal", 400, 50)
LOGNORMAL = Distribution("lognormal", 400, 0.5)
EXPONENTIAL = Distribution("exponential", 400)

sizes = st.floats(0, 1e9)
distributions = st.one_of(
    st.tuples(sizes, sizes).map(lambda ends: Distribution("uniform", min(ends), max(ends))),
    st.builds(Distribution, st.just("normal"), sizes, sizes, st.none()),
    st.builds(Distribution, st.just("lognormal"), sizes, st.floats(0, 10), st.none() | st.floats(0, 1e12)),
    st.builds(Distribution, st.just("exponential"), sizes, st.just(0.0), st.none()),
)
shares = st.integers(0, 2**53 - 1).map(lambda number: number * 2.0**-53)


@given(distribution=distributions, share=shares)
def test_quantile_is_finite_and_between_0_and_the_maximum(distribution: Distribution, share: float) -> None:
    drawn = compute_quantile(distribution, share)

    assert 0 <= drawn < math.inf
    assert distribution.most is None or drawn <= distribution.most


@given(distribution=distributions, some=st.lists(shares, min_size=2))
def test_quantile_grows_with_the_share(distribution: Distribution, some: list[float]) -> None:
    drawn = [compute_quantile(distribution, share) for share in sorted(some)]

    assert all(one <= other or one == pytest.approx(other) for one, other in pairwise(drawn))


@pytest.mark.parametrize(
    ("distribution", "share", "number"),
    [
        (UNIFORM, 0.0, 100),
        (UNIFORM, 0.25, 175),
        (NORMAL, 0.5, 400),
        (NORMAL, NormalDist().cdf(1), 450),
        (LOGNORMAL, 0.5, 400),
        (LOGNORMAL, NormalDist().cdf(2), 400 * math.e),
        (EXPONENTIAL, 0.0, 0),
        (EXPONENTIAL, 1 - 1 / math.e, 400),
        (Distribution("normal", 10, 50), 0.1, 0),
        (Distribution("lognormal", 400, 0.5, 500), 0.9, 500),
    ],
)
def test_a_share_of_all_numbers_is_below_the_quantile(distribution: Distribution, share: float, number: float) -> None:
    assert compute_quantile(distribution, share) == pytest.approx(number)


@pytest.mark.parametrize(
    ("distribution", "mean"),
    [(UNIFORM, 250), (NORMAL, 400), (LOGNORMAL, 400 * math.exp(0.5**2 / 2)), (EXPONENTIAL, 400)],
)
def test_draws_have_the_mean_and_percentiles_of_the_formula(distribution: Distribution, mean: float) -> None:
    draws = Draws(0, "rule")
    drawn = sorted(compute_quantile(distribution, draws.uniform(f"delay/{number}")) for number in range(20_000))

    assert fmean(drawn) == pytest.approx(mean, rel=0.02)
    for share in (0.01, 0.5, 0.99):
        assert drawn[int(share * 20_000)] == pytest.approx(compute_quantile(distribution, share), rel=0.1)
