"""``keruen choose``: the projects of a study chosen together, their appraisals resumed, what was found written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from keruen.appraising import appraise_study
from keruen.errors import UsageError
from keruen.portfolio.programme import Programme, asked, choose_programme
from keruen.portfolio.programme.searching import LISTED
from keruen.portfolio.programme.stress import BENEFIT_SPREAD, COST_SPREAD, DRAWS
from keruen.runs import write_table

if TYPE_CHECKING:
    from keruen.appraisal.alone import Appraisals
    from keruen.study import Study

QUEUED = 0.5
"""Share of the gains from which a plan is said to rest on queues."""

_YEARS = ("start_year", "opening_year", "under_way_since", "planned_opening_year")

_RULES = ("by_country_musd", "at_most", "must", "never", "restricted", "time_limit")

__all__ = ["QUEUED", "check", "choose_study", "ending", "interaction_pairs", "summary", "tables"]


def choose_study(
    study: Study,
    budget_musd: float | Sequence[float] | None = None,
    *,
    periods: Sequence[int] | None = None,
    appraisals: Appraisals | None = None,
    out: Path | None = None,
    appraising: Callable[[str], object] | None = None,
    **terms: Any,
) -> Programme:
    """Choose the projects of a study, write what is found.

    Parameters
    ----------
    study : Study
        The study.
    budget_musd : float or sequence of float, optional
        Million USD in all or by period; that of the settings if absent.
    periods : sequence of int, optional
        Years in which works may start; those of the settings if absent.
    appraisals : Appraisals, optional
        Each project alone; appraised here if absent.
    out : pathlib.Path, optional
        Folder for tables. Single projects are appraised there as by `keruen.appraising.appraise_study`, so a later run
        takes them from there.
    appraising : callable, optional
        Called with the id of each project as its appraisal begins.
    **terms : object
        Rules and limits of `keruen.portfolio.programme.choosing.choose_programme`.

    Returns
    -------
    Programme
        The best plan found, with its bound.

    Raises
    ------
    UsageError
        If no budget is stated, a term makes no sense, no plan keeps the rules, or ``out`` holds something else.
    """
    money, years = check(study, budget_musd, periods=periods, **terms)
    if appraisals is None:
        appraisals = appraise_study(study, out=out, progress=appraising)
    found = choose_programme(study, money, periods=years, appraisals=appraisals, **terms)
    if out is not None:
        for name, table in tables(found).items():
            write_table(table, out / f"{name}.csv")
    return found


def check(
    study: Study,
    budget_musd: float | Sequence[float] | None = None,
    *,
    periods: Sequence[int] | None = None,
    **terms: Any,
) -> tuple[float | Sequence[float], tuple[int, ...]]:
    """Budget and periods, those of the settings where none are said; nothing is modelled.

    Raises
    ------
    UsageError
        If no budget is stated or a term makes no sense.
    """
    stated = study.settings.portfolio
    years = stated.periods if periods is None else tuple(periods)
    money = budget_musd
    if money is None:
        if not stated.budget_musd:
            raise UsageError("no budget: say it, or set budget_musd in [portfolio] of keruen.toml")
        money = stated.budget_musd[0] if len(stated.budget_musd) == 1 else stated.budget_musd
    asked(study, money, periods=years, **{name: value for name, value in terms.items() if name in _RULES})
    return money, years


def tables(found: Programme) -> dict[str, pd.DataFrame]:
    """The plan, what it is worth, the budget curve, pairs, robustness, and what was not considered."""
    share = found.robustness()
    ranked, ranked_npv = found.by_ranking
    budgets = found.timetable.terms.budget_musd
    worth = {
        "budget_musd": budgets[-1], "cost_musd": found.cost_musd, "npv_musd": found.npv_musd,
        "bound_musd": found.bound_musd, "gap_musd": found.gap_musd, "gap_share_of_npv": _gap_share(found),
        "reason": found.reason, "sets": found.sets, "sets_modelled": found.modelled,
        "ranking_npv_musd": ranked_npv, "ranking_projects": ";".join(ranked),
    }  # fmt: skip
    left = pd.DataFrame({"project": list(found.left_out), "reason": [str(why) for why in found.left_out.values()]})
    return {
        "plan": found.table.astype(dict.fromkeys(_YEARS, "Int64")),
        "plan_worth": pd.DataFrame([worth]),
        "budget_curve": found.curve,
        "interactions": interaction_pairs(found),
        "robustness": share.rename_axis("project").rename("share").reset_index(),
        "left_out": left,
    }


def interaction_pairs(found: Programme) -> pd.DataFrame:
    """Pairs of candidates with what they are worth together beyond each alone, the largest first.

    Parameters
    ----------
    found : Programme
        A plan.

    Returns
    -------
    pandas.DataFrame
        project, other, interaction_musd (present value, million USD; below 0 they compete).
    """
    table = found.interactions
    rows = [(one, other, float(table.at[one, other])) for one, other in combinations(table.index, 2)]
    rows.sort(key=lambda row: -abs(row[2]))
    return pd.DataFrame(rows, columns=["project", "other", "interaction_musd"])


def _musd(value: float, *, sign: bool = False) -> str:
    """Million USD: whole from ten on, two digits below, so that small plans do not vanish."""
    plus = "+" if sign else ""
    return f"{value:{plus},.0f}" if value == 0 or not abs(value) < 10 else f"{value:{plus}.2g}"


def _gap_share(found: Programme) -> float:
    """Gap as a share of the worth; not a number where the plan is worth nothing."""
    return found.gap_musd / found.npv_musd if found.npv_musd > 0 else float("nan") if found.gap_musd else 0.0


def summary(found: Programme) -> RenderableType:
    """The plan with its years, worth and bound, why each other candidate is left out, and what ranking would build."""
    table = _table(["In the plan"], ["from", "opens", "cost", "worth in the plan", "robust"])
    share = found.robustness()
    rows = found.table.sort_values(["start_year", "opening_year"], kind="stable").to_dict("records")
    for row in (row for row in rows if row["chosen"]):
        name = str(row["project"])
        table.add_row(
            Text(_named(row)), f"{row['start_year']:.0f}", f"{row['opening_year']:.0f}", f"{_musd(row['cost_musd'])}",
            f"{_musd(row['marginal_musd'], sign=True)}", f"{share[name]:.0%}" if name in share else "",
        )  # fmt: skip
    left = _table(["Left out"], ["cost", "would add"])
    left.add_column("why", overflow="fold")
    idle = {one.project for one in found.idle}
    others = [row for row in rows if not row["chosen"] and row["project"] not in idle]
    for row in sorted(others, key=lambda row: -row["marginal_musd"]):
        left.add_row(
            Text(_named(row)),
            f"{_musd(row['cost_musd'])}",
            f"{_musd(row['marginal_musd'], sign=True)}",
            Text(str(row["reason"])),
        )
    parts: list[RenderableType] = [Text(_title(found), style="bold")]
    parts += [table, ""] if found.projects else [Text(_nothing(found)), ""]
    parts += [left, ""] if left.row_count else []
    parts += [
        Text(line) for line in (*_proof(found), _ranking(found), *_drawn(found), *_under_way(found), *_apart(found))
    ]
    return Group(*parts)


def _nothing(found: Programme) -> str:
    """Why the plan is empty: no money for any project, or none that is worth its cost."""
    if not found.timetable.candidates:
        return "No project can be chosen: none has a cost, changes the network and can open in time."
    cheapest = min((one.cost_musd for one in found.timetable.candidates), default=0.0)
    budget = found.timetable.terms.budget_musd[-1]
    if budget < cheapest:
        return f"The budget of {budget:,.4g} million USD is below the cheapest candidate, {cheapest:,.4g} million."
    if not found.proven:
        bound = (
            ""
            if found.bound_musd == float("inf")
            else f"; none is worth more than {_musd(found.bound_musd)} million USD"
        )
        when = "No plan worth building was found" + (" in the time" if found.reason == "time limit" else "")
        return f"{when}; that there is none is not proven{bound}."
    if found.barred:
        return "Nothing that fits the budget and the rules is worth building; what would be is left out below, with the rule."
    return "Nothing is worth building: every candidate costs more than it brings."


def ending(found: Programme) -> list[str]:
    """The recommended plan in plain words: what to build when, its cost and worth, how sure, how robust."""
    if not found.projects:
        return [_nothing(found)]
    settings, share = found.study.settings, found.robustness()
    lines = [
        f"Recommended plan, {_budget(found)} million USD: {_counted(len(found.projects))} for {_musd(found.cost_musd)} million USD,"
        f" worth {_musd(found.npv_musd)} million USD net of cost by {settings.last_year}"
    ]
    rows = found.table[found.table["chosen"].astype(bool)].set_index("project")
    for project in found.projects:
        row = rows.loc[project]
        lines.append(
            f"  {row['start_year']:.0f} begin {row['name_en']}, open {row['opening_year']:.0f}: {_musd(row['cost_musd'])} million USD,"
            f" adds {_musd(row['marginal_musd'])}, in the best plan of {share[project]:.0%} of the draws"
        )
        if project in found.under_way:
            lines.append(f"    {_begun(row.to_dict())}: what is spent already is not known, the full cost is charged")
    if found.proven:
        lines.append("Proven: no plan of these candidates is worth more")
    elif found.bound_musd < float("inf"):
        lines.append(f"Not proven: no plan is worth more than {_musd(found.bound_musd)} million USD")
    else:
        lines.append("Not proven, and no bound holds")
    if found.queue_share >= QUEUED:
        lines.append(f"{found.queue_share:.0%} of what its projects bring rests on queues, the least certain figures")
    return [*lines, _ranking(found)]


def _counted(number: int) -> str:
    return "1 project" if number == 1 else f"{number} projects"


def _title(found: Programme) -> str:
    periods = found.timetable.terms.periods
    years = f", works from {', '.join(map(str, periods))}" if periods else ""
    settings = found.study.settings
    return f"{settings.name_en}: {_budget(found)} million USD of {settings.price_year}{years}"


def _budget(found: Programme) -> str:
    budgets = found.timetable.terms.budget_musd
    if len(set(budgets)) == 1:
        return f"{_musd(budgets[-1])}"
    return " by period, ".join((", ".join(f"{_musd(value)}" for value in budgets), "added up"))


def _proof(found: Programme) -> list[str]:
    worth = f"Cost {_musd(found.cost_musd)}, NPV {_musd(found.npv_musd)} million USD"
    sets = f"{found.modelled} sets of projects modelled"
    seconds = f"{sets}, {found.wall_s:,.0f} s"
    if found.proven:
        return [f"{worth}: proven, no plan of these candidates is worth more ({seconds})"]
    searched = len(found.timetable.candidates) > LISTED
    why = {
        "time limit": f"the time limit passed before the {'search ended' if searched else 'proof'}",
        "not proven": "too many plans to list, so it is not proven" if searched else "no proof was asked for",
    }
    said = f"{worth}: {why[found.reason]} ({seconds})"
    if found.bound_musd == float("inf"):
        return [said, "No bound holds here: demand answers to cost, or operators' revenue counts"]
    share = _gap_share(found)
    gap = f", gap {_musd(found.gap_musd)}" + (f" ({share:.0%} of the NPV)" if share == share else "")
    return [said, f"No plan is worth more than {_musd(found.bound_musd)} million USD{gap}"]


def _ranking(found: Programme) -> str:
    ranked, npv = found.by_ranking
    if set(ranked) == set(found.projects) and abs(npv - found.npv_musd) < 0.5:
        return "Ranking by benefit over cost builds the same"
    names = ", ".join(_names(found, ranked)) or "nothing"
    return f"Ranking by benefit over cost builds {names}: NPV {_musd(npv)}, {_musd(found.npv_musd - npv)} less"


def _drawn(found: Programme) -> list[str]:
    """What "robust" means here."""
    if not found.timetable.candidates:
        return []
    factors = found.demand_factors
    demand = f"demand after the base year by {factors[0]:g} to {factors[-1]:g}" if len(factors) > 1 else ""
    drawn = [f"costs by {COST_SPREAD:.0%}", f"benefits by {BENEFIT_SPREAD:.0%}", *([demand] if demand else [])]
    said = f"Robust: share of {DRAWS:,} draws in whose best plan a project is; they vary {', '.join(drawn)} (assumed)"
    return [said if demand else f"{said}; no time was left to model other demand"]


def _late(found: Programme) -> list[str]:
    """Projects that cannot open in time, each with its reason."""
    return [
        f"{project} {why}" for project, why in found.left_out.items() if why.startswith(("opens in ", "starts in "))
    ]


def _apart(found: Programme) -> list[str]:
    idle = ", ".join(one.project for one in found.idle)
    lines = [f"These change nothing on the network, alone or beside the others: {idle}"] if idle else []
    lines += _late(found)
    if found.left_out:
        lines.append(f"{len(found.left_out)} other projects are no candidates; left_out.csv says why of each")
    return lines


def _names(found: Programme, projects: Sequence[str]) -> list[str]:
    named = {one.project: one.name for one in found.timetable.candidates}
    return [named[project] for project in projects]


def _under_way(found: Programme) -> list[str]:
    """Works that have begun, and what a plan that holds them does to them."""
    if not found.under_way:
        return []
    moved = [row for row in found.table.to_dict("records") if row["project"] in found.under_way and row["chosen"]]
    return [
        "Under way by the register: what is spent on these already is not known, so the full cost is charged",
        *(f"  {row['project']}: {_begun(row)}" for row in moved),
    ]


def _begun(row: dict[Any, Any]) -> str:
    """Since when works are under way, and where the plan moves the opening."""
    said = f"under way since {row['under_way_since']:.0f}"
    if not row["chosen"] or row["opening_year"] == row["planned_opening_year"]:
        return said
    return f"{said}, its opening moves from {row['planned_opening_year']:.0f} to {row['opening_year']:.0f}"


def _named(row: dict[Any, Any]) -> str:
    since = row["under_way_since"]
    return f"{row['project']} {row['name_en']}" + (f" (under way since {since:.0f})" if since == since else "")


def _table(text: Sequence[str], figures: Sequence[str]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in text:
        table.add_column(heading, overflow="fold")
    for heading in figures:
        table.add_column(heading, justify="right", no_wrap=True)
    return table
