"""What an equilibrium is asked of: a network with link performance functions, and the freight that crosses it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from keruen import errors
from keruen.network.delay import BPR, Delay
from keruen.network.facility.arguments import instance, is_number, several, whole

__all__ = ["LARGEST", "MOST_ELASTIC", "DemandClass", "Problem", "beyond_doubles"]

LARGEST = 1e300
"""Flow x cost over the longest route must stay below; doubles end at 1.8e308."""

MOST_ELASTIC = 100.0
"""Demand that answers more sharply is a wall, not a curve."""

_OPTIONAL = ("permitted", "base_cost", "through")
_COLUMNS = frozenset({"origin", "destination", "flow", "cost", "time"})


@dataclass(frozen=True, eq=False)
class DemandClass:
    """Freight of one kind: who sends how much where, and what an arc costs it beyond time.

    Attributes
    ----------
    name : str
        Name for tables and messages.
    origin, destination : ndarray of int, shape (pairs,)
        Node numbers. A pair may appear more than once; a pair from a node to itself is not assigned.
    flow : ndarray of float, shape (pairs,)
        Demand in the unit of the class (t or trains a day), 0 or more.
    fixed_cost : ndarray of float, shape (arcs,), or float
        Generalised cost of an arc that does not depend on flow, in the unit of time: money / value of time.
    weight : float
        Capacity that one unit of flow uses, above 0: one number a class, which keeps the Beckmann objective.
    permitted : ndarray of bool, shape (arcs,), or None
        Arcs the class may use; all if None.
    elasticity : float
        Constant elasticity of demand to generalised cost, 0 or more: ``flow * (cost / base_cost) ** -elasticity``.
    base_cost : ndarray of float, shape (pairs,), or None
        Generalised cost at which demand is `flow`; needed where the elasticity is not 0.
    """

    name: str
    origin: NDArray[np.int64]
    destination: NDArray[np.int64]
    flow: NDArray[np.float64]
    fixed_cost: NDArray[np.float64] | float = 0.0
    weight: float = 1.0
    permitted: NDArray[np.bool_] | None = None
    elasticity: float = 0.0
    base_cost: NDArray[np.float64] | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.name, str):
            raise errors.UsageError(f"class, name = {self.name!r}: expected a text")
        where = f"class {self.name}"
        _as_arrays(self, where, ("origin", "destination"), np.int64)
        _as_arrays(self, where, ("flow", "base_cost"), np.float64)
        _as_arrays(self, where, ("permitted",), np.bool_)
        if not is_number(self.fixed_cost):  # what is no number is a row of them; infinity is told with its row
            _as_arrays(self, where, ("fixed_cost",), np.float64)
        for name in ("weight", "elasticity"):
            object.__setattr__(self, name, _number(where, name, getattr(self, name)))

    @classmethod
    def from_matrix(
        cls, name: str, matrix: ArrayLike, zones: ArrayLike | None = None, **options: object
    ) -> DemandClass:
        """Return a class from an origin-destination matrix.

        Parameters
        ----------
        name : str
            Name for tables and messages.
        matrix : array_like of float, shape (zones, zones)
            Demand; row = origin.
        zones : array_like of int, optional
            Node number of each zone; 0, 1, ... if absent.
        **options : object
            Any other attribute of the class.

        Returns
        -------
        DemandClass
            With one pair an element that is not 0.

        Raises
        ------
        DataError
            If the matrix is not square, or there is not one node a row.
        """
        table, nodes = _matrix(name, matrix, zones)
        origin, destination = np.nonzero(table)
        return cls(name, nodes[origin], nodes[destination], table[origin, destination], **options)  # type: ignore[arg-type]

    def __repr__(self) -> str:
        return f"DemandClass({self.name!r}, {len(self.flow)} pairs, flow {float(np.sum(self.flow)):g}, weight {self.weight:g})"


@dataclass(frozen=True, eq=False)
class Problem:
    """A user-equilibrium problem: everyone takes a cheapest route, and routes get dearer as they fill.

    Class k pays ``time_a(v_a) + fixed_cost_ka`` on arc a, where ``v_a = sum_k weight_k * flow_ka``.

    Attributes
    ----------
    nodes : int
        Number of nodes; they are numbered 0, 1, ...
    tail, head : ndarray of int, shape (arcs,)
        Nodes an arc leaves and enters. Two arcs may join the same nodes.
    delay : Delay
        Link performance function of every arc.
    classes : sequence of DemandClass
        One or more.
    through : ndarray of bool, shape (nodes,), or None
        Nodes that may lie inside a route, not only at its ends; all if None.
    attributes : mapping of str to ndarray of float, shape (arcs,)
        Further figures by arc (length_km, money) that skims add up along the routes used.
    node_names, arc_names : sequence of str, or None
        Names for messages, and by which another solution is matched for a warm start.

    Raises
    ------
    DataError
        Lists everything that is wrong: shapes, node numbers, negative or missing demand, weights.
    """

    nodes: int
    tail: NDArray[np.int64]
    head: NDArray[np.int64]
    delay: Delay
    classes: Sequence[DemandClass]
    through: NDArray[np.bool_] | None = None
    attributes: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    node_names: Sequence[str] | None = None
    arc_names: Sequence[str] | None = None

    def __post_init__(self) -> None:
        if isinstance(self.classes, DemandClass):
            object.__setattr__(self, "classes", (self.classes,))
        several("problem, classes", self.classes, "a DemandClass, or several")
        object.__setattr__(self, "classes", tuple(self.classes))
        for name, value, kind in (
            ("delay", self.delay, Delay),
            *(("classes", one, DemandClass) for one in self.classes),
        ):
            if not isinstance(value, kind):
                raise errors.UsageError(f"problem, {name}: expected a {kind.__name__}, not {value!r}")
        object.__setattr__(self, "nodes", whole("problem, nodes", self.nodes, least=0, most=2**31 - 1))
        _as_arrays(self, "problem", ("tail", "head"), np.int64)
        _as_arrays(self, "problem", ("through",), np.bool_)
        self._take_names()
        found = [*_network_problems(self), *(p for one in self.classes for p in _class_problems(self, one))]
        if not found:
            found = list(beyond_doubles(self))
        if found:
            raise errors.DataError(found)

    def _take_names(self) -> None:
        """Make tuples of texts of the names, and arrays of the attributes."""
        for name in ("node_names", "arc_names"):
            given = getattr(self, name)
            if given is not None and not isinstance(given, tuple):
                several(f"problem, {name}", given, "a list of names")
                object.__setattr__(self, name, tuple(map(str, given)))
        instance("problem, attributes", self.attributes, Mapping, "a table of one number an arc by name")
        object.__setattr__(
            self, "attributes",
            {name: _row("problem", str(name), values, np.float64) for name, values in self.attributes.items()},
        )  # fmt: skip

    @property
    def arcs(self) -> int:
        """Number of arcs."""
        return int(np.size(self.tail))

    @property
    def demand(self) -> float:
        """Total demand between different nodes, in capacity units."""
        return float(sum(one.weight * one.flow[one.origin != one.destination].sum() for one in self.classes))

    def node_name(self, node: int) -> str:
        """Return the name of a node, or its number where the problem has no names."""
        return str(node) if self.node_names is None else str(self.node_names[node])

    def fixed_costs(self) -> NDArray[np.float64]:
        """Return the fixed generalised cost by class and arc, infinite where the class may not go."""
        costs = np.zeros((len(self.classes), self.arcs))
        for row, one in zip(costs, self.classes, strict=True):
            row[:] = one.fixed_cost
            if one.permitted is not None:
                row[~np.asarray(one.permitted, bool)] = np.inf
        return costs

    def __repr__(self) -> str:
        pairs = sum(len(one.flow) for one in self.classes)
        count = f"{len(self.classes)} classes" if len(self.classes) != 1 else "1 class"
        return f"Problem({self.nodes} nodes, {self.arcs} arcs, {count}, {pairs} pairs, demand {self.demand:g})"


def _fault(where: str, name: str, value: object, expected: str) -> errors.Problem:
    """Return one thing that is wrong, with the value in short."""
    return errors.Problem(where, None, name, str(value)[:60], expected)


def _number(where: str, name: str, given: object) -> float:
    """Return one number; whether it is in range is asked later, with all the rest."""
    try:
        array = np.asarray(given)
        if array.ndim == 0 and array.dtype.kind in "iuf":
            return float(array)
    except (TypeError, ValueError, OverflowError):
        pass
    raise errors.DataError([_fault(where, name, given, "expected a number")])


def _row(where: str, name: str, given: object, kind: type[np.generic]) -> NDArray[Any]:
    """Return a row of numbers of a kind; what would lose something is an error."""
    what = {np.int64: "whole numbers", np.bool_: "true or false"}.get(kind, "numbers")
    try:
        array = np.asarray(given)
        if array.dtype == object:  # numbers of several types, or a column that may hold nothing
            array = np.array([np.nan if one is None else one for one in array])
        good = array.ndim == 1 and (array.dtype.kind in ("b" if kind is np.bool_ else "") + "iuf" or not array.size)
        made = array.astype(kind) if good else array
        good = good and (kind is np.float64 or bool((made == array).all()))
    except (TypeError, ValueError, OverflowError):
        good = False
    if not good:
        raise errors.DataError([_fault(where, name, given, f"expected one row of {what}")])
    return made


def _as_arrays(owner: Problem | DemandClass, where: str, names: tuple[str, ...], kind: type[np.generic]) -> None:
    """Make arrays of the lists and arrays of other types that a caller gave; what loses something is an error."""
    for name in names:
        given = getattr(owner, name)
        if given is not None or name not in _OPTIONAL:
            object.__setattr__(owner, name, _row(where, name, given, kind))


def _matrix(name: str, matrix: ArrayLike, zones: ArrayLike | None) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return a square table of demand and the node of each of its rows."""
    where = f"class {name}"
    try:
        table = np.asarray(matrix, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        table = np.zeros(0)
    if table.ndim != 2 or table.shape[0] != table.shape[1]:
        raise errors.DataError([_fault(where, "matrix", matrix, "expected a square table of numbers")])
    nodes = np.arange(len(table)) if zones is None else _row(where, "zones", zones, np.int64)
    if nodes.size != len(table):
        raise errors.DataError([_fault(where, "zones", nodes.size, f"expected one node a row ({len(table)})")])
    return table, nodes


def _network_problems(problem: Problem) -> Iterator[errors.Problem]:
    """Yield what is wrong with the network."""
    arcs = problem.arcs
    for name, size in (("head", np.size(problem.head)), ("delay", len(problem.delay))):
        if size != arcs:
            yield errors.Problem("problem", None, name, str(size), f"expected one value an arc ({arcs})")
    for name, ends in (("tail", problem.tail), ("head", problem.head)):
        for arc in np.flatnonzero((np.asarray(ends) < 0) | (np.asarray(ends) >= problem.nodes)):
            yield errors.Problem(
                "arc", int(arc), name, str(ends[arc]), f"expected a node from 0 to {problem.nodes - 1}"
            )
    for name, given, size in (
        ("through", problem.through, problem.nodes),
        ("node_names", problem.node_names, problem.nodes),
        ("arc_names", problem.arc_names, arcs),
    ):
        if given is not None and len(given) != size:
            yield _fault("problem", name, len(given), f"expected one {'an arc' if size == arcs else 'a node'} ({size})")
    for name, values in problem.attributes.items():
        if values.size != arcs or not np.isfinite(values).all():
            yield errors.Problem("problem", None, name, None, f"expected one finite value an arc ({arcs})")
        if name in _COLUMNS:
            yield errors.Problem("problem", None, name, None, "expected another name: skims have this column already")
    names = [one.name for one in problem.classes]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield errors.Problem("problem", None, "classes", name, "expected a name of its own for each class")
    parameters = problem.delay.parameters
    if not (np.isfinite(parameters) & (parameters >= 0)).all():
        yield errors.Problem("problem", None, "delay", None, "expected finite parameters of 0 or more")
    if not problem.classes:
        yield errors.Problem("problem", None, "classes", "none", "expected one class or more")


def _class_problems(problem: Problem, one: DemandClass) -> Iterator[errors.Problem]:
    """Yield what is wrong with one class."""
    where = f"class {one.name}"
    sizes = {np.size(one.origin), np.size(one.destination), np.size(one.flow)}
    if len(sizes) != 1:
        yield errors.Problem(where, None, "flow", None, "expected origin, destination and flow of one length")
        return
    for name, ends in (("origin", one.origin), ("destination", one.destination)):
        for pair in np.flatnonzero((np.asarray(ends) < 0) | (np.asarray(ends) >= problem.nodes)):
            yield errors.Problem(
                where, int(pair), name, str(ends[pair]), f"expected a node from 0 to {problem.nodes - 1}"
            )
    for pair in np.flatnonzero(~(np.isfinite(one.flow) & (np.asarray(one.flow) >= 0))):
        yield errors.Problem(where, int(pair), "flow", str(one.flow[pair]), "expected 0 or more")
    if not (np.isfinite(one.weight) and one.weight > 0):
        yield _fault(where, "weight", one.weight, "expected above 0")
    fixed = np.asarray(one.fixed_cost, float)
    if fixed.ndim and fixed.size != problem.arcs:
        yield errors.Problem(where, None, "fixed_cost", None, f"expected one value an arc ({problem.arcs})")
    elif not (np.isfinite(fixed) & (fixed >= 0)).all():
        bad = int(np.flatnonzero(~(np.isfinite(fixed) & (fixed >= 0)).ravel())[0])
        yield errors.Problem(where, bad, "fixed_cost", str(fixed.ravel()[bad]), "expected 0 or more")
    if one.permitted is not None and np.size(one.permitted) != problem.arcs:
        yield errors.Problem(where, None, "permitted", None, f"expected one value an arc ({problem.arcs})")
    if not 0 <= one.elasticity <= MOST_ELASTIC:
        yield _fault(where, "elasticity", one.elasticity, f"expected 0 or more, {MOST_ELASTIC:g} at most")
    elif one.elasticity > 0 and (one.base_cost is None or not _costs(one)):
        yield errors.Problem(where, None, "base_cost", None, "expected a finite cost above 0 for every pair")


def _costs(one: DemandClass) -> bool:
    """Return whether every pair has a base cost that demand can be held to."""
    cost = np.asarray(one.base_cost, float)
    return cost.size == np.size(one.flow) and bool((np.isfinite(cost) & (cost > 0)).all())


def beyond_doubles(problem: Problem) -> Iterator[errors.Problem]:
    """Yield what doubles could not hold: demand, or flow x cost on an arc if all demand came over it.

    Parameters
    ----------
    problem : Problem
        With flows of 0 or more.

    Yields
    ------
    Problem
        The total, the first class, or the first arc and its class of functions, with the limit.
    """
    limit = np.log10(LARGEST / max(problem.nodes, 1))
    total = np.float64(0.0)
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        for one in problem.classes:
            sent = one.weight * one.flow[one.origin != one.destination].sum()
            total += sent
            dearest = np.max(one.fixed_cost, initial=0.0)
            if np.log10(sent) + max(np.log10(dearest), 0.0) >= limit:
                text = f"expected flow x weight x fixed cost over {problem.nodes} nodes below {LARGEST:g}"
                yield errors.Problem(f"class {one.name}", None, "flow", f"{sent:g}", text)
        kind, row, load = problem.delay.kind, problem.delay.parameters, np.log10(total)
        base = np.maximum(np.log10(row[:, 0]), 0.0)
        rise = np.log10(row[:, 1]) + row[:, 3] * (load + np.log10(row[:, 2]))
        room = np.where(kind == BPR, row[:, 2], row[:, 1])
        grown = np.where(kind == BPR, np.log10(np.maximum(row[:, 3], 1.0)) + rise, load + np.log10(room) + 10.0)
        costs = load + np.where(kind == 0, base, np.maximum(base, grown))
    for arc in np.flatnonzero(costs >= limit)[:10] if total > 0 else ():
        text = f"with all demand ({total:g}) on it, flow x time would pass {LARGEST:g}, what doubles can hold"
        yield errors.Problem("arc", int(arc), "delay", None, text)
