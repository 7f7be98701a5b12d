"""Plans of many projects: exact single effects, surrogates that add them up, and every exchange tried.

Periods are separate once a plan is given. So the effect of one project standing or not in one period, exact by one
equilibrium, gives exactly what any single add, drop or shift in time does. Of two changes at once the sum is a
surrogate; it says in which order to try them, and all of them are tried. What two projects do to each other is known
by then, and a second surrogate looks for plans many changes away.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from keruen.portfolio.designs import standing
from keruen.portfolio.domains import Domains, Sets
from keruen.portfolio.exchanges import Changes, changed, changes, pairs, toggled
from keruen.portfolio.problem import DesignProblem, Period
from keruen.portfolio.surrogate import Joint, promised
from keruen.portfolio.trials import Design, Trials

__all__ = ["Climb", "Local"]

_BETTER = 1e-8
"""A plan is better where its cost is lower by more than this part, the gap of its equilibria being a tenth of that."""
_NEAR = 5e-5
"""Exchanges that come this near to the plan are looked at again, exactly; safety against rough equilibria."""
_CHUNK = 128
_JOINT = 1e-9
"""Effects of two projects on each other below this part of the cost are left out of the surrogate."""

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Local:
    """What is known of the plans next to one.

    Attributes
    ----------
    ended : bool
        Whether no single change (add, drop, shift in time) and no exchange (one project sooner, another later or not
        at all) improves the plan; every one within the rules was tried. Otherwise the time was over before.
    changes, exchanges : int
        Single changes and exchanges tried on the plan.
    left : int
        Exchanges not tried.
    """

    ended: bool
    changes: int
    exchanges: int
    left: int

    def __str__(self) -> str:
        tried = f"{self.changes:,} single changes and {self.exchanges:,} exchanges tried"
        if self.ended:
            return f"no add, drop, shift or exchange improves it: {tried}"
        if not self.changes:
            return "the search for a better plan was cut by time before the plans next to it were tried"
        return f"the search for a better plan was cut by time: {tried}, {self.left:,} left"


class Climb:
    """A search by exact effects.

    Parameters
    ----------
    design : DesignProblem
        Network and projects.
    domains : Domains
        Rules.
    periods : sequence of Period
        Periods.
    threads : int
        Equilibria solved at once; the result does not depend on it.
    report : callable, optional
        Called with the weighted total cost of the best plan after every step.

    Attributes
    ----------
    local : Local
        What is known of the plans next to the last one.
    best : tuple of float and Sets
        Best plan so far, with its weighted total cost.
    interrupted : bool
        Whether the keyboard ended it.
    """

    def __init__(
        self,
        design: DesignProblem,
        domains: Domains,
        periods: Sequence[Period],
        threads: int,
        report: Callable[[float], object] | None = None,
    ) -> None:
        self.domains, self.periods, self.report = domains, periods, report
        self.trials = Trials(design, periods, threads)
        self.local = Local(False, 0, 0, 0)
        self.interrupted = False
        self.best: tuple[float, Sets] = (float("inf"), ())

    @property
    def solves(self) -> int:
        """Equilibria solved."""
        return self.trials.solves

    def run(self, start: Sets, deadline: float) -> tuple[float, Sets]:
        """Return the best plan found by the deadline, and its weighted total cost."""
        best: tuple[float, Sets] | None = (self.cost(start), start)
        size = len(start)
        try:
            while best is not None:
                self.best = best
                self._tell(best[0])
                best, size = self._better(best, size, deadline)
        except KeyboardInterrupt:
            self.interrupted = True
        return self.best

    def _better(self, best: tuple[float, Sets], size: int, deadline: float) -> tuple[tuple[float, Sets] | None, int]:
        """Return a better plan, and how many changes the last surrogate allowed; None where there is none, or no time."""
        effects = self._effects(best[1], deadline)
        if effects is None:
            return None, size
        found, size = self._promised(best, effects, size, deadline)
        return found or self._near(best, effects, deadline), size

    def _tell(self, cost: float) -> None:
        if self.report is not None:
            self.report(cost)

    def cost(self, sets: Sets) -> float:
        """Return the weighted total cost of a plan."""
        masks = standing(sets, len(self.periods))
        return self._sum([self.trials.cost(at) for at in enumerate(masks)])

    def _sum(self, costs: Sequence[float]) -> float:
        return sum(period.weight * cost for period, cost in zip(self.periods, costs, strict=True))

    def _effects(self, sets: Sets, deadline: float) -> Floats | None:
        """Return how the weighted total cost changes with one project standing or not in one period."""
        self.local = Local(False, 0, 0, 0)
        masks = standing(sets, len(self.periods))
        self.trials.settle(masks)
        count = len(sets)
        if not self.trials.fill(
            ((period, mask ^ (1 << project)) for period, mask in enumerate(masks) for project in range(count)), deadline
        ):
            return None
        known = self.trials.exact
        return np.array(
            [
                [
                    one.weight * (known[period, mask ^ (1 << project)] - known[period, mask])
                    for period, (mask, one) in enumerate(zip(masks, self.periods, strict=True))
                ]
                for project in range(count)
            ]
        )

    def _promised(
        self, best: tuple[float, Sets], effects: Floats, size: int, deadline: float, joint: Joint | None = None
    ) -> tuple[tuple[float, Sets] | None, int]:
        """Return a better plan that effects promise, at most `size` changes away, and how many were allowed then."""
        while size >= 2 and time.perf_counter() < deadline:
            plan = promised(self.domains, best[1], effects, size, joint)
            if plan is not None and plan != best[1] and (cost := self.cost(plan)) < best[0] * (1 - _BETTER):
                return (cost, plan), size
            size //= 2
        return None, 2

    def _near(self, best: tuple[float, Sets], effects: Floats, deadline: float) -> tuple[float, Sets] | None:
        """Try every single change and every exchange; then plans farther away, and the other pairs of changes."""
        sets = best[1]
        single = changes(self.domains, sets, effects)
        alone = [at for at in range(single.project.size) if self.domains.allows(changed(sets, single, [at]))]
        if alone and single.promise[alone[0]] < -_BETTER * best[0]:
            return best[0] + float(single.promise[alone[0]]), changed(sets, single, alone[:1])
        order, exchanges, complete = pairs(self.domains, sets, single)
        self.local = Local(False, len(alone), 0, exchanges)
        found = self._through(best, order[:exchanges], single, deadline)
        if found is not None or self.local.left:
            return found
        self.local = replace(self.local, ended=complete)
        joint = self._joint(standing(sets, len(self.periods)), effects)
        found, _ = self._promised(best, effects, len(sets), deadline, joint)
        return found or self._through(best, order[exchanges:], single, deadline)

    def _through(
        self, best: tuple[float, Sets], order: Ints, single: Changes, deadline: float
    ) -> tuple[float, Sets] | None:
        """Go through pairs of changes in order; return the best plan of the first chunk that holds a better one."""
        sets, masks = best[1], standing(best[1], len(self.periods))
        for begin in range(0, len(order), _CHUNK):
            chunk = order[begin : begin + _CHUNK].tolist()
            within = [places for places in chunk if self._allowed(sets, single, places)]
            found, done = self._try(
                best, [(one, toggled(masks, sets, single, one)) for one in within], single, deadline
            )
            if not self.local.ended and done:
                tried, left = self.local.exchanges + len(within), self.local.left - len(chunk)
                self.local = replace(self.local, exchanges=tried, left=left)
            if found is not None or not done:
                return found
            self._tell(best[0])
        return None

    def _allowed(self, sets: Sets, single: Changes, places: Sequence[int]) -> bool:
        return self.domains.only_money or self.domains.allows(changed(sets, single, places))

    def _try(
        self,
        best: tuple[float, Sets],
        tried: Sequence[tuple[list[int], list[Design]]],
        single: Changes,
        deadline: float,
    ) -> tuple[tuple[float, Sets] | None, bool]:
        """Return the best of some exchanges if it is better than the plan, and whether there was time for all."""
        trials = self.trials
        done = trials.fill((at for _, designs in tried for at in designs), deadline, rough=True)
        known = {**trials.rough, **trials.exact}
        near = [
            (places, designs)
            for places, designs in tried
            if all(at in known for at in designs) and self._sum([known[at] for at in designs]) < best[0] * (1 + _NEAR)
        ]
        done &= trials.fill((at for _, designs in near for at in designs), deadline)
        found = [
            (self._sum([trials.exact[at] for at in designs]), changed(best[1], single, places))
            for places, designs in near
            if all(at in trials.exact for at in designs)
        ]
        better = min(found, default=best)
        return (better if better[0] < best[0] * (1 - _BETTER) else None), done

    def _joint(self, masks: Sequence[int], effects: Floats) -> Joint:
        """Return what two projects do to each other in a period, beyond the sum of what each does alone."""
        trials = self.trials
        least = _JOINT * self._sum([trials.exact[at] for at in enumerate(masks)])
        found: Joint = []
        for (period, mask), cost in {**trials.rough, **trials.exact}.items():
            both = mask ^ masks[period]
            one, other = (both & -both).bit_length() - 1, both.bit_length() - 1
            if both and both == (1 << one | 1 << other) and one != other:
                weight = self.periods[period].weight
                alone = float(effects[one, period] + effects[other, period])
                more = weight * (cost - trials.exact[period, masks[period]]) - alone
                if abs(more) > least:
                    found.append((one, other, period, more))
        return sorted(found, key=lambda row: -abs(row[3]))
