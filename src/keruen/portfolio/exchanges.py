"""Changes of a plan: one project at another time or not at all, and two such changes at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from keruen.portfolio.domains import Domains, Sets, first
from keruen.portfolio.trials import Design

__all__ = ["Changes", "changed", "changes", "pairs", "toggled"]

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

_MOST = 5_000
"""Single changes that pairs are made of; pairs are kept in a table."""


class Changes(NamedTuple):
    """Single changes, those that promise most first.

    Attributes
    ----------
    project, opens : ndarray of int, shape (changes,)
        Which project, and the period in which it opens after the change.
    promise : ndarray of float, shape (changes,)
        How the weighted total cost changes with it alone.
    """

    project: Ints
    opens: Ints
    promise: Floats


def changes(domains: Domains, sets: Sets, effects: Floats) -> Changes:
    """Return every single change that the project itself allows.

    Parameters
    ----------
    domains : Domains
        Rules.
    sets : tuple of int
        Plan, one bit a project.
    effects : ndarray of float, shape (projects, periods)
        How the weighted total cost changes with one project standing or not in one period.

    Returns
    -------
    Changes
        Whether the budget and the other rules allow them is not looked at.
    """
    start = domains.start or sets
    found = []
    for project, one in enumerate(sets):
        now = first(one)
        for opens in range(domains.never + 1):
            if opens != now and start[project] >> opens & 1:
                soon, late = min(opens, now), max(opens, now)
                found.append((float(effects[project, soon:late].sum()), project, opens))
    found.sort()
    table = np.array(found).reshape(-1, 3)
    return Changes(table[:, 1].astype(np.int64), table[:, 2].astype(np.int64), table[:, 0])


def pairs(domains: Domains, sets: Sets, single: Changes) -> tuple[Ints, int, bool]:
    """Return all pairs of changes of two projects within the budgets.

    Exchanges come first: one project sooner, another later or not at all. Then two sooner or two later. Of each kind
    those that promise most come first.

    Parameters
    ----------
    domains : Domains
        Rules.
    sets : tuple of int
        Plan.
    single : Changes
        Single changes.

    Returns
    -------
    tuple of ndarray of int, shape (pairs, 2), int and bool
        Places in `single`, how many are exchanges, and whether these are all pairs there are.
    """
    complete = single.project.size <= _MOST
    number, new, promise = (column[:_MOST] for column in single)
    now = np.array([first(one) for one in sets])
    fits = number[:, None] < number[None, :]
    for spent, allowed in domains.rows:
        room = allowed - spent[np.arange(now.size), now].sum(axis=0)
        more = spent[number, new] - spent[number, now[number]]
        for period in range(domains.never):
            fits &= more[:, None, period] + more[None, :, period] <= room[period]
    one, other = np.nonzero(fits)
    sooner = new < now[number]
    alike = sooner[one] == sooner[other]
    order = np.lexsort((promise[one] + promise[other], alike))
    return np.stack([one[order], other[order]], axis=1), int((~alike).sum()), complete


def changed(sets: Sets, single: Changes, places: Sequence[int]) -> Sets:
    """Return a plan with some changes made."""
    plan = list(sets)
    for at in places:
        plan[single.project[at]] = 1 << int(single.opens[at])
    return tuple(plan)


def toggled(masks: Sequence[int], sets: Sets, single: Changes, places: Sequence[int]) -> list[Design]:
    """Return the designs of a plan, by period, with some changes made."""
    found = list(masks)
    for at in places:
        project, opens = int(single.project[at]), int(single.opens[at])
        now = first(sets[project])
        for period in range(min(opens, now), max(opens, now)):
            found[period] ^= 1 << project
    return list(enumerate(found))
