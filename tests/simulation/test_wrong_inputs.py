"""Whatever is wrong in a call or a declaration: an error of Keruen that names it and says what would be right."""

import math

import pytest

import keruen as kr
from keruen import errors
from keruen.network.facility import (
    Arrivals,
    Batch,
    Facility,
    Law,
    Resource,
    Shifts,
    Slots,
    Stage,
    capacity,
    check,
    dwell,
    empirical,
    erlang,
    exponential,
    fitted,
    hyperexponential,
    lognormal,
    series,
    steady_dwell,
    uniform,
    weibull,
)
from keruen.simulation import compare_designs, compare_formula, relief, simulate

M = exponential(1.0)
DESK = series(exponential(1.25), M, name="desk")

LAWS = [
    (lambda: Law.of("M", 0), "mean = 0: expected a number above 0"),
    (lambda: Law.of("M", math.nan), "mean = nan"),
    (lambda: Law.of("M", math.inf), "mean = inf"),
    (lambda: Law.of("M", "1"), "mean = '1': expected a number"),
    (lambda: Law.of("M", True), "mean = True"),
    (lambda: Law.of(3, 1.0), "Unknown law 3: expected M, D, E"),
    (lambda: Law.of("E0", 1.0), "Unknown law 'E0'"),
    (lambda: Law.of("D", 1, scv=2), "scv = 2: law D has 0, so leave it out, or take H2, G or LN"),
    (lambda: Law.of("E2", 1, scv=1), "law E2 has 0.5"),
    (lambda: Law.of("M", 1, scv="a"), "scv = 'a'"),
    (lambda: Law.of("H2", 1, scv=0.5), "hyperexponential law needs 1 or more"),
    (lambda: Law.of("H2", 1, scv="a"), "scv = 'a'"),
    (lambda: Law.of("LN", 1), "needs scv"),
    (lambda: erlang(0, 1.0), "k = 0"),
    (lambda: erlang(2.5, 1.0), "whole number"),
    (lambda: hyperexponential(1.0, p=1.5, ratio=2.0), "p between 0 and 1"),
    (lambda: lognormal(1.0, 0.0), "scv = 0.0: expected a number above 0"),
    (lambda: weibull(1.0, "a"), "shape = 'a'"),
    (lambda: uniform("a", 1.0), "low = 'a'"),
    (lambda: fitted(1.0, -1.0), "scv = -1.0: expected a number of 0 or more"),
    (lambda: empirical([]), "one or more"),
    (lambda: empirical(5.0), "values = 5.0: expected a list"),
    (lambda: empirical("12"), "values = '12'"),
    (lambda: empirical([1, "b"]), r"values\[1\] = 'b'"),
    (lambda: empirical([1, 2], [0, 0]), "weights: all are 0"),
    (lambda: empirical([1, 2], [1, -1]), r"weights\[1\] = -1"),
    (lambda: M.scaled(0.0), "factor = 0.0"),
]

CALLS = [
    (lambda: simulate("x"), "what = 'x': expected a Facility, as kr.series makes one, or a study"),
    (lambda: simulate(None), "what = None: expected a Facility"),
    (lambda: simulate(DESK, "a"), "flow_per_day = 'a': expected a number above 0"),
    (lambda: simulate(DESK, [1, 2]), "flow_per_day"),
    (lambda: simulate(DESK, True), "flow_per_day = True"),
    (lambda: simulate(DESK, seed=1.5), "seed = 1.5: expected a whole number"),
    (lambda: simulate(DESK, seed=None), "seed = None"),
    (lambda: simulate(DESK, replications=20, most_replications=10), "most_replications = 10: expected 20 or more"),
    (lambda: simulate(DESK, replications=2.5), "replications = 2.5: expected a whole number"),
    (lambda: simulate(DESK, replications=1), "an interval needs 2 or more"),
    (lambda: simulate(DESK, threads="two"), "threads = 'two'"),
    (lambda: simulate(DESK, target=2), "target = 2: expected a number above 0 and below 1"),
    (lambda: simulate(DESK, target="a"), "target = 'a'"),
    (lambda: simulate(DESK, confidence=95), "confidence = 95: expected a number above 0 and below 1"),
    (lambda: simulate(DESK, confidence=None), "confidence = None"),
    (lambda: simulate(DESK, length_h="a"), "length_h = 'a'"),
    (lambda: simulate(DESK, length_h=1e300), "At 19.2 customers a day .* 1e[+]300 h, warm-up included"),
    (lambda: simulate(DESK, length_h=1e-6), "would come in 1e-06 h, expected 1 or more"),
    (lambda: simulate(DESK, warm_up_h="a"), "warm_up_h = 'a'"),
    (lambda: simulate(DESK, samples=1.5), "samples = 1.5"),
    (lambda: simulate(DESK, records=-1), "records = -1: expected a whole number of 0 or more"),
    (lambda: compare_formula(DESK, 5.0), "flows = 5.0: expected a list"),
    (lambda: compare_formula(DESK, []), "one flow or more"),
    (lambda: compare_formula(DESK, [5.0, "a"]), r"flows\[1\] = 'a'"),
    (lambda: compare_formula(DESK, [5.0], span_h="a"), "span_h = 'a'"),
    (lambda: compare_formula(DESK, [5.0], target=0), "target = 0"),
    (lambda: compare_designs(DESK, "x"), "facility = 'x': expected a Facility"),
    (lambda: compare_designs(DESK, DESK, replications=1), "replications = 1: expected a whole number of 2 or more"),
    (lambda: relief(DESK, replications=0), "replications = 0"),
    (lambda: dwell("x"), "facility = 'x'"),
    (lambda: dwell(DESK, math.nan), "flow_per_day = nan"),
    (lambda: dwell(DESK, span_h=-1), "span_h = -1: expected a number above 0"),
    (lambda: steady_dwell(DESK, None), "flow_per_day = None"),
    (lambda: steady_dwell("x", 1.0), "facility = 'x'"),
    (lambda: capacity("x"), "facility = 'x'"),
    (lambda: check("x"), "facility = 'x'"),
    (lambda: DESK.at(0), "flow per day = 0"),
    (lambda: DESK.stage("x"), "facility desk has no stage 'x': it has 1"),
    (lambda: DESK.change("1", server=2), "a stage has no 'server': it has name, service, servers"),
    (lambda: kr.series(M, 5), "station 1 = 5: expected a law of the service, a pair of a law and servers, or a Stage"),
    (lambda: kr.series(M, M, (M, 1, 2)), "station 2"),
    (lambda: kr.series("M", M), "arrivals = 'M': expected a law of the hours between customers"),
    (lambda: kr.series([M], M), r"arrivals\[0\]"),
    (lambda: Arrivals.renewal(0), "per_day = 0"),
    (lambda: Arrivals.renewal(5, 1.0, "a"), "size = 'a': expected a whole number of 1 or more"),
    (lambda: Arrivals.renewal(5, 1.0, 0), "size = 0"),
    (lambda: Arrivals.timetable("8"), "hours = '8'"),
    (lambda: Arrivals.timetable([math.nan]), r"hours\[0\] = nan"),
]


def post(**more):
    """A facility whose stage `gauge` has these attributes."""
    return series(
        exponential(1.0), Stage("customs", exponential(0.1)), Stage(**{"name": "gauge", "service": M, **more})
    )


def brought(*arrivals, **more):
    """A facility of one stage, visited by these arrivals."""
    return Facility("post", (Stage("gauge", exponential(0.1), **more),), arrivals)


DECLARATIONS = [
    (post(service="M"), "stage gauge, service = M: expected a law"),
    (post(service=1.0), "stage gauge, service = 1.0: expected a law"),
    (post(servers="two"), "stage gauge, servers = two: expected a whole number"),
    (post(servers=math.inf), "stage gauge, servers = inf"),
    (post(servers=1.5), "stage gauge, servers = 1.5"),
    (post(servers=Shifts((0, 12), (1.5, 2), "finish")), "gauge, servers = (1.5, 2): expected whole numbers"),
    (post(servers=Shifts(("a", 12), (1, 2), "finish")), "gauge, shifts, hours"),
    (post(servers=Shifts((0, 12), (1, 2), "finish", 0)), "gauge, shifts, period_h = 0"),
    (post(room="x"), "gauge, room = x: expected a whole number"),
    (post(room=2.5), "gauge, room = 2.5"),
    (post(batch=5), "gauge, batch = 5: expected Batch(least, most)"),
    (post(batch=Batch(1.5, 2)), "gauge, batch, least = 1.5"),
    (post(service=None, slots=Slots(1.5, 1.0)), "gauge, slots, takes = 1.5"),
    (post(service=None, slots=Slots(1, -1.0)), "gauge, slots, every_h = -1.0"),
    (post(visit="a"), "gauge, visit = a: expected a chance between 0 and 1"),
    (post(visit={"grain": 0.5}), "gauge, visit = grain: expected a class that comes: all"),
    (post(then="customs"), "gauge, then = customs: expected numbers by name"),
    (post(name=""), "expected a name"),
    (post(needs={"crane": 1}), "gauge, needs crane = 1: no such resource"),
    (brought(Arrivals(M), visit=0.0), "stages gauge: nobody visits any of them"),
    (brought(Arrivals(M, priority="a")), "arrivals 1, priority = a: expected a whole number"),
    (brought(Arrivals(M, late="x")), "arrivals 1, late = x: expected a law"),
    (brought(M), "arrivals, number 1"),
    (Facility("post", (M,), (Arrivals(M),)), "stages, number 1"),
    (Facility("post", (Stage("gauge", M),), (Arrivals(M),), resources=("x",)), "resources, number 1 = x"),
    (Facility("post", (Stage("gauge", M),), (Arrivals(M),), resources=(Resource("crane", 1.5),)), "crane, units = 1.5"),
    (Facility("post", (Stage("gauge", M),), (Arrivals(M),), resources=(Resource("crane", 1),) * 2), "crane: the name is"),
    (Facility("post", (Stage("gauge", M),), (Arrivals(M),), overload_h="a"), "overload_h = a"),
    (Facility("post", (Stage("gauge", M),), (Arrivals(M),), paths={"all": "gauge"}), "paths = {'all': 'gauge'}"),
    (Facility("post", (Stage("gauge", M),), (Arrivals(M),), paths={"boxes": ("gauge",)}), "paths = boxes: expected a class"),
]  # fmt: skip


@pytest.mark.parametrize(("ask", "words"), LAWS + CALLS, ids=[words for _, words in LAWS + CALLS])
def test_calls(ask, words):
    with pytest.raises(errors.UsageError, match=words):
        ask()


@pytest.mark.parametrize(("facility", "words"), DECLARATIONS, ids=[words for _, words in DECLARATIONS])
@pytest.mark.parametrize("ask", [simulate, dwell, compare_formula])
def test_declarations(ask, facility, words):
    with pytest.raises(errors.DataError) as caught:
        ask(facility)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    "stage",
    [
        Stage("spare", exponential(0.5), visit=0.0),
        Stage("spare", exponential(0.5), Shifts((0, 12), (2, 1), "finish"), visit=0.0),
        Stage("spare", exponential(0.5), batch=Batch(1, 5), visit=0.0),
        Stage("spare", None, batch=Batch(3, 5, 2.0), visit=0.0),
        Stage("spare", None, slots=Slots(5, 2.0), visit=0.0),
        Stage("spare", exponential(0.5), room=3, visit=0.0),
    ],
)
@pytest.mark.parametrize("size", [1, 3])
def test_a_stage_that_nobody_needs_changes_nothing(stage, size):
    come = Arrivals.renewal(12, 0.5, size)
    bare, more = series(come, Stage("desk", M)), series(come, Stage("desk", M), stage)
    assert dwell(more).mean_h == pytest.approx(dwell(bare).mean_h, rel=1e-12)
    a, b = (simulate(one, target=0.3, length_h=2016.0, warm_up_h=0.0) for one in (bare, more))
    assert b.dwell.value == a.dwell.value


def test_a_load_of_exactly_one_is_at_capacity_not_past_it():
    found = compare_formula(DESK, [24.0, 25.0], span_h=200.0, target=0.2)["notes"]
    assert "24 a day is all of the capacity of 1" in found[0]
    assert "25 a day is past the capacity of 1" in found[1]
    assert steady_dwell(DESK, 24.0).notes == ("1 is at its capacity",)


def test_replications_begin_with_what_the_cap_allows():
    assert simulate(DESK, target=1e-6, most_replications=4, length_h=100.0).replications == 4
