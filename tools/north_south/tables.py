"""Write tables in the order and with the columns of the study schema."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import pandas as pd

__all__ = ["Row", "number", "slug", "usd", "used_sources", "write_table"]

Row: TypeAlias = dict[str, Any]

SCHEMA = Path(__file__).parents[2] / "src" / "keruen" / "study" / "schema" / "attributes.csv"


def columns(table: str) -> list[str]:
    """Columns of a table, in order."""
    schema = pd.read_csv(SCHEMA, keep_default_na=False)
    return list(schema.loc[schema["table"] == table, "column"])


def used_sources(tables: Mapping[str, Iterable[Row]]) -> list[Row]:
    """Rows of the source table that some row of another table names."""
    schema = pd.read_csv(SCHEMA, keep_default_na=False)
    columns = schema[schema["dtype"] == "source"]
    named = {
        row.get(column, "")
        for table, column in columns[["table", "column"]].itertuples(index=False)
        for row in tables.get(table, ())
    }
    return [row for row in tables["source"] if row["source_id"] in named]


def write_table(folder: Path, table: str, rows: Iterable[Mapping[str, Any]]) -> int:
    """Write a table as CSV; columns without any value are left out unless required.

    Returns
    -------
    int
        Number of rows.

    Raises
    ------
    ValueError
        If a row has a column that the schema does not know.
    """
    wanted = columns(table)
    listed = list(rows)
    unknown = {key for row in listed for key in row} - set(wanted)
    if unknown:
        raise ValueError(f"{table}: columns not in the schema: {sorted(unknown)}")
    frame = pd.DataFrame([{c: _text(row.get(c, "")) for c in wanted} for row in listed], columns=wanted)
    used = [c for c in wanted if (frame[c] != "").any()]
    frame[used].to_csv(folder / f"{table}.csv", index=False, lineterminator="\n")
    return len(frame)


def _text(value: Any) -> str:
    if value is None or value is pd.NA or (isinstance(value, float) and value != value):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return number(value)
    return str(value)


def number(value: float, digits: int = 10) -> str:
    """A number as short text: no exponent, no trailing zeros."""
    text = f"{value:.{digits}f}".rstrip("0").rstrip(".")
    return "0" if text in ("", "-0") else text


def usd(value: float) -> float:
    """Money by tonne or t-km rounded to four significant figures."""
    return float(f"{value:.4g}")


def slug(text: str) -> str:
    """A short name in lower case with hyphens."""
    plain = "".join(c if c.isascii() and c.isalnum() else "-" for c in text.lower().replace("'", ""))
    return "-".join(part for part in plain.split("-") if part)
