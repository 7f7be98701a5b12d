"""Instances of the discrete network design problem, as published with extended TNTP files.

Rows are ``init term capacity length free_flow_time B power speed toll type cost``; the first NUMBER OF LINKS rows
exist, the NUMBER OF NEW LINKS rows after them are candidates with their cost.
"""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from keruen import errors
from keruen.equilibrium.problem import DemandClass, Problem
from keruen.exchange import tntp
from keruen.network.delay import Delay

__all__ = ["Instance", "read"]

_CAPACITY, _FREE_TIME, _B, _POWER, _COST = 2, 4, 5, 6, 10
_COLUMNS = 11
SCALE = 1e-3
"""Capacity and demand are counted in thousands, as the authors do."""


@dataclass(frozen=True, eq=False)
class Instance:
    """A network with candidate links.

    Attributes
    ----------
    problem : Problem
        The network with every candidate built; demand and capacity in thousands.
    candidates : ndarray of int, shape (candidates,)
        Arcs of the problem that are candidates.
    cost : ndarray of float, shape (candidates,)
        Their costs.
    names : tuple of str
        Their ends, as "11-15".
    """

    problem: Problem
    candidates: NDArray[np.int64]
    cost: NDArray[np.float64]
    names: tuple[str, ...]

    def __repr__(self) -> str:
        return f"Instance({self.problem!r}, {len(self.names)} candidates, cost {self.cost.sum():g})"


def read(net: str | PathLike[str], trips: str | PathLike[str], *, inflate: float = 1.0) -> Instance:
    """Return an instance.

    Parameters
    ----------
    net : path
        Network file with candidates.
    trips : path
        TNTP trip table.
    inflate : float
        Demand is multiplied by this.

    Returns
    -------
    Instance
        Every direction of a candidate is its own.

    Raises
    ------
    DataError
        Lists every row that cannot be read, and a count of rows that is not what the head says.

    References
    ----------
    D. Rey (2020), Computational benchmarking of exact methods for the bilevel discrete network design problem.
    https://github.com/davidrey123/DNDP-path
    """
    tags, links = _links(Path(net))
    nodes, existing = int(tags["NUMBER OF NODES"]), int(tags["NUMBER OF LINKS"])
    tail, head = links[:, 0].astype(np.int64) - 1, links[:, 1].astype(np.int64) - 1
    plain = tntp.read_demand(trips)
    demand = DemandClass("all", plain.origin, plain.destination, plain.flow * SCALE * inflate)
    problem = Problem(
        nodes,
        tail,
        head,
        Delay.bpr(links[:, _FREE_TIME], links[:, _CAPACITY] * SCALE, links[:, _B], links[:, _POWER]),
        [demand],
        through=np.arange(1, nodes + 1) >= int(tags.get("FIRST THRU NODE", 1)),
        node_names=[str(node) for node in range(1, nodes + 1)],
    )
    candidates = np.arange(existing, len(links))
    names = tuple(f"{int(a)}-{int(b)}" for a, b in links[candidates, :2])
    return Instance(problem, candidates, links[candidates, _COST], names)


def _links(path: Path) -> tuple[dict[str, str], NDArray[np.float64]]:
    """Return the tags of a network file and its links, candidates last."""
    tags, body = tntp.lines(path)
    rows, found = [], []
    for number, line in body:
        try:
            values = [float(cell) for cell in line.replace(";", " ").split()[:_COLUMNS]]
        except ValueError:
            values = []
        if len(values) < _COLUMNS:
            expected = "expected a link: 11 numbers from init node to cost"
            found.append(errors.Problem(path.name, number, None, line[:60], expected))
        rows.append(values)
    counts = {}
    for tag in ("NUMBER OF NODES", "NUMBER OF LINKS", "NUMBER OF NEW LINKS"):
        value = tags.get(tag, "")
        if value.isdigit():
            counts[tag] = int(value)
        else:
            found.append(errors.Problem(path.name, None, f"<{tag}>", value or None, "expected a whole number"))
    promised = counts.get("NUMBER OF LINKS", 0) + counts.get("NUMBER OF NEW LINKS", 0)
    if not found and promised != len(rows):
        found.append(
            errors.Problem(
                path.name, None, "<NUMBER OF LINKS>", str(promised), f"expected {len(rows)}, the rows there are"
            )
        )
    if found:
        raise errors.DataError(found)
    return tags, np.array(rows)
