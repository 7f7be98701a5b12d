"""Speed of the way from tables to report; prints a Markdown table (medians, CPU and wall seconds).

Usage: ``python benchmarks/plan.py [--study examples/north-south] [--raw ../shared/data] [--json]``
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

import keruen as kr
from keruen.network import Router
from keruen.network.paths import graph, tree

HERE = Path(__file__).resolve().parent.parent


def measure(task: Callable[[], object], runs: int = 5) -> tuple[float, float]:
    """Median CPU and wall seconds of a task, after one run that is not counted."""
    task()
    cpu, wall = [], []
    for _ in range(runs):
        begun = time.process_time(), time.perf_counter()
        task()
        cpu.append(time.process_time() - begun[0])
        wall.append(time.perf_counter() - begun[1])
    return statistics.median(cpu), statistics.median(wall)


def raw_tree(links: Path) -> Callable[[], object]:
    """One shortest-path tree on the raw Eurasian rail network, from a node of its main component."""
    table = pd.read_parquet(links, columns=["from_node_id", "to_node_id", "length_km_adj", "component"])
    a, b = (table[column].to_numpy(np.int32) for column in ("from_node_id", "to_node_id"))
    nodes = int(max(a.max(), b.max())) + 1
    built = graph(nodes, np.concatenate([a, b]), np.concatenate([b, a]))
    cost = np.tile(table["length_km_adj"].to_numpy(np.float64), 2)
    start = np.full(nodes, np.inf)
    start[a[(table["component"] == 0).to_numpy().argmax()]] = 0.0
    return lambda: tree(built, cost, start)


def first_run(study: Path) -> float:
    """Wall seconds of `keruen plan` in a process whose kernel cache is empty."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "keruen", "plan", str(study), "--out", f"{folder}/run"]
        environment = {"NUMBA_CACHE_DIR": f"{folder}/cache", "PATH": "/usr/bin:/bin"}
        begun = time.perf_counter()
        subprocess.run(command, check=True, env=environment, capture_output=True)
        return time.perf_counter() - begun


def rows(study: Path, raw: Path) -> dict[str, tuple[float, float]]:
    """Measure every step."""
    opened = kr.open(study)
    base = opened.scenario(year=opened.settings.base_year)
    router = Router(base)
    ends = opened.table("route").iloc[0]
    costs = router.costs(ends["commodity"])
    start = np.full(len(router.network.layers), np.inf)
    start[router.network.nodes_of(ends["origin"])] = 0.0
    cost = np.where(costs.permitted, costs.generalised_usd_per_t, np.inf)
    origins = [router.network.nodes_of(place) for place in opened.table("zone")["place"]]

    def all_or_nothing() -> None:
        for nodes in origins:
            entry = np.full(len(router.network.layers), np.inf)
            entry[nodes] = 0.0
            tree(router.graph, cost, entry)

    measured = {
        "open and check the study": measure(lambda: kr.open(study)),
        "compile the supernetwork": measure(lambda: kr.supernetwork(base)),
        "costs of one class of freight": measure(lambda: Router(base).costs(ends["commodity"])),
        f"one all-or-nothing pass, {len(origins)} zones": measure(all_or_nothing),
        "three alternatives": measure(
            lambda: router.alternatives(ends["origin"], ends["destination"], ends["commodity"])
        ),
    }
    links = raw / "rail" / "rail_network_links.parquet"
    if links.is_file():
        measured["one tree, raw Eurasian rail (21,194 links)"] = measure(raw_tree(links), runs=30)
    with tempfile.TemporaryDirectory() as folder:
        measured["keruen plan, warm, in process"] = measure(lambda: kr.plan(study, f"{folder}/run"), runs=3)
    spent = first_run(study)
    measured["keruen plan, first run ever, with compilation"] = (float("nan"), spent)
    return measured


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--study", type=Path, default=HERE / "examples" / "north-south")
    parser.add_argument("--raw", type=Path, default=HERE.parent / "shared" / "data")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    found = rows(given.study, given.raw)
    if given.json:
        print(json.dumps({name: {"cpu_s": cpu, "wall_s": wall} for name, (cpu, wall) in found.items()}, indent=2))
        return
    print("| step | CPU s | wall s |\n|---|--:|--:|")
    for name, (cpu, wall) in found.items():
        print(f"| {name} | {'' if cpu != cpu else f'{cpu:.4g}'} | {wall:.4g} |")


if __name__ == "__main__":
    main()
