"""Results as tables in a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd
from babel import Locale
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from keruen.errors import UsageError
from keruen.network.legs import time_cost_distance

if TYPE_CHECKING:
    from keruen.appraisal import Comparison
    from keruen.network import Route
    from keruen.study import Study

HIGH_SEAS = "XZ"
_ENGLISH = Locale("en")

__all__ = ["coverage", "legs_table", "routes_table", "summary"]

_ACTIVITIES = {
    "run": "running", "sea": "sea", "wait": "waiting", "border": "border and customs", "gauge": "gauge change",
    "port": "port", "terminal": "terminal",
}  # fmt: skip

ROLES = {"fit": "fitted", "input": "given", "check": "checked"}
"""What an observation was used for, in words."""


def summary(result: Comparison) -> RenderableType:
    """Routes side by side, then how the model stands against published observations."""
    table = _table(["route"], ["km", "days", "10-90 %", "USD/t", "kg CO2e/t", "moving"])
    for row in _rows(result.routes):
        table.add_row(
            Text(str(row.name_en)), f"{row.distance_km:,.0f}", _days(row.time_h),
            f"{_days(row.time_low_h)} to {_days(row.time_high_h)}", f"{row.cost_usd_per_t:,.0f}",
            f"{row.emission_kg_per_t:,.0f}", f"{row.moving_h / row.time_h:.0%}",
        )  # fmt: skip
    lines = [_titled(f"{result.study.settings.name_en}, {result.year}", table)]
    lines += [Text(f"{_name(result.study, name)}: {why}", style="red") for name, why in result.failed.items()]
    if len(result.observations):
        lines += ["", _titled("Model against published observations", _verdicts(result))]
    lines.append("")
    for year, loads in result.loads.items():
        lost = loads.freight.unserved
        if len(lost):
            tonnes = float(lost["flow_t_per_year"].sum()) / 1e6
            lines.append(
                Text(
                    f"{tonnes:.1f} Mt of {year} cannot be carried, {len(lost)} pairs: tables/unserved_demand_{year}.csv"
                )
            )
    if any(not loads.freight.calibration.settled for loads in result.loads.values()):
        lines.append(Text("the queues of the base year did not settle: its free hours are those of the last round"))
    if len(result.unreached):
        lines.append(Text(f"{len(result.unreached)} places are out of reach: tables/unreached_places.csv"))
    return Group(*lines)


def routes_table(found: Sequence[Route], study: Study) -> RenderableType:
    """Distinct routes, the cheapest first."""
    table = _table(["by"], ["km", "days", "USD/t", "kg CO2e/t", "USD/t with time"])
    for route in found:
        facilities = route.network.facilities
        passed = [str(facilities.at[i, "name_en"]) for i in route.network.facility[list(route.arcs)] if i >= 0]
        table.add_row(
            Text("\n".join(passed) or "no stop"), f"{route.distance_km:,.0f}", _days(route.time_h),
            f"{route.money_usd_per_t:,.0f}", f"{route.emission_kg_per_t:,.0f}", f"{route.generalised_usd_per_t:,.0f}",
        )  # fmt: skip
        table.add_section()
    first = found[0]
    origin, destination, carried = (
        _name(study, name) for name in (first.origin, first.destination, first.costs.carriage.commodity)
    )
    return _titled(f"{origin} - {destination}, {carried[:1].lower()}{carried[1:]}", table)


def legs_table(route: Route, study: Study) -> RenderableType:
    """Time/cost-distance of one route."""
    table = _table(["from", "to", "in", "by"], ["km", "h", "10-90 %", "USD/t"])
    for row in _rows(time_cost_distance(route, study.settings.seed)):
        table.add_row(
            Text(_name(study, row.place_from)), Text(_name(study, row.place_to)), _country(row.country),
            Text(_name(study, row.service) if row.service else _ACTIVITIES[row.activity]),
            f"{row.distance_km:,.0f}", f"{row.time_h:,.1f}", f"{row.time_low_h:,.0f} to {row.time_high_h:,.0f}",
            f"{row.cost_usd_per_t:,.1f}",
        )  # fmt: skip
    return _titled("The first, leg by leg", table)


def coverage(study: Study) -> RenderableType:
    """Figure-bearing rows by kind of source, then the assumed share of each table."""
    from keruen.study import sources

    rows, _ = sources(study)
    total = int(rows["rows"].sum())
    kinds = rows.groupby("kind")["rows"].sum().sort_values(ascending=False)
    by_kind = _table(["kind of source"], ["rows", "share"])
    for kind, count in kinds.items():
        by_kind.add_row(str(kind), f"{count:,}", f"{count / total:.0%}")
    by_table = _table(["table"], ["rows", "assumed", "share"])
    for name, part in rows.groupby("table", sort=False):
        count, assumed = int(part["rows"].sum()), int(part.loc[part["kind"] == "assumed", "rows"].sum())
        by_table.add_row(str(name), f"{count:,}", f"{assumed:,}", f"{assumed / count:.0%}")
    title = f"{study.settings.name_en}: {total:,} figure-bearing rows"
    return Group(_titled(title, by_kind), "", _titled("How much of each table is assumed", by_table))


def _verdicts(result: Comparison) -> Table:
    table = _table([""], ["within", "miss", "not answered"])
    for role, words in ROLES.items():
        verdict = result.observations.loc[result.observations["role"] == role, "verdict"]
        table.add_row(words, *(str(int((verdict == v).sum())) for v in ("within", "miss", "unanswered")))
    return table


def _name(study: Study, name: str) -> str:
    """English name of a row; its id where it has none."""
    try:
        return study.label(str(name))
    except UsageError:
        return str(name)


def _country(code: str) -> str:
    return "at sea" if code == HIGH_SEAS else str(_ENGLISH.territories.get(code, code))


def _rows(frame: pd.DataFrame) -> Iterator[Any]:
    return iter(frame.itertuples())


def _titled(title: str, table: Table) -> RenderableType:
    """A title on a line of its own: a table's own title wraps at the table's width."""
    return Group(Text(title, style="bold"), table)


def _table(text: Sequence[str], figures: Sequence[str]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in text:
        table.add_column(heading, overflow="fold", no_wrap=heading == "in")
    for heading in figures:
        table.add_column(heading, justify="right", no_wrap=True)
    return table


def _days(hours: float) -> str:
    days = hours / 24
    return f"{days:.0f}" if days >= 10 else f"{days:.1f}"
