"""Accuracy of the dwell formula against exact values and the simulation; prints a table.

    python benchmarks/formula.py [--json] [--quick] [--cases]

Errors are relative to the dwell (wait and service), and for shifts also to the wait. Random series come from a fixed
seed; the simulation runs until the half-width of its mean is 1 % (2 % with --quick).
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.network.facility import exact

from keruen.network.facility import (
    Arrivals,
    Batch,
    Facility,
    Shifts,
    Slots,
    Stage,
    deterministic,
    dwell,
    erlang,
    exponential,
    fitted,
    geometric,
    hyperexponential,
    series,
    steady_dwell,
)
from keruen.simulation import simulate

Row = tuple[str, float, float, float, float]
"""Case; mean by formula, mean held against it, deviation by formula and held against it (0 where there is none)."""


def g_g_c(_: float) -> list[Row]:
    """PH/PH/c, exact by matrix-geometric solution."""
    laws = {
        "M": (exponential(1.0), exact.erlang(1)),
        "E2": (erlang(2, 1.0), exact.erlang(2)),
        "E4": (erlang(4, 1.0), exact.erlang(4)),
        "H2": (hyperexponential(1.0, 2.0), exact.hyper(1.0, 2.0)),
        "H4": (hyperexponential(1.0, 4.0), exact.hyper(1.0, 4.0)),
    }
    rows = []
    for a, s, servers, rho in itertools.product(laws, laws, (1, 2, 4), (0.5, 0.7, 0.8, 0.9)):
        mean = 1 / (rho * servers)
        alpha, t = laws[a][1]
        true = exact.ph_ph_c((alpha, t / mean), laws[s][1], servers) + 1
        line = series(laws[a][0].scaled(mean), (laws[s][0], servers))
        rows.append((f"{a}/{s}/{servers} {rho}", steady_dwell(line, line.flow_per_day).mean_h, true, 0.0, 0.0))
    return rows


def past_capacity(_: float) -> list[Row]:
    """M/M/c from empty over a span, exact by the Kolmogorov equations."""
    rows = []
    for (servers, span), x in itertools.product(
        ((1, 100.0), (2, 100.0), (4, 50.0), (8, 100.0), (4, 720.0)),
        (0.5, 0.7, 0.8, 0.9, 0.95, 1.0, 1.05, 1.1, 1.2, 1.3),
    ):
        line = series(exponential(1 / (x * servers)), (exponential(1.0), servers))
        true = exact.transient_mmc(x * servers, 1.0, servers, span)
        rows.append((f"M/M/{servers} {span:.0f} h {x}", dwell(line, span_h=span).mean_h, true, 0.0, 0.0))
    return rows


SHIFTS = (
    ((0, 12), (6, 2), 3.0, 1.0), ((0, 12), (8, 0), 3.0, 1.0), ((0, 4, 10, 20), (4, 0, 4, 1), 0.6, 2.0),
    ((0, 12), (6, 2), 3.0, 0.7), ((0, 12), (6, 2), 3.0, 1.2), ((8, 20), (4, 1), 1.5, 1.0), ((8, 20), (4, 1), 2.0, 1.0),
    ((0, 8, 16), (10, 5, 2), 4.0, 1.0), ((0, 12), (3, 1), 0.4, 4.0), ((8, 16), (4, 0), 0.2, 4.0),
    ((8, 18), (2, 1), 0.5, 1.0), ((8, 18), (2, 1), 1.1, 1.0), ((0, 12), (20, 8), 10.0, 1.0), ((0, 12), (20, 8), 13.0, 1.0),
)  # fmt: skip


def shifts(_: float) -> list[Row]:
    """M/M/c(t), exact by the Kolmogorov equations run to periodicity: waits, not dwells."""
    rows = []
    for at_end, (hours, servers, rate, service) in itertools.product(("finish", "suspend"), SHIFTS):
        true = exact.periodic_mmc(rate, service, hours, servers, at_end, room=160)
        line = series(exponential(1 / rate), (exponential(service), Shifts(hours, servers, at_end)))
        found = steady_dwell(line, line.flow_per_day).mean_h - service
        rows.append((f"{at_end} {servers} {rate} x {service} h", found, true, 0.0, 0.0))
    return rows


def held_against(line: Facility, name: str, target: float, seed: int) -> Row:
    """Formula and simulation in the long run."""
    found = steady_dwell(line, line.flow_per_day)
    run = simulate(line, target=target, seed=seed, most_replications=400, samples=0)
    return name, found.mean_h, run.dwell.value, found.sd_h, run.deviation.value


def _service(rng: np.random.Generator, servers: int, rho: float, flow_per_h: float) -> float:
    return rho * servers / flow_per_h


def train_series(target: float, count: int = 60, seed: int = 2026) -> list[Row]:
    """Random series of 2 to 6 stations fed by trains, headways from clockwork to Poisson."""
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(count):
        size = int(rng.integers(10, 58))
        law = deterministic(size) if rng.random() < 0.6 else geometric(size)
        trains = Arrivals.renewal(24 * size, float(rng.choice([0.25, 0.5, 1.0])), law)  # one an hour
        top = rng.uniform(0.5, 0.9)
        many = int(rng.integers(2, 7))
        rhos = top * rng.uniform(0.4, 1.0, many)
        rhos[rng.integers(many)] = top
        stages = []
        for rho in rhos:
            servers = int(rng.integers(1, 9))
            stages.append((fitted(rho * servers / size, float(rng.choice([0.25, 0.5, 1.0]))), servers))
        line = series(trains, *stages)
        rows.append(held_against(line, f"{many} stations, {law}, {top:.2f}", target, number))
    return rows


def shift_series(target: float, count: int = 40, seed: int = 2027) -> list[Row]:
    """Random series of 2 to 4 stations, one of them on shifts, fed one by one or by trains."""
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(count):
        size = int(rng.choice([1, 1, 20, 50]))
        flow_per_h = rng.uniform(1.0, 6.0) * (1 if size == 1 else 5)
        arrivals = Arrivals.renewal(24 * flow_per_h, float(rng.choice([0.5, 1.0])), size)
        many = int(rng.integers(2, 5))
        on_shifts = int(rng.integers(many))
        stages = []
        for k in range(many):
            rho, servers = rng.uniform(0.45, 0.88), int(rng.integers(1, 9))
            scv = float(rng.choice([0.25, 0.5, 1.0]))
            if k == on_shifts:
                night = int(rng.integers(0, servers + 1))
                working = Shifts((8, 20), (2 * servers, night), str(rng.choice(["finish", "suspend"])))
                stages.append(Stage("shifts", fitted(rho * working.mean / flow_per_h, scv), working))
            else:
                stages.append(Stage(f"s{k}", fitted(rho * servers / flow_per_h, scv), servers))
        rows.append(held_against(series(arrivals, *stages), f"{many} stations, train of {size}", target, number))
    return rows


def overload(target: float, count: int = 24, seed: int = 2028) -> list[Row]:
    """Random series fed by trains over 720 h from empty, at 0.9 to 1.3 of capacity."""
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(count):
        size, many = int(rng.integers(1, 58)), int(rng.integers(1, 4))
        trains = Arrivals.renewal(24 * size, float(rng.choice([0.5, 1.0])), size)
        stages = [(fitted(rng.uniform(0.6, 1.0) * c / size, 0.5), int(c)) for c in rng.integers(1, 7, many)]
        line = series(trains, *stages)
        line = line.at(rng.uniform(0.9, 1.3) * steady_dwell(line, 1e-6).capacity.total_per_day)
        found = dwell(line)
        run = simulate(line, target=target, steady=False, seed=number, most_replications=400, samples=0)
        rows.append(
            (f"{many} stations, train of {size}", found.mean_h, run.dwell.value, found.sd_h, run.deviation.value)
        )
    return rows


def slots(target: float) -> list[Row]:
    """Departure paths fed by a station, one by one and by trains."""
    rows = []
    for size, takes, load in itertools.product((1, 40), (10, 57), (0.5, 0.8, 0.9)):
        arrivals = Arrivals.renewal(24 * 10.0, 0.5, size)
        desk, path = (
            Stage("desk", fitted(0.3, 0.5), 4),
            Stage("path", None, slots=Slots(takes, every_h=load * takes / 10)),
        )
        rows.append(held_against(series(arrivals, desk, path), f"train of {size}, {takes} a slot, {load}", target, 1))
    return rows


def scattered_trains(target: float, count: int = 30, seed: int = 2029) -> list[Row]:
    """One station fed by trains that an unlimited stage before it has scattered."""
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(count):
        size, servers = int(rng.choice([20, 50])), int(rng.choice([1, 4, 10, 30]))
        load, scv = float(rng.choice([0.4, 0.6, 0.8, 0.9])), float(rng.choice([0.5, 1.0]))
        flow_per_h = rng.uniform(1.0, 6.0) * size / 10
        work = fitted(load * servers / flow_per_h, 0.5)
        before = fitted(work.mean * size / servers * float(rng.choice([0.3, 1.0, 4.0])), float(rng.choice([0.5, 1.0])))
        trains = Arrivals.renewal(24 * flow_per_h, scv, size)
        line = series(trains, Stage("before", before, None), Stage("desk", work, servers))
        rows.append(held_against(line, f"train of {size}, {servers} servers, {load}", target, number))
    return rows


def batches_of_trains(target: float, count: int = 30, seed: int = 2030) -> list[Row]:
    """One station that serves several wagons together, fed by trains."""
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(count):
        size, together, servers = int(rng.choice([20, 57])), int(rng.choice([5, 13, 20])), int(rng.choice([1, 2, 6]))
        load, scv = float(rng.choice([0.4, 0.6, 0.8, 0.9])), float(rng.choice([0.5, 1.0]))
        flow_per_h = rng.uniform(1.0, 6.0) * size / 10
        shop = Stage("shop", fitted(load * servers * together / flow_per_h, 0.3), servers, batch=Batch(1, together))
        line = series(Arrivals.renewal(24 * flow_per_h, scv, size), shop)
        rows.append(held_against(line, f"train of {size}, {servers} x {together}, {load}", target, number))
    return rows


SETS: dict[str, tuple[Callable[[float], list[Row]], str]] = {
    "G/G/c, exact (300)": (g_g_c, "mean 2 %"),
    "past capacity M/M/c, exact (50)": (past_capacity, "worst 10 %"),
    "shifts M/M/c(t), exact, wait only (28)": (shifts, "mean 8 %"),
    "series fed by trains, simulated (60)": (train_series, "mean 5 %, worst 15 %"),
    "series with a stage on shifts, simulated (40)": (shift_series, "mean 8 %"),
    "0.9 to 1.3 of capacity, simulated (24)": (overload, "worst 10 %"),
    "departure paths, simulated (12)": (slots, ""),
    "trains scattered by a stage before, simulated (30)": (scattered_trains, ""),
    "trains served in batches, simulated (30)": (batches_of_trains, ""),
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--quick", action="store_true", help="simulate to 2 % instead of 1 %")
    parser.add_argument("--cases", action="store_true", help="print every case")
    parser.add_argument("--only", default="", help="sets whose name holds this")
    options = parser.parse_args()
    found = {}
    for name, (measure, aim) in SETS.items():
        if options.only not in name:
            continue
        begun = time.process_time()
        rows = measure(0.02 if options.quick else 0.01)
        gaps = np.array([formula / true - 1 for _, formula, true, _, _ in rows])
        spread = np.array([formula / true - 1 for _, _, _, formula, true in rows if true > 0])
        if options.cases:
            for (case, formula, true, sd, true_sd), gap in zip(rows, gaps, strict=True):
                print(f"  {case:45s} {formula:9.4f} {true:9.4f} {gap:+7.1%}  sd {sd:8.3f} {true_sd:8.3f}")
        found[name] = {
            "mean": float(np.abs(gaps).mean()),
            "worst": float(np.abs(gaps).max()),
            "bias": float(gaps.mean()),
            "sd_mean": float(np.abs(spread).mean()) if spread.size else None,
            "sd_worst": float(np.abs(spread).max()) if spread.size else None,
            "aim": aim,
            "cpu_s": time.process_time() - begun,
        }
    if options.json:
        print(json.dumps(found, indent=2))
        return
    print("| set | mean error | worst | bias | sd: mean | sd: worst | aim |\n|---|--:|--:|--:|--:|--:|---|")
    for name, one in found.items():
        cells = [
            f"{one[key]:.1%}" if one[key] is not None else ""
            for key in ("mean", "worst", "bias", "sd_mean", "sd_worst")
        ]
        print(f"| {name} | {' | '.join(cells)} | {one['aim']} |")


if __name__ == "__main__":
    main()
