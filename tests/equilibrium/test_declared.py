"""Declared facilities in the equilibrium: their curve, the hours it leaves alone, and what projects change."""

from pathlib import Path

import numpy as np
import pytest

import keruen as kr
from keruen.equilibrium.calibration import Calibration
from keruen.equilibrium.freight import FreightFlows, freight
from keruen.equilibrium.solving import solve
from keruen.network import Router
from keruen.network.delay import DWELL, QUEUE
from keruen.network.facility.reading import WAYS

NORTH_SOUTH = Path(__file__).resolve().parents[2] / "examples" / "north-south"
INCHEH, SARAKHS, DOSTYK, JULFA = "akyayla-incheh-borun", "sarahs-sarakhs", "dostyk-alashankou", "culfa-jolfa"


@pytest.fixture(scope="module")
def base():
    return kr.open(NORTH_SOUTH).scenario(year=2024)


@pytest.fixture(scope="module")
def flows(base):
    return kr.equilibrium(base, 1e-8)


def at(stated, name):
    """Position, curve and shared arcs of a facility."""
    position = list(stated.router.network.facilities["facility_id"]).index(name)
    return position, stated.curves.get(position), stated.shared.get(position, ())


def hours(stated, name, commodity, use):
    """Hours of each way by the problem's own numbers, at a share of capacity."""
    position, _, shared = at(stated, name)
    network = stated.router.network
    flow = np.zeros(stated.problem.arcs)
    for arc in shared:
        flow[arc] = use * stated.capacity[arc]
    queue = stated.problem.delay.time(flow)
    found = {}
    for arc in np.flatnonzero(network.facility == position):
        back = bool(network.backward[arc])
        free = stated.problem.attributes[f"hours:{commodity}"][arc]
        found[WAYS[back]] = float(free + queue[shared[min(int(back), len(shared) - 1)]])
    return found


def test_only_facilities_with_a_declared_stage_have_a_curve(flows):
    stated = flows.freight
    names = stated.router.network.facilities["facility_id"]
    assert {str(names.iloc[position]) for position in stated.curves} == {
        INCHEH, SARAKHS, DOSTYK, "altynkol-khorgos", JULFA, "akhalkalaki-kars",
    }  # fmt: skip
    for position, shared in stated.shared.items():
        kinds = set(stated.problem.delay.kind[list(shared)].tolist())
        assert kinds == {DWELL if position in stated.curves else QUEUE}


@pytest.mark.parametrize("name", [INCHEH, SARAKHS, DOSTYK, "altynkol-khorgos"])
@pytest.mark.parametrize("use", [0.5, 0.8, 0.95, 1.1])
def test_the_equilibrium_takes_the_hours_of_the_formula_for_reporting(flows, name, use):
    """Mean over both ways: by smooth curve and free hours of the problem, and by the formula of the declaration."""
    _, curve, _ = at(flows.freight, name)
    ours = hours(flows.freight, name, curve.seen.commodity, use)
    theirs = curve.declared.dwell(use * curve.declared.capacity_t_per_year).mean_h
    assert np.mean(list(ours.values())) == pytest.approx(theirs, rel=0.015)


def test_published_hours_hold_at_the_flow_at_which_they_were_seen(flows, base):
    stages = base.table("stage").set_index("stage_id")["dwell_h"]
    block = stages["rail-tm-out"] + stages["rail-ir-tm-block"] + stages["rail-ir-tm-block-gauge"]
    loose = stages["rail-tm-out"] + stages["rail-ir-tm"] + stages["rail-ir-tm-gauge"]
    row = base.table("facility").set_index("facility_id").loc[SARAKHS]
    use = row["seen_t_per_year"] / row["capacity_t_per_year"]
    assert hours(flows.freight, SARAKHS, "containers", use)["forward"] == pytest.approx(block, rel=1e-6)
    assert hours(flows.freight, SARAKHS, "timber", use)["forward"] == pytest.approx(loose, rel=1e-6)
    assert hours(flows.freight, SARAKHS, "coal_ores", use)["forward"] == pytest.approx(loose, rel=1e-6)


def test_a_queue_longer_than_the_published_hours_is_waited_for(flows, base):
    """One workshop at 81 % of its capacity: the formula's queue is more than all hours that are published."""
    row = base.table("facility").set_index("facility_id").loc[INCHEH]
    use = row["seen_t_per_year"] / row["capacity_t_per_year"]
    _, curve, _ = at(flows.freight, INCHEH)
    longer = curve.declared.dwell(row["seen_t_per_year"]).mean_h
    assert longer > curve.declared.stated_h["forward"] + 1
    assert hours(flows.freight, INCHEH, "containers", use)["forward"] == pytest.approx(longer, rel=0.015)


def test_ways_counted_in_pairs_of_trains_have_a_curve_each(flows):
    _, curve, shared = at(flows.freight, JULFA)
    assert len(shared) == len(curve.shapes) == 2
    for use in (0.5, 0.9):
        theirs = curve.declared.dwell(use * curve.declared.limits.total_per_day * 51 * 365).by_class
        assert hours(flows.freight, JULFA, curve.seen.commodity, use) == pytest.approx(theirs, rel=0.015)


def test_more_servers_shorten_the_queue_and_nothing_fills_the_gap(base, flows):
    """Patch of the stage that binds: eight bogie shops instead of the six that the published capacity asks for."""
    later = base.with_patches(kr.Patch("stage", "rail-ir-tm-block-gauge", "servers", set=8))
    before, after = flows.freight, freight(Router(later), flows.freight.calibration)
    _, old, _ = at(before, SARAKHS)
    _, new, _ = at(after, SARAKHS)
    assert new.capacity_t_per_year == pytest.approx(8 / 6 * old.declared.capacity_t_per_year, rel=1e-9)
    flow = 0.97 * old.capacity_t_per_year
    slow = hours(before, SARAKHS, "containers", 0.97)["forward"]
    fast = hours(after, SARAKHS, "containers", flow / new.capacity_t_per_year)["forward"]
    # The gain is that of the two declarations by the formula for reporting, their hours without queue alike.
    gain = old.declared.dwell(0.97 * old.declared.capacity_t_per_year).mean_h - new.declared.dwell(flow).mean_h
    assert gain > 5
    assert slow - fast == pytest.approx(gain, rel=0.1)
    held = {key: one.unqueued_h for key, one in old.declared.met.items()}
    assert held["forward", "gauge_change IR"] > 3
    assert {key: one.unqueued_h for key, one in new.declared.met.items()} == pytest.approx(held)


def test_a_project_that_adds_a_server_is_solved_warm_like_cold(base, flows):
    later = base.with_patches(kr.Patch("stage", "rail-ir-tm-block-gauge", "servers", set=8))
    warm = kr.equilibrium(later, 1e-8, start=flows)
    cold = FreightFlows(warm.freight, solve(warm.freight.problem, 1e-8))
    assert warm.flows.objective == pytest.approx(cold.flows.objective, rel=1e-6)
    was = flows.facilities.set_index("facility_id").loc[INCHEH]
    now = warm.facilities.set_index("facility_id").loc[INCHEH]
    assert now["delay_h"] < was["delay_h"] - 10
    total = was["flow_t_per_year"] + was["back_t_per_year"]
    assert now["flow_t_per_year"] + now["back_t_per_year"] > total


def test_a_wider_crossing_is_as_wide_as_published_though_servers_are_whole(base, flows):
    """1.21 Mt and half a million more is 1.41 bogie shops: the axis of the curve takes the published figure."""
    later = base.with_patches(kr.Patch("facility", INCHEH, "capacity_t_per_year", change=500_000.0))
    after = freight(Router(later), flows.freight.calibration)
    _, old, _ = at(flows.freight, INCHEH)
    _, new, _ = at(after, INCHEH)
    assert new.capacity_t_per_year == pytest.approx(old.capacity_t_per_year + 500_000)
    use = 1_100_000 / old.capacity_t_per_year, 1_100_000 / new.capacity_t_per_year
    saved = (
        hours(flows.freight, INCHEH, "containers", use[0])["forward"]
        - hours(after, INCHEH, "containers", use[1])["forward"]
    )
    assert saved > 10


def test_hours_that_a_project_states_change_by_as_much(base, flows):
    later = base.with_patches(kr.Patch("stage", "rail-ir-tm-block", "dwell_h", change=-4.0))
    after = freight(Router(later), flows.freight.calibration)
    for use in (0.1, 0.5, 0.9):
        was, now = (hours(one, SARAKHS, "containers", use)["forward"] for one in (flows.freight, after))
        declared = [at(one, SARAKHS)[1].declared for one in (flows.freight, after)]
        old, new = (one.dwell(use * one.capacity_t_per_year).mean_h for one in declared)
        assert was - now == pytest.approx(old - new, abs=0.4)
        assert 2 < was - now < 5  # not 4 exactly: trains that have come less apart wait longer for each other


def test_a_stage_declared_anew_keeps_the_published_hours_where_they_were_seen(base):
    """Servers declared at a facility that had none: its hours at the flow seen are the published ones still."""
    declared = base.with_patches(
        kr.Patch("stage", "rail-tm-bolashak", "servers", set=3),
        kr.Patch("stage", "rail-tm-bolashak", "service_h", set=2.5),
        kr.Patch("facility", "bolashak-serhetyaka", "seen_t_per_year", set=2_000_000),
        kr.Patch("facility", "bolashak-serhetyaka", "seen_source", set="assumed"),
    )
    stated = freight(Router(declared), Calibration())
    _, curve, _ = at(stated, "bolashak-serhetyaka")
    assert curve.declared.limits.total_per_day == pytest.approx(24 * 3 / 2.5, rel=1e-6)
    use = 2_000_000 / curve.capacity_t_per_year
    published = curve.declared.stated_h
    assert hours(stated, "bolashak-serhetyaka", curve.seen.commodity, use) == pytest.approx(published, rel=1e-6)


def test_a_facility_that_no_patch_touches_keeps_its_very_curve(base, flows):
    later = base.with_patches(kr.Patch("stage", "port-kz", "dwell_h", change=-10.0))
    after = freight(Router(later), flows.freight.calibration)
    assert at(after, INCHEH)[1] is at(flows.freight, INCHEH)[1]


def test_the_table_of_declared_facilities_sets_equilibrium_beside_formula(flows):
    table = flows.declared.set_index("facility_id")
    assert set(table.index) == {INCHEH, SARAKHS, DOSTYK, "altynkol-khorgos"}
    assert table["equilibrium_h"].to_numpy() == pytest.approx(table["formula_h"].to_numpy(), rel=0.015)
    assert table["trusted"].all()
    assert (table["misfit"] < 0.03).all()  # most where the formula is not convex: batches at light loads
    # busier than when the hours were seen, so longer; quieter, so shorter
    assert dict(table["read_for"]) == {
        INCHEH: "containers", SARAKHS: "containers", DOSTYK: "coal_ores", "altynkol-khorgos": "containers",
    }  # fmt: skip
    table = table.drop(INCHEH)  # its queue is longer than its published hours
    busier = table["flow_t_per_year"] > table["seen_t_per_year"]
    assert (table["equilibrium_h"] > table["published_h"])[busier].all()
    assert (table["equilibrium_h"] < table["published_h"])[~busier].all()
    by = flows.facilities.set_index("facility_id")["queue_by"]
    assert (by[list(table.index)] == "stages").all()
    assert set(by) == {"stages", "capacity", ""}


def test_use_is_of_the_capacity_beside_it_when_a_project_adds_servers(base):
    wider = base.with_patches(kr.Patch("stage", "rail-ir-tm-block-gauge", "servers", set=2, origin="test"))
    table = kr.equilibrium(wider, 1e-8).facilities.set_index("facility_id").loc[INCHEH]
    plain = kr.equilibrium(base, 1e-8).facilities.set_index("facility_id").loc[INCHEH]
    assert table["capacity_t_per_year"] > 1.5 * plain["capacity_t_per_year"]
    for row in (table, plain):
        passed = row["flow_t_per_year"] + row["back_t_per_year"]
        assert row["use"] == pytest.approx(passed / row["capacity_t_per_year"], rel=0.15)
