"""The model held against what was published: every miss with its reason."""

from __future__ import annotations

from typing import Any

from keruen.languages import mark
from keruen.report import findings
from keruen.report.charts.model_against_published import SHARE_ENDS, shares
from keruen.report.reading import Reading, records
from keruen.report.sections.page import Page, Section

__all__ = ["section"]

ROLES = {
    "check": mark("Checks: not used in the model"),
    "fit": mark("Fitted: used to choose a parameter"),
    "input": mark("Inputs: the published value is a parameter"),
}
"""Roles of an observation."""

EVIDENCE = "check"
"""The role that proves something when it is met."""

UNITS = {
    "h": mark("h"),
    "day": mark("days"),
    "km/h": mark("km/h"),
    "km/day": mark("km/day"),
    "USD": mark("USD"),
    "USD/t": mark("USD/t"),
    "USD/TEU-km": mark("USD/TEU-km"),
    "USD/FEU-km": mark("USD/FEU-km"),
    "USD/TEU": mark("USD/TEU"),
    "USD/FEU": mark("USD/FEU"),
    "Mt/year": mark("Mt a year"),
    "wagons/day": mark("wagons a day"),
    "trains/day": mark("trains a day"),
    "pairs/day": mark("pairs of trains a day"),
    "t-km": mark("bn t-km"),
}
"""Units of observations in the trade's usage."""

SCALES = {"t-km": 1e9}
"""How many of a unit of the table make one of the report."""


def section(page: Page) -> Section | None:
    """Table of the observations by role, and those the model does not answer."""
    reading = page.reading
    table = reading.comparison.observations
    if not len(table):
        return None
    answered = table[table["verdict"] != "unanswered"]
    groups = []
    for role, heading in ROLES.items():
        rows = answered[answered["role"] == role]
        if len(rows):
            met, number = findings.verdicts(reading, role)
            count = reading.say(
                "{met} of {answered} within", met=reading.numbers.decimal(met), answered=reading.numbers.decimal(number)
            )
            groups.append((reading.say(heading), count, [_row(page, row) for row in records(rows)], role == EVIDENCE))
    open_rows = [
        {"name": reading.named(row), "reason": _reason(reading, row), "note": page.source_number(str(row["source"]))}
        for row in records(table[table["verdict"] == "unanswered"])
    ]
    sub = reading.say(
        "Strip: model as a share of published, {low} to {high}; the box is the tolerance, the line is equality."
        " Only checks are evidence; fitted and given values are shown apart.",
        low=reading.numbers.percent(SHARE_ENDS[0]),
        high=reading.numbers.percent(SHARE_ENDS[1]),
    )
    body = page.template("model.html.j2", groups=groups, unanswered=open_rows, targets=findings.targets(reading))
    return Section("model", findings.model_title(reading), sub, body)


def _row(page: Page, row: dict[str, Any]) -> dict[str, Any]:
    reading = page.reading
    scale = SCALES.get(str(row["unit"]), 1.0)
    figures = (
        "observed_low",
        "observed_high",
        "accept_low",
        "accept_high",
        "modelled",
        "modelled_low",
        "modelled_high",
    )
    row = row | {name: float(row[name]) / scale for name in figures}
    low, high = row["observed_low"], row["observed_high"]
    places = _places(max(abs(low), abs(high)))
    unit = reading.say(UNITS.get(str(row["unit"]), str(row["unit"])))
    numbers = reading.numbers
    published = numbers.to(numbers.decimal(low, places), numbers.decimal(high, places))
    start, end, share = shares(row)
    ends = [_at(value) for value in (start, end, share)]
    return {
        "name": reading.named(row), "note": page.source_number(str(row["source"])),
        "published": numbers.with_unit(published, unit),
        "accepted": numbers.to(
            numbers.decimal(row["accept_low"], places), numbers.decimal(row["accept_high"], places)
        ),
        "modelled": numbers.with_unit(numbers.decimal(row["modelled"], places), unit),
        "range": _model_range(reading, row, places),
        "box_at": ends[0], "box_to": ends[1], "at": ends[2], "past": share > SHARE_ENDS[1] or share < SHARE_ENDS[0],
        "share": numbers.percent(share), "within": row["verdict"] == "within",
        "reason": "" if row["verdict"] == "within" else _reason(reading, row),
    }  # fmt: skip


def _model_range(reading: Reading, row: dict[str, Any], places: int) -> str:
    low, high = row["modelled_low"], row["modelled_high"]
    if low != low or high != high:  # not a number: no range was drawn
        return ""
    return reading.numbers.to(reading.numbers.decimal(low, places), reading.numbers.decimal(high, places))


def _reason(reading: Reading, row: dict[str, Any]) -> str:
    """Reason in the reader's language where the study gives it, else in English."""
    own = row.get(f"reason_{reading.language.code}")
    reason = own if isinstance(own, str) and own else str(row["reason"] or "")
    return reason or reading.say("no reason recorded")


def _at(share: float) -> float:
    low, high = SHARE_ENDS
    return 100 * (min(max(share, low), high) - low) / (high - low)


def _places(value: float) -> int:
    for places, floor in ((0, 100.0), (1, 1.0), (2, 0.1)):
        if value >= floor:
            return places
    return 3
