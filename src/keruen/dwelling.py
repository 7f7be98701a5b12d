"""One facility of a study at a flow: formula beside simulation over a grid of flows, its tables and its chart."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.stats import gamma

from keruen import errors
from keruen.languages import language
from keruen.network.facility import Declared, Shifts, dwell
from keruen.network.facility.arguments import number
from keruen.report.charts.dwell import Curve, Dot, dwell_chart
from keruen.report.figures import FORMATS, encoded
from keruen.report.numbers import Numbers
from keruen.report.vector import draw, standalone
from keruen.runs import manifest, new_run, started, write_table
from keruen.simulation import Simulation, compare_formula, simulate

if TYPE_CHECKING:
    from keruen.study import Study

__all__ = ["Answer", "ask", "curve", "figure_format", "write"]

LOADS = (0.3, 0.5, 0.7, 0.8, 0.9, 1.0, 1.1)
"""Shares of capacity that are computed beside the flow asked about."""

UNLIMITED = (0.5, 1.0, 1.5)
"""Shares of that flow where nothing limits the facility."""

MOST = 2000
"""Replications at a flow, at most: enough for 3 % at all flows of the crossings of the reference study."""

POINTS = 40
"""Points of the curve by formula."""

_BAND = (0.05, 0.95)


@dataclass(frozen=True, eq=False)
class Answer:
    """A facility at a flow.

    Attributes
    ----------
    declared : Declared
        The facility.
    t_per_year : float
        Flow asked about, both ways.
    span_h : float
        Hours that each flow lasts, from an empty facility.
    grid : pandas.DataFrame
        One row a flow, see :func:`keruen.simulation.compare_formula`, with flow_t_per_year.
    stages : pandas.DataFrame
        One row a stage at the flow asked about: servers, work, utilisation and wait by formula and as simulated, where
        delay is suffered and where it is caused.
    ways : pandas.DataFrame
        One row a way at that flow: places, hours as the study states them, by formula, as simulated.
    run : Simulation
        The simulation at that flow.
    notes : tuple of str
        What a reader must know.
    """

    declared: Declared
    t_per_year: float
    span_h: float
    grid: pd.DataFrame
    stages: pd.DataFrame
    ways: pd.DataFrame
    run: Simulation
    notes: tuple[str, ...]


def ask(
    declared: Declared,
    t_per_year: float,
    *,
    span_h: float | None = None,
    target: float = 0.03,
    most_replications: int = MOST,
    seed: int = 1,
    threads: int = 1,
) -> Answer:
    """Compute and simulate a facility over a grid of flows.

    Parameters
    ----------
    declared : Declared
        The facility.
    t_per_year : float
        Flow asked about, both ways.
    span_h : float, optional
        Hours that each flow lasts; `Facility.overload_h` if absent.
    target : float
        Relative half-width of the simulated means.
    most_replications, seed, threads : int
        As in :func:`keruen.simulation.simulate`.

    Returns
    -------
    Answer
        Tables and notes.

    Raises
    ------
    UsageError
        Where flow, span or target is not above 0.
    ConvergenceError
        Where a run cannot end, with the reason.
    """
    number("flow", t_per_year, above=0)
    number("span", 1.0 if span_h is None else span_h, above=0)
    number("target", target, above=0, below=1)
    span = declared.facility.overload_h if span_h is None else span_h
    flow = declared.per_day(t_per_year)
    most = declared.limits.total_per_day
    shares = [load * most for load in LOADS] if math.isfinite(most) else [load * flow for load in UNLIMITED]
    flows = sorted({*shares, flow})
    grid = compare_formula(
        declared, flows, span_h=span, target=target, seed=seed, threads=threads, most_replications=most_replications
    )
    grid.insert(0, "flow_t_per_year", [declared.t_per_year(one) for one in grid["flow_per_day"]])
    run = simulate(
        declared, flow, target=target, length_h=span, steady=False, seed=seed, threads=threads,
        most_replications=most_replications,
    )  # fmt: skip
    return Answer(
        declared=declared,
        t_per_year=t_per_year,
        span_h=span,
        grid=grid,
        stages=_stages(declared, flow, run, span),
        ways=_ways(declared, flow, run, span),
        run=run,
        notes=_notes(declared, t_per_year, grid, run),
    )


def _stages(declared: Declared, flow: float, run: Simulation, span_h: float) -> pd.DataFrame:
    """Return the stages at one flow."""
    facility = declared.facility
    table = dwell(facility, flow, span_h=span_h).stages.reindex([stage.name for stage in facility.stages])
    seen = run.stages
    rows = []
    for stage in facility.stages:
        servers = stage.servers
        rows.append(
            {
                "stage": stage.name,
                "servers": f"{servers.mean:.3g} by shifts" if isinstance(servers, Shifts) else
                "as come" if servers is None or stage.service is None else str(servers),
                "work_h": stage.service.mean if stage.service is not None else math.nan,
                "utilisation": float(seen.at[stage.name, "utilisation"]),
                "formula_wait_h": float(table.at[stage.name, "wait_h"] + table.at[stage.name, "train_wait_h"]),
                "wait_h": float(seen.at[stage.name, "wait_h"]),
                "stay_h": float(seen.at[stage.name, "stay_h"]),
                "servers_held": float(seen.at[stage.name, "servers_held"]),
                "waiting_for_room": float(seen.at[stage.name, "waiting_for_room"]),
            }
        )  # fmt: skip
    outside = seen.loc["outside"]
    if outside["mean_present"] > 0:  # trains that wait over the border for room in the first stage
        row = dict.fromkeys(rows[0], math.nan) | {"stage": "outside", "servers": "", "formula_wait_h": 0.0}
        row |= {"wait_h": float(outside["stay_h"]), "stay_h": float(outside["stay_h"])}
        rows.append(row | {"servers_held": float(outside["mean_present"]), "waiting_for_room": 0.0})
    return pd.DataFrame(rows)


def _ways(declared: Declared, flow: float, run: Simulation, span_h: float) -> pd.DataFrame:
    """Return the two ways at one flow."""
    by_formula = dwell(declared.facility, flow, span_h=span_h).by_class
    rows = [
        {
            "way": way, "from_place": ends[0], "to_place": ends[1], "stated_h": declared.stated_h[way],
            "formula_h": by_formula[way], "simulation_h": float(run.by_class.at[way, "dwell_h"]),
            "half_width_h": float(run.by_class.at[way, "half_width_h"]),
        }
        for way, ends in declared.places.items()
        if way in by_formula
    ]  # fmt: skip
    return pd.DataFrame(rows)


def _notes(declared: Declared, t_per_year: float, grid: pd.DataFrame, run: Simulation) -> tuple[str, ...]:
    """Return what a reader must know."""
    notes = list(declared.notes)
    if t_per_year >= declared.capacity_t_per_year:
        notes.append(
            f"{t_per_year:,.0f} t a year is beyond the capacity of {declared.limits.binding}, "
            f"{declared.capacity_t_per_year:,.0f} t a year: its queue grows as long as that flow lasts"
        )
    published = declared.published_t_per_year
    if math.isfinite(published) and abs(declared.capacity_t_per_year / published - 1) > 0.05:
        notes.append(
            f"the stages can take {declared.capacity_t_per_year / 1e6:.3g} Mt a year, the capacity published is "
            f"{published / 1e6:.3g}"
        )
    if not math.isfinite(declared.limits.total_per_day):
        notes.append("nothing limits this facility: its hours do not depend on the flow")
    told = {part for text in grid["notes"] for part in text.split("; ") if part}
    notes += sorted(part for part in _worst(told) if "the capacity of" not in part and "target not met" not in part)
    missed = sum("target not met" in text for text in grid["notes"])
    if missed:
        short = grid[[("target not met" in text) for text in grid["notes"]]]
        goal = (run.target or 1) / (1 + (run.target or 1)) * short["simulation_h"]
        wanted = float((short["replications"] * (short["half_width_h"] / goal) ** 2).max())
        notes.append(
            f"the interval asked for was not reached at {missed} of {len(grid)} flows (see half_width_h): about "
            f"{1.1 * wanted:,.0f} replications would do, --most {1.1 * wanted:.0f}"
        )
    return tuple(dict.fromkeys([*notes, *(note for note in run.notes if "target not met" not in note)]))


def _worst(told: set[str]) -> list[str]:
    """Return notes of which the same is said of several flows once, with the largest percentage."""
    found: dict[str, tuple[int, str]] = {}
    for text in told:
        shares = re.findall(r"(\d+)%", text)
        size = max((int(one) for one in shares), default=0)
        key = re.sub(r"\d+%", "", text)
        found[key] = max(found.get(key, (size, text)), (size, text))
    return [text for _, text in found.values()]


def curve(declared: Declared, *, span_h: float | None = None, most: float = 1.2) -> Curve:
    """Return the curve by formula of a facility that something limits, its band from 5 to 95 %.

    Parameters
    ----------
    declared : Declared
        The facility.
    span_h : float, optional
        Hours that each flow lasts.
    most : float
        Largest share of capacity.

    Returns
    -------
    Curve
        Without dots.
    """
    limit = declared.limits.total_per_day
    uses = np.linspace(0.02, most, POINTS)
    found = [dwell(declared.facility, use * limit, span_h=span_h) for use in uses]
    bands = [_band(one.mean_h, one.sd_h) for one in found]
    numbers = Numbers(language("en"))
    sub = f"{numbers.amount(limit)} {declared.unit}s a day, {numbers.amount(declared.capacity_t_per_year / 1e6)} Mt a year"
    return Curve(
        declared.facility.name, sub, uses.tolist(), [one.mean_h for one in found],
        [low for low, _ in bands], [high for _, high in bands],
    )  # fmt: skip


def _band(mean: float, sd: float) -> tuple[float, float]:
    """Return the 5 and 95 % points of a gamma law of given mean and deviation."""
    if sd <= 1e-9 * mean:
        return mean, mean
    scv = (sd / mean) ** 2
    low, high = gamma.ppf(_BAND, 1 / scv, scale=mean * scv)
    return float(low), float(high)


def figure_format(name: str) -> str:
    """Return the format of a chart; UsageError for one that cannot be written."""
    if name not in FORMATS:
        raise errors.UsageError(f"figures can be written as {', '.join(FORMATS)}, not as {name!r}")
    return name


def write(study: Study, answer: Answer, folder: Path, command: str, format: str = "svg") -> Path:  # noqa: A002
    """Write the tables and the chart of an answer as a run folder.

    Parameters
    ----------
    study : Study
        Where the facility stands.
    answer : Answer
        What was found.
    folder : pathlib.Path
        Run folder.
    command : str
        What was asked, for the manifest.
    format : str
        Format of the chart: png, svg or pdf.

    Returns
    -------
    pathlib.Path
        The folder.

    Raises
    ------
    UsageError
        If the format is unknown, or the folder holds something else.
    """
    figure_format(format)
    with new_run(folder) as work:
        when = started()
        tables = {
            "dwell": answer.grid,
            "stages": answer.stages,
            "ways": answer.ways,
            "queue": answer.run.queue.reset_index(),
        }
        tables["assumed"] = pd.DataFrame(
            [(one.where, one.what, one.why) for one in answer.declared.assumed], columns=["where", "what", "why"]
        )
        for name, table in tables.items():
            write_table(table, work / "tables" / f"{name}.csv")
        if math.isfinite(answer.declared.limits.total_per_day):
            (work / "figures").mkdir()
            (work / "figures" / f"dwell.{format}").write_bytes(encoded(standalone(_drawn(answer)), format))
        manifest(work, command, study.inputs, answer.run.seed, when, {})
    return folder


def _drawn(answer: Answer) -> str:
    """Return the chart as SVG."""
    words = language("en")
    grid = answer.grid
    base = curve(answer.declared, span_h=answer.span_h, most=max(1.15, 1.05 * float(grid["load"].max())))
    asked = grid.iloc[(grid["flow_t_per_year"] - answer.t_per_year).abs().argmin()]
    dots = [Dot(float(asked["load"]), float(asked["formula_h"]), f"{answer.t_per_year / 1e6:.3g} Mt a year")]
    simulated = list(zip(grid["load"], grid["simulation_h"], grid["half_width_h"], strict=True))
    whole = Curve(base.title, base.sub, base.uses, base.hours, base.low, base.high, simulated, dots)
    return draw(dwell_chart([whole], words.say, Numbers(words), 600))
