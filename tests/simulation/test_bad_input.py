"""What cannot be simulated is refused or stopped, and the stage is named."""

import math

import pytest

from keruen import errors
from keruen.network.facility import (
    Arrivals,
    Batch,
    Facility,
    Shifts,
    Slots,
    Stage,
    deterministic,
    exponential,
    series,
)
from keruen.simulation import compare_formula, simulate
from keruen.simulation.replications import run_one
from keruen.simulation.world import plan

CUSTOMS = Stage("customs", exponential(0.5), 4)
TRAINS = Arrivals.renewal(100, 0.5, 40)


@pytest.mark.parametrize(
    ("stage", "words"),
    [
        (Stage("gauge", deterministic(0.0)), "service mean"),
        (Stage("gauge", exponential(1.0), 0), "servers"),
        (Stage("gauge", exponential(1.0), Shifts((0, 12), (0, 0), "finish")), "no server on any hour"),
        (Stage("gauge", None, slots=Slots(0, every_h=1.0)), "take 1 or more"),
        (Stage("gauge", None, batch=Batch(50, 50), room=40), "nobody can leave"),
        (Stage("gauge", exponential(0.1), then={"gauge": 1.0}), "nobody can leave"),
    ],
)
@pytest.mark.parametrize("ask", [simulate, compare_formula])
def test_bad_stages_are_refused_by_name(ask, stage, words):
    with pytest.raises(errors.DataError) as caught:
        ask(series(TRAINS, CUSTOMS, stage))
    assert "gauge" in str(caught.value)
    assert words in str(caught.value)


def test_a_room_smaller_than_a_train():
    with pytest.raises(errors.DataError, match="customs, room"):
        simulate(series(TRAINS, Stage("customs", exponential(0.5), 4, room=39)))
    assert simulate(series(TRAINS, Stage("customs", exponential(0.5), 4, room=40)), target=0.2).dwell.value > 0


def test_a_flow_beyond_capacity_names_what_binds():
    line = series(TRAINS, CUSTOMS, Stage("gauge", exponential(0.3), 1), name="post")
    with pytest.raises(errors.UsageError, match=r"post.*beyond the capacity of gauge, 80 a day"):
        simulate(line)
    with pytest.raises(errors.UsageError, match="capacity of gauge"):
        simulate(line, 80.0)
    assert simulate(line, 79.0, target=0.5, length_h=500.0).dwell.value > 0


@pytest.mark.parametrize("flow", [0.0, -3.0, math.inf, math.nan])
def test_flows_that_are_no_flows(flow):
    with pytest.raises(errors.UsageError, match="flow"):
        simulate(series(TRAINS, CUSTOMS), flow)
    with pytest.raises(errors.UsageError, match="flow"):
        compare_formula(series(TRAINS, CUSTOMS), [flow])


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("length_h", 0.0),
        ("length_h", -5.0),
        ("warm_up_h", -1.0),
        ("target", 0.0),
        ("target", -0.1),
        ("confidence", 1.0),
        ("replications", 0),
        ("most_replications", 0),
        ("threads", 0),
    ],
)
def test_options_out_of_range_are_named(option, value):
    with pytest.raises(errors.UsageError, match=option):
        simulate(series(TRAINS, CUSTOMS), **{option: value})


def test_a_run_that_blocking_keeps_from_ending_says_where():
    # alone each stage takes 96 a day; with no room between them they hold each other up, and take fewer
    tight = series(
        exponential(24 / 90), Stage("scan", exponential(0.25)), Stage("sort", exponential(0.25), room=1), name="post"
    )
    with pytest.raises(errors.ConvergenceError) as caught:
        simulate(tight, target=0.1, length_h=20_000.0, warm_up_h=0.0)
    message = str(caught.value)
    assert "Facility post" in message
    assert "no steady state" in message
    assert "others wait for room in sort" in message
    past = simulate(tight, target=0.1, length_h=500.0, steady=False)  # a span is another question
    assert past.dwell.value > 20


def test_a_lock_of_rooms_is_found_even_when_the_check_is_passed_by():
    stages = (
        Stage("a", exponential(0.5), room=2),
        Stage("b", exponential(0.5), room=2, then={"a": 0.5}),
    )
    ring = Facility("ring", stages, (Arrivals(exponential(0.5)),))
    with pytest.raises(errors.ConvergenceError) as caught:
        run_one(ring, plan(0.0, 5_000.0), 1, 0)
    assert "deadlock" in str(caught.value)
    assert "a waits for room in b" in str(caught.value)
    assert "b waits for room in a" in str(caught.value)


def test_nothing_that_limits_needs_flows():
    with pytest.raises(errors.UsageError, match="which flows"):
        compare_formula(series(exponential(1.0), Stage("form", None, batch=Batch(5, 5))))
