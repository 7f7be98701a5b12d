"""The formula against exact values and its own promises."""

import itertools

import numpy as np
import pytest

from keruen import errors
from keruen.network.facility import (
    Arrivals,
    Batch,
    Facility,
    Shifts,
    Slots,
    Stage,
    capacity,
    deterministic,
    dwell,
    erlang,
    exponential,
    hyperexponential,
    steady_dwell,
)
from keruen.network.facility import queues as q
from keruen.network.facility.approximations import general
from tests.network.facility import exact


def one(rate, **more):
    return Arrivals(exponential(1 / rate), **more)


def station(service, servers, arrivals, **more):
    return Facility("q", (Stage("s", service, servers),), (arrivals,), **more)


LAWS = {
    "M": (exponential(1.0), exact.erlang(1)),
    "E2": (erlang(2, 1.0), exact.erlang(2)),
    "E4": (erlang(4, 1.0), exact.erlang(4)),
    "H2": (hyperexponential(1.0, 2.0), exact.hyper(1.0, 2.0)),
    "H4": (hyperexponential(1.0, 4.0), exact.hyper(1.0, 4.0)),
}


def test_g_g_c_dwell_within_two_percent_on_the_mean():
    gaps = []
    for a, s, servers, rho in itertools.product(LAWS, LAWS, (1, 2, 4), (0.5, 0.7, 0.8, 0.9)):
        mean = 1 / (rho * servers)
        alpha, t = LAWS[a][1]
        true = exact.ph_ph_c((alpha, t / mean), LAWS[s][1], servers)
        gaps.append((general(LAWS[a][0].scaled(mean), LAWS[s][0], servers) - true) / (true + 1))
    gaps = np.abs(gaps)
    assert gaps.mean() <= 0.012
    assert np.quantile(gaps, 0.95) <= 0.05
    assert gaps.max() <= 0.14


@pytest.mark.parametrize(
    ("facility", "true"),
    [
        (station(exponential(1.0), 4, one(3.2)), q.m_m_c(3.2, 1.0, 4)[0] + 1),
        (station(erlang(2, 1.0), 1, one(0.8)), q.m_g_1(0.8, erlang(2, 1.0))[0] + 1),
        (station(exponential(1.0), 4, Arrivals(erlang(2, 1 / 3.2))), q.gi_m_c(erlang(2, 1 / 3.2), 1.0, 4)[0] + 1),
        (station(deterministic(1.0), 4, one(3.2)), q.m_d_c(3.2, 1.0, 4) + 1),
        (station(exponential(1.0), 1, one(0.04, size=deterministic(20))), 52.5),
        (
            Facility("tandem", tuple(Stage(f"s{k}", exponential(1.0), 2) for k in range(5)), (one(1.6),)),
            5 * (q.m_m_c(1.6, 1.0, 2)[0] + 1),
        ),
        (
            Facility(
                "feedback",
                (Stage("a", exponential(1.0)), Stage("b", exponential(0.8), 2, then={"a": 0.2})),
                (one(0.5),),
            ),
            q.jackson([0.5, 0.0], [[0, 1.0], [0.2, 0]], [1.0, 0.8], [1, 2])[1],
        ),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_exact_where_theory_is_exact(facility, true):
    assert steady_dwell(facility, facility.flow_per_day).mean_h == pytest.approx(true, rel=1e-8)


@pytest.mark.parametrize(("servers", "span"), [(1, 100.0), (4, 50.0), (8, 100.0)])
def test_past_capacity_within_ten_percent(servers, span):
    for x in (0.5, 0.8, 0.9, 1.0, 1.1, 1.3):
        true = exact.transient_mmc(x * servers, 1.0, servers, span)
        found = dwell(station(exponential(1.0), servers, one(x * servers), overload_h=span)).mean_h
        assert found == pytest.approx(true, rel=0.1)


@pytest.mark.parametrize("at_end", ["finish", "suspend"])
@pytest.mark.parametrize(
    ("hours", "servers", "rate", "service"),
    [((0, 12), (6, 2), 3.0, 1.0), ((0, 12), (8, 0), 3.0, 1.0), ((0, 4, 10, 20), (4, 0, 4, 1), 0.6, 2.0)],
)
def test_shifts_within_fifteen_percent(hours, servers, rate, service, at_end):
    true = exact.periodic_mmc(rate, service, hours, servers, at_end, room=120)
    found = steady_dwell(station(exponential(service), Shifts(hours, servers, at_end), one(rate)), 24 * rate)
    assert found.mean_h - service == pytest.approx(true, rel=0.15)


def test_the_rule_at_shift_end_matters():
    waits = [
        steady_dwell(station(exponential(4.0), Shifts((8, 16), (4, 0), rule), one(0.2)), 4.8).mean_h
        for rule in ("finish", "suspend")
    ]
    assert waits[1] > 1.1 * waits[0]


def test_deviation_of_m_m_1_is_its_mean():
    found = steady_dwell(station(exponential(1.0), 1, one(0.8)), 19.2)
    assert found.sd_h == pytest.approx(found.mean_h, rel=1e-6)


def test_blocking_is_flagged_with_the_stage_named():
    stages = (Stage("customs", exponential(0.5), 4), Stage("gauge", exponential(0.5), 3, room=4))
    tight = Facility("post", stages, (Arrivals.renewal(100, 1.0),))
    found = steady_dwell(tight, 100)
    assert not found.trusted
    assert "customs is blocked" in " ".join(found.notes)
    assert found.stages.loc["customs", "blocked"] > 0.05
    wide = steady_dwell(tight.change("gauge", room=4000), 100)
    assert wide.trusted
    assert wide.mean_h < found.mean_h


def test_slots_and_gathering():
    gather = Stage("form", None, batch=Batch(10, 10))
    found = steady_dwell(Facility("yard", (gather,), (one(2.0),)), 48)
    assert found.mean_h == pytest.approx(9 / 4)
    path = Stage("path", None, slots=Slots(100, every_h=3.0))
    assert steady_dwell(Facility("yard", (path,), (one(2.0),)), 48).mean_h == pytest.approx(1.5, rel=1e-6)


def test_past_capacity_is_said_and_finite():
    post = station(exponential(1.0), 4, one(5.0))
    assert steady_dwell(post, 120).mean_h == np.inf
    found = dwell(post)
    assert "past the capacity of s" in found.notes[0]
    assert 80 < found.mean_h < 120  # 720 h of x = 1.25: 90 h in a deterministic queue
    assert "past the capacity" in repr(found)


def test_bad_questions():
    post = station(exponential(1.0), 4, one(3.0))
    with pytest.raises(errors.UsageError):
        dwell(post, 0.0)
    with pytest.raises(errors.UsageError):
        dwell(post, 10.0, span_h=-1)


def test_more_servers_never_hurt():
    trains = Arrivals.renewal(100, 0.5, 40)
    found = [
        steady_dwell(Facility("p", (Stage("a", exponential(0.5), c), Stage("b", exponential(0.3), 2)), (trains,)), 100)
        for c in (3, 4, 6, 9)
    ]
    assert all(a.mean_h > b.mean_h for a, b in itertools.pairwise(found))
    assert all(
        found[k].capacity.total_per_day
        <= capacity(Facility("p", (Stage("b", exponential(0.3), 2),), (trains,))).total_per_day
        for k in range(4)
    )
