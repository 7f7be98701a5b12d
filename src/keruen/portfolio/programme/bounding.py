"""What no set of projects can bring more of: the freight of a year as if everything were built and nothing queued."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from keruen.appraisal.economics import between_years, carbon_musd
from keruen.appraisal.gains import emission_t
from keruen.appraisal.modelled import Base
from keruen.appraisal.stated import carbon_usd_per_t, conventions
from keruen.equilibrium.freight import FreightFlows
from keruen.equilibrium.statement import freight
from keruen.equilibrium.unloaded import cheapest, unloaded
from keruen.errors import KeruenError
from keruen.network import Router

__all__ = ["most_by_year"]


def most_by_year(base: Base, projects: Sequence[str]) -> NDArray[np.float64]:
    """Upper bound on what any set of projects brings by year, million USD.

    No route of any equilibrium is cheaper than the cheapest unloaded one with everything built, and none emits less
    than the least-emitting one. That holds where projects open ways or make them faster, cheaper or wider, and demand
    does not answer to cost; where operators' revenue counts there is no such bound.

    Parameters
    ----------
    base : Base
        The freight without projects.
    projects : sequence of str
        All that may be built.

    Returns
    -------
    ndarray of float64, shape (years,)
        By year of the horizon; infinite where the bound does not hold.
    """
    settings, rules = base.study.settings, conventions(base.study.settings)
    years = np.arange(rules.base_year, rules.last_year + 1)
    elastic = settings.appraisal.elasticity or (base.study.table("commodity")["elasticity"] > 0).any()
    if settings.appraisal.operator_margin or elastic:
        return np.full(len(years), np.inf)
    users, saved = {}, {}
    try:
        for year in base.years:
            before = base.without(year, ())
            stated = freight(Router(base.built(year, projects)), before.freight.calibration)
            after = FreightFlows(stated, before.flows)
            users[year] = _users_musd(before, after)
            saved[year] = emission_t(before) - _least_emission_t(after)
    except KeruenError:  # two of them contradict each other, so all cannot be built at once
        return np.full(len(years), np.inf)
    price = settings.appraisal
    carbon = carbon_musd(
        between_years(saved, years, rules.growth_after), years,
        price_usd_per_t=carbon_usd_per_t(base.study), price_of_year=price.carbon_year, growth=price.carbon_growth,
    )  # fmt: skip
    return np.asarray(np.maximum(between_years(users, years, rules.growth_after) + carbon, 0.0))


def _users_musd(before: FreightFlows, after: FreightFlows) -> float:
    """What users pay less on the cheapest unloaded routes, million USD a year."""
    values = before.freight.router.scenario.table("commodity").set_index("commodity_id")["vot_usd_per_t_h"]
    skims = before.skims.set_index(["origin", "destination", "commodity"])
    worth = skims.index.get_level_values("commodity").map(values).to_numpy(dtype=float)
    paid = skims["money_usd_per_t"].to_numpy(dtype=float) + worth * skims["time_h"].to_numpy(dtype=float)
    least = worth * unloaded(after.freight)["unloaded_h"].reindex(skims.index).to_numpy(dtype=float)
    return float((skims["flow_t_per_year"].to_numpy(dtype=float) * (paid - least)).sum()) / 1e6


def _least_emission_t(loads: FreightFlows) -> float:
    """Emissions of the same freight on the routes that emit least, t CO2e a year."""
    stated, total = loads.freight, 0.0
    own = len(stated.router.network.tail)
    for name, one in zip(stated.commodities, stated.problem.classes, strict=True):
        cost = np.where(one.permitted, 0.0, np.inf) if one.permitted is not None else np.zeros(stated.problem.arcs)
        cost[:own] += np.where(np.isfinite(cost[:own]), stated.router.costs(name).emission_kg_per_t, 0.0)
        total += float(one.flow @ cheapest(stated.problem, one, cost))
    return total / 1000.0
