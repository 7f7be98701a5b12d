"""What more money buys, which projects help or replace each other, and how firm each choice is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations, pairwise
from typing import Any

import numpy as np
import pandas as pd

from keruen import errors
from keruen.portfolio.choosing import choose
from keruen.portfolio.evaluation import exact
from keruen.portfolio.plan import Plan
from keruen.portfolio.problem import DesignProblem, Period

__all__ = ["BudgetCurve", "budget_curve", "interactions", "robustness"]

_GAP = 1e-9


@dataclass(frozen=True, eq=False)
class BudgetCurve:
    """The best plan for every budget.

    Attributes
    ----------
    plans : tuple of Plan
        The smallest budget first.
    budgets : tuple of float
        From this budget on the plan is the best; where `complete`, up to the next.
    complete : bool
        Whether no other plan is best at a budget between, rather than budgets having been picked.
    """

    plans: tuple[Plan, ...]
    budgets: tuple[float, ...]
    complete: bool

    @property
    def table(self) -> pd.DataFrame:
        """One row a plan: budget, objective, bound, saving, what more money saves by unit, projects in and out."""
        rows: list[dict[str, Any]] = []
        before: Plan | None = None
        for budget, plan in zip(self.budgets, self.plans, strict=True):
            held = set(before.chosen) if before is not None else set()
            more = budget - rows[-1]["budget"] if rows else float("nan")
            rows.append(
                {
                    "budget": budget,
                    "objective": plan.objective,
                    "bound": plan.bound,
                    "saving": plan.saving,
                    "saving_per_unit": (plan.saving - rows[-1]["saving"]) / more if rows and more > 0 else float("nan"),
                    "comes_in": ", ".join(name for name in plan.chosen if name not in held),
                    "goes_out": ", ".join(sorted(held - set(plan.chosen))),
                    "proven": plan.proven,
                }
            )
            before = plan
        return pd.DataFrame(rows)

    def __repr__(self) -> str:
        kind = "complete" if self.complete else "at picked budgets"
        return f"<BudgetCurve {kind}: {len(self.plans)} plans, budgets {self.budgets[0]:g} to {self.budgets[-1]:g}>"


def budget_curve(
    problem: DesignProblem,
    *,
    steps: int | None = None,
    periods: Sequence[Period] = (Period(),),
    profile: Sequence[float] | None = None,
    **options: Any,
) -> BudgetCurve:
    """Return the best plan for every budget from nothing to everything.

    The best plan for a budget stays the best down to what it spends; the next lower budget is just below that. So
    all plans on the curve are found, each once.

    Parameters
    ----------
    problem : DesignProblem
        Network and projects.
    steps : int, optional
        Pick that many budgets evenly instead, 2 or more.
    periods : sequence of Period
        Periods, in order.
    profile : sequence of float, optional
        What part of the budget may have been spent by the end of each period, above 0, never falling, the last 1; all
        from the first period on if absent.
    **options : object
        Rules, time limit and threads, as for :func:`choose`.

    Returns
    -------
    BudgetCurve
        Complete where every plan is proven and no steps were asked for.

    Raises
    ------
    UsageError
        For fewer than 2 steps, or a profile that is none.
    """
    parts = [1.0] * len(periods) if profile is None else [float(part) for part in profile]
    if len(parts) != len(periods) or parts[-1:] != [1.0] or not all(0 < a <= b for a, b in pairwise([*parts, 1.0])):
        raise errors.UsageError(f"profile {parts}: expected a part a period, above 0, never falling, the last 1")
    # with all of it everything can be built as early as any plan may want it
    total = float(problem.costs.sum()) / parts[0]

    def best(budget: float) -> Plan:
        return choose(problem, budget=[budget * part for part in parts], periods=periods, **options)

    if steps is not None:
        if steps < 2:
            raise errors.UsageError(f"steps {steps}: expected 2 or more")
        budgets = [float(one) for one in np.linspace(0.0, total, steps)]
        plans = [best(budget) for budget in budgets]
        return BudgetCurve(tuple(plans), tuple(budgets), False)
    found: list[tuple[float, Plan]] = []
    budget = total
    while budget >= 0:
        try:
            plan = best(budget)
        except errors.UsageError:  # required projects cost more
            if not found:
                raise
            break
        least = max(spent / part for spent, part in zip(plan.spent, parts, strict=True))
        found.append((least, plan))
        budget = least * (1 - 1e-7) - 1e-7 * total
    found.reverse()
    return BudgetCurve(
        tuple(plan for _, plan in found), tuple(spent for spent, _ in found), all(plan.proven for _, plan in found)
    )


def interactions(problem: DesignProblem, given: Sequence[str] = (), demand: float = 1.0) -> pd.DataFrame:
    """Return what each pair of projects saves together beyond the sum of what each saves alone.

    Parameters
    ----------
    problem : DesignProblem
        Network and projects.
    given : sequence of str
        Projects that stand in any case.
    demand : float
        Demand is multiplied by this.

    Returns
    -------
    DataFrame
        Projects by projects, in units of total cost: above 0 where two help each other (complements), below 0 where
        one takes from the other (substitutes); on the diagonal what each saves alone. NaN for projects given.

    Notes
    -----
    One equilibrium for each pair, solved to a relative gap of 1e-9: entries below about 1e-8 of total cost are noise.
    """
    stands = sum(1 << problem.number(name) for name in given)
    others = [one for one in range(len(problem.projects)) if not stands >> one & 1]
    base = exact(problem, stands, demand, _GAP)
    alone = {one: base - exact(problem, stands | 1 << one, demand, _GAP) for one in others}
    table = np.full((len(problem.projects),) * 2, np.nan)
    for one in others:
        table[one, one] = alone[one]
    for one, other in combinations(others, 2):
        both = base - exact(problem, stands | 1 << one | 1 << other, demand, _GAP)
        table[one, other] = table[other, one] = both - alone[one] - alone[other]
    return pd.DataFrame(table, index=problem.names, columns=problem.names)


def robustness(
    problem: DesignProblem,
    *,
    budget: float | Sequence[float],
    periods: Sequence[Period] = (Period(),),
    demand: Sequence[float] = (0.8, 0.9, 1.0, 1.1, 1.2),
    cost_spread: float = 0.2,
    draws: int = 4,
    seed: int = 1,
    **options: Any,
) -> pd.DataFrame:
    """Return how often each project is in the best plan when demand and costs are not what they were thought to be.

    Parameters
    ----------
    problem : DesignProblem
        Network and projects.
    budget : float or sequence of float
        Budget, in all or by period, the same in every scenario.
    periods : sequence of Period
        Periods, in order.
    demand : sequence of float
        Factors of demand, of all periods alike.
    cost_spread : float
        Each cost is drawn evenly from 1 - spread to 1 + spread of what it was, each project by itself.
    draws : int
        Draws of costs for each factor of demand.
    seed : int
        Seed of the draws.
    **options : object
        Rules, time limit and threads, as for :func:`choose`.

    Returns
    -------
    DataFrame
        One row a project: share of scenarios in which it is chosen, in whatever period, and whether it is at the values given.
    """
    if not 0 <= cost_spread < 1:
        raise errors.UsageError(f"cost_spread {cost_spread}: expected 0 to below 1")
    random = np.random.default_rng(seed)
    often = dict.fromkeys(problem.names, 0)
    for factor in demand:
        for _ in range(draws):
            factors = random.uniform(1 - cost_spread, 1 + cost_spread, len(problem.projects))
            projects = [
                replace(one, cost=float(one.cost * by)) for one, by in zip(problem.projects, factors, strict=True)
            ]
            drawn = DesignProblem(problem.problem, projects)
            scaled = [replace(period, demand=period.demand * factor) for period in periods]
            for name in choose(drawn, budget=budget, periods=scaled, **options).chosen:
                often[name] += 1
    here = choose(problem, budget=budget, periods=periods, **options).chosen
    count = len(demand) * draws
    return pd.DataFrame(
        {
            "project": problem.names,
            "share": [often[name] / count for name in problem.names],
            "chosen": [name in here for name in problem.names],
        }
    )
