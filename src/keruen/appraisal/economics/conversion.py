"""Costs brought to US dollars by dated rates; what cannot be converted says why."""

from __future__ import annotations

import datetime

import numpy as np
import pandas as pd

from keruen.errors import DataError, Problem

__all__ = ["dollars"]

_FARTHEST_YEARS = 2.0


def dollars(projects: pd.DataFrame, rates: pd.DataFrame | None = None) -> pd.DataFrame:
    """Cost of each project in million USD, and how it was come by.

    Parameters
    ----------
    projects : pandas.DataFrame
        With cost_musd and, where a source gives another currency, cost_native_million, native_currency, price_year.
    rates : pandas.DataFrame, optional
        Columns currency (ISO 4217), date (year, year-month or date), usd_per_unit, source. The rate nearest to the
        middle of the price year is used, at most two years away.

    Returns
    -------
    pandas.DataFrame
        On the index of `projects`: value_musd (NaN where unknown), basis ("published in USD", "converted", "no rate"
        or "no cost"), basis_note, and of a converted cost usd_per_unit, rate_date and rate_source.

    Raises
    ------
    DataError
        Lists every row of `rates` that is not a rate.

    Examples
    --------
    >>> projects = pd.DataFrame({
    ...     "cost_musd": [5.0, None], "cost_native_million": [None, 4000.0], "native_currency": ["", "KZT"],
    ...     "price_year": [2022, 2022]})
    >>> rates = pd.DataFrame({"currency": ["KZT"], "date": ["2022"], "usd_per_unit": [0.002], "source": ["nbk"]})
    >>> dollars(projects, rates)["value_musd"].tolist()
    [5.0, 8.0]
    """
    known = _rates(rates)
    published = _numbers(projects, "cost_musd")
    native, year = _numbers(projects, "cost_native_million"), _numbers(projects, "price_year")
    currency = projects.get("native_currency", pd.Series("", index=projects.index))
    currency = currency.astype(object).where(currency.notna(), "").astype(str)
    rows: list[tuple[float, str, str, float, str, str]] = []
    none = (np.nan, "", "")
    found: dict[tuple[str, float], tuple[str, float, str, str]] = {}
    for usd, amount, code, when in zip(published, native, currency, year, strict=True):
        if not np.isnan(usd):
            rows.append((usd, "published in USD", "", *none))
        elif np.isnan(amount):
            rows.append((np.nan, "no cost", "no cost published", *none))
        else:
            if (code, when) not in found:
                found[code, when] = _rate(code, when, known)
            note, rate, date, source = found[code, when]
            rows.append((amount * rate, "no rate" if np.isnan(rate) else "converted", note, rate, date, source))
    columns = ["value_musd", "basis", "basis_note", "usd_per_unit", "rate_date", "rate_source"]
    return pd.DataFrame(rows, columns=columns, index=projects.index)


def _rate(code: str, year: float, rates: pd.DataFrame) -> tuple[str, float, str, str]:
    """Which rate it is, US dollars for a unit, date and source; the reason and NaN where there is none."""
    if np.isnan(year):
        return f"{code} without a price year", np.nan, "", ""
    own = rates[rates["currency"] == code]
    if own.empty:
        return f"no rate for {code}", np.nan, "", ""
    apart = (own["when"] - (year + 0.5)).abs()
    if apart.min() > _FARTHEST_YEARS:
        return f"no rate for {code} within {_FARTHEST_YEARS:.0f} years of {year:.0f}", np.nan, "", ""
    best = own.iloc[int(apart.to_numpy().argmin())]
    rate = float(best["usd_per_unit"])
    date, source = str(best["date"]), str(best["source"])
    return f"{code} of {year:.0f} at {rate:.6g} USD of {date} ({source})", rate, date, source


def _rates(rates: pd.DataFrame | None) -> pd.DataFrame:
    """Rates with their date as a decimal year in column ``when``."""
    columns = ["currency", "date", "usd_per_unit", "source"]
    if rates is None:
        return pd.DataFrame(columns=[*columns, "when"])
    lacking = [name for name in columns if name not in rates]
    problems = [Problem("rates", None, name, None, "the column is missing", "give it") for name in lacking]
    if problems:
        raise DataError(problems)
    table = rates[columns].copy()
    table["usd_per_unit"] = pd.to_numeric(table["usd_per_unit"], errors="coerce")
    table["when"] = [_decimal_year(value) for value in table["date"]]
    for index, (rate, when, date) in enumerate(zip(table["usd_per_unit"], table["when"], table["date"], strict=True)):
        if not float(rate) > 0:
            given = str(rates["usd_per_unit"].iloc[index])
            problems.append(Problem("rates", index + 2, "usd_per_unit", given, "expected a number above zero"))
        if np.isnan(when):
            expected = "expected a year, year-month or date, for example 2023-06"
            problems.append(Problem("rates", index + 2, "date", str(date), expected))
    if problems:
        raise DataError(problems)
    return table


def _decimal_year(value: object) -> float:
    """Decimal year of 2023, "2023", "2023-06" or "2023-06-15"; a year stands for its middle."""
    if isinstance(value, datetime.date):
        text = value.isoformat()[:10]
    else:
        text = f"{value:.0f}" if isinstance(value, float) and not np.isnan(value) else str(value).strip()[:10]
    parts = text.split("-")
    if len(parts) == 1 and text.isdigit():
        return int(text) + 0.5
    middle = {2: ["15"], 3: []}
    try:
        year, month, day = (int(part) for part in [*parts, *middle[len(parts)]])
        date = datetime.date(year, month, day)
    except (ValueError, KeyError):
        return float("nan")
    return date.year + (date.timetuple().tm_yday - 1) / 365.25


def _numbers(table: pd.DataFrame, name: str) -> list[float]:
    if name not in table:
        return [float("nan")] * len(table)
    return [float(value) for value in pd.to_numeric(table[name], errors="coerce")]
