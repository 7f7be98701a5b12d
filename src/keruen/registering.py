"""``keruen projects``: the register and its reconciliation as tables in a terminal, and as files of a run."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from keruen.appraisal.parties import NONE_FOUND, restrictions_met
from keruen.appraisal.reconciliation import Reconciliation, of_study
from keruen.appraisal.register import Register, register
from keruen.study import Study

__all__ = ["listing", "reconciliation", "sums", "tables"]

_DASH = "-"


def listing(found: Register, study: Study) -> RenderableType:
    """Projects one a row, and the sum of all; costs in other currencies are converted by a dated rate."""
    table = Table(title=f"{study.settings.name_en}: {len(found.projects)} of {found.of} rows", title_justify="left")
    for heading in ("project", "name", "programme", "sector", "in", "status"):
        table.add_column(heading, overflow="fold")
    for heading in ("years", "million USD"):
        table.add_column(heading, justify="right", no_wrap=True)
    for row in found.projects.to_dict("records"):
        words = (row["project_id"], row["name_en"], row["portfolio"], row["sector"])
        countries = str(row["countries"]).replace(";", " ")
        table.add_row(*map(_text, words), countries, _text(row["status"]), _years(row), _cost(row))
    table.caption = f"{_said(found.total)}\n{_marks(found)}".rstrip()
    return table


def sums(found: Register, by: Sequence[str]) -> RenderableType:
    """Number and value of the projects by programme, sector, country, status or party."""
    tables: list[RenderableType] = []
    for group in by:
        table = Table(title=f"{len(found.projects)} of {found.of} rows by {group}", title_justify="left")
        table.add_column(group)
        for heading in ("projects", "with a cost in USD", "million USD", "converted", "without a cost", "umbrellas"):
            table.add_column(heading, justify="right")
        for name, row in found.sums(group).iterrows():
            table.add_row(_text(name), *_cells(row))
        table.add_section()
        table.add_row("each once", *_cells(found.total))
        tables.append(table)
    return Group(*tables)


def reconciliation(study: Study) -> RenderableType:
    """Every announced total against the itemised projects, and the restrictions that the user supplied."""
    parts: list[RenderableType] = []
    for one in of_study(study.tables):
        parts += [Text(str(one)), "", _over_time(one), _costs(one), _parties(one), ""]
    if not parts:
        parts.append(Text("no total was announced: table programme names no portfolio"))
    return Group(*parts, _restrictions(study))


def tables(study: Study) -> dict[str, pd.DataFrame]:
    """Register with stage and value, announced totals, itemised costs and parties, for the tables of a run."""
    if not len(study.tables["project"]):
        return {}
    found = {"register": register(study.tables).projects}
    told = of_study(study.tables)
    if told:
        for name, part in (("announced", "over_time"), ("itemised", "items"), ("announced_parties", "parties")):
            found[name] = pd.concat(
                [getattr(one, part).assign(portfolio=one.portfolio) for one in told], ignore_index=True
            )
    return found


def _over_time(one: Reconciliation) -> Table:
    table = Table(title=f"{one.portfolio}: announced over time", title_justify="left")
    for heading in ("date", "announced"):
        table.add_column(heading)
    for heading in ("projects", "more", "billion USD", "more", "million USD a project"):
        table.add_column(heading, justify="right")
    table.add_column("source")
    for row in one.over_time.to_dict("records"):
        table.add_row(
            row["period"], _text(row["name_en"]),
            _over(row["number_more_than"]) + _number(row["number"]), _number(row["more_projects"], "+,.0f"),
            _over(row["value_more_than"]) + _number(row["value_musd"] / 1e3, ",.1f"),
            _number(row["more_musd"] / 1e3, "+,.1f"), _number(row["musd_per_project"]), row["source"],
        )  # fmt: skip
    table.add_section()
    table.add_row("now", "itemised in the register", str(one.number), "", f"{one.value_musd / 1e3:,.1f}", "", "", "")
    return table


def _over(more_than: bool) -> str:
    return "> " if more_than else ""


def _costs(one: Reconciliation) -> Table:
    """Every itemised row with its cost and how it was come by."""
    table = Table(title=f"{one.portfolio}: itemised", title_justify="left")
    for heading in ("project", "name"):
        table.add_column(heading)
    table.add_column("million USD", justify="right")
    for heading in ("cost", "how"):
        table.add_column(heading, overflow="fold")
    for row in one.items.to_dict("records"):
        cost = _number(row["value_musd"], ",.1f")
        table.add_row(row["project_id"], _text(row["name_en"]), cost, row["basis"], _text(row["basis_note"]))
    return table


def _parties(one: Reconciliation) -> Table:
    table = Table(title=f"{one.portfolio}: parties named in the announcement", title_justify="left")
    for heading in ("party", "projects of the portfolio", "elsewhere in the register"):
        table.add_column(heading, overflow="fold")
    for party, rows in one.parties.groupby("party", sort=False):
        inside, elsewhere = (_named(rows[rows["where"] == where]) for where in ("portfolio", "elsewhere"))
        table.add_row(_text(party), inside or NONE_FOUND, elsewhere or _DASH)
    return table


def _restrictions(study: Study) -> Group:
    listed = study.tables["restriction"]
    met = restrictions_met(study.tables)
    lines = [
        f"{row['project_id']}: {row['party']} on {row['list']} since {row['since'] or 'no stated date'} ({row['source']})"
        for row in met.to_dict("records")
    ]
    if len(listed):
        head = f"{met['project_id'].nunique()} projects have a party that a list of table restriction names."
    else:
        head = "Table restriction names no list; none was looked up."
    told = "Names are compared as words, owners and subsidiaries are not found: this is no compliance check."
    return Group(Text(f"{head} {told}"), *(Text(f"  {line}") for line in lines))


def _named(rows: pd.DataFrame) -> str:
    return ", ".join(f"{key} {name}" for key, name in zip(rows["project_id"], rows["name_en"], strict=True))


def _cells(row: pd.Series[float]) -> list[str]:
    return [
        f"{row['projects']:,.0f}", f"{row['in_usd']:,.0f}", f"{row['musd']:,.0f}",
        f"{row['converted_musd']:,.0f}" if row["converted"] else _DASH,
        f"{row['without_cost']:,.0f}", f"{row['umbrellas']:,.0f}" if row["umbrellas"] else _DASH,
    ]  # fmt: skip


def _said(total: pd.Series[float]) -> str:
    """The sum in words."""
    number = int(total["projects"])
    parts = [f"{number:,} project{'' if number == 1 else 's'}"]
    if total["in_usd"]:
        parts.append(f"USD {total['musd']:,.0f} million published for {total['in_usd']:,.0f}")
    if total["converted"]:
        parts.append(f"USD {total['converted_musd']:,.0f} million converted for {total['converted']:,.0f}")
    if total["without_cost"]:
        parts.append(f"{total['without_cost']:,.0f} without a cost")
    if total["umbrellas"]:
        parts.append(f"umbrella rows not added: {total['umbrellas']:,.0f}")
    return "; ".join(parts)


def _marks(found: Register) -> str:
    """What the marks beside the costs mean, where there are any."""
    shown = set(found.projects["basis"])
    said = {"converted": "~ converted by a dated rate", "no rate": "? no rate for its currency and year"}
    return "; ".join([text for basis, text in said.items() if basis in shown])


def _cost(row: dict[str, Any]) -> str:
    basis, value = row["basis"], row["value_musd"]
    if basis == "umbrella":
        return "umbrella"
    if basis == "no rate":
        return f"? {row['cost_native_million']:,.0f} {row['native_currency']}"
    return f"{'~' if basis == 'converted' else ''}{value:,.0f}" if basis != "no cost" else _DASH


def _number(value: float, form: str = ",.0f") -> str:
    return format(value, form) if math.isfinite(value) else _DASH


def _years(row: dict[str, Any]) -> str:
    start, finish = row["start_year"], row["finish_year"]
    if math.isfinite(start) and math.isfinite(finish):
        return f"{start:.0f}-{finish:.0f}"
    return f"from {start:.0f}" if math.isfinite(start) else f"by {finish:.0f}" if math.isfinite(finish) else _DASH


def _text(value: object) -> Text:
    return Text(str(value) or _DASH)
