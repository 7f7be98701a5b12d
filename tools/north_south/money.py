"""Rates, payments, fees and tariff factors, all by tonne or t-km."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from tools.north_south.parameters import BOX_T, copies, joined
from tools.north_south.raw import Raw, given
from tools.north_south.tables import Row, usd

__all__ = ["rates", "tariff_factors"]

SHIPMENT_T = 20.0
"""Tonnes of a surveyed shipment, for payments by shipment."""


def tariff_factors(raw: Raw) -> list[Row]:
    """Country levels of mass freight tariffs and published discounts."""
    table = raw.draft("rates")
    levels: list[Row] = [
        {
            "factor_id": f"level-{row.country_or_section.lower()}-bulk", "service": "bulk_train",
            "operator": row.country_or_section, "factor": float(row.value), "factor_low": float(row.low),
            "factor_high": float(row.high), "role": "assumed", "source": "assumed",
            "note": "level of the country against the base rate of Russia and Kazakhstan",
        }
        for row in table[table["item"] == "country multiplier"].itertuples(index=False)
    ]  # fmt: skip
    return levels + copies("tariff_factor")


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
