"""The map of the routes and their stops, with a list of the routes beside it."""

from __future__ import annotations

from typing import Any

from keruen.languages import mark
from keruen.report import findings
from keruen.report.maps import CREDITS, route_map
from keruen.report.reading import Reading
from keruen.report.sections.page import Page, Section
from keruen.report.vector import inline

__all__ = ["section"]

_WIDTHS = (340, 600, 720)
_SIDE_BY_SIDE = mark("Lines that share a track are drawn side by side.")


def section(page: Page) -> Section | None:
    """Map and list of routes."""
    reading = page.reading
    if reading.front is None:
        return None
    title = findings.map_title(reading)
    drawn = page.sized(inline(route_map(reading, width), title) for width in _WIDTHS)
    body = page.template(
        "route_map.html.j2",
        drawing=drawn,
        credits=" ".join(reading.say(text) for text in (*CREDITS, _SIDE_BY_SIDE)),
        routes=[_entry(reading, name) for name in reading.order],
    )
    return Section("map", title, page.template("route_map_sub.html.j2"), body)


def _entry(reading: Reading, name: str) -> dict[str, Any]:
    row, numbers = reading.record(name), reading.numbers
    passed = list(dict.fromkeys(stop.name for stop in reading.stops(name)[1:-1]))
    figures = [
        _parted(numbers.in_days(float(row["time_h"]))),
        (numbers.decimal(float(row["cost_usd_per_t"])), reading.say("USD/t")),
        (numbers.decimal(float(row["distance_km"])), reading.say("km")),
    ]
    return {
        "name": reading.route(name), "hue": reading.hue(name), "mode": reading.mode(name),
        "via": ", ".join(passed), "figures": figures,
    }  # fmt: skip


def _parted(text: str) -> tuple[str, str]:
    number, _, unit = text.partition("\N{NO-BREAK SPACE}")
    return number, unit
