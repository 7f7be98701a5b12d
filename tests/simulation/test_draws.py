"""Draws follow their laws; streams do not touch."""

import numpy as np
import pytest
from numba import njit
from scipy import special, stats

from keruen.network.facility import (
    Law,
    deterministic,
    empirical,
    erlang,
    exponential,
    gamma,
    geometric,
    hyperexponential,
    lognormal,
    uniform,
    weibull,
)
from keruen.simulation.draws import draw, laws_table, normal, stream
from keruen.simulation.draws import uniform as unit

LAWS = [
    exponential(2.0),
    erlang(4, 2.0),
    erlang(40, 2.0),
    gamma(2.0, 0.3),
    gamma(2.0, 2.5),
    hyperexponential(2.0, 4.0),
    lognormal(2.0, 0.5),
    uniform(1.0, 3.0),
    weibull(2.0, 1.7),
    geometric(5.0),
    empirical([1.0, 2.0, 7.0], [5, 3, 2]),
    deterministic(3.0),
]


@njit
def many(law, values, below, key, count):
    out = np.empty(count)
    for k in range(count):
        out[k] = draw(law[0], values, below, key, k)
    return out


@njit
def units(key, first, count):
    out = np.empty(count)
    for k in range(count):
        out[k] = unit(key, first + k, 0)
    return out


@njit
def normals(u):
    out = np.empty(u.size)
    for k in range(u.size):
        out[k] = normal(u[k])
    return out


def sample(law, name, count=200_000):
    table, values, below = laws_table([law])
    return many(table, values, below, np.uint64(stream(1, 0, name)), count)


@pytest.mark.parametrize("law", LAWS, ids=repr)
def test_mean_and_second_moment(law):
    x = sample(law, "a")
    for order in (1, 2):
        error = x.std() if order == 1 else (x**2).std()
        assert np.mean(x**order) == pytest.approx(law.moment(order), abs=4 * error / x.size**0.5 + 1e-12)


@pytest.mark.parametrize(
    ("law", "distribution"),
    [
        (exponential(2.0), stats.expon(scale=2.0)),
        (erlang(4, 2.0), stats.gamma(4, scale=0.5)),
        (gamma(2.0, 2.5), stats.gamma(0.4, scale=5.0)),
        (gamma(2.0, 0.3), stats.gamma(1 / 0.3, scale=0.6)),
        (lognormal(2.0, 0.5), stats.lognorm(np.log(1.5) ** 0.5, scale=2 / 1.5**0.5)),
        (uniform(1.0, 3.0), stats.uniform(1, 2)),
        (weibull(2.0, 1.7), stats.weibull_min(1.7, scale=2 / special.gamma(1 + 1 / 1.7))),
    ],
    ids=lambda given: repr(given) if isinstance(given, Law) else "peer",
)
def test_whole_law_against_scipy(law, distribution):
    values = [stats.kstest(sample(law, f"stream {k}", 20_000), distribution.cdf).pvalue for k in range(10)]
    assert np.mean(np.array(values) < 0.05) <= 0.3
    assert min(values) > 1e-4


def test_uniforms_are_even_and_not_correlated():
    u = units(np.uint64(stream(3, 1, "x")), 0, 1_000_000)
    assert stats.kstest(u, "uniform").pvalue > 0.001
    assert u.min() > 0
    assert u.max() < 1
    for lag in (1, 2, 7, 1000):
        assert abs(np.corrcoef(u[:-lag], u[lag:])[0, 1]) < 0.004
    other = units(np.uint64(stream(3, 2, "x")), 0, 1_000_000)
    assert abs(np.corrcoef(u, other)[0, 1]) < 0.004


def test_a_draw_needs_no_draw_before_it():
    key = np.uint64(stream(3, 1, "x"))
    assert np.array_equal(units(key, 0, 100)[40:], units(key, 40, 60))


def test_streams_are_named_by_everything():
    names = {stream(*parts) for parts in ((1, 0, "a"), (2, 0, "a"), (1, 1, "a"), (1, 0, "b"), (1, 0, "a", "b"))}
    assert len(names) == 5
    assert stream(1, 0, "service", "customs") == 18265744203340794850  # the same in every process and version


def test_normal_quantile():
    u = np.concatenate(
        [np.geomspace(1e-300, 1e-3, 200), np.linspace(0.001, 0.999, 999), 1 - np.geomspace(1e-15, 1e-3, 50)]
    )
    assert normals(u) == pytest.approx(special.ndtri(u), rel=1e-13, abs=1e-14)
