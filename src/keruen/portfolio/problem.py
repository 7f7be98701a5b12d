"""What a choice is asked of: a congested network, projects that change its arcs, periods, and rules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from keruen import errors
from keruen.equilibrium import Problem
from keruen.network.delay import BPR, Delay

__all__ = ["DesignProblem", "Limit", "Period", "Project", "Rules", "slower"]


@dataclass(frozen=True, eq=False)
class Project:
    """Something that can be built once.

    Attributes
    ----------
    name : str
        Name or id.
    cost : float
        Cost, 0 or more.
    opens : sequence of int
        Arcs that exist only with the project.
    changes : sequence of int
        Arcs that take another link performance function with it.
    delay : Delay or None
        That function, one row a changed arc; no slower at any flow than the one without the project.
    spending : sequence of float
        Shares of the cost by period, the last in the period in which the project opens; they add up to 1.
    parties : sequence of str
        Who takes part.
    """

    name: str
    cost: float
    opens: Sequence[int] = ()
    changes: Sequence[int] = ()
    delay: Delay | None = None
    spending: Sequence[float] = (1.0,)
    parties: Sequence[str] = ()

    def __repr__(self) -> str:
        return f"Project({self.name!r}, cost {self.cost:g}, {len(self.opens)} new and {len(self.changes)} changed arcs)"


@dataclass(frozen=True)
class Period:
    """A stretch of time with its own demand.

    Attributes
    ----------
    name : str
        Name, as "2030".
    weight : float
        What a unit of total cost in the period weighs in the objective, its discount factor for instance.
    demand : float
        Demand of the problem is multiplied by this.
    """

    name: str = "1"
    weight: float = 1.0
    demand: float = 1.0


@dataclass(frozen=True)
class Limit:
    """A cap on spending beside the budget, for a party or a country.

    Attributes
    ----------
    name : str
        Whose it is.
    budget : float or sequence of float
        What may have been spent by the end of each period.
    costs : dict of str to float
        Cost to this party by project; projects that are not named cost it nothing.
    """

    name: str
    budget: float | Sequence[float]
    costs: dict[str, float]


@dataclass(frozen=True)
class Rules:
    """What a plan must respect beside the budget. Projects are named.

    Attributes
    ----------
    prerequisites : sequence of (str, str)
        The first project may not open before the second.
    exclusive : sequence of sequences of str
        At most one of them is built.
    together : sequence of sequences of str
        All of them open in the same period, or none is built.
    earliest, latest : dict of str to int
        Number of the first and the last period in which a project may open, if it is built.
    required : sequence of str
        Projects that must be built.
    most_at_once : int or None
        How many projects may open in one period.
    parties : sequence of str or None
        Only projects all of whose parties are among these may be built.
    limits : sequence of Limit
        Budgets by party.
    """

    prerequisites: Sequence[tuple[str, str]] = ()
    exclusive: Sequence[Sequence[str]] = ()
    together: Sequence[Sequence[str]] = ()
    earliest: dict[str, int] = field(default_factory=dict)
    latest: dict[str, int] = field(default_factory=dict)
    required: Sequence[str] = ()
    most_at_once: int | None = None
    parties: Sequence[str] | None = None
    limits: Sequence[Limit] = ()

    def named(self) -> Iterator[str]:
        """Yield every project that a rule names."""
        for pair in self.prerequisites:
            yield from pair
        for group in (*self.exclusive, *self.together):
            yield from group
        yield from (*self.earliest, *self.latest, *self.required)
        for limit in self.limits:
            yield from limit.costs


@dataclass(frozen=True, eq=False)
class DesignProblem:
    """A network with projects.

    Attributes
    ----------
    problem : Problem
        The network with no project built; arcs that a project opens are among its arcs.
    projects : sequence of Project
        What could be built. No arc belongs to two projects.

    Raises
    ------
    DataError
        Lists everything that is wrong: what is of another kind, negative costs, arcs that two projects touch, functions that are slower with
        a project than without.
    """

    problem: Problem
    projects: Sequence[Project]

    def __post_init__(self) -> None:
        found = list(_misfits(self)) or list(_problems(self))
        if found:
            raise errors.DataError(found)

    @property
    def names(self) -> list[str]:
        """Names of the projects."""
        return [one.name for one in self.projects]

    @property
    def costs(self) -> NDArray[np.float64]:
        """Costs of the projects."""
        return np.array([one.cost for one in self.projects], float)

    def number(self, name: str) -> int:
        """Return the number of a project.

        Raises
        ------
        UsageError
            If there is none of that name.
        """
        if name not in self.names:
            raise errors.UsageError(f"there is no project {name!r}; projects: {', '.join(self.names[:20])}")
        return self.names.index(name)

    def built(self, chosen: Sequence[int], demand: float = 1.0) -> Problem:
        """Return the equilibrium problem with some projects built.

        Parameters
        ----------
        chosen : sequence of int
            Numbers of the projects that are built.
        demand : float
            Demand is multiplied by this.

        Returns
        -------
        Problem
            Arcs of projects that are not built are closed.
        """
        from dataclasses import replace

        base = self.problem
        kind, parameters = base.delay.kind.copy(), base.delay.parameters.copy()
        closed = np.zeros(base.arcs, bool)
        for number, one in enumerate(self.projects):
            if number not in chosen:
                closed[list(one.opens)] = True
            elif one.delay is not None:
                kind[list(one.changes)], parameters[list(one.changes)] = one.delay.kind, one.delay.parameters
        classes = [
            replace(
                group,
                flow=np.asarray(group.flow) * demand,
                permitted=~closed if group.permitted is None else np.asarray(group.permitted, bool) & ~closed,
            )
            for group in base.classes
        ]
        return replace(base, delay=Delay(kind, parameters), classes=classes)

    def __repr__(self) -> str:
        return f"DesignProblem({self.problem!r}, {len(self.projects)} projects, cost {self.costs.sum():g})"


def _misfits(design: DesignProblem) -> Iterator[errors.Problem]:
    """Yield what is of another kind than it must be."""
    given: Any = design  # whatever the caller passed
    if not isinstance(given.problem, Problem):
        yield errors.Problem("problem", None, "problem", repr(design.problem), "expected a Problem")
    for number, one in enumerate(given.projects):
        if not isinstance(one, Project):
            yield errors.Problem("projects", number, "project", repr(one), "expected a Project")
            continue
        cost: Any = one.cost
        where = f"project {one.name}"
        if not isinstance(cost, Real):
            yield errors.Problem(where, None, "cost", repr(cost), "expected a number")
        for name, arcs in (("opens", one.opens), ("changes", one.changes)):
            if np.ndim(arcs) != 1 or not all(isinstance(arc, Integral) for arc in arcs):
                yield errors.Problem(where, None, name, repr(arcs), "expected numbers of arcs")
        if np.ndim(one.spending) != 1 or not all(isinstance(share, Real) for share in one.spending):
            yield errors.Problem(where, None, "spending", repr(one.spending), "expected shares that add up to 1")


def _problems(design: DesignProblem) -> Iterator[errors.Problem]:
    """Yield what is wrong with the projects."""
    base, names = design.problem, design.names
    owner: dict[int, str] = {}
    for number, one in enumerate(design.projects):
        where = f"project {one.name}"
        if names.index(one.name) != number:
            yield errors.Problem(where, None, "name", one.name, "expected a name of its own")
        if not (np.isfinite(one.cost) and one.cost >= 0):
            yield errors.Problem(where, None, "cost", str(one.cost), "expected 0 or more")
        if not one.opens and not one.changes:
            yield errors.Problem(where, None, "opens", None, "expected an arc or more that it opens or changes")
        if not abs(sum(one.spending) - 1.0) <= 1e-9 or any(share < 0 for share in one.spending):
            yield errors.Problem(where, None, "spending", str(tuple(one.spending)), "expected shares that add up to 1")
        for arc in (*one.opens, *one.changes):
            if not 0 <= arc < base.arcs:
                yield errors.Problem(where, None, "arc", str(arc), f"expected 0 to {base.arcs - 1}")
            elif arc in owner:
                yield errors.Problem(where, None, "arc", str(arc), f"expected an arc that {owner[arc]} does not touch")
            owner[arc] = one.name
        if len(one.changes) != (0 if one.delay is None else len(one.delay)):
            yield errors.Problem(where, None, "delay", None, "expected one function a changed arc")
        elif one.delay is not None and all(0 <= arc < base.arcs for arc in one.changes):
            yield from slower(base, one)
    if any(group.elasticity > 0 for group in base.classes):
        yield errors.Problem("problem", None, "elasticity", None, "expected fixed demand: the bound is on total cost")


def slower(base: Problem, one: Project, demand: float = 1.0) -> Iterator[errors.Problem]:
    """Yield changed arcs that a project makes slower at some flow that can come.

    Parameters
    ----------
    base : Problem
        The network without the project.
    one : Project
        The project.
    demand : float
        Demand is multiplied by this; no link carries more than all of it.

    Yields
    ------
    Problem
        Arc and a flow. Two BPR functions are compared where their difference turns and at both ends, which is exact;
        other functions at 160 flows.
    """
    if one.delay is None:
        return
    before = base.delay.take(list(one.changes))
    most = max(demand * sum(group.weight * float(np.sum(group.flow)) for group in base.classes), 1e-9)
    flows = np.concatenate([[0.0, most], np.geomspace(1e-6, 1.0, 95) * most, np.linspace(0.0, 1.0, 65)[1:-1] * most])
    for at, arc in enumerate(one.changes):
        tried = np.append(flows, _turn(before, one.delay, at, most))
        new, old = (delay.take(np.full(tried.size, at)).time(tried) for delay in (one.delay, before))
        worse = np.flatnonzero(new > old * (1 + 1e-9) + 1e-12)
        if worse.size:
            flow = tried[worse[np.argmax((new - old)[worse])]]
            expected = f"expected a function no slower than without the project (at a flow of {flow:g})"
            yield errors.Problem(f"project {one.name}", None, "delay", str(arc), expected)


def _turn(before: Delay, after: Delay, at: int, most: float) -> float:
    """Return the flow at which the difference of two BPR functions of an arc turns; the largest flow if it does not."""
    one, other = before.parameters[at], after.parameters[at]
    steep = [row[1] * row[3] * row[2] ** row[3] for row in (one, other)]
    if before.kind[at] != BPR or after.kind[at] != BPR or one[3] == other[3] or min(steep) <= 0.0:
        return most
    return min(float((steep[0] / steep[1]) ** (1.0 / (other[3] - one[3]))), most)
