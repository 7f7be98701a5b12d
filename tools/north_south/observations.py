"""Observations: published measurements with the way in which the model answers them."""

from __future__ import annotations

import pandas as pd

from tools.north_south.parameters import joined, split_source
from tools.north_south.raw import Raw, given
from tools.north_south.tables import Row, slug

__all__ = ["observations"]

UNITS = {"d": "day", "Mt/y": "Mt/year"}


def observations(raw: Raw) -> list[Row]:
    """All rows of the observation table."""
    drafted = raw.draft("fit_table").set_index("observation_id")
    words = given("observation_words").set_index("en")
    rows = []
    for row in given("observation").itertuples(index=False):
        seen = drafted.loc[row.draft]
        source, also = split_source(seen["source"])
        rows.append(
            {
                "observation_id": slug(row.draft), **_worded(words, "name", seen["quantity"]), "subject": row.subject,
                "measure": row.measure, "origin": row.origin, "destination": row.destination, "via": row.via,
                "avoid": row.avoid,
                "service": row.service, "commodity": row.commodity, "country": row.country, "survey": row.survey,
                "survey_km": row.survey_km, "survey_border_stops": row.stops, "facility": row.facility,
                "direction": row.direction, "terminals": row.terminals,
                "observed_low": float(row.low or seen["observed_low"]),
                "observed_high": float(row.high or seen["observed_high"]),
                "unit": row.unit or UNITS.get(seen["unit"], seen["unit"]), **_tolerance(seen["tolerance"]),
                "role": row.role or seen["role"], "target_rank": row.rank, "source": source.lower(),
                "note": joined(seen["note"], row.extra, also), **_worded(words, "reason", row.reason),
            }
        )  # fmt: skip
    return rows


def _worded(words: pd.DataFrame, column: str, text: str) -> Row:
    """A name or reason in the three languages; one without a translation stops the build."""
    english = {"name": "name_en", "reason": "reason"}[column]
    if not text:
        return {english: ""}
    return {english: text, f"{column}_ru": words.at[text, "ru"], f"{column}_kk": words.at[text, "kk"]}


def _tolerance(text: str) -> Row:
    """Tolerance in percent or in the unit; a published range or upper bound has none of its own."""
    if text in ("range", "upper"):
        return {"tolerance_percent": 0.0}
    if text.endswith("%"):
        return {"tolerance_percent": float(text[:-1])}
    return {"tolerance_absolute": float(text)}
