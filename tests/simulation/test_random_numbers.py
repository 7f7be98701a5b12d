"""Common random numbers: the same bits whatever the threads, and paired designs under the same luck."""

import numpy as np
import pytest

from keruen.network.facility import Arrivals, Facility, Shifts, Stage, exponential, geometric, lognormal, series
from keruen.network.facility.queues import m_m_c
from keruen.simulation import compare_designs, relief, simulate
from keruen.simulation.replications import replicate, run_one
from keruen.simulation.world import plan

LINE = Facility(
    "line",
    (
        Stage("customs", lognormal(0.8, 0.5), Shifts((8, 20), (8, 3), "finish")),
        Stage("gauge", exponential(0.7), 5, room=60),
        Stage("path", exponential(0.2), 2),
    ),
    (Arrivals.renewal(120, 0.5, geometric(8.0)),),
)


@pytest.mark.parametrize("threads", [2, 8])
def test_the_same_bits_for_any_number_of_threads(threads):
    what = plan(240.0, 2400.0, samples=10)
    one = replicate(LINE, what, 3, range(6))
    many = replicate(LINE, what, 3, range(6), threads)
    for a, b in zip(one, many, strict=True):
        assert a.tally.tobytes() == b.tally.tobytes()
        assert a.histogram.tobytes() == b.histogram.tobytes()
        assert a.final.tobytes() == b.final.tobytes()
        assert a.sampled.tobytes() == b.sampled.tobytes()
    found = [simulate(LINE, target=0.1, seed=5, threads=n) for n in (1, threads)]
    assert found[0].means.tobytes() == found[1].means.tobytes()


def test_a_replication_does_not_depend_on_the_others():
    what = plan(0.0, 1000.0)
    assert run_one(LINE, what, 3, 4).moments() == replicate(LINE, what, 3, range(6))[4].moments()
    assert run_one(LINE, what, 3, 4).moments() != run_one(LINE, what, 4, 4).moments()


def test_a_change_of_one_stage_moves_no_draw_of_another():
    what = plan(0.0, 500.0, records=100_000)
    arrived, served = [], []
    for line in (LINE, LINE.change("customs", servers=6)):
        visit = run_one(line, what, 3, 0).visit
        visit = visit[visit["customer"] < 1500]
        visit = visit[np.argsort(visit["customer"], kind="stable")]
        arrived.append(visit["arrived"][visit["stage"] == 0])
        last = visit[visit["stage"] == 2]
        served.append(last["stayed"] - last["waited"])
    assert np.array_equal(*arrived)
    assert served[0].size == 1500
    assert served[0] == pytest.approx(served[1], abs=1e-4)  # kept in single precision


THREE = series(exponential(1.25), *[exponential(1.0)] * 3)
BETTER = THREE.change("2", servers=2)


def test_pairing_saves_most_of_the_variance():
    paired = compare_designs(THREE, BETTER, replications=40, seed=11)
    assert paired.variance_ratio < 0.5
    assert paired.difference.high < 0
    assert not paired.notes


def test_paired_difference_holds_the_exact_one():
    gain = m_m_c(0.8, 1.0, 1)[0] - m_m_c(0.8, 1.0, 2)[0]
    held = [
        compare_designs(
            THREE, BETTER, replications=10, length_h=8_000.0, warm_up_h=1_000.0, seed=seed
        ).difference.holds(-gain)
        for seed in range(60)
    ]
    assert 0.88 <= np.mean(held) <= 1.0


def test_pairing_that_does_not_help_is_said():
    one = series(exponential(1.25), exponential(1.0), name="one")
    same = compare_designs(one, one, replications=5)
    assert same.variance_ratio == 0
    assert same.difference.value == 0
    fast = series(Arrivals(exponential(1.25)), Stage("other", exponential(1.0)))
    with pytest.warns(UserWarning, match="did not help"):
        apart = compare_designs(one, fast, replications=5, seed=4, length_h=500.0)
    assert apart.variance_ratio > 1
    assert "did not help" in apart.notes[0]


def test_relief_says_what_one_more_server_saves():
    table = relief(series(exponential(1.25), exponential(1.0), (exponential(0.5), 1)), replications=10)
    saved = table.set_index("stage")["saved_h"]
    assert saved["1"] > 10 * saved["2"] > 0
    hours = relief(LINE, replications=10, length_h=2400.0, warm_up_h=240.0)
    assert {"one more server", "a quarter more room", "the largest shift one hour longer"} <= set(hours["change"])
