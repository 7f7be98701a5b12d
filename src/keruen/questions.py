"""The questions a planner asks, each as one call: ``kr.route``, ``kr.routes``, ``kr.time_cost_distance`` ..."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, overload
from weakref import WeakKeyDictionary

import pandas as pd

from keruen.appraisal import Comparison, Indicators, compare_routes, indicators, sample
from keruen.appraisal.scenarios import Difference, difference
from keruen.equilibrium import Flows, Problem, solve
from keruen.equilibrium.freight import FreightFlows, assign
from keruen.errors import UsageError
from keruen.network import Route, Router
from keruen.network import legs as _legs
from keruen.network.like import LikeRouter
from keruen.portfolio import DesignProblem, Period, Plan, Progress, Rules
from keruen.portfolio import choose as _choose_designs
from keruen.portfolio.programme import Programme, Step, choose_programme
from keruen.study import Scenario, Study

if TYPE_CHECKING:
    from keruen.appraisal.alone import Appraisals

__all__ = ["choose", "compare", "cpmm", "equilibrium", "route", "routes", "time_cost_distance"]

_COMPARED_GAP = 1e-8  # what differs is small beside what does not

# A router holds compiled arrays of one immutable scenario; asking twice should not compile twice.
_routers: WeakKeyDictionary[Scenario, Router] = WeakKeyDictionary()


def _router(scenario: Scenario) -> Router:
    if not isinstance(scenario, Scenario):
        raise UsageError(f"{scenario!r}: expected a Scenario such as study.scenario(year=2030)")
    if scenario not in _routers:
        _routers[scenario] = Router(scenario)
    return _routers[scenario]


def route(
    scenario: Scenario,
    origin: str,
    destination: str,
    commodity: str,
    *,
    via: Sequence[str] = (),
    avoid: Sequence[str] = (),
    services: Sequence[str] | None = None,
) -> Route:
    """Route of least generalised cost; see :meth:`keruen.network.routes.Router.route`.

    Parameters
    ----------
    scenario : Scenario
        One year of a study with its patches.
    origin, destination : str
        Places.
    commodity : str
        Commodity id.
    via : sequence of str
        Places it must pass, in this order.
    avoid : sequence of str
        Places it must not pass.
    services : sequence of str, optional
        Services to use instead of all that the commodity may use.

    Returns
    -------
    Route
        The route.

    Raises
    ------
    NoPathError
        If nothing leads there.
    UsageError
        If a place, commodity or service is unknown.
    """
    return _router(scenario).route(origin, destination, commodity, via=via, avoid=avoid, services=services)


def routes(
    scenario: Scenario,
    origin: str,
    destination: str,
    commodity: str,
    k: int = 3,
    *,
    services: Sequence[str] | None = None,
) -> list[Route]:
    """Up to ``k`` distinct routes, the cheapest first; see :meth:`keruen.network.routes.Router.alternatives`.

    Parameters
    ----------
    scenario : Scenario
        One year of a study with its patches.
    origin, destination : str
        Places.
    commodity : str
        Commodity id.
    k : int
        Number of routes wanted.
    services : sequence of str, optional
        Services to use instead of all that the commodity may use.

    Returns
    -------
    list of Route
        Routes by generalised cost.
    """
    return _router(scenario).alternatives(origin, destination, commodity, k, services=services)


def time_cost_distance(route: Route, seed: int | None = None) -> pd.DataFrame:
    """Legs of a route with distance, hours and their range, money, emissions.

    Parameters
    ----------
    route : Route
        A route.
    seed : int, optional
        Seed of the ranges; the study's own by default, which gives the report's figures.

    Returns
    -------
    pandas.DataFrame
        One row a leg, see :func:`keruen.network.legs.time_cost_distance`.
    """
    return _legs.time_cost_distance(route, route.seed if seed is None else seed)


def cpmm(routes: Sequence[Route]) -> Indicators:
    """CPMM indicators of some routes, each one shipment.

    Parameters
    ----------
    routes : sequence of Route
        At least one.

    Returns
    -------
    Indicators
        TFI1 to TFI4.

    Raises
    ------
    UsageError
        If there is no route.
    """
    if not routes:
        raise UsageError("indicators are of at least one route; none was given")
    return indicators([sample(one) for one in routes])


@overload
def equilibrium(
    problem: Problem, gap: float = 1e-6, *, threads: int | None = None, start: Flows | None = None, **options: Any
) -> Flows: ...


@overload
def equilibrium(
    problem: Scenario,
    gap: float = 1e-6,
    *,
    threads: int | None = None,
    start: FreightFlows | None = None,
    **options: Any,
) -> FreightFlows: ...


def equilibrium(
    problem: Any, gap: float = 1e-6, *, threads: int | None = None, start: Any = None, **options: Any
) -> Any:
    """Flows at which no one can gain by another route.

    Parameters
    ----------
    problem : Problem or Scenario
        A network with demand, or a year of a study.
    gap : float
        Relative gap (TSTT - SPTT) / SPTT to stop at.
    threads : int, optional
        Threads; as many as help if absent. The answer has the same bits for any number.
    start : Flows or FreightFlows, optional
        Answer of a like problem to start from. Of a scenario its weights of trains are kept too, as a comparison of
        two scenarios wants it; see :func:`keruen.equilibrium.freight.assign`.
    **options : object
        Further options of :func:`keruen.equilibrium.solving.solve` (for a problem) or ``callback`` (for a scenario).

    Returns
    -------
    Flows or FreightFlows
        The equilibrium with its proof: gap, balance, history. Of a scenario, with tables of links and facilities.

    Raises
    ------
    NoPathError
        If some demand has no path.
    """
    if isinstance(problem, Problem):
        return solve(problem, gap, threads=threads, start=start, **options)
    if not isinstance(problem, Scenario):
        raise UsageError(f"problem = {problem!r}: expected a Problem, or a Scenario such as study.scenario(year=2030)")
    return assign(_router(problem), gap, threads=threads, start=start, **options)


@overload
def compare(scenario: Scenario, other: str | None = None) -> Comparison: ...


@overload
def compare(scenario: Scenario, other: Scenario) -> Difference: ...


def compare(scenario: Scenario, other: Any = None) -> Any:
    """Two scenarios of one year against each other, or the study's named routes side by side.

    Parameters
    ----------
    scenario : Scenario
        One year of a study with its patches.
    other : Scenario or str, optional
        Another scenario of the same study and year; or a value of ``route.comparison``, the report's by default.

    Returns
    -------
    Difference or Comparison
        What differs in inputs and results, the other less this one; or what :func:`keruen.report` draws.

    Raises
    ------
    UsageError
        If the scenarios are of two studies or years, or the study declares no such comparison.
    """
    study = scenario.study
    if other is not None and not isinstance(other, str):
        if other.study is not study or other.year != scenario.year:
            raise UsageError("scenarios are compared within one study and one year: take both from one kr.open")
        before = assign(_router(scenario), _COMPARED_GAP)
        _routers.setdefault(other, LikeRouter(other, _router(scenario)))
        return difference(before, assign(_router(other), _COMPARED_GAP, start=before))
    known = sorted(set(study.table("route")["comparison"]))
    if other and other not in known:
        raise UsageError(f"no comparison '{other}'; this study has {', '.join(known) or 'none'}")
    return compare_routes(_router(scenario), study, other or study.settings.comparison, {})


@overload
def choose(
    problem: Study,
    budget: float | Sequence[float],
    *,
    periods: Sequence[int] = (),
    appraisals: Appraisals | None = None,
    by_country_musd: Mapping[str, float] | None = None,
    at_most: int | None = None,
    must: Collection[str] = (),
    never: Collection[str] = (),
    restricted: Collection[str] = (),
    prove: bool = True,
    time_limit: float = 600.0,
    progress: Callable[[Step], object] | None = None,
) -> Programme: ...


@overload
def choose(
    problem: DesignProblem,
    budget: float | Sequence[float],
    *,
    periods: Sequence[Period] = ...,
    rules: Rules | None = None,
    time_limit: float = 600.0,
    threads: int | None = None,
    callback: Callable[[Progress], object] | None = None,
) -> Plan: ...


def choose(problem: Any, budget: float | Sequence[float], **options: Any) -> Any:
    """Which projects to build within a budget, and when, with what no plan can do better than.

    Parameters
    ----------
    problem : Study or DesignProblem
        A study with its register, or a network with projects.
    budget : float or sequence of float
        Million USD of a study, the unit of the costs of a problem: in all, or by period. What one period of a study
        leaves the next may spend; for a problem, a list says what may have been spent by the end of each.
    **options : object
        Periods, rules and limits: of a study those of
        :func:`keruen.portfolio.programme.choosing.choose_programme`, of a problem those of
        :func:`keruen.portfolio.choosing.choose`.

    Returns
    -------
    Programme or Plan
        The best plan found with its bound; ``proven`` says whether any other can be better.

    Raises
    ------
    UsageError
        If a budget, period or rule makes no sense, or no plan keeps the rules.
    """
    if isinstance(problem, DesignProblem):
        return _choose_designs(problem, budget=budget, **options)
    if not isinstance(problem, Study):
        raise UsageError(f"problem = {problem!r}: expected a Study such as kr.open(folder), or a DesignProblem")
    return choose_programme(problem, budget, **options)
