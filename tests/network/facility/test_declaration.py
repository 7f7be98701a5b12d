import numpy as np
import pytest

from keruen import errors
from keruen.network.facility import (
    Arrivals,
    Batch,
    Facility,
    Resource,
    Shifts,
    Slots,
    Stage,
    capacity,
    check,
    deterministic,
    empirical,
    exponential,
    problems,
)

TRAINS = (Arrivals.renewal(100, 0.5, 40),)


def facility(*stages, arrivals=TRAINS, **more):
    return Facility("post", stages, arrivals, **more)


OK = Stage("customs", exponential(0.5), 4)


@pytest.mark.parametrize(
    ("stages", "more", "words"),
    [
        ((Stage("customs", deterministic(0.0)),), {}, ("customs", "service mean", "above 0")),
        ((Stage("customs", exponential(1.0), Shifts((0, 12), (0, 0), "finish")),), {}, ("customs", "no server")),
        (
            (Stage("customs", exponential(1.0), Shifts((0, 12), (2, 0), "whatever")),),
            {},
            ("customs", "finish or suspend"),
        ),
        ((Stage("customs", exponential(1.0), 4, room=30),), {}, ("customs", "smaller than a train")),
        ((OK, Stage("form", None, batch=Batch(57, 57), room=40)), {}, ("form", "nobody can leave")),
        ((OK, Stage("loop", exponential(1.0), then={"loop": 1.0})), {}, ("loop", "nobody can leave")),
        ((OK, Stage("gauge", exponential(1.0), needs={"crane": 1})), {}, ("gauge", "no such resource")),
        ((OK, Stage("path", None)), {}, ("path", "expected a law")),
        ((OK, Stage("path", exponential(1.0), slots=Slots(1, every_h=1.0))), {}, ("path", "no service")),
        ((OK, Stage("path", None, slots=Slots(0, every_h=1.0))), {}, ("path", "take 1 or more")),
        ((OK, Stage("a", exponential(1.0), visit=1.5)), {}, ("a", "chance")),
        ((OK, Stage("a", exponential(1.0), 0)), {}, ("a", "servers")),
        ((OK, Stage("a", exponential(1.0), batch=Batch(5, 3))), {}, ("a", "least <= most")),
        ((OK, Stage("a", exponential(1.0), then={"b": 0.5})), {}, ("a", "no such stage")),
        ((OK, OK), {}, ("customs", "twice")),
        ((OK,), {"when_full": "explode"}, ("wait or leave",)),
        ((OK,), {"resources": (Resource("crane", 0),)}, ("crane", "1 or more")),
        (
            (Stage("a", exponential(0.1), 4, room=50), Stage("b", exponential(0.1), 4, room=50, then={"a": 0.2})),
            {},
            ("a", "b", "lock"),
        ),
    ],
)
def test_bad_declarations_are_refused_with_the_stage_named(stages, more, words):
    with pytest.raises(errors.DataError) as caught:
        check(facility(*stages, **more))
    for word in words:
        assert word in str(caught.value)


def test_all_problems_are_listed_at_once():
    bad = facility(Stage("a", deterministic(0.0), 0), Stage("b", None))
    assert len(problems(bad)) >= 3


def test_sizes_and_hours_are_checked():
    bad = facility(OK, arrivals=(Arrivals(exponential(1.0), empirical([0.5, 2.0])),))
    assert "whole numbers" in str(problems(bad)[0])
    bad = facility(OK, arrivals=(Arrivals.timetable((3, 30)),))
    assert "within the period" in str(problems(bad)[0])
    assert problems(facility(arrivals=()))


def test_routing_by_class_and_visits():
    stages = (OK, Stage("phyto", exponential(1.0), visit={"grain": 1.0, "boxes": 0.1}), Stage("path", exponential(0.1)))
    arrivals = (Arrivals.renewal(50, klass="grain"), Arrivals.renewal(50, klass="boxes"))
    post = check(facility(*stages, arrivals=arrivals))
    assert np.allclose(post.visit_ratios("grain"), [1, 1, 1])
    assert np.allclose(post.visit_ratios("boxes"), [1, 0.1, 1])
    for klass in post.classes():
        assert np.allclose(post.routing(klass).sum(axis=1), 1)


def test_feedback_visits_are_geometric():
    post = facility(Stage("a", exponential(0.1), 4), Stage("b", exponential(0.1), 4, then={"a": 0.2}))
    assert np.allclose(post.visit_ratios("all"), [1.25, 1.25])


def test_capacity_and_what_binds():
    stages = (
        Stage("customs", exponential(0.6), Shifts((8, 20), (8, 2), "finish")),
        Stage("phyto", exponential(1.0), 2, visit=0.1),
        Stage("gauge", exponential(1.0), 6, batch=Batch(5, 20, 6.0), needs={"crane": 1}),
        Stage("path", None, slots=Slots(57, every_h=4.0)),
    )
    most = capacity(facility(*stages, resources=(Resource("crane", 1, exponential(1.0)),)))
    assert most.names == ("customs", "phyto", "gauge", "path", "crane")
    assert np.allclose(most.per_day, [24 * 5 / 0.6, 480, 24 * 120, 342, 24 * 20 / 2])
    assert most.binding == "customs"


def test_flow_scales_every_class_alike():
    arrivals = (Arrivals.renewal(30, klass="a"), Arrivals.timetable((2, 14), 20, klass="b"))
    post = facility(OK, arrivals=arrivals).at(140)
    assert post.flow_per_day == pytest.approx(140)
    assert [24 * one.per_h for one in post.arrivals] == pytest.approx([60, 80])


def test_a_change_names_one_stage():
    post = facility(OK, Stage("b", exponential(1.0)))
    assert post.change("customs", servers=7).stage("customs").servers == 7
    with pytest.raises(errors.UsageError, match=r"no stage .nowhere.: it has customs, b"):
        post.change("nowhere", servers=1)
