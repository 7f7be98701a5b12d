"""Corridors: what a single track carries, trains by hand, and no deadlock by reservation."""

from dataclasses import replace

import numpy as np
import pytest

from keruen import errors
from keruen.network.facility import Arrivals, Batch, Shifts, Stage, deterministic, exponential, lognormal
from keruen.network.facility.queues import m_m_c
from keruen.simulation import Corridor, Place, Section, simulate_corridor, single_track_pairs


def every(hours, first=0.0):
    """A train every so many hours."""
    return Arrivals.timetable((first,), period_h=hours)


def single(there, back, interval, trains_h):
    """One single-track section, trains waiting at both ends."""
    section = Section(deterministic(there), deterministic(back), interval_h=interval)
    return Corridor("line", (Place("west", 4), Place("east", 4)), (section,), every(trains_h), every(trains_h))


@pytest.mark.parametrize(
    ("there", "back", "interval"), [(0.5, 0.5, 0.0), (0.4, 0.6, 0.05), (1.0, 0.75, 0.1), (25 / 60, 22 / 60, 4 / 60)]
)
def test_a_saturated_single_track_delivers_1440_over_its_pair_period(there, back, interval):
    period_min = 60 * (there + back + 2 * interval)
    full = single(there, back, interval, 0.9 * (there + back + 2 * interval))
    period = there + back + 2 * interval
    # counted from within a period: on its very edge rounding decides whether a train belongs to it
    run = simulate_corridor(full, length_h=200 * period, warm_up_h=50.3 * period, replications=2)
    assert single_track_pairs(full.sections[0]) == pytest.approx(1440 / period_min, rel=1e-12)
    assert run.pairs_per_day.value == pytest.approx(1440 / period_min, rel=1e-9)
    assert run.sections["utilisation"].iloc[0] == pytest.approx((there + back) / period, rel=1e-9)


def test_the_textbook_pair_period_of_55_minutes_gives_26_pairs():
    full = single(25 / 60, 22 / 60, 4 / 60, 0.8)
    run = simulate_corridor(full, length_h=55.0, warm_up_h=11.3, replications=1)
    assert run.pairs_per_day.value == pytest.approx(1440 / 55)
    assert int(run.pairs_per_day.value) == 26


def test_the_slowest_of_several_sections_sets_the_pairs():
    sections = tuple(Section(deterministic(t), deterministic(t), interval_h=0.05) for t in (0.4, 0.7, 0.5))
    places = tuple(Place(name, 3) for name in "abcd")
    line = Corridor("line", places, sections, every(1.2), every(1.2))
    run = simulate_corridor(line, length_h=900.0, warm_up_h=300.0, replications=1)
    assert run.pairs_per_day.value <= single_track_pairs(sections[1]) * (1 + 1e-9)
    assert run.pairs_per_day.value == pytest.approx(single_track_pairs(sections[1]), rel=0.02)


def test_trains_by_hand():
    # one train each way: they meet at the middle, which has two tracks
    sections = (Section(deterministic(1.0), deterministic(1.0)), Section(deterministic(2.0), deterministic(2.0)))
    places = (Place("a"), Place("b"), Place("c"))
    line = Corridor("line", places, sections, every(100.0), every(100.0))
    run = simulate_corridor(line, length_h=50.0, warm_up_h=0.0, replications=1)
    # there: reaches b at 1, where the other is still coming until 2; leaves at 2, arrives at 4. back: 2 + 1
    assert run.transit["there"].value == pytest.approx(4.0)
    assert run.transit["back"].value == pytest.approx(3.0)
    assert run.places.loc["b", "wait_h"] == pytest.approx(0.5)


def test_double_track_keeps_its_headway_and_no_more():
    section = Section(deterministic(3.0), deterministic(3.0), tracks=2, interval_h=0.5)
    line = Corridor(
        "line", (Place("a", 20), Place("b", 20)), (section,), Arrivals.timetable((0, 0.1, 0.2), period_h=100), None
    )
    run = simulate_corridor(line, length_h=50.0, warm_up_h=0.0, replications=1)
    assert run.transit["there"].value == pytest.approx((3 + 3.4 + 3.8) / 3)


def test_a_crossing_on_the_way_is_a_queue():
    # Poisson trains, ample track: the border is M/M/2
    border = Place("border", 400, (Stage("customs", exponential(1.5), 2),))
    free = Section(deterministic(1.0), deterministic(1.0), tracks=2)
    line = Corridor("line", (Place("a", 400), border, Place("c", 400)), (free, free), Arrivals(exponential(1.0)), None)
    runs = [simulate_corridor(line, length_h=8000.0, warm_up_h=800.0, seed=seed) for seed in range(20)]
    true = 2 + m_m_c(1.0, 1.5, 2)[0] + 1.5
    assert np.mean([run.transit["there"].holds(true) for run in runs]) >= 0.85
    assert max(run.little_gap for run in runs) < 1e-9


def test_overtime_is_finished_and_night_is_closed():
    customs = Stage("customs", deterministic(2.0), Shifts((8, 20), (1, 0), "finish"))
    free = Section(deterministic(1.0), deterministic(1.0), tracks=2)
    trains = Arrivals.timetable((18.0, 19.5), period_h=1000.0)
    line = Corridor("line", (Place("a"), Place("border", 4, (customs,))), (free,), trains, None)
    run = simulate_corridor(line, length_h=100.0, warm_up_h=0.0, replications=1)
    assert run.transit["there"].value == pytest.approx((3 + (34 - 19.5)) / 2)  # 21 in overtime; 32 + 2 next day


def random_corridor(rng):
    """Single track with small loops, some double track, a border, as many trains as it may or may not carry."""
    count = int(rng.integers(3, 8))
    places, sections = [], []
    for k in range(count):
        stages = ()
        if rng.random() < 0.25:
            stages = (Stage("border", exponential(rng.uniform(0.1, 0.8)), int(rng.integers(1, 4))),)
        places.append(Place(f"p{k}", int(rng.integers(2, 5)), stages))
    for _ in range(count - 1):
        law = lognormal(rng.uniform(0.2, 1.0), rng.uniform(0.01, 0.5))
        sections.append(Section(law, law, int(rng.choice([1, 1, 1, 2])), rng.uniform(0, 0.1)))
    ways = [Arrivals(exponential(rng.uniform(1.5, 4.0))) for _ in range(2)]
    return Corridor("random", tuple(places), tuple(sections), *ways)


def test_no_deadlock_by_reservation_on_200_random_corridors():
    rng = np.random.default_rng(17)
    for seed in range(200):
        corridor = random_corridor(rng)
        run = simulate_corridor(corridor, length_h=300.0, warm_up_h=0.0, replications=1, seed=seed)
        assert run.little_gap < 1e-9
        assert all(np.isfinite(one.value) for one in run.transit.values())


def test_without_reservation_full_loops_lock_and_it_is_said():
    sections = tuple(Section(deterministic(0.5), deterministic(0.5)) for _ in range(4))
    places = tuple(Place(f"loop {k}", 2) for k in range(5))
    busy = Corridor("line", places, sections, Arrivals(exponential(0.6)), Arrivals(exponential(0.6)))
    with pytest.raises(errors.ConvergenceError, match=r"deadlock at hour .* all tracks are held at loop"):
        simulate_corridor(busy, length_h=500.0, warm_up_h=0.0, reserve=False)
    run = simulate_corridor(busy, length_h=100.0, warm_up_h=0.0)
    assert run.pairs_per_day.value > 0


def test_threads_change_no_bit():
    line = random_corridor(np.random.default_rng(3))
    one, two = (simulate_corridor(line, length_h=500.0, warm_up_h=50.0, threads=n) for n in (1, 3))
    assert one.transit == two.transit
    assert one.sections.equals(two.sections)
    assert one.places.equals(two.places)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"places": (Place("west", 1), Place("east"))}, ("west", "expected 2 or more")),
        ({"places": (Place("west"), Place("west"))}, ("west", "twice")),
        ({"places": (Place("west"),)}, ("sections", "fewer")),
        ({"sections": (Section(deterministic(0.0), deterministic(1.0)),)}, ("section 1", "running time")),
        ({"sections": (Section(deterministic(1.0), deterministic(1.0), 3),)}, ("section 1", "tracks")),
        ({"there": None, "back": None}, ("trains",)),
        ({"there": Arrivals(exponential(1.0), deterministic(5))}, ("trains there", "size")),
        (
            {"places": (Place("west"), Place("port", 3, (Stage("crane", deterministic(0.0)),)))},
            ("port", "crane", "service mean"),
        ),
        (
            {"places": (Place("west"), Place("port", 3, (Stage("crane", exponential(1.0), batch=Batch(2, 2)),)))},
            ("port", "crane", "not for whole trains"),
        ),
    ],
)
def test_bad_corridors_are_refused_with_the_place_named(change, words):
    with pytest.raises(errors.DataError) as caught:
        simulate_corridor(replace(single(1.0, 1.0, 0.1, 3.0), **change))
    for word in words:
        assert word in str(caught.value)
