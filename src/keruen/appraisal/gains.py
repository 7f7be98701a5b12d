"""What one year with a project is worth over the same year without it: hours, money, emissions, by country.

Users gain by the rule of half on generalised cost, origin to destination and commodity by commodity. Half of a gain
counts to the country of the origin and half to that of the destination, since the tables do not tell who pays the
freight. Emissions harm no country in particular.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from keruen.appraisal.economics import elastic_flow, rule_of_half
from keruen.equilibrium.freight import FreightFlows
from keruen.equilibrium.unloaded import unloaded
from keruen.errors import UsageError

__all__ = ["YearGain", "emission_t", "gain", "line_haul_musd", "surplus"]

_KEY = ["origin", "destination", "commodity"]
_LEAST_MUSD = 1e-6  # a gain below a dollar is none: what it rests on is not asked


@dataclass(frozen=True)
class YearGain:
    """One modelled year, with a project minus without it.

    Attributes
    ----------
    year : int
        The year.
    hours_musd, money_musd : dict of str to float
        Users' gains by country, million USD.
    revenue_musd : dict of str to float
        Line-haul revenue more than before, by country; not a gain unless some of it is no cost of carriage.
    by_commodity_musd : dict of str to float
        Users' gains by commodity.
    saved_t_co2e : float
        Emissions less than before, t CO2e.
    saved_t_h : float
        Tonne-hours less than before.
    new_t : float
        Tonnes carried that no route joined before, or lost; the rule of half cannot value them.
    gap : float
        Larger of the two relative gaps.
    unqueued_musd : float
        What users would gain if nothing queued anywhere, million USD; the rest of their gain rests on hours of queue
        or on the detours that avoid them, the least certain figures of the model.
    """

    year: int
    hours_musd: dict[str, float]
    money_musd: dict[str, float]
    revenue_musd: dict[str, float]
    by_commodity_musd: dict[str, float]
    saved_t_co2e: float
    saved_t_h: float
    new_t: float
    gap: float
    unqueued_musd: float = float("nan")

    @property
    def users_musd(self) -> float:
        """Gains of users, million USD."""
        return sum(self.hours_musd.values()) + sum(self.money_musd.values())

    @property
    def queue_share(self) -> float:
        """Share of the users' gains that would not be there without queues, from 0; NaN where users gain nothing."""
        return max(1.0 - self.unqueued_musd / self.users_musd, 0.0) if self.users_musd > 0 else float("nan")


def gain(before: FreightFlows, after: FreightFlows, elasticity: float = 0.0) -> YearGain:
    """What a year is worth with a project, less without it.

    Parameters
    ----------
    before, after : FreightFlows
        The freight of one year without and with it.
    elasticity : float
        Of demand to generalised cost; the cost after is that at the demand before. Where commodities have one of their
        own, both equilibria hold the demand that answers to their costs, and this is 0.

    Raises
    ------
    UsageError
        Where both are above 0.
    """
    table = surplus(before, after, elasticity)
    both = table[table["cost_before"].notna() & table["cost_after"].notna()]
    one_sided = table.drop(both.index)
    halves = pd.concat([both.assign(country=both[f"{end}_country"]) for end in ("origin", "destination")])
    sums = halves.groupby("country")[["hours_usd", "money_usd"]].sum() / 2e6
    old, new = line_haul_musd(before), line_haul_musd(after)
    return YearGain(
        year=before.freight.router.scenario.year,
        hours_musd={str(name): float(value) for name, value in sums["hours_usd"].items()},
        money_musd={str(name): float(value) for name, value in sums["money_usd"].items()},
        revenue_musd={name: new.get(name, 0.0) - old.get(name, 0.0) for name in sorted({*old, *new})},
        by_commodity_musd={
            str(name): float(value) / 1e6
            for name, value in both.groupby("commodity")[["hours_usd", "money_usd"]].sum().sum(axis=1).items()
        },
        saved_t_co2e=emission_t(before) - emission_t(after),
        saved_t_h=float(both["saved_t_h"].sum()),
        new_t=float((one_sided["flow_after"].fillna(0) - one_sided["flow_before"].fillna(0)).sum()),
        gap=max(before.flows.gap, after.flows.gap),
        unqueued_musd=_unqueued_musd(before, after) if (sums.abs() > _LEAST_MUSD).to_numpy().any() else 0.0,
    )


def _unqueued_musd(before: FreightFlows, after: FreightFlows) -> float:
    """Gain of the same freight on the cheapest unloaded routes, million USD."""
    old, new = unloaded(before.freight), unloaded(after.freight)
    commodities = before.freight.router.scenario.table("commodity").set_index("commodity_id")
    saved = old["unloaded_h"] - new["unloaded_h"].reindex(old.index)
    worth = old.index.get_level_values("commodity").map(commodities["vot_usd_per_t_h"])
    return float((saved * old["flow_t_per_year"] * worth).sum()) / 1e6


def surplus(before: FreightFlows, after: FreightFlows, elasticity: float = 0.0) -> pd.DataFrame:
    """Gain of users, one row an origin, destination and commodity.

    Returns
    -------
    pandas.DataFrame
        origin, destination, commodity, origin_country, destination_country, flow_before, flow_after (t a year),
        cost_before, cost_after (USD a tonne), hours_usd, money_usd (a year), saved_t_h.
    """
    if elasticity and (before.freight.router.scenario.table("commodity")["elasticity"] > 0).any():
        raise UsageError(
            "demand answers to cost twice: by elasticity of [appraisal] in keruen.toml and by that of the commodity table."
            " Set one of them to 0"
        )
    columns = [*_KEY, "flow_t_per_year", "time_h", "money_usd_per_t"]
    merged = before.skims[columns].merge(after.skims[columns], on=_KEY, how="outer", suffixes=("_0", "_1"))
    scenario = before.freight.router.scenario
    place = scenario.table("place").set_index("place_id")["country"]
    country = scenario.table("zone").set_index("zone_id")["place"].map(place)
    worth = merged["commodity"].map(scenario.table("commodity").set_index("commodity_id")["vot_usd_per_t_h"])
    cost = {side: merged[f"money_usd_per_t_{side}"] + worth * merged[f"time_h_{side}"] for side in "01"}
    flow = {side: merged[f"flow_t_per_year_{side}"] for side in "01"}
    known = (cost["0"].notna() & cost["1"].notna()).to_numpy()
    later = flow["1"].to_numpy(dtype=float).copy()
    if elasticity:
        inside = known & (cost["0"] > 0).to_numpy() & (cost["1"] > 0).to_numpy()
        later[inside] *= elastic_flow(1.0, cost["0"][inside], cost["1"][inside], elasticity)
    half = {}
    for name, factor in (("time_h", worth), ("money_usd_per_t", pd.Series(1.0, merged.index))):
        half[name] = np.zeros(len(merged))
        prices = [(factor * merged[f"{name}_{side}"])[known] for side in "01"]
        half[name][known] = rule_of_half(flow["0"][known], later[known], *prices)
    return merged[_KEY].assign(
        origin_country=merged["origin"].map(country),
        destination_country=merged["destination"].map(country),
        flow_before=flow["0"],
        flow_after=later,
        cost_before=cost["0"],
        cost_after=cost["1"],
        hours_usd=half["time_h"],
        money_usd=half["money_usd_per_t"],
        saved_t_h=flow["0"] * (merged["time_h_0"] - merged["time_h_1"]),
    )


def emission_t(loads: FreightFlows) -> float:
    """Well-to-wheel emissions of all freight, t CO2e a year."""
    return sum(float(flow @ costs.emission_kg_per_t) for flow, costs in _by_class(loads)) / 1000.0


def line_haul_musd(loads: FreightFlows) -> dict[str, float]:
    """Line-haul revenue by country, million USD a year."""
    found: dict[str, float] = {}
    for flow, costs in _by_class(loads):
        entries = costs.money
        line = entries.heading == entries.headings.index("line_haul")
        paid = pd.Series(flow[entries.arc[line]] * entries.mean[line]).groupby(entries.country[line]).sum()
        for country, usd in paid.items():
            found[str(country)] = found.get(str(country), 0.0) + float(usd) / 1e6
    return found


def _by_class(loads: FreightFlows) -> list[tuple[Any, Any]]:
    """Flow on the arcs of the supernetwork, and their costs, for each commodity."""
    own = len(loads.freight.router.network.tail)
    return [
        (loads.flows.arc_flow[k, :own], loads.freight.router.costs(name))
        for k, name in enumerate(loads.freight.commodities)
    ]
