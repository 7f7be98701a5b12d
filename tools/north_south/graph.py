"""A small graph of railway sections that can be split, merged and searched."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
import shapely
from shapely import LineString, Point

__all__ = ["Graph", "Node", "Section", "Weight", "distance_km"]

Node: TypeAlias = str

KM_PER_DEGREE = 111.195


@dataclass(frozen=True)
class Section:
    """A piece of line between two nodes; its shape runs from ``a`` to ``b``."""

    a: Node
    b: Node
    length_km: float
    gauge_mm: int
    country: str
    operator: str
    status: str
    source: str
    shape: LineString
    line: str = ""

    def other(self, node: Node) -> Node:
        """The end that is not ``node``."""
        return self.b if node == self.a else self.a

    def turned(self) -> Section:
        """The same section written from ``b`` to ``a``."""
        return replace(self, a=self.b, b=self.a, shape=self.shape.reverse())

    def starting_at(self, node: Node) -> Section:
        """The section written so that it starts at ``node``."""
        return self if self.a == node else self.turned()


Weight: TypeAlias = Callable[[int, Section], float | None]
"""Cost of a section when searching, None where it may not be used."""


def distance_km(lon_a: float, lat_a: float, lon_b: float, lat_b: float) -> float:
    """Great-circle distance on a sphere of 6,371 km, km."""
    a, b = np.radians([lon_a, lat_a]), np.radians([lon_b, lat_b])
    half = np.sin((b[1] - a[1]) / 2) ** 2 + np.cos(a[1]) * np.cos(b[1]) * np.sin((b[0] - a[0]) / 2) ** 2
    return float(2 * 6371.0 * np.arcsin(np.sqrt(half)))


class Graph:
    """Sections by number, and which of them touch a node."""

    def __init__(self) -> None:
        self.sections: dict[int, Section] = {}
        self.touching: dict[Node, set[int]] = {}
        self._next = 0

    def add(self, section: Section) -> int:
        """Add a section and return its number."""
        number, self._next = self._next, self._next + 1
        self.sections[number] = section
        for node in (section.a, section.b):
            self.touching.setdefault(node, set()).add(number)
        return number

    def remove(self, number: int) -> Section:
        """Take a section out and return it."""
        section = self.sections.pop(number)
        for node in {section.a, section.b}:
            self.touching[node].discard(number)
            if not self.touching[node]:
                del self.touching[node]
        return section

    def change(self, number: int, **values: object) -> None:
        """Change attributes of a section, its ends among them."""
        old = self.remove(number)
        self.sections[number] = new = replace(old, **values)  # type: ignore[arg-type]
        for node in (new.a, new.b):
            self.touching.setdefault(node, set()).add(number)

    def at(self, node: Node) -> list[tuple[int, Section]]:
        """Number and section of everything that touches a node, in order of number."""
        return [(number, self.sections[number]) for number in sorted(self.touching.get(node, ()))]

    def position(self, node: Node) -> tuple[float, float]:
        """Longitude and latitude of a node."""
        _, section = self.at(node)[0]
        lon, lat = section.shape.coords[0 if section.a == node else -1]
        return float(lon), float(lat)

    def split(self, number: int, at_share: float, node: Node) -> None:
        """Put ``node`` into a section at a share of its length; length is shared pro rata."""
        section = self.remove(number)
        parts = (
            shapely.ops.substring(section.shape, 0, at_share, normalized=True),
            shapely.ops.substring(section.shape, at_share, 1, normalized=True),
        )
        self.add(replace(section, b=node, length_km=section.length_km * at_share, shape=parts[0]))
        self.add(replace(section, a=node, length_km=section.length_km * (1 - at_share), shape=parts[1]))

    def merge(self, node: Node) -> None:
        """Join the two sections at a node into one; the longer gives country, source and line."""
        (one, left), (two, right) = self.at(node)
        self.remove(one)
        self.remove(two)
        left, right = left.starting_at(left.other(node)), right.starting_at(node)
        longer = left if left.length_km >= right.length_km else right
        shape = LineString([*left.shape.coords, *right.shape.coords[1:]])
        self.add(replace(longer, a=left.a, b=right.b, length_km=left.length_km + right.length_km, shape=shape))

    def nearest(self, lon: float, lat: float, nodes: Iterable[Node]) -> tuple[Node, float]:
        """The node of ``nodes`` nearest to a point, and its distance in km."""
        where = {node: distance_km(lon, lat, *self.position(node)) for node in nodes}
        node = min(where, key=lambda n: (where[n], n))
        return node, where[node]

    def search(self, origin: Node, weight: Weight) -> tuple[dict[Node, float], dict[Node, int]]:
        """Shortest paths from a node: cost by node, and the section by which each is reached."""
        cost: dict[Node, float] = {}
        by: dict[Node, int] = {}
        queue: list[tuple[float, Node, int]] = [(0.0, origin, -1)]
        while queue:
            so_far, node, number = heapq.heappop(queue)
            if node in cost:
                continue
            cost[node] = so_far
            by[node] = number
            for next_number in self.touching[node]:
                section = self.sections[next_number]
                step = weight(next_number, section)
                ahead = section.other(node)
                if step is not None and ahead not in cost:
                    heapq.heappush(queue, (so_far + step, ahead, next_number))
        return cost, by

    def trace(self, target: Node, by: dict[Node, int]) -> Iterator[int]:
        """Sections of the path that a search found to ``target``, from its end to its start."""
        node = target
        while by[node] >= 0:
            yield by[node]
            node = self.sections[by[node]].other(node)

    def copy(self) -> Graph:
        """A graph of the same sections under the same numbers."""
        twin = Graph()
        twin.sections = dict(self.sections)
        twin.touching = {node: set(numbers) for node, numbers in self.touching.items()}
        twin._next = self._next
        return twin


class SectionIndex:
    """Finds the section nearest to a point, by attributes; built once for a graph that is not split meanwhile."""

    def __init__(self, graph: Graph, wanted: Callable[[Section], bool]) -> None:
        self.numbers = [n for n, s in graph.sections.items() if wanted(s)]
        # Plate carree stretched by the cosine of latitude would differ by place: search in a wide net first.
        self.shapes = [graph.sections[n].shape for n in self.numbers]
        self.tree = shapely.STRtree(self.shapes)

    def nearest(self, lon: float, lat: float) -> tuple[int, float, float]:
        """Number of the nearest section, the share of its length, and the distance in km."""
        point = Point(lon, lat)
        found = self.tree.query(point, predicate="dwithin", distance=0.7)
        best: tuple[float, int, float] | None = None
        for i in found:
            share = float(shapely.line_locate_point(self.shapes[i], point, normalized=True))
            foot = self.shapes[i].interpolate(share, normalized=True)
            km = distance_km(lon, lat, foot.x, foot.y)
            if best is None or (km, self.numbers[i]) < (best[0], best[1]):
                best = (km, self.numbers[i], share)
        if best is None:
            raise LookupError(f"no line within 0.7 degree of {lon}, {lat}")
        return best[1], best[2], best[0]
