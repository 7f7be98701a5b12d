"""Crossings and sections near capacity: use, queue and its cost, base year and later."""

from __future__ import annotations

from typing import Any

from keruen.report import findings
from keruen.report.charts.capacity import capacity_chart
from keruen.report.loads import Loads, Narrow
from keruen.report.sections.page import FULL, Page, Section
from keruen.report.vector import draw, inline

__all__ = ["section"]


def section(page: Page) -> Section | None:
    """Chart and table of the ten; none where no freight was assigned or nothing has a capacity."""
    loads, reading = page.loads, page.reading
    if not loads.years or not loads.narrow:
        return None
    title = findings.capacity_title(loads)
    first, last = loads.years[0], loads.years[-1]
    if first == last:
        sub = reading.say("Use of capacity in {year}, with the hours of queue and what they cost.", year=first)
    else:
        sub = reading.say(
            "Use of capacity. Hollow: {first}, with load and capacity. Filled: {last} with nothing built. The cost of"
            " a queue is its hours times the tonnes in it times their value of time.",
            first=first,
            last=last,
        )
    body = page.template(
        "capacity.html.j2",
        chart=page.sized(inline(draw(capacity_chart(loads, width)), title) for width in FULL),
        years=loads.years,
        rows=[_row(loads, row) for row in loads.narrow],
        partial=loads.partial,
        foreign=any(row.foreign_only for row in loads.narrow),
    )
    return Section("capacity", title, sub, body)


def _row(loads: Loads, row: Narrow) -> dict[str, Any]:
    numbers = loads.reading.numbers
    years = range(len(loads.years))
    return {
        "name": row.name, "foreign": row.foreign_only, "assumed": row.assumed, "pair": row.pair,
        "use": [numbers.percent(row.use[i]) for i in years],
        "tonnes": [numbers.amount(row.tonnes[i] / 1e6) for i in years],
        "hours": [numbers.amount(row.hours[i]) for i in years],
        "usd": [numbers.amount(row.usd[i] / 1e6) for i in years],
    }  # fmt: skip
