"""A facility of a study read as one declaration; two ways that meet at their stations."""

import math

import numpy as np
import pytest

import keruen as kr
from keruen.network.facility import Arrivals, Facility, Resource, Shifts, Stage, exponential, fitted, read, steady_dwell
from keruen.network.facility.scatter import TOGETHER, Scatter, scattered
from tests.study.conftest import Folder

BORDER, GAUGE = "bolashak-serhetyaka", "akyayla-incheh-borun"
CONTROL, CUSTOMS, CHANGE = 2, 3, 4  # lines of the miniature's stage table


@pytest.fixture
def folder(tmp_path):
    kr.new(tmp_path / "mini")
    return Folder(tmp_path / "mini")


def reading(folder, facility=GAUGE, **options):
    return read(kr.open(folder.path).scenario(), facility, **options)


def test_hours_alone_are_passed_in_these_hours(folder):
    found = reading(folder, BORDER)
    assert math.isinf(found.limits.total_per_day)
    for flow in (1e4, 1e7):
        assert found.dwell(flow).by_class == pytest.approx(found.stated_h)


def test_the_study_states_what_routes_count(folder):
    found = reading(folder)
    route = kr.route(kr.open(folder.path).scenario(), "akyayla", "incheh-borun", found.commodity)
    assert found.stated_h["forward"] == pytest.approx(route.time_h)


def test_a_published_capacity_is_held_and_takes_no_time_of_its_own(folder):
    found = reading(folder)
    assert found.limits.binding == "passage"
    assert found.capacity_t_per_year == pytest.approx(1.5e6)
    seen = found.facility.flow_per_day
    assert seen == pytest.approx(0.5 * found.limits.total_per_day)
    assert found.dwell(found.t_per_year(seen)).by_class == pytest.approx(found.stated_h)
    assert any("50% of capacity" in one.what for one in found.assumed)


def test_the_flow_at_which_hours_were_seen(folder):
    folder.set("facility", 3, seen_t_per_year=0.9e6, seen_source="assumed")
    found = reading(folder)
    assert found.facility.flow_per_day == pytest.approx(found.per_day(0.9e6))
    assert found.dwell(0.9e6).by_class == pytest.approx(found.stated_h)
    assert found.dwell(3e5).mean_h < found.dwell(0.9e6).mean_h


def test_a_capacity_that_takes_more_than_the_hours_stated_is_said(folder):
    folder.set("facility", 3, seen_t_per_year=1.48e6, seen_source="assumed")
    found = reading(folder)
    assert found.dwell(1.48e6).mean_h > max(found.stated_h.values())
    assert any("more than the 38 h stated" in note for note in found.notes)


def declared(folder):
    folder.set("stage", CONTROL, servers=2, service_h=1.5, service_scv=0.3)
    folder.set("stage", CUSTOMS, shifts="8:3; 20:0", shift_end="suspend", service_h=1.0, service_scv=1, visit=0.4)
    folder.set("stage", CHANGE, servers=3, batch_least=1, batch_most=10, service_h=4, service_law="lognormal",
               needs="crane:1", room=200)  # fmt: skip
    note = {"role": "assumed", "source": "assumed", "note": "a guess"}
    arrival = {"arrival_id": "rail", "kind": "border", "unit": "wagon", "unit_t": "50", "train_units": "40",
               "train_scv": "0.04", "headway_scv": "0.7", "share": "0.5", "priority": "0", "way": ""} | note  # fmt: skip
    folder.write("arrival", [arrival, arrival | {"arrival_id": "rail-back", "way": "backward", "priority": "1"}])
    folder.write("resource", [{"resource_id": "crane", "units": "2", "returns_h": "1"} | note])
    return reading(folder)


def test_every_column_reaches_the_declaration(folder):
    found = declared(folder)
    stages = {stage.name.split()[0] + stage.name[-2:]: stage for stage in found.facility.stages}
    control, customs = stages["border_controlTM"], found.facility.stage("customs IR inbound")
    change = found.facility.stage("gauge_change IR inbound")
    assert (control.servers, control.service.mean, control.service.scv) == (2, 1.5, pytest.approx(0.3))
    assert customs.servers == Shifts((8.0, 20.0), (3, 0), at_end="suspend")
    assert customs.visit == 0.4
    assert (change.batch.least, change.batch.most, change.room, change.needs) == (1, 10, 200, {"crane": 1})
    assert change.service.kind == fitted(1, 0.5).kind or change.service.mean == 4
    assert found.facility.resources == (Resource("crane", 2, exponential(1.0)),)
    forward, backward = found.facility.arrivals
    assert (forward.klass, backward.klass, backward.priority) == ("forward", "backward", 1)
    assert forward.size.mean == pytest.approx(40)
    assert forward.size.scv == pytest.approx(0.04, abs=1e-3)
    assert forward.headway.scv == pytest.approx(0.7)
    assert found.unit_t == 50
    assert not any(one.where == "passage" for one in found.assumed)  # the stages limit it, not the published figure


def test_ways_meet_at_a_row_without_direction(folder):
    found = declared(folder).facility
    names = {name.split()[0] for name in found.paths["forward"]}
    assert names == {"border_control", "customs", "gauge_change"}
    shared = set(found.paths["forward"]) & set(found.paths["backward"])
    assert shared == {"border_control TM", "border_control IR"}
    assert found.paths["forward"].index("border_control TM") < found.paths["forward"].index("border_control IR")
    assert found.paths["backward"].index("border_control IR") < found.paths["backward"].index("border_control TM")


def test_declaring_servers_leaves_routes_alone(folder):
    before = kr.route(kr.open(folder.path).scenario(), "aktobe", "bandar-abbas", "containers")
    declared(folder)
    after = kr.route(kr.open(folder.path).scenario(), "aktobe", "bandar-abbas", "containers")
    assert after.time_h == before.time_h
    assert after.money_usd_per_t == before.money_usd_per_t


def test_a_train_that_finds_no_room_is_refused(folder):
    declared(folder)
    folder.set("stage", CONTROL, servers=2, room=30)
    with pytest.raises(kr.DataError, match=r"border_control TM, room = 30: smaller than a train"):
        reading(folder)


@pytest.mark.parametrize(
    ("facility", "options", "said"),
    [
        ("akyayla-inche-borun", {}, "Did you mean 'akyayla-incheh-borun'"),
        (GAUGE, {"commodity": "gold"}, "no commodity 'gold'"),
    ],
)
def test_what_cannot_be_read_is_said(folder, facility, options, said):
    with pytest.raises(kr.UsageError, match=said):
        reading(folder, facility, **options)


def test_a_closed_facility_is_not_read(folder):
    folder.set("facility", 3, status="planned")
    with pytest.raises(kr.UsageError, match="not operating: its status is planned"):
        reading(folder)


def test_units_of_the_two_ways_agree(folder):
    declared(folder)
    folder.set("arrival", 3, unit="train", unit_t=1000)
    with pytest.raises(kr.UsageError, match="different units, train of 1000 t and wagon of 50 t"):
        reading(folder)


def two_ways(load):
    desk, gate = Stage("desk", fitted(0.8, 0.5), 2), Stage("gate", exponential(0.5), 3)
    flow = load * 2 * 24 / 0.8 / 2
    ways = [Arrivals.renewal(flow, 1.0, klass=way) for way in ("out", "back")]
    own = Stage("own", exponential(2.0), None, visit={"out": 1.0, "back": 0.0})
    return Facility(
        "two ways", (desk, own, gate), tuple(ways), paths={"out": ("desk", "own", "gate"), "back": ("gate", "desk")}
    )


@pytest.mark.parametrize("load", [0.4, 0.8])
def test_two_ways_against_the_simulation(load):
    facility = two_ways(load)
    found, run = steady_dwell(facility, facility.flow_per_day), kr.simulate(facility, target=0.01, seed=3)
    for way, hours in found.by_class.items():
        assert hours == pytest.approx(run.by_class.at[way, "dwell_h"], rel=0.04)
    assert found.by_class["out"] > found.by_class["back"] + 1.9
    assert run.little_gap < 1e-9


def test_ways_do_not_thin_each_others_trains():
    # Trains of 30 one way, single lorries' worth of stages the other: each meets whole trains.
    one = Facility("q", (Stage("s", exponential(0.05), 1),), (Arrivals.renewal(120, 1.0, 30, klass="out"),))
    other = Stage("t", exponential(0.05), 1, visit={"out": 0.0, "back": 1.0})
    both = Facility(
        "q", (Stage("s", exponential(0.05), 1, visit={"out": 1.0, "back": 0.0}), other),
        tuple(Arrivals.renewal(120, 1.0, 30, klass=way) for way in ("out", "back")),
    )  # fmt: skip
    alone = steady_dwell(one, 120).mean_h
    assert steady_dwell(both, 240).by_class == pytest.approx({"out": alone, "back": alone})


def test_scattered_trains():
    rhos = np.array([0.2, 0.5, 0.8, 0.95, 0.999])
    assert (scattered(rhos, 0.1, 50, 1.0, 50, TOGETHER) == 1).all()
    factors = [scattered(rhos, 0.1, 50, 1.0, 50, Scatter(sd, 2.0)) for sd in (0.1, 1.0, 10.0, 100.0)]
    assert (np.diff(factors, axis=0) <= 1e-12).all()  # the more they come apart, the less is left
    assert (np.diff(factors, axis=1) >= -1e-4).all()  # near capacity trains count in full
    assert scattered(rhos, 0.1, 50, 1.0, 50, Scatter(1e-6))[0] == pytest.approx(1.0, abs=0.01)
    assert factors[1][-1] > 0.9
