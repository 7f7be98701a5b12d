"""Speeds, standing shares, rates, emission factors, commodities: the draft's values with the study's selectors."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from tools.north_south.raw import Raw, given
from tools.north_south.tables import Row, usd

__all__ = [
    "commodities", "copies", "emissions", "memberships", "rates", "speeds", "split_source", "stages", "standings",
    "tariff_factors",
]  # fmt: skip

BOX_T = 21.0
"""Net tonnes in a forty-foot container, for rates by box."""

SHIPMENT_T = 20.0
"""Tonnes of a surveyed shipment, for payments by shipment."""

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
                "note": joined(row.note, also, "no figure: as comparable railways" if not row.note and row.role == "assumed" else ""),
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
    found = [("karabogaz-road", 53.5, 40.0, 53.9, "cpmm22tm", "input", "as other Turkmen roads"),
             ("gyzylgaya-road", 40.0, 30.0, 53.5, "assumed", "assumed", "a desert road to be rebuilt: assumed")]  # fmt: skip
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
    "note": "solves 26.4 km/h with 53.5 free, 700 km a border stop (assumed) and 6.95 h a stop; the draft's 0.20 gave 30.0",
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


def memberships(raw: Raw) -> list[Row]:
    """Membership of EAEU, CSTO, TIR, SMGS, CIM and WTO by country."""
    columns = {"eaeu": "EAEU", "csto": "CSTO", "tir": "TIR", "smgs": "SMGS", "cim_otif": "CIM", "wto": "WTO"}
    rows = []
    for row in raw.facts("memberships").to_dict("records"):
        for column, organisation in columns.items():
            text = row[column]
            sourced = column == "eaeu" and row["certainty"] == "mixed" or (column, row["iso2"]) == ("tir", "TM")
            year = "".join(c if c.isdigit() else " " for c in text).split()
            since = next((int(y) for y in year if "since" in text), None)
            rows.append(
                {
                    "country": row["iso2"], "organisation": organisation, "status": _standing(text), "since": since,
                    "source": row["source_id"] if sourced else "general",
                    "note": text if text not in ("yes", "no", "member", "none", "observer") else "",
                }
            )  # fmt: skip
    return sorted(rows + _further_members(), key=lambda r: (r["country"], r["organisation"]))


def _standing(text: str) -> str:
    if text.startswith(("yes", "member")):
        return "member"
    if text.startswith("observer"):
        return "observer"
    return "partner" if text.startswith("partly") else "none"


def _further_members() -> list[Row]:
    """Countries of the network that the facts do not list: professional knowledge."""
    standing = {
        "GE": "TIR SMGS CIM WTO", "TR": "TIR CIM WTO", "TJ": "CSTO TIR SMGS WTO", "AF": "TIR SMGS WTO",
        "PL": "TIR SMGS CIM WTO", "DE": "TIR CIM WTO", "PK": "TIR CIM WTO", "AE": "TIR WTO", "RO": "TIR CIM WTO",
        "NL": "TIR CIM WTO",
    }  # fmt: skip
    return [
        {"country": country, "organisation": organisation, "status": "member", "source": "general"}
        for country, text in standing.items()
        for organisation in text.split()
    ]


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


def tariff_factors(raw: Raw) -> list[Row]:
    """Country levels of mass freight tariffs and published discounts."""
    table = raw.draft("rates")
    rows: list[Row] = []
    for row in table[table["item"] == "country multiplier"].itertuples(index=False):
        rows.append(
            {
                "factor_id": f"level-{row.country_or_section.lower()}-bulk", "service": "bulk_train",
                "operator": row.country_or_section, "factor": float(row.value), "factor_low": float(row.low),
                "factor_high": float(row.high), "role": "assumed", "source": "assumed",
                "note": "level of the country against the base rate of Russia and Kazakhstan",
            }
        )  # fmt: skip
    return rows + copies("tariff_factor")


def emissions() -> list[Row]:
    """Emission factors: rail by country and traction, other services as given."""
    rows: list[Row] = []
    electric = ("RU", "BY", "KZ", "UZ", "CN", "AZ", "GE", "PL", "DE", "TR")
    for service in RAIL_SERVICES:
        stem = service.replace("_", "-")
        rows.append(_rail_factor(stem, service, "", None))
        for operator in electric:
            rows.append(_rail_factor(f"{stem}-{operator.lower()}", service, operator, None))
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
        "note": "2007; mostly diesel" if diesel else "mixed traction, EU mean of 2018: recalled; coal power nearer the upper end",
    }  # fmt: skip


def rates(raw: Raw) -> list[Row]:
    """Line haul, border payments, fees and handling, all by tonne or t-km."""
    return [*_line_haul(raw), *_payments(), *_fees()]


def _per_tkm(key: str, service: str, value: tuple[float, float, float], **more: object) -> Row:
    mean, low, high = (usd(v) for v in value)
    return {
        "rate_id": key, "item": "line_haul", "service": service, "rate_usd_per_tkm": mean,
        "rate_low_usd_per_tkm": low, "rate_high_usd_per_tkm": high, **more,
    }  # fmt: skip


def _per_t(key: str, item: str, value: tuple[float, float, float], **more: object) -> Row:
    mean, low, high = (usd(v) for v in value)
    return {
        "rate_id": key, "item": item, "rate_usd_per_t": mean, "rate_low_usd_per_t": low,
        "rate_high_usd_per_t": high, **more,
    }  # fmt: skip


def _triples(table: pd.DataFrame) -> Iterable[tuple[pd.Series, tuple[float, float, float]]]:
    for _, row in table.iterrows():
        yield row, (float(row["value"]), float(row["low"]), float(row["high"]))


def _line_haul(raw: Raw) -> list[Row]:
    table = raw.draft("rates")
    rows = list(_block_rates(table))
    for row, value in _triples(table[table["item"] == "line haul, survey"]):
        countries = ["RU", "IR", ""] if "," in row["country_or_section"] else [row["country_or_section"]]
        for country in countries:
            role = "fit" if row["role"] == "fitted" else "assumed"
            note = joined("survey of small lots, put on all commodities", row["note"])
            key = f"wagonload-{country.lower() or 'other'}"
            rows.append(_per_tkm(key, "wagonload", value, country=country, role=role, source=row["source"], note=note))
    for row, value in _triples(table[table["item"] == "line haul, mass freight"]):
        key = f"bulk-train-{row['commodity'].replace('_', '-')}"
        rows.append(
            _per_tkm(
                key, "bulk_train", value, commodity=row["commodity"], role="assumed", source="assumed", note=row["note"]
            )
        )
    lorries = table[(table["item"] == "line haul") & (table["service"] == "lorry")]
    for row, value in _triples(lorries):
        country = "" if row["country_or_section"] == "other" else row["country_or_section"]
        key = f"lorry-{country.lower() or 'other'}"
        rows.append(
            _per_tkm(key, "lorry", value, country=country, role="input", source=row["source"], note=row["note"])
        )
    rows += _heavy_boxes()
    rows += _sea_rates(table)
    return rows


def _block_rates(table: pd.DataFrame) -> Iterable[Row]:
    """Container rates by box-km turned into t-km with 21 t a forty-foot box."""
    chosen = table[(table["service"] == "block_train") & (table["unit"] == "USD per FEU-km")]
    for row, value in _triples(chosen):
        per_t = value[0] / BOX_T, value[1] / BOX_T, value[2] / BOX_T
        arithmetic = f"{value[0]:g} USD per FEU-km / {BOX_T:g} t = {usd(per_t[0])} USD per t-km"
        role = "input" if row["role"] == "tariff" else "assumed"
        for country in (c.strip() for c in row["country_or_section"].split(",")):
            yield _per_tkm(
                f"block-train-{country.lower()}", "block_train", per_t, country=country, role=role,
                source=row["source"], note=joined(arithmetic, row["note"]),
            )  # fmt: skip
    per_t = 0.33 / BOX_T, 0.24 / BOX_T, 0.50 / BOX_T
    yield _per_tkm(
        "block-train-other", "block_train", per_t, role="assumed", source="assumed",
        note=f"0.33 USD per FEU-km / {BOX_T:g} t: as Uzbekistan, Azerbaijan and Georgia",
    )  # fmt: skip


def _heavy_boxes() -> Iterable[Row]:
    """Metals in twenty-foot boxes of 26 t: the unified rate of heavy boxes."""
    for country in ("KZ", "TM", "IR", "RU"):
        tariff = country != "RU"
        yield _per_tkm(
            f"block-train-{country.lower()}-metals", "block_train", (0.18 / 26, 0.18 / 26, 0.24 / 26),
            country=country, commodity="metals", role="input" if tariff else "assumed",
            source="rates23" if tariff else "assumed",
            note="0.18 USD per TEU-km / 26 t" + ("" if tariff else ": as the unified rate of the other three"),
        )  # fmt: skip


def _sea_rates(table: pd.DataFrame) -> list[Row]:
    rows = []
    sea = table[(table["item"] == "line haul") & (table["country_or_section"] == "sea")]
    for row, value in _triples(sea):
        box = row["commodity"] == "containers_manufactures"
        services = [row["service"], "rail_ferry"] if row["service"] == "caspian_ship" else [row["service"]]
        for service in services:
            note = "as the Caspian ship" if service == "rail_ferry" else row["note"]
            rows.append(
                _per_tkm(
                    f"{service.replace('_', '-')}-{'containers' if box else 'bulk'}", service, value,
                    commodity="containers" if box else "", role="assumed", source="assumed",
                    note=note or "no published rate in the collection",
                )
            )  # fmt: skip
    return rows


def _payments() -> list[Row]:
    """Border payments by shipment turned into tonnes with the 20 t of the survey."""
    rows = []
    for row in given("payments").itertuples(index=False):
        value = tuple(float(v) for v in (row.usd, row.low, row.high))
        divisor = SHIPMENT_T if row.per == "shipment" else 1.0
        per_t = value[0] / divisor, value[1] / divisor, value[2] / divisor
        arithmetic = f"{value[0]:g} USD a shipment / {SHIPMENT_T:g} t" if row.per == "shipment" else ""
        rows.append(
            _per_t(
                row.rate_id, "border", per_t, service=row.service, country=row.country, direction=row.direction,
                regime=row.regime, role=row.role, source=row.source, note=joined(arithmetic, row.note),
            )
        )  # fmt: skip
    return rows


def _fees() -> list[Row]:
    """Change of gauge by container or tonne; terminals and ports by tonne."""
    box = BOX_T
    return [
        _per_t(
            "gauge-change", "gauge_change", (5, 2, 10), role="assumed", source="assumed",
            note="mass freight: no published fee",
        ),
        _per_t(
            "gauge-change-containers", "gauge_change", (120 / box, 60 / box, 329 / box), commodity="containers",
            role="assumed", source="cpmm20rail", note=f"120 USD a container / {box:g} t: the value of Erenhot",
        ),
        _per_t(
            "gauge-change-containers-kz", "gauge_change", (329 / box, 120 / box, 329 / box), commodity="containers",
            country="KZ", role="input", source="cpmm20rail", note=f"329 USD a container / {box:g} t: Dostyk 2020",
        ),
        _per_t(
            "terminal", "terminal", (2, 1, 4), role="assumed", source="assumed",
            note="mass freight: no published charge",
        ),
        _per_t(
            "terminal-containers", "terminal", (1.5, 0.8, 4), commodity="containers", role="assumed",
            source="assumed", note="about 35 USD a box",
        ),
        _per_t(
            "port", "port", (5, 3, 8), role="assumed", source="assumed", note="mass freight: no published charge"
        ),
        _per_t(
            "port-containers", "port", (9, 5, 15), commodity="containers", role="assumed", source="assumed",
            note="about 190 USD a box",
        ),
    ]  # fmt: skip
