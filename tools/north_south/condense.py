"""Condense the full rail graph to the sections that matter between named places."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import shapely
from shapely import LineString

from tools.north_south.graph import Graph, Node, Section, Weight
from tools.north_south.rail import RailNetwork
from tools.north_south.raw import given

__all__ = ["Comparison", "calibrate", "compare", "condense", "tidy"]

BREAK_OF_GAUGE_KM = 250.0
SHORT_KM = 6.0
SHORT_TO_NAMED_KM = 2.5
"""A port at the end of a branch must not be drawn onto the main line: less is shrunk where one end has a name."""

COMPARED_FROM_KM = 100.0
MERGED_DISCOUNT = 0.93
"""Russian sections already in use count 7 % less, so that near-parallel paths fall together."""

SECOND_BEST = 1.3
"""Outside Russia a second search with used sections 30 % dearer adds the second-best paths."""

CLUSTERS = {"RU": MERGED_DISCOUNT, "BY": MERGED_DISCOUNT, "PL": MERGED_DISCOUNT, "DE": MERGED_DISCOUNT}
SINGLE_PATH = ("RU", "BY", "PL", "DE", "CN", "TR", "PK")
"""Countries of which only the best paths are kept: they are passed through, not studied."""

CROSSING = "crossing"


@dataclass(frozen=True)
class Comparison:
    """Distances on the condensed network against the full one, over pairs of named places 100 km apart and more."""

    pairs: int
    mean_percent: float
    p95_percent: float
    largest_percent: float
    worst: tuple[str, str]


def calibrate(network: RailNetwork) -> list[tuple[str, str, float, float]]:
    """Scale the sections between two places to a published length; returns from, to, raw km, published km."""
    graph = network.graph
    done = []
    for row in given("lengths").itertuples(index=False):
        stops = [row.from_place, *(part for part in row.via.split(";") if part), row.to_place]
        path: list[int] = []
        for a, b in pairwise(stops):
            gauge = graph.at(network.named[b])[0][1].gauge_mm
            _, by = graph.search(network.named[a], _of_gauge(gauge))
            path += graph.trace(network.named[b], by)
        raw_km = sum(graph.sections[number].length_km for number in path)
        for number in path:
            length = graph.sections[number].length_km * float(row.published_km) / raw_km
            graph.change(number, length_km=length, source=row.source)
        done.append((row.from_place, row.to_place, raw_km, float(row.published_km)))
    return done


def _of_gauge(gauge_mm: int) -> Weight:
    def weight(_: int, section: Section) -> float | None:
        fits = section.gauge_mm == gauge_mm and section.status == "operating"
        return section.length_km if fits else None

    return weight


def with_crossings(graph: Graph, named: Mapping[str, Node]) -> Graph:
    """The graph with an arc for each crossing in use, dear where the gauge changes."""
    joined = graph.copy()
    for row in given("crossings").itertuples(index=False):
        a, b = named.get(row.place_a), named.get(row.place_b)
        if row.status != "operating" or a not in joined.touching or b not in joined.touching:
            continue
        (_, left), (_, right) = joined.at(a)[0], joined.at(b)[0]
        length = 0.0 if left.gauge_mm == right.gauge_mm else BREAK_OF_GAUGE_KM
        shape = LineString([joined.position(a), joined.position(b)])
        joined.add(Section(a, b, length, 0, CROSSING, CROSSING, "operating", "assumed", shape))
    return joined


def tidy(graph: Graph, keep: Iterable[Node]) -> None:
    """Drop parallels, loops and dead ends, and merge through nodes; nodes in ``keep`` stay."""
    kept = set(keep)
    changed = True
    while changed:
        changed = _drop_parallels(graph)
        for node in sorted(graph.touching, key=str):
            if node in kept or node not in graph.touching:
                continue
            around = graph.at(node)
            if len(around) == 1:
                graph.remove(around[0][0])
                changed = True
            elif len(around) == 2 and _alike(around[0][1], around[1][1]):
                graph.merge(node)
                changed = True


def _alike(one: Section, two: Section) -> bool:
    return (one.operator, one.gauge_mm, one.status) == (two.operator, two.gauge_mm, two.status)


def _drop_parallels(graph: Graph) -> bool:
    best: dict[tuple[str, str, int], int] = {}
    before = len(graph.sections)
    for number, section in sorted(graph.sections.items(), key=lambda item: (item[1].length_km, item[0])):
        key = (min(section.a, section.b), max(section.a, section.b), section.gauge_mm)
        if section.a == section.b or best.setdefault(key, number) != number:
            graph.remove(number)
    return len(graph.sections) < before


def condense(network: RailNetwork, fixed: Iterable[Node]) -> Graph:
    """Keep the sections on good paths between named places.

    Parameters
    ----------
    network : RailNetwork
        The tidied full network.
    fixed : iterable of Node
        Nodes that stay whatever happens: named places and ends of closed lines.

    Returns
    -------
    Graph
        The planning network; its nodes are a subset of the full network's.
    """
    joined = with_crossings(network.graph, network.named)
    used: set[int] = set()
    for origin in sorted(set(network.named.values())):
        _use_paths(joined, origin, network.named.values(), _merging(used), used)
    first = frozenset(used)
    for origin in sorted(set(network.named.values())):
        _use_paths(joined, origin, network.named.values(), _avoiding(first), used)
    graph = network.graph.copy()
    for number, section in list(graph.sections.items()):
        if number not in used and section.status == "operating":
            graph.remove(number)
    stay = {node for node in fixed if node in graph.touching}
    tidy(graph, stay)
    _contract_short(graph, stay)
    tidy(graph, stay)
    return graph


def _merging(used: set[int]) -> Weight:
    def weight(number: int, section: Section) -> float | None:
        if section.status != "operating":
            return None
        return section.length_km * (CLUSTERS.get(section.country, 1.0) if number in used else 1.0)

    return weight


def _avoiding(used: frozenset[int]) -> Weight:
    def weight(number: int, section: Section) -> float | None:
        if section.status != "operating":
            return None
        if section.country in SINGLE_PATH and number not in used:
            return None
        dearer = SECOND_BEST if number in used and section.country not in SINGLE_PATH else 1.0
        return section.length_km * dearer

    return weight


def _use_paths(graph: Graph, origin: Node, targets: Iterable[Node], weight: Weight, used: set[int]) -> None:
    _, by = graph.search(origin, weight)
    for target in targets:
        if target in by:
            used.update(graph.trace(target, by))


def _contract_short(graph: Graph, stay: set[Node]) -> None:
    """Shrink short sections with an unnamed end to a point; the neighbours take half of the length each."""
    while True:
        short = [
            (section.length_km, number)
            for number, section in graph.sections.items()
            if section.length_km < (SHORT_KM if not {section.a, section.b} & stay else SHORT_TO_NAMED_KM)
            and not {section.a, section.b} <= stay
        ]
        if not short:
            return
        _shrink(graph, min(short)[1], stay)


def _shrink(graph: Graph, number: int, stay: set[Node]) -> None:
    section = graph.sections[number]
    gone, left = (section.a, section.b) if section.a not in stay else (section.b, section.a)
    end = graph.position(left)
    graph.remove(number)
    for other, neighbour in graph.at(gone):
        turned = neighbour.starting_at(gone)
        shape = LineString([end, *turned.shape.coords[1:]])
        graph.change(other, a=left, b=turned.b, shape=shape, length_km=turned.length_km + section.length_km / 2)
        if graph.sections[other].a == graph.sections[other].b:
            graph.remove(other)


def compare(full: RailNetwork, condensed: Graph) -> Comparison:
    """Compare shortest distances between pairs of named places that the full network joins."""
    before = with_crossings(full.graph, full.named)
    after = with_crossings(condensed, full.named)
    places = sorted(p for p, node in full.named.items() if node in after.touching)
    deviation, pairs = [], []

    def operating(_: int, section: Section) -> float | None:
        return section.length_km if section.status == "operating" else None

    for i, origin in enumerate(places):
        old, _ = before.search(full.named[origin], operating)
        new, _ = after.search(full.named[origin], operating)
        for target in places[i + 1 :]:
            node = full.named[target]
            if node in old and old[node] >= COMPARED_FROM_KM:
                deviation.append(new.get(node, np.inf) / old[node] - 1)
                pairs.append((origin, target))
    percent = 100 * np.array(deviation)
    size = np.abs(percent)
    worst = int(size.argmax())
    return Comparison(
        len(pairs), float(percent.mean()), float(np.quantile(size, 0.95)), float(percent[worst]), pairs[worst]
    )


def simplified(shape: LineString, tolerance_deg: float) -> LineString:
    """A line with fewer points, its ends kept, coordinates at four decimals."""
    simple = shapely.simplify(shape, tolerance_deg)
    return shapely.transform(simple, lambda points: np.round(points, 4))
