"""Speed of appraising every project of a study, each alone; prints a Markdown table or JSON.

Usage: ``python benchmarks/appraisal.py [--study examples/north-south] [--third-year 2040] [--warm [--repeat 7]] [--json]``

A third modelled year is made by carrying the demand of the last year on, 20 per cent more: it stands for the work of
a year, not for a forecast.

With ``--warm``: the equilibrium of 2030 after each project, started from the one without it, against a cold start, on one
thread to 1e-8; the statement of the problem apart. Medians of repeated solves, in CPU milliseconds.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

import keruen as kr
from keruen.appraisal.modelled import GAP, Base
from keruen.equilibrium import solve
from keruen.equilibrium.statement import freight
from keruen.network.like import LikeRouter
from keruen.study.projects import project_patches

HERE = Path(__file__).resolve().parent.parent


def with_a_third_year(study: Path, year: int, folder: Path) -> Path:
    """Copy a study and add a year of demand to the copy."""
    copy = folder / study.name
    shutil.copytree(study, copy)
    for name in ("demand", "demand_family"):
        table = pd.read_csv(copy / f"{name}.csv", dtype=str, keep_default_na=False)
        last = table[table["year"] == table["year"].max()].assign(year=str(year))
        for column in (column for column in last.columns if column.endswith("t_per_year")):
            known = last[column] != ""
            last.loc[known, column] = (1.2 * last.loc[known, column].astype(float)).astype(str)
        pd.concat([table, last]).to_csv(copy / f"{name}.csv", index=False)
    settings = (copy / "keruen.toml").read_text(encoding="utf-8")
    (copy / "keruen.toml").write_text(settings.replace("2030]", f"2030, {year}]"), encoding="utf-8")
    return copy


def cpu_ms(task: Callable[[], object], repeat: int) -> float:
    """Return the median CPU time of a task."""
    times = []
    for _ in range(repeat):
        begun = time.process_time()
        task()
        times.append(1e3 * (time.process_time() - begun))
    return statistics.median(times)


def warm_starts(study: kr.Study, year: int, repeat: int) -> list[dict[str, Any]]:
    """Return a row a project that changes the network or its demand: CPU of its statement, warm and cold solve."""
    base, rows = Base(study, (year,)), []
    for project in map(str, study.tables["project"]["project_id"]):
        scenario = study.scenario(year=year)
        if not project_patches(study, project, 9999):
            continue
        built = project in scenario.built
        before = base.without(year, () if built else base._required(project))
        begun = time.process_time()
        changed = scenario.without(project) if built else base.built(year, [project])
        problem = freight(LikeRouter(changed, before.freight.router), before.freight.calibration).problem
        stated = 1e3 * (time.process_time() - begun)
        start, old = before.flows, before.freight.problem
        warm, cold = solve(problem, GAP, threads=1, start=start), solve(problem, GAP, threads=1)
        rows.append(
            {
                "project": project,
                "arcs_added": problem.arcs - old.arcs,
                "demand_changed": any(
                    len(a.flow) != len(b.flow) or (a.flow != b.flow).any()
                    for a, b in zip(problem.classes, old.classes, strict=True)
                ),
                "iterations": (len(warm.history), len(cold.history)),
                "objectives_apart": warm.objective / cold.objective - 1.0,
                "stated_ms": stated,
                "warm_ms": cpu_ms(lambda p=problem, s=start: solve(p, GAP, threads=1, start=s), repeat),
                "cold_ms": cpu_ms(lambda p=problem: solve(p, GAP, threads=1), repeat),
            }
        )
    return rows


def told(rows: list[dict[str, Any]], as_json: bool) -> str:
    """Return the warm starts as a table by kind of project, or one by one as JSON."""
    if as_json:
        return json.dumps(rows, indent=1)
    kinds = {
        "one tree pass is enough": [row for row in rows if row["iterations"][0] == 1 and not row["arcs_added"]],
        "flows move": [row for row in rows if row["iterations"][0] > 1 and not row["arcs_added"]],
        "arcs added": [row for row in rows if row["arcs_added"]],
        "demand changed": [row for row in rows if row["demand_changed"]],
        "all": rows,
    }
    lines = [
        "| projects | | statement ms | cold ms | warm ms | median | mean | most |",
        "|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for kind, chosen in kinds.items():
        if not chosen:
            continue
        shares = [row["warm_ms"] / row["cold_ms"] for row in chosen]
        middle = [statistics.median(row[name] for row in chosen) for name in ("stated_ms", "cold_ms", "warm_ms")]
        summary = (statistics.median(shares), statistics.mean(shares), max(shares))
        lines.append(
            f"| {kind} | {len(chosen)} | {' | '.join(f'{value:.1f}' for value in middle)} | "
            f"{' | '.join(f'{100 * share:.0f} %' for share in summary)} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--study", type=Path, default=HERE / "examples/north-south")
    parser.add_argument("--third-year", type=int, default=2040)
    parser.add_argument("--warm", action="store_true")
    parser.add_argument("--repeat", type=int, default=7)
    parser.add_argument("--json", action="store_true")
    wanted = parser.parse_args()
    if wanted.warm:
        print(told(warm_starts(kr.open(wanted.study), 2030, wanted.repeat), wanted.json))
        return
    with tempfile.TemporaryDirectory() as folder:
        study = kr.open(with_a_third_year(wanted.study, wanted.third_year, Path(folder)))
        kr.appraise(study, str(study.tables["project"]["project_id"].iloc[-1]))  # kernels compiled or read
        begun = time.process_time(), time.perf_counter()
        found = kr.appraise(study)
        cpu, wall = time.process_time() - begun[0], time.perf_counter() - begun[1]
    modelled = sum(bool(one.gains) for one in found.values())
    figures = {"projects": modelled, "years": list(found.years), "cpu_s": round(cpu, 1), "wall_s": round(wall, 1)}
    if wanted.json:
        print(json.dumps(figures))
    else:
        print("| projects on the network | years | CPU s | wall s |\n|--:|--:|--:|--:|")
        print(f"| {modelled} | {len(found.years)} | {cpu:.1f} | {wall:.1f} |")


if __name__ == "__main__":
    main()
