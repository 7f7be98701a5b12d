"""``keruen assign``: the freight of one scenario spread over its routes, flows and skims written."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from keruen.cli.console import StudyFolder, err, out, said_plainly

if TYPE_CHECKING:
    import pandas as pd

    from keruen.equilibrium.engine import Step
    from keruen.equilibrium.freight import FreightFlows
    from keruen.study import Scenario, Study

__all__ = ["assign"]

_FULLEST = 10


def assign(
    study: StudyFolder,
    out_folder: Annotated[Path | None, typer.Option("--out", help="Run folder for flows and skims.")] = None,
    gap: Annotated[float, typer.Option(help="Relative gap to stop at.")] = 1e-8,
    scenario: Annotated[
        str | None, typer.Option(help="Projects that are built beside those that have opened, as a,b.")
    ] = None,
    year: Annotated[int | None, typer.Option(help="Year of the scenario; the base year by default.")] = None,
    threads: Annotated[int | None, typer.Option(help="Threads; as many as help if absent.")] = None,
    seconds: Annotated[float, typer.Option(help="Stop after so many seconds, gap met or not.")] = 600.0,
) -> None:
    """Spread the freight of a scenario over its routes; exit code 2 if the gap was not met."""
    from keruen.study import open as open_study

    with said_plainly():
        opened = open_study(study)
        asked = opened.scenario(year=year)
        for project in scenario.split(",") if scenario else ():
            asked = asked.build(project.strip())
        if out_folder is None:
            found = _solved(asked, gap, threads, seconds)
        else:
            found = _written(opened, asked, out_folder, gap, threads, seconds)
        out.print(_summary(found))
        if out_folder is not None:
            out.print(str(out_folder / "tables"), markup=False)
    if not found.flows.converged:
        message = f"the gap {gap:g} was not met: {found.flows.gap:.2e} ({found.flows.reason})"
        err.print(message, style="red", markup=False)
        raise typer.Exit(2)


def _solved(scenario: Scenario, gap: float, threads: int | None, seconds: float) -> FreightFlows:
    """Solve a scenario while a bar shows the gap falling; met or not, the flows reached are the answer."""
    from keruen.equilibrium import solve
    from keruen.equilibrium.freight import calibrate, carried, freight, weighed
    from keruen.network import Router

    router = Router(scenario)
    stated = freight(router, weighed(router, calibrate(router)))
    with _falling(gap) as step:
        flows = solve(stated.problem, gap, threads=threads, max_seconds=seconds, callback=step)
    return carried(stated, flows)


def _written(
    study: Study, scenario: Scenario, folder: Path, gap: float, threads: int | None, seconds: float
) -> FreightFlows:
    """Solve a scenario and write its tables; the folder appears when it is complete."""
    from keruen.runs import manifest, new_run, started, write_table

    with new_run(folder) as work:
        when = started()
        found = _solved(scenario, gap, threads, seconds)
        for name, table in _tables(found).items():
            write_table(table, work / "tables" / f"{name}_{scenario.year}.csv")
        command = f"keruen assign --gap {gap:g} --year {scenario.year}"
        command += f" --scenario {','.join(scenario.built)}" if scenario.built else ""
        manifest(work, command, study.inputs, study.settings.seed, when, {"freight": found.flows.wall_s})
    return found


def _tables(found: FreightFlows) -> dict[str, pd.DataFrame]:
    """Flows by link and facility, zone to zone, what cannot be carried, and how the gap fell."""
    import pandas as pd

    steps = [(step.iteration, step.gap, step.pairs, step.cpu_s) for step in found.flows.history]
    return {
        "link_flows": found.links,
        "facility_flows": found.facilities,
        "facility_dwell": found.declared,
        "demand": found.demand,
        "skims": found.skims,
        "unserved_demand": found.freight.unserved,
        "convergence": pd.DataFrame(steps, columns=["iteration", "gap", "pairs_of_segments", "cpu_s"]),
    }


@contextmanager
def _falling(target: float) -> Iterator[Callable[[Step], None]]:
    """Show the gap as it falls, on standard error: the bar is full when it meets its target."""
    columns = (SpinnerColumn(), TextColumn("{task.description:<20}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True) as bar:
        task = bar.add_task("first loading", total=-math.log10(target) if 0 < target < 1 else 1.0)

        def step(now: Step) -> None:
            reached = -math.log10(max(now.gap, 1e-300))
            bar.update(task, description=f"{now.iteration:>3}  gap {now.gap:.2e}", completed=max(0.0, reached))

        yield step


def _summary(found: FreightFlows) -> Table:
    """Return the fullest sections and facilities, with the gap below them."""
    flows, asked = found.flows, found.freight
    tonnes = float(found.skims["flow_t_per_year"].sum()) / 1e6
    table = Table(title=f"{asked.router.scenario.year}: {tonnes:,.1f} Mt assigned", title_justify="left")
    table.add_column("fullest sections and crossings")
    for heading in ("Mt a year", "trains a day", "of capacity", "queue, h"):
        table.add_column(heading, justify="right")
    for row in _fullest(found).itertuples():
        table.add_row(
            str(row.what), f"{row.tonnes / 1e6:,.2f}", f"{row.trains:,.1f}", f"{row.use:.0%}", f"{row.delay_h:,.1f}"
        )
    lost = float(asked.unserved["flow_t_per_year"].sum()) / 1e6
    table.caption = f"gap {flows.gap:.2e}, {len(flows.history)} iterations, {flows.wall_s:.2f} s"
    table.caption += f"; {lost:,.1f} Mt that no route joins left out" if lost else ""
    away = found.demand.loc[found.demand["elasticity"] > 0, "kept_away_t_per_year"].sum() / 1e6
    table.caption += (
        f"; {abs(away):,.1f} Mt {'kept away' if away > 0 else 'drawn'} by cost" if abs(away) >= 0.05 else ""
    )
    return table


def _fullest(found: FreightFlows) -> pd.DataFrame:
    """Return the sections and facilities that use most of their capacity, one row each."""
    import pandas as pd

    columns = ["what", "tonnes", "trains", "use", "delay_h"]
    rows = []
    for table, key in ((found.links, "link_id"), (found.facilities, "facility_id")):
        tonnes = table["flow_t_per_year"] + table["back_t_per_year"]
        part = pd.DataFrame(
            {"what": table[key], "tonnes": tonnes, "trains": table["trains_per_day"], "use": table["use"]}
        )
        rows.append(part.assign(delay_h=table["delay_h"]).dropna(subset="use"))
    return pd.concat(rows, ignore_index=True)[columns].nlargest(_FULLEST, "use")
