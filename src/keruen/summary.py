"""Results as tables in a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from keruen.network.legs import time_cost_distance

if TYPE_CHECKING:
    from keruen.appraisal import Comparison
    from keruen.network import Route
    from keruen.study import Study

__all__ = ["coverage", "legs_table", "routes_table", "summary"]

ROLES = {"fit": "fitted", "input": "given", "check": "checked"}
"""What an observation was used for, in words."""


def summary(result: Comparison) -> RenderableType:
    """Routes side by side, then how the model stands against published observations."""
    name = result.study.settings.name_en
    table = _table(f"{name}, {result.year}", ["route"], ["km", "days", "10-90 %", "USD/t", "kg CO2e/t", "moving"])
    for row in _rows(result.routes):
        table.add_row(
            Text(str(row.name_en)), f"{row.distance_km:,.0f}", _days(row.time_h),
            f"{_days(row.time_low_h)} to {_days(row.time_high_h)}", f"{row.cost_usd_per_t:,.0f}",
            f"{row.emission_kg_per_t:,.0f}", f"{row.moving_h / row.time_h:.0%}",
        )  # fmt: skip
    lines: list[RenderableType] = [table, _verdicts(result)]
    lines += [Text(f"{name}: {why}", style="red") for name, why in result.failed.items()]
    if len(result.unreached):
        lines.append(Text(f"{len(result.unreached)} places are out of reach: tables/unreached_places.csv"))
    return Group(*lines)


def routes_table(found: Sequence[Route]) -> Table:
    """Distinct routes, the cheapest first."""
    table = _table(
        f"{found[0].origin} - {found[0].destination}, {found[0].costs.carriage.commodity}",
        ["by"], ["km", "days", "USD/t", "kg CO2e/t", "USD/t with time"],
    )  # fmt: skip
    for route in found:
        kinds = route.network.facilities
        passed = [str(kinds.at[i, "name_en"]) for i in route.network.facility[list(route.arcs)] if i >= 0]
        table.add_row(
            Text(", ".join(passed) or "no stop"), f"{route.distance_km:,.0f}", _days(route.time_h),
            f"{route.money_usd_per_t:,.0f}", f"{route.emission_kg_per_t:,.0f}", f"{route.generalised_usd_per_t:,.0f}",
        )  # fmt: skip
    return table


def legs_table(route: Route, study: Study) -> Table:
    """Time/cost-distance of one route."""
    table = _table("The first, leg by leg", ["from", "to", "country", "activity"], ["km", "h", "10-90 %", "USD/t"])
    for row in _rows(time_cost_distance(route, study.settings.seed)):
        table.add_row(
            Text(str(row.place_from)), Text(str(row.place_to)), row.country, row.service or row.activity,
            f"{row.distance_km:,.0f}", f"{row.time_h:,.1f}", f"{row.time_low_h:,.0f} to {row.time_high_h:,.0f}",
            f"{row.cost_usd_per_t:,.1f}",
        )  # fmt: skip
    return table


def coverage(study: Study) -> Table:
    """Rows by table and kind of source."""
    from keruen.study import sources

    rows, assumed = sources(study)
    wide = rows.pivot_table(index="table", columns="kind", values="rows", aggfunc="sum", fill_value=0)
    kinds = sorted((str(kind) for kind in wide.columns), key=lambda kind: -int(wide[kind].to_numpy().sum()))
    table = _table(f"Figure-bearing rows by kind of source, {len(assumed)} assumed", ["table"], [*kinds, "rows"])
    for name, row in wide.iterrows():
        table.add_row(str(name), *(f"{int(row[kind]):,}" if row[kind] else "" for kind in kinds), f"{int(row.sum()):,}")
    total = wide.sum()
    table.add_section()
    table.add_row("all", *(f"{int(total[kind]):,}" for kind in kinds), f"{int(total.sum()):,}")
    return table


def _verdicts(result: Comparison) -> Table:
    table = _table("Model against published observations", [""], ["within", "miss", "not answered"])
    for role, words in ROLES.items():
        verdict = result.observations.loc[result.observations["role"] == role, "verdict"]
        table.add_row(words, *(str(int((verdict == v).sum())) for v in ("within", "miss", "unanswered")))
    return table


def _rows(frame: pd.DataFrame) -> Iterator[Any]:
    return iter(frame.itertuples())


def _table(title: str, text: Sequence[str], figures: Sequence[str]) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)
    for heading in text:
        table.add_column(heading)
    for heading in figures:
        table.add_column(heading, justify="right")
    return table


def _days(hours: float) -> str:
    days = hours / 24
    return f"{days:.0f}" if days >= 10 else f"{days:.1f}"
