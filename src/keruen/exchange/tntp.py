"""Networks and trip tables in the TNTP format (Transportation Networks for Research)."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Sequence
from os import PathLike
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from keruen import errors
from keruen.equilibrium.problem import DemandClass, Problem
from keruen.network.delay import Delay
from keruen.network.facility.arguments import instance, number

__all__ = ["lines", "read", "read_demand", "read_flows"]

_TAG = re.compile(r"<([^>]*)>\s*([^\s~;]*)")
_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_NUMBERS = re.compile(_NUMBER)
_ORIGIN = re.compile(r"origin\s*(\d+)\b(.*)", re.IGNORECASE)
_PAIR = re.compile(rf"\s*(\d+)\s*:\s*({_NUMBER})(?=[\s;]|$)\s*;?")
_COLUMNS = ("init_node", "term_node", "capacity", "length", "free_flow_time", "b", "power", "speed", "toll")
_NEEDED = 7
_SHOWN = 20
_ROUNDED = 1e-3

Line = tuple[int, str]


def read(
    net: str | PathLike[str], trips: str | PathLike[str], *, toll_factor: float = 0.0, distance_factor: float = 0.0
) -> Problem:
    """Return the equilibrium problem of a network file and a trip table.

    Arcs keep the order of the rows of the network file, so flows line up with them. The generalised cost of a link
    is ``free_flow_time * (1 + b * (flow / capacity) ** power) + toll_factor * toll + distance_factor * length``.
    Node n of the file is node n - 1 of the problem; nodes below FIRST THRU NODE may only begin or end a route, and
    every node may be passed where the file does not say. Trips of a pair that stands twice are added up. Headers of any
    case and spacing, comments after ``~``, tabs, any line ends, UTF-8 or Windows-1252, and lines that lack their ``;``
    are read; columns behind the toll are not.

    Parameters
    ----------
    net, trips : path
        Files ``*_net.tntp`` and ``*_trips.tntp``.
    toll_factor, distance_factor : float
        Time per unit of toll and of length, 0 or more. They are not in the files.

    Returns
    -------
    Problem
        One class, named "all"; attributes "length" and "toll" for skims.

    Raises
    ------
    DataError
        Names file and line of every row that cannot be read, of links that could not be, and of trips to nodes that
        are not in the network; and says where no trips lead from one node to another.

    Warns
    -----
    UserWarning
        Where the trips add up to another TOTAL OD FLOW than the file states, or go beyond NUMBER OF ZONES.

    References
    ----------
    https://github.com/bstabler/TransportationNetworks
    """
    toll_factor = number("toll_factor", toll_factor, least=0)
    distance_factor = number("distance_factor", distance_factor, least=0)
    net, trips = _path("net", net), _path("trips", trips)
    header, rows, places = _network(net, toll_factor > 0)
    columns = dict(zip(_COLUMNS, rows.T, strict=True))
    toll, length = columns["toll"], columns["length"]
    try:
        delay = Delay.bpr(columns["free_flow_time"], columns["capacity"], columns["b"], columns["power"])
    except errors.DataError as found:
        raise errors.DataError(_at_lines(found, net, places)) from None
    nodes = header["NUMBER OF NODES"]
    demand = _demand(trips, toll_factor * toll + distance_factor * length, nodes, header["NUMBER OF ZONES"])
    if not (demand.flow[demand.origin != demand.destination] > 0).any():
        expected = "expected demand: no trips lead from one node to another"
        raise errors.DataError([errors.Problem(trips.name, None, None, None, expected)])
    try:
        return Problem(
            nodes=nodes,
            tail=columns["init_node"].astype(np.int64) - 1,
            head=columns["term_node"].astype(np.int64) - 1,
            delay=delay,
            classes=(demand,),
            through=np.arange(1, nodes + 1) >= header["FIRST THRU NODE"],
            attributes={"length": length, "toll": toll},
            node_names=tuple(str(node) for node in range(1, nodes + 1)),
        )
    except errors.DataError as found:
        raise errors.DataError(_at_lines(found, net, places)) from None


def _path(name: str, given: str | PathLike[str]) -> Path:
    return Path(instance(name, given, (str, PathLike), "the path of a file"))


def _at_lines(found: errors.DataError, path: Path, places: Sequence[int]) -> list[errors.Problem]:
    """Return what is wrong with links, by the line of the file in place of the number of the arc."""
    return [
        one if one.row is None else errors.Problem(path.name, places[one.row], one.column, one.value, one.expected)
        for one in found.problems
    ]


def _few(path: Path, found: list[errors.Problem]) -> list[errors.Problem]:
    """Return the first problems; a file of another kind has one a line."""
    rest = len(found) - _SHOWN
    more = [errors.Problem(path.name, None, None, None, f"and {rest} more lines like these")] if rest > 0 else []
    return found[:_SHOWN] + more


def lines(path: Path) -> tuple[dict[str, str], list[Line]]:
    """Return the tags of a file, and its other lines that are not empty with their numbers."""
    try:
        raw = path.read_bytes()
    except OSError as reason:
        expected = f"expected a readable TNTP file: {reason.strerror or reason}"
        raise errors.DataError([errors.Problem(path.name, None, None, None, expected)]) from reason
    try:
        text = raw.decode("utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("cp1252", errors="replace")  # only comments are not plain ASCII
    tags: dict[str, str] = {}
    body = []
    for place, row in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), 1):
        line = row.split("~", 1)[0].strip()
        tag = _TAG.match(line)
        if tag:
            tags[" ".join(tag[1].upper().split())] = tag[2]
        elif line:
            body.append((place, line))
    return tags, body


def _whole(path: Path, tags: dict[str, str], tag: str, least: int, absent: int | None) -> int | errors.Problem:
    """Return the whole number of a tag, or what is wrong with it."""
    value = tags.get(tag, "")
    if not value and tag not in tags and absent is not None:
        return absent
    if _NUMBERS.fullmatch(value) and float(value) == int(float(value)) >= least:
        return int(float(value))
    return errors.Problem(path.name, None, f"<{tag}>", value or None, f"expected a whole number of {least} or more")


def _header(path: Path, tags: dict[str, str], links: int) -> tuple[dict[str, int], list[errors.Problem]]:
    """Return the numbers that stand above a network, and what is wrong with them."""
    asked = (
        ("NUMBER OF NODES", 1, None),
        ("NUMBER OF LINKS", 0, None),
        ("NUMBER OF ZONES", 1, 0),
        ("FIRST THRU NODE", 1, 1),
    )
    read = {tag: _whole(path, tags, tag, least, absent) for tag, least, absent in asked}
    found = [value for value in read.values() if isinstance(value, errors.Problem)]
    good = {tag: value for tag, value in read.items() if not isinstance(value, errors.Problem)}
    nodes = good.get("NUMBER OF NODES")
    if good.get("NUMBER OF LINKS", links) != links:
        text = f"expected {links}, the links there are"
        found.append(errors.Problem(path.name, None, "<NUMBER OF LINKS>", str(good["NUMBER OF LINKS"]), text))
    for tag, most in (("NUMBER OF ZONES", 0), ("FIRST THRU NODE", 1)):
        if nodes is not None and good.get(tag, 0) > nodes + most:
            text = f"expected {nodes + most} at most, with {nodes} nodes"
            found.append(errors.Problem(path.name, None, f"<{tag}>", str(good[tag]), text))
    return good, found


def _network(path: Path, tolled: bool) -> tuple[dict[str, int], NDArray[np.float64], list[int]]:
    """Return the header of a network file, its links one a row, and the line of each."""
    tags, body = lines(path)
    rows, places, found = [], [], []
    needed = len(_COLUMNS) if tolled else _NEEDED
    for place, line in _without_heading(body):
        for part in filter(None, (part.strip() for part in line.split(";"))):
            cells = part.split()[: len(_COLUMNS)]
            good = len(cells) >= needed and all(_NUMBERS.fullmatch(cell) for cell in cells)
            values = [float(cell) for cell in cells] if good else []
            if not good or not np.isfinite(values).all():
                last = "toll, for the toll factor is not 0" if tolled else "power"
                expected = f"expected a link: numbers from init node to {last}"
                if _ORIGIN.match(part):
                    expected += ". This is a row of a trip table; are the two files in each other's place?"
                found.append(errors.Problem(path.name, place, None, part[:60], expected))
            rows.append((values + [0.0] * len(_COLUMNS))[: len(_COLUMNS)])
            places.append(place)
    header, wrong = _header(path, tags, len(rows))
    links = np.array(rows, dtype=np.float64).reshape(-1, len(_COLUMNS))
    if not found and "NUMBER OF NODES" in header:
        found = list(_ends(path, links, places, header["NUMBER OF NODES"]))
    if found or wrong:
        raise errors.DataError(_few(path, found) + wrong)
    return header, links, places


def _without_heading(body: list[Line]) -> list[Line]:
    """Return the rows without a line of column names that does not begin with ``~``."""
    names = body[0][1].replace(";", " ").split() if body else []
    plain = len(names) > 2 and not any(_NUMBERS.fullmatch(name) or name.lower() == "origin" for name in names)
    return body[1:] if plain else body


def _ends(path: Path, links: NDArray[np.float64], places: list[int], nodes: int) -> Iterator[errors.Problem]:
    """Yield the ends of links that are no nodes."""
    for column, name in ((0, "init_node"), (1, "term_node")):
        ends = links[:, column]
        for row in np.flatnonzero((ends != np.floor(ends)) | (ends < 1) | (ends > nodes)):
            expected = f"expected a node from 1 to {nodes}"
            yield errors.Problem(path.name, places[row], name, f"{ends[row]:g}", expected)


def read_demand(path: str | PathLike[str], fixed_cost: NDArray[np.float64] | float = 0.0) -> DemandClass:
    """Return the trips of a file as a class named "all"; node n of the file is node n - 1.

    Raises
    ------
    DataError
        Names file and line of every row that cannot be read, and of trips below 0.
    """
    return _demand(_path("path", path), fixed_cost)


def _demand(
    path: Path, fixed_cost: NDArray[np.float64] | float, nodes: int | None = None, zones: int = 0
) -> DemandClass:
    """Return the trips of a file."""
    tags, body = lines(path)
    trips: list[tuple[int, int, float]] = []
    places: list[int] = []
    found: list[errors.Problem] = []
    origin = 0
    for place, line in body:
        heading = _ORIGIN.match(line)
        if heading:
            origin, line = int(heading[1]), heading[2]
        pairs = list(_PAIR.finditer(line))
        left = _PAIR.sub("", line).replace(";", "").strip()
        if left or (pairs and not origin):
            expected = "expected 'Origin n' or 'destination : flow;'" if left else "expected 'Origin n' first"
            found.append(errors.Problem(path.name, place, None, (left or line)[:60], expected))
            continue
        trips += [(origin, int(pair[1]), float(pair[2])) for pair in pairs]
        places += [place] * len(pairs)
    found += _wrong_trips(path, trips, places, nodes)
    if found:
        raise errors.DataError(_few(path, found))
    table = np.array(trips, dtype=np.float64).reshape(-1, 3)
    _compare(path, tags, table, zones)
    ends = table[:, :2].astype(np.int64) - 1
    return DemandClass("all", ends[:, 0], ends[:, 1], table[:, 2].copy(), fixed_cost)


def _wrong_trips(
    path: Path, trips: list[tuple[int, int, float]], places: list[int], nodes: int | None
) -> Iterator[errors.Problem]:
    """Yield trips from or to what is no node, and trips that are no trips."""
    most = 2**31 if nodes is None else nodes
    for (origin, destination, flow), place in zip(trips, places, strict=True):
        for name, node in (("origin", origin), ("destination", destination)):
            if not 1 <= node <= most:
                yield errors.Problem(path.name, place, name, str(node), f"expected a node from 1 to {most}")
        if not 0 <= flow < np.inf:
            yield errors.Problem(path.name, place, "flow", f"{flow:g}", "expected 0 or more")


def _compare(path: Path, tags: dict[str, str], table: NDArray[np.float64], zones: int) -> None:
    """Say where a header tells of other trips than there are."""
    stated, total = tags.get("TOTAL OD FLOW", ""), float(table[:, 2].sum())
    if _NUMBERS.fullmatch(stated) and abs(float(stated) - total) > _ROUNDED * max(abs(float(stated)), total):
        warnings.warn(f"{path.name}: <TOTAL OD FLOW> {stated}, but the trips add up to {total:.10g}", stacklevel=4)
    last = int(table[table[:, 2] > 0, :2].max(initial=0))
    if 0 < zones < last:
        warnings.warn(f"{path.name}: trips of zone {last}, but <NUMBER OF ZONES> {zones}", stacklevel=4)


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

    Raises
    ------
    DataError
        Names file and line of every row that cannot be read.
    """
    path = _path("path", path)
    rows, found = [], []
    for place, line in _without_heading(lines(path)[1]):
        cells = line.replace(";", " ").replace(":", " ").split()[:4]
        if len(cells) == 4 and all(_NUMBERS.fullmatch(cell) for cell in cells):
            rows.append([float(cell) for cell in cells])
        else:
            expected = "expected four numbers: from, to, volume, cost"
            found.append(errors.Problem(path.name, place, None, line[:60], expected))
    if found:
        raise errors.DataError(_few(path, found))
    return np.array(rows, dtype=np.float64).reshape(-1, 4)
