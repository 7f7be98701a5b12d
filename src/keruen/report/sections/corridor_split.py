"""Who goes by which corridor: tonnes through the gate of each route by commodity, base year and later."""

from __future__ import annotations

from typing import Any

from keruen.appraisal.corridor_split import Gate
from keruen.report import findings
from keruen.report.charts.corridor_split import split_bars, split_chart
from keruen.report.loads import Loads
from keruen.report.sections.page import FULL, Page, Section
from keruen.report.vector import draw, inline

__all__ = ["section"]


def section(page: Page) -> Section | None:
    """Chart and table of the split; none where no freight was assigned or fewer than two routes have a gate."""
    loads, reading = page.loads, page.reading
    if not loads.years or len(loads.split.gates) < 2 or not split_bars(loads):
        return None
    title = findings.split_title(loads)
    sub = reading.say(
        "Million tonnes a year, both directions, counted where only one route passes. All bars share one scale."
    )
    standing = loads.standing(loads.years[-1])
    if standing:
        sub += " " + reading.say(
            "In {year} the network has what opened after {base}: {projects}.",
            year=loads.years[-1],
            base=reading.comparison.study.settings.base_year,
            projects=standing,
        )
    gates = loads.split.gates
    body = page.template(
        "corridor_split.html.j2",
        key=[(reading.hue(gate.route), reading.route(gate.route), _gate(loads, gate)) for gate in gates],
        chart=page.sized(inline(draw(split_chart(loads, width)), title) for width in FULL),
        rest=[_rest(loads, year) for year in loads.years],
        heads=[reading.route(gate.route) for gate in gates],
        rows=_rows(loads),
    )
    return Section("split", title, sub, body)


def _gate(loads: Loads, gate: Gate) -> str:
    """What a gate is, by name."""
    if not gate.facilities:
        return loads.reading.place(gate.place)
    return ", ".join(dict.fromkeys(loads.crossing_name(name) for name in gate.facilities if loads.used(name)))


def _rest(loads: Loads, year: int) -> dict[str, Any]:
    """How much freight passes no gate, and how much is counted twice."""
    totals = loads.split.totals
    sums = totals[totals["year"] == year][["flow_t_per_year", "gate_t_per_year", "twice_t_per_year"]].sum() / 1e6
    numbers = loads.reading.numbers
    return {
        "year": year, "total": numbers.decimal(sums["flow_t_per_year"]), "gates": numbers.decimal(sums["gate_t_per_year"]),
        "none": numbers.decimal(sums["flow_t_per_year"] - sums["gate_t_per_year"]),
        "twice": numbers.amount(sums["twice_t_per_year"]) if sums["twice_t_per_year"] >= 0.05 else "",
    }  # fmt: skip


def _rows(loads: Loads) -> list[dict[str, Any]]:
    """The split as text, a row a commodity and year."""
    numbers, found = loads.reading.numbers, []
    for commodity, by_year in split_bars(loads):
        for year, flows in by_year:
            total = sum(flows.values())
            found.append(
                {
                    "name": loads.commodity(commodity), "year": year, "total": numbers.amount(total / 1e6),
                    "parts": [
                        (
                            numbers.amount(flows.get(gate.route, 0.0) / 1e6),
                            numbers.percent(flows.get(gate.route, 0.0) / total) if total else "",
                        )
                        for gate in loads.split.gates
                    ],
                }
            )  # fmt: skip
    return found
