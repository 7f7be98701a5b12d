"""Plans of a programme: one option or none for each candidate, the rules they keep, and what they are worth."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from keruen.appraisal.economics import Conventions
from keruen.errors import UsageError
from keruen.languages import mark
from keruen.portfolio.programme.candidates import Candidate, Option
from keruen.portfolio.programme.reasons import Reason

__all__ = ["Plan", "Terms", "Timetable", "Value"]

Plan: TypeAlias = tuple[int, ...]
"""By candidate: 0 for none, else one plus the number of its option."""

Value: TypeAlias = Callable[[int], NDArray[np.float64]]
"""Benefits by year of a set of candidates."""

_ROUNDING = 1e-9
_BITS = 62


@dataclass(frozen=True)
class Terms:
    """What a plan must keep.

    Attributes
    ----------
    budget_musd : tuple of float
        Cost of the projects that may start by the end of each period, million USD; what one period leaves the next
        may spend.
    periods : tuple of int
        First year of each period; empty: every project starts as planned, within one budget.
    by_country_musd : mapping of str to float
        What a country may bear in all.
    at_most : int or None
        Projects that may start in one period.
    must : frozenset of str
        Projects that are in every plan.
    """

    budget_musd: tuple[float, ...]
    periods: tuple[int, ...] = ()
    by_country_musd: Mapping[str, float] = field(default_factory=dict)
    at_most: int | None = None
    must: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        wrong = [
            (any(not value >= 0 for value in self.budget_musd), f"budget {list(self.budget_musd)}: not below 0"),
            (
                len(self.budget_musd) != max(1, len(self.periods)),
                f"{len(self.budget_musd)} budgets for {max(1, len(self.periods))} periods",
            ),
            (list(self.periods) != sorted(set(self.periods)), f"periods {list(self.periods)}: rising years expected"),
            (any(not value >= 0 for value in self.by_country_musd.values()), "a country's budget is not below 0"),
            (self.at_most is not None and self.at_most < 1, f"at most {self.at_most} projects: 1 or more expected"),
        ]
        found = [text for bad, text in wrong if bad]
        if found:
            raise UsageError("; ".join(found))


class Timetable:
    """Options of every candidate under some terms.

    Parameters
    ----------
    candidates : sequence of Candidate
        Candidates.
    options : sequence of list of Option
        Options of each.
    terms : Terms
        Budgets and rules.
    rules : Conventions
        Horizon and rate.
    """

    def __init__(
        self, candidates: Sequence[Candidate], options: Sequence[list[Option]], terms: Terms, rules: Conventions
    ) -> None:
        self.candidates = list(candidates)
        self.options = [list(some) for some in options]
        self.terms = terms
        self.years = np.arange(rules.base_year, rules.last_year + 1)
        self.discount = (1.0 + rules.discount_rate) ** -(self.years - rules.base_year).astype(float)
        if rules.residual == "remaining-benefits":
            self.discount = self.discount.copy()
            self.discount[-1] *= 1.0 + self._ahead(rules)
        self.cost = np.array([one.cost_musd for one in self.candidates])
        self.number = {one.project: number for number, one in enumerate(self.candidates)}
        absent = sorted(terms.must - set(self.number))
        if absent:
            raise UsageError(f"{', '.join(absent)} must be in the plan and cannot be chosen")

    def _ahead(self, rules: Conventions) -> float:
        """Worth of the years after the horizon in those of its last year, by the shortest life left."""
        left = [some[-1].closing - 1 - rules.last_year for some in self.options if some]
        ahead = np.arange(1, max(min(left, default=0), 0) + 1)
        return float(((1.0 + rules.growth_after) ** ahead / (1.0 + rules.discount_rate) ** ahead).sum())

    def chosen(self, plan: Plan) -> Iterator[tuple[int, Option]]:
        """Candidates in a plan with the option taken."""
        for number, taken in enumerate(plan):
            if taken:
                yield number, self.options[number][taken - 1]

    def sets(self, plan: Plan) -> NDArray[Any]:
        """Set of projects at work in each year, shape (years,)."""
        # Whole numbers of any size: a bit for every candidate, of which a register has more than an int64.
        wide = np.int64 if len(self.candidates) < _BITS else object
        found = np.zeros(len(self.years), dtype=wide)
        for number, option in self.chosen(plan):
            found[(self.years >= option.opening) & (self.years < option.closing)] |= 1 << number
        return found

    def needs_musd(self, plan: Plan) -> float:
        """Least budget in all that a plan fits in, where the budget of every period keeps its share of the whole."""
        budget, spent = np.array(self.terms.budget_musd), np.cumsum(self.spent(plan))
        if budget[-1] <= 0:
            return float(spent[-1])
        with np.errstate(divide="ignore", invalid="ignore"):
            needs = np.where(spent > 0, spent / (budget / budget[-1]), 0.0)
        return float(needs.max())

    def npv(self, plan: Plan, value: Value) -> float:
        """Net present value, million USD."""
        sets = self.sets(plan)
        benefit = 0.0
        for members in np.unique(sets):
            then = sets == members
            benefit += float(self.discount[then] @ value(int(members))[then])
        return benefit - sum(option.cost_pv_musd for _, option in self.chosen(plan))

    def spent(self, plan: Plan) -> NDArray[np.float64]:
        """Cost of the projects that start in each period, million USD."""
        found = np.zeros(len(self.terms.budget_musd))
        for number, option in self.chosen(plan):
            found[option.period] += self.cost[number]
        return found

    def broken(self, plan: Plan, *, any_budget: bool = False) -> Reason:
        """The first rule that a plan breaks, in words; empty if it keeps all, those of the budget apart if so asked."""
        taken = dict(self.chosen(plan))
        names = {self.candidates[number].project for number in taken}
        over = np.cumsum(self.spent(plan)) - np.array(self.terms.budget_musd)
        if not any_budget and (over > _ROUNDING * (1 + np.array(self.terms.budget_musd))).any():
            return Reason(mark("over the budget by {musd} million USD"), musd=float(over.max()))
        for country, limit in self.terms.by_country_musd.items():
            borne = sum(self.candidates[number].share(country) * self.cost[number] for number in taken)
            if borne > limit * (1 + _ROUNDING):
                said = mark("{country} would bear {musd} million USD of at most {limit_musd}")
                return Reason(said, country=country, musd=borne, limit_musd=limit)
        starts = [option.period for option in taken.values()]
        if self.terms.at_most is not None and any(starts.count(p) > self.terms.at_most for p in set(starts)):
            return Reason(mark("more than {number} projects would start in one period"), number=self.terms.at_most)
        for number, option in taken.items():
            one = self.candidates[number]
            for needed in one.requires:
                other = taken.get(self.number[needed])
                if other is None or other.opening > option.opening:
                    return Reason(mark("{project} needs {needed} to open first"), project=one.project, needed=needed)
            for barred in one.excludes:
                if barred in names:
                    return Reason(mark("{project} excludes {needed}"), project=one.project, needed=barred)
        missing = sorted(self.terms.must - names)
        return Reason(mark("{project} must be in the plan"), project=missing[0]) if missing else Reason()
