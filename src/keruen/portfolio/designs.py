"""Total cost of designs, each looked at as closely as its value deserves and remembered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from keruen.portfolio.domains import first
from keruen.portfolio.evaluation import Workspace
from keruen.portfolio.problem import Period

__all__ = ["Known", "cost_of", "standing"]

_NEAR, _NEARER = 1.01, 1.0005
"""Designs within these factors of the best are looked at again; safety against the error of a rough equilibrium."""

_LEVELS = (1e-4, 1e-6, 1e-8)


@dataclass
class Known:
    """Total cost by period and projects built, with the level of its gap.

    Attributes
    ----------
    costs : dict
        Value and level by (period, bits of projects built).
    """

    costs: dict[tuple[int, int], tuple[float, int]] = field(default_factory=dict)

    def keep(self, found: dict[tuple[int, int], tuple[float, int]]) -> None:
        """Add what a worker found."""
        for key, (value, level) in found.items():
            if key not in self.costs or self.costs[key][1] < level:
                self.costs[key] = (value, level)


def standing(sets: Sequence[int], periods: int) -> list[int]:
    """Return the projects that stand in each period, as bits, by the first period of each set."""
    masks = [0] * periods
    for project, one in enumerate(sets):
        for period in range(first(one), periods):
            masks[period] |= 1 << project
    return masks


def cost_of(
    work: Workspace, periods: Sequence[Period], masks: Sequence[int], best: float, known: Known, found: Known
) -> float:
    """Return the weighted total cost of a design; only as exact as needed to tell it from the best so far.

    Parameters
    ----------
    work : Workspace
        The worker's.
    periods : sequence of Period
        Periods.
    masks : sequence of int
        Projects that stand in each period.
    best : float
        Weighted total cost of the best design so far.
    known, found : Known
        What all workers know, and what this one adds.

    Returns
    -------
    float
        Weighted total cost.
    """
    total = 0.0
    for level, (gap, enough) in enumerate(zip(_LEVELS, (_NEAR, _NEARER, 0.0), strict=True)):
        total = 0.0
        for period, mask in enumerate(masks):
            key = (period, mask)
            value, reached = found.costs.get(key) or known.costs.get(key) or (0.0, -1)
            if reached < level:
                value = work.rough(period, mask) if level == 0 else work.fine(period, mask, gap)
                found.costs[key] = (value, level)
            total += periods[period].weight * value
        if total >= best * enough:
            break
    return total
