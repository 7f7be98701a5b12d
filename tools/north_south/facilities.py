"""Facilities: rail and road crossings, ports, terminals and changes of gauge."""

from __future__ import annotations

from tools.north_south.network import Planning
from tools.north_south.raw import Raw, given
from tools.north_south.tables import Row

__all__ = ["facilities"]

T_PER_PAIR_AND_YEAR = 88.7e6 / 75
"""Tonnes a year that one pair of trains a day stands for: 88.7 Mt over the RU-KZ crossings with 75 pairs."""


def facilities(planning: Planning, raw: Raw) -> list[Row]:
    """All rows of the facility table."""
    return [
        *_rail_crossings(planning, raw),
        *_road_crossings(planning),
        *_ports(planning),
        *_terminals(planning),
        _zahedan(),
    ]


def _named(planning: Planning, a: str, b: str, dash: str = " - ") -> Row:
    left, right = planning.places[a], planning.places[b]
    names: Row = {}
    for language in ("en", "ru", "kk"):
        pair = left[f"name_{language}"], right[f"name_{language}"]
        names[f"name_{language}"] = dash.join(pair) if all(pair) else ""
    return names


def _gauge_at(planning: Planning, place: str) -> int:
    """Gauge of the railway at a place; where there are two, the one of most links."""
    gauges = [
        int(link["gauge_mm"])
        for link in planning.links.values()
        if link["mode"] == "rail" and place in (link["from_place"], link["to_place"])
    ]
    if not gauges:
        raise LookupError(f"no railway at {place}")
    return max(sorted(set(gauges)), key=gauges.count)


def _rail_crossings(planning: Planning, raw: Raw) -> list[Row]:
    crossings = raw.crossings()
    capacities = _crossing_capacities(raw)
    rows = []
    for row in given("crossings").itertuples(index=False):
        known = row.raw_id in crossings.index
        capacity = capacities.get(row.facility_id, {})
        rows.append(
            {
                "facility_id": row.facility_id, **_named(planning, row.place_a, row.place_b), "kind": "border",
                "from_place": row.place_a, "to_place": row.place_b, "from_mode": "rail", "to_mode": "rail",
                "from_gauge_mm": _gauge_at(planning, row.place_a), "to_gauge_mm": _gauge_at(planning, row.place_b),
                "method": row.method, "status": row.status,
                "source": "openstreetmap" if known else "general",
                **capacity,
                "note": "; ".join(n for n in (row.note, capacity.get("note", "")) if n),
            }
        )  # fmt: skip
    return rows


def _crossing_capacities(raw: Raw) -> dict[str, Row]:
    """Capacity by facility: pairs of trains of the draft turned into tonnes, published figures over them."""
    table = raw.draft("capacities")
    rows: dict[str, Row] = {}
    for row in table[table["kind"] == "crossing"].itertuples(index=False):
        if not row.capacity:
            continue
        facility = row.name.lower().replace("_", "-")
        tonnes = [round(float(v) * T_PER_PAIR_AND_YEAR, -4) for v in (row.capacity, row.low, row.high)]
        rows[facility] = {
            "capacity_t_per_year": tonnes[0], "capacity_low_t_per_year": tonnes[1],
            "capacity_high_t_per_year": tonnes[2], "t_per_train": round(T_PER_PAIR_AND_YEAR / 730, 1),
            "capacity_text": f"{row.capacity} pairs of trains a day",
            "capacity_source": row.source,
            "note": f"capacity: {row.note}" if row.note else "capacity assumed",
        }  # fmt: skip
    for row in given("crossing_capacities").itertuples(index=False):
        rows[row.facility_id] = {
            "capacity_t_per_year": float(row.capacity_mt) * 1e6, "capacity_low_t_per_year": float(row.low_mt) * 1e6,
            "capacity_high_t_per_year": float(row.high_mt) * 1e6, "capacity_text": row.capacity_text,
            "capacity_source": row.source, "note": f"capacity: {row.note}" if row.note else "",
            "seen_t_per_year": _mt(row.seen_mt), "seen_source": row.seen_source,
        }  # fmt: skip
    return rows


def _road_crossings(planning: Planning) -> list[Row]:
    return [
        {
            "facility_id": row.facility_id, **_named(planning, row.place_a, row.place_b), "kind": "border",
            "from_place": row.place_a, "to_place": row.place_b, "from_mode": "road", "to_mode": "road",
            "status": row.status, "source": "general", "note": row.note,
        }
        for row in given("road_borders").itertuples(index=False)
    ]  # fmt: skip


def _ports(planning: Planning) -> list[Row]:
    words = {
        "en": {"sea": "{} port", "ferry": "{} ferry port"},
        "ru": {"sea": "порт {}", "ferry": "паромный порт {}"},
        "kk": {"sea": "{} порты", "ferry": "{} паром порты"},
    }
    rows = []
    for row in given("ports").itertuples(index=False):
        place = planning.places[row.place]
        for pair in row.joins.split(";"):
            land, water = pair.split("-")
            gauge = _gauge_at(planning, row.place) if land == "rail" else None
            rows.append(
                {
                    "facility_id": f"port-{row.place}-{pair}",
                    **{f"name_{lang}": text[water].format(place[f"name_{lang}"]) for lang, text in words.items()},
                    "kind": "port", "from_place": row.place, "to_place": row.place, "from_mode": land,
                    "to_mode": water, "from_gauge_mm": gauge, "to_gauge_mm": 1520 if water == "ferry" else None,
                    "method": "wagons roll on board" if water == "ferry" else "transshipment", "status": row.status,
                    "capacity_t_per_year": _mt(row.capacity_mt), "capacity_low_t_per_year": _mt(row.low_mt),
                    "capacity_high_t_per_year": _mt(row.high_mt), "capacity_text": row.capacity_text,
                    "capacity_source": row.capacity_source, "source": "wpi" if place["country"] != "KZ" else "unlocode",
                    "note": row.note,
                }
            )  # fmt: skip
    return rows


def _mt(text: str) -> float | None:
    return float(text) * 1e6 if text else None


def _terminals(planning: Planning) -> list[Row]:
    rows = []
    for row in given("terminals").itertuples(index=False):
        place = planning.places[row.place]
        rows.append(
            {
                "facility_id": row.facility_id, "name_en": f"{place['name_en']} terminal",
                "name_ru": f"Терминал {place['name_ru']}", "name_kk": f"{place['name_kk']} терминалы",
                "kind": "terminal", "from_place": row.place, "to_place": row.place, "from_mode": "rail",
                "to_mode": "road", "from_gauge_mm": _gauge_at(planning, row.place), "method": "rail-lorry transfer",
                "capacity_t_per_year": _mt(row.capacity_mt), "capacity_source": row.capacity_source,
                "status": "operating", "source": "general", "note": row.note,
            }
        )  # fmt: skip
    return rows


def _zahedan() -> Row:
    return {
        "facility_id": "zahedan-gauge", "name_en": "Zahedan, change of gauge", "name_ru": "Захедан, смена колеи",
        "name_kk": "Захедан, табан енін ауыстыру", "kind": "gauge_change", "from_place": "zahedan",
        "to_place": "zahedan", "from_mode": "rail", "to_mode": "rail", "from_gauge_mm": 1435, "to_gauge_mm": 1676,
        "method": "transshipment", "status": "operating", "source": "openstreetmap",
        "note": "the line to Pakistan is of 1676 mm",
    }  # fmt: skip
