"""Projects chosen together: the plan over the years, what more money buys, why the rest is left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from string import ascii_uppercase
from typing import Any

import numpy as np

from keruen.languages import mark
from keruen.portfolio.programme import Programme
from keruen.portfolio.programme.reasons import Reason
from keruen.portfolio.programme.stress import BENEFIT_SPREAD, COST_SPREAD, DRAWS
from keruen.report.charts.budget import Curve, budget_chart
from keruen.report.charts.timeline import Work, timeline_chart
from keruen.report.maps import CREDITS, Drawn, plan_map, site
from keruen.report.numbers import DASH
from keruen.report.reading import Reading
from keruen.report.sections.page import FULL, Page, Section
from keruen.report.vector import draw, inline

__all__ = ["section"]

_NAMED = 3
"""Projects that a title names."""

_MAP = (340, 600, 720)
"""Widths of the map, beside which the projects are listed."""

_PAIRS = 6
_LEAST_MUSD = 1.0
"""Pairs that are shown, and what they must be worth together."""

_MATRIX, _MATRIX_LEAST = 10, 3
"""Most and fewest projects of a matrix of pairs."""

_ADDED = 2
"""Projects that the label of a step names."""


def section(page: Page) -> Section | None:
    """The plan, its years, what is left out, the budget curve, pairs; none where no projects were chosen."""
    found = page.programme
    if found is None or not len(found.table):
        return None
    names = _names(page.reading, found)
    rows = found.table.sort_values(["opening_year", "start_year"], kind="stable").to_dict("records")
    share = found.robustness().to_dict()
    title = _title(page.reading, found, names)
    curve = _curve(page.reading, found, names)
    works = _works(found, names)
    left = sorted((row for row in rows if not row["chosen"]), key=lambda row: -row["marginal_musd"])
    drawn = [
        Drawn(number * row["chosen"], names[row["project"]], _year(row), site(found.study, row["project"]))
        for number, row in enumerate([*(row for row in rows if row["chosen"]), *left], 1)
    ]
    body = page.template(
        "programme.html.j2",
        chosen=[_chosen(page.reading, row, names, share) for row in rows if row["chosen"]],
        robust=bool(share), draws=page.reading.numbers.decimal(DRAWS),
        map=_map(page, drawn, title), credits=" ".join(page.reading.say(text) for text in CREDITS),
        offmap=page.reading.listed([one.name for one in drawn if not one.site]),
        timeline=_drawn(page, timeline_chart, works, title) if works else None,
        left=[_left(page.reading, row, found.reasons[row["project"]], names) for row in left],
        curve=_drawn(page, budget_chart, curve, title) if curve else None,
        near=curve is not None and curve.near,
        pairs=_pairs(page.reading, found, names), matrix=_matrix(page.reading, found, names, [row["project"] for row in rows if row["chosen"]]),
        notes=_notes(page.reading, found, names, bool(share)),
    )  # fmt: skip
    return Section("programme", title, _sub(page.reading, found), body)


def _drawn(page: Page, chart: Any, what: Any, label: str) -> Any:
    return page.sized(inline(draw(chart(page.reading, what, width)), label) for width in FULL)


def _map(page: Page, drawn: Sequence[Drawn], title: str) -> Any:
    """The plan on the map; none where no project has a place there."""
    if not any(one.site for one in drawn):
        return None
    return page.sized(inline(plan_map(page.reading, drawn, width), title) for width in _MAP)


def _year(row: Mapping[Any, Any]) -> str:
    return f"{row['opening_year']:.0f}" if row["chosen"] else ""


def _names(reading: Reading, found: Programme) -> dict[str, str]:
    """Names of all projects of the register in the reader's language."""
    return {
        str(row["project_id"]): reading.named(row, str(row["project_id"])) for row in found.study.records("project")
    }


def _title(reading: Reading, found: Programme, names: Mapping[str, str]) -> str:
    numbers, budget = reading.numbers, found.timetable.terms.budget_musd[-1]
    money, cost = numbers.amount(budget), numbers.amount(found.cost_musd)
    listed = reading.listed([names[project] for project in found.projects])
    if not found.projects:
        if found.proven and found.barred:
            return reading.say("Nothing that fits USD {budget} million and the rules is worth building", budget=money)
        if found.proven:
            return reading.say("No project is worth its cost within USD {budget} million", budget=money)
        return reading.say("No plan worth building was found within USD {budget} million", budget=money)
    if len(found.projects) > _NAMED:
        return reading.count(
            "{number} project for USD {cost} million is the best plan found within USD {budget} million",
            "{number} projects for USD {cost} million are the best plan found within USD {budget} million",
            len(found.projects), number=numbers.decimal(len(found.projects)), cost=cost, budget=money,
        )  # fmt: skip
    if found.proven:
        return reading.say(
            "Of USD {budget} million, {cost} million are worth spending: {projects}",
            budget=money, cost=cost, projects=listed,
        )  # fmt: skip
    return reading.say("The best plan found for USD {budget} million: {projects}", budget=money, projects=listed)


_QUEUED = 0.5
"""Share of the gains from which a plan is said to rest on queues."""


def _sub(reading: Reading, found: Programme) -> str:
    numbers, settings, terms = reading.numbers, found.study.settings, found.timetable.terms
    parts = [
        reading.say(
            "The plan costs USD {cost} million of {year} and is worth USD {npv} million net of it, {first} to {last},"
            " {rate} a year. Every set of projects has its own equilibrium of freight, so what one takes from another"
            " counts.",
            cost=numbers.amount(found.cost_musd), year=settings.price_year, npv=numbers.amount(found.npv_musd),
            first=settings.first_year, last=settings.last_year, rate=numbers.percent(settings.discount_rate),
        )
    ]  # fmt: skip
    if terms.periods:
        years = reading.listed([str(year) for year in terms.periods])
        parts.append(reading.say("Works may start in {years}.", years=years))
    parts.append(_proof(reading, found))
    queued = found.queue_share
    if queued >= _QUEUED:
        parts.append(
            reading.say(
                "{share} of what its projects bring rests on queues, the least certain figures of the model.",
                share=numbers.percent(queued),
            )
        )
    return " ".join(parts)


def _proof(reading: Reading, found: Programme) -> str:
    """How sure the plan is."""
    if found.proven:
        return reading.say("Proven: no plan of these candidates within the budget is worth more.")
    if found.bound_musd == float("inf"):
        return reading.say("Not proven, and no bound holds where demand answers to cost or revenue counts.")
    return reading.say(
        "Not proven: a better plan may exist; none is worth more than USD {bound} million, as if everything were built"
        " and nothing queued.",
        bound=reading.numbers.amount(found.bound_musd),
    )


def _chosen(
    reading: Reading, row: Mapping[Any, Any], names: Mapping[str, str], share: Mapping[Any, float]
) -> dict[str, str]:
    numbers = reading.numbers
    return {
        "name": names[row["project"]], "start": f"{row['start_year']:.0f}", "opening": f"{row['opening_year']:.0f}",
        "cost": numbers.amount(row["cost_musd"]), "adds": numbers.amount(row["marginal_musd"]),
        "share": numbers.percent(share.get(row["project"], float("nan"))),
        "begun": _begun(reading, row),
    }  # fmt: skip


def _begun(reading: Reading, row: Mapping[Any, Any]) -> str:
    """Since when works are under way and where the plan moves the opening; empty where none have begun."""
    if row["under_way_since"] != row["under_way_since"]:
        return ""
    since = f"{row['under_way_since']:.0f}"
    if not row["chosen"] or row["opening_year"] == row["planned_opening_year"]:
        return reading.say(
            "under way since {year}: what is spent already is not known and is charged in full", year=since
        )
    return reading.say(
        "under way since {year}: what is spent already is not known and is charged in full; the opening moves from"
        " {planned} to {opening}",
        year=since, planned=f"{row['planned_opening_year']:.0f}", opening=f"{row['opening_year']:.0f}",
    )  # fmt: skip


def _left(reading: Reading, row: Mapping[Any, Any], reason: Reason, names: Mapping[str, str]) -> dict[str, str]:
    return {
        "name": names[row["project"]], "cost": reading.numbers.amount(row["cost_musd"]),
        "adds": reading.numbers.amount(row["marginal_musd"]), "reason": _said(reading, reason, names),
        "begun": _begun(reading, row),
    }  # fmt: skip


def _said(reading: Reading, reason: Reason, names: Mapping[str, str]) -> str:
    """A reason in the reader's language."""
    shown: dict[str, object] = {}
    for name, value in reason.values.items():
        if name.endswith("musd"):
            shown[name] = reading.numbers.amount(float(value))
        elif name == "country":
            shown[name] = reading.country(str(value))
        elif name in ("project", "needed"):
            shown[name] = reading.say("“{name}”", name=names[str(value)])
        else:
            shown[name] = value
    return reading.say(reason.message, **shown)


def _curve(reading: Reading, found: Programme, names: Mapping[str, str]) -> Curve | None:
    """Budget curve, each step named by what it adds; none where plans were too many to list or nothing is worth it."""
    if len(found.curve) < 2:  # nothing but the empty plan
        return None
    steps: list[tuple[float, float, str]] = []
    before: Sequence[str] = ()
    for row in found.curve.itertuples():
        projects = [name for name in str(row.projects).split(";") if name]
        new = [names[name] for name in projects if name not in before]
        label = reading.listed(new) if len(new) <= _ADDED else ""
        steps.append((float(row.budget_musd), float(row.npv_musd), label))
        before = projects
    return Curve(tuple(steps), found.timetable.terms.budget_musd[-1], found.npv_musd, found.bound_musd)


def _works(found: Programme, names: Mapping[str, str]) -> list[Work]:
    candidates = found.timetable.candidates
    return [
        Work(names[one.project], option.start, option.opening, option.closing, one.cost_musd)
        for number, option in found.timetable.chosen(found.plan)
        for one in [candidates[number]]
    ]


def _pairs(reading: Reading, found: Programme, names: Mapping[str, str]) -> list[dict[str, str]]:
    """Pairs that are worth more or less together, the largest first."""
    table, words = found.interactions, (mark("help each other"), mark("compete"))
    values = [(abs(table.at[a, b]), table.at[a, b], a, b) for a, b in combinations(table.index, 2)]
    return [
        {
            "names": reading.listed([names[a], names[b]]), "word": reading.say(words[int(value < 0)]),
            "value": ("" if value < 0 else "+") + reading.numbers.amount(float(value)),
        }
        for size, value, a, b in sorted(values, reverse=True)[:_PAIRS]
        if size >= _LEAST_MUSD
    ]  # fmt: skip


def _matrix(reading: Reading, found: Programme, names: Mapping[str, str], taken: Sequence[str]) -> list[dict[str, Any]]:
    """What every pair is worth together beyond each alone, a row a project, those of the plan first.

    Projects of the plan keep their numbers on the map, the others have letters.
    """
    table = found.interactions
    size = table.abs().where(~np.eye(len(table), dtype=bool), 0.0)
    strong = [project for project in size.index if size.loc[project].max() >= _LEAST_MUSD]
    strong.sort(key=lambda one: (taken.index(one) if one in taken else len(taken), -size.loc[one].sum()))
    strong = strong[:_MATRIX]
    if len(strong) < _MATRIX_LEAST:
        return []
    most = float(size.loc[strong, strong].to_numpy().max())

    def cell(one: str, other: str) -> dict[str, str]:
        value = float(table.at[one, other])
        if one == other or abs(value) < _LEAST_MUSD:
            return {"value": "" if one == other else DASH, "look": "self" if one == other else "none", "tint": "0"}
        sign = "+" if value > 0 else ""
        look, tint = ("helps" if value > 0 else "competes"), f"{15 + 45 * abs(value) / most:.0f}"
        return {"value": sign + reading.numbers.amount(value), "look": look, "tint": tint}

    letters = iter(ascii_uppercase)
    return [
        {
            "name": names[one], "chosen": one in taken, "cells": [cell(one, other) for other in strong],
            "sign": str(taken.index(one) + 1) if one in taken else next(letters),
        }
        for one in strong
    ]  # fmt: skip


def _demand(reading: Reading, found: Programme) -> str:
    """Which demand the draws vary."""
    factors = found.demand_factors
    if len(factors) < 2:
        return reading.say("They do not vary the demand: there was no time to model it.")
    return reading.say(
        "They also vary the demand after the base year from {low} to {high} of the central one (assumed), at which the"
        " sets were modelled too.",
        low=reading.numbers.percent(factors[0]), high=reading.numbers.percent(factors[-1]),
    )  # fmt: skip


def _notes(reading: Reading, found: Programme, names: Mapping[str, str], robust: bool) -> list[str]:
    """What ranking would build, what the robustness assumes, how many projects are no candidates."""
    numbers = reading.numbers
    ranked, npv = found.by_ranking
    if set(ranked) == set(found.projects) and round(npv) == round(found.npv_musd):
        parts = [reading.say("Ranking the projects by benefit over cost builds the same with this money.")]
    else:
        parts = [
            reading.say(
                "Ranking by benefit over cost would build {projects} with the same money: a net present value of USD"
                " {npv} million, {less} million less.",
                projects=reading.listed([names[project] for project in ranked]) or DASH,
                npv=numbers.amount(npv), less=numbers.amount(found.npv_musd - npv),
            )
        ]  # fmt: skip
    if robust:
        parts.append(
            reading.say(
                "The draws vary each cost by {cost} and all benefits together by {benefit} (standard deviation of the"
                " logarithm, assumed) and take the best plan of each.",
                cost=numbers.percent(COST_SPREAD), benefit=numbers.percent(BENEFIT_SPREAD),
            )
        )  # fmt: skip
        parts.append(_demand(reading, found))
    parts.append(
        reading.say(
            "Pairs are valued as planned, from the year in which both serve; below nothing they take freight from each"
            " other."
        )
    )
    if found.left_out:
        parts.append(
            reading.count(
                "{number} other project of the register is no candidate: no published cost, built already, no effect that"
                " can be modelled, or barred by the terms.",
                "{number} other projects of the register are no candidates: no published cost, built already, no effect"
                " that can be modelled, or barred by the terms.",
                len(found.left_out), number=numbers.decimal(len(found.left_out)),
            )
        )  # fmt: skip
    return parts
