"""Where the freight of a scenario goes: the equilibrium as tables of links, facilities and zones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from keruen.equilibrium.answering import BaseCosts
from keruen.equilibrium.calibration import Calibration
from keruen.equilibrium.declared import Seen
from keruen.equilibrium.engine import Step
from keruen.equilibrium.flows import Flows
from keruen.equilibrium.solving import solve
from keruen.equilibrium.statement import DAYS, Freight, can_be_carried, freight
from keruen.errors import UsageError
from keruen.network import Router

__all__ = ["Freight", "FreightFlows", "assign", "calibrate", "can_be_carried", "carried", "freight", "weighed"]

_DECLARED = (
    "facility_id", "name_en", "read_for", "unit", "flow_t_per_year", "capacity_t_per_year", "use", "seen_t_per_year",
    "published_h", "queue_h", "equilibrium_h", "formula_h", "trusted", "misfit",
)  # fmt: skip
_ROUNDS = 12
_ROUND_GAP = 1e-5
_ROUND_H = 0.5  # a queue that moves less between two rounds has settled
_BASE_GAP = 1e-8
_WEIGHED = 0.005  # so has a train whose weight does


@dataclass(frozen=True, eq=False)
class FreightFlows:
    """Where the freight goes, and what is full.

    Attributes
    ----------
    freight : Freight
        What was asked.
    flows : Flows
        The engine's answer with its proof.
    """

    freight: Freight
    flows: Flows

    def __repr__(self) -> str:
        return f"<FreightFlows of {self.freight!r}: gap {self.flows.gap:.1e}, {self.flows.reason}>"

    @cached_property
    def links(self) -> pd.DataFrame:
        """Links with freight.

        Columns: link_id, mode, from_place, to_place, flow_t_per_year and back_t_per_year (by direction),
        trains_per_day (the busier direction), capacity_trains_per_day, use (share of capacity), delay_h (queue in
        the busier direction), tkm_per_year, and tonnes a year by commodity in both directions.
        """
        network = self.freight.router.network
        rows = [self._link(link) for link in range(len(network.links))]
        return pd.DataFrame([row for row in rows if row["flow_t_per_year"] + row["back_t_per_year"] > 0])

    @cached_property
    def facilities(self) -> pd.DataFrame:
        """Facilities with freight.

        Columns: facility_id, name_en, kind, flow_t_per_year and back_t_per_year (by direction), trains_per_day (the
        busier direction: empty trains return in the other), capacity_t_per_year (the published one; of declared stages
        that of the stage that binds, where it says how many servers it has), use (share of capacity), delay_h
        (queue in the busier direction), queue_by (what the queue follows from: the declared ``stages``, or the
        ``capacity`` alone), and tonnes a year by commodity.
        """
        network = self.freight.router.network
        rows = [self._facility(facility) for facility in range(len(network.facilities))]
        return pd.DataFrame([row for row in rows if row["flow_t_per_year"] + row["back_t_per_year"] > 0])

    @cached_property
    def demand(self) -> pd.DataFrame:
        """What becomes of the demand of the table, one row a commodity.

        Columns: commodity, elasticity (of demand to generalised cost), asked_t_per_year (the table), no_route_t_per_year
        (no permitted route joins its ends), carried_t_per_year, kept_away_t_per_year (by costs above those of the base
        year; below 0 where lower costs draw more).
        """
        scenario, freight = self.freight.router.scenario, self.freight
        table = scenario.table("demand")
        asked = table[table["year"] == scenario.year].groupby("commodity")["flow_t_per_year"].sum()
        lost = freight.unserved.groupby("commodity")["flow_t_per_year"].sum()
        elastic = scenario.table("commodity").set_index("commodity_id")["elasticity"]
        moved = {
            name: float(one.flow.sum()) for name, one in zip(freight.commodities, freight.problem.classes, strict=True)
        }
        rows = [
            {
                "commodity": name, "elasticity": float(elastic[name]), "asked_t_per_year": float(tonnes),
                "no_route_t_per_year": float(lost.get(name, 0.0)), "carried_t_per_year": moved.get(name, 0.0),
                "kept_away_t_per_year": float(tonnes - lost.get(name, 0.0)) - moved.get(name, 0.0),
            }
            for name, tonnes in asked.items()
        ]  # fmt: skip
        return pd.DataFrame(rows)

    @cached_property
    def declared(self) -> pd.DataFrame:
        """Declared facilities with freight: hours in the equilibrium beside the formula of the same declaration.

        Columns: facility_id, name_en, read_for (commodity whose stages apply), unit, flow_t_per_year (both directions),
        capacity_t_per_year, use, seen_t_per_year (flow at which published_h hold; empty where nothing tells),
        published_h, queue_h, equilibrium_h and formula_h (means over both directions, flows that last a year),
        trusted (whether the formula is), misfit (largest distance of the curve from the formula, as a share).
        """
        rows = [
            self._declared(at) for at in self.freight.curves if self.flows.volume[list(self.freight.shared[at])].any()
        ]
        return pd.DataFrame(rows, columns=list(_DECLARED))

    @cached_property
    def skims(self) -> pd.DataFrame:
        """Zone to zone by commodity: origin, destination, commodity, flow_t_per_year, time_h, money_usd_per_t,
        distance_km (means over the routes used) and cost_h (cheapest generalised cost in hours)."""  # noqa: D205, D209
        first = self.freight.problem.nodes - len(self.freight.zones)
        tables = []
        for k, commodity in enumerate(self.freight.commodities):
            table = self.flows.skims(k)
            for end in ("origin", "destination"):
                table[end] = [self.freight.zones[node - first] for node in table[end]]
            table.insert(2, "commodity", commodity)
            money, hours = (table.pop(f"{name}:{commodity}") for name in ("money", "hours"))
            table["queue_h"] = table.pop("time")
            table["time_h"] = hours + table["queue_h"]
            table["money_usd_per_t"] = money
            others = [c for c in table.columns if ":" in c]
            tables.append(table.drop(columns=others).rename(columns={"flow": "flow_t_per_year", "cost": "cost_h"}))
        return pd.concat(tables, ignore_index=True)

    def through(self, facility: str) -> pd.DataFrame:
        """Who passes a facility: origin, destination, commodity, tonnes a year (select link)."""
        numbers = self.freight.router.network.facilities["facility_id"]
        found = np.flatnonzero(numbers == facility)
        if not len(found):
            raise UsageError(f"no operating facility '{facility}' in this scenario")
        first = self.freight.problem.nodes - len(self.freight.zones)
        tables = []
        for arc in np.flatnonzero(self.freight.router.network.facility == found[0]):
            for k, commodity in enumerate(self.freight.commodities):
                table = self.flows.select_link(int(arc), k)
                for end in ("origin", "destination"):
                    table[end] = [self.freight.zones[node - first] for node in table[end]]
                tables.append(table.assign(commodity=commodity))
        return pd.concat(tables, ignore_index=True).rename(columns={"flow": "flow_t_per_year"})

    def measured(self) -> Calibration:
        """Weights of trains and queues as they are here."""
        network = self.freight.router.network
        train_t, queue_h = {}, {}
        paired = network.facilities["t_per_train"].notna().to_numpy()
        for facility, arcs in self.freight.shared.items():
            name = str(network.facilities["facility_id"].iloc[facility])
            for back, shared in zip((False, True), arcs, strict=False):
                queue_h["facility", name, back] = float(self.flows.time[shared])
            if not paired[facility] and self.flows.volume[arcs[0]] > 0:
                train_t[name] = float(self.flows.arc_flow[:, arcs[0]].sum() / self.flows.volume[arcs[0]] / DAYS)
        for arc in np.flatnonzero((network.link >= 0) & np.isfinite(self.freight.capacity[: len(network.link)])):
            name = str(network.links["link_id"].iloc[network.link[arc]])
            queue_h["link", name, bool(network.backward[arc])] = float(self.flows.time[arc])
        return Calibration(train_t, queue_h, self._seen())

    def stated_seen(self) -> dict[str, Seen]:
        """Declared facilities as they were stated here, flow and hours of one piece."""
        names = self.freight.router.network.facilities["facility_id"]
        return {str(names.iloc[position]): curve.seen for position, curve in self.freight.curves.items()}

    def _seen(self) -> dict[str, Seen]:
        """Declared facilities for the freight that passes most, at the flow that passes where the study names none."""
        facilities = self.freight.router.network.facilities
        found = {}
        for position, curve in self.freight.curves.items():
            row = facilities.iloc[position]
            by_class = self.flows.arc_flow[:, list(self.freight.shared[position])].sum(axis=1)
            tonnes = float(by_class.sum())
            passing = {
                name: float(t)
                for name, t in zip(self.freight.commodities, by_class, strict=True)
                if name in curve.meeting
            }
            most = max(passing, key=passing.__getitem__) if any(passing.values()) else curve.seen.commodity
            stated = row["seen_t_per_year"] > 0
            flow = curve.seen.t_per_year if stated else tonnes if tonnes > 0 else None
            found[str(row["facility_id"])] = replace(curve.seen, t_per_year=flow, commodity=most)
        return found

    def _arcs(self, numbers: NDArray[np.int32], position: int) -> tuple[list[int], list[int]]:
        """Arcs forward and backward of a link or facility."""
        network = self.freight.router.network
        arcs = np.flatnonzero(numbers == position)
        return [int(a) for a in arcs if not network.backward[a]], [int(a) for a in arcs if network.backward[a]]

    def _common(self, forward: Sequence[int], backward: Sequence[int]) -> dict[str, Any]:
        tonnes = self.flows.arc_flow
        return {
            "flow_t_per_year": float(tonnes[:, list(forward)].sum()),
            "back_t_per_year": float(tonnes[:, list(backward)].sum()),
        }

    def _by_commodity(self, arcs: Sequence[int]) -> dict[str, float]:
        sums = self.flows.arc_flow[:, list(arcs)].sum(axis=1)
        return {
            f"{name}_t_per_year": float(tonnes) for name, tonnes in zip(self.freight.commodities, sums, strict=True)
        }

    def _link(self, link: int) -> dict[str, Any]:
        network = self.freight.router.network
        row = network.links.loc[link]
        forward, backward = self._arcs(network.link, link)
        busier = max([*forward, *backward], key=lambda arc: float(self.flows.volume[arc]))
        capacity = float(self.freight.capacity[busier])
        common = self._common(forward, backward)
        tonnes = common["flow_t_per_year"] + common["back_t_per_year"]
        return {
            "link_id": row["link_id"], "mode": row["mode"], "from_place": row["from_place"],
            "to_place": row["to_place"], **common, "trains_per_day": float(self.flows.volume[busier]),
            "capacity_trains_per_day": capacity if np.isfinite(capacity) else np.nan,
            "use": float(self.flows.volume[busier]) / capacity if np.isfinite(capacity) else np.nan,
            "delay_h": float(self.flows.time[busier]), "tkm_per_year": tonnes * float(row["length_km"]),
            "operator": row["operator"], **self._by_commodity([*forward, *backward]),
        }  # fmt: skip

    def _declared(self, position: int) -> dict[str, Any]:
        network, curve = self.freight.router.network, self.freight.curves[position]
        row, shared = network.facilities.loc[position], list(self.freight.shared[position])
        uses = (self.flows.volume[shared] / self.freight.capacity[shared]).tolist()
        formula, trusted = curve.formula_h(uses)
        shares = {one.klass: one.per_h for one in curve.declared.facility.arrivals}
        published, equilibrium, by_formula = (
            sum(shares[way] * hours[way] for way in shares) / sum(shares.values())
            for hours in (curve.declared.stated_h, curve.dwell_h(uses), formula)
        )
        return {
            "facility_id": row["facility_id"], "name_en": row["name_en"], "read_for": curve.seen.commodity,
            "unit": curve.declared.unit, "flow_t_per_year": float(self.flows.arc_flow[:, shared].sum()),
            "capacity_t_per_year": curve.capacity_t_per_year, "use": max(uses),
            "seen_t_per_year": curve.seen.t_per_year, "published_h": published,
            "queue_h": float(self.flows.time[shared].max()), "equilibrium_h": equilibrium, "formula_h": by_formula,
            "trusted": trusted, "misfit": max(shape.misfit for shape in curve.shapes),
        }  # fmt: skip

    def _facility(self, facility: int) -> dict[str, Any]:
        network = self.freight.router.network
        row = network.facilities.loc[facility]
        forward, backward = self._arcs(network.facility, facility)
        shared = list(self.freight.shared.get(facility, ()))
        busier = max(float(self.flows.volume[arcs].sum()) for arcs in (forward, backward))
        use = float((self.flows.volume[shared] / self.freight.capacity[shared]).max()) if shared else np.nan
        curve = self.freight.curves.get(facility)
        return {
            "facility_id": row["facility_id"], "name_en": row["name_en"], "kind": row["kind"],
            **self._common(forward, backward), "trains_per_day": busier,
            "capacity_t_per_year": row["capacity_t_per_year"] if curve is None else curve.capacity_t_per_year, "use": use,
            "delay_h": float(self.flows.time[shared].max()) if shared else 0.0,
            "queue_by": ("capacity" if curve is None else "stages") if shared else "",
            **self._by_commodity([*forward, *backward]),
        }  # fmt: skip


def assign(
    router: Router,
    gap: float = 1e-6,
    *,
    start: FreightFlows | None = None,
    calibration: Calibration | None = None,
    threads: int | None = None,
    callback: Callable[[Step], object] | None = None,
) -> FreightFlows:
    """Spread the freight of a scenario over its routes.

    Parameters
    ----------
    router : Router
        Graph and costs of the scenario.
    gap : float
        Relative gap to stop at.
    start : FreightFlows, optional
        Answer of a like scenario to start from, for example the one before a project. Its weights of trains are kept,
        so that the two are held against each other at the same capacities; without it trains are weighed anew, which
        moves flows where a place counted in tonnes is full and other freight passes.
    calibration : Calibration, optional
        Trains and queues of the base year; those of ``start``, else those of the study's base year, by default.
    threads : int, optional
        Threads; as many as help if absent.
    callback : callable, optional
        Called after every gap check.

    Returns
    -------
    FreightFlows
        The equilibrium.

    Raises
    ------
    UsageError
        If the scenario has no demand that can be carried in its year.
    ConvergenceError
        If a cap came before the gap.
    """
    if start is not None and calibration is None:
        calibration = start.freight.calibration
    else:
        calibration = weighed(router, calibrate(router) if calibration is None else calibration)
    stated = freight(router, calibration)
    begin = start.flows if start is not None else None
    return carried(stated, solve(stated.problem, gap, threads=threads, start=begin, callback=callback).require())


def carried(stated: Freight, flows: Flows) -> FreightFlows:
    """Return the freight that is carried: with the demand found, where it answers to cost."""
    elastic = any(one.elasticity for one in stated.problem.classes)
    return FreightFlows(replace(stated, problem=flows.problem) if elastic else stated, flows)


def calibrate(router: Router) -> Calibration:
    """Weigh trains and measure queues in the base year of a study, see :mod:`keruen.equilibrium.calibration`.

    What is free and what is queue depend on each other: the base year is solved anew with the queue just found until
    no queue moves any more. Each round takes more out of the free time than the one before, so the rounds rise to
    the least answer.

    Parameters
    ----------
    router : Router
        Router of any scenario of the study; it is used itself if it is the base.

    Returns
    -------
    Calibration
        Empty where the base year has no freight that can be carried.
    """
    scenario = router.scenario
    base = scenario.study.scenario(year=scenario.settings.base_year)
    if scenario.year != base.year or scenario.patches:
        router = Router(base)
    if not can_be_carried(router):
        return Calibration()
    found, loads = Calibration(), None
    for _ in range(_ROUNDS):
        loads = _round(router, found, loads)
        before, found = found, loads.measured()
        if _moved_h(before, found) < _ROUND_H:
            return _with_base(router, replace(found, seen=loads.stated_seen()))
    assert loads is not None
    return _with_base(router, replace(found, seen=loads.stated_seen(), settled=False))


def _with_base(router: Router, found: Calibration) -> Calibration:
    """Return a calibration that tells what each pair paid in the base year, if it is asked."""
    return replace(found, base=BaseCosts(partial(assign, router, calibration=found, gap=_BASE_GAP)))


def weighed(router: Router, calibration: Calibration) -> Calibration:
    """Weigh trains anew in a scenario, its queues of the base year as they are.

    A facility that is counted in tonnes is then as full as its tonnes say, whatever freight passes in this year.
    Projects are held against a scenario with the weights of that scenario, so that a gain is none of the scales.

    Parameters
    ----------
    router : Router
        Router of the scenario.
    calibration : Calibration
        Trains and queues of the base year.

    Returns
    -------
    Calibration
        The same queues, other weights.
    """
    if not calibration.train_t:
        return calibration
    loads = None
    for _ in range(_ROUNDS):
        loads = _round(router, calibration, loads)
        now = loads.measured().train_t
        most = max((abs(t / calibration.train_t.get(name, t) - 1.0) for name, t in now.items()), default=0.0)
        if most < _WEIGHED:
            break
        calibration = replace(calibration, train_t={**calibration.train_t, **now})
    return calibration


def _round(router: Router, calibration: Calibration, before: FreightFlows | None) -> FreightFlows:
    stated = freight(router, calibration)
    return carried(stated, solve(stated.problem, _ROUND_GAP, start=None if before is None else before.flows).require())


def _moved_h(before: Calibration, after: Calibration) -> float:
    """Most that any queue, or what it explains of published hours, has moved, hours."""
    queues = [abs(queue - before.queue_h.get(key, 0.0)) for key, queue in after.queue_h.items()]
    return max(
        [*queues, *(_explained_apart(one, before.seen.get(name)) for name, one in after.seen.items())], default=0.0
    )


def _explained_apart(one: Seen, other: Seen | None) -> float:
    if other is None or one.commodity != other.commodity:
        return np.inf
    before = other.explained_h or (0.0,) * len(one.explained_h)
    return max((abs(a - b) for a, b in zip(one.explained_h, before, strict=True)), default=0.0)
