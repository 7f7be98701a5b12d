"""Small days worked out by hand: every rule of the engine at the minute."""

import pandas as pd
import pytest

from keruen.network.facility import (
    Arrivals,
    Batch,
    Resource,
    Shifts,
    Slots,
    Stage,
    deterministic,
    empirical,
    exponential,
    problems,
    series,
)
from keruen.simulation.replications import run_one
from keruen.simulation.tables import record_table
from keruen.simulation.world import plan


def visits(facility, until):
    """Visits of one run of so many hours, in the order of customer and arrival."""
    assert not problems(facility)
    run = run_one(facility, plan(0.0, until, records=1000), 1, 0)
    table = record_table(facility, run)
    table["left_h"] = table["arrived_h"] + table["stayed_h"]
    return table.sort_values(["customer", "arrived_h"], kind="stable").reset_index(drop=True)


def at(hours, **more):
    """Customers at the given hours, once in a thousand."""
    return Arrivals.timetable(hours, period_h=1000.0, **more)


def left(table, stage):
    return table.loc[table["stage"] == stage, "left_h"].round(5).tolist()  # waits are kept in single precision


def test_first_come_first_served():
    table = visits(series(at((0, 1, 2)), Stage("s", deterministic(3.0))), 100)
    assert left(table, "s") == [3, 6, 9]
    assert table["waited_h"].tolist() == [0, 2, 4]


def test_two_servers_and_a_train():
    table = visits(series(at((1,), size=5), Stage("s", deterministic(2.0), 2)), 100)
    assert left(table, "s") == [3, 3, 5, 5, 7]


def test_overtime_finishes_what_is_begun_and_begins_nothing_while_it_outnumbers_the_shift():
    # six at work when the shift of six becomes one of two at 4; they end at 5, then two at a time
    shifts = Shifts((0, 4), (6, 2), "finish", period_h=1000.0)
    table = visits(series(at((3,), size=10), Stage("s", deterministic(2.0), shifts)), 100)
    assert left(table, "s") == [5] * 6 + [7] * 2 + [9] * 2
    # three end at 5, 6 and 6.5; from 4 on one server is there, who takes the fourth when none of the three is left
    shifts = Shifts((0, 4), (3, 1), "finish", period_h=1000.0)
    table = visits(series(at((2, 3, 3.5, 3.9)), Stage("s", deterministic(3.0), shifts)), 100)
    assert left(table, "s") == [5, 6, 6.5, 9.5]


def test_suspended_work_goes_on_where_it_stopped():
    shifts = Shifts((0, 4, 10), (2, 0, 2), "suspend", period_h=1000.0)
    table = visits(series(at((3,), size=3), Stage("s", deterministic(2.0), shifts)), 100)
    assert left(table, "s") == [11, 11, 13]


def test_the_latest_to_begin_stops_first():
    shifts = Shifts((0, 4, 20), (2, 1, 2), "suspend", period_h=1000.0)
    table = visits(series(at((1, 2)), Stage("s", deterministic(5.0), shifts)), 100)
    assert left(table, "s") == [6, 9]  # the second did 2 of its 5 h by 4, and goes on at 6


def test_closed_at_night():
    shifts = Shifts((8, 20), (1, 0), "finish")
    table = visits(series(at((19, 19.5, 22)), Stage("s", deterministic(2.0), shifts)), 100)
    assert left(table, "s") == [21, 34, 36]  # the first in overtime, the others from 8 next morning


def test_work_that_ends_with_the_shift_is_done_and_the_next_waits():
    shifts = Shifts((0, 4, 8), (1, 0, 1), "suspend", period_h=1000.0)
    table = visits(series(at((2, 3)), Stage("s", deterministic(2.0), shifts)), 100)
    assert left(table, "s") == [4, 10]


def test_a_wagon_ready_on_the_minute_catches_its_path():
    table = visits(
        series(at((1, 1.5)), Stage("s", deterministic(2.0), 2), Stage("path", None, slots=Slots(1, every_h=3.0))), 100
    )
    assert left(table, "path") == [3, 6]


def test_slots_take_no_more_than_they_can():
    table = visits(series(at((1,), size=5), Stage("path", None, slots=Slots(2, hours=(6.0, 18.0)))), 200)
    assert left(table, "path") == [6, 6, 18, 18, 30]


def test_gathering_waits_for_the_last_or_for_patience():
    gather = Stage("form", None, batch=Batch(3, 3))
    assert left(visits(series(at((1, 2, 5, 6, 7, 9)), gather), 100), "form") == [5, 5, 5, 9, 9, 9]
    hurry = Stage("form", None, batch=Batch(3, 3, wait_h=2.5))
    assert left(visits(series(at((1, 2, 5, 6, 7)), hurry), 100), "form") == [3.5, 3.5, 7, 7, 7]


def test_batches_are_served_together():
    crane = Stage("crane", deterministic(4.0), batch=Batch(1, 3))
    assert left(visits(series(at((0, 1, 2, 3, 3.5)), crane), 100), "crane") == [4, 8, 8, 8, 12]


def test_blocking_holds_the_server_until_there_is_room():
    line = series(at((0,), size=3), Stage("a", deterministic(1.0)), Stage("b", deterministic(5.0), room=1))
    table = visits(line, 100)
    assert left(table, "a") == [1, 6, 11]
    assert left(table, "b") == [6, 11, 16]
    run = run_one(line, plan(0.0, 20.0), 1, 0)
    assert run.final[0]["held_area"] == pytest.approx(4 + 4)  # done at 2 and 7, let go at 6 and 11
    assert run.final[1]["wanted_area"] == pytest.approx(8)


def test_a_train_waits_outside_until_it_fits_as_a_whole():
    table = visits(series(at((0, 1), size=3), Stage("yard", deterministic(2.0), room=5)), 100)
    # first train leaves at 2, 4, 6; from 2 on there is room for 3 more
    assert table["arrived_h"].tolist() == [0, 0, 0, 2, 2, 2]
    assert left(table, "yard") == [2, 4, 6, 8, 10, 12]


def test_joint_resources():
    stages = (Stage("x", deterministic(2.0), 2, needs={"crane": 1}), Stage("y", deterministic(1.0), 2))
    table = visits(series(at((0,), size=2), *stages, resources=(Resource("crane", 1),)), 100)
    assert left(table, "x") == [2, 4]
    away = (Resource("wagon", 1, returns=deterministic(3.0)),)
    table = visits(series(at((0,), size=2), Stage("x", deterministic(2.0), 2, needs={"wagon": 1}), resources=away), 100)
    assert left(table, "x") == [2, 7]


def test_priority_goes_first_but_does_not_interrupt():
    come = [at((0, 1), klass="slow", priority=1), at((2,), klass="express", priority=0)]
    table = visits(series(come, Stage("s", deterministic(3.0))), 100)
    assert table.loc[table["klass"] == "express", "left_h"].tolist() == [6]
    assert table.loc[table["klass"] == "slow", "left_h"].tolist() == [3, 9]


def test_late_trains_come_late():
    table = visits(series(at((5, 8), late=deterministic(1.5)), Stage("s", deterministic(1.0))), 100)
    assert table["arrived_h"].tolist() == [6.5, 9.5]


def test_who_finds_no_room_is_lost_where_that_is_the_rule():
    line = series(at((0, 1, 2, 6)), Stage("s", deterministic(5.0), room=2), when_full="leave")
    run = run_one(line, plan(0.0, 100.0), 1, 0)
    assert (run.offered, run.lost, int(run.tally["count"].sum())) == (4, 1, 3)


def test_classes_pass_by_what_they_do_not_need():
    come = [at((0,), klass="grain"), at((0,), klass="boxes")]
    stages = (Stage("lab", deterministic(4.0), visit={"grain": 1.0, "boxes": 0.0}), Stage("gate", deterministic(1.0)))
    table = visits(series(come, *stages), 100)
    assert table.groupby("klass")["left_h"].max().to_dict() == {"boxes": 1, "grain": 5}


def test_two_servers_work_through_an_empirical_law():
    line = series(Arrivals(exponential(1.0)), Stage("s", empirical([0.25, 0.5]), 2))
    table = visits(line, 500)
    served = (table["stayed_h"] - table["waited_h"]).round(6)
    assert set(served) == {0.25, 0.5}
    assert isinstance(table, pd.DataFrame)
