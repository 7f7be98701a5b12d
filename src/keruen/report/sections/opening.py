"""The head of the report: study and run, the answer, three sentences, five figures."""

from __future__ import annotations

from datetime import date

from babel.dates import format_date

from keruen.languages import mark
from keruen.report import findings
from keruen.report.numbers import DASH
from keruen.report.reading import Reading

__all__ = ["figures", "run_line", "study_line"]

Fact = tuple[str, str, str, str]
"""Label, number, unit, note."""


def study_line(reading: Reading) -> str:
    """Name of the study, what is carried, in which year."""
    settings = reading.comparison.study.settings
    name = getattr(settings, f"name_{reading.language.code}", "") or settings.name_en
    if not len(reading.routes):
        return str(name)
    table = reading.comparison.study.table("commodity").set_index("commodity_id")
    commodity = str(reading.first["commodity"])
    carried = reading.named(table.loc[commodity], commodity) if commodity in table.index else commodity
    words = mark("{study}, {commodity}, year {year}")
    return reading.say(words, study=name, commodity=carried[:1].lower() + carried[1:], year=reading.comparison.year)


def run_line(reading: Reading) -> str:
    """Date, price year and run, those that are known."""
    run, settings = reading.comparison.run, reading.comparison.study.settings
    known = []
    try:
        day = date.fromisoformat(str(run["started"])[:10])
        known.append(reading.say("Run of {date}", date=format_date(day, "long", locale=reading.language.locale)))
    except (KeyError, ValueError):
        pass
    if year := getattr(settings, "price_year", None):
        known.append(reading.say("prices of {year}", year=year))
    if inputs := str(run.get("inputs", ""))[:7]:
        known.append(reading.say("inputs {hash}", hash=inputs))
    return " · ".join(known)


def figures(reading: Reading) -> list[Fact]:
    """Five figures of the front route, each beside what it compares with."""
    if reading.front is None:
        return []
    numbers, row = reading.numbers, reading.first
    ends = {"origin": reading.place(str(row["origin"])), "destination": reading.place(str(row["destination"]))}
    hours, standing = float(row["time_h"]), reading.standing_h(reading.front)
    low, high = float(row["time_low_h"]), float(row["time_high_h"])
    span = numbers.to(numbers.days(low), numbers.days(high))
    lost = reading.say("{part} of {whole} h", part=numbers.decimal(standing), whole=numbers.decimal(hours))
    usd = numbers.decimal(float(row["cost_usd_per_t"]))
    range_usd = numbers.to(
        numbers.decimal(float(row["cost_low_usd_per_t"])), numbers.decimal(float(row["cost_high_usd_per_t"]))
    )
    days = numbers.in_days(hours).split("\N{NO-BREAK SPACE}", 1)
    return [
        (
            reading.say("{origin} to {destination}, terminal to terminal", **ends), days[0], days[1],
            reading.say("{range} in eight runs of ten", range=span),
        ),
        (reading.say("Hours when the load stands still"), *_percent(reading, standing / hours), lost),
        (
            reading.say("Cost of carriage"), usd, reading.say("USD/t"),
            reading.say("{range} in eight runs of ten", range=range_usd),
        ),
        (
            reading.say("Emissions, well to wheel"), numbers.decimal(float(row["emission_kg_per_t"])),
            reading.say("kg CO₂e/t"), _other_emission(reading),
        ),
        _trust(reading),
    ]  # fmt: skip


def _percent(reading: Reading, share: float) -> tuple[str, str]:
    return reading.numbers.percent(share).rstrip("%\N{NO-BREAK SPACE}"), "%"


def _other_emission(reading: Reading) -> str:
    if len(reading.routes) < 2:
        return ""
    last = reading.order[-1]
    kg = reading.numbers.decimal(float(reading.record(last)["emission_kg_per_t"]))
    return reading.say("{route}: {number} kg", route=reading.route(last), number=kg)


def _trust(reading: Reading) -> Fact:
    met, answered = findings.verdicts(reading, "check")
    numbers, assumed = reading.numbers, float(reading.first["assumed_share"])
    note = reading.say("{share} of the hours are assumed", share=numbers.percent(assumed))
    label = reading.say("Independent published checks met")
    if not answered:
        none = reading.say("no observation in this study")
        return (label, DASH, "", f"{none}; {note}")
    whole = reading.say("of {number}", number=numbers.decimal(answered))
    return (label, numbers.decimal(met), whole, note)
