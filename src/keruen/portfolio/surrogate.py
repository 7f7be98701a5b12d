"""The plan that known effects promise most from, within the rules: a small mixed-integer program, solved by HiGHS.

HiGHS is called through scipy, which ships it; its own binding writes a banner to standard output.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from keruen.portfolio.domains import Domains, Sets, first

__all__ = ["Joint", "promised"]

Floats = NDArray[np.float64]
Joint = list[tuple[int, int, int, float]]
"""Two projects, a period, and what they do to each other's effect where both are changed in it; the largest first."""

_Row = tuple[list[tuple[int, float]], float, float]
"""Columns with coefficients, least and most."""

_MOST_JOINT = 1500


def promised(
    domains: Domains,
    sets: Sets,
    effects: Floats,
    changes: int,
    joint: Joint | None = None,
    seconds: float = 10.0,
) -> Sets | None:
    """Return the plan within some changes of another that promises most, its effects added up.

    There is one binary for each project and period of opening, the last for never, and one column for the product of
    two changes.

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
    joint : list, optional
        Effects of two projects on each other, added where both change.
    seconds : float
        Time limit of the solver.

    Returns
    -------
    tuple of int or None
        A plan within the rules; None where the solver found none.
    """
    count, never = effects.shape
    now = [first(one) for one in sets]
    columns = np.arange(count * (never + 1)).reshape(count, never + 1).tolist()
    start = domains.start or sets
    costs = [
        float(effects[project, min(opens, now[project]) : max(opens, now[project])].sum())
        for project in range(count)
        for opens in range(never + 1)
    ]
    allowed = [float(start[project] >> opens & 1) for project in range(count) for opens in range(never + 1)]
    rows = [([(column, 1.0) for column in own], 1.0, 1.0) for own in columns]
    rows.append(([(columns[project][now[project]], 1.0) for project in range(count)], float(count - changes), np.inf))
    rows += [*_money(domains, columns), *_rules(domains, columns)]
    binaries = len(costs)
    for one, other, period, more in (joint or [])[:_MOST_JOINT]:
        rows += _product(
            len(costs), _moved(columns[one], now[one], period), _moved(columns[other], now[other], period), more
        )
        costs.append(more)
        allowed.append(1.0)
    found = milp(
        costs,
        integrality=np.arange(len(costs)) < binaries,
        bounds=Bounds(0.0, allowed),
        constraints=_matrix(rows, len(costs)),
        options={"time_limit": seconds},
    )
    if found.x is None:
        return None
    table = np.asarray(found.x)[:binaries].reshape(count, never + 1)
    plan = tuple(1 << int(opens) for opens in table.argmax(axis=1))
    return plan if domains.allows(plan) else None


def _moved(own: list[int], now: int, period: int) -> list[int]:
    """Return the columns of one project that change whether it stands in a period."""
    return [column for opens, column in enumerate(own) if min(opens, now) <= period < max(opens, now)]


def _product(column: int, one: list[int], other: list[int], more: float) -> list[_Row]:
    """Return the rows that make a column the product of two sums of binaries, as far as its cost does not."""
    if more > 0:
        return [([(column, 1.0), *((at, -1.0) for at in (*one, *other))], -1.0, np.inf)]
    return [([(column, 1.0), *((at, -1.0) for at in side)], -np.inf, 0.0) for side in (one, other)]


def _matrix(rows: Sequence[_Row], size: int) -> LinearConstraint:
    """Return rows as the solver takes them."""
    at = [place for place, (terms, _, _) in enumerate(rows) for _ in terms]
    column = [one for terms, _, _ in rows for one, _ in terms]
    value = [one for terms, _, _ in rows for _, one in terms]
    matrix = csr_array((value, (at, column)), shape=(len(rows), size))
    return LinearConstraint(matrix, [low for _, low, _ in rows], [high for _, _, high in rows])


def _money(domains: Domains, columns: list[list[int]]) -> Iterator[_Row]:
    """Yield budgets: what has been spent by the end of each period."""
    for spent, allowed in domains.rows:
        for period in range(domains.never):
            terms = [
                (columns[project][opens], float(spent[project, opens, period]))
                for project in range(len(columns))
                for opens in range(domains.never)
            ]
            yield terms, -np.inf, float(allowed[period])


def _rules(domains: Domains, columns: list[list[int]]) -> Iterator[_Row]:
    """Yield prerequisites, exclusive and together, and the number that may open at once."""
    never = domains.never
    for late, soon in domains.prerequisites:
        for period in range(never):
            terms = [(columns[late][opens], 1.0) for opens in range(period + 1)]
            yield terms + [(columns[soon][opens], -1.0) for opens in range(period + 1)], -np.inf, 0.0
    for group in domains.exclusive:
        yield [(columns[project][never], 1.0) for project in group], len(group) - 1.0, np.inf
    for group in domains.together:
        for other in group[1:]:
            for period in range(never):
                yield [(columns[group[0]][period], 1.0), (columns[other][period], -1.0)], 0.0, 0.0
    if domains.rules.most_at_once is not None:
        for period in range(never):
            yield [(own[period], 1.0) for own in columns], -np.inf, float(domains.rules.most_at_once)
