"""The register of projects: one square a project, by programme, and what is known of its cost."""

from __future__ import annotations

import math
from typing import Any

from keruen.appraisal.register import Register, register
from keruen.languages import mark
from keruen.report.numbers import DASH
from keruen.report.reading import Reading
from keruen.report.sections.page import Page, Section

__all__ = ["STAGE_NAMES", "section"]

STAGE_NAMES = {
    "identification": mark("proposed"),
    "preparation": mark("in preparation"),
    "implementation": mark("under way"),
    "completion": mark("completed"),
    "maintenance": mark("in service"),
    "decommissioning": mark("being closed"),
    "decommissioned": mark("closed"),
    "cancelled": mark("cancelled"),
    "not clear": mark("not clear from the source"),
}
"""Stages of a project in words."""

_SQUARES = {"published in USD": "usd", "converted": "other", "no rate": "other", "no cost": "none"}
"""How a project's cost is known, and its square."""

_ORDER = ("usd", "other", "none")


def section(page: Page) -> Section | None:
    """Squares by programme and the whole list; none where the study has no projects."""
    study = page.reading.comparison.study
    if not len(study.table("project")):
        return None
    reading, found = page.reading, register(study.tables)
    total = found.total
    body = page.template(
        "register.html.j2",
        groups=_groups(reading, found),
        counts={kind: sum(_SQUARES.get(basis) == kind for basis in found.projects["basis"]) for kind in _ORDER},
        umbrellas=int(total["umbrellas"]),
        stages=_stages(reading, found),
    )
    return Section("register", _title(reading, found), _sub(reading), body)


def _title(reading: Reading, found: Register) -> str:
    costed = int(found.total["in_usd"] + found.total["converted"])
    costed += int((found.projects["basis"] == "no rate").sum())
    number = int(found.total["projects"])
    return reading.count(
        "{costed} of {number} project in the register has a published cost",
        "{costed} of {number} projects in the register have a published cost",
        costed,
        costed=costed,
        number=reading.numbers.decimal(number),
    )


def _sub(reading: Reading) -> str:
    return reading.say(
        "One square a project, by programme. The sum holds costs in dollars and costs converted by a rate of their year;"
        " prices are those of the sources and not brought to one year."
    )


def _groups(reading: Reading, found: Register) -> list[dict[str, Any]]:
    """Programmes, the largest first, each with its squares, its sum and its projects."""
    names = {row["portfolio"]: row for row in reading.comparison.study.table("portfolio").to_dict("records")}
    groups = []
    for name, row in found.sums("programme").iterrows():
        own = found.projects[found.projects["portfolio"] == ("" if name == "none" else name)]
        kinds = [_SQUARES[basis] for basis in own["basis"] if basis in _SQUARES]
        value = row["musd"] + row["converted_musd"]
        label = reading.say("without a programme") if name == "none" else str(name)
        groups.append(
            {
                "name": reading.named(names.get(name), label),
                "squares": [(kind, kinds.count(kind)) for kind in _ORDER],
                "number": reading.numbers.decimal(row["projects"]),
                "value": reading.numbers.decimal(value / 1e3, 1) if row["in_usd"] + row["converted"] else DASH,
                "projects": [_project(reading, one) for one in own.to_dict("records")],
            }
        )
    return groups


def _project(reading: Reading, row: dict[str, Any]) -> dict[str, str]:
    value, native = row["value_musd"], row["cost_native_million"]
    cost = reading.numbers.decimal(value) if math.isfinite(value) else DASH
    if row["basis"] == "no rate":
        cost = f"{reading.numbers.decimal(native)} {row['native_currency']}"
    if row["basis"] == "umbrella":
        cost = reading.say("umbrella")
    stage = STAGE_NAMES[row["stage"]]
    years = [f"{year:.0f}" if math.isfinite(year) else "" for year in (row["start_year"], row["finish_year"])]
    return {
        "name": reading.named(row, str(row["project_id"])),
        "countries": ", ".join(reading.country(code) for code in str(row["countries"]).split(";") if code),
        "stage": reading.say(stage),
        "years": "–".join(years).strip("–") if years[0] == years[1] or not all(years) else "–".join(years),
        "cost": cost,
    }


def _stages(reading: Reading, found: Register) -> str:
    """How many projects are at each stage, in a row of words."""
    counts = found.sums("status")["projects"]
    parts = [
        f"{reading.say(STAGE_NAMES[str(stage)])} {reading.numbers.decimal(number)}"
        for stage, number in counts.items()
        if number
    ]
    return ", ".join(parts)
