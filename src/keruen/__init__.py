"""Keruen plans international freight corridors.

    >>> import keruen as kr
    >>> study = kr.open("examples/north-south")             # doctest: +SKIP
    >>> base = study.scenario(year=2024)                    # doctest: +SKIP
    >>> kr.route(base, "moscow", "bandar-abbas", commodity="containers")  # doctest: +SKIP

Every name here is the field's usual term; what it takes and gives is said in its docstring.
"""

from keruen import _cache as _cache  # before anything that imports numba
from keruen._version import __version__
from keruen.appraisal import Comparison, Indicators, indicators
from keruen.appraisal.alone import Appraisal, Appraisals, appraise
from keruen.equilibrium import Flows
from keruen.equilibrium.freight import FreightFlows
from keruen.errors import ConvergenceError, DataError, KeruenError, NoPathError, Problem, UsageError
from keruen.network import Route, Router, Supernetwork, check, facility, supernetwork
from keruen.network.facility import Arrivals, Batch, Facility, Law, Resource, Shifts, Slots, Stage, series
from keruen.planning import Run, plan
from keruen.portfolio.programme import Programme
from keruen.questions import choose, compare, cpmm, equilibrium, route, routes, time_cost_distance
from keruen.report import Report
from keruen.report import render as report
from keruen.simulation import Simulation, compare_designs, compare_formula, simulate
from keruen.study import Patch, Scenario, Study, diff, new, open, schema, sources  # noqa: A004

__all__ = [
    "Appraisal",
    "Appraisals",
    "Arrivals",
    "Batch",
    "Comparison",
    "ConvergenceError",
    "DataError",
    "Facility",
    "Flows",
    "FreightFlows",
    "Indicators",
    "KeruenError",
    "Law",
    "NoPathError",
    "Patch",
    "Problem",
    "Programme",
    "Report",
    "Resource",
    "Route",
    "Router",
    "Run",
    "Scenario",
    "Shifts",
    "Simulation",
    "Slots",
    "Stage",
    "Study",
    "Supernetwork",
    "UsageError",
    "__version__",
    "appraise",
    "check",
    "choose",
    "compare",
    "compare_designs",
    "compare_formula",
    "cpmm",
    "diff",
    "equilibrium",
    "facility",
    "indicators",
    "new",
    "open",
    "plan",
    "report",
    "route",
    "routes",
    "schema",
    "series",
    "simulate",
    "sources",
    "supernetwork",
    "time_cost_distance",
]
