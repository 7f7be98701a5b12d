"""The answer for a study: what to build when, how sure that is, what more money buys, and why the rest is left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from keruen.languages import mark
from keruen.portfolio.programme.candidates import Candidate
from keruen.portfolio.programme.climbing import ranked
from keruen.portfolio.programme.reasons import Reason
from keruen.portfolio.programme.stress import DRAWS, Stress
from keruen.portfolio.programme.timetable import Plan, Timetable
from keruen.portfolio.programme.values import SetValues

if TYPE_CHECKING:
    from keruen.study import Study

__all__ = ["Programme"]

_COLUMNS = [
    "project", "name_en", "cost_musd", "chosen", "start_year", "opening_year", "under_way_since",
    "planned_opening_year", "marginal_musd", "npv_alone_musd", "bcr_alone", "reason",
]  # fmt: skip


@dataclass(frozen=True, eq=False)
class Programme:
    """The best plan found for a study.

    Attributes
    ----------
    timetable : Timetable
        Candidates that change anything, their options and the rules.
    values : SetValues
        What sets of them bring.
    plan : tuple of int
        Option of each candidate, 0 for none.
    npv_musd : float
        Net present value of the plan, million USD, by its own equilibria.
    bound_musd : float
        No plan of these candidates is worth more; infinite where there is no such bound.
    reason : str
        ``proven``, ``time limit`` or ``not proven`` (where no proof was asked for).
    left_out : mapping of str to Reason
        Why every other project of the register was not considered.
    idle : tuple of Candidate
        Projects with a cost that change nothing, alone or beside all others.
    sets : int
        Sets of projects that plans within the rules use.
    cpu_s, wall_s : float
        Seconds of the search, without the appraisal of single projects.
    curve : pandas.DataFrame
        Best plan for every budget: budget_musd from which it is affordable, npv_musd, cost_musd, projects, bound_musd
        that no plan of that budget is worth more than, gap_musd. A budget by period keeps its shares of the whole.
        Every plan of it is worth what its own equilibria say.
    stress : Stress
        What `robustness` draws from.
    """

    timetable: Timetable
    values: SetValues
    plan: Plan
    npv_musd: float
    bound_musd: float
    reason: str
    left_out: Mapping[str, Reason]
    idle: tuple[Candidate, ...]
    sets: int
    cpu_s: float
    wall_s: float
    curve: pd.DataFrame
    stress: Stress

    def __repr__(self) -> str:
        names = ", ".join(self.projects) or "nothing"
        return f"<Programme: {names}; NPV {self.npv_musd:,.0f} of at most {self.bound_musd:,.0f} million USD>"

    @property
    def projects(self) -> tuple[str, ...]:
        """Projects to build, the first to start first."""
        taken = sorted(self.timetable.chosen(self.plan), key=lambda one: (one[1].start, one[0]))
        return tuple(self.timetable.candidates[number].project for number, _ in taken)

    @property
    def study(self) -> Study:
        """The study."""
        return self.values.base.study

    @property
    def modelled(self) -> int:
        """Sets of projects whose equilibria were solved here."""
        return self.values.modelled

    @property
    def proven(self) -> bool:
        """Whether no plan of these candidates is worth more."""
        return self.reason == "proven"

    @property
    def gap_musd(self) -> float:
        """What a better plan could be worth more, at most, million USD."""
        return max(self.bound_musd - self.npv_musd, 0.0)

    @property
    def cost_musd(self) -> float:
        """Undiscounted cost of the plan, million USD."""
        return float(self.timetable.spent(self.plan).sum())

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row a candidate.

        Columns: project, name_en, cost_musd, chosen, start_year, opening_year, under_way_since (see `under_way`),
        planned_opening_year, marginal_musd (what the plan is worth more with it than without it, in the years of the
        plan, the rest of the plan as it is), npv_alone_musd, bcr_alone (both in the years as planned), reason (why it
        is left out).
        """
        taken = dict(self.timetable.chosen(self.plan))
        rows = []
        for number, one in enumerate(self.timetable.candidates):
            option = taken.get(number)
            rows.append((one, option is not None, option, self._marginal[number][0]))
        rows += [(one, False, None, -one.cost_musd) for one in self.idle]
        found = (
            {
                "project": one.project, "name_en": one.name, "cost_musd": one.cost_musd, "chosen": chosen,
                "start_year": option.start if option else None, "opening_year": option.opening if option else None,
                "under_way_since": self.under_way.get(one.project), "planned_opening_year": one.case.opening_year,
                "marginal_musd": marginal, "npv_alone_musd": one.npv_musd, "bcr_alone": one.bcr,
                "reason": str(self.reasons.get(one.project, "")),
            }
            for one, chosen, option, marginal in rows
        )  # fmt: skip
        return pd.DataFrame(found, columns=_COLUMNS).astype({"under_way_since": float})

    @property
    def barred(self) -> tuple[str, ...]:
        """Candidates that would add to the plan and that the budget or a rule forbids."""
        table = self.table[~self.table["chosen"].astype(bool) & (self.table["marginal_musd"] > 0)]
        return tuple(table["project"])

    @cached_property
    def under_way(self) -> dict[str, int]:
        """Year in which works began, of the candidates that began before the first year of the plan by the register.

        What is spent on them already is not known, so a plan that holds one pays its full cost.
        """
        periods = self.timetable.terms.periods
        first = periods[0] if periods else self.study.settings.first_year
        since = {one.project: one.under_way_since(first) for one in (*self.timetable.candidates, *self.idle)}
        return {project: year for project, year in since.items() if year is not None}

    @cached_property
    def reasons(self) -> dict[str, Reason]:
        """Why each candidate that is not in the plan is left out."""
        found = {
            one.project: reason
            for one, (_, reason) in zip(self.timetable.candidates, self._marginal, strict=True)
            if reason
        }
        nothing = Reason(mark("changes nothing on the network, alone or beside the others"))
        return found | {one.project: nothing for one in self.idle}

    @cached_property
    def _marginal(self) -> list[tuple[float, Reason]]:
        """What each candidate adds to the plan, and why it is left out."""
        return [self._beside(number) for number in range(len(self.plan))]

    def _beside(self, number: int) -> tuple[float, Reason]:
        worth, value = self.npv_musd, self.values.guess
        if self.plan[number]:
            without = tuple(0 if at == number else taken for at, taken in enumerate(self.plan))
            return worth - self.timetable.npv(without, value), Reason()
        found = []
        for option in range(1, len(self.timetable.options[number]) + 1):
            other = tuple(option if at == number else taken for at, taken in enumerate(self.plan))
            found.append((self.timetable.npv(other, value) - worth, self.timetable.broken(other)))
        marginal, broken = max(found, key=lambda one: one[0])
        if marginal > 0:
            return marginal, broken or Reason(mark("the money is worth more elsewhere"))
        return marginal, Reason(mark("costs more than it brings beside the plan"))

    @cached_property
    def interactions(self) -> pd.DataFrame:
        """What pairs are worth together beyond each alone, million USD of present value; on the diagonal the NPV alone.

        Each pair as planned, from the year in which both work. Above 0 they help each other, below 0 they compete.
        """
        names = [one.project for one in self.timetable.candidates]
        found = np.diag([one.npv_musd for one in self.timetable.candidates])
        discount, years = self.timetable.discount, self.timetable.years
        for i, one in enumerate(self.timetable.candidates):
            for j, other in enumerate(self.timetable.candidates[:i]):
                both = years >= max(one.case.opening_year, other.case.opening_year)
                found[i, j] = found[j, i] = float(discount[both] @ self.values.interaction(i, j)[both])
        return pd.DataFrame(found, index=names, columns=names)

    def robustness(self, seed: int | None = None, draws: int = DRAWS) -> pd.Series:
        """How often each candidate is in the best plan when costs, benefits and demand are drawn anew.

        Parameters
        ----------
        seed : int, optional
            Of the draws; the study's if absent.
        draws : int
            How many.

        Returns
        -------
        pandas.Series
            Share by project, see :meth:`keruen.portfolio.programme.stress.Stress.shares`. The best of all plans within
            the rules where they were listed, else of those that the search has modelled.
        """
        share, _ = self.stress.shares(self.study.settings.seed if seed is None else seed, draws)
        return pd.Series(share, index=[one.project for one in self.timetable.candidates], dtype=float)

    @property
    def queue_share(self) -> float:
        """Share of what the chosen projects bring alone, in the last modelled year, that would not be there without queues."""
        last = [self.timetable.candidates[number].gains[-1] for number, _ in self.timetable.chosen(self.plan)]
        users = sum(year.users_musd for year in last)
        kept = sum(year.unqueued_musd for year in last if year.unqueued_musd == year.unqueued_musd)
        return max(1.0 - kept / users, 0.0) if users > 0 else 0.0

    @property
    def demand_factors(self) -> tuple[float, ...]:
        """Factors on the demand after the base year at which sets were modelled for `robustness`, the lowest first."""
        return tuple(level.factor for level in self.stress.levels)

    @cached_property
    def by_ranking(self) -> tuple[tuple[str, ...], float]:
        """What ranking by benefit over cost builds with the same money, and its NPV, million USD.

        See :func:`keruen.portfolio.programme.climbing.ranked`.
        """
        plan = ranked(self.timetable)
        for members in np.unique(self.timetable.sets(plan)):
            self.values.exact(int(members))
        names: Sequence[str] = [self.timetable.candidates[n].project for n, _ in self.timetable.chosen(plan)]
        return tuple(names), self.timetable.npv(plan, self.values.exact)
