"""The raw rail network as a graph of sections: area, operators, missing joins, places and crossings put in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pandas as pd
from shapely import LineString

from tools.north_south.graph import Graph, Node, Section, SectionIndex, Weight, distance_km
from tools.north_south.raw import Raw, given

__all__ = ["COUNTRIES", "RailNetwork", "rail_network"]

COUNTRIES = (
    "RU", "BY", "KZ", "TM", "UZ", "KG", "TJ", "IR", "AZ", "GE", "AM", "AF", "TR", "CN", "UA", "PL", "DE", "PK",
)  # fmt: skip
"""Countries whose lines are kept; whatever no place needs is dropped when the network is condensed."""

NORTH_DEG = 62.5
SAME_POINT_KM = 0.3
NOT_YET_OPEN = ("A07b",)
"""Additions that carry no freight in the base year: the Almaty bypass, opened after it."""

SOURCES = {"NE": "natural-earth"}
EASTERN_LON, EASTERN_FACTOR = 83.0, 1.06
"""East of Novosibirsk the drawn lines are short by 6 % (median of ten stretches between kilometre posts)."""

ABKHAZIA = (41.6, 42.5)
"""West of this longitude and north of this latitude the Georgian lines are cut off on both sides: closed."""

STANDARD_GAUGE_MM = {"PL": 1435, "DE": 1435, "TR": 1435, "CN": 1435, "IR": 1435}


@dataclass
class RailNetwork:
    """The graph and the nodes that have a name.

    Attributes
    ----------
    graph : Graph
        Sections; a crossing's node has one copy for each operator.
    named : dict
        Node by place_id.
    off_line_km : dict
        Distance between a place and the line it was put on, km, by place_id.
    """

    graph: Graph
    named: dict[str, Node] = field(default_factory=dict)
    off_line_km: dict[str, float] = field(default_factory=dict)


def rail_network(raw: Raw) -> RailNetwork:
    """Build the full graph from the raw links, with places, operators and crossings in it."""
    graph = _sections(raw)
    network = RailNetwork(graph)
    _keep_main_gauges(graph)
    _run_through(graph)
    _join_missing(graph)
    _put_places(network)
    _put_crossings(network)
    return network


def _sections(raw: Raw) -> Graph:
    links = raw.rail_links
    links = links[links["iso2"].isin(COUNTRIES)]
    graph = Graph()
    for row in links.itertuples(index=False):
        if row.origin_ref in NOT_YET_OPEN:
            continue
        lon, lat = row.geometry.coords[0]
        if lat > NORTH_DEG or lon < 6.0 or (row.iso2 in ("PL", "DE", "UA") and row.component != 0):
            continue
        abkhazia = row.iso2 == "GE" and lon < ABKHAZIA[0] and lat > ABKHAZIA[1]
        eastern = row.iso2 == "RU" and lon > EASTERN_LON and row.origin == "NE"
        gauge = int(row.gauge_mm) if pd.notna(row.gauge_mm) else STANDARD_GAUGE_MM.get(row.iso2, 1520)
        graph.add(
            Section(
                a=f"{row.from_node_id}", b=f"{row.to_node_id}", gauge_mm=gauge,
                length_km=float(row.length_km_adj) * (EASTERN_FACTOR if eastern else 1.0),
                country=row.iso2, operator=row.iso2, status="closed" if abkhazia else row.status, shape=row.geometry,
                source="derived" if eastern else SOURCES.get(row.origin, "openstreetmap"),
            )
        )  # fmt: skip
    return graph


def _keep_main_gauges(graph: Graph) -> None:
    """Drop gauges that no corridor line has: narrow gauge of forest and mine railways; 1524 mm counts as 1520."""
    for number, section in list(graph.sections.items()):
        if section.gauge_mm not in (1435, 1520, 1524, 1676):
            graph.remove(number)
        elif section.gauge_mm == 1524:
            graph.change(number, gauge_mm=1520)


def _run_through(graph: Graph) -> None:
    """Give through lines that cross a corner of a neighbour the operator that runs them."""
    for row in given("through_lines").itertuples(index=False):
        ends = []
        for lon, lat in ((row.from_lon, row.from_lat), (row.to_lon, row.to_lat)):
            nodes = [n for n in graph.touching if _within(graph, n, float(lon), float(lat), 0.1)]
            node, km = graph.nearest(float(lon), float(lat), nodes)
            if km > 1:
                raise LookupError(f"no node at {lon}, {lat}: {row.note}")
            ends.append(node)
        cost, by = graph.search(ends[0], _inside(str(row.country)))
        if ends[1] not in cost:
            raise LookupError(f"no line of {row.country} joins the ends: {row.note}")
        for number in list(graph.trace(ends[1], by)):
            graph.change(number, operator=row.operator)
    for number, section in list(graph.sections.items()):
        # The few Ukrainian kilometres of the line Voronezh - Rostov are Russian-run; the rest of Ukraine is left out.
        if section.country == "UA":
            lon, lat = section.shape.interpolate(0.5, normalized=True).coords[0]
            if 39.0 < lon < 40.6 and 48.9 < lat < 50.0:
                graph.change(number, operator="RU")
            else:
                graph.remove(number)


def _inside(country: str) -> Weight:
    def weight(_: int, section: Section) -> float | None:
        return section.length_km if section.country == country else None

    return weight


def _operating_in(country: str) -> Callable[[Section], bool]:
    def wanted(section: Section) -> bool:
        return section.country == country and section.status == "operating"

    return wanted


def _within(graph: Graph, node: Node, lon: float, lat: float, degrees: float) -> bool:
    at = graph.position(node)
    return abs(at[0] - lon) < degrees and abs(at[1] - lat) < degrees


def _join_missing(graph: Graph) -> None:
    """Add the short joins that the raw network lacks."""
    for row in given("joins").itertuples(index=False):
        ends = []
        for i, (lon, lat) in enumerate(((row.from_lon, row.from_lat), (row.to_lon, row.to_lat))):
            node = f"join-{row.join_id}-{i}"
            index = SectionIndex(graph, _operating_in(str(row.country)))
            ends.append(_node_at(graph, index, float(lon), float(lat), node)[0])
        a, b = (graph.position(node) for node in ends)
        length = float(row.length_km) if row.length_km else distance_km(*a, *b) * 1.2
        graph.add(
            Section(
                a=ends[0], b=ends[1], length_km=length, gauge_mm=int(row.gauge_mm), country=row.country,
                operator=row.country, status="operating", source="assumed", shape=LineString([a, b]),
            )
        )  # fmt: skip


def _node_at(graph: Graph, index: SectionIndex, lon: float, lat: float, node: Node) -> tuple[Node, float]:
    """Node on the nearest section: an end within 300 m of the foot of the perpendicular, else a new node there."""
    number, share, off_km = index.nearest(lon, lat)
    section = graph.sections[number]
    if share * section.length_km <= SAME_POINT_KM:
        return section.a, off_km
    if (1 - share) * section.length_km <= SAME_POINT_KM:
        return section.b, off_km
    graph.split(number, share, node)
    return node, off_km


def _put_places(network: RailNetwork) -> None:
    graph = network.graph
    places = given("places")
    for row in places[places["rail"] == "yes"].itertuples(index=False):
        index = SectionIndex(graph, _operating_in(str(row.country)))
        node, off_km = _node_at(graph, index, float(row.lon_deg), float(row.lat_deg), f"place-{row.place_id}")
        network.named[row.place_id] = node
        network.off_line_km[row.place_id] = off_km


def _put_crossings(network: RailNetwork) -> None:
    """Part the nodes where the operator changes into one copy an operator, and name the copies of crossings."""
    graph = network.graph
    parted = [node for node in graph.touching if len({section.operator for _, section in graph.at(node)}) > 1]
    where = {node: graph.position(node) for node in parted}
    for row in given("crossings").itertuples(index=False):
        if not row.lon_deg:
            continue
        pair = {row.country_a, row.country_b}
        fits = [node for node in parted if pair == {section.operator for _, section in graph.at(node)}]
        lon, lat = float(row.lon_deg), float(row.lat_deg)
        node = min(fits, key=lambda n: distance_km(lon, lat, *where[n]), default=None)
        if node is None or distance_km(lon, lat, *where[node]) > 25:
            raise LookupError(f"no change of operator {pair} within 25 km of {row.facility_id}")
        network.off_line_km[row.place_a] = network.off_line_km[row.place_b] = distance_km(lon, lat, *where[node])
        network.named[row.place_a] = f"{node}@{row.country_a}"
        network.named[row.place_b] = f"{node}@{row.country_b}"
    for node in parted:
        for number, section in graph.at(node):
            ends = {"a": section.a, "b": section.b}
            copy = {key: f"{node}@{section.operator}" for key, end in ends.items() if end == node}
            graph.change(number, **copy)
    renamed = {old: new for old in network.named.values() if old not in graph.touching for new in [_copy(graph, old)]}
    network.named = {place: renamed.get(node, node) for place, node in network.named.items()}


def _copy(graph: Graph, node: Node) -> Node:
    """A copy of a parted node, for a place that stood on it."""
    copies = sorted(n for n in graph.touching if n.startswith(f"{node}@"))
    if not copies:
        raise LookupError(f"node {node} of a place has gone")
    return copies[0]
