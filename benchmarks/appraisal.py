"""Speed of appraising every project of a study, each alone; prints a Markdown table or JSON.

Usage: ``python benchmarks/appraisal.py [--study examples/north-south] [--third-year 2040] [--json]``

A third modelled year is made by carrying the demand of the last year on, 20 per cent more: it stands for the work of
a year, not for a forecast.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
import time
from pathlib import Path

import pandas as pd

import keruen as kr

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


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--study", type=Path, default=HERE / "examples/north-south")
    parser.add_argument("--third-year", type=int, default=2040)
    parser.add_argument("--json", action="store_true")
    wanted = parser.parse_args()
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
