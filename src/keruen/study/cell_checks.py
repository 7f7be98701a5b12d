"""Checks that follow from the schema alone: required cells, ranges, keys, references, low and high ends, sources."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import wraps
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from babel import Locale

from keruen.errors import Problem
from keruen.study._cells import members, text_of
from keruen.study._said import did_you_mean
from keruen.study.attributes import Attribute, TableSchema, schema
from keruen.study.reading import Draft

__all__ = ["PROBLEMS", "Check", "needs", "triple_of"]

Check: TypeAlias = Callable[[Draft], Iterator[Problem]]
"""A check yields what it finds in a draft."""

_NEEDS_ROWS = ("place", "link", "service", "commodity", "source")
_UNLOCODE = re.compile(r"[A-Z]{2}[A-Z2-9]{3}")
_ADDRESS = re.compile(r"https?://[^\s/?#]+\S*", re.IGNORECASE)
CURRENCY = re.compile("|".join(sorted(Locale("en").currencies)))


def needs(*names: str) -> Callable[[Check], Check]:
    """Skip a check where not all is known of a table or a ``table.column``: what it would say follows from that."""

    def decorated(check: Check) -> Check:
        @wraps(check)
        def checked(draft: Draft) -> Iterator[Problem]:
            return check(draft) if draft.has(*names) else iter(())

        return checked

    return decorated


def reads(*columns: str) -> Callable[[Check], Check]:
    """Skip a check of single rows where one of these ``table.column`` was not read."""

    def decorated(check: Check) -> Check:
        @wraps(check)
        def checked(draft: Draft) -> Iterator[Problem]:
            return check(draft) if draft.lost.isdisjoint(columns) else iter(())

        return checked

    return decorated


def rows_there(draft: Draft) -> Iterator[Problem]:
    """The tables that nothing works without have a row."""
    for name in _NEEDS_ROWS:
        if draft.has(name) and not len(draft.tables[name]):
            yield Problem(draft.file(name), None, None, None, "one row at least", f"Add a {name}")


def required(draft: Draft) -> Iterator[Problem]:
    """A required cell is filled."""
    for table, frame in _present(draft):
        for column, attribute in table.attributes.items():
            if not attribute.required:
                continue
            empty = frame[column].isna().to_numpy() if attribute.is_number else (frame[column] == "").to_numpy()
            for row in np.flatnonzero(empty):
                if (table.name, column, int(row)) not in draft.bad:
                    draft.spoil(table.name, column, int(row))
                    mend = f"{attribute.description}"
                    if attribute.dtype == "source":
                        mend = "Name a row of source.csv; assumed, with a note, is a legal source"
                    yield draft.at(table.name, int(row), column, "", "a value: this column is required", mend)


def ranges(draft: Draft) -> Iterator[Problem]:
    """Numbers lie between the ends of their range; those that do not are missing from here on."""
    for table, frame in _present(draft):
        for column, attribute in table.attributes.items():
            if attribute.is_number and not (attribute.low is None and attribute.high is None):
                low = -np.inf if attribute.low is None else attribute.low
                high = np.inf if attribute.high is None else attribute.high
                values = frame[column].to_numpy(dtype=float)
                outside = (values < low) | (values > high)
                for row in np.flatnonzero(outside):
                    value = float(values[row])
                    expected, mend = _range_words(attribute, low, high, value)
                    draft.spoil(table.name, column, int(row))
                    yield draft.at(table.name, int(row), column, text_of(value), expected, mend)
                if outside.any():
                    frame[column] = np.where(outside, np.nan, values)


def _range_words(attribute: Attribute, low: float, high: float, value: float) -> tuple[str, str]:
    if attribute.column in ("lat_deg", "lon_deg"):
        name = "latitude" if attribute.column == "lat_deg" else "longitude"
        return f"{name} lies between {low:g} and {high:g}", "Are longitude and latitude exchanged?"
    unit = f" {attribute.unit}" if attribute.unit not in ("", "1", "year") else ""
    name = attribute.column.split("_")[0]
    if value < 0 <= low:
        return f"{name} is not negative, {low:,.10g}{unit} or more", "Correct the sign"
    if high == np.inf:
        return f"{low:,.10g}{unit} or more", f"Is the unit right? {attribute.description}"
    return f"between {low:,.10g} and {high:,.10g}{unit}", f"Is the unit right? {attribute.description}"


def codes(draft: Draft) -> Iterator[Problem]:
    """UN/LOCODEs and currency codes have their form."""
    forms = (
        ("place", "unlocode", _UNLOCODE, "a UN/LOCODE of five letters such as IRBND"),
        ("project", "native_currency", CURRENCY, "an ISO 4217 currency code such as KZT"),
    )
    for table, column, form, expected in forms:
        for row, value in enumerate(draft.tables[table][column]):
            if value and not form.fullmatch(value):
                yield draft.at(table, row, column, value, expected, "Leave it empty if not known")


def addresses(draft: Draft) -> Iterator[Problem]:
    """The address of a source is one of the web: the report links to it."""
    for row, value in enumerate(draft.tables["source"]["url"]):
        if value and not _ADDRESS.fullmatch(value):
            mend = "Leave it empty if there is none, and say in citation where it is found"
            yield draft.at("source", row, "url", value, "an address that begins with https:// or http://", mend)


def keys(draft: Draft) -> Iterator[Problem]:
    """A key stands once."""
    for table, frame in _present(draft):
        key = list(table.key)
        if not frame.duplicated(key).any():
            continue
        first: dict[tuple[str, ...], int] = {}
        for row, values in enumerate(zip(*([text_of(v) for v in frame[column]] for column in key), strict=True)):
            if not all(values):
                continue
            if values in first:
                mend = f"Row {draft.line(table.name, first[values])} has it already"
                yield draft.at(table.name, row, "|".join(key), "|".join(values), "each key once", mend)
            first.setdefault(values, row)


def references(draft: Draft) -> Iterator[Problem]:
    """What is named in another table stands there."""
    known = {name: set(draft.tables[name][table.key[0]]) for name, table in schema().items()}
    bad = frozenset(draft.bad)  # a cell may name several that are not there
    for table, frame in _present(draft):
        for column, attribute in table.attributes.items():
            target = attribute.references
            if not target or not draft.has(target, f"{target}.{schema()[target].key[0]}"):
                continue
            there = known[attribute.references] | {""}
            for row, cell in enumerate(frame[column]):
                if cell in there:
                    continue
                for name in members(cell) if attribute.dtype == "ids" else [cell]:
                    if name not in there and (table.name, column, row) not in bad:
                        draft.spoil(table.name, column, row)
                        yield _unresolved(draft, table.name, row, column, name, attribute.references, there)


def _unresolved(draft: Draft, table: str, row: int, column: str, name: str, target: str, known: set[str]) -> Problem:
    expected = f"a {schema()[target].key[0]} of table {target}"
    mend = did_you_mean(name, known) or f"Add it to {draft.file(target)}"
    return draft.at(table, row, column, name, expected, mend)


@needs("demand_family", "demand_family.family", "demand_family.year", "demand.family", "demand.year")
def families(draft: Draft) -> Iterator[Problem]:
    """The family of a flow has a total for its year."""
    family = draft.tables["demand_family"]
    known = set(zip(family["family"], family["year"], strict=True))
    names = {name for name, _ in known}
    demand = draft.tables["demand"]
    told = set()
    for row, pair in enumerate(zip(demand["family"], demand["year"], strict=True)):
        if pair not in known and pair[0] in names and pair not in told:
            told.add(pair)
            expected = f"a row of demand_family for {pair[0]} in {text_of(pair[1])}"
            yield draft.at("demand", row, "year", text_of(pair[1]), expected, "Add its total for that year")


def triples(draft: Draft) -> Iterator[Problem]:
    """A low end is not above the mean, nor the mean above the high end."""
    for table, frame in _present(draft):
        for names in filter(None, (triple_of(column, table.attributes) for column in table.attributes)):
            values = frame[list(names)].to_numpy(dtype=float)
            filled = [(name, values[:, i]) for i, name in enumerate(names)]
            wrong = np.zeros(len(frame), dtype=bool)
            for (_, a), (_, b) in ((filled[0], filled[1]), (filled[1], filled[2]), (filled[0], filled[2])):
                wrong |= a > b
            for row in np.flatnonzero(wrong):
                said = ", ".join(f"{name} = {text_of(float(cells[row]))}" for name, cells in filled)
                column, value = _culprit(names, values[row])
                yield draft.at(
                    table.name, int(row), column, value, f"low <= mean <= high, found {said}", "Put them in order"
                )


def triple_of(column: str, attributes: Mapping[str, Attribute]) -> tuple[str, str, str] | None:
    """Names of low end, mean and high end that a mean column has, None if it has no ends.

    Examples
    --------
    >>> triple_of("dwell_h", schema()["stage"].attributes)
    ('dwell_low_h', 'dwell_h', 'dwell_high_h')
    """
    words = column.split("_")
    for cut in range(len(words), 0, -1):
        low, high = ("_".join([*words[:cut], end, *words[cut:]]) for end in ("low", "high"))
        if low in attributes and high in attributes:
            return low, column, high
    return None


def _culprit(names: tuple[str, str, str], values: Any) -> tuple[str, str]:
    low, mean, high = values
    chosen = 0 if low > mean else 2 if mean > high or low > high else 1
    return names[chosen], text_of(float(values[chosen]))


def observed(draft: Draft) -> Iterator[Problem]:
    """The low end of an observation is not above its high end."""
    frame = draft.tables["observation"]
    for row in np.flatnonzero((frame["observed_low"] > frame["observed_high"]).to_numpy()):
        expected = f"observed_low up to observed_high = {text_of(frame['observed_high'].iloc[row])}"
        value = text_of(frame["observed_low"].iloc[row])
        yield draft.at("observation", int(row), "observed_low", value, expected, "Exchange them")


def reasons(draft: Draft) -> Iterator[Problem]:
    """What is assumed says why."""
    source = draft.tables["source"]
    assumed = {"assumed", *source.loc[source["kind"] == "assumed", "source_id"]}
    for table, frame in _present(draft):
        if not table.figures or "note" not in table.attributes or f"{table.name}.note" in draft.lost:
            continue
        silent = frame["source"].isin(assumed) & (frame["note"] == "")
        for row in np.flatnonzero(silent.to_numpy()):
            mend = "Say in note why this value, and how wide the range is"
            expected = "a note, since the source is assumed"
            yield draft.at(table.name, int(row), "source", frame["source"].iloc[row], expected, mend)


def capacity_sources(draft: Draft) -> Iterator[Problem]:
    """A capacity names where it comes from."""
    for table, column in (("link", "capacity_trains_per_day"), ("facility", "capacity_t_per_year")):
        if f"{table}.capacity_source" in draft.lost:
            continue
        frame = draft.tables[table]
        silent = frame[column].notna() & (frame["capacity_source"] == "")
        for row in np.flatnonzero(silent.to_numpy()):
            if (table, "capacity_source", int(row)) in draft.bad:
                continue
            value = text_of(frame[column].iloc[row])
            yield draft.at(table, int(row), column, value, "a capacity_source beside a capacity", "Name it, or assumed")


def _present(draft: Draft) -> Iterator[tuple[TableSchema, pd.DataFrame]]:
    for name, table in schema().items():
        if name in draft.raw:
            yield table, draft.tables[name]


PROBLEMS: tuple[Check, ...] = (
    rows_there, required, ranges, codes, addresses, keys, references, families, triples, observed, reasons, capacity_sources,
)  # fmt: skip
"""Checks whose findings are problems."""
