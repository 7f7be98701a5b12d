"""Warm-up, stopping, intervals and quantiles: what a study owes its reader."""

import itertools

import numpy as np
import pytest
from scipy import stats

from keruen.network.facility import Stage, deterministic, exponential, hyperexponential, series
from keruen.network.facility.queues import m_m_c_k
from keruen.simulation import estimate, mser, simulate
from keruen.simulation.statistics import quantile
from keruen.simulation.world import BINS, bins_to_hours
from tests.network.facility.test_smooth import random_facility

DESK = series(exponential(1.25), exponential(1.0), name="desk")


def test_stops_when_the_interval_is_narrow_enough():
    for target in (0.1, 0.03, 0.01):
        run = simulate(DESK, target=target, seed=2)
        assert run.met
        assert run.dwell.relative <= target / (1 + target)
        assert not any("not met" in note for note in run.notes)
    assert run.replications > simulate(DESK, target=0.1, seed=2).replications


def test_the_cap_says_that_the_target_was_not_met():
    run = simulate(DESK, target=1e-4, most_replications=12, seed=2)
    assert not run.met
    assert run.replications == 12
    assert "target not met" in run.notes[-1]
    assert "12 replications" in repr(run)


def test_without_a_target_as_many_replications_as_asked():
    run = simulate(DESK, target=None, replications=4, length_h=500.0)
    assert (run.replications, run.met) == (4, True)
    assert run.length_h == 500.0


def test_little_utilisation_and_number_in_every_stage():
    line = series(exponential(1.0), (exponential(1.5), 2), exponential(0.6), name="line")
    run = simulate(line, target=0.02, seed=4)
    assert run.little_gap < 1e-9
    assert run.stages.loc["1", "utilisation"] == pytest.approx(0.75, rel=0.02)
    assert run.stages.loc["2", "utilisation"] == pytest.approx(0.6, rel=0.02)
    for name in ("1", "2"):
        row = run.stages.loc[name]
        assert row["mean_present"] == pytest.approx(row["visits_per_day"] / 24 * row["stay_h"], rel=0.02)
    assert run.queue.mean().to_numpy() == pytest.approx(run.stages["mean_present"].to_numpy(), rel=0.1, abs=0.05)


def test_littles_law_on_60_random_facilities():
    rng = np.random.default_rng(21)
    for seed in range(60):
        facility = random_facility(rng)
        run = simulate(facility, target=None, replications=2, length_h=240.0, steady=False, seed=seed)
        assert run.little_gap < 1e-9


def test_quantiles_of_m_m_1_are_exponential():
    run = simulate(DESK, target=0.01, seed=6)
    for p, found in run.quantiles.items():
        assert found.value == pytest.approx(-5 * np.log(1 - p), rel=0.03)
        assert found.half_width < 0.03 * found.value


def test_a_span_from_empty_is_no_steady_state():
    short = simulate(DESK, target=0.02, steady=False, length_h=24.0, most_replications=2000)
    assert short.warm_up_h == 0
    assert short.dwell.high < 5.0
    past = simulate(DESK, 40.0, target=0.05, steady=False, length_h=240.0)
    assert past.dwell.value > 40


def test_stages_of_a_short_span_are_those_of_who_came_in_it():
    line = series(exponential(0.5), Stage("hold", deterministic(30.0), None), exponential(0.4), name="line")
    run = simulate(line, target=None, replications=20, steady=False, length_h=48.0)
    assert run.stages.loc["hold", "stay_h"] == pytest.approx(30.0)
    assert run.stages["stay_h"][["hold", "2"]].sum() == pytest.approx(run.dwell.value, rel=1e-9)


def test_share_turned_away_over_capacity():
    line = series(exponential(0.25), Stage("s", exponential(1.0), 2, room=6), when_full="leave")
    run = simulate(line, target=0.02)
    assert run.lost == pytest.approx(m_m_c_k(4.0, 1.0, 2, 6)[1], rel=0.02)


def test_records_are_the_visits_of_the_first_replication():
    run = simulate(DESK, target=None, replications=2, length_h=100.0, records=50)
    assert 0 < len(run.records) <= 50
    assert (run.records["stayed_h"] >= run.records["waited_h"]).all()
    assert run.records["arrived_h"].is_monotonic_increasing


def test_estimate_is_the_t_interval_of_scipy():
    x = np.array([1.0, 2.0, 4.0, 8.0])
    low, high = stats.t.interval(0.9, 3, x.mean(), stats.sem(x))
    found = estimate(x, 0.9)
    assert (found.low, found.high) == pytest.approx((low, high), rel=1e-12)
    assert estimate([3.0]).half_width == np.inf
    assert estimate([np.nan, 1.0, 3.0]).replications == 2


def test_mser_is_its_definition():
    rng = np.random.default_rng(1)
    z = rng.normal(size=400) + 8 * np.exp(-np.arange(400) / 15)
    errors = [((z[d:] - z[d:].mean()) ** 2).sum() / (400 - d) ** 2 for d in range(201)]
    assert mser(z) == int(np.argmin(errors))
    assert 20 < mser(z) < 120
    assert mser(np.arange(40.0)) == 20  # a trend that never ends is cut in half, which says so


def test_quantiles_of_the_histogram():
    hours = np.sort(np.random.default_rng(2).lognormal(1.0, 0.8, 50_000))
    counts, _ = np.histogram(hours, np.append(bins_to_hours(), np.inf)[: BINS + 1])
    for p in (0.5, 0.9, 0.95):
        assert quantile(counts, p)[0] == pytest.approx(np.quantile(hours, p), rel=0.01)
    assert np.isnan(quantile(np.zeros(BINS, np.int64), 0.5)[0])


def test_clockwork_needs_no_queue():
    run = simulate(series(deterministic(1.0), deterministic(0.9)), target=0.01)
    assert run.dwell.value == pytest.approx(0.9, abs=1e-9)
    assert run.dwell.half_width < 1e-9


@pytest.mark.slow
@pytest.mark.parametrize(
    ("line", "true"),
    [
        (series(exponential(1 / 0.9), exponential(1.0)), 10.0),
        (series(exponential(1 / 0.7), hyperexponential(1.0, 4.0)), 1 + 0.7 * 5 / (2 * 0.3)),
    ],
    ids=["M/M/1 at 0.9", "M/H2/1 at 0.7"],
)
def test_sequential_stopping_covers(line, true):
    held = [simulate(line, target=0.05, seed=seed, samples=0).dwell.holds(true) for seed in range(400)]
    assert 0.90 <= np.mean(held) <= 0.975


def test_narrower_targets_nest():
    found = [simulate(DESK, target=target, seed=9) for target in (0.08, 0.04)]
    for a, b in itertools.pairwise(found):
        assert np.array_equal(b.means[: a.replications], a.means)  # the same replications, and more


@pytest.mark.parametrize("threads", [2, 3])
def test_stopping_does_not_depend_on_threads(threads):
    alone, many = (simulate(DESK, target=0.03, length_h=5000.0, seed=5, threads=n) for n in (1, threads))
    assert np.array_equal(alone.means, many.means)
