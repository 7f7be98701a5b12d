"""``keruen plan``: from a folder of tables to a run folder with tables, report and manifest."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from keruen._version import __version__
from keruen.appraisal import Comparison, compare_routes
from keruen.appraisal.alone import appraise
from keruen.appraisal.comparison import border_count, declared_routes
from keruen.appraisal.dwelling import hours_of_facilities
from keruen.appraisal.modelled import modelled_years
from keruen.appraising import tables as appraisal_tables
from keruen.choosing import choose_study
from keruen.choosing import tables as programme_tables
from keruen.equilibrium.freight import FreightFlows, assign, calibrate, can_be_carried
from keruen.errors import NoPathError, UsageError
from keruen.network import Route, Router
from keruen.registering import tables as register_tables
from keruen.report import export_figures, render
from keruen.runs import manifest, new_run, started, write_table
from keruen.study import open as open_study
from keruen.study.words import AFLOAT

if TYPE_CHECKING:
    from keruen.portfolio.programme import Programme
    from keruen.study import Study

__all__ = ["STEPS", "Clock", "Run", "alternatives", "assign_years", "plan"]

STEPS = (
    "open",
    "network",
    "freight",
    "routes",
    "facilities",
    "alternatives",
    "appraise",
    "choose",
    "tables",
    "report",
    "figures",
)
"""Steps of a plan, in order."""

_PROOF_S = 300.0  # wall seconds in which the recommended plan is to be proven

_ALTERNATIVE = [
    "origin", "destination", "commodity", "rank", "distance_km", "borders", "time_h", "cost_usd_per_t",
    "emission_kg_per_t", "generalised_usd_per_t", "facilities", "by", "calls", "why",
]  # fmt: skip

Progress = Callable[[str], None]


@dataclass
class Clock:
    """Wall seconds by step; tells a listener which step begins."""

    listener: Progress | None = None
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time a step."""
        if self.listener is not None:
            self.listener(name)
        begun = time.perf_counter()
        yield
        self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - begun


@dataclass(frozen=True)
class Run:
    """A finished plan.

    Attributes
    ----------
    folder : pathlib.Path
        Where it stands.
    comparison : Comparison
        Its result.
    seconds : dict of str to float
        Wall seconds by step.
    programme : Programme or None
        The recommended plan, where projects were appraised and the settings state a budget.
    unappraised : str
        Why no project was appraised though that was asked for, empty otherwise.
    """

    folder: Path
    comparison: Comparison
    seconds: dict[str, float]
    programme: Programme | None = None
    unappraised: str = ""


def plan(
    folder: str | Path,
    out: str | Path,
    *,
    year: int | None = None,
    language: str = "en",
    figures: str | None = None,
    appraising: bool = False,
    progress: Progress | None = None,
) -> Run:
    """Plan a study: its routes side by side, tables and report.

    Parameters
    ----------
    folder : path
        The study.
    out : path
        Run folder; an earlier run there is replaced when the new one is complete.
    year : int, optional
        Year of the scenario, the study's base year by default.
    language : str
        Language of the report.
    figures : {"png", "svg", "pdf"}, optional
        Also write each figure in this format.
    appraising : bool
        Also appraise each project alone (none in a study without demand), which takes about half a second a project and modelled year, and choose a
        plan where the settings state a budget, proven if that takes no more than five minutes.
    progress : callable, optional
        Called with the name of each step as it begins.

    Returns
    -------
    Run
        What was written, and the result.

    Raises
    ------
    DataError
        If the study is not sound; lists every problem.
    UsageError
        If ``out`` is something else than an earlier run.
    """
    clock = Clock(progress)
    with new_run(Path(out)) as work:
        with clock.step("open"):
            study = open_study(folder)
        scenario = study.scenario(year=study.settings.base_year if year is None else year)
        with clock.step("network"):
            router = Router(scenario)
        when = started()
        run = {"version": __version__, "started": when, "seed": str(study.settings.seed), "inputs": _digest(study)}
        with clock.step("freight"):
            loads = assign_years(study, router)
        with clock.step("routes"):
            result = compare_routes(router, study, study.settings.comparison, run, loads)
        with clock.step("facilities"):
            used = set(result.legs["facility_id"]) if "facility_id" in result.legs else set()
            dwells = hours_of_facilities(loads, study.settings.seed, first=used)
            result = replace(result, dwells=dwells)
        with clock.step("alternatives"):
            others = alternatives(router, study)
        unappraised = _unappraised(study) if appraising else ""
        if appraising and not unappraised:
            with clock.step("appraise"):
                result = replace(result, appraisals=appraise(study))
        programme = None
        if result.appraisals is not None and study.settings.portfolio.budget_musd:
            with clock.step("choose"):
                programme = choose_study(study, appraisals=result.appraisals, time_limit=_PROOF_S)
        with clock.step("tables"):
            _write_tables(work / "tables", result, others, router, programme)
        with clock.step("report"):
            render(result, language=language, programme=programme).save(work / "report.html")
        if figures:
            with clock.step("figures"):
                export_figures(result, work / "figures", format=figures, language=language)
        command = f"keruen plan {Path(folder).name} --year {scenario.year} --language {language}"
        command += (f" --figures {figures}" if figures else "") + (" --appraise" if appraising else "")
        manifest(work, command, study.inputs, study.settings.seed, when, clock.seconds)
    return Run(Path(out), result, clock.seconds, programme, unappraised)


def _unappraised(study: Study) -> str:
    """Why no project of a study can be appraised, empty if they can."""
    try:
        modelled_years(study)
    except UsageError as error:
        return str(error)
    return ""


def assign_years(study: Study, router: Router, gap: float = 1e-8) -> dict[int, FreightFlows]:
    """Assign the freight of every modelled year that has demand some route joins.

    Parameters
    ----------
    study : Study
        The study.
    router : Router
        Router of the plan's scenario; its year is one of the answers.
    gap : float
        Relative gap.

    Returns
    -------
    dict of int to FreightFlows
        Equilibrium by year.
    """
    demand = study.table("demand")
    years = sorted({router.scenario.year, *study.settings.years} & set(demand["year"].astype(int)))
    routers = {year: router if year == router.scenario.year else Router(study.scenario(year=year)) for year in years}
    carried = {year: one for year, one in routers.items() if can_be_carried(one)}
    if not carried:
        return {}
    found = calibrate(routers.get(study.settings.base_year, router))
    return {year: assign(one, gap, calibration=found) for year, one in carried.items()}


def alternatives(router: Router, study: Study, k: int = 3) -> pd.DataFrame:
    """Distinct routes of every commodity between the ends of the study's comparison.

    Parameters
    ----------
    router : Router
        Routes of the scenario.
    study : Study
        Its study.
    k : int
        Routes a commodity.

    Returns
    -------
    pandas.DataFrame
        origin, destination, commodity, rank, distance_km, borders, time_h, cost_usd_per_t, emission_kg_per_t,
        generalised_usd_per_t, facilities passed by id and (by) by name, ports of call on the water and, where no
        route exists, why.
    """
    declared = declared_routes(router.scenario.table("route"), study.settings.comparison)
    rows: list[dict[str, object]] = []
    for origin, destination in declared[["origin", "destination"]].drop_duplicates().itertuples(index=False):
        for commodity in router.scenario.table("commodity")["commodity_id"]:
            common = {"origin": origin, "destination": destination, "commodity": commodity}
            try:
                found = router.alternatives(origin, destination, commodity, k)
            except NoPathError as error:
                rows.append({**common, "why": str(error)})
                continue
            for rank, route in enumerate(found, 1):
                numbers = [i for i in router.network.facility[list(route.arcs)] if i >= 0]
                passed = router.network.facilities.loc[numbers]
                rows.append(
                    {
                        **common, "rank": rank, "distance_km": route.distance_km, "borders": border_count(route),
                        "time_h": route.time_h, "cost_usd_per_t": route.money_usd_per_t, "emission_kg_per_t": route.emission_kg_per_t,
                        "generalised_usd_per_t": route.generalised_usd_per_t,
                        "facilities": ";".join(passed["facility_id"]), "by": ", ".join(passed["name_en"]),
                        "calls": ", ".join(_calls(route)),
                    }
                )  # fmt: skip
    return pd.DataFrame(rows, columns=_ALTERNATIVE)


def _calls(route: Route) -> list[str]:
    """Names of the places that a route passes afloat: routes from neighbouring ports differ in them."""
    network = route.network
    afloat = [
        network.layers[end[arc]].place
        for arc in route.arcs
        if network.link[arc] >= 0 and network.layers[network.tail[arc]].mode in AFLOAT
        for end in (network.tail, network.head)
    ]
    return [str(network.places.at[place, "name_en"]) for place in dict.fromkeys(afloat)]


def _write_tables(
    folder: Path, result: Comparison, others: pd.DataFrame, router: Router, programme: Programme | None
) -> None:
    tables = {
        "routes": result.routes.reset_index(),
        "legs": result.legs,
        "hours": result.hours,
        "indicators": result.indicators.reset_index(),
        "observations": result.observations,
        "crossings": result.crossings,
        "sources": result.coverage,
        "assumed": result.assumed,
        "unreached_places": result.unreached,
        "alternatives": others,
    }
    for year, loads in result.loads.items():
        tables |= {
            f"link_flows_{year}": loads.links,
            f"facility_flows_{year}": loads.facilities,
            f"facility_dwell_{year}": loads.declared,
            f"demand_{year}": loads.demand,
            f"skims_{year}": loads.skims,
            f"unserved_demand_{year}": loads.freight.unserved,
        }
    tables |= register_tables(result.study)
    if result.appraisals is not None:
        tables |= appraisal_tables(result.appraisals)
    if programme is not None:
        tables |= programme_tables(programme)
    for name, table in tables.items():
        write_table(table, folder / f"{name}.csv")


def _digest(study: Study) -> str:
    """One short hash of all inputs."""
    joined = "\n".join(f"{name} {digest}" for name, digest in sorted(study.inputs.items()))
    return hashlib.sha256(joined.encode()).hexdigest()[:12]
