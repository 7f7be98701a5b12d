"""What was announced against what can be itemised: number and value, totals over time, companies that were named."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date
from typing import Any

import pandas as pd
from babel.dates import format_skeleton

from keruen.appraisal.parties import restrictions_met
from keruen.appraisal.reconciliation import Reconciliation, of_study
from keruen.report.numbers import DASH
from keruen.report.reading import Reading
from keruen.report.sections.page import Page, Section

__all__ = ["section"]

_LABELLED = 0.07
"""Share of a bar from which a part has room for its number."""

_LARGEST = 3
"""Costs that are named."""


def section(page: Page) -> Section | None:
    """Announced totals; none where the study has none that speaks of its projects."""
    study = page.reading.comparison.study
    if not len(study.table("programme")):
        return None
    found = of_study(study.tables)
    if not found:
        return None
    reading = page.reading
    body = page.template(
        "reconciliation.html.j2",
        blocks=[_block(page, one) for one in found],
        restrictions=_restrictions(reading),
    )
    return Section("announced", _title(reading, found), _sub(page, found), body)


def _title(reading: Reading, found: tuple[Reconciliation, ...]) -> str:
    told, own = found[0].announced, found[0].number
    if len(found) > 1 or told.number is None:
        return reading.say("Announced and itemised")
    values = {"number": reading.numbers.decimal(told.number), "own": reading.numbers.decimal(own)}
    if told.number_more_than:
        return reading.say("More than {number} projects are announced; {own} can be named with a source", **values)
    return reading.say("{number} projects are announced; {own} can be named with a source", **values)


def _sub(page: Page, found: tuple[Reconciliation, ...]) -> str:
    reading = page.reading
    if len(found) > 1:
        return reading.say("Announced totals against what this study can itemise. Hatched: announced, not itemised.")
    one = found[0]
    return reading.say(
        "{name}: the total announced in {date} against what this study can itemise. Hatched: announced, not itemised.",
        name=_portfolio(reading, one),
        date=_when(reading, one.announced.period),
    )


def _portfolio(reading: Reading, one: Reconciliation) -> str:
    """Name of the portfolio; failing that, of what was announced."""
    table = reading.comparison.study.table("portfolio")
    rows = table[table["portfolio"] == one.portfolio]
    return reading.named(rows.iloc[0]) if len(rows) else one.announced.name


def _block(page: Page, one: Reconciliation) -> dict[str, Any]:
    reading = page.reading
    return {
        "name": _portfolio(reading, one),
        "bars": [bar for bar in (_number_bar(reading, one), _value_bar(reading, one)) if bar],
        "told": _told(reading, one),
        "times": _times(page, one),
        "others": [row for row in _rows(page, one) if not row["whole"]],
        "parties": _parties(reading, one),
        "converted": _converted(page, one),
        "missing": [reading.named(row, str(row["project_id"])) for row in one.without_value.to_dict("records")],
        "umbrellas": [reading.named(row, str(row["project_id"])) for row in one.umbrellas.to_dict("records")],
        "source": page.source_number(one.announced.source),
    }


def _number_bar(reading: Reading, one: Reconciliation) -> dict[str, Any] | None:
    told, numbers = one.announced, reading.numbers
    if told.number is None:
        return None
    total = max(told.number, one.number)
    gap = total - one.number
    return {
        "announced": reading.say("Projects, announced"),
        "itemised": reading.say("Projects, itemised"),
        "all": _over(reading, told.number, told.number_more_than, 0),
        "all_share": 100 * told.number / total,
        "parts": [_part(one.number / total, numbers.decimal(one.number), "")],
        "gap_share": 100 * gap / total,
        "gap": reading.say("{number} not itemised", number=numbers.decimal(gap)) if gap > 0 else "",
    }


def _value_bar(reading: Reading, one: Reconciliation) -> dict[str, Any] | None:
    """Value in billion dollars, a part for each published cost and one for those converted."""
    told, numbers = one.announced, reading.numbers
    if told.value_musd is None:
        return None
    known = one.value_musd + one.converted_musd
    total = max(told.value_musd, known)
    published = one.published.sort_values("value_musd", ascending=False)
    parts = [
        _part(row["value_musd"] / total, numbers.decimal(row["value_musd"] / 1e3, 1), reading.named(row))
        for row in published.to_dict("records")
    ]
    if one.converted_musd:
        label = reading.say("converted from other currencies")
        parts.append(_part(one.converted_musd / total, numbers.decimal(one.converted_musd / 1e3, 1), label, soft=True))
    gap = total - known
    return {
        "announced": reading.say("USD billion, announced"),
        "itemised": reading.say("USD billion, itemised"),
        "all": _over(reading, told.value_musd / 1e3, told.value_more_than, 1),
        "all_share": 100 * told.value_musd / total,
        "parts": parts,
        "gap_share": 100 * gap / total,
        "gap": reading.say("{number} not itemised", number=numbers.decimal(gap / 1e3, 1)) if gap > 0 else "",
    }


def _part(share: float, text: str, name: str, *, soft: bool = False) -> dict[str, Any]:
    return {"share": 100 * share, "text": text if share >= _LABELLED else "", "name": name, "soft": soft, "value": text}


def _over(reading: Reading, value: float, more_than: bool, places: int) -> str:
    whole = places == 0 or value == int(value)
    text = reading.numbers.decimal(value, 0 if whole else places)
    return reading.say("more than {number}", number=text) if more_than else text


def _told(reading: Reading, one: Reconciliation) -> list[str]:
    """What the bars say, in sentences."""
    numbers, told = reading.numbers, one.announced
    said = []
    if len(one.published):
        share = one.share_of_value
        value = {"number": len(one.published), "value": numbers.decimal(one.value_musd / 1e3, 1)}
        if math.isfinite(share):
            text = numbers.percent(share)
            text = reading.say("less than {share}", share=text) if told.value_more_than else text
            said.append(
                reading.count(
                    "{number} cost published in dollars makes USD {value} billion, {share} of the announced value.",
                    "{number} costs published in dollars make USD {value} billion, {share} of the announced value.",
                    len(one.published),
                    **value,
                    share=text,
                )
            )
        named = one.published.nlargest(_LARGEST, "value_musd").to_dict("records")
        listed = [f"{reading.named(row)} {numbers.decimal(row['value_musd'] / 1e3, 1)}" for row in named]
        said.append(reading.say("The largest, in USD billion: {names}.", names=reading.listed(listed)))
    if len(one.converted):
        said.append(
            reading.count(
                "{number} cost in another currency adds USD {value} billion.",
                "{number} costs in other currencies add USD {value} billion.",
                len(one.converted),
                number=len(one.converted),
                value=numbers.decimal(one.converted_musd / 1e3, 1),
            )
        )
    if len(one.without_value):
        said.append(
            reading.count(
                "{number} project has no cost in dollars.",
                "{number} projects have no cost in dollars.",
                len(one.without_value),
                number=len(one.without_value),
            )
        )
    return said


def _rows(page: Page, one: Reconciliation) -> list[dict[str, Any]]:
    """Announced totals by date."""
    reading, numbers = page.reading, page.reading.numbers
    rows = []
    for row in one.over_time.to_dict("records"):
        number, value = row["number"], row["value_musd"] / 1e3
        rows.append(
            {
                "when": _when(reading, row["period"]),
                "name": reading.named(row),
                "number": _over(reading, number, row["number_more_than"], 0) if math.isfinite(number) else DASH,
                "value": _over(reading, value, row["value_more_than"], 1) if math.isfinite(value) else DASH,
                "each": numbers.decimal(row["musd_per_project"]),
                "note": page.source_number(row["source"]),
                "whole": row["name_en"] == one.announced.name,
            }
        )
    return rows


def _times(page: Page, one: Reconciliation) -> list[dict[str, Any]]:
    """Totals of the whole portfolio by date, and what is itemised."""
    numbers = page.reading.numbers
    now = {
        "when": page.reading.say("itemised here"),
        "number": numbers.decimal(one.number),
        "value": numbers.decimal(one.value_musd / 1e3, 1),
        "each": DASH,
        "note": 0,
    }
    return [*(row for row in _rows(page, one) if row["whole"]), now]


def _parties(reading: Reading, one: Reconciliation) -> list[dict[str, Any]]:
    study = reading.comparison.study
    names = {row["name_en"]: reading.named(row) for row in study.table("party").to_dict("records")}
    projects = {row["project_id"]: reading.named(row) for row in study.table("project").to_dict("records")}
    rows = []
    if len(one.parties):
        for party, found in one.parties.groupby("party", sort=False):
            inside, elsewhere = (
                [projects[key] for key in found.loc[found["where"] == where, "project_id"]]
                for where in ("portfolio", "elsewhere")
            )
            rows.append({"name": names.get(party, party), "projects": inside, "elsewhere": elsewhere})
    return rows


def _converted(page: Page, one: Reconciliation) -> list[dict[str, Any]]:
    reading, numbers = page.reading, page.reading.numbers
    return [
        {
            "name": reading.named(row),
            "native": f"{numbers.decimal(row['cost_native_million'])} {row['native_currency']}",
            "year": f"{row['price_year']:.0f}",
            "rate": _rate(reading, 1 / row["usd_per_unit"]),
            "date": row["rate_date"],
            "value": numbers.decimal(row["value_musd"]),
            "note": page.source_number(row["rate_source"]),
        }
        for row in one.converted.to_dict("records")
    ]


def _rate(reading: Reading, units: float) -> str:
    """Units of another currency for a dollar, to four figures or so."""
    return reading.numbers.decimal(units, 1 if units >= 10 else 3)


def _restrictions(reading: Reading) -> list[str]:
    """What the user's own lists of restricted parties touch; nothing where there is none."""
    tables: Mapping[str, pd.DataFrame] = reading.comparison.study.tables
    if not len(tables["restriction"]):
        return []
    met = restrictions_met(tables)
    return [
        reading.say(
            "{project}: {party} stands on {list}, {since}.",
            project=row["name_en"],
            party=row["party"],
            list=row["list"],
            since=row["since"] or DASH,
        )
        for row in met.to_dict("records")
    ] or [reading.say("No project has a party that the lists of this study name.")]


def _when(reading: Reading, period: str) -> str:
    """A date such as 2025-11 in words; whatever else was stated stays as it is."""
    parts = period.split("-")
    if len(parts) > 1 and all(part.isdigit() for part in parts[:2]) and 1 <= int(parts[1]) <= 12:
        month = date(int(parts[0]), int(parts[1]), 1)
        return str(format_skeleton("yMMMM", month, locale=reading.language.locale))
    return period
