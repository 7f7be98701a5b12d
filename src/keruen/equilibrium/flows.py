"""The answer: flows, costs and routes, with the proof that they balance."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from keruen import errors
from keruen.equilibrium.kernels import kernel
from keruen.equilibrium.problem import Problem
from keruen.equilibrium.routes import Route, Routes
from keruen.network.facility.arguments import is_number

if TYPE_CHECKING:
    from keruen.equilibrium.engine import Engine, Step

__all__ = ["Flows"]

Longs = NDArray[np.int64]
Floats = NDArray[np.float64]


@kernel
def _imbalance(
    tail: Longs, head: Longs, flow: Floats, origin: Longs, destination: Longs, demand: Floats, net: Floats
) -> float:
    """Return the worst imbalance at a node of the flow of a class; `net` holds a number a node."""
    net[:] = 0.0
    for arc in range(flow.size):
        net[tail[arc]] += flow[arc]
        net[head[arc]] -= flow[arc]
    for pair in range(demand.size):
        net[origin[pair]] -= demand[pair]
        net[destination[pair]] += demand[pair]
    worst = 0.0
    for node in range(net.size):
        worst = max(worst, abs(net[node]))
    return worst


@dataclass(frozen=True, eq=False)
class Flows:
    """Equilibrium flows.

    Attributes
    ----------
    problem : Problem
        What was solved.
    arc_flow : ndarray of float, shape (classes, arcs)
        Flow of each class, in its own unit.
    volume : ndarray of float, shape (arcs,)
        Flow of all classes in capacity units.
    time : ndarray of float, shape (arcs,)
        Time at that volume.
    pair_cost : tuple of ndarray of float
        By class, the cheapest generalised cost of each pair; 0 within a node.
    gap : float
        (TSTT - SPTT) / SPTT, over all classes in capacity units: what would be saved if everyone took a cheapest
        route at these costs, as a part of what that would cost. For the stochastic variant, the part of demand
        that is not where the model puts it.
    reason : str
        "gap met", "iteration cap", "time cap" or "stalled".
    history : tuple of Step
        Gap by outer iteration.
    cpu_s, wall_s : float
        Seconds all in: first loading and gap checks included, reading and compilation not.
    routes : Routes
        Routes by a stated rule.
    """

    problem: Problem
    arc_flow: Floats
    volume: Floats
    time: Floats
    pair_cost: tuple[Floats, ...]
    gap: float
    reason: str
    history: tuple[Step, ...]
    cpu_s: float
    wall_s: float
    routes: Routes
    engine: Engine | None = None

    def __post_init__(self) -> None:
        limit = 1e-7 * max(1.0, self.problem.demand)
        if self.arc_flow.size and float(self.arc_flow.min()) < 0:
            raise errors.KeruenError("a flow is negative: please report this")
        if self.balance > limit:
            raise errors.KeruenError(f"flows do not balance at a node, by {self.balance:g}: please report this")

    @property
    def converged(self) -> bool:
        """Whether the gap that was asked for was met."""
        return self.reason == "gap met"

    def require(self) -> Flows:
        """Return the flows, or raise an error where the gap was not met.

        Raises
        ------
        ConvergenceError
            Names the gap reached and the cap.
        """
        if not self.converged:
            raise errors.ConvergenceError(f"the gap was not met: {self.gap:.2e} at the {self.reason}")
        return self

    @cached_property
    def balance(self) -> float:
        """Worst imbalance at a node: flow out less flow in less what begins and ends there, in class units."""
        problem, net = self.problem, np.zeros(self.problem.nodes)
        return max(
            _imbalance(problem.tail, problem.head, flow, one.origin, one.destination, one.flow, net)
            for flow, one in zip(self.arc_flow, problem.classes, strict=True)
        )

    @cached_property
    def objective(self) -> float:
        """Beckmann objective: integrals of time over volume, and fixed cost x flow in capacity units."""
        fixed = sum(
            float(np.sum(one.fixed_cost * flow)) * one.weight
            for one, flow in zip(self.problem.classes, self.arc_flow, strict=True)
        )
        return float(self.problem.delay.integral(self.volume).sum()) + fixed

    @cached_property
    def total_cost(self) -> float:
        """Generalised cost of all flow, in capacity units x time."""
        fixed = sum(
            float(np.sum(one.fixed_cost * flow)) * one.weight
            for one, flow in zip(self.problem.classes, self.arc_flow, strict=True)
        )
        return float(self.time @ self.volume) + fixed

    def table(self) -> pd.DataFrame:
        """Return one row an arc: ends, volume, time, and flow by class."""
        problem = self.problem
        columns = {"tail": problem.tail, "head": problem.head, "volume": self.volume, "time": self.time}
        columns |= {one.name: flow for one, flow in zip(problem.classes, self.arc_flow, strict=True)}
        return pd.DataFrame(columns)

    def skims(self, group: int | str = 0) -> pd.DataFrame:
        """Return one row an origin-destination pair of a class.

        Parameters
        ----------
        group : int or str
            Class, by number or name.

        Returns
        -------
        DataFrame
            origin, destination, flow, cost (cheapest generalised cost), time and every attribute of the problem as
            a mean over the routes used, weighted by flow.
        """
        k = self.class_number(group)
        one = self.problem.classes[k]
        columns: dict[str, ArrayLike] = {
            "origin": one.origin,
            "destination": one.destination,
            "flow": one.flow,
            "cost": self.pair_cost[k],
            "time": self.mean(self.time, k),
        }
        columns |= {name: self.mean(values, k) for name, values in self.problem.attributes.items()}
        return pd.DataFrame(columns)

    def mean(self, values: ArrayLike, group: int | str = 0) -> Floats:
        """Return the sum of an arc figure along routes, as a mean over the routes of each pair weighted by flow.

        Parameters
        ----------
        values : array_like of float, shape (arcs,)
            Figure by arc.
        group : int or str
            Class.

        Returns
        -------
        ndarray of float, shape (pairs,)
            0 within a node.
        """
        k = self.class_number(group)
        try:
            figures = np.asarray(values, np.float64)
        except (TypeError, ValueError, OverflowError):
            figures = np.zeros(0)
        if figures.shape != (self.problem.arcs,):
            raise errors.UsageError(f"values: expected one number an arc ({self.problem.arcs})")
        return self.routes.means(k, figures)

    def select_link(self, arc: int, group: int | str = 0) -> pd.DataFrame:
        """Return who uses an arc: one row a pair of a class that does.

        Parameters
        ----------
        arc : int
            Arc of the problem.
        group : int or str
            Class.

        Returns
        -------
        DataFrame
            origin, destination, flow over the arc.
        """
        k = self.class_number(group)
        if not (_is_place(arc) and 0 <= arc < self.problem.arcs):
            raise errors.UsageError(f"there is no arc {arc!r}; arcs: 0 to {self.problem.arcs - 1}")
        one = self.problem.classes[k]
        marked = np.zeros(self.problem.arcs)
        marked[arc] = 1.0
        flow = self.mean(marked, k) * one.flow
        table = pd.DataFrame({"origin": one.origin, "destination": one.destination, "flow": flow})
        return table[table["flow"] > 0].reset_index(drop=True)

    def paths(self, origin: int, destination: int, group: int | str = 0, least: float = 1e-6) -> list[Route]:
        """Return the routes of a pair that carry at least a share `least` of its flow, the largest first.

        Parameters
        ----------
        origin, destination : int
            Nodes.
        group : int or str
            Class.
        least : float
            Above 0, 1 at most.

        Returns
        -------
        list of Route
            Empty where the pair has no demand.
        """
        for name, node in (("origin", origin), ("destination", destination)):
            if not (_is_place(node) and 0 <= node < self.problem.nodes):
                raise errors.UsageError(f"{name} = {node!r}: expected a node from 0 to {self.problem.nodes - 1}")
        if not (is_number(least) and 0 < least <= 1):
            raise errors.UsageError(f"least = {least!r}: expected a share above 0, 1 at most")
        return self.routes.between(self.class_number(group), origin, destination, least)

    def class_number(self, group: int | str) -> int:
        """Return the number of a class given by number or name."""
        names = [one.name for one in self.problem.classes]
        if _is_place(group) and 0 <= int(group) < len(names):
            return int(group)
        if group not in names:
            raise errors.UsageError(f"there is no class {group!r}; classes: {', '.join(names)}")
        return names.index(group)

    def __repr__(self) -> str:
        return (
            f"Flows({self.reason}: gap {self.gap:.2e} in {len(self.history)} iterations, {self.cpu_s:.3g} s CPU; "
            f"objective {self.objective:.10g}, total cost {self.total_cost:.6g}, balance {self.balance:.1e})"
        )


def _is_place(value: object) -> bool:
    """Whether a value counts arcs, nodes or classes: a whole number, true and false are none."""
    return isinstance(value, int | np.integer) and not isinstance(value, bool)
