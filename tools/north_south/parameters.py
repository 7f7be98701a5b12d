"""Speeds, standing shares, stages, emission factors, commodities: the draft's values with the study's selectors."""

from __future__ import annotations

from tools.north_south.raw import Raw, given
from tools.north_south.tables import Row

__all__ = ["BOX_T", "commodities", "copies", "emissions", "joined", "speeds", "split_source", "stages", "standings"]

BOX_T = 21.0
"""Net tonnes in a forty-foot container, for rates by box."""

RAIL_SERVICES = ("block_train", "bulk_train", "wagonload")
COMMODITIES = {
    "grain": ("Grain", "Зерно", "Астық"),
    "fertilisers": ("Fertilisers", "Удобрения", "Тыңайтқыштар"),
    "petrochemicals": ("Petrochemicals", "Нефтехимия", "Мұнай-химия өнімдері"),
    "oil_products": ("Oil products", "Нефтепродукты", "Мұнай өнімдері"),
    "coal_ores": ("Coal and ores", "Уголь и руды", "Көмір және кендер"),
    "metals": ("Metals", "Металлы", "Металдар"),
    "timber": ("Timber", "Лесные грузы", "Ағаш"),
    "containers": ("Containers and manufactures", "Контейнеры и готовые изделия", "Контейнерлер және дайын бұйымдар"),
}
CONTAINER_SERVICES = "block_train;wagonload;lorry;rail_ferry;caspian_ship;feeder_ship;ocean_ship"
BULK_SERVICES = "bulk_train;wagonload;lorry;rail_ferry;caspian_ship;feeder_ship;ocean_ship"
BOXED_SERVICES = "bulk_train;block_train;wagonload;lorry;rail_ferry;caspian_ship;feeder_ship;ocean_ship"
BOXED = ("petrochemicals", "fertilisers", "metals", "timber")
"""Goods that also travel in boxes on container trains."""
ROLES = {"fitted": "fit", "input": "input", "assumed": "assumed"}


def split_source(text: str) -> tuple[str, str]:
    """The first source of a cell, and the others as a remark."""
    first, *rest = [part.strip() for part in text.split(";") if part.strip()] or ["assumed"]
    return first, f"also {', '.join(rest)}" if rest else ""


def joined(*notes: str) -> str:
    """Remarks in one cell."""
    return "; ".join(note for note in notes if note)


def copies(name: str) -> list[Row]:
    """A table given by hand as it stands."""
    return [dict(row) for row in given(name).to_dict("records")]


def speeds(raw: Raw) -> list[Row]:
    """Free speeds by railway and line, by country of the road, and by kind of ship."""
    lines = {"TM KTI line Serhetyaka-Bereket-Akyayla": ("TM", "kti-turkmenistan"),
             "IR Garmsar-Gorgan-Incheh Borun": ("IR", "garmsar-gorgan")}  # fmt: skip
    table = raw.draft("country_parameters")
    rows: list[Row] = [_rail_default()]
    for row in table[table["parameter"] == "free_speed"].itertuples(index=False):
        operator, line = lines.get(row.country, (row.country, ""))
        road = row.service == "lorry"
        operator = "" if operator == "other" else operator
        source, also = split_source(row.source)
        parts = ["road" if road else "rail", operator.lower() or "other", *([line] if line else [])]
        rows.append(
            {
                "speed_id": "-".join(parts), "mode": parts[0], "operator": operator, "line": line,
                "speed_km_per_h": float(row.value), "speed_low_km_per_h": float(row.low),
                "speed_high_km_per_h": float(row.high), "role": ROLES[row.role], "source": source,
                "note": joined(row.note, also) or ("no figure: as its neighbours" if row.role == "assumed" else ""),
            }
        )  # fmt: skip
    rows.append(_dostyk_moyynty())
    return rows + _roads_to_rebuild() + _ship_speeds()


def _rail_default() -> Row:
    return {
        "speed_id": "rail-other", "mode": "rail", "speed_km_per_h": 40.0, "speed_low_km_per_h": 30.0,
        "speed_high_km_per_h": 50.0, "role": "assumed", "source": "assumed",
        "note": "railways without a figure: as Russia",
    }  # fmt: skip


def _dostyk_moyynty() -> Row:
    return {
        "speed_id": "rail-kz-dostyk-moyynty", "mode": "rail", "operator": "KZ", "line": "dostyk-moyynty",
        "speed_km_per_h": 57.9, "speed_low_km_per_h": 49.0, "speed_high_km_per_h": 65.2, "role": "input",
        "source": "cpmm22kz", "note": "as the rest of Kazakhstan; a row of its own for project p051",
    }  # fmt: skip


def _roads_to_rebuild() -> list[Row]:
    """Turkmen roads that projects would rebuild, each with a row of its own."""
    found = [
        ("karabogaz-road", 53.5, 40.0, 53.9, "cpmm22tm", "input", "as other Turkmen roads"),
        ("gyzylgaya-road", 40.0, 30.0, 53.5, "assumed", "assumed", "a desert road to be rebuilt: assumed"),
    ]
    return [
        {
            "speed_id": f"road-tm-{line}", "mode": "road", "operator": "TM", "line": line, "speed_km_per_h": mean,
            "speed_low_km_per_h": low, "speed_high_km_per_h": high, "role": role, "source": source, "note": note,
        }
        for line, mean, low, high, source, role, note in found
    ]  # fmt: skip


def _ship_speeds() -> list[Row]:
    found = [("sea", "caspian_ship", 18, 15, 22), ("sea", "feeder_ship", 24, 20, 28), ("sea", "ocean_ship", 30, 25, 35),
             ("ferry", "rail_ferry", 18, 15, 22)]  # fmt: skip
    return [
        {
            "speed_id": f"{mode}-{service.replace('_', '-')}", "mode": mode, "service": service,
            "speed_km_per_h": float(mean), "speed_low_km_per_h": float(low), "speed_high_km_per_h": float(high),
            "role": "assumed", "source": "assumed", "note": "speed at sea, all in",
        }
        for mode, service, mean, low, high in found
    ]  # fmt: skip


LORRY_TM = {
    "share": 0.33, "share_low": 0.2, "share_high": 0.4,
    "note": "solves 26.4 km/h with 53.5 free, 700 km a border stop (assumed) and 6.95 h a stop; 0.20 gave 30.0",
}  # fmt: skip
"""Standing of lorries in Turkmenistan, fitted again: the draft's value does not give the speed it was fitted to."""


def standings(raw: Raw) -> list[Row]:
    """Standing shares by service and railway; bulk trains stand like wagonload."""
    table = raw.draft("country_parameters")
    rows: list[Row] = []
    for row in table[table["parameter"] == "standing_share"].itertuples(index=False):
        operator = "" if row.country == "other" else row.country
        source, also = split_source(row.source)
        base: Row = {
            "standing_id": f"{row.service.replace('_', '-')}-{operator.lower() or 'other'}", "service": row.service,
            "operator": operator, "share": float(row.value), "share_low": float(row.low),
            "share_high": float(row.high), "role": ROLES[row.role], "source": source,
            "note": joined(row.note, also, "" if row.note else "no figure: between the surveyed railways"),
        }  # fmt: skip
        rows.append(base | LORRY_TM if (row.service, operator) == ("lorry", "TM") else base)
        if row.service == "wagonload":
            name = base["standing_id"].replace("wagonload", "bulk-train")
            note = "as wagonload: no standing of whole trains is published; range down to the block train"
            low = min(float(row.low), 0.30)
            rows.append(
                base | {"standing_id": name, "service": "bulk_train", "role": "assumed", "note": note, "share_low": low}
            )
    return sorted(rows, key=lambda r: r["standing_id"])


def commodities(raw: Raw) -> list[Row]:
    """Classes of freight with value, value of time and services."""
    table = raw.draft("rates")
    values = {(r.item, r.commodity): r for r in table.itertuples(index=False) if r.item.startswith("value of")}
    rows = []
    for key, (english, russian, kazakh) in COMMODITIES.items():
        box = key == "containers"
        value, time = (
            values[item, "containers_manufactures" if box else key] for item in ("value of goods", "value of time")
        )
        rows.append(
            {
                "commodity_id": key, "name_en": english, "name_ru": russian, "name_kk": kazakh,
                "services": CONTAINER_SERVICES if box else BOXED_SERVICES if key in BOXED else BULK_SERVICES,
                "value_usd_per_t": float(value.value), "value_low_usd_per_t": float(value.low),
                "value_high_usd_per_t": float(value.high), "vot_usd_per_t_h": float(time.value),
                "vot_low_usd_per_t_h": float(time.low), "vot_high_usd_per_t_h": float(time.high),
                "box_t": BOX_T if box else None, "source": time.source,
                "note": joined(f"value of goods {value.source}, -40 % and +60 %", f"value of time: {time.note}"),
            }
        )  # fmt: skip
    return rows


def stages() -> list[Row]:
    """Stages given by hand, and a row for each side of a road crossing that a project would rebuild."""
    rows = copies("stage")
    for row in given("road_borders").itertuples(index=False):
        sides = {"both": ("KZ", "RU"), "KZ": ("KZ",), "RU": ("RU",), "": ()}[row.project_side]
        for country in sides:
            rows.append(_checkpoint(row.facility_id, country, eaeu=row.country_b == "RU"))
    return rows


def _checkpoint(facility: str, country: str, *, eaeu: bool) -> Row:
    low, high = ("1", "24") if eaeu else ("2", "12")
    return {
        "stage_id": f"road-{facility}-{country.lower()}", "stage": "border_control", "activity": "border",
        "facility": facility, "kind": "border", "mode": "road", "country": country,
        "regime": "eaeu-inner" if eaeu else "customs", "dwell_h": 4.0, "dwell_low_h": float(low),
        "dwell_high_h": float(high), "scv": 3.0, "role": "assumed",
        "source": "mintrans25" if eaeu else "cpmm22kz",
        "note": "as at other road crossings; a row of its own for the rebuilding of this checkpoint",
    }  # fmt: skip


def emissions() -> list[Row]:
    """Emission factors: rail by country and traction, other services as given."""
    rows: list[Row] = []
    electric = ("RU", "BY", "KZ", "UZ", "CN", "AZ", "GE", "PL", "DE", "TR")
    for service in RAIL_SERVICES:
        stem = service.replace("_", "-")
        rows.append(_rail_factor(stem, service, "", None))
        rows += [_rail_factor(f"{stem}-{operator.lower()}", service, operator, None) for operator in electric]
        rows.append(_rail_factor(f"{stem}-kz-diesel", service, "KZ", False))
        rows.append(_rail_factor(f"{stem}-ir-electric", service, "IR", True))
    return rows + copies("emission")


def _rail_factor(key: str, service: str, operator: str, electrified: bool | None) -> Row:
    diesel = not operator or electrified is False
    return {
        "emission_id": key, "service": service, "operator": operator, "electrified": electrified,
        "emission_g_per_tkm": 30.0 if diesel else 24.0, "emission_low_g_per_tkm": 24.0 if diesel else 10.0,
        "emission_high_g_per_tkm": 40.0 if diesel else 35.0,
        "scope": "tank-to-wheel" if diesel else "well-to-wheel", "source": "defra07" if diesel else "eea21",
        "note": "2007; mostly diesel"
        if diesel
        else "mixed traction, EU mean of 2018: recalled; coal power nearer the upper end",
    }  # fmt: skip
