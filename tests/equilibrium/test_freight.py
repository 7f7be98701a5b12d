"""The freight of a scenario: what cannot be carried is said, what can is balanced and held by capacity."""

from pathlib import Path

import pytest

import keruen as kr
from keruen.appraisal.observations import UNITS, held_against
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
