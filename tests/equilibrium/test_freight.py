"""The freight of a scenario: what cannot be carried is said, what can is balanced and held by capacity."""

from pathlib import Path

import numpy as np
import pytest

import keruen as kr
from keruen.appraisal.observations import UNITS, held_against
from keruen.equilibrium.calibration import waiting_share_h
from keruen.equilibrium.freight import calibrate, freight
from keruen.network import Router

NORTH_SOUTH = Path(__file__).resolve().parents[2] / "examples" / "north-south"


@pytest.fixture(scope="module")
def base():
    return kr.open(NORTH_SOUTH).scenario(year=2024)


@pytest.fixture(scope="module")
def flows(base):
    return kr.equilibrium(base, 1e-8)


def test_all_tonnes_arrive(base, flows):
    demand = base.table("demand")
    asked = demand.loc[(demand["year"] == 2024), "flow_t_per_year"].sum()
    assert flows.freight.unserved.empty
    assert flows.skims["flow_t_per_year"].sum() == pytest.approx(asked)
    assert flows.flows.gap <= 1e-8
    assert flows.flows.balance < 1e-3


def test_what_a_closure_cuts_off_is_said_and_the_rest_is_carried(base):
    place = base.table("zone").set_index("zone_id").loc["kg", "place"]
    closed = kr.equilibrium(base.close(place), 1e-6)
    lost = closed.freight.unserved
    assert len(lost)
    assert ((lost["origin"] == "kg") | (lost["destination"] == "kg")).all()
    demand = base.table("demand")
    asked = demand.loc[(demand["year"] == 2024), "flow_t_per_year"].sum()
    carried = closed.skims["flow_t_per_year"].sum()
    assert carried + lost["flow_t_per_year"].sum() == pytest.approx(asked)


def test_who_passes_a_facility_adds_up(flows):
    row = flows.facilities.set_index("facility_id").loc["saryagash-keles"]
    passing = flows.through("saryagash-keles")["flow_t_per_year"].sum()
    assert passing == pytest.approx(row["flow_t_per_year"] + row["back_t_per_year"], rel=1e-6)


def test_an_observation_in_a_foreign_unit_is_not_answered_and_stops_nothing(base, flows):
    router = Router(base)
    table = base.table("observation").copy()
    table["unit"] = ["km/h" if measure != "swd" else "USD" for measure in table["measure"]]

    class Changed:
        year, settings = base.year, base.settings

        @staticmethod
        def table(name):
            return table if name == "observation" else base.table(name)

    router.scenario = Changed()
    held = held_against(router, 1, flows)
    answered = held[held["verdict"] != "unanswered"]
    assert all("km/h" in UNITS[measure] for measure in answered["measure"])
    assert (held.loc[held["verdict"] == "unanswered", "reason"] != "").all()


def test_published_tonnes_fill_a_crossing_at_its_published_capacity(flows):
    table = flows.facilities
    paired = flows.freight.router.network.facilities.set_index("facility_id")["t_per_train"].notna()
    known = table[table["use"].notna() & ~table["facility_id"].map(paired)]
    tonnes = known["flow_t_per_year"] + known["back_t_per_year"]
    assert len(known) > 10
    # Weighed at a looser gap than it is solved to.
    assert (tonnes / known["capacity_t_per_year"] / known["use"]).to_numpy() == pytest.approx(1.0, abs=0.02)


def test_a_crossing_counted_in_trains_is_as_full_as_its_busier_direction(flows):
    network = flows.freight.router.network
    declared = network.facilities.set_index("facility_id")
    table = flows.facilities.set_index("facility_id")
    for name in ("kartaly-tobol", "petukhovo-mamlyutka", "samur-yalama"):
        pairs = declared.at[name, "capacity_t_per_year"] / (730 * declared.at[name, "t_per_train"])
        assert table.at[name, "use"] == pytest.approx(table.at[name, "trains_per_day"] / pairs, rel=1e-9)


def test_no_year_carries_more_than_is_published_and_calls_it_less(base):
    later = kr.equilibrium(base.study.scenario(year=2030), 1e-8)
    paired = later.freight.router.network.facilities.set_index("facility_id")["t_per_train"].notna()
    known = later.facilities[later.facilities["use"].notna()]
    known = known[~known["facility_id"].map(paired)]
    tonnes = known["flow_t_per_year"] + known["back_t_per_year"]
    assert (tonnes / known["capacity_t_per_year"] / known["use"]).to_numpy() == pytest.approx(1.0, abs=0.02)


def test_the_queue_of_the_base_year_is_not_counted_twice(base, flows):
    """Published hours hold: no facility takes longer than the published mean, or its low end and the queue."""
    network, freight = flows.freight.router.network, flows.freight
    costs = flows.freight.router.costs("containers")
    allowance = waiting_share_h(costs, len(network.tail))
    hours = freight.problem.attributes["hours:containers"]
    checked = 0
    for facility, shared in freight.shared.items():
        if facility in freight.curves:
            continue  # see test_declared.py
        for arc in np.flatnonzero((network.facility == facility) & costs.permitted):
            back = bool(network.backward[arc]) and len(shared) > 1
            queue = float(flows.flows.time[shared[back]])
            published = float(costs.time_h[arc])
            expected = max(published, published - allowance[arc] + queue)
            assert hours[arc] + queue == pytest.approx(expected, abs=1.0)  # calibrated to half an hour
            checked += queue > 5
    assert checked >= 10


def test_other_years_and_projects_keep_the_trains_and_queues_of_the_base_year(base, flows):
    base_year = calibrate(Router(base))
    assert base_year.settled
    assert flows.freight.calibration.queue_h == base_year.queue_h
    assert calibrate(Router(base.study.scenario(year=2030))) == base_year
    closed = base.close("saryagash")
    assert calibrate(Router(closed)) == base_year
    assert kr.equilibrium(closed, 1e-6, start=flows).freight.calibration == flows.freight.calibration


def test_freight_without_rails_is_weighed_in_mean_trains_not_in_ships(base):
    services = base.table("commodity").set_index("commodity_id").at["containers", "services"].split(";")
    modes = base.table("service").set_index("service_id")["mode"]
    row = ";".join(name for name in services if modes[name] != "rail")
    by_road = base.with_patches(kr.Patch("commodity", "containers", "services", set=row))
    weight = {one.name: one.weight for one in freight(Router(by_road)).problem.classes}
    assert 1 / (365 * weight["containers"]) < 3600  # no train of the study is heavier, ships are
