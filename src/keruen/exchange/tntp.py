"""Networks and trip tables in the TNTP format (Transportation Networks for Research)."""

from __future__ import annotations

import re
from os import PathLike
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from keruen import errors
from keruen.equilibrium.problem import DemandClass, Problem
from keruen.network.delay import Delay

__all__ = ["lines", "read", "read_demand", "read_flows"]

_TAG = re.compile(r"<([^>]*)>\s*([^\s~]*)")
_COLUMNS = ("init_node", "term_node", "capacity", "length", "free_flow_time", "b", "power", "speed", "toll")


def read(
    net: str | PathLike[str], trips: str | PathLike[str], *, toll_factor: float = 0.0, distance_factor: float = 0.0
) -> Problem:
    """Return the equilibrium problem of a network file and a trip table.

    Arcs keep the order of the rows of the network file, so flows line up with them. The generalised cost of a link
    is ``free_flow_time * (1 + b * (flow / capacity) ** power) + toll_factor * toll + distance_factor * length``.
    Node n of the file is node n - 1 of the problem; nodes below FIRST THRU NODE may only begin or end a route.

    Parameters
    ----------
    net, trips : path
        Files ``*_net.tntp`` and ``*_trips.tntp``.
    toll_factor, distance_factor : float
        Time per unit of toll and of length. They are not in the files.

    Returns
    -------
    Problem
        One class, named "all"; attributes "length" and "toll" for skims.

    Raises
    ------
    DataError
        Lists every row that cannot be read.

    References
    ----------
    https://github.com/bstabler/TransportationNetworks
    """
    tags, links = _network(Path(net))
    nodes = int(tags["NUMBER OF NODES"])
    first_through = int(tags.get("FIRST THRU NODE", 1))
    columns = dict(zip(_COLUMNS, links.T, strict=False))
    free_time, length, toll = columns["free_flow_time"], columns["length"], columns["toll"]
    return Problem(
        nodes=nodes,
        tail=columns["init_node"].astype(np.int64) - 1,
        head=columns["term_node"].astype(np.int64) - 1,
        delay=Delay.bpr(free_time, columns["capacity"], columns["b"], columns["power"]),
        classes=(read_demand(Path(trips), toll_factor * toll + distance_factor * length),),
        through=np.arange(1, nodes + 1) >= first_through,
        attributes={"length": length, "toll": toll},
        node_names=[str(node) for node in range(1, nodes + 1)],
    )


def lines(path: Path) -> tuple[dict[str, str], list[tuple[int, str]]]:
    """Return the tags of a file, and its other lines that are not empty with their numbers."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as reason:
        raise errors.DataError(
            [errors.Problem(path.name, None, None, None, f"expected a readable TNTP file: {reason}")]
        ) from reason
    tags: dict[str, str] = {}
    body = []
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.split("~", 1)[0].strip()
        tag = _TAG.match(raw.strip())
        if tag:
            tags[tag[1].strip().upper()] = tag[2]
        elif line:
            body.append((number, line))
    return tags, body


def _network(path: Path) -> tuple[dict[str, str], NDArray[np.float64]]:
    """Return the tags of a network file and its links, one a row."""
    tags, body = lines(path)
    rows, found = [], []
    for number, line in body:
        cells = line.replace(";", " ").split()
        try:
            values = [float(cell) for cell in cells[: len(_COLUMNS)]]
        except ValueError:
            values = []
        if len(values) < 7:
            found.append(
                errors.Problem(path.name, number, None, line[:60], "expected a link: numbers from init node to power")
            )
        rows.append((values + [0.0] * len(_COLUMNS))[: len(_COLUMNS)])
    for tag, count in (("NUMBER OF NODES", None), ("NUMBER OF LINKS", len(rows))):
        value = tags.get(tag, "")
        if not value.isdigit():
            found.append(errors.Problem(path.name, None, f"<{tag}>", value or None, "expected a whole number"))
        elif count is not None and int(value) != count:
            found.append(errors.Problem(path.name, None, f"<{tag}>", value, f"expected {count}, the links there are"))
    if found:
        raise errors.DataError(found)
    return tags, np.array(rows, dtype=np.float64).reshape(-1, len(_COLUMNS))


def read_demand(path: str | PathLike[str], fixed_cost: NDArray[np.float64] | float = 0.0) -> DemandClass:
    """Return the trips of a file as a class named "all"; node n of the file is node n - 1."""
    path = Path(path)
    _, body = lines(path)
    origins: list[int] = []
    destinations: list[int] = []
    flows: list[float] = []
    found = []
    origin = 0
    for number, line in body:
        for cell in filter(None, (part.strip() for part in line.split(";"))):
            try:
                if cell.lower().startswith("origin"):
                    origin = int(cell.split()[1])
                    continue
                destination, flow = cell.split(":")
                destinations.append(int(destination))
                flows.append(float(flow))
                origins.append(origin)
                fault = "expected 'Origin n' first" if origin == 0 else ""
            except (ValueError, IndexError):
                fault = "expected 'Origin n' or 'destination : flow;'"
            if fault:
                found.append(errors.Problem(path.name, number, None, cell[:60], fault))
    if found:
        raise errors.DataError(found)
    return DemandClass("all", np.array(origins, int) - 1, np.array(destinations, int) - 1, np.array(flows), fixed_cost)


def read_flows(path: str | PathLike[str]) -> NDArray[np.float64]:
    """Return the columns from, to, volume and cost of a flow file, one row a link.

    Parameters
    ----------
    path : path
        File ``*_flow.tntp``.

    Returns
    -------
    ndarray of float, shape (links, 4)
        In the order of the file.
    """
    _, body = lines(Path(path))
    rows = [line.replace(";", " ").replace(":", " ").split() for _, line in body]
    return np.array([[float(cell) for cell in row[:4]] for row in rows if row[0].isdigit()])
