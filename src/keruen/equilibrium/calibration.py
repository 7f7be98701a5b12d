"""What the base year says of its queues: the weight of a train at each facility, and the waiting inside published hours.

The hours published for a border or a port were measured in a year with freight, so they hold the queue of that year.
A queue that grows with flow must not be added to them once more. Of the published mean D with its low end L (a day
without a queue), as much is waiting as the queue W of the base year, and no more than D - L:

    free time = D - min(W, D - L),    time at a flow v = free time + W(v)

In the base year freight then spends max(D, L + W) there: the published hours, or more where the model's queue is
longer than those can hold. The same stands for the standing time of railways. What is free and what is queue is
found once, in the base year without projects, and kept for every other year and scenario, so that their difference
is the work of the project alone. A facility whose stages are declared has a curve in place of this queue, and keeps
to the same rule: see :mod:`keruen.equilibrium.declared`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from keruen.equilibrium.declared import Seen
from keruen.network.costs import ArcCosts

if TYPE_CHECKING:
    from keruen.equilibrium.answering import BaseCosts

__all__ = ["Calibration", "waiting_share_h"]

_MOVING = ("run", "sea")


@dataclass(frozen=True)
class Calibration:
    """Loads and queues of the base year, by the ids of the study.

    Attributes
    ----------
    train_t : mapping of str to float
        Mean tonnes a train carries over each facility whose capacity is counted in tonnes, by facility_id.
    queue_h : mapping of tuple to float
        Mean queue of the base year, hours, by ``("facility", facility_id, backward)`` and ``("link", link_id,
        backward)``; what both directions share stands under False.
    seen : mapping of str to Seen
        Facilities whose stages are declared, as they stand without projects, by facility_id.
    base : BaseCosts or None
        Costs of the base year by pair, to which demand that answers to cost is held.
    settled : bool
        Whether the last round moved no queue by half an hour.
    """

    train_t: Mapping[str, float] = field(default_factory=dict)
    queue_h: Mapping[tuple[str, str, bool], float] = field(default_factory=dict)
    seen: Mapping[str, Seen] = field(default_factory=dict)
    base: BaseCosts | None = field(default=None, compare=False, repr=False)
    settled: bool = True

    def queue(self, what: str, name: str, *, back: bool) -> float:
        """Queue of the base year in one direction, hours; 0 where there is none."""
        both = self.queue_h.get((what, name, False), 0.0)
        return self.queue_h.get((what, name, back), both if what == "facility" else 0.0)


def waiting_share_h(costs: ArcCosts, arcs: int) -> NDArray[np.float64]:
    """Hours of an arc that may be waiting: what its standing, border, gauge and port hours exceed their low ends by.

    Parameters
    ----------
    costs : ArcCosts
        Costs of a class of freight.
    arcs : int
        Arcs of the supernetwork.

    Returns
    -------
    ndarray of float64, shape (arcs,)
        Hours.
    """
    hours = costs.hours
    still = ~np.isin(hours.heading, [hours.headings.index(name) for name in _MOVING])
    found = np.zeros(arcs)
    np.add.at(found, hours.arc[still], (hours.mean - hours.low)[still])
    return found
