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
