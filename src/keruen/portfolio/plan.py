"""The answer: which projects, when, how good, how good any plan could be, and why the others are not in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from keruen import errors
from keruen.portfolio.climbing import Local
from keruen.portfolio.designs import standing
from keruen.portfolio.domains import Domains, Sets, first
from keruen.portfolio.evaluation import exact
from keruen.portfolio.problem import DesignProblem, Period

__all__ = ["Plan", "Rejected"]


@dataclass(frozen=True)
class Rejected:
    """A project that is not in the plan.

    Attributes
    ----------
    project : str
        Name.
    cost : float
        Its cost.
    marginal : float
        How much the plan's total cost would fall with it, budget aside; below 0 where users would be worse off.
    reason : str
        "dearer than the budget", "over the budget by ...", "against the rules", "users would be worse off", or "never
        finishes".
    """

    project: str
    cost: float
    marginal: float
    reason: str


@dataclass(frozen=True, eq=False)
class Plan:
    """The best plan found, with its proof.

    Attributes
    ----------
    problem : DesignProblem
        What was asked.
    periods : sequence of Period
        Periods.
    domains : Domains
        Rules and budget.
    sets : tuple of int
        By project, the bit of the period in which it opens.
    objective : float
        Weighted total cost of all users, at equilibria solved to a relative gap of 1e-11.
    bound : float
        No plan within the rules has a lower objective; floating-point arithmetic apart.
    without : float
        Objective with nothing built; infinite where some freight then has no path.
    reason : str
        "proven", "time limit" or "interrupted".
    cpu_s, wall_s : float
        Seconds of the search, compilation included where it happened.
    nodes, bounds, equilibria : int
        Nodes of the tree, bounds computed and equilibria solved.
    root_gap : float
        Gap of the bound before the tree, as a part of the objective.
    first : float
        Objective of the plan before the tree.
    local : Local or None
        Of many projects, where no proof is to be hoped for: whether any single change or exchange improves the plan,
        and how many were tried. None where the tree says more.
    """

    problem: DesignProblem
    periods: Sequence[Period]
    domains: Domains = field(repr=False)
    sets: Sets
    objective: float
    bound: float
    without: float
    reason: str
    cpu_s: float
    wall_s: float
    nodes: int
    bounds: int
    equilibria: int
    root_gap: float
    first: float
    local: Local | None = None

    @property
    def proven(self) -> bool:
        """Whether no plan is better, but for one part in a million."""
        return self.reason == "proven"

    @property
    def gap(self) -> float:
        """How much better a plan could be, as a part of the objective."""
        return max(0.0, self.objective - self.bound) / self.objective if self.objective > 0 else 0.0

    @property
    def saving(self) -> float:
        """What the plan saves against building nothing."""
        return self.without - self.objective

    @property
    def gap_of_saving(self) -> float:
        """How much better a plan could be, as a part of what this one saves; infinite where it saves nothing."""
        missing = max(0.0, self.objective - self.bound)
        if not np.isfinite(self.saving):
            return float("nan")
        return missing / self.saving if self.saving > 0 else (float("inf") if missing > 0 else 0.0)

    @cached_property
    def opens(self) -> dict[str, str]:
        """Period in which each chosen project opens, by project, the earliest first."""
        found = [(first(one), at) for at, one in enumerate(self.sets) if first(one) < len(self.periods)]
        return {self.problem.names[at]: self.periods[period].name for period, at in sorted(found)}

    @property
    def chosen(self) -> list[str]:
        """Names of the projects of the plan."""
        return list(self.opens)

    @cached_property
    def spent(self) -> tuple[float, ...]:
        """What has been spent by the end of each period."""
        table = self.domains.rows[0][0]
        return tuple(
            float(sum(table[at, first(one), period] for at, one in enumerate(self.sets)))
            for period in range(len(self.periods))
        )

    @cached_property
    def rejected(self) -> tuple[Rejected, ...]:
        """Why the other projects are not in the plan; the equilibria this takes are solved when it is asked for."""
        never = len(self.periods)
        left_out = [at for at, one in enumerate(self.sets) if first(one) == never]
        return tuple(sorted((self._reject(at) for at in left_out), key=lambda one: -one.marginal))

    def _reject(self, project: int) -> Rejected:
        """Say why a project is not in the plan."""
        one = self.problem.projects[project]
        masks = standing(self.sets, len(self.periods))
        earliest = max(self.domains.rules.earliest.get(one.name, 0), len(one.spending) - 1)
        cost = sum(
            period.weight * exact(self.problem, mask | (1 << project if at >= earliest else 0), period.demand, 1e-9)
            for at, (period, mask) in enumerate(zip(self.periods, masks, strict=True))
        )
        return Rejected(one.name, float(one.cost), self.objective - cost, self._why(project, self.objective - cost))

    def _why(self, project: int, marginal: float) -> str:
        domains, one = self.domains, self.problem.projects[project]
        periods = range(domains.never)
        if len(one.spending) > domains.never or domains.rules.earliest.get(one.name, 0) >= domains.never:
            return "never finishes within the periods"
        if all((domains.rows[0][0][project, t] > domains.rows[0][1]).any() for t in periods):
            return "dearer than the budget"
        if domains.start is not None and first(domains.start[project]) == domains.never:
            return "against the rules"
        if marginal <= 1e-9 * self.objective:
            return "users would be worse off" if marginal < -1e-9 * self.objective else "changes nothing"
        added = [(*self.sets[:project], 1 << t, *self.sets[project + 1 :]) for t in periods]
        if all(domains.propagate(sets) is None for sets in added):
            over = one.cost - (domains.budget[-1] - self.spent[-1])
            return f"over the budget by {over:g}" if over > 1e-9 * one.cost else "against the rules"
        return "within a part in a million of the plan"

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row a project: cost, period it opens, marginal value given the plan, why it is not in it."""
        rejected = {one.project: one for one in self.rejected}
        rows = []
        for one in self.problem.projects:
            out = rejected.get(one.name)
            rows.append(
                {
                    "project": one.name,
                    "cost": one.cost,
                    "opens": self.opens.get(one.name),
                    "marginal": out.marginal if out else self._worth(one.name),
                    "reason": out.reason if out else "",
                }
            )
        return pd.DataFrame(rows)

    def _worth(self, name: str) -> float:
        """Return how much the objective would rise without a chosen project."""
        project = self.problem.number(name)
        total = 0.0
        for period, mask in zip(self.periods, standing(self.sets, len(self.periods)), strict=True):
            try:
                total += period.weight * exact(self.problem, mask & ~(1 << project), period.demand, 1e-9)
            except errors.NoPathError:
                return float("inf")
        return total - self.objective

    def __repr__(self) -> str:
        chosen = ", ".join(
            f"{name} ({period})" if len(self.periods) > 1 else name for name, period in self.opens.items()
        )
        part = f", {self.gap_of_saving:.1%} of the saving" if np.isfinite(self.gap_of_saving) else ""
        return (
            f"<Plan {self.reason}: {chosen or 'nothing'}; objective {self.objective:.8g}, bound {self.bound:.8g}, "
            f"gap {self.gap:.2%}{part}; {self.cpu_s:.2f} s CPU, {self.nodes} nodes"
            f"{f'; {self.local}' if self.local is not None else ''}>"
        )
