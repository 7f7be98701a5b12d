"""Freight assigned by hand: trips with their routes, laid out as the tables and arrays that a report reads."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

Trip = tuple[str, str, str, list[tuple[float, list[str]]]]
"""Commodity, origin, destination, and routes: tonnes, and arcs as names of links and facilities ("-" before: back)."""

DAYS = 365.0
NET_T = 1000.0  # tonnes a train carries in this small world


def loads(
    links: pd.DataFrame, facilities: pd.DataFrame, commodity: pd.DataFrame, trips: list[Trip],
    queue_h: dict[str, float], uses: dict[str, float],
) -> SimpleNamespace:  # fmt: skip
    """Answer of an assignment: each link and facility is an arc each way, a facility with a queue one shared arc."""
    names = [*links["link_id"], *facilities["facility_id"]]
    arcs = [f"{sign}{name}" for name in names for sign in ("", "-")]
    shared = {
        i: len(arcs) + n for n, i in enumerate(i for i, f in enumerate(facilities["facility_id"]) if f in queue_h)
    }
    total = len(arcs) + len(shared)
    number = {name: i for i, name in enumerate(arcs)}
    ends = {row.link_id: (row.from_place, row.to_place) for row in links.itertuples()}
    ends |= {row.facility_id: (row.from_place, row.to_place) for row in facilities.itertuples()}
    places = sorted({place for pair in ends.values() for place in pair})
    head = [places.index(ends[name.lstrip("-")][0 if name[0] == "-" else 1]) for name in arcs]
    tail = [places.index(ends[name.lstrip("-")][1 if name[0] == "-" else 0]) for name in arcs]
    kinds = sorted({trip[0] for trip in trips})
    classes, routes = [], []
    for kind in kinds:
        own = [trip for trip in trips if trip[0] == kind]
        routes.append(
            [
                [(t, [number[n] for n in path] + _shared(path, facilities, shared)) for t, path in trip[3]]
                for trip in own
            ]
        )
        flow = np.array([sum(t for t, _ in trip[3]) for trip in own])
        classes.append(SimpleNamespace(flow=flow, origin=np.arange(len(own)), destination=np.arange(len(own))))
    arc_flow = np.zeros((len(kinds), total))
    for k, pairs in enumerate(routes):
        for pair in pairs:
            for tonnes, path in pair:
                arc_flow[k, path] += tonnes
    time = np.zeros(total)
    for name, hours in queue_h.items():
        at = [shared[list(facilities["facility_id"]).index(name)]] if name in set(facilities["facility_id"]) else None
        time[at or [number[name], number[f"-{name}"]]] = hours

    def mean(mark: Any, k: int) -> Any:
        return np.array([sum(t * mark[p].sum() for t, p in pair) / sum(t for t, _ in pair) for pair in routes[k]])

    def paths(origin: int, destination: int, k: int) -> list[SimpleNamespace]:
        return [SimpleNamespace(arcs=tuple(p), flow=t) for t, p in routes[k][origin]]

    network = SimpleNamespace(
        links=links, facilities=facilities, tail=np.array(tail), head=np.array(head),
        link=np.array([list(links["link_id"]).index(n.lstrip("-")) if n.lstrip("-") in set(links["link_id"]) else -1 for n in arcs]),
        facility=np.array([list(facilities["facility_id"]).index(n.lstrip("-")) if n.lstrip("-") in set(facilities["facility_id"]) else -1 for n in arcs]),
        nodes_of=lambda place: [places.index(place)] if place in places else [],
    )  # fmt: skip
    scenario = SimpleNamespace(table=lambda name: {"commodity": commodity}[name].copy())
    return SimpleNamespace(
        links=_table(links, "link_id", number, arc_flow, queue_h, uses, kinds),
        facilities=_table(facilities, "facility_id", number, arc_flow, queue_h, uses, kinds),
        flows=SimpleNamespace(arc_flow=arc_flow, time=time, mean=mean, paths=paths),
        freight=SimpleNamespace(
            commodities=tuple(kinds), zones=("a", "b"), shared={facility: (arc,) for facility, arc in shared.items()},
            problem=SimpleNamespace(arcs=total, classes=classes),
            router=SimpleNamespace(network=network, scenario=scenario),
        ),
    )  # fmt: skip


def _shared(path: list[str], facilities: pd.DataFrame, shared: dict[int, int]) -> list[int]:
    ids = list(facilities["facility_id"])
    return [
        shared[ids.index(n.lstrip("-"))] for n in path if n.lstrip("-") in ids and ids.index(n.lstrip("-")) in shared
    ]


def _table(
    rows: pd.DataFrame, key: str, number: dict[str, int], arc_flow: Any, queue_h: dict[str, float],
    uses: dict[str, float], kinds: list[str],
) -> pd.DataFrame:  # fmt: skip
    table = rows.copy()
    out = [arc_flow[:, number[name]] for name in rows[key]]
    back = [arc_flow[:, number[f"-{name}"]] for name in rows[key]]
    table["flow_t_per_year"] = [float(flow.sum()) for flow in out]
    table["back_t_per_year"] = [float(flow.sum()) for flow in back]
    for k, kind in enumerate(kinds):
        table[f"{kind}_t_per_year"] = [float(a[k] + b[k]) for a, b in zip(out, back, strict=True)]
    busier = np.maximum(table["flow_t_per_year"], table["back_t_per_year"])
    table["trains_per_day"] = busier / (NET_T * DAYS)
    table["use"] = [uses.get(name, np.nan) for name in rows[key]]
    table["delay_h"] = [queue_h.get(name, 0.0) for name in rows[key]]
    if "length_km" in table:
        table["tkm_per_year"] = (table["flow_t_per_year"] + table["back_t_per_year"]) * table["length_km"]
    return table[table["flow_t_per_year"] + table["back_t_per_year"] > 0].reset_index(drop=True)
