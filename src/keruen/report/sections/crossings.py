"""Border crossings: gauges, capacity as published, hours each way."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from keruen.report import findings
from keruen.report.numbers import DASH
from keruen.report.reading import Reading, records
from keruen.report.sections.page import Page, Section

__all__ = ["crossing_rows", "section"]

_SHOWN = 12  # rows before the fold: crossings on a route first, then the slowest


def section(page: Page) -> Section | None:
    """Table of the rail border crossings."""
    reading = page.reading
    rows = crossing_rows(reading)
    if not rows:
        return None
    routes = reading.comparison.routes
    commodities = reading.comparison.study.table("commodity").set_index("commodity_id")
    carried = str(routes["commodity"].iloc[0]) if len(routes) else ""
    sub = reading.say(
        "Hours at a rail border crossing, each way, without transfer at ports. Freight: {commodity}."
        " Crossings of the routes above come first.",
        commodity=reading.named(commodities.loc[carried], carried) if carried in commodities.index else DASH,
    )
    body = page.template("crossings.html.j2", shown=rows[:_SHOWN], rest=rows[_SHOWN:])
    return Section("crossings", findings.crossings_title(reading, rows), sub, body)


def crossing_rows(reading: Reading) -> list[dict[str, Any]]:
    """Crossings in the order of the table, with their figures as text and as bars on one scale."""
    table = reading.comparison.crossings
    if not len(table):
        return []
    legs = reading.comparison.legs
    used = set(legs["facility_id"]) if "facility_id" in legs else set()
    top = float(table[["out_h", "back_h"]].max().max()) or 1.0
    hours = table[["out_h", "back_h"]].to_numpy(dtype=float)
    places = 0 if np.allclose(hours, np.round(hours), atol=0.05, equal_nan=True) else 1
    rows = [_row(reading, row, used, top, places) for row in records(table)]
    return sorted(rows, key=lambda row: (not row["used"], -row["worst_h"], row["name"]))


def _row(reading: Reading, row: dict[str, Any], used: set[str], top: float, places: int) -> dict[str, Any]:
    numbers = reading.numbers
    gauges = [row["from_gauge_mm"], row["to_gauge_mm"]]
    known = [int(gauge) for gauge in gauges if pd.notna(gauge)]
    out, back = (float(row[name]) for name in ("out_h", "back_h"))
    countries = [
        reading.country(str(row[name])) if pd.notna(row[name]) else DASH for name in ("country_from", "country_to")
    ]
    return {
        "name": reading.named(row, str(row["facility_id"])),
        "countries": " – ".join(countries),
        "used": row["facility_id"] in used,
        "changes": len(set(known)) > 1,
        "gauges": " / ".join(numbers.decimal(gauge) for gauge in dict.fromkeys(known)) or DASH,
        "capacity": _capacity(reading, row),
        "out": numbers.decimal(out, places),
        "back": numbers.decimal(back, places),
        "out_at": 100 * out / top if pd.notna(out) else 0,
        "back_at": 100 * back / top if pd.notna(back) else 0,
        "worst_h": max((hours for hours in (out, back) if pd.notna(hours)), default=0.0),
        "token": "gauge" if len(set(known)) > 1 else "border",
    }


def _capacity(reading: Reading, row: dict[str, Any]) -> str:
    tonnes = row.get("capacity_t_per_year")
    if tonnes is None or pd.isna(tonnes):
        return DASH
    return reading.numbers.amount(float(tonnes) / 1e6)
