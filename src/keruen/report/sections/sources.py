"""Sources and assumptions: how many figures rest on what, the list of sources, every assumed row."""

from __future__ import annotations

from typing import Any

import pandas as pd

from keruen.languages import mark
from keruen.report.reading import Reading
from keruen.report.sections.page import Page, Section
from keruen.report.tokens import COVERAGE_TOKENS

__all__ = ["KINDS", "section"]

KINDS = {
    "measured": mark("measured"),
    "reported": mark("reported"),
    "dataset": mark("data set"),
    "tariff": mark("tariff"),
    "published factor": mark("published factor"),
    "plan": mark("plan"),
    "estimate": mark("estimate"),
    "derived": mark("derived"),
    "fitted": mark("fitted"),
    "assumed": mark("assumed"),
    "general": mark("general knowledge"),
}
"""Kinds of source, from the firmest to the loosest."""


def section(page: Page) -> Section | None:
    """Coverage bar, sources, assumptions."""
    reading = page.reading
    coverage = reading.comparison.coverage
    bars = _bars(reading, coverage)
    total = sum(rows for _, _, rows in bars)
    assumed = sum(rows for kind, _, rows in bars if kind == "assumed")
    numbers = reading.numbers
    sub = reading.count(
        "{number} row of figures by kind of source; {assumed} rest on assumptions, each listed with its reason.",
        "{number} rows of figures by kind of source; {assumed} rest on assumptions, each listed with its reason.",
        total,
        number=numbers.decimal(total),
        assumed=numbers.decimal(assumed),
    )
    cited, others = _listed(page)
    body = page.template(
        "sources.html.j2",
        bars=[
            {
                "name": reading.say(KINDS.get(kind, kind)), "token": token, "share": 100 * rows / max(total, 1),
                "rows": numbers.decimal(rows), "assumed": kind == "assumed",
            }
            for kind, token, rows in bars
        ],
        cited=cited,
        others=others,
        assumed=reading.comparison.assumed.fillna("").to_dict("records"),
    )  # fmt: skip
    return Section("sources", reading.say("Sources and assumptions"), sub, body)


def _bars(reading: Reading, coverage: pd.DataFrame) -> list[tuple[str, str, int]]:
    if not len(coverage):
        return []
    sums = coverage.groupby("kind")["rows"].sum()
    order = [kind for kind in KINDS if kind in sums.index] + [kind for kind in sums.index if kind not in KINDS]
    return [(kind, COVERAGE_TOKENS.get(kind, "cover-6"), int(sums[kind])) for kind in order if sums[kind]]


def _listed(page: Page) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Sources named in the report by number, and the others of the study."""
    table = page.reading.comparison.study.table("source").set_index("source_id")
    cited = [_entry(page.reading, table, name) for name in page.notes]
    others = [_entry(page.reading, table, str(name)) for name in table.index if name not in page.notes]
    return cited, others


def _entry(reading: Reading, table: pd.DataFrame, name: str) -> dict[str, Any]:
    if name not in table.index:
        return {"publisher": "", "title": name, "year": "", "kind": "", "url": ""}
    row = table.loc[name]
    kind = reading.say(KINDS.get(str(row["kind"]), str(row["kind"])))
    url = str(row["url"]) if isinstance(row["url"], str) else ""
    return {
        "publisher": row["publisher"], "title": row["title"],
        "year": "" if pd.isna(row["year"]) else str(int(row["year"])), "kind": kind[:1].upper() + kind[1:],
        "url": url if url.startswith(("https://", "http://")) else "",
    }  # fmt: skip
