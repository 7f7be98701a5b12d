"""What a budget allows: the largest sum of costs within it, and costs lifted until no money is left over."""

from __future__ import annotations

import math
from collections.abc import Sequence

__all__ = ["lift", "whole"]

_MOST = 200_000
"""Units a budget may have; sums are kept as bits of one number."""


def whole(costs: Sequence[float]) -> float | None:
    """Return the unit of which all costs are a multiple, None where there is none that is worth counting in."""
    for scale in (1.0, 10.0, 100.0):
        counts = [round(cost * scale) for cost in costs]
        if all(
            abs(count - cost * scale) <= 1e-9 * max(1.0, abs(cost)) for count, cost in zip(counts, costs, strict=True)
        ):
            unit = math.gcd(*counts) / scale if counts else 0.0
            return unit if unit > 0 and sum(costs) / unit <= _MOST else None
    return None


def _sums(costs: Sequence[int], most: int) -> int:
    """Return the sums that subsets reach, up to `most`, as bits."""
    reached, within = 1, (1 << (most + 1)) - 1
    for cost in costs:
        reached |= (reached << cost) & within
    return reached


def lift(costs: Sequence[float], budget: float, unit: float | None) -> tuple[list[float], float]:
    """Return costs no lower and a budget no higher that allow the same sets.

    First the budget falls to the largest sum that a set reaches. Then each cost in turn rises by the money that stays
    over in every set with it. The relaxation that may build parts of projects is the tighter for it.

    Parameters
    ----------
    costs : sequence of float
        Costs, each within the budget.
    budget : float
        What may be spent.
    unit : float or None
        Unit of which all costs are a multiple; None leaves everything as it is.

    Returns
    -------
    tuple
        Costs and budget.
    """
    if unit is None or not costs or budget < 0:
        return list(costs), budget
    counts = [round(cost / unit) for cost in costs]
    most = min(math.floor(budget / unit + 1e-6), sum(counts))
    if most >= sum(counts):
        return list(costs), budget
    most = _sums(counts, most).bit_length() - 1
    later = [1]
    for cost in reversed(counts[1:]):
        later.append(later[-1] | ((later[-1] << cost) & ((1 << (most + 1)) - 1)))
    earlier = 1
    for place, cost in enumerate(counts):
        rest = most - cost
        if rest >= 0:
            others = _joined(earlier, later[len(counts) - 1 - place], rest)
            counts[place] = most - others
            within = (1 << (most + 1)) - 1
            earlier |= (earlier << counts[place]) & within
    return [count * unit for count in counts], most * unit


def _joined(first: int, second: int, most: int) -> int:
    """Return the largest sum of one number out of each of two sets that is at most `most`."""
    best = 0
    second &= (1 << (most + 1)) - 1
    while second:
        add = second.bit_length() - 1
        second ^= 1 << add
        room = most - add
        if room + add <= best:
            break
        reach = (first & ((1 << (room + 1)) - 1)).bit_length() - 1
        best = max(best, add + reach)
        if best == most:
            break
    return best
