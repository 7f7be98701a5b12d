"""One worker's networks, warm paths and link functions: equilibria of designs, and bounds over many designs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from keruen.equilibrium import solve
from keruen.portfolio import links
from keruen.portfolio.assignment import Prices, bound, equilibrium
from keruen.portfolio.knapsack import lift
from keruen.portfolio.links import LinkFunctions
from keruen.portfolio.paths import Paths, network, paths
from keruen.portfolio.problem import DesignProblem, Period

__all__ = ["Bounded", "Reference", "Workspace", "exact"]

Floats = NDArray[np.float64]

_ROUGH = 1e-4
"""Relative gap of a first look at a design, which errs by less than 1 %."""
_REFERENCE = 1e-3
_FINE = 1e-6
_FINEST = 1e-8
_EXACT = 1e-11
_CAP = 400
_MODES = np.array([[links.BEFORE, links.FREE, links.AFTER], [links.CLOSED, links.OPENING, links.AFTER]], dtype=np.int8)
"""What an arc is, by whether its project opens it, and whether that is not built, undecided or built."""


@dataclass(frozen=True, eq=False)
class Reference:
    """Flows with which equilibria are compared.

    Attributes
    ----------
    flow : ndarray of float, shape (arcs,)
        Flow of all classes.
    fixed : float
        Their cost beside time.
    """

    flow: Floats
    fixed: float


class Bounded(NamedTuple):
    """A bound over the designs of a node in one period.

    Attributes
    ----------
    value : float
        No design of the node has a lower total cost.
    price : float
        Price of the budget it ended with.
    built : sequence of float
        How much of each undecided project it builds, 0 to 1.
    importance : sequence of float
        Flow times cost on the arcs of each undecided project.
    reference : Reference or None
        Flows that every design of the node allows, if they were used.
    rho : float
        Weight of the variational inequality.
    """

    value: float
    price: float
    built: Sequence[float]
    importance: Sequence[float]
    reference: Reference | None = None
    rho: float = 0.0


class Workspace:
    """Warm paths of one worker.

    Parameters
    ----------
    design : DesignProblem
        Network and projects.
    periods : sequence of Period
        Periods; periods of the same demand share nothing, so that each stays near its own flows.
    """

    def __init__(self, design: DesignProblem, periods: Sequence[Period]) -> None:
        self.design, self.periods = design, periods
        self.networks = [network(design.problem, period.demand) for period in periods]
        self._demand = [float(net.demand.sum()) for net in self.networks]
        self._stores: dict[tuple[str, int], Paths] = {}
        self.functions = _functions(design)
        self.owner, self.opens = _owners(design)
        count = len(design.projects)
        arcs_of = np.bincount(self.owner[self.owner >= 0], minlength=count)
        share = np.where(self.owner >= 0, 1.0 / np.maximum(arcs_of, 1)[self.owner], 0.0)
        self.prices = Prices(self.owner, share, np.zeros(count), np.zeros(count), np.zeros(count))
        self._costs = [float(one.cost) for one in design.projects]
        self.several = (self.owner >= 0) & (arcs_of > 1)[self.owner]
        self.changing = sum(1 << at for at, one in enumerate(design.projects) if one.changes)
        self.nobody = Reference(np.zeros(design.problem.arcs), 0.0)
        self.solves = self.bounds = 0

    def _store(self, use: str, period: int) -> Paths:
        """Return the paths of a kind of assignment, made when first asked for."""
        if (use, period) not in self._stores:
            self._stores[use, period] = paths(self.networks[period])
        return self._stores[use, period]

    def pulled(self, period: int) -> Paths:
        """Return the paths of bounds with the variational inequality."""
        return self._store("pulled", period)

    def mixed(self, period: int) -> Paths:
        """Return the paths of equilibria with projects improved in part."""
        return self._store("mixed", period)

    def overspent(self, left: float) -> float:
        """Return what the last bound spends on undecided projects beyond their budget."""
        return float(self.prices.built @ self.prices.cost) - left

    def _modes(self, built: int, free: int) -> None:
        """Set what each arc is at a node: bits of projects that are built, and of those undecided."""
        state = [2 if built >> project & 1 else free >> project & 1 for project in range(len(self._costs))]
        self.functions.mode[:] = _MODES[self.opens, np.array([*state, 0], np.int8)[self.owner]]

    def rough(self, period: int, built: int, gap: float = _ROUGH) -> float:
        """Return total cost at user equilibrium of a design, to a relative gap."""
        self._modes(built, 0)
        net, store = self.networks[period], self._store("flows", period)
        self.functions.weights[2] = self._demand[period]
        self.solves += 1
        return float(equilibrium(net, self.functions, store, gap, _CAP)[0])

    def reference(self, period: int, built: int, free: int, shares: Sequence[float]) -> Reference:
        """Return flows that all designs of a node allow: the equilibrium with undecided arcs improved in part.

        Undecided new arcs stay closed. Any feasible flows are valid; these are near the equilibria of good designs.
        """
        self._modes(built, free)
        f, net, store = self.functions, self.networks[period], self.mixed(period)
        f.mode[f.mode == links.FREE] = links.MIXED
        f.mode[f.mode == links.OPENING] = links.CLOSED
        f.mix[:] = np.where(self.owner >= 0, np.asarray(shares)[self.owner], 0.0)
        f.weights[2] = self._demand[period]
        total = float(equilibrium(net, f, store, _REFERENCE, _CAP)[0])
        if not np.isfinite(total):
            return self.nobody
        return Reference(store.flow.copy(), total - float(store.flow @ store.cost))

    def fine(self, period: int, built: int, gap: float = _FINE) -> float:
        """Return total cost at user equilibrium of a design by the engine of pairs of segments."""
        self.solves += 1
        return exact(self.design, built, self.periods[period].demand, gap)

    def bound(
        self,
        period: int,
        built: int,
        free: int,
        left: float,
        price: float,
        threshold: float,
        *,
        unit: float | None = None,
        precise: float = 0.02,
        iterations: int = 30,
        reference: Reference | None = None,
        rho: float = 0.0,
    ) -> Bounded:
        """Return a bound over the designs that hold `built` and some of `free`.

        Parameters
        ----------
        period : int
            Period.
        built, free : int
            Bits of projects.
        left : float
            Budget for the undecided ones.
        price : float
            Price to begin with.
        threshold : float
            Value at which the node can be pruned.
        unit : float, optional
            Unit of the costs, for lifting.
        precise : float
            Relative gap at which to stop where it cannot be pruned.
        iterations : int
            Cap.
        reference : Reference, optional
            Flows that all designs of the node allow.
        rho : float
            Weight of the variational inequality that nobody gains by moving to them, 0 to below 1.

        Returns
        -------
        Bounded
            Valid whatever the price and the cap.
        """
        z = reference or self.nobody
        f, net = self.functions, self.networks[period]
        store = self._store("pulled" if rho > 0.0 else "relaxed", period)
        self._modes(built, free)
        f.weights[2] = self._demand[period]
        undecided = [one for one in range(len(self._costs)) if free >> one & 1]
        costs = [self._costs[one] for one in undecided]
        within = sum(costs) <= left * (1 + 1e-9)
        lifted, left = (costs, 0.0) if within else lift(costs, left, unit)
        self.prices.cost[:] = 0.0
        if undecided:
            self.prices.cost[undecided] = lifted
        self.bounds += 1
        value, price, _ = bound(
            net,
            f,
            store,
            self.prices,
            left,
            0.0 if within else price,
            rho,
            z.flow,
            z.fixed,
            threshold,
            precise,
            iterations,
        )
        prices = self.prices
        return Bounded(value, price, prices.built.tolist(), prices.importance.tolist(), reference, rho)


def exact(design: DesignProblem, built: int, demand: float = 1.0, gap: float = _EXACT) -> float:
    """Return total cost at user equilibrium of a design, solved cold by the engine of pairs of segments."""
    chosen = [one for one in range(len(design.projects)) if built >> one & 1]
    return float(solve(design.built(chosen, demand), gap, threads=1).total_cost)


def _functions(design: DesignProblem) -> LinkFunctions:
    """Return both states of every arc."""
    base, arcs = design.problem.delay, design.problem.arcs
    kind, parameters = np.stack([base.kind] * 2), np.stack([base.parameters] * 2)
    for one in design.projects:
        if one.delay is not None:
            kind[1, list(one.changes)] = one.delay.kind
            parameters[1, list(one.changes)] = one.delay.parameters
    nothing = np.zeros(arcs)
    return LinkFunctions(
        kind,
        parameters,
        np.full(arcs, links.BEFORE, np.int8),
        nothing.copy(),
        np.array([1.0, 0.0, 0.0]),
        nothing.copy(),
        np.zeros((2, arcs)),
        nothing.copy(),
        np.zeros((2, arcs, 5)),
        np.zeros((arcs, 3)),
    )


def _owners(design: DesignProblem) -> tuple[NDArray[np.int32], NDArray[np.int8]]:
    """Return the project of every arc, -1 for none, and whether the project opens it."""
    owner = np.full(design.problem.arcs, -1, np.int32)
    opens = np.zeros(design.problem.arcs, np.int8)
    for number, one in enumerate(design.projects):
        owner[list(one.opens)] = owner[list(one.changes)] = number
        opens[list(one.opens)] = 1
    return owner, opens
