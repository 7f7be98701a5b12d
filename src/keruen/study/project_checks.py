"""Checks of projects, of services and rates, and of what the report is to show."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

import numpy as np

from keruen.errors import Problem
from keruen.study._cells import members, text_of
from keruen.study._said import did_you_mean, listed
from keruen.study.attributes import schema
from keruen.study.cell_checks import Check, needs, reads
from keruen.study.reading import Draft
from keruen.study.settings import SETTINGS_FILE

__all__ = ["PROBLEMS", "REMARKS", "all_needed", "named"]

FAMILY_SLACK = 0.01
"""Share by which the flows of a family may miss its total before it is worth a look."""

_Row: TypeAlias = Mapping[Any, Any]


def circles(draft: Draft) -> Iterator[Problem]:
    """No project requires itself, directly or round a circle."""
    needs = named(draft, "requires")
    row_of = {name: row for row, name in enumerate(needs)}
    for circle in _circles(needs):
        start = min(range(len(circle)), key=lambda i: row_of[circle[i]])
        turned = [*circle[start:], *circle[: start + 1]]
        said = " -> ".join(turned)
        mend = "One of them must not require the next"
        yield draft.at("project", row_of[turned[0]], "requires", said, "no circle of prerequisites", mend)


def _circles(needs: Mapping[str, list[str]]) -> Iterator[list[str]]:
    """One circle for every back edge of a depth-first walk."""
    done: set[str] = set()
    for start in needs:
        path: list[str] = []
        stack: list[tuple[str, bool]] = [(start, False)]
        while stack:
            name, leaving = stack.pop()
            if leaving:
                done.add(path.pop())
            elif name in path:
                yield path[path.index(name) :]
            elif name not in done and name in needs:
                path.append(name)
                stack.append((name, True))
                stack += [(other, False) for other in needs[name]]


def exclusions(draft: Draft) -> Iterator[Problem]:
    """A project does not exclude itself, nor what it requires."""
    needs, excludes = named(draft, "requires"), named(draft, "excludes")
    for row, (name, others) in enumerate(excludes.items()):
        wanted = all_needed(name, needs)
        for other in others:
            if other == name:
                yield draft.at("project", row, "excludes", other, "another project", "Remove it")
            elif other in wanted or name in all_needed(other, needs):
                expected = f"no project that {name} requires or that requires it"
                yield draft.at("project", row, "excludes", other, expected, "Neither could ever be built")


def all_needed(name: str, needs: Mapping[str, list[str]]) -> set[str]:
    """Projects that a project requires, and those that they require in turn."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        for other in needs.get(waiting.pop(), ()):
            if other not in found:
                found.add(other)
                waiting.append(other)
    return found


def named(draft: Draft, column: str) -> dict[str, list[str]]:
    """Projects that each project names in a column."""
    project = draft.tables["project"]
    return {name: members(cell) for name, cell in zip(project["project_id"], project[column], strict=True)}


def one_sided(draft: Draft) -> Iterator[Problem]:
    """An exclusion stands on both sides."""
    excludes = named(draft, "excludes")
    for row, (name, others) in enumerate(excludes.items()):
        for other in others:
            if other in excludes and name not in excludes[other]:
                expected = f"{other} to exclude {name} too"
                yield draft.at("project", row, "excludes", other, expected, "It is read as mutual all the same")


def years(draft: Draft) -> Iterator[Problem]:
    """A project does not finish before it starts."""
    project = draft.tables["project"]
    for row in np.flatnonzero((project["finish_year"] < project["start_year"]).to_numpy()):
        value = text_of(project["finish_year"].iloc[row])
        expected = f"start_year {text_of(project['start_year'].iloc[row])} or later"
        yield draft.at("project", int(row), "finish_year", value, expected, "Exchange them?")


@reads("project.native_currency")
def currencies(draft: Draft) -> Iterator[Problem]:
    """A cost in another currency names the currency."""
    project = draft.tables["project"]
    silent = project["cost_native_million"].notna() & (project["native_currency"] == "")
    for row in np.flatnonzero(silent.to_numpy()):
        value = text_of(project["cost_native_million"].iloc[row])
        yield draft.at(
            "project", int(row), "cost_native_million", value, "a native_currency beside it", "For example KZT"
        )


@reads("project.price_year")
def price_years(draft: Draft) -> Iterator[Problem]:
    """A cost names the year of its prices."""
    project = draft.tables["project"]
    for column in ("cost_musd", "cost_native_million"):
        silent = project[column].notna() & project["price_year"].isna()
        for row in np.flatnonzero(silent.to_numpy()):
            if ("project", "price_year", int(row)) not in draft.bad:
                value = text_of(project[column].iloc[row])
                mend = "The year of the prices; failing that, of the publication"
                yield draft.at("project", int(row), column, value, "a price_year beside it", mend)


def comparison(draft: Draft) -> Iterator[Problem]:
    """The comparison that the report draws has routes."""
    route = draft.tables["route"]
    if draft.settings is None or not draft.has("route", "route.comparison"):
        return
    asked = draft.settings.comparison
    if asked and asked not in set(route["comparison"]):
        mend = did_you_mean(asked, route["comparison"]) or "Name a value of route.comparison"
        yield Problem(SETTINGS_FILE, None, "report.comparison", asked, "a comparison of table route", mend)


@reads("link.mode", "service.mode")
def carriers(draft: Draft) -> Iterator[Problem]:
    """A commodity has a service; a link's own service runs on its mode; a rate has the amount of its item."""
    for row, services in enumerate(draft.tables["commodity"]["services"]):
        if not members(services) and services:
            yield draft.at("commodity", row, "services", services, "one service at least")
    service = draft.tables["service"]
    mode_of = dict(zip(service["service_id"], service["mode"], strict=True))
    link = draft.tables["link"]
    for row, (name, mode) in enumerate(zip(link["service"], link["mode"], strict=True)):
        if name and mode and (mode_of.get(name) or mode) != mode:
            expected = f"a service of mode {mode}, found one of {mode_of[name]}"
            yield draft.at("link", row, "service", name, expected, "Correct mode or service")


def amounts(draft: Draft) -> Iterator[Problem]:
    """A line haul is paid by t-km, everything else by tonne; low and high stand beside the amount."""
    for row, rate in enumerate(draft.tables["rate"].to_dict("records")):
        unit = "usd_per_tkm" if rate["item"] == "line_haul" else "usd_per_t"
        for column in (f"rate_{unit}", f"rate_low_{unit}", f"rate_high_{unit}"):
            if rate["item"] and rate[column] != rate[column] and ("rate", column, row) not in draft.bad:
                expected = f"an amount, since the item is {rate['item']}"
                yield draft.at("rate", row, column, "", expected, "Give mean, low and high")


def intrazonal(draft: Draft) -> Iterator[Problem]:
    """Demand joins two zones: what stays in one is local freight, which a network of corridors does not carry."""
    demand = draft.tables["demand"]
    same = (demand["origin"] == demand["destination"]) & (demand["origin"] != "")
    for row in np.flatnonzero(same.to_numpy()):
        zone = demand["destination"].iloc[row]
        mend = "Freight within a zone is not carried by this model: leave the row out"
        yield draft.at("demand", int(row), "destination", zone, "another zone than origin", mend)


@needs("demand", "demand.family", "demand.year", "demand.flow_t_per_year")
@needs("demand_family", "demand_family.family", "demand_family.year")
def totals(draft: Draft) -> Iterator[Problem]:
    """The flows of a family sum to its total."""
    demand, family = draft.tables["demand"], draft.tables["demand_family"]
    if not len(demand):
        return
    sums = demand.groupby(["family", "year"])["flow_t_per_year"].sum()
    for row, (name, year, total) in enumerate(
        zip(family["family"], family["year"], family["total_t_per_year"], strict=True)
    ):
        found = float(sums.get((name, year), 0.0))
        if abs(found - total) > FAMILY_SLACK * max(total, 1.0):
            expected = f"the sum of its flows, {found:,.0f} t"
            yield draft.at("demand_family", row, "total_t_per_year", text_of(float(total)), expected)


def unused(draft: Draft) -> Iterator[Problem]:
    """A source that no row names."""
    naming = [a for table in schema().values() for a in table.attributes.values() if a.dtype == "source"]
    used = {source for a in naming for source in draft.tables[a.table][a.column]}
    lost = [source for source in draft.tables["source"]["source_id"] if source not in used]
    if lost and draft.has(*schema(), *(f"{a.table}.{a.column}" for a in naming)):
        expected = f"rows that name it; {len(lost)} sources are not used"
        yield Problem(draft.file("source"), None, "source_id", listed(lost), expected)


PROBLEMS: tuple[Check, ...] = (
    circles, exclusions, years, currencies, price_years, comparison, carriers, amounts, intrazonal,
)  # fmt: skip
"""Checks whose findings are problems."""

REMARKS: tuple[Check, ...] = (one_sided, totals, unused)
"""Checks whose findings are remarks."""
