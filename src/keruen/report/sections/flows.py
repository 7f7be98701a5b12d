"""The map of the freight of the base year, with what is carried by each mode and the crossings near capacity."""

from __future__ import annotations

from typing import Any

from keruen.languages import mark
from keruen.report import findings
from keruen.report.loads import Loads
from keruen.report.maps import CREDITS, flow_map
from keruen.report.sections.page import Page, Section
from keruen.report.vector import inline

__all__ = ["section"]

_WIDTHS = (340, 600, 720)
_HUES = {"rail": "accent", "road": "ink2", "sea": "map-water-text", "ferry": "map-water-text"}
MODES = {
    "rail": mark("Rail"),
    "road": mark("Lorry"),
    "sea": mark("Ship"),
    "ferry": mark("Ferry"),
}
"""Modes as headings."""


def section(page: Page) -> Section | None:
    """Map of freight; none where no freight was assigned."""
    loads, reading = page.loads, page.reading
    if not loads.years or reading.front is None:
        return None
    year, numbers = loads.years[0], reading.numbers
    full = loads.full_crossings(year)
    title = findings.flows_title(loads, len(full))
    sub = reading.say(
        "Tonnes of {year} in both directions; a line is as wide as the square root of its tonnes. Solid: rail. Dotted:"
        " ship. Dashed: lorry. Red: 90% of capacity or more; a filled circle is a full crossing.",
        year=year,
    )
    planned = reading.comparison.year
    if planned not in loads.years:
        sub += " " + reading.say("The study has no demand of {planned}.", planned=planned)
    body = page.template(
        "flows.html.j2",
        drawing=page.sized(inline(flow_map(loads, width), title) for width in _WIDTHS),
        credits=" ".join(reading.say(text) for text in CREDITS),
        modes=_modes(loads, year),
        full=[
            (loads.crossing_name(str(name)), numbers.percent(float(use)))
            for name, use in zip(full["facility_id"], full["use"], strict=True)
        ],
        total=numbers.decimal(loads.total_t[year] / 1e6),
        zones=numbers.decimal(len(reading.comparison.loads[year].freight.zones)),
        partial=loads.partial,
    )
    return Section("flows", title, sub, body)


def _modes(loads: Loads, year: int) -> list[dict[str, Any]]:
    """Modes by tonne-kilometres, with their share."""
    reading = loads.reading
    tkm = reading.comparison.loads[year].links.groupby("mode")["tkm_per_year"].sum().sort_values(ascending=False)
    return [
        {
            "mode": str(mode), "hue": _HUES.get(str(mode), "accent"),
            "name": reading.say(MODES[str(mode)]) if str(mode) in MODES else str(mode),
            "tkm": reading.numbers.amount(float(value) / 1e9), "share": reading.numbers.percent(value / tkm.sum()),
        }
        for mode, value in tkm.items()
        if value > 0
    ]  # fmt: skip
