"""Which decision to take next: pseudo-costs, and strong branching near the root."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from keruen.portfolio.domains import Sets
from keruen.portfolio.nodes import Node
from keruen.portfolio.problem import Period

__all__ = ["Decision", "PseudoCosts", "split"]

Decision = tuple[int, int]
"""Project and period: does it stand in that period?"""


def split(sets: Sets, decision: Decision) -> tuple[Sets, Sets]:
    """Return the sets with the project standing in the period, and with it not standing."""
    project, period = decision
    until = (2 << period) - 1
    one, other = list(sets), list(sets)
    one[project] &= until
    other[project] &= ~until
    return tuple(one), tuple(other)


class PseudoCosts:
    """How much the bound rose on either side of a decision, on average.

    Parameters
    ----------
    projects, periods : int
        How many there are.
    """

    def __init__(self, projects: int, periods: int) -> None:
        self.total = np.zeros((2, projects, periods))
        self.count = np.zeros((2, projects, periods))
        self._rise: NDArray[np.float64] | None = None

    def learn(self, side: int, decision: Decision, rise: float) -> None:
        """Note a rise: side 0 where the project stands, 1 where it does not."""
        self.total[(side, *decision)] += rise
        self.count[(side, *decision)] += 1
        self._rise = None

    def ranked(self, node: Node, periods: Sequence[Period], room: float) -> list[Decision]:
        """Return the open decisions of a node, the most promising first.

        The rank is the product of both pseudo-costs, none counted above the room left to the best design, times the
        flow and cost on the arcs of the project.
        """
        if self._rise is None:
            means = self.total.sum(axis=(1, 2)) / np.maximum(self.count.sum(axis=(1, 2)), 1)
            self._rise = np.where(self.count > 0, self.total / np.maximum(self.count, 1), means[:, None, None])
        rise = np.minimum(self._rise, max(room, 0.0)) + 1e-9
        score = (rise[0] * rise[1]).tolist()
        scored = []
        for period, (bounded, (_, free)) in enumerate(zip(node.bounds, node.masks, strict=True)):
            open_ = [at for at in range(len(node.sets)) if free >> at & 1]
            if not open_:
                continue
            most = max(bounded.importance[at] for at in open_) or 1.0
            weight = periods[period].weight
            scored += [
                (-score[at][period] * weight * (0.2 + bounded.importance[at] / most), at, period) for at in open_
            ]
        scored.sort()
        return [(at, period) for _, at, period in scored]
