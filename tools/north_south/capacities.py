"""Line classes and capacities of sections, taken from the draft by the stops they run between."""

from __future__ import annotations

from dataclasses import dataclass

from tools.north_south.raw import Raw, given

__all__ = ["CLASSES", "LineCapacity", "line_capacities"]

CLASSES = {
    "S0": (1, False, 12, 9, 15, "dm25"),
    "S1": (1, None, 24, 18, 30, "assumed"),
    "S2": (1, True, 30, 22, 38, "assumed"),
    "D1": (2, False, 60, 45, 75, "dm25"),
    "D2": (2, True, 90, 68, 112, "assumed"),
}
"""Class: tracks, electrified, pairs of trains a day with low and high, source."""

CROSSING_ENDS = {
    "ORSK-NIKELTAU": "nikeltau",
    "LOKOT-AUL": "aul",
    "AKSARAISKAYA-GANYUSHKINO": "ganyushkino",
    "OZINKI-SEMIGLAVY_MAR": "semiglavy-mar",
    "BEYNEU-KARAKALPAKSTAN": "akzhigit",
    "KULUNDA-SHARBAKTY": "sharbakty",
    "SAMUR-YALAMA": "samur",
    "Kartaly": "elimai",
}


@dataclass(frozen=True)
class LineCapacity:
    """Capacity of the line between some stops."""

    stops: tuple[str, ...]
    line_class: str
    tracks: int
    electrified: bool | None
    capacity: float
    low: float
    high: float
    source: str


def line_capacities(raw: Raw, place_by_name: dict[str, str]) -> list[LineCapacity]:
    """Capacities by stretch, the most general first: a later one overrides an earlier."""
    found = [_class_row(row, place_by_name) for row in _class_rows(raw)]
    electric = {"yes": True, "no": False}
    stated = [
        LineCapacity(
            tuple(row.stops.split(";")), row.line_class, int(row.tracks), electric.get(row.electrified),
            float(row.capacity), float(row.low), float(row.high), row.source,
        )
        for row in given("capacities").itertuples(index=False)
    ]  # fmt: skip
    return found + stated


def _class_rows(raw: Raw) -> list[tuple[str, str]]:
    table = raw.draft("capacities")
    rows = table[table["kind"] == "section"]
    return list(zip(rows["name"], rows["line_class"], strict=True))


def _class_row(row: tuple[str, str], place_by_name: dict[str, str]) -> LineCapacity:
    name, line_class = row
    stops = tuple(CROSSING_ENDS.get(part) or place_by_name[part] for part in name.split(" - "))
    tracks, electrified, capacity, low, high, source = CLASSES[line_class]
    return LineCapacity(stops, line_class, tracks, electrified, capacity, low, high, source)
