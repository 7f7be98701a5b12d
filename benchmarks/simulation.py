"""Speed of the simulation against SimPy and Ciw on the same models; prints a table (CPU seconds, medians of 3).

    python benchmarks/simulation.py [--json] [--quick]

SimPy and Ciw are optional: what is not installed is left out. Every model is run by every tool in one process, one
after the other, so the ratio holds on a noisy machine.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from keruen.network.facility import Arrivals, Facility, Shifts, Stage, deterministic, dwell, exponential, smooth
from keruen.simulation import engine
from keruen.simulation.replications import run_one
from keruen.simulation.world import build, plan


@dataclass(frozen=True)
class Model:
    """A series of exponential stations: rate of trains, their size, (mean service, servers, shifts or None)."""

    name: str
    trains_per_h: float
    size: int
    stations: tuple[tuple[float, int, tuple[int, int] | None], ...]

    def facility(self) -> Facility:
        """The model declared for Keruen."""
        stages = tuple(
            Stage(f"s{k}", exponential(mean), servers if shift is None else Shifts((0, 12), shift, "finish"))
            for k, (mean, servers, shift) in enumerate(self.stations)
        )
        arrivals = Arrivals(exponential(1 / self.trains_per_h), deterministic(self.size))
        return Facility(self.name, stages, (arrivals,))


MODELS = (
    Model("M/M/1", 0.8, 1, ((1.0, 1, None),)),
    Model("M/M/4", 3.2, 1, ((1.0, 4, None),)),
    Model("tandem 5", 0.8, 1, ((1.0, 1, None),) * 5),
    Model("trains, shifts", 0.12, 20, ((1.0, 3, None), (4 / 3, 4, (6, 2)), (2 / 3, 2, None))),
)


def keruen_run(model: Model, customers: int, records: bool = False) -> tuple[float, int]:
    """CPU seconds and customers of one replication."""
    facility = model.facility()
    visits = customers * len(model.stations) + 10_000 if records else 0
    what = plan(0.0, customers / model.trains_per_h / model.size, records=visits)
    world = build(facility, what, 1, 0)
    begun = time.process_time()
    assert engine.run(world) == engine.DONE
    return time.process_time() - begun, int(world.tally["count"].sum())


def simpy_run(model: Model, customers: int) -> tuple[float, int]:
    """The same in SimPy: one process a customer, running sums only."""
    import simpy

    env = simpy.Environment()
    draw = random.Random(1)
    stations = [simpy.Resource(env, (shift or (servers, 0))[0]) for _, servers, shift in model.stations]
    total = [0.0, 0]

    def wagon():
        begun = env.now
        for (mean, _, _), station in zip(model.stations, stations, strict=True):
            with station.request() as turn:
                yield turn
                yield env.timeout(draw.expovariate(1 / mean))
        total[0] += env.now - begun
        total[1] += 1

    def source():
        sent = 0
        while sent < customers:
            yield env.timeout(draw.expovariate(model.trains_per_h))
            for _ in range(model.size):
                env.process(wagon())
            sent += model.size

    def shifts(station, shift):
        while True:
            for servers in shift:
                station._capacity = servers  # SimPy has no public way
                station._trigger_put(None)
                yield env.timeout(12)

    begun = time.process_time()
    done = env.process(source())
    for (_, _, shift), station in zip(model.stations, stations, strict=True):
        if shift is not None:
            env.process(shifts(station, shift))
    env.run(until=done)
    return time.process_time() - begun, total[1]


def ciw_run(model: Model, customers: int) -> tuple[float, int]:
    """The same in Ciw."""
    import ciw

    last = len(model.stations) - 1
    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Exponential(model.trains_per_h)] + [None] * last,
        batching_distributions=[ciw.dists.Deterministic(model.size)] + [ciw.dists.Deterministic(1)] * last,
        service_distributions=[ciw.dists.Exponential(1 / mean) for mean, _, _ in model.stations],
        number_of_servers=[
            ciw.Schedule(numbers_of_servers=list(shift), shift_end_dates=[12, 24]) if shift else servers
            for _, servers, shift in model.stations
        ],
        routing=[[1.0 if j == i + 1 else 0.0 for j in range(last + 1)] for i in range(last + 1)],
    )
    ciw.seed(1)
    run = ciw.Simulation(network)
    begun = time.process_time()
    run.simulate_until_max_time(customers / model.trains_per_h / model.size)
    spent = time.process_time() - begun
    return spent, run.nodes[-1].number_of_completed_individuals


def per_customer(run: Callable[[Model, int], tuple[float, int]], model: Model, customers: int, times: int = 3) -> float:
    """Median CPU microseconds a customer."""
    found = []
    for _ in range(times):
        seconds, count = run(model, customers)
        found.append(1e6 * seconds / count)
    return statistics.median(found)


def threads_gain(model: Model, customers: int) -> float:
    """Wall time of four replications in one thread over that in two."""
    facility = model.facility()
    what = plan(0.0, customers / model.trains_per_h / model.size)
    times = []
    for threads in (1, 2):
        begun = time.perf_counter()
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(lambda number: run_one(facility, what, 1, number), range(4)))
        times.append(time.perf_counter() - begun)
    return times[0] / times[1]


def fresh(code: str, cache: str) -> tuple[float, float]:
    """CPU seconds and peak memory (MB) of a new process that runs `code` with the given kernel cache."""
    script = code + _REPORT
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "NUMBA_CACHE_DIR": cache},
        check=True,
        capture_output=True,
        text=True,
    )
    seconds, memory = done.stdout.split()[-2:]
    return float(seconds), float(memory)


# the kernel's own peak: ru_maxrss of a child begins with that of its parent
_REPORT = """
import resource as r
u = r.getrusage(r.RUSAGE_SELF)
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(u.ru_utime + u.ru_stime, int(peak.split()[1]) / 1024)
"""
_RUN = """
from keruen.network.facility import Arrivals, Facility, Stage, exponential
from keruen.simulation.replications import run_one
from keruen.simulation.world import plan
f = Facility("q", (Stage("s", exponential(1.0)),), (Arrivals(exponential(1.25)),))
run_one(f, plan(0.0, {customers} / 0.8), 1, 0)
"""


def start_and_memory() -> dict[str, float]:
    """Compile time, cached start, and peak memory of ten million visits."""
    with tempfile.TemporaryDirectory() as cache:
        bare, _ = fresh("import numpy, pandas, scipy.stats, scipy.optimize, numba", cache)
        cold, _ = fresh(_RUN.format(customers=1000), cache)
        warm, _ = fresh(_RUN.format(customers=1000), cache)
        imported, _ = fresh("import keruen.simulation", cache)
        _, memory = fresh(_RUN.format(customers=10_000_000), cache)
    return {
        "import_of_dependencies_s": bare,
        "cold_start_s": cold,
        "compile_s": cold - warm,
        "cached_import_beyond_dependencies_s": max(imported - bare, 0.0),
        "cached_first_run_s": warm - imported,
        "memory_10m_visits_mb": memory,
    }


def formula_speed() -> dict[str, float]:
    """Microseconds of the link performance function and of the formula of a crossing of six stages."""
    from numba import njit

    from keruen.network.curve import smooth_time_and_slope

    stages = tuple(Stage(f"s{k}", exponential(0.1 + 0.02 * k), 2 + k) for k in range(6))
    six = Facility("six", stages, (Arrivals.renewal(200, 0.5, 40),))
    curve = smooth(six)

    @njit
    def loop(row, step, count):
        total = 0.0
        for k in range(count):
            total += smooth_time_and_slope(row, step * (k % 1500))[0]
        return total

    step = curve.capacity_per_day / 1000
    loop(curve.row, step, 10)
    found = []
    for _ in range(3):
        begun = time.process_time()
        loop(curve.row, step, 300_000)
        found.append((time.process_time() - begun) / 300_000 * 1e6)
    begun = time.process_time()
    for _ in range(20):
        dwell(six)
    return {
        "link_function_us": statistics.median(found),
        "reporting_formula_us": (time.process_time() - begun) / 20 * 1e6,
    }


def measure(quick: bool) -> dict[str, object]:
    """Everything, as a dictionary."""
    scale = 10 if quick else 1
    peers: dict[str, tuple[Callable[[Model, int], tuple[float, int]], int]] = {}
    for name, run, customers in (("simpy", simpy_run, 60_000), ("ciw", ciw_run, 20_000)):
        with contextlib.suppress(ImportError):
            __import__(name)
            peers[name] = (run, customers // scale)
    keruen_run(MODELS[0], 1000)
    rows = []
    for model in MODELS:
        customers = 2_000_000 // scale // len(model.stations)
        ours = per_customer(keruen_run, model, customers)
        row: dict[str, object] = {"model": model.name, "keruen_us": ours}
        row["records_us"] = per_customer(lambda m, n: keruen_run(m, n, records=True), model, customers)
        row["visits_per_s"] = len(model.stations) / ours * 1e6
        row["threads_2_gain"] = threads_gain(model, customers)
        for name, (run, count) in peers.items():
            theirs = per_customer(run, model, count)
            row[f"{name}_us"], row[f"times_{name}"] = theirs, theirs / ours
        rows.append(row)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"models": rows, **start_and_memory(), **formula_speed(), "peak_memory_of_this_process_mb": memory}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--quick", action="store_true", help="a tenth of the customers")
    options = parser.parse_args()
    found = measure(options.quick)
    if options.json:
        print(json.dumps(found, indent=2))
        return
    rows = found.pop("models")
    assert isinstance(rows, list)
    print("| " + " | ".join(rows[0]) + " |\n|" + "---|" * len(rows[0]))
    for row in rows:
        print(
            "| "
            + " | ".join(f"{value:.4g}" if isinstance(value, float) else str(value) for value in row.values())
            + " |"
        )
    print()
    for name, value in found.items():
        print(f"- {name}: {value:.4g}")


if __name__ == "__main__":
    main()
