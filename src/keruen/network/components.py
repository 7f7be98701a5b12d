"""What the hours and dollars on an arc are made of, kept apart so that they can be shown, ranged and traced.

A *component* is one parameter row at work: the running speed of Turkmen lines, the standing share of block trains
in Kazakhstan, the customs stage at Sarakhs, the line-haul rate of a railway. What an arc costs is a list of
(component, mean, low, high). Arcs that share a component err together; different components err apart.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["ACTIVITIES", "PAYMENTS", "Entries", "Ledger", "Triple", "joined"]

ACTIVITIES = ("run", "sea", "wait", "border", "gauge", "port", "terminal")
"""Headings of hours: movement by land, by sea, standing inside the network, and stops by kind."""

PAYMENTS = ("line_haul", "border", "gauge_change", "port", "terminal")
"""Headings of money."""

Triple: TypeAlias = tuple[float, float, float]
"""A mean with the 10th and 90th percentile."""


@dataclass(frozen=True, eq=False)
class Entries:
    """A closed ledger; one entry is what one component costs on one arc.

    Attributes
    ----------
    headings : tuple of str
        Headings under which entries are counted.
    arc, component, heading : ndarray of int32, shape (entries,)
        Arc; number of the component; position in ``headings``.
    mean, low, high : ndarray of float64, shape (entries,)
        Hours or USD a tonne: mean, 10th and 90th percentile.
    country : ndarray of str, shape (entries,)
        Country in which the hours are spent or the money is taken.
    names : tuple of str
        Name ``table:row`` of each component, with facility and direction for stages.
    assumed : ndarray of bool, shape (components,)
        Whether the row is an assumption.
    """

    headings: tuple[str, ...]
    arc: NDArray[np.int32]
    component: NDArray[np.int32]
    heading: NDArray[np.int32]
    mean: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    country: NDArray[np.str_]
    names: tuple[str, ...]
    assumed: NDArray[np.bool_]

    def by_arc(self, arcs: int) -> NDArray[np.float64]:
        """Means by arc and heading, shape (arcs, headings)."""
        total = np.zeros((arcs, len(self.headings)))
        np.add.at(total, (self.arc, self.heading), self.mean)
        return total


@dataclass(eq=False)
class Ledger:
    """Collects entries while costs are put on arcs.

    Parameters
    ----------
    headings : tuple of str
        Headings that entries may have.
    """

    headings: tuple[str, ...]
    _entries: list[tuple[int, int, int, float, float, float, str]] = field(default_factory=list)
    _numbers: dict[str, int] = field(default_factory=dict)
    _assumed: list[bool] = field(default_factory=list)

    def add(self, arc: int, name: str, heading: str, amount: Triple, country: str, *, assumed: bool) -> None:
        """Enter what component ``name`` costs on an arc."""
        number = self._numbers.setdefault(name, len(self._numbers))
        if number == len(self._assumed):
            self._assumed.append(assumed)
        self._entries.append((arc, number, self.headings.index(heading), *amount, country))

    def close(self) -> Entries:
        """Return the entries as arrays."""
        columns = list(zip(*self._entries, strict=True)) if self._entries else [()] * 7
        return Entries(
            headings=self.headings,
            arc=np.array(columns[0], dtype=np.int32),
            component=np.array(columns[1], dtype=np.int32),
            heading=np.array(columns[2], dtype=np.int32),
            mean=np.array(columns[3], dtype=np.float64),
            low=np.array(columns[4], dtype=np.float64),
            high=np.array(columns[5], dtype=np.float64),
            country=np.array(columns[6], dtype=np.str_),
            names=tuple(self._numbers),
            assumed=np.array(self._assumed, dtype=np.bool_),
        )


def joined(kept: Entries, fresh: Entries) -> Entries:
    """Entries of some arcs and of the others as one; components of one name are one component."""
    number = {name: at for at, name in enumerate(kept.names)}
    new = [name for name in fresh.names if name not in number]
    number |= {name: len(number) + at for at, name in enumerate(new)}
    renumbered = np.array([number[name] for name in fresh.names], dtype=np.int32)
    is_new = np.array([name in set(new) for name in fresh.names], dtype=np.bool_)
    both = {
        name: np.concatenate([getattr(kept, name), getattr(fresh, name)])
        for name in ("arc", "heading", "mean", "low", "high", "country")
    }
    return Entries(
        headings=kept.headings,
        component=np.concatenate([kept.component, renumbered[fresh.component]]).astype(np.int32),
        names=(*kept.names, *new),
        assumed=np.concatenate([kept.assumed, fresh.assumed[is_new]]),
        **both,
    )
