"""Time and cost against distance."""

from __future__ import annotations

from keruen.report import findings
from keruen.report.charts.time_cost import time_cost_chart
from keruen.report.sections.page import Page, Section

__all__ = ["section"]


def section(page: Page) -> Section | None:
    """Chart of time and cost against distance, with its stops as a table."""
    reading = page.reading
    if reading.front is None:
        return None
    title = findings.time_title(reading)
    sub = reading.say(
        "Days and US dollars a tonne against kilometres travelled. A slope is movement with its waiting, a vertical"
        " step is a stop. Band: 10 to 90% of runs. Shading: countries of the route “{route}”.",
        route=reading.route(reading.front),
    )
    numbers = reading.numbers
    rows = [
        {
            "name": stop.name,
            "km": numbers.decimal(stop.km),
            "what": ", ".join(reading.activity(name) for name in stop.hours),
            "hours": numbers.amount(stop.total_h),
            "usd": numbers.decimal(stop.to_usd - stop.from_usd),
            "days": numbers.amount(stop.to_h / 24),
        }
        for stop in reading.stops(reading.front)
    ]
    body = page.template("time_cost.html.j2", chart=page.chart(time_cost_chart, title), rows=rows)
    return Section("time", title, sub, body)
