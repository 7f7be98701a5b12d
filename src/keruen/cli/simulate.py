"""``keruen simulate``: one facility at a flow, by formula and by simulation."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from keruen.cli.console import StudyFolder, err, out, said_plainly

if TYPE_CHECKING:
    from keruen.dwelling import Answer

__all__ = ["simulate"]


def simulate(
    study: StudyFolder,
    facility: Annotated[str, typer.Option(help="Facility, for example akyayla-incheh-borun.")],
    flow: Annotated[float, typer.Option(metavar="T_PER_YEAR", help="Tonnes a year, both ways together.")],
    commodity: Annotated[
        str | None, typer.Option(help="Freight whose services and stages apply; the most carried if absent.")
    ] = None,
    year: Annotated[int | None, typer.Option(help="Year of the scenario; the base year by default.")] = None,
    span: Annotated[float, typer.Option(help="Hours that each flow lasts, from an empty facility.")] = 720.0,
    target: Annotated[float, typer.Option(help="Relative half-width of the simulated means.")] = 0.03,
    most: Annotated[int, typer.Option(help="Most replications at a flow.", min=2)] = 2000,
    seed: Annotated[int | None, typer.Option(help="Seed; the study's by default.")] = None,
    threads: Annotated[int, typer.Option(help="Threads over replications.", min=1)] = 1,
    out_folder: Annotated[Path | None, typer.Option("--out", help="Run folder for tables and chart.")] = None,
    figure: Annotated[str, typer.Option(help="Format of the chart: svg, png or pdf.")] = "svg",
) -> None:
    """Dwell of one facility over a grid of flows, by formula and by simulation."""
    with said_plainly():
        from keruen.dwelling import ask, figure_format, write
        from keruen.network.facility import read
        from keruen.study import open as open_study

        figure_format(figure)
        opened = open_study(study)
        declared = read(opened.scenario(year=year), facility, commodity)
        answer = ask(
            declared, flow, span_h=span, target=target, most_replications=most,
            seed=opened.settings.seed if seed is None else seed, threads=threads,
        )  # fmt: skip
        _say(answer)
        if out_folder is not None:
            command = f"keruen simulate --facility {facility} --flow {flow:g} --commodity {declared.commodity}"
            write(opened, answer, out_folder, f"{command} --span {span:g} --target {target:g}", figure)
            out.print(str(out_folder), markup=False)


def _say(answer: Answer) -> None:
    """Print the facility, the grid, stages, ways, notes and what is assumed."""
    declared = answer.declared
    limit = declared.limits
    out.print(f"{declared.facility.name}, {declared.commodity}", style="bold", markup=False)
    if limit.total_per_day < float("inf"):
        out.print(
            f"capacity {limit.total_per_day:,.1f} {declared.unit}s a day, {declared.capacity_t_per_year / 1e6:,.2f} Mt a "
            f"year, both ways; {limit.binding} binds",
            markup=False,
        )
    out.print(_grid(answer))
    out.print(_stages(answer))
    out.print(_ways(answer))
    for note in (*answer.notes, *_apart(answer)):
        err.print(note, style="yellow", markup=False)
    out.print(f"{len(declared.assumed)} values assumed:", markup=False)
    for one in declared.assumed:
        out.print(f"  {one}", markup=False)


_APART = 0.10
"""Share by which formula and simulation may part before it is said."""


def _apart(answer: Answer) -> list[str]:
    """Where formula and simulation part by more than the tables of docs/benchmarks.md let one expect."""
    grid = answer.grid[answer.grid["simulation_h"] > 0]
    share = (grid["formula_h"] - grid["simulation_h"]).abs() / grid["simulation_h"]
    beyond = (share > _APART) & ((grid["formula_h"] - grid["simulation_h"]).abs() > grid["half_width_h"])
    if not beyond.any():
        return []
    return [
        f"formula and simulation part by up to {share[beyond].max():.0%} at {int(beyond.sum())} of {len(grid)} flows: "
        "believe the simulation there"
    ]


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for column in columns:
        table.add_column(
            column, header_style="dim", justify="right" if column not in ("stage", "from", "to") else "left"
        )
    return table


def _grid(answer: Answer) -> Table:
    unit = answer.declared.unit
    table = _table(
        f"Hours from coming to leaving, each flow {answer.span_h:g} h from empty",
        "Mt/y", f"{unit}s/d", "use", "formula", "sd", "simulated", "sd", "p50", "p90", "p95", "busy",
    )  # fmt: skip
    for row in answer.grid.to_dict("records"):
        hours = [row[f"simulation_p{p}_h"] for p in (50, 90, 95)]
        asked = abs(row["flow_t_per_year"] / answer.t_per_year - 1) < 1e-9
        table.add_row(
            f"{row['flow_t_per_year'] / 1e6:,.2f}", f"{row['flow_per_day']:,.1f}", f"{row['load']:.0%}",
            _hours(row["formula_h"]) + ("" if row["trusted"] else " ?"), _hours(row["formula_sd_h"]),
            f"{_hours(row['simulation_h'])} ±{_hours(row['half_width_h'])}", _hours(row["simulation_sd_h"]),
            *(_hours(value) for value in hours), f"{row['simulation_utilisation']:.0%}",
            style="bold" if asked else None,
        )  # fmt: skip
    return table


def _stages(answer: Answer) -> Table:
    table = _table(
        f"Stages at {answer.t_per_year / 1e6:,.2f} Mt a year, h; servers held by who has no room to go on, waiting for room",
        "stage", "servers", "work", "busy", "formula wait", "wait", "held", "wanted",
    )  # fmt: skip
    for row in answer.stages.to_dict("records"):
        table.add_row(
            row["stage"], row["servers"], _number(row["work_h"]),
            f"{row['utilisation']:.0%}" if row["utilisation"] == row["utilisation"] else "",
            _number(row["formula_wait_h"]), _number(row["wait_h"]), _number(row["servers_held"]),
            _number(row["waiting_for_room"]),
        )  # fmt: skip
    return table


def _ways(answer: Answer) -> Table:
    table = _table("By way, h", "from", "to", "stated", "formula", "simulated")
    for row in answer.ways.to_dict("records"):
        simulated = f"{_hours(row['simulation_h'])} ±{_hours(row['half_width_h'])}"
        hours = (_hours(row["stated_h"]), _hours(row["formula_h"]), simulated)
        table.add_row(row["from_place"], row["to_place"], *hours)
    return table


def _hours(value: float) -> str:
    return f"{value:,.1f}" if abs(value) < 99.95 else f"{value:,.0f}"


def _number(value: float) -> str:
    return f"{value:,.2f}" if value == value else ""
