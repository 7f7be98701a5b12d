"""Where the hours go: by route and activity, and on the front route by country."""

from __future__ import annotations

from typing import Any

from keruen.report import findings
from keruen.report.charts.hours_by_activity import country_hours_chart, route_hours_chart
from keruen.report.reading import Reading
from keruen.report.sections.page import HALF, Page, Section
from keruen.report.tokens import ACTIVITIES

__all__ = ["section"]


def section(page: Page) -> Section | None:
    """Two charts of stacked bars under one key."""
    reading = page.reading
    if reading.front is None:
        return None
    title = findings.hours_title(reading)
    row = reading.first
    sub = reading.say(
        "Hours from {origin} to {destination}. Grey is movement; every colour is standing.",
        origin=reading.place(str(row["origin"])),
        destination=reading.place(str(row["destination"])),
    )
    number = len(reading.order)
    by_route = reading.count(
        "{Number} route, by activity",
        "{Number} routes, by activity",
        number,
        Number=findings.number_word(reading, number, capital=True),
    )
    by_country = reading.say("{route}, by country", route=reading.route(reading.front))
    used = [name for name in ACTIVITIES if any(reading.hours(route)[name] > 0 for route in reading.order)]
    body = page.template(
        "hours.html.j2",
        key=[(name, reading.activity(name)) for name in used],
        by_route=by_route,
        by_country=by_country,
        routes=page.chart(route_hours_chart, by_route, HALF),
        countries=page.chart(country_hours_chart, by_country, HALF),
        table=_table(reading, used),
    )
    return Section("hours", title, sub, body)


def _table(reading: Reading, used: list[str]) -> list[dict[str, Any]]:
    """Hours of the front route by country as text."""
    rows = []
    for code, hours in reading.by_country(reading.front or ""):
        values = [reading.numbers.amount(hours[name]) for name in used]
        total = reading.numbers.amount(sum(hours.values()))
        rows.append({"name": reading.country(code), "values": values, "total": total})
    return rows
