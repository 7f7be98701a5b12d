"""Choose projects within a budget."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from numbers import Integral, Real
from typing import Any

import numpy as np

from keruen import errors
from keruen.portfolio.chains import search
from keruen.portfolio.contradictions import contradiction
from keruen.portfolio.designs import standing
from keruen.portfolio.domains import Domains
from keruen.portfolio.evaluation import exact
from keruen.portfolio.knapsack import whole
from keruen.portfolio.plan import Plan
from keruen.portfolio.problem import DesignProblem, Period, Rules, slower
from keruen.portfolio.tree import Progress

__all__ = ["choose"]

_MOST_THREADS = 4


def choose(
    problem: DesignProblem,
    *,
    budget: float | Sequence[float],
    periods: Sequence[Period] = (Period(),),
    rules: Rules | None = None,
    time_limit: float = 600.0,
    threads: int | None = None,
    callback: Callable[[Progress], object] | None = None,
) -> Plan:
    """Return the plan with the least total cost to users.

    Users choose their routes by themselves (user equilibrium) in every period. What is built stays. The plan is the
    best of all where `Plan.proven` says so; otherwise its bound tells how far it may be from it.

    Parameters
    ----------
    problem : DesignProblem
        Network and projects.
    budget : float or sequence of float
        What may have been spent by the end of each period, in the unit of the costs; one number: in all.
    periods : sequence of Period
        Periods, in order.
    rules : Rules, optional
        Prerequisites, exclusions, party budgets and the like.
    time_limit : float
        Wall seconds; what is proven by then is returned.
    threads : int, optional
        Threads; as many as there are cores, at most four, if absent. The plan does not depend on it.
    callback : callable, optional
        Called with a `Progress` after every round of nodes.

    Returns
    -------
    Plan
        The best plan found. An interrupt from the keyboard also ends the search with what is proven.

    Raises
    ------
    UsageError
        For a budget, time limit or thread count out of range, a rule that names no project, or rules that no plan
        meets.
    DataError
        For projects that make an arc slower at some flow that the demand of a period can bring.
    NoPathError
        Where some demand has no path whatever is built.
    """
    _asked(problem, periods, rules, time_limit, threads, callback)
    _sound(rules or Rules(), len(periods))
    demand = max(one.demand for one in periods)
    found_slower = [wrong for one in problem.projects for wrong in slower(problem.problem, one, demand)]
    if found_slower:
        raise errors.DataError(found_slower)
    begun, cpu = time.perf_counter(), time.process_time()
    domains = Domains(problem, budget, periods, rules or Rules())
    if domains.start is None:
        raise errors.UsageError(f"no plan meets the rules: {contradiction(problem, domains)}")
    found = search(
        problem,
        domains,
        periods,
        whole([float(cost) for cost in domains.costs]),
        threads or min(_MOST_THREADS, os.cpu_count() or 1),
        begun + time_limit,
        callback,
    )
    if found is None:
        raise errors.UsageError("no plan was found that meets the rules")
    sets = found.best[1]
    objective = _objective(problem, periods, standing(sets, len(periods)))
    return Plan(
        problem,
        periods,
        domains,
        sets,
        objective,
        min(found.bound, objective),
        _without(problem, periods),
        found.reason,
        time.process_time() - cpu,
        time.perf_counter() - begun,
        found.nodes,
        found.bounds,
        found.equilibria,
        max(0.0, 1 - found.root / objective) if objective > 0 else 0.0,
        found.first,
        None if found.reason == "proven" else found.local,
    )


def _asked(problem: DesignProblem, periods: Any, rules: Any, time_limit: Any, threads: Any, callback: object) -> None:
    """Refuse what is of another kind or out of range."""
    if not (_real(time_limit) and time_limit > 0):
        raise errors.UsageError(f"time_limit {time_limit!r}: expected above 0")
    if threads is not None and not (_whole(threads) and threads >= 1):
        raise errors.UsageError(f"threads {threads!r}: expected 1 or more, a whole number")
    if callback is not None and not callable(callback):
        raise errors.UsageError(f"callback {callback!r}: expected a function")
    if rules is not None and not isinstance(rules, Rules):
        raise errors.UsageError(f"rules: expected Rules, got {rules!r}")
    if not problem.projects:
        raise errors.UsageError("projects: expected one or more to choose from")
    if not isinstance(periods, Sequence):
        raise errors.UsageError(f"periods: expected a list of Period objects, got {periods!r}")
    wrong = [one for one in periods if not isinstance(one, Period)]
    if wrong:
        raise errors.UsageError(f"periods: expected Period objects, got {wrong[0]!r}; years are for a study")
    if not periods:
        raise errors.UsageError("periods: expected one or more")
    if not all(
        np.isfinite(one.weight) and one.weight > 0 and np.isfinite(one.demand) and one.demand >= 0 for one in periods
    ):
        raise errors.UsageError("periods: expected weights above 0 and demands of 0 or more")
    names = [one.name for one in periods]
    if len(set(names)) < len(names):
        raise errors.UsageError(f"periods: expected a name of its own for each, got {', '.join(map(str, names))}")


def _real(value: object) -> bool:
    return isinstance(value, Real)


def _whole(value: object) -> bool:
    return isinstance(value, Integral)


def _sound(rules: Any, periods: int) -> None:
    """Refuse rules that no project could mean: periods that are none, a project that waits for itself."""
    wrong = [
        f"{name}: {what} period {at}, there are 0 to {periods - 1}"
        for what, given in (("earliest", rules.earliest), ("latest", rules.latest))
        for name, at in given.items()
        if not (_whole(at) and 0 <= at < periods)
    ]
    wrong += [f"prerequisites: expected pairs, got {pair!r}" for pair in rules.prerequisites if len(pair) != 2]
    wrong += [f"{one}: cannot wait for itself" for one, *other in rules.prerequisites if [one] == other]
    if rules.most_at_once is not None and not (_whole(rules.most_at_once) and rules.most_at_once >= 0):
        wrong.append(f"most_at_once {rules.most_at_once!r}: expected 0 or more")
    wrong += [
        f"{what}: expected groups of names, got the text {group!r}"
        for what, groups in (("exclusive", rules.exclusive), ("together", rules.together), ("rules", [rules.required]))
        for group in groups
        if isinstance(group, str)
    ]
    for what, groups in (("exclusive", rules.exclusive), ("together", rules.together)):
        for group in groups:
            if not isinstance(group, str) and not len(group) == len(set(group)) > 0:
                wrong.append(f"{what}: expected different names, one or more, got {list(group)!r}")
    if wrong:
        raise errors.UsageError("; ".join(wrong))


def _objective(problem: DesignProblem, periods: Sequence[Period], masks: Sequence[int]) -> float:
    """Return the weighted total cost of a design, solved anew."""
    return sum(period.weight * exact(problem, mask, period.demand) for period, mask in zip(periods, masks, strict=True))


def _without(problem: DesignProblem, periods: Sequence[Period]) -> float:
    """Return the weighted total cost with nothing built, infinite where some demand has no path."""
    try:
        return _objective(problem, periods, [0] * len(periods))
    except errors.NoPathError:
        return float("inf")
