"""Uneven departure paths, timetables whose hours matter, clockwork: the formula against hours counted by hand."""

import pytest

import keruen as kr
from keruen import errors
from keruen.network.facility import dwell, steady_dwell

Law = kr.Law


def paths(hours, takes=50, per_day=2.4):
    return kr.series(Law.of("M", 24 / per_day), kr.Stage("path", None, slots=kr.Slots(takes, hours=hours)))


@pytest.mark.parametrize(
    ("hours", "wait_h"),
    # a random moment meets a gap g with chance g / 24 and then waits g / 2
    [
        ((3, 4), (1**2 + 23**2) / 48),
        ((3, 4, 5), (1 + 1 + 22**2) / 48),
        ((6, 18), 6.0),
        ((12, 3), (9**2 + 15**2) / 48),
        ((3, 12), (9**2 + 15**2) / 48),
    ],
)
def test_uneven_paths(hours, wait_h):
    line = paths(hours)
    assert steady_dwell(line, line.flow_per_day).mean_h == pytest.approx(wait_h, rel=1e-6)
    assert kr.simulate(line, target=0.05, length_h=4800.0, warm_up_h=0.0).dwell.value == pytest.approx(wait_h, rel=0.05)


def test_who_stays_behind_a_path_after_a_long_gap():
    line = paths((3, 4), takes=5, per_day=8.0)  # 7.7 come in 23 h, the first path takes 5
    run = kr.simulate(line, target=0.04, length_h=4800.0, warm_up_h=240.0)
    assert steady_dwell(line, 8.0).mean_h == pytest.approx(run.dwell.value, rel=0.1)


def test_paths_by_the_hour_and_every_so_often_are_refused():
    line = kr.series(Law.of("M", 10.0), kr.Stage("path", None, slots=kr.Slots(5, 6.0, hours=(3, 4))))
    with pytest.raises(errors.DataError, match="every_h or hours, not both"):
        dwell(line)


def test_hours_of_trains_out_of_order_are_refused():
    line = kr.series(kr.Arrivals(None, hours=(12.0, 3.0)), Law.of("D", 0.1))
    with pytest.raises(errors.DataError, match="rising"):
        dwell(line)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (
            kr.series(kr.Arrivals.timetable([20.0]), (Law.of("D", 1.0), kr.Shifts((8, 20), (1, 0), "finish"))),
            "1 has shifts: phase",
        ),
        (
            kr.series(kr.Arrivals.timetable([6.0], size=20), kr.Stage("x", None, slots=kr.Slots(30, hours=(5,)))),
            "x has departure paths: phase",
        ),
        (kr.series(kr.Arrivals.timetable([6.0, 7.0], size=20), Law.of("D", 0.5)), "unevenly"),
    ],
)
def test_a_timetable_whose_hours_matter_is_not_trusted(line, words):
    found = steady_dwell(line, line.flow_per_day)
    assert not found.trusted
    assert words in " ".join(found.notes)


def test_an_even_timetable_is_trusted():
    line = kr.series(kr.Arrivals.timetable([0.0, 12.0]), Law.of("D", 0.5))
    found = steady_dwell(line, line.flow_per_day)
    assert found.trusted
    assert found.mean_h == 0.5


def test_clockwork_never_waits():
    line = kr.series(Law.of("D", 1.0), Law.of("D", 0.7), (Law.of("D", 1.8), 2), Law.of("D", 0.95))
    assert steady_dwell(line, line.flow_per_day).mean_h == pytest.approx(3.45, abs=1e-12)
    run = kr.simulate(line, target=0.05, length_h=1000.0, warm_up_h=0.0)
    assert run.dwell.half_width < 1e-9
    assert run.dwell.holds(3.45)
