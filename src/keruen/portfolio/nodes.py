"""Nodes of the tree: sets of periods by project, with a bound by period."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from keruen.portfolio.ascent import ascend
from keruen.portfolio.domains import Domains, Sets
from keruen.portfolio.evaluation import Bounded, Reference, Workspace
from keruen.portfolio.problem import Period

__all__ = ["Node", "Relaxation"]

_RHO = 8 / 9
"""Weight of the variational inequality below the root of a small problem."""
_ROUNDS = range(60)
_FEW = 40
"""In larger problems much is undecided at every node that is reached, where a large weight lowers the bound."""


@dataclass(frozen=True)
class Node:
    """A part of all designs.

    Attributes
    ----------
    sets : tuple of int
        Periods in which each project may open.
    bounds : tuple of Bounded
        By period.
    value : float
        No design of the node has a lower weighted total cost.
    depth : int
        Decisions taken.
    masks : tuple of (int, int)
        By period, the projects that surely stand, and those that may, as bits.
    """

    sets: Sets
    bounds: tuple[Bounded, ...]
    value: float
    depth: int
    masks: tuple[tuple[int, int], ...]


class Relaxation:
    """Bounds of nodes.

    Periods are separate but for the projects that stand in both, which is left out: a relaxation.

    Parameters
    ----------
    domains : Domains
        Rules.
    periods : sequence of Period
        Periods.
    unit : float or None
        Unit of all costs, for lifting.
    """

    def __init__(self, domains: Domains, periods: Sequence[Period], unit: float | None) -> None:
        self.domains, self.periods, self.unit = domains, periods, unit
        self._costs = [float(cost) for cost in domains.costs]

    def masks(self, sets: Sets) -> tuple[tuple[int, int], ...]:
        """Return by period the projects that surely stand, and those that may, as bits."""
        found = []
        for period in range(len(self.periods)):
            until = (2 << period) - 1
            built = free = 0
            for project, one in enumerate(sets):
                if one & until:
                    if one > until:
                        free |= 1 << project
                    else:
                        built |= 1 << project
            found.append((built, free))
        return tuple(found)

    def left(self, built: int, period: int) -> float:
        """Return the budget that undecided projects share in a period."""
        spent = sum(cost for project, cost in enumerate(self._costs) if built >> project & 1)
        return self.domains.budget[period] - spent

    def node(self, work: Workspace, sets: Sets, parent: Node, threshold: float, precise: float = 0.02) -> Node:
        """Return a node below another; its bound stops early once it is plain whether it passes the threshold."""
        bounds, masks = list(parent.bounds), self.masks(sets)
        value = parent.value
        for period, weight in enumerate(one.weight for one in self.periods):
            built, free = masks[period]
            if masks[period] == parent.masks[period] or weight == 0.0:
                continue
            others = value - weight * bounds[period].value
            goal = (threshold - others) / weight
            found = work.bound(
                period,
                built,
                free,
                self.left(built, period),
                bounds[period].price,
                goal,
                unit=self.unit,
                precise=precise,
            )
            if free & work.changing and found.value < goal:
                before = bounds[period]
                rho = max(before.rho, _RHO) if len(sets) <= _FEW else before.rho or _RHO
                found = self._pulled(work, period, (built, free), found, before.reference, goal, precise, rho)
            bounds[period] = found = found._replace(value=max(found.value, bounds[period].value))
            value = others + weight * found.value
            if value >= threshold:
                break
        return Node(sets, tuple(bounds), value, parent.depth + 1, masks)

    def _pulled(
        self,
        work: Workspace,
        period: int,
        masks: tuple[int, int],
        plain: Bounded,
        inherited: Reference | None,
        goal: float,
        precise: float,
        rho: float,
    ) -> Bounded:
        """Return a bound closer to user equilibrium, where projects that change arcs are undecided.

        First with the flows of the parent; where that does not prune, with flows of its own.
        """
        built, free = masks
        left, best = self.left(built, period), plain
        price, shares, z = plain.price, plain.built, inherited
        for again in (False, True):
            if z is None or again:
                z = work.reference(period, built, free, shares)
            found = work.bound(
                period, built, free, left, price, goal, unit=self.unit, precise=precise, reference=z, rho=rho
            )
            price, shares = found.price, found.built
            best = found._replace(value=max(found.value, best.value))
            if best.value >= goal:
                break
        return best

    def root(self, work: Workspace, sets: Sets, deadline: float = float("inf"), rounds: range = _ROUNDS) -> Node:
        """Return the node of all designs, its bound converged."""
        bounds = []
        for period, (built, free) in enumerate(self.masks(sets)):
            price = 0.5 * work.rough(period, built | free, 1e-3) / max(float(self.domains.costs.sum()), 1e-9)
            left = self.left(built, period)
            for _ in range(3):
                found = work.bound(
                    period, built, free, left, price, float("inf"), unit=self.unit, precise=1e-4, iterations=200
                )
                price = found.price
            if free & work.changing:
                found = ascend(work, period, (built, free), left, found, self.unit, rounds, deadline)
            bounds.append(found)
        return self.of(sets, bounds)

    def of(self, sets: Sets, bounds: Sequence[Bounded]) -> Node:
        """Return the node of all designs with bounds of its periods."""
        value = sum(period.weight * one.value for period, one in zip(self.periods, bounds, strict=True))
        return Node(sets, tuple(bounds), value, 0, self.masks(sets))

    def raised(self, work: Workspace, root: Node, rounds: range, deadline: float) -> Node:
        """Return the node of all designs with its bounds improved by further rounds, where that may help."""
        bounds = list(root.bounds)
        for period, (built, free) in enumerate(root.masks):
            if free & work.changing:
                left = self.left(built, period)
                bounds[period] = ascend(work, period, (built, free), left, bounds[period], self.unit, rounds, deadline)
        return self.of(root.sets, bounds)
