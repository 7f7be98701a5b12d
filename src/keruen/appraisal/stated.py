"""What the tables state of a project, and what is assumed where they are silent: cost, years, payers, worth of a year."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from keruen.appraisal.economics import Benefit, Conventions, between_years, carbon_musd
from keruen.appraisal.economics.conversion import dollars
from keruen.appraisal.gains import YearGain
from keruen.network.selectors import parts
from keruen.study.projects import OPENED

if TYPE_CHECKING:
    from keruen.study import Study
    from keruen.study.settings import Settings

__all__ = ["benefits", "carbon_usd_per_t", "conventions", "cost_musd", "dates", "payers"]


def conventions(settings: Settings) -> Conventions:
    """Conventions that the settings of a study state."""
    return Conventions(
        base_year=settings.first_year,
        last_year=settings.last_year,
        discount_rate=settings.discount_rate,
        price_year=settings.price_year,
        residual=settings.appraisal.residual,
        growth_after=settings.appraisal.growth_after,
    )


def cost_musd(row: Mapping[Any, Any], study: Study, assumed: list[str]) -> tuple[float, str]:
    """Cost in million USD of the study's prices, or why there is none."""
    cost, reason = _in_dollars(row, study, assumed)
    priced, wanted = row["price_year"], study.settings.price_year
    if reason or wanted is None or priced != priced or int(priced) == wanted:
        return cost, reason
    factor = _inflated(study, int(priced))
    if factor is None:
        assumed.append(f"cost in prices of {int(priced)}, not brought to those of {wanted}")
        return cost, ""
    assumed.append(f"cost in prices of {int(priced)}, brought to those of {wanted} by {factor:.3f}")
    return cost * factor, ""


def _in_dollars(row: Mapping[Any, Any], study: Study, assumed: list[str]) -> tuple[float, str]:
    """Cost in million USD as published; a dated rate of exchange goes before that of the settings."""
    native, currency = float(row["cost_native_million"]), str(row["native_currency"])
    found = dollars(pd.DataFrame([row]), study.tables["exchange_rate"]).iloc[0]
    if found["basis"] in ("published in USD", "no cost"):
        return float(found["value_musd"]), "" if found["basis"] == "published in USD" else "no cost published"
    if found["basis"] == "converted":
        assumed.append(f"cost of {native:,.0f} million {found['basis_note']}")
        return float(found["value_musd"]), ""
    rates = study.settings.appraisal.usd_per_unit
    if currency not in rates:
        return float("nan"), f"cost of {native:,.0f} million {currency}: {found['basis_note']}, nor in the settings"
    assumed.append(f"cost of {native:,.0f} million {currency} at {rates[currency]:g} USD, a rate without a date")
    return native * rates[currency], ""


def _inflated(study: Study, year: int) -> float | None:
    """What prices in US dollars of a year are multiplied by to be those of the study; None where no index tells."""
    wanted = study.settings.price_year
    index = dict(zip(study.tables["price_index"]["year"], study.tables["price_index"]["index"], strict=True))
    if wanted is None or wanted not in index or year not in index:
        return None
    return float(index[wanted] / index[year])


def carbon_usd_per_t(study: Study) -> float:
    """Price of a tonne of CO2e in the year for which it holds, in the study's prices where an index tells."""
    price = study.settings.appraisal
    return price.carbon_usd_per_t * (_inflated(study, price.carbon_year) or 1.0)


def dates(study: Study, row: Mapping[Any, Any], assumed: list[str]) -> tuple[int, int]:
    """Year in which spending starts, and first year of service."""
    begins = [
        one["from_year"]
        for one in study.records("effect")
        if one["project"] == row["project_id"] and one["table"] and one["from_year"] == one["from_year"]
    ]
    first = study.settings.first_year
    building = study.settings.appraisal.building_years
    start = int(row["start_year"]) if row["start_year"] == row["start_year"] else None
    if row["finish_year"] == row["finish_year"]:
        opening = max([int(row["finish_year"]) + 1, *(int(year) for year in begins)])
    elif begins:
        opening = int(max(begins))
        assumed.append(f"opening {opening}: from its effects")
    else:
        opening = max(first, start or first) + building
        assumed.append(f"opening {opening}: {building} years of building")
    if start is None or start > opening:
        # Nothing says that money has been spent, so none is assumed before the appraisal begins.
        start = min(max(first, opening - building), opening)
        assumed.append(f"start {start}: {building} years of building, not before {first}")
    if OPENED.match(str(row["status"])):
        assumed.append("in service already: its money is spent, no decision is left")
    return start, opening


def payers(row: Mapping[Any, Any], assumed: list[str]) -> dict[tuple[str, str], float]:
    """Who pays: the shares of the parties where the table states them all, or else its countries in equal parts."""
    countries = parts(row["countries"])
    shares: dict[tuple[str, str], float] = {}
    for text in str(row["parties"] or "").split(","):
        name, _, number = text.strip().rpartition(" ")
        if number.endswith("%") and number[:-1].replace(".", "", 1).isdigit():
            shares["", name] = shares.get(("", name), 0.0) + float(number[:-1]) / 100
    if abs(sum(shares.values()) - 1.0) < 1e-6:
        return shares
    if len(countries) > 1:
        assumed.append(f"cost shared equally by {', '.join(countries)}")
    return {(country, ""): 1.0 / len(countries) for country in countries}


def benefits(gains: Sequence[YearGain], study: Study, rules: Conventions) -> tuple[Benefit, ...]:
    """What modelled years are worth: hours and money of users, operators' surplus, emissions, by country."""
    price = study.settings.appraisal
    found = []
    for name, attribute, part in (
        ("hours of freight", "hours_musd", 1.0),
        ("money of shippers", "money_musd", 1.0),
        ("operators' surplus", "revenue_musd", price.operator_margin),
    ):
        countries = sorted({country for year in gains for country in getattr(year, attribute)}) if part else []
        for country in countries:
            by_year = {year.year: part * getattr(year, attribute).get(country, 0.0) for year in gains}
            found.append(Benefit(name, by_year, country))
    years = np.arange(min(rules.base_year, gains[0].year), rules.last_year + 1, dtype=np.int64)
    saved = between_years({year.year: year.saved_t_co2e for year in gains}, years, rules.growth_after)
    carbon = carbon_musd(
        saved,
        years,
        price_usd_per_t=carbon_usd_per_t(study),
        price_of_year=price.carbon_year,
        growth=price.carbon_growth,
    )
    found.append(Benefit("emissions", dict(zip(years.tolist(), carbon.tolist(), strict=True))))
    return tuple(found)
