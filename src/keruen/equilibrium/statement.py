"""The freight of a scenario stated as an equilibrium problem.

One class a commodity. Its fixed cost on an arc is the free time there plus money over its value of time, in hours;
what grows with flow is the queue at the arc's capacity, the same hours for every class. Flow is in tonnes a year,
capacity in trains a day: a class weighs one over the tonnes its train carries in a year of days.

A section has its capacity in each direction, because empty trains return with the loaded ones; so has a facility
whose capacity was counted in pairs of trains. One counted in tonnes has it for both directions, which pass one shared
arc; its tonnes are turned into trains of the weight that passes there. A facility whose stages are declared has the curve
of its declaration, see :mod:`keruen.equilibrium.declared`; any other a queue at its capacity. The queue that published
hours already hold is taken out of the free time: see :mod:`keruen.equilibrium.calibration`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from keruen.equilibrium.answering import answering
from keruen.equilibrium.calibration import Calibration, waiting_share_h
from keruen.equilibrium.declared import OVERLOAD_H, Curve, curves
from keruen.equilibrium.problem import DemandClass, Problem
from keruen.errors import UsageError
from keruen.network import Router
from keruen.network.delay import Delay
from keruen.network.demand import unserved
from keruen.network.facility.reading import WAYS
from keruen.network.selectors import parts

__all__ = ["Freight", "can_be_carried", "freight"]

DAYS = 365.0
SECTION_VARIABILITY = 0.5
"""(ca2 + cs2) / 2 of trains on a section: timetabled trains that miss their slots. Assumed, range 0.25 to 1."""

FACILITY_VARIABILITY = 1.0
"""(ca2 + cs2) / 2 at a facility: arrivals and service as irregular as a Poisson stream. Assumed, range 0.5 to 2."""


@dataclass(frozen=True, eq=False)
class Freight:
    """A scenario's freight as a problem, with the way back to its tables.

    Attributes
    ----------
    router : Router
        Graph and costs of the scenario.
    problem : Problem
        What the engine solves. Arcs of the supernetwork come first and keep their numbers; then the shared arcs of
        facilities, the arcs that leave them, and the connectors of zones.
    commodities : tuple of str
        Commodity of each class.
    zones : tuple of str
        Zone of each of the last nodes.
    shared : dict of int to tuple of int
        Arcs that hold the capacity of each facility that has one, by position in the network's facilities: one for
        both directions, or one for each where it is counted in pairs of trains.
    capacity : ndarray of float64, shape (arcs,)
        Trains a day, infinite where there is no capacity.
    unserved : pandas.DataFrame
        Demand that no permitted route joins: left out of the problem, and said.
    calibration : Calibration
        What the base year says of its queues.
    curves : dict of int to Curve
        Facilities whose declared stages give their queue, by position in the network's facilities.
    """

    router: Router
    problem: Problem
    commodities: tuple[str, ...]
    zones: tuple[str, ...]
    shared: dict[int, tuple[int, ...]]
    capacity: NDArray[np.float64]
    unserved: pd.DataFrame
    calibration: Calibration
    curves: dict[int, Curve]

    def __repr__(self) -> str:
        tonnes = sum(float(one.flow.sum()) for one in self.problem.classes)
        return (
            f"<Freight {self.router.scenario.year}: {tonnes / 1e6:.1f} Mt of {len(self.commodities)} commodities "
            f"between {len(self.zones)} zones, {self.problem.arcs:,} arcs>"
        )


def freight(router: Router, calibration: Calibration | None = None) -> Freight:
    """State the freight of a scenario as an equilibrium problem.

    Parameters
    ----------
    router : Router
        Graph and costs of the scenario.
    calibration : Calibration, optional
        What the base year says of its queues; without it a train weighs the same everywhere and all queues add to
        the published hours.

    Returns
    -------
    Freight
        The problem, with the way back to the tables.

    Raises
    ------
    UsageError
        If the scenario has no demand in its year.
    """
    return _Statement(router, calibration or Calibration()).state()


def can_be_carried(router: Router) -> bool:
    """Whether the scenario has demand in its year that some route joins."""
    return not _served(router, unserved(router)).empty


def _served(router: Router, apart: pd.DataFrame) -> pd.DataFrame:
    """Demand of the scenario's year without the pairs that no route joins."""
    demand = router.scenario.table("demand")
    demand = demand[(demand["year"] == router.scenario.year) & (demand["flow_t_per_year"] > 0)]
    key = ["origin", "destination", "commodity"]
    lost = pd.MultiIndex.from_frame(apart[key])
    return demand[~pd.MultiIndex.from_frame(demand[key]).isin(lost)]


class _Statement:
    """Builds the problem: facility detours, connectors, delay functions, classes."""

    def __init__(self, router: Router, calibration: Calibration) -> None:
        self.router = router
        self.calibration = calibration
        self.network = router.network
        self.unserved = unserved(router)
        self.demand = _served(router, self.unserved)
        if self.demand.empty:
            raise UsageError(
                f"no demand of {router.scenario.year} can be carried: the table has none, or no route joins it"
            )
        self.commodities = tuple(sorted(self.demand["commodity"].unique()))
        self.weights = self._weights()
        self.curves = curves(router, calibration.seen)
        self.tail = [int(node) for node in self.network.tail]
        self.head = [int(node) for node in self.network.head]
        queues = self._queues()
        self.relief = {name: self._relief(name, queues) for name in self.commodities}
        self.nodes = len(self.network.layers)
        self.node_names = [f"{node.place} {node.mode} {node.gauge_mm or ''}".strip() for node in self.network.layers]
        self.shared: dict[int, tuple[int, ...]] = {}

    def state(self) -> Freight:
        links = self._link_capacity()
        facility = self._share_facilities()
        zones = self._connect_zones()
        arcs = len(self.tail)
        capacity = np.full(arcs, np.inf)
        capacity[: len(links)] = links
        for arc, trains in facility.items():
            capacity[arc] = trains
        through = np.ones(self.nodes, dtype=bool)
        through[self.nodes - len(zones) :] = False
        problem = Problem(
            nodes=self.nodes,
            tail=np.array(self.tail),
            head=np.array(self.head),
            delay=self._delay(capacity, set(facility)),
            classes=self._classes(zones),
            through=through,
            attributes=self._attributes(arcs),
            node_names=self.node_names,
        )
        return Freight(
            self.router, answering(problem, self.router, self.calibration.base, zones), self.commodities, tuple(zones), self.shared, capacity, self.unserved,
            self.calibration, self.curves,
        )  # fmt: skip

    def _queues(self) -> NDArray[np.float64]:
        """Hours of queue that each arc had in the base year."""
        queue = np.zeros(len(self.network.tail))
        for what, numbers, ids in (
            ("facility", self.network.facility, self.network.facilities["facility_id"].to_numpy()),
            ("link", self.network.link, self.network.links["link_id"].to_numpy()),
        ):
            known = {name for kind, name, _ in self.calibration.queue_h if kind == what}
            has = np.array([name in known for name in ids], dtype=bool)
            for arc in np.flatnonzero((numbers >= 0) & np.append(has, False)[numbers]):
                back = bool(self.network.backward[arc])
                queue[arc] = self.calibration.queue(what, ids[numbers[arc]], back=back)
        return queue

    def _relief(self, commodity: str, queue: NDArray[np.float64]) -> NDArray[np.float64]:
        """Hours of each arc that the queue of the base year already explains."""
        costs = self.router.costs(commodity)
        relief = np.minimum(queue, waiting_share_h(costs, len(queue)))
        for facility, curve in self.curves.items():
            for back, way in enumerate(WAYS):
                arcs = (self.network.facility == facility) & (self.network.backward == bool(back)) & costs.permitted
                relief[arcs] = curve.relief_h(way, costs.time_h[arcs])
        return relief

    def _weights(self) -> dict[str, float]:
        """Trains a day that a tonne a year takes, by commodity: on its first rail service, else in a mean train.

        Freight that never runs on rails takes no section; where it shares a port with rail freight, tonnes count.
        """
        services = self.router.scenario.table("service")
        rail = services["mode"] == "rail"
        loads = dict(zip(services.loc[rail, "service_id"], services.loc[rail, "net_load_t"], strict=True))
        mean = float((services.loc[rail, "net_load_t"] if loads else services["net_load_t"]).mean())
        table = self.router.scenario.table("commodity")
        allowed = dict(zip(table["commodity_id"], table["services"], strict=True))
        first = {
            name: next((load for load in parts(allowed[name]) if load in loads), None) for name in self.commodities
        }
        return {name: 1.0 / (DAYS * (float(loads[own]) if own else mean)) for name, own in first.items()}

    def _link_capacity(self) -> NDArray[np.float64]:
        capacity = np.full(len(self.network.tail), np.inf)
        running = self.network.link >= 0
        trains = self.network.links["capacity_trains_per_day"].to_numpy(dtype=float)
        capacity[running] = np.where(np.isnan(trains), np.inf, trains)[self.network.link[running]]
        return capacity

    def _share_facilities(self) -> dict[int, float]:
        """Lead what shares a capacity over one arc; returns the capacity of each such arc, trains a day.

        Tonnes, wagons and boxes are counted in both directions together, pairs of trains in each.
        """
        table = self.network.facilities
        tonnes = table["capacity_t_per_year"].to_numpy(dtype=float, copy=True)
        paired_t = table["t_per_train"].to_numpy(dtype=float)
        flows = self.demand.groupby("commodity")["flow_t_per_year"].sum()
        mean_weight = sum(self.weights[name] * float(flows[name]) for name in self.commodities) / float(flows.sum())
        found: dict[int, float] = {}
        for position, curve in self.curves.items():
            tonnes[position] = curve.capacity_t_per_year
        for facility in np.flatnonzero(~np.isnan(tonnes) & (tonnes > 0)):
            arcs = np.flatnonzero(self.network.facility == facility)
            if not len(arcs):
                continue
            if np.isnan(paired_t[facility]):
                groups = [arcs]
                train_t = self.calibration.train_t.get(str(table["facility_id"].iloc[facility]))
                weight = mean_weight if train_t is None else 1.0 / (DAYS * train_t)
            else:
                groups = [arcs[~self.network.backward[arcs]], arcs[self.network.backward[arcs]]]
                weight = 1.0 / (2.0 * DAYS * paired_t[facility])
            name = str(table["facility_id"].iloc[facility])
            shared = tuple(self._share(group, f"{name} {way}") for way, group in enumerate(groups) if len(group))
            self.shared[int(facility)] = shared
            found |= dict.fromkeys(shared, float(tonnes[facility]) * weight)
        return found

    def _share(self, arcs: NDArray[np.int64], name: str) -> int:
        """Lead some arcs over one that they share, and on to where each led; a warm start knows its ends by name."""
        enter, leave = self.nodes, self.nodes + 1
        self.nodes += 2
        self.node_names += [f"{name} in", f"{name} out"]
        ends = {self.head[arc] for arc in arcs}
        for arc in arcs:
            self.head[arc] = enter
        shared = self._arc(enter, leave)
        for end in sorted(ends):
            self._arc(leave, end)
        return shared

    def _connect_zones(self) -> list[str]:
        zones = self.router.scenario.table("zone")
        for place in zones["place"]:
            for node in self.network.nodes_of(place):
                self._arc(self.nodes, node)
                self._arc(node, self.nodes)
            self.nodes += 1
        self.node_names += list(zones["zone_id"])
        return list(zones["zone_id"])

    def _arc(self, tail: int, head: int) -> int:
        self.tail.append(tail)
        self.head.append(head)
        return len(self.tail) - 1

    def _delay(self, capacity: NDArray[np.float64], facilities: set[int]) -> Delay:
        """Queues at capacities, curves of declared facilities; free time stands in the fixed cost of each class."""
        declared = {
            arc: curve.row(at, capacity[arc])
            for facility, curve in self.curves.items()
            for at, arc in enumerate(self.shared.get(facility, ()))
        }
        queued = np.setdiff1d(np.flatnonzero(np.isfinite(capacity)), list(declared))
        trains = capacity[queued]
        kinds = [
            Delay.constant(np.zeros(len(capacity) - len(queued) - len(declared))),
            Delay.queue(
                0.0,
                trains,
                OVERLOAD_H,
                service_time=24.0 / trains,
                variability=np.where(np.isin(queued, list(facilities)), FACILITY_VARIABILITY, SECTION_VARIABILITY),
            ),
        ]
        if declared:
            kinds.append(Delay.dwell(list(declared.values())))
        order = np.concatenate([np.flatnonzero(~np.isfinite(capacity)), queued, np.array([*declared], dtype=np.int64)])
        return Delay.join(kinds).take(np.argsort(order))

    def _classes(self, zones: list[str]) -> list[DemandClass]:
        """One class a commodity, its cells in the order of origins and destinations."""
        number = {zone: self.nodes - len(zones) + i for i, zone in enumerate(zones)}
        key = ["commodity", "origin", "destination"]
        cells = self.demand.groupby(key, as_index=False)["flow_t_per_year"].sum()
        of, flow = cells["commodity"].to_numpy(dtype=object), cells["flow_t_per_year"].to_numpy(dtype=float)
        ends = [np.array([number[zone] for zone in cells[end]], dtype=np.int64) for end in key[1:]]
        return [self._class(name, *(column[of == name] for column in (*ends, flow))) for name in self.commodities]

    def _class(
        self, commodity: str, origin: NDArray[np.int64], destination: NDArray[np.int64], flow: NDArray[np.float64]
    ) -> DemandClass:
        costs = self.router.costs(commodity)
        arcs, own = len(self.tail), len(self.network.tail)
        permitted = np.ones(arcs, dtype=bool)
        permitted[:own] = costs.permitted
        fixed = np.zeros(arcs)
        hours = costs.generalised_usd_per_t / costs.carriage.vot_usd_per_t_h - self.relief[commodity]
        fixed[:own] = np.where(costs.permitted, hours, 0.0)
        return DemandClass(
            name=commodity,
            origin=origin,
            destination=destination,
            flow=flow,
            fixed_cost=fixed,
            weight=self.weights[commodity],
            permitted=permitted,
        )

    def _attributes(self, arcs: int) -> dict[str, NDArray[np.float64]]:
        own = len(self.network.tail)
        found = {"distance_km": np.zeros(arcs)}
        found["distance_km"][:own] = self.network.length_km
        for name in self.commodities:
            costs = self.router.costs(name)
            for what, values in (("money", costs.money_usd_per_t), ("hours", costs.time_h - self.relief[name])):
                column = np.zeros(arcs)
                column[:own] = np.where(costs.permitted, values, 0.0)
                found[f"{what}:{name}"] = column
        return found
