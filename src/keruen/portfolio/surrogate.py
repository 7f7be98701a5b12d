"""The plan that single effects promise most from, within the rules: a small mixed-integer program, solved by HiGHS."""

from __future__ import annotations

from collections.abc import Sequence

import highspy
import numpy as np
from numpy.typing import NDArray

from keruen.portfolio.domains import Domains, Sets, first

__all__ = ["promised"]

Floats = NDArray[np.float64]


def promised(domains: Domains, sets: Sets, effects: Floats, changes: int, seconds: float = 10.0) -> Sets | None:
    """Return the plan within some changes of another that promises most, its effects added up.

    Parameters
    ----------
    domains : Domains
        Rules and budgets.
    sets : tuple of int
        Present plan, one bit a project.
    effects : ndarray of float, shape (projects, periods)
        How the weighted total cost changes when a project stands in a period in which it does not now, or the other
        way round.
    changes : int
        Most projects that may differ.
    seconds : float
        Time limit of the solver.

    Returns
    -------
    tuple of int or None
        A plan within the rules; None where the solver found none.
    """
    count, never = effects.shape
    model = highspy.Highs()  # type: ignore[no-untyped-call]
    model.silent()
    model.setOptionValue("threads", 1)
    model.setOptionValue("time_limit", seconds)
    model.setOptionValue("random_seed", 1)
    opens = _variables(model, domains, sets, effects)
    present = [first(one) for one in sets]
    _row(model, [(opens[p][present[p]], 1.0) for p in range(count)], count - changes, np.inf)
    _money(model, domains, opens)
    _rules(model, domains, opens, never)
    model.run()
    if model.getModelStatus() not in (highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kTimeLimit):
        return None
    found = np.asarray(model.getSolution().col_value)
    if found.size == 0:
        return None
    plan = tuple(1 << max(range(never + 1), key=lambda t: found[opens[p][t]]) for p in range(count))
    return plan if domains.allows(plan) else None


def _variables(model: highspy.Highs, domains: Domains, sets: Sets, effects: Floats) -> list[list[int]]:
    """Add one binary for each project and period of opening, the last for never; return their columns."""
    count, never = effects.shape
    start = domains.start or sets
    columns: list[list[int]] = []
    for project in range(count):
        now = first(sets[project])
        own = []
        for opens in range(never + 1):
            soon, late = min(opens, now), max(opens, now)
            allowed = start[project] >> opens & 1
            column = project * (never + 1) + opens
            model.addVar(0.0, float(allowed))
            model.changeColCost(column, float(effects[project, soon:late].sum()))
            model.changeColIntegrality(column, highspy.HighsVarType.kInteger)
            own.append(column)
        columns.append(own)
        _row(model, [(column, 1.0) for column in own], 1.0, 1.0)
    return columns


def _row(model: highspy.Highs, terms: Sequence[tuple[int, float]], low: float, high: float) -> None:
    """Add a row: low <= sum of coefficient x column <= high."""
    kept = [(column, value) for column, value in terms if value != 0.0]
    columns = np.array([column for column, _ in kept], np.int32)
    model.addRow(low, high, len(kept), columns, np.array([value for _, value in kept], float))


def _money(model: highspy.Highs, domains: Domains, opens: list[list[int]]) -> None:
    """Add budgets: what has been spent by the end of each period."""
    for spent, allowed in domains.rows:
        for period in range(domains.never):
            terms = [(opens[p][t], float(spent[p, t, period])) for p in range(len(opens)) for t in range(domains.never)]
            _row(model, terms, -np.inf, float(allowed[period]))


def _rules(model: highspy.Highs, domains: Domains, opens: list[list[int]], never: int) -> None:
    """Add prerequisites, exclusive and together, and the number that may open at once."""
    for late, soon in domains.prerequisites:
        for period in range(never):
            terms = [(opens[late][t], 1.0) for t in range(period + 1)] + [
                (opens[soon][t], -1.0) for t in range(period + 1)
            ]
            _row(model, terms, -np.inf, 0.0)
    for group in domains.exclusive:
        _row(model, [(opens[p][never], 1.0) for p in group], len(group) - 1.0, np.inf)
    for group in domains.together:
        for other in group[1:]:
            for period in range(never):
                _row(model, [(opens[group[0]][period], 1.0), (opens[other][period], -1.0)], 0.0, 0.0)
    if domains.rules.most_at_once is not None:
        for period in range(never):
            _row(
                model, [(opens[p][period], 1.0) for p in range(len(opens))], -np.inf, float(domains.rules.most_at_once)
            )
