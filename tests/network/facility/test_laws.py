import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keruen import errors
from keruen.network.facility import (
    Law,
    deterministic,
    empirical,
    erlang,
    exponential,
    fitted,
    gamma,
    geometric,
    hyperexponential,
    lognormal,
    uniform,
    weibull,
)

ALL = [
    deterministic(2.0),
    exponential(2.0),
    erlang(3, 2.0),
    hyperexponential(2.0, 3.0),
    hyperexponential(2.0, p=0.2, ratio=5.0),
    gamma(2.0, 0.4),
    lognormal(2.0, 0.7),
    uniform(1.0, 3.0),
    weibull(2.0, 1.7),
    empirical([1.0, 2.0, 5.0], [2, 3, 1]),
]


@pytest.mark.parametrize("law", ALL, ids=repr)
def test_transform_agrees_with_moments(law):
    h = 1e-4
    assert law.transform(0.0) == pytest.approx(1.0, abs=1e-9)
    slope = (law.transform(2 * h) - law.transform(h)) / h
    assert -slope == pytest.approx(law.mean - 1.5 * h * law.moment(2), rel=1e-4)


@pytest.mark.parametrize("law", ALL, ids=repr)
def test_scaling_scales_moments(law):
    twice = law.scaled(2.0)
    for order in (1, 2, 3):
        assert twice.moment(order) == pytest.approx(2**order * law.moment(order), rel=1e-12)


@given(st.floats(0.01, 100), st.floats(0.05, 8))
def test_fitted_law_has_the_moments_asked_for(mean, scv):
    law = fitted(mean, scv)
    assert law.mean == pytest.approx(mean, rel=1e-12)
    assert law.scv == pytest.approx(scv, rel=1e-9)


def test_sizes():
    sizes, weights = geometric(10.0).probabilities()
    assert weights.sum() == pytest.approx(1)
    assert sizes @ weights == pytest.approx(10, rel=1e-9)
    assert geometric(10.0).moment(3) == pytest.approx(float(sizes**3 @ weights), rel=1e-8)


def test_letters():
    assert Law.of("e4", 2.0).scv == 0.25
    assert Law.of("H2", 1.0, 4.0).scv == pytest.approx(4.0)
    assert Law.of("LN", 1.0, 0.5).mean == pytest.approx(1.0)
    for bad in ("X", "H2", "E0"):
        with pytest.raises(errors.UsageError):
            Law.of(bad, 1.0)


@pytest.mark.parametrize(
    "make",
    [
        lambda: exponential(0.0),
        lambda: deterministic(-1.0),
        lambda: hyperexponential(1.0, 0.5),
        lambda: hyperexponential(1.0),
        lambda: uniform(3.0, 1.0),
        lambda: empirical([]),
        lambda: empirical([1.0], [0.0]),
        lambda: geometric(0.5),
        lambda: gamma(math.nan, 1.0),
        lambda: erlang(2.5, 1.0),
    ],
)
def test_parameters_out_of_range_are_refused(make):
    with pytest.raises(errors.UsageError):
        make()


def test_lognormal_transform_by_sampling():
    law = lognormal(1.0, 2.0)
    x = np.exp(law.parameters[0] + law.parameters[1] * np.random.default_rng(1).standard_normal(2_000_000))
    assert law.transform(0.7) == pytest.approx(np.exp(-0.7 * x).mean(), abs=1e-3)
