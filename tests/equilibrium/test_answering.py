"""Demand that answers to cost: what is kept away, what a project brings back, and how it is valued."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import keruen as kr
from keruen.appraisal.gains import gain, surplus
from keruen.equilibrium.freight import FreightFlows, calibrate, freight
from keruen.equilibrium.solving import solve
from keruen.errors import UsageError
from keruen.network import Router

NORTH_SOUTH = Path(__file__).resolve().parents[2] / "examples" / "north-south"
E_COAL = 0.8


@pytest.fixture(scope="module")
def study():
    return kr.open(NORTH_SOUTH)


def elastic(scenario):
    return scenario.with_patches(kr.Patch("commodity", "coal_ores", "elasticity", set=E_COAL))


@pytest.fixture(scope="module")
def base(study):
    return kr.equilibrium(study.scenario(year=2024), 1e-8)


@pytest.fixture(scope="module")
def fixed(study):
    return kr.equilibrium(study.scenario(year=2030), 1e-8)


@pytest.fixture(scope="module")
def later(study):
    return kr.equilibrium(elastic(study.scenario(year=2030)), 1e-7)


def by_pair(flows, commodity="coal_ores"):
    table = flows.skims[flows.skims["commodity"] == commodity]
    return table.set_index(["origin", "destination"])


def test_without_elasticity_all_that_is_asked_and_joined_is_carried(fixed):
    table = fixed.demand
    assert table["kept_away_t_per_year"].abs().max() < 1
    assert (table["elasticity"] == 0).all()
    assert table["carried_t_per_year"].sum() == pytest.approx(fixed.skims["flow_t_per_year"].sum())


def test_demand_follows_the_costs_of_the_base_year(base, fixed, later):
    """Each pair carries table x (cost / base cost) ^ -e, by the skims of three equilibria; other freight its table."""
    asked, now, before = by_pair(fixed)["flow_t_per_year"], by_pair(later), by_pair(base)["cost_h"]
    both = now.index.intersection(before.index)
    assert len(both) > 20
    expected = asked[both] * (now.loc[both, "cost_h"] / before[both]) ** -E_COAL
    assert now.loc[both, "flow_t_per_year"].to_numpy() == pytest.approx(expected.to_numpy(), rel=1e-4)
    assert now.loc[both, "flow_t_per_year"].to_numpy() != pytest.approx(asked[both].to_numpy(), rel=1e-3)
    table = later.demand.set_index("commodity")
    away = table["kept_away_t_per_year"]
    assert away["coal_ores"] == pytest.approx(float(asked.sum() - now["flow_t_per_year"].sum()), rel=1e-6)
    assert away["coal_ores"] > 3e4  # queues grow to 2030
    assert away.drop("coal_ores").abs().max() < 1
    # what stays away leaves the queues shorter than fixed demand would
    assert later.flows.time.sum() < fixed.flows.time.sum()


def test_the_base_year_carries_its_table(study, base):
    scenario = study.scenario(year=2024)
    stated = freight(Router(scenario), calibrate(Router(scenario)))
    assert not any(one.elasticity for one in stated.problem.classes)


def test_a_project_draws_freight_and_is_valued_by_the_rule_of_half(study, later):
    without = later
    scenario = without.freight.router.scenario.with_patches(kr.Patch("stage", "rail-cn-in", "dwell_h", change=-10.0))
    with_it = kr.equilibrium(scenario, 1e-7, start=without)
    old, new = by_pair(without), by_pair(with_it)
    assert new["flow_t_per_year"].sum() > old["flow_t_per_year"].sum() + 1000
    table = surplus(without, with_it)
    coal = table[table["commodity"] == "coal_ores"].set_index(["origin", "destination"])
    worth = scenario.table("commodity").set_index("commodity_id").at["coal_ores", "vot_usd_per_t_h"]
    hours = 0.5 * (old["flow_t_per_year"] + new["flow_t_per_year"]) * worth * (old["time_h"] - new["time_h"])
    assert coal["hours_usd"].to_numpy() == pytest.approx(hours[coal.index].to_numpy(), rel=1e-9, abs=1e-6)
    assert gain(without, with_it).users_musd > 0


def test_elasticity_twice_is_refused(later):
    with pytest.raises(UsageError, match="twice"):
        gain(later, later, elasticity=0.5)


def test_a_pair_that_the_base_year_does_not_join_is_held_to_its_cost_without_queues(study, base):
    """A zone cut off in the base year: its freight is at most that of the table."""
    calibration = base.freight.calibration

    class Cut:
        def of(self, commodity, origins, destinations):
            cost = calibration.base.of(commodity, origins, destinations)
            cost[:] = np.inf
            return cost

    scenario = elastic(study.scenario(year=2030))
    stated = freight(Router(scenario), replace(calibration, base=Cut()))
    one = next(one for one in stated.problem.classes if one.name == "coal_ores")
    found = FreightFlows(stated, solve(stated.problem, 1e-5))
    flows = found.flows.problem.classes[stated.commodities.index("coal_ores")].flow
    assert np.isfinite(one.base_cost).all()
    assert (flows <= one.flow * (1 + 1e-4)).all()
    assert flows.sum() < one.flow.sum()
