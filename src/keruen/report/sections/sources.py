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


_NAMED = 3  # rows of one reason that are named

GROUPS = {
    "measured": (mark("measured"), ("measured",)),
    "reported": (mark("reported, data set"), ("reported", "dataset")),
    "factor": (mark("tariff or published factor"), ("tariff", "published factor")),
    "plan": (mark("plan"), ("plan",)),
    "estimate": (mark("estimated, derived or fitted"), ("estimate", "derived", "fitted")),
    "assumed": (mark("assumed"), ("assumed",)),
    "general": (mark("general knowledge, other"), ("general",)),
}
"""Kinds that share a colour in the bar."""


def section(page: Page) -> Section | None:
    """Coverage bar, sources, assumptions."""
    reading = page.reading
    coverage = reading.comparison.coverage
    bars = _bars(coverage)
    total = sum(rows for _, rows in bars)
    assumed = dict(bars).get("assumed", 0)
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
                "name": reading.say(GROUPS[group][0]), "token": COVERAGE_TOKENS[group], "rows": numbers.decimal(rows),
                "share": 100 * rows / max(total, 1),
            }
            for group, rows in bars
        ],
        cited=cited,
        others=others,
        assumed=_assumed(reading),
        assumed_count=len(reading.comparison.assumed),
    )  # fmt: skip
    return Section("sources", reading.say("Sources and assumptions"), sub, body)


def _bars(coverage: pd.DataFrame) -> list[tuple[str, int]]:
    """Rows by group of kinds; a kind that no group knows counts as other."""
    if not len(coverage):
        return []
    sums = coverage.groupby("kind")["rows"].sum()
    group_of = {kind: group for group, (_, kinds) in GROUPS.items() for kind in kinds}
    totals = dict.fromkeys(GROUPS, 0)
    for kind, rows in sums.items():
        totals[group_of.get(str(kind), "general")] += int(rows)
    return [(group, rows) for group, rows in totals.items() if rows]


def _assumed(reading: Reading) -> list[dict[str, str]]:
    """Assumed rows by table and reason; rows of one reason share a line that names the first of them."""
    table = reading.comparison.assumed.fillna("").astype(str)
    if not len(table):
        return []
    lines = []
    for (name, note), rows in table.groupby(["table", "note"], sort=False)["row"]:
        shown = ", ".join(rows.iloc[:_NAMED])
        if len(rows) > _NAMED:
            more = reading.numbers.decimal(len(rows) - _NAMED)
            shown = reading.say("{rows} and {number} more", rows=shown, number=more)
        lines.append({"table": str(name), "row": shown, "note": str(note)})
    return lines


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
