"""Time the reading of a register of many projects in every format: CPU seconds, medians.

The register is the reference study's own, its projects copied under new ids until there are enough.

    python benchmarks/register.py [--projects 10000] [--repeat 3] [--study examples/north-south]
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from keruen.appraisal.reconciliation import of_study
from keruen.appraisal.register import GROUPS, register
from keruen.exchange.oc4ids import read_oc4ids, to_oc4ids, write_oc4ids
from keruen.exchange.register import read_register
from keruen.study import Study
from keruen.study import open as open_study

MAPPED = (
    *("project_id", "name_en", "portfolio", "sector", "parties", "countries", "cost_musd", "cost_native_million"),
    *("native_currency", "price_year", "status", "start_year", "finish_year", "source"),
)


def copied(study: Study, count: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Projects and effects of a study, copied under new ids; effects that change the network only once."""
    projects, effects = study.table("project"), study.table("effect")
    times = -(-count // len(projects))
    parts = [
        projects.assign(
            **{
                column: [";".join(f"{part}-{n}" for part in cell.split(";") if part) for cell in projects[column]]
                for column in ("project_id", "requires", "excludes")
            }
        )
        for n in range(times)
    ]
    plain = effects.drop_duplicates("project").assign(table="", row="", column="", existing="", set="", change=None)
    told = plain["note"].where(plain["note"] != "", "copied")
    silent = [
        plain.assign(effect_id=plain["effect_id"] + f"-{n}", project=plain["project"] + f"-{n}", note=told)
        for n in range(times)
    ]
    table = pd.concat(parts, ignore_index=True).head(count)
    known = set(table["project_id"])
    for column in ("requires", "excludes"):
        table[column] = [";".join(part for part in cell.split(";") if part in known) for cell in table[column]]
    own = pd.concat(silent, ignore_index=True)
    return table, own[own["project"].isin(known)]


def written(folder: Path, study: Study, count: int) -> dict[str, Callable[[], object]]:
    """Write the register in every format; the readers by name."""
    projects, effects = copied(study, count)
    big = Study(study.settings, {**study.tables, "project": projects, "effect": effects}, folder, {}, {}, {})
    big.save(folder / "study")
    told = {"uri": "https://example.org/p", "publisher": "Benchmark", "published": "2026-01-31T00:00:00Z"}
    write_oc4ids(to_oc4ids(projects, effects, sources=study.tables["source"], **told), folder / "package.json")
    lines = "\n".join(f'{column} = "{column}"' for column in MAPPED)
    (folder / "map.toml").write_text(f"[columns]\n{lines}\n", encoding="utf-8")
    listed = projects[list(MAPPED)]
    listed.to_csv(folder / "list.csv", index=False)
    listed.to_excel(folder / "list.xlsx", index=False)
    opened = open_study(folder / "study")
    return {
        "OC4IDS package": lambda: read_oc4ids(folder / "package.json"),
        "CSV by a mapping": lambda: read_register(folder / "list.csv", folder / "map.toml"),
        "XLSX by a mapping": lambda: read_register(folder / "list.xlsx", folder / "map.toml"),
        "study opened and checked": lambda: open_study(folder / "study"),
        "valued, and summed by each of five": lambda: _summed(opened),
        "reconciled": lambda: of_study(opened.tables),
    }


def _summed(study: Study) -> list[pd.DataFrame]:
    found = register(study.tables)
    return [found.sums(by) for by in GROUPS]


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--projects", type=int, default=10_000)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--study", type=Path, default=Path("examples/north-south"))
    asked = parser.parse_args()
    study = open_study(asked.study)
    print(f"| {asked.projects:,} projects | CPU s |\n|---|--:|")
    with tempfile.TemporaryDirectory() as name:
        for what, read in written(Path(name), study, asked.projects).items():
            read()  # imports and compiled schemas are not part of it
            seconds = []
            for _ in range(asked.repeat):
                start = time.process_time()
                read()
                seconds.append(time.process_time() - start)
            print(f"| {what} | {statistics.median(seconds):.2f} |", flush=True)


if __name__ == "__main__":
    main()
