"""Where the figures come from: coverage by table and kind of source, and what is assumed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from keruen.study._cells import text_of
from keruen.study.attributes import schema

if TYPE_CHECKING:
    from keruen.study.study import Study

__all__ = ["Coverage", "share_assumed", "sources"]

SAYING = ("role", "basis", "status")
"""Columns in which a row says that it is assumed or derived, whatever source it leans on."""


class Coverage(NamedTuple):
    """What :func:`sources` finds.

    Attributes
    ----------
    rows : pandas.DataFrame
        table, kind, rows: number of figure-bearing rows by kind of source. The capacities of links and facilities,
        which have a source of their own, count as ``link capacity`` and ``facility capacity``.
    assumed : pandas.DataFrame
        table, row (its key), note: every assumed row with its reason.
    """

    rows: pd.DataFrame
    assumed: pd.DataFrame


def sources(study: Study) -> Coverage:
    """Count figure-bearing rows by table and kind of source.

    Parameters
    ----------
    study : Study
        The study.

    Returns
    -------
    Coverage
        Counts, and the assumed rows with their reasons.
    """
    kinds = study.tables["source"].set_index("source_id")["kind"]
    parts = [part for part in _figures(study) if len(part)]
    columns = ["table", "row", "source", "said", "note"]
    figures = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)
    figures["kind"] = figures["said"].where(figures["said"] != "", figures["source"].map(kinds).fillna(""))
    figures["kind"] = figures["kind"].replace("general", "assumed")  # nobody can read what somebody only knows
    counted = figures.groupby(["table", "kind"], sort=False).size().rename("rows").reset_index()
    assumed = figures.loc[figures["kind"] == "assumed", ["table", "row", "note"]].reset_index(drop=True)
    return Coverage(counted, assumed)


def share_assumed(coverage: Coverage) -> float:
    """Share of the figure-bearing rows that are assumed, 0 to 1."""
    total = int(coverage.rows["rows"].sum())
    return len(coverage.assumed) / total if total else 0.0


def _figures(study: Study) -> list[pd.DataFrame]:
    found = []
    for name, table in schema().items():
        rows = study.tables[name]
        if table.figures:
            found.append(_named(study, name, name, rows, "source", rows["source"] != ""))
        if "capacity_source" in table.attributes:
            found.append(
                _named(study, name, f"{name} capacity", rows, "capacity_source", rows["capacity_source"] != "")
            )
    return found


def _named(
    study: Study, name: str, title: str, rows: pd.DataFrame, source: str, chosen: pd.Series[Any]
) -> pd.DataFrame:
    rows = rows[chosen]
    keys = zip(*([text_of(value) for value in rows[column]] for column in schema()[name].key), strict=True)
    return pd.DataFrame(
        {
            "table": title,
            "row": ["|".join(key) for key in keys],
            "source": rows[source].to_numpy(),
            "said": _said_of(rows, source),
            "note": _notes(study, name, rows),
        }
    )


def _notes(study: Study, name: str, rows: pd.DataFrame) -> Any:
    """Reasons of rows; a cell of demand has that of the flow it is a part of."""
    if name == "demand":
        families = study.tables["demand_family"]
        said = families["method"].fillna("") + ": " + families["note"].fillna("")
        reason = pd.Series(said.to_numpy(), index=pd.MultiIndex.from_frame(families[["family", "year"]]))
        found = reason[~reason.index.duplicated()].reindex(pd.MultiIndex.from_frame(rows[["family", "year"]]))
        return found.fillna("").to_numpy()
    return rows["note"].to_numpy() if "note" in rows else ""


def _said_of(rows: pd.DataFrame, source: str) -> Any:
    """What a row says of itself: a figure set with a published source in view may still be assumed or derived."""
    for column in SAYING:
        if source == "source" and column in rows:
            return rows[column].where(rows[column].isin(["assumed", "derived"]), "").to_numpy()
    return ""
