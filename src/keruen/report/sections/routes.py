"""The routes side by side: a table with small charts that share one scale a column."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from keruen.report import findings
from keruen.report.reading import Reading, records
from keruen.report.sections.page import Page, Section
from keruen.report.tokens import ACTIVITIES

__all__ = ["section", "sparkline"]

_SPARK = (84.0, 26.0)


def section(page: Page) -> Section | None:
    """Table of the routes."""
    reading = page.reading
    if reading.front is None:
        return None
    sub = reading.say("The tick is the mean, the bar spans 10 to 90% of runs. All bars of a column share one scale.")
    body = page.template("routes.html.j2", routes=[_row(reading, name) for name in reading.order])
    return Section("routes", findings.routes_title(reading), sub, body)


def _row(reading: Reading, name: str) -> dict[str, Any]:
    row, numbers, table = reading.record(name), reading.numbers, reading.routes
    longest, farthest = float(table["time_h"].max()), float(table["time_high_h"].max())
    hours = reading.hours(name)
    total = sum(hours.values()) or 1.0
    low, mean, high = (float(row[column]) for column in ("time_low_h", "time_h", "time_high_h"))
    return {
        "name": reading.route(name), "hue": reading.hue(name), "mode": reading.mode(name),
        "front": name == reading.front, "spark": sparkline(reading, name),
        "days": numbers.days(mean), "low": numbers.days(low), "high": numbers.days(high),
        "low_at": 100 * low / farthest, "mean_at": 100 * mean / farthest, "high_at": 100 * high / farthest,
        "bar": 100 * total / longest,
        "parts": [
            (activity, 100 * hours[activity] / total, _said(reading, activity, hours[activity]))
            for activity in ACTIVITIES
            if hours[activity] > 0
        ],
        "moving": numbers.percent(float(row["moving_h"]) / mean), "borders": numbers.decimal(float(row["borders"])),
        "gauges": numbers.decimal(float(row["gauge_changes"])), "usd": numbers.decimal(float(row["cost_usd_per_t"])),
        "kg": numbers.decimal(float(row["emission_kg_per_t"])), "km": numbers.decimal(float(row["distance_km"])),
        "assumed": numbers.percent(float(row["assumed_share"])),
        "sort": {
            "days": mean, "moving": float(row["moving_h"]) / mean, "borders": int(row["borders"]),
            "usd": float(row["cost_usd_per_t"]), "kg": float(row["emission_kg_per_t"]), "rank": int(row["rank"]),
            "assumed": float(row["assumed_share"]),
        },
    }  # fmt: skip


def _said(reading: Reading, activity: str, hours: float) -> str:
    return f"{reading.activity(activity)} {reading.numbers.in_hours(hours)}"


def sparkline(reading: Reading, name: str) -> Markup:
    """Time against distance of one route in miniature, on the scale of the longest."""
    km, hours = (float(reading.routes[column].max()) or 1.0 for column in ("distance_km", "time_h"))
    width, height = _SPARK
    points = [(0.0, 0.0), *((row["at_km"], row["at_h"]) for row in records(reading.legs(name)))]
    drawn = (f"{1 + (width - 2) * x / km:.1f},{height - 2 - (height - 4) * y / hours:.1f}" for x, y in points)
    return Markup(
        '<svg class="spark" viewBox="0 0 {w} {h}" width="{w}" height="{h}" aria-hidden="true">'
        '<polyline points="{p}" fill="none" stroke="var(--{hue})" stroke-width="1.6" stroke-linejoin="round"/></svg>'
    ).format(w=int(width), h=int(height), p=" ".join(drawn), hue=reading.hue(name))
