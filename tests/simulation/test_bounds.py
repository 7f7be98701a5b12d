"""What lies ahead has no bound of its own: returns, late trains, suspended work; and who passes all stages by is counted."""

import pytest

import keruen as kr
from keruen import errors
from keruen.simulation import replications

Law = kr.Law


def alone(line, hours):
    return kr.simulate(line, target=None, replications=1, length_h=hours, warm_up_h=0.0)


def test_units_on_their_way_back_may_be_more_than_rows():
    def line(back_h):
        unit = kr.Resource("wagon", 100_000, Law.of("D", back_h))
        return kr.series(Law.of("M", 1.0), kr.Stage("load", Law.of("M", 0.5), needs={"wagon": 1}), resources=[unit])

    # units are never short, so the hours of their way change nothing
    soon, late = (alone(line(back_h), 25_000.0) for back_h in (10.0, 20_000.0))
    assert late.dwell.value == soon.dwell.value
    assert late.little_gap < 1e-9


def test_trains_that_are_years_late():
    line = kr.series(kr.Arrivals.timetable(range(24), late=Law.of("M", 30_000.0)), Law.of("M", 0.5))
    run = alone(line, 40_000.0)
    assert 0.5 < run.dwell.value < 1.2  # lateness makes a timetable nearly Poisson, and few have come yet
    assert run.little_gap < 1e-9


def test_work_that_is_suspended_leaves_no_event_behind():
    line = kr.series(Law.of("M", 60.0), (Law.of("M", 8000.0), kr.Shifts((0, 12), (400, 0), "suspend")))
    run = alone(line, 40_000.0)
    assert run.dwell.value == pytest.approx(16_000.0, rel=0.1)  # half of the hours are worked
    assert run.little_gap < 1e-9


def test_more_than_fits_is_said(monkeypatch):
    monkeypatch.setattr(replications, "MOST_EVENTS", 1 << 14)
    line = kr.series(kr.Arrivals.timetable(range(24), late=Law.of("M", 60_000.0)), Law.of("M", 0.5))
    with pytest.raises(errors.ConvergenceError, match="events lie ahead"):
        alone(line, 40_000.0)


@pytest.mark.parametrize(
    ("visits", "exact_h"),
    # thinned Poisson streams: p / (1 - p) hours a customer at each M/M/1 of service 1 that a share p needs
    [((0.12,), 0.12 / 0.88), ((0.6, 0.5), 0.6 / 0.4 + 0.5 / 0.5)],
)
def test_who_needs_no_stage_counts_with_no_hours(visits, exact_h):
    stages = [kr.Stage(f"s{k}", Law.of("M", 1.0), visit=share) for k, share in enumerate(visits)]
    line = kr.series(Law.of("M", 1.0), *stages)
    run = kr.simulate(line, target=0.03)
    assert run.dwell.holds(exact_h)
    assert kr.facility.dwell(line, span_h=1e8).mean_h == pytest.approx(exact_h, rel=1e-4)
    # Little's law over all who come: 24 a day
    inside = run.stages["mean_present"].sum()
    assert inside == pytest.approx(
        run.dwell.value * run.by_class["customers"].sum() / run.replications / run.length_h, rel=0.02
    )


DESK = kr.series(Law.of("M", 2.0), Law.of("M", 1.0))


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda: kr.simulate(DESK, length_h=100.0, warm_up_h=1e10), "warm-up included"),
        (
            lambda: kr.simulate(
                kr.series(Law.of("M", 2.0), kr.Stage("path", None, slots=kr.Slots(1, 1e-12))), length_h=100.0
            ),
            "paths and changes of shifts",
        ),
        (
            lambda: kr.simulate(kr.series(Law.of("M", 2.0), kr.Stage("x", Law.of("M", 1e-9), then={"x": 1 - 1e-7}))),
            "visits to stages",
        ),
        (
            lambda: kr.simulate(kr.series(kr.Arrivals(Law.of("M", 1.0), size=Law.of("D", 1e9)), Law.of("D", 1e-10))),
            "train",
        ),
        (lambda: kr.simulate(DESK, samples=10**9), "samples = 1000000000: expected 100,000 at most"),
        (lambda: kr.simulate(DESK, records=10**12), "records"),
        (lambda: kr.simulate(DESK, steady="no"), "steady = 'no'"),
        (lambda: kr.simulate(DESK, steady=False, length_h=100.0, warm_up_h=50.0), "warm_up_h = 50"),
        (lambda: kr.simulate(DESK, 1e-3, steady=False, length_h=24.0), "larger flow or a longer span"),
        (lambda: kr.Law(1, ()), "needs more"),
        (lambda: kr.Arrivals.timetable([1.0], late=3), "late = 3"),
        (lambda: kr.facility.smooth(DESK, klass="zz"), "klass = 'zz'"),
        (lambda: kr.facility.smooth(DESK, span_h=-5), "span_h = -5"),
        (lambda: kr.facility.smooth(DESK, dwell_h=([0.1], [-1.0])), "dwell_h"),
        (lambda: kr.facility.smooth(DESK).time(float("nan")), "finite"),
        (lambda: kr.facility.smooth(DESK).time("x"), "flow_per_day"),
    ],
)
def test_what_could_not_be_run_is_refused_with_words(ask, words):
    with pytest.raises(errors.KeruenError, match=words):
        ask()


def test_an_erlang_law_of_many_stages_is_drawn_at_once():
    run = kr.simulate(kr.series(Law.of("E1000000", 2.0), Law.of("D", 1.0)), target=None, replications=1, length_h=4e4)
    assert run.dwell.value == pytest.approx(1.0, abs=1e-3)


def test_day_and_ten_hours_repeat_together_after_five_days():
    from keruen.simulation.simulate import repeats_h

    shifts = kr.Shifts((0, 12), (2, 1), "finish")
    path = kr.Stage("path", None, slots=kr.Slots(50, every_h=10.0))
    assert repeats_h(kr.series(Law.of("M", 2.0), (Law.of("M", 1.0), shifts), path)) == 120.0
