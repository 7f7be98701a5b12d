"""Time the equilibrium engine on a TNTP network.

    python benchmarks/equilibrium.py NET TRIPS [--toll-factor X] [--distance-factor X] [--threads N]
        [--gap 1e-6 ...] [--repeat N] [--warm] [--peer aequilibrae] [--peer-seconds S] [--json]

Every figure is all in: first loading and gap checks included, reading and compilation not. A cold all-or-nothing
pass (4-ary-heap Dijkstra from every origin, distances only) is timed in the same run, as the yardstick of the field.
With ``--warm`` each gap is also reached from the equilibrium before the busiest link lost, or won, half of its capacity.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import resource
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from keruen.equilibrium import Problem, solve
from keruen.equilibrium.batches import all_or_nothing
from keruen.equilibrium.engine import Engine
from keruen.exchange import tntp
from keruen.network.delay import Delay

GAPS = (1e-4, 1e-6, 1e-8, 1e-10, 1e-12)


def peak_mb() -> float:
    """Return the peak memory of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def cpu_seconds(task: Callable[[], object], repeat: int) -> float:
    """Return the median CPU time of a task."""
    times = []
    for _ in range(repeat):
        begun = time.process_time()
        task()
        times.append(time.process_time() - begun)
    return statistics.median(times)


def cold_pass(problem: Problem, repeat: int) -> float:
    """Return the CPU time of one cold all-or-nothing pass."""
    engine = Engine(problem)
    engine.price()
    origins = np.unique(engine.numbering.node[problem.classes[0].origin]).astype(np.int32)
    all_or_nothing(engine.graph, engine.cost[0], origins)
    return cpu_seconds(lambda: all_or_nothing(engine.graph, engine.cost[0], origins), max(3, repeat))


def measure(problem: Problem, gap: float, threads: int, repeat: int) -> dict[str, Any]:
    """Return CPU, wall and iterations to a gap: medians of `repeat` solves."""
    seconds, found = [], {}
    for _ in range(repeat):
        flows = solve(problem, gap, threads=threads)
        seconds.append((flows.history[-1].cpu_s, flows.history[-1].wall_s))
        found = {
            "gap": gap,
            "reached": flows.gap,
            "reason": flows.reason,
            "iterations": len(flows.history),
            "objective": flows.objective,
        }
        del flows  # runs kept side by side would pay for fresh pages of memory, which one solve does not
    cpu, wall = (statistics.median(values) for values in zip(*seconds, strict=True))
    return found | {"cpu_s": cpu, "wall_s": wall}


def measure_warm(problem: Problem, gap: float, threads: int, repeat: int) -> list[dict[str, Any]]:
    """Return CPU seconds and iterations, warm and cold, after the busiest link lost or won half of its capacity."""
    before, rows = solve(problem, gap, threads=threads), []
    busiest = int(np.argmax(np.where(problem.delay.kind == 1, before.volume, 0.0)))
    for factor in (0.5, 1.5):
        parameters = problem.delay.parameters.copy()
        parameters[busiest, 2] /= factor  # one over the capacity
        changed = dataclasses.replace(problem, delay=Delay(problem.delay.kind, parameters))
        warm, cold = solve(changed, gap, threads=threads, start=before), solve(changed, gap, threads=threads)
        rows.append(
            {
                "gap": gap,
                "capacity": factor,
                "iterations": (len(warm.history), len(cold.history)),
                "objectives_apart": warm.objective / cold.objective - 1.0,
                "warm_s": cpu_seconds(lambda p=changed: solve(p, gap, threads=threads, start=before), repeat),
                "cold_s": cpu_seconds(lambda p=changed: solve(p, gap, threads=threads), repeat),
            }
        )
    return rows


def links_for_aequilibrae(problem: Problem) -> Any:
    """Return the links as the table AequilibraE wants; it wants free times above 0."""
    import pandas as pd

    one = problem.classes[0]
    time_, slope = problem.delay.parameters[:, 0], problem.delay.parameters
    moving = problem.delay.kind == 1
    free = np.where(time_ > 0, time_, 1e-10)
    return pd.DataFrame(
        {
            "link_id": np.arange(1, problem.arcs + 1),
            "a_node": np.asarray(problem.tail) + 1,
            "b_node": np.asarray(problem.head) + 1,
            "direction": 1,
            "free": free,
            "capacity": np.where(moving, 1 / np.where(moving, slope[:, 2], 1.0), 1.0),
            "b": np.where(moving, slope[:, 1] / free, 0.0),
            "power": np.where(moving, slope[:, 3], 1.0),
            "fixed": np.broadcast_to(np.asarray(one.fixed_cost, float), (problem.arcs,)),
        }
    )


def assignment_of_aequilibrae(problem: Problem, gap: float) -> Any:
    """Return AequilibraE's bi-conjugate Frank-Wolfe of a problem, set up on one thread and not yet run."""
    from aequilibrae.matrix import AequilibraeMatrix
    from aequilibrae.paths import Graph, TrafficAssignment, TrafficClass

    one = problem.classes[0]
    zones = int(max(one.origin.max(), one.destination.max())) + 1
    links = links_for_aequilibrae(problem)
    graph = Graph()
    graph.network = links
    graph.prepare_graph(np.arange(1, zones + 1))
    graph.set_graph("free")
    through = problem.through
    graph.set_blocked_centroid_flows(through is not None and not through.all())
    matrix = AequilibraeMatrix()
    matrix.create_empty(zones=zones, matrix_names=["all"], memory_only=True)
    matrix.index[:] = np.arange(1, zones + 1)
    table = np.zeros((zones, zones))
    np.add.at(table, (one.origin, one.destination), np.where(one.origin != one.destination, one.flow, 0.0))
    matrix.matrix["all"][:, :] = table
    matrix.computational_view(["all"])
    traffic = TrafficClass("all", graph, matrix)
    if links["fixed"].any():
        traffic.set_fixed_cost("fixed")
    assignment = TrafficAssignment()
    assignment.set_classes([traffic])
    assignment.set_vdf("BPR")
    assignment.set_vdf_parameters({"alpha": "b", "beta": "power"})
    assignment.set_capacity_field("capacity")
    assignment.set_time_field("free")
    assignment.set_algorithm("bfw")
    assignment.set_cores(1)
    assignment.max_iter, assignment.rgap_target = 5_000, gap
    return assignment


def aequilibrae(problem: Problem, gap: float, seconds: float) -> dict[str, Any]:
    """Time the bi-conjugate Frank-Wolfe of AequilibraE on the same problem, on one thread."""
    assignment = assignment_of_aequilibrae(problem, gap)
    begun, begun_wall = time.process_time(), time.perf_counter()
    steps: list[float] = []
    kernel = assignment.assignment
    check = kernel.check_convergence

    def checked(*args: Any, **options: Any) -> Any:
        done = check(*args, **options)
        steps.append(float(kernel.rgap))
        return done or time.perf_counter() - begun_wall > seconds

    kernel.check_convergence = checked
    assignment.execute()
    return {
        "gap": gap,
        "reached": min(steps, default=float("nan")),
        "cpu_s": time.process_time() - begun,
        "iterations": len(steps),
    }


def main() -> None:
    """Measure as the command line says, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("net", type=Path)
    parser.add_argument("trips", type=Path)
    parser.add_argument("--toll-factor", type=float, default=0.0)
    parser.add_argument("--distance-factor", type=float, default=0.0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--gap", type=float, nargs="+", default=list(GAPS))
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--warm", action="store_true")
    parser.add_argument("--peer", choices=["aequilibrae"])
    parser.add_argument("--peer-seconds", type=float, default=60.0)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    problem = tntp.read(
        options.net, options.trips, toll_factor=options.toll_factor, distance_factor=options.distance_factor
    )
    solve(problem, 1e-4, threads=options.threads)  # compiles
    base = peak_mb()
    cold = cold_pass(problem, options.repeat)
    result: dict[str, Any] = {
        "network": options.net.stem.removesuffix("_net"),
        "nodes": problem.nodes,
        "links": problem.arcs,
        "threads": options.threads,
        "cold_pass_s": cold,
        "gaps": [measure(problem, gap, options.threads, options.repeat) for gap in options.gap],
    }
    for row in result["gaps"]:
        row["cold_passes"] = row["cpu_s"] / cold
    result["peak_mb"], result["peak_mb_after_compiling"] = peak_mb(), base
    if options.warm:
        result["warm"] = [
            row for gap in options.gap for row in measure_warm(problem, gap, options.threads, options.repeat)
        ]
    if options.peer:
        result["aequilibrae"] = aequilibrae(problem, min(options.gap), options.peer_seconds)
    print(json.dumps(result, indent=1) if options.json else text(result))


def text(result: dict[str, Any]) -> str:
    """Return the figures as a table."""
    lines = [
        f"{result['network']}: {result['nodes']} nodes, {result['links']} links, {result['threads']} thread(s); "
        f"cold all-or-nothing pass {1e3 * result['cold_pass_s']:.3g} ms; peak {result['peak_mb']:.0f} MB",
        "gap      CPU ms   wall ms  iterations  cold passes",
    ]
    lines += [
        f"{row['gap']:.0e}  {1e3 * row['cpu_s']:7.2f}  {1e3 * row['wall_s']:7.2f}  {row['iterations']:10d}  "
        f"{row['cold_passes']:11.1f}{'' if row['reason'] == 'gap met' else '  ' + row['reason']}"
        for row in result["gaps"]
    ]
    lines += [
        f"{row['gap']:.0e}, capacity of the busiest link x {row['capacity']}: warm {1e3 * row['warm_s']:.2f} ms, "
        f"cold {1e3 * row['cold_s']:.2f} ms, {100 * row['warm_s'] / row['cold_s']:.0f} %; iterations "
        f"{row['iterations'][0]} and {row['iterations'][1]}; objectives apart {row['objectives_apart']:.0e}"
        for row in result.get("warm", ())
    ]
    if "aequilibrae" in result:
        peer = result["aequilibrae"]
        lines.append(
            f"AequilibraE bfw: gap {peer['reached']:.1e} in {peer['cpu_s']:.2f} CPU s, {peer['iterations']} it."
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
