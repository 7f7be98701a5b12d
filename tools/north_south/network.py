"""Put together place, link and link_shape from the condensed rail graph, roads, sea lanes and pipelines."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

from shapely import LineString

from tools.north_south.capacities import LineCapacity
from tools.north_south.condense import simplified
from tools.north_south.graph import Graph, Node, Section, distance_km
from tools.north_south.names import Name, StationNames, place_id
from tools.north_south.raw import Raw, given
from tools.north_south.tables import Row, slug

__all__ = ["Planning", "Stretch", "add_rail", "declare_places"]

TOLERANCE_DEG = 0.006
RAIL_SOURCE = "openstreetmap"


@dataclass(frozen=True)
class Stretch:
    """A link and its course, before it gets a row."""

    mode: str
    from_place: str
    to_place: str
    length_km: float
    country: str
    operator: str
    source: str
    shape: LineString
    gauge_mm: int | None = None
    status: str = "operating"
    line: str = ""
    service: str = ""
    note: str = ""


@dataclass
class Planning:
    """The tables under construction."""

    places: dict[str, Row] = field(default_factory=dict)
    links: dict[str, Row] = field(default_factory=dict)
    shapes: dict[str, LineString] = field(default_factory=dict)

    def put(self, stretch: Stretch) -> str:
        """Add a link and return its id."""
        stem = f"{stretch.mode}-{stretch.from_place}-{stretch.to_place}"
        link_id, n = stem, 1
        while link_id in self.links:
            n += 1
            link_id = f"{stem}-{n}"
        self.links[link_id] = {
            "link_id": link_id, "mode": stretch.mode, "from_place": stretch.from_place, "to_place": stretch.to_place,
            "line": stretch.line, "service": stretch.service, "length_km": round(stretch.length_km, 1),
            "gauge_mm": stretch.gauge_mm, "status": stretch.status, "country": stretch.country,
            "operator": stretch.operator, "source": stretch.source, "note": stretch.note,
        }  # fmt: skip
        self.shapes[link_id] = stretch.shape
        return link_id

    def at(self, place: str) -> tuple[float, float]:
        """Longitude and latitude of a place."""
        row = self.places[place]
        return float(row["lon_deg"]), float(row["lat_deg"])

    def straight(self, a: str, b: str) -> float:
        """Great-circle distance between two places, km."""
        return distance_km(*self.at(a), *self.at(b))

    def used_places(self) -> set[str]:
        """Places that a link touches."""
        return {link[end] for link in self.links.values() for end in ("from_place", "to_place")}

    def path(self, stops: tuple[str, ...], mode: str = "rail", *, operating_only: bool = True) -> list[str]:
        """Links of the shortest way through some stops, in order."""
        graph = Graph()
        numbers: dict[int, str] = {}
        line = LineString([(0, 0), (1, 1)])
        for link_id, row in self.links.items():
            if row["mode"] == mode and (row["status"] == "operating" or not operating_only):
                section = Section(
                    row["from_place"], row["to_place"], row["length_km"], row["gauge_mm"] or 0, "", "", "", "", line
                )
                numbers[graph.add(section)] = link_id
        found: list[str] = []
        for a, b in pairwise(stops):
            _, by = graph.search(a, lambda _, s: s.length_km)
            found += [numbers[n] for n in graph.trace(b, by)][::-1]
        return found


def declare_places(planning: Planning, locodes: dict[str, str]) -> None:
    """Add the places given by hand; rail later moves those on a line to it."""
    for row in given("places").itertuples(index=False):
        planning.places[row.place_id] = {
            "place_id": row.place_id, "name_en": row.name_en, "name_ru": row.name_ru, "name_kk": row.name_kk,
            "kind": row.kind, "country": row.country, "unlocode": locodes.get(row.place_id, ""),
            "lon_deg": float(row.lon_deg), "lat_deg": float(row.lat_deg), "source": "general",
            "note": "position rounded",
        }  # fmt: skip
    for table in ("crossings", "road_borders"):
        for row in given(table).itertuples(index=False):
            for side in ("a", "b"):
                _declare_side(planning, row._asdict(), side)


def _declare_side(planning: Planning, row: dict[str, str], side: str) -> None:
    place = row[f"place_{side}"]
    if place in planning.places or not row["lon_deg"]:
        return
    planning.places[place] = {
        "place_id": place, "name_en": row[f"name_{side}_en"], "name_ru": row[f"name_{side}_ru"],
        "name_kk": row[f"name_{side}_kk"], "kind": "border", "country": row[f"country_{side}"],
        "lon_deg": float(row["lon_deg"]), "lat_deg": float(row["lat_deg"]),
        "source": RAIL_SOURCE if row.get("raw_id") else "general",
        "note": "where the line meets the border" if row.get("raw_id") else "position rounded",
    }  # fmt: skip


def add_rail(planning: Planning, graph: Graph, named: dict[str, Node], off_line_km: dict[str, float], raw: Raw) -> None:
    """Add the condensed rail network: names for its junctions, a link for each section."""
    place_of = {node: place for place, node in sorted(named.items(), reverse=True) if node in graph.touching}
    for node, place in place_of.items():
        lon, lat = graph.position(node)
        row = planning.places[place]
        row.update(lon_deg=round(lon, 4), lat_deg=round(lat, 4), source=RAIL_SOURCE)
        row["note"] = _position_note(row["kind"], off_line_km[place])
    _name_junctions(planning, graph, place_of, StationNames(raw.stations))
    for _, section in sorted(graph.sections.items()):
        a, b = place_of[section.a], place_of[section.b]
        planning.put(
            Stretch(
                "rail", a, b, section.length_km, section.country, section.operator, section.source,
                simplified(section.shape, TOLERANCE_DEG), section.gauge_mm, section.status, section.line,
            )
        )  # fmt: skip


def _position_note(kind: str, km: float) -> str:
    if kind == "border":
        return "where the line meets the border, on the map of 1:50 million (3 km either way)"
    return f"on the line, {km:.1f} km from the place" if km >= 1 else ""


def _name_junctions(planning: Planning, graph: Graph, place_of: dict[Node, str], stations: StationNames) -> None:
    used, counter = set(planning.places), dict[str, int]()
    known = given("place_names").set_index("place_id")
    unnamed = sorted((n for n in graph.touching if n not in place_of), key=lambda n: graph.position(n))
    for node in unnamed:
        lon, lat = graph.position(node)
        country = _country_of(graph, node)
        made, name = place_id(stations.nearest(lon, lat, country) or Name(""), country, used, counter)
        by_station = bool(name.english)
        if not by_station:
            n = f"{made.rsplit('-', 1)[-1]} ({country})"
            name = Name(f"Junction {n}", f"Узел {n}", f"Торап {n}")
        if made in known.index:  # names the map does not give, as written on maps and in timetables
            written = known.loc[made]
            name = Name(name.english, name.russian or written["name_ru"], name.kazakh or written["name_kk"])
        planning.places[made] = {
            "place_id": made, "name_en": name.english, "name_ru": name.russian, "name_kk": name.kazakh,
            "kind": "station" if by_station else "junction", "country": country, "lon_deg": round(lon, 4),
            "lat_deg": round(lat, 4), "source": RAIL_SOURCE,
            "note": "named after the nearest station within 3 km" if by_station else "",
        }  # fmt: skip
        place_of[node] = made


def _country_of(graph: Graph, node: Node) -> str:
    """Country of most sections that meet at a node, of the most kilometres where that is a tie."""
    meeting: dict[str, list[float]] = {}
    for _, section in graph.at(node):
        meeting.setdefault(section.country, []).append(section.length_km)
    return max(meeting, key=lambda country: (len(meeting[country]), sum(meeting[country])))


def add_extra_rail(planning: Planning) -> None:
    """Add rail links that the raw network lacks or that are not built yet."""
    for row in given("rail_extra").itertuples(index=False):
        points = [tuple(map(float, p.split())) for p in row.via_points.split(";") if p]
        shape = LineString([planning.at(row.from_place), *points, planning.at(row.to_place)])
        planning.put(
            Stretch(
                "rail", row.from_place, row.to_place, float(row.length_km), row.country, row.operator, row.source,
                shape, int(row.gauge_mm), row.status, row.line, note=row.note,
            )
        )  # fmt: skip
    # The 29 km of 1435 mm between Akhalkalaki and the border are not drawn in the raw network.
    for link in planning.links.values():
        if {link["from_place"], link["to_place"]} == {"canbaz", "kars"}:
            link["length_km"] = round(link["length_km"] + 29.0, 1)
            link["note"] = "with 29 km from Akhalkalaki to the border (published 105 km in all)"


def name_lines(planning: Planning) -> None:
    """Write the names of lines that speed and tariffs single out."""
    for row in given("lines").itertuples(index=False):
        for link_id in planning.path(tuple(row.stops.split(";"))):
            planning.links[link_id]["line"] = planning.links[link_id]["line"] or row.line


def explain_joins(planning: Planning) -> None:
    """Write why the length of a section is assumed."""
    reasons = {
        "assumed": "holds a join that the raw network lacks: straight distance times 1.2, range 1 to 1.5",
        "general": "length scaled to the one in general use, which no source at hand publishes; range 3 % either way",
    }
    for link in planning.links.values():
        link["note"] = link["note"] or reasons.get(link["source"], "")


def put_capacities(planning: Planning, capacities: list[LineCapacity]) -> None:
    """Write class, tracks, electrification and capacity on the links of each stretch."""
    for stretch in capacities:
        for link_id in planning.path(stretch.stops):
            planning.links[link_id].update(
                line_class=stretch.line_class, tracks=stretch.tracks, electrified=stretch.electrified,
                capacity_trains_per_day=stretch.capacity, capacity_low_trains_per_day=stretch.low,
                capacity_high_trains_per_day=stretch.high, capacity_source=stretch.source,
            )  # fmt: skip
            if stretch.source == "assumed":
                link = planning.links[link_id]
                link["note"] = "; ".join(text for text in (link["note"], _class_note(stretch)) if text)


def _class_note(stretch: LineCapacity) -> str:
    tracks = "single track" if stretch.tracks == 1 else "double track"
    return (
        f"capacity: {tracks} of class {stretch.line_class} is given {stretch.capacity:g} trains a day each way, "
        f"range {stretch.low:g} to {stretch.high:g}: no source publishes that of this section"
    )


def place_by_name(planning: Planning) -> dict[str, str]:
    """Place ids by English name and by slug, for tables that name places in words."""
    found = {row["name_en"]: key for key, row in planning.places.items()}
    given_names = {row.place_id: row for row in given("places").itertuples(index=False)}
    found.update({row.name_en: key for key, row in given_names.items()})
    found.update({_words(key): key for key in planning.places})
    found.update({"Uzen": "uzen", "St Petersburg": "st-petersburg"})
    return found


def _words(key: str) -> str:
    return " ".join(part.capitalize() for part in slug(key).split("-"))
