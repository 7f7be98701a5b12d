"""Plans as a mixed-integer program: the rules as rows that know their reason, solved by HiGHS.

Flows never enter it: what a plan is worth comes in as numbers of single candidates and pairs. HiGHS is called through
scipy, which ships it; its own binding writes a banner to standard output.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from keruen.languages import mark
from keruen.portfolio.programme.candidates import Option
from keruen.portfolio.programme.reasons import Reason
from keruen.portfolio.programme.timetable import Plan, Timetable
from keruen.portfolio.programme.values import SetValues

__all__ = ["Program", "conflict"]

_SECONDS = 3.0
_GAP = 1e-3
_LEAST_SHARE = 1e-4
_NOTHING_MUSD = 1e-3
"""A pair that is worth less than this share of all single gains needs no column of its own."""


_INFEASIBLE, _OTHER = 2, 4
"""Statuses of `scipy.optimize.milp`."""


@dataclass(frozen=True, eq=False)
class _Solved:
    """Columns taken, none where none were found; and whether it is proven that there are none."""

    taken: NDArray[np.float64] | None
    impossible: bool


@dataclass(frozen=True)
class _Row:
    """A rule: columns with coefficients, least and most, and what it says."""

    terms: list[tuple[int, float]]
    least: float
    most: float
    says: Reason


class Program:
    """The plans of a timetable that keep its rules, one binary a candidate and option.

    Parameters
    ----------
    timetable : Timetable
        Options and rules.
    """

    def __init__(self, timetable: Timetable) -> None:
        self.timetable = timetable
        self.columns: list[tuple[int, int, Option]] = [
            (number, at, option)
            for number, some in enumerate(timetable.options)
            for at, option in enumerate(some, 1)
        ]  # fmt: skip
        self.of = [
            [column for column, (whose, _, _) in enumerate(self.columns) if whose == number]
            for number in range(len(timetable.candidates))
        ]
        self.rows = [*self._budgets(1.0), *self._rules()]

    def _budgets(self, share: float) -> Iterator[_Row]:
        """Budget to the end of each period, a share of it."""
        budget = self.timetable.terms.budget_musd
        for period, limit in enumerate(budget):
            terms = [
                (column, float(self.timetable.cost[number]))
                for column, (number, _, option) in enumerate(self.columns)
                if option.period <= period
            ]
            if len(set(budget)) == 1:
                said = Reason(mark("the budget is {musd} million USD"), musd=limit)
            else:
                words = mark("the budget to the end of period {number} is {musd} million USD")
                said = Reason(words, number=period + 1, musd=limit)
            yield _Row(terms, -np.inf, share * limit * (1 + 1e-9) + 1e-9, said)

    def _rules(self) -> Iterator[_Row]:
        table, terms = self.timetable, self.timetable.terms
        for country, limit in terms.by_country_musd.items():
            borne = [
                (column, table.candidates[number].share(country) * float(table.cost[number]))
                for column, (number, _, _) in enumerate(self.columns)
            ]
            said = Reason(mark("{country} may bear {musd} million USD at most"), country=country, musd=limit)
            yield _Row(borne, -np.inf, limit * (1 + 1e-9) + 1e-9, said)
        for period in range(len(terms.budget_musd)) if terms.at_most is not None else ():
            starting = [(column, 1.0) for column, (_, _, option) in enumerate(self.columns) if option.period == period]
            said = Reason(mark("at most {number} projects may start in one period"), number=int(terms.at_most or 0))
            yield _Row(starting, -np.inf, float(terms.at_most or 0), said)
        for number, one in enumerate(table.candidates):
            own = [(column, 1.0) for column in self.of[number]]
            if one.project in terms.must:
                words = mark("{project} must be in the plan and costs {musd} million USD")
                yield _Row(own, 1.0, 1.0, Reason(words, project=one.project, musd=one.cost_musd))
            else:
                yield _Row(own, -np.inf, 1.0, Reason())
            yield from self._prerequisites(number)
            for barred in one.excludes:
                if barred in table.number:
                    both = [*own, *((column, 1.0) for column in self.of[table.number[barred]])]
                    said = Reason(mark("{project} excludes {needed}"), project=one.project, needed=barred)
                    yield _Row(both, -np.inf, 1.0, said)

    def _prerequisites(self, number: int) -> Iterator[_Row]:
        table, one = self.timetable, self.timetable.candidates[number]
        for needed in one.requires:
            words = mark("{project} needs {needed}, which costs {musd} million USD, to open first")
            other = table.number[needed]
            said = Reason(words, project=one.project, needed=needed, musd=float(table.cost[other]))
            for column in self.of[number]:
                opens = self.columns[column][2].opening
                before = [(c, -1.0) for c in self.of[other] if self.columns[c][2].opening <= opens]
                yield _Row([(column, 1.0), *before], -np.inf, 0.0, said)

    def best(self, values: SetValues, share: float = 1.0) -> Plan | None:
        """Return the plan worth most by single candidates and pairs within a share of the budget; none if no plan fits.

        Parameters
        ----------
        values : SetValues
            What single candidates and pairs are worth.
        share : float
            Share of every budget that may be spent.
        """
        single, pairs = self._worth(values)
        count = len(self.columns)
        rows = [*self._budgets(share), *self.rows[len(self.timetable.terms.budget_musd) :]]
        for at, (first, second, worth) in enumerate(pairs, count):
            if worth > 0:
                rows += [_Row([(at, 1.0), (one, -1.0)], -np.inf, 0.0, Reason()) for one in (first, second)]
            else:
                rows.append(_Row([(first, 1.0), (second, 1.0), (at, -1.0)], -np.inf, 1.0, Reason()))
        rows += [_Row([(i, 1.0), (j, 1.0)], -np.inf, 1.0, Reason()) for i, j in self._impossible(values)]
        objective = np.concatenate([-single, [-worth for _, _, worth in pairs]])
        found = _solved(objective, rows, count, len(pairs))
        return None if found.taken is None else self._plan(found.taken)

    def _plan(self, taken: NDArray[np.float64]) -> Plan:
        plan = [0] * len(self.of)
        for value, (number, at, _) in zip(taken, self.columns, strict=False):
            if value > 0.5:
                plan[number] = at
        return tuple(plan)

    def _worth(self, values: SetValues) -> tuple[NDArray[np.float64], list[tuple[int, int, float]]]:
        """Worth of every column alone and of pairs of columns of different candidates, present value, million USD."""
        table, (alone, pair) = self.timetable, values.effects()
        served = np.array(
            [(table.years >= option.opening) & (table.years < option.closing) for _, _, option in self.columns]
        ).reshape(len(self.columns), len(table.years))
        discounted = served * table.discount
        single = np.array(
            [float(discounted[c] @ alone[n]) - option.cost_pv_musd for c, (n, _, option) in enumerate(self.columns)]
        )
        whose = [number for number, _, _ in self.columns]
        least = max(_LEAST_SHARE * float(np.maximum(single, 0.0).sum()), _NOTHING_MUSD)
        pairs = []
        for i, j in combinations(range(len(self.of)), 2):
            if float(table.discount @ np.abs(pair[i, j])) < least:
                continue
            for first in self.of[i]:
                for second in self.of[j]:
                    worth = float((discounted[first] * served[second]) @ pair[whose[first], whose[second]])
                    if abs(worth) >= least:
                        pairs.append((first, second, worth))
        return single, pairs

    def _impossible(self, values: SetValues) -> list[tuple[int, int]]:
        """Pairs of columns whose candidates contradict each other on the network."""
        wrong = [values.members(members) for members in values.contradictions if members.bit_count() == 2]
        return [(first, second) for i, j in wrong for first in self.of[i] for second in self.of[j]]

    def some(self) -> Plan | None:
        """Return any plan that keeps the rules."""
        found = _solved(np.zeros(len(self.columns)), self.rows, len(self.columns), 0)
        return None if found.taken is None else self._plan(found.taken)

    def impossible(self, rows: Sequence[_Row]) -> bool:
        """Whether it is proven that no plan keeps some rules; a solver that ran out of time proves nothing."""
        return _solved(np.zeros(len(self.columns)), rows, len(self.columns), 0).impossible


def conflict(timetable: Timetable) -> list[Reason]:
    """Rules that no plan can keep together, none of them to spare; empty where it is not proven that none keeps all.

    Parameters
    ----------
    timetable : Timetable
        Options and rules.
    """
    program = Program(timetable)
    rows = program.rows
    if not program.impossible(rows):
        return []
    said = list(dict.fromkeys(row.says for row in rows if row.says))
    for reason in list(said):
        fewer = [other for other in said if other != reason]
        if program.impossible([row for row in rows if not row.says or row.says in fewer]):
            said = fewer
    return said


def _solved(objective: NDArray[np.float64], rows: Sequence[_Row], binaries: int, extra: int) -> _Solved:
    """Least of an objective over binaries and, after them, columns from 0 to 1."""
    size = binaries + extra
    if size == 0:
        wrong = any(row.least > 0 or row.most < 0 for row in rows)
        return _Solved(None if wrong else np.zeros(0), wrong)
    at = [place for place, row in enumerate(rows) for _ in row.terms]
    column = [one for row in rows for one, _ in row.terms]
    value = [one for row in rows for _, one in row.terms]
    matrix = csr_array((value, (at, column)), shape=(len(rows), size))
    found = milp(
        objective,
        integrality=np.concatenate([np.ones(binaries), np.zeros(extra)]),
        bounds=Bounds(0.0, 1.0),
        constraints=LinearConstraint(matrix, [row.least for row in rows], [row.most for row in rows]),
        options={"time_limit": _SECONDS, "mip_rel_gap": _GAP},
    )
    # All columns are bounded, so "infeasible or unbounded" (4) is infeasible; 1 is the time limit.
    none = found.status == _INFEASIBLE or (found.status == _OTHER and "infeasible" in str(found.message).lower())
    return _Solved(None if found.x is None else np.asarray(found.x, dtype=float), none)
