"""Crossings and sections nearest to or past capacity, and what their queues cost in hours and in money.

A queue costs the time of the goods that stand in it: tonnes x hours x value of time, summed over commodities and, on a
section, over its two directions. A facility makes both directions wait in one queue. Sections that follow one another
and carry the same trains count as one, with the hours of all.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from keruen.equilibrium.freight import FreightFlows

__all__ = ["bottlenecks", "queue_cost"]

_ALIKE = 0.005  # sections whose shares of capacity differ by less carry the same trains
_CANDIDATES = 8  # sections looked at for each that is wanted, before neighbours are joined


def bottlenecks(loads: Mapping[int, FreightFlows], number: int = 10, without: Collection[str] = ()) -> pd.DataFrame:
    """Facilities and sections with the highest use of their capacity in the last year.

    Parameters
    ----------
    loads : mapping of int to FreightFlows
        Freight assigned to the network by year.
    number : int
        How many.
    without : collection of str
        Operators whose sections are left out, because the demand holds only part of their freight.

    Returns
    -------
    pandas.DataFrame
        One row an item and year, by rank: rank, what (``facility`` or ``section``), ids (of the facility, or of the
        links that follow one another), from_place and to_place, operator of a section, year, flow_t_per_year (both
        directions), use (share of capacity), queue_h and queue_usd_per_year. An item without freight in a year has
        no row of that year.
    """
    if not loads:
        return pd.DataFrame()
    years = sorted(loads)
    last = loads[years[-1]]
    items = [*_facilities(last), *_sections(last, number, without)]
    items = sorted(items, key=lambda item: (-item["use"], item["ids"]))[:number]
    rows = [
        {"rank": rank, **item, "year": year, **figures}
        for rank, item in enumerate(items, 1)
        for year in years
        if (figures := _figures(loads[year], item["what"], item["ids"])) is not None
    ]
    return pd.DataFrame(rows)


def queue_cost(loads: FreightFlows, arcs: Sequence[int]) -> float:
    """Cost of the queues on some arcs, USD a year: tonnes x hours x value of time over all commodities.

    Parameters
    ----------
    loads : FreightFlows
        Assigned freight.
    arcs : sequence of int
        Arcs of the problem.

    Returns
    -------
    float
        USD a year.
    """
    commodity = loads.freight.router.scenario.table("commodity").set_index("commodity_id")
    value = commodity.loc[list(loads.freight.commodities), "vot_usd_per_t_h"].to_numpy(dtype=float)
    chosen = list(arcs)
    return float(value @ (loads.flows.arc_flow[:, chosen] @ loads.flows.time[chosen]))


def _facilities(loads: FreightFlows) -> list[dict[str, Any]]:
    table = loads.facilities
    known = table[table["use"].notna()]
    places = loads.freight.router.network.facilities.set_index("facility_id")
    return [
        {
            "what": "facility", "ids": (name,), "use": float(use), "operator": "",
            "from_place": places.at[name, "from_place"], "to_place": places.at[name, "to_place"],
        }
        for name, use in zip(known["facility_id"], known["use"], strict=True)
    ]  # fmt: skip


def _sections(loads: FreightFlows, number: int, without: Collection[str]) -> list[dict[str, Any]]:
    """Fullest sections, those that follow one another with the same trains joined."""
    table = loads.links
    table = table[table["use"].notna() & ~table["operator"].isin(list(without))]
    table = table.nlargest(_CANDIDATES * number, "use")
    chains: list[list[dict[str, Any]]] = []
    for row in table.to_dict("records"):
        joined = [chain for chain in chains if any(_follows(row, other) for other in chain)]
        for chain in joined:
            chains.remove(chain)
        chains.append([*(other for chain in joined for other in chain), {str(k): v for k, v in row.items()}])
    return [_section(chain) for chain in chains]


def _follows(one: Mapping[Any, Any], other: Mapping[Any, Any]) -> bool:
    shared = {one["from_place"], one["to_place"]} & {other["from_place"], other["to_place"]}
    alike = abs(one["use"] - other["use"]) < _ALIKE and one["operator"] == other["operator"]
    return bool(shared) and alike and one["capacity_trains_per_day"] == other["capacity_trains_per_day"]


def _section(chain: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    places = [place for row in chain for place in (row["from_place"], row["to_place"])]
    ends = sorted((place for place in set(places) if places.count(place) == 1), key=places.index)
    if len(ends) != 2:  # a fork or a ring: named by its fullest part
        ends = places[:2]
    return {
        "what": "section", "ids": tuple(row["link_id"] for row in chain), "use": max(row["use"] for row in chain),
        "operator": chain[0]["operator"], "from_place": ends[0], "to_place": ends[1],
    }  # fmt: skip


def _figures(loads: FreightFlows, what: str, ids: Sequence[str]) -> dict[str, float] | None:
    """Figures of an item in a year; None where it carries nothing then."""
    network = loads.freight.router.network
    table, column = (loads.facilities, "facility_id") if what == "facility" else (loads.links, "link_id")
    rows = table[table[column].isin(ids)]
    if rows.empty:
        return None
    if what == "facility":
        number = int(np.flatnonzero(network.facilities["facility_id"] == ids[0])[0])
        arcs = list(loads.freight.shared.get(number, ()))
    else:
        numbers = np.flatnonzero(network.links["link_id"].isin(ids))
        arcs = [int(arc) for arc in np.flatnonzero(np.isin(network.link, numbers))]
    return {
        "flow_t_per_year": float((rows["flow_t_per_year"] + rows["back_t_per_year"]).max()),
        "use": float(rows["use"].max()),
        "queue_h": float(rows["delay_h"].sum()),
        "queue_usd_per_year": queue_cost(loads, arcs),
    }
