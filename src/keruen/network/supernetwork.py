"""One scenario of one year as a graph: a copy of each place for every (mode, gauge) that touches it.

Running arcs join copies in the same layer. Facility arcs join layers: a border crossing joins two places, a
port or terminal two modes, a change of gauge two gauges. Gauge is compatibility: a wagon leaves its layer only
where a facility lets it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from keruen.errors import UsageError

if TYPE_CHECKING:
    from keruen.study import Scenario

__all__ = ["CARRYING_MODES", "Layer", "Supernetwork", "supernetwork"]

CARRYING_MODES = ("rail", "road", "sea", "ferry")
"""Modes whose links carry the freight of the demand table; pipelines are drawn, not loaded."""


class Layer(NamedTuple):
    """A copy of a place: what stands there can run on this mode and gauge (0 where gauge has no meaning)."""

    place: str
    mode: str
    gauge_mm: int


@dataclass(frozen=True, eq=False)
class Supernetwork:
    """The graph of one scenario.

    Attributes
    ----------
    layers : tuple of Layer
        The nodes.
    tail, head : ndarray of int32, shape (arcs,)
        Nodes that an arc leaves and enters.
    link : ndarray of int32, shape (arcs,)
        Position in ``links`` of a running arc, -1 for a facility arc.
    facility : ndarray of int32, shape (arcs,)
        Position in ``facilities`` of a facility arc, -1 for a running arc.
    backward : ndarray of bool, shape (arcs,)
        True for an arc that runs from ``to_place`` to ``from_place``.
    length_km : ndarray of float64, shape (arcs,)
        Length in km, 0 for facility arcs.
    links, facilities, places : pandas.DataFrame
        The rows in use: operating links of carrying modes and operating facilities whose layers exist.
    idle_facilities : tuple of str
        Operating facilities that no operating link reaches on one side: they join nothing in this scenario.
    pipeline_places : frozenset of str
        Places that only pipelines touch.
    """

    layers: tuple[Layer, ...]
    tail: NDArray[np.int32]
    head: NDArray[np.int32]
    link: NDArray[np.int32]
    facility: NDArray[np.int32]
    backward: NDArray[np.bool_]
    length_km: NDArray[np.float64]
    links: pd.DataFrame
    facilities: pd.DataFrame
    places: pd.DataFrame
    idle_facilities: tuple[str, ...]
    pipeline_places: frozenset[str]

    @cached_property
    def country(self) -> tuple[str, ...]:
        """Country of each node's place."""
        known = dict(zip(self.places.index, self.places["country"], strict=True))
        return tuple(str(known[layer.place]) for layer in self.layers)

    @cached_property
    def facility_kind(self) -> tuple[tuple[str, str], ...]:
        """Id and kind of each facility, by position."""
        ids, kinds = self.facilities["facility_id"], self.facilities["kind"]
        return tuple((str(name), str(kind)) for name, kind in zip(ids, kinds, strict=True))

    def __repr__(self) -> str:
        running = int((self.link >= 0).sum())
        return (
            f"<Supernetwork: {len(self.places)} places in {len(self.layers)} layer nodes, "
            f"{running:,} running and {len(self.tail) - running:,} facility arcs>"
        )

    def nodes_of(self, place: str) -> list[int]:
        """Layer nodes of a place.

        Raises
        ------
        UsageError
            If the scenario has no such place.
        """
        if place not in self.places.index:
            raise UsageError(f"no place '{place}' in this study; see its place table")
        return list(self._nodes.get(place, ()))

    @cached_property
    def _nodes(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for node, layer in enumerate(self.layers):
            found.setdefault(layer.place, []).append(node)
        return found

    def unreached(self, origin: str) -> pd.DataFrame:
        """Places that no arc sequence reaches from ``origin``, whatever the freight.

        Parameters
        ----------
        origin : str
            A place.

        Returns
        -------
        pandas.DataFrame
            One row a place out of reach: place_id, name_en, country, and why. Places that only pipelines touch
            are no part of the freight network and are left out.
        """
        reached = {self.layers[node].place for node in self._reached_nodes(origin)}
        touched = {layer.place for layer in self.layers}
        apart = [place for place in self.places.index if place not in reached and place not in self.pipeline_places]
        rows = self.places.loc[apart, ["name_en", "country"]]
        why = ["joined to nothing that leads here" if place in touched else "no operating link" for place in apart]
        return rows.assign(why=why).reset_index(names="place_id")

    def _reached_nodes(self, origin: str) -> set[int]:
        from scipy.sparse import coo_matrix
        from scipy.sparse.csgraph import breadth_first_order

        size = len(self.layers)
        graph = coo_matrix((np.ones(len(self.tail)), (self.tail, self.head)), shape=(size, size)).tocsr()
        reached: set[int] = set()
        for node in self.nodes_of(origin):
            order = breadth_first_order(graph, node, return_predecessors=False)
            reached.update(int(found) for found in order)
        return reached


def supernetwork(scenario: Scenario) -> Supernetwork:
    """Lay a scenario out as layers and arcs.

    Parameters
    ----------
    scenario : Scenario
        Tables with their patches applied.

    Returns
    -------
    Supernetwork
        The graph; costs are put on it by :func:`keruen.network.costs.arc_costs`.
    """
    links = _in_use(scenario.table("link"))
    facilities = scenario.table("facility")
    facilities = facilities[facilities["status"] == "operating"].reset_index(drop=True)
    number: dict[Layer, int] = {}
    arcs: list[tuple[int, int, int, int, bool, float]] = []
    for position, row in enumerate(links.itertuples(index=False)):
        gauge = _gauge(row.gauge_mm)
        ends = (Layer(row.from_place, row.mode, gauge), Layer(row.to_place, row.mode, gauge))
        a, b = (number.setdefault(layer, len(number)) for layer in ends)
        arcs.append((a, b, position, -1, False, row.length_km))
        if not row.one_way:
            arcs.append((b, a, position, -1, True, row.length_km))
    idle = []
    for position, row in enumerate(facilities.itertuples(index=False)):
        start = Layer(row.from_place, row.from_mode, _gauge(row.from_gauge_mm))
        end = Layer(row.to_place, row.to_mode, _gauge(row.to_gauge_mm))
        if start not in number or end not in number:
            idle.append(row.facility_id)
            continue
        arcs.append((number[start], number[end], -1, position, False, 0.0))
        if not row.one_way:
            arcs.append((number[end], number[start], -1, position, True, 0.0))
    columns = list(zip(*arcs, strict=True)) if arcs else [()] * 6
    return Supernetwork(
        layers=tuple(number),
        tail=np.array(columns[0], dtype=np.int32),
        head=np.array(columns[1], dtype=np.int32),
        link=np.array(columns[2], dtype=np.int32),
        facility=np.array(columns[3], dtype=np.int32),
        backward=np.array(columns[4], dtype=np.bool_),
        length_km=np.array(columns[5], dtype=np.float64),
        links=links,
        facilities=facilities,
        places=scenario.table("place").set_index("place_id"),
        idle_facilities=tuple(idle),
        pipeline_places=_only_pipelines(scenario.table("link")),
    )


def _in_use(links: pd.DataFrame) -> pd.DataFrame:
    keep = (links["status"] == "operating") & links["mode"].isin(CARRYING_MODES)
    return links[keep].reset_index(drop=True)


def _only_pipelines(links: pd.DataFrame) -> frozenset[str]:
    pipes = links["mode"] == "pipeline"
    ends = [set(links.loc[chosen, ["from_place", "to_place"]].to_numpy().ravel()) for chosen in (pipes, ~pipes)]
    return frozenset(str(place) for place in ends[0] - ends[1])


def _gauge(value: object) -> int:
    return 0 if pd.isna(value) else int(value)  # type: ignore[call-overload]
