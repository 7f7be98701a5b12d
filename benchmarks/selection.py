"""Choose links of a design instance, and prove it.

    python benchmarks/selection.py INSTANCE TRIPS --budget-fraction 0.5 --inflate 1 [--time-limit S] [--threads N] [--json] [--progress]
    python benchmarks/selection.py INSTANCE TRIPS --budget-fraction .25 .5 .75 --demand .8 1 1.2 --weight 1 .65 .42
    python benchmarks/selection.py NET TRIPS --upgrades 20 --seed 1 --budget-fraction 0.5
    python benchmarks/selection.py ChicagoSketch_net.tntp ChicagoSketch_trips.tntp --flows ChicagoSketch_flow.tntp
        --distance-factor 0.04 --upgrades 170 --budget-fraction .1 .2 .3 --demand 1 1.1 1.2 --weight 1 .65 .42

INSTANCE is a TNTP network with candidate links and their costs (extended rows, NUMBER OF NEW LINKS), each a project of
its own. With --upgrades, NET is a plain TNTP network and N two-way links, drawn by a stated generator, may be widened.
Several fractions, demands and weights are several periods; what is built stays, fractions are of all costs, spent by the
end of the period. Exit code 1 with a message for what cannot be asked, 2 where the time limit came before the proof. Seconds are without compilation, which is told
apart.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from keruen import errors
from keruen.equilibrium import DemandClass, Problem
from keruen.exchange import dndp, tntp
from keruen.network.delay import Delay
from keruen.portfolio import DesignProblem, Period, Plan, Progress, Project, choose

SCALE = 1e-3
"""Capacity and demand in thousands, as in the published tables."""


def instance(net: Path, trips: Path, inflate: float) -> DesignProblem:
    """Return an instance of new links."""
    found = dndp.read(net, trips, inflate=inflate)
    projects = [
        Project(name, float(cost), opens=[int(arc)])
        for name, cost, arc in zip(found.names, found.cost, found.candidates, strict=True)
    ]
    return DesignProblem(found.problem, projects)


def draws(seed: int) -> Iterator[float]:
    """Yield the numbers of a linear congruential generator, 0 to below 1."""
    state = seed
    while True:
        state = (1103515245 * state + 12345) % 2**31
        yield state / 2**31


def thousands(net: Path, trips: Path, inflate: float, distance_factor: float) -> Problem:
    """Return a plain TNTP network with capacity and demand in thousands."""
    plain = tntp.read(net, trips, distance_factor=distance_factor)
    row = plain.delay.parameters.copy()
    row[:, 2] /= SCALE
    demand = plain.classes[0]
    demand = DemandClass("all", demand.origin, demand.destination, demand.flow * SCALE * inflate, demand.fixed_cost)
    return Problem(
        plain.nodes,
        plain.tail,
        plain.head,
        Delay(plain.delay.kind, row),
        [demand],
        plain.through,
        attributes=plain.attributes,
    )


def widened(problem: Problem, ends: tuple[int, int], arcs: list[int], gain: float, cost: int) -> Project:
    """Return a project that widens both directions of a link."""
    wider = problem.delay.parameters[arcs].copy()
    wider[:, 2] /= 1 + gain
    name = f"{ends[0] + 1}={ends[1] + 1}"
    return Project(name, float(cost), changes=arcs, delay=Delay(problem.delay.kind[arcs], wider))


def shuffled(pairs: list[tuple[int, int]], random: Iterator[float]) -> list[tuple[int, int]]:
    """Return pairs in the order of Fisher and Yates."""
    for at in range(len(pairs) - 1, 0, -1):
        other = int(next(random) * (at + 1))
        pairs[at], pairs[other] = pairs[other], pairs[at]
    return pairs


def upgrades(problem: Problem, count: int, seed: int) -> DesignProblem:
    """Return a problem in which `count` two-way links may be widened by 25, 50 or 100 %."""
    arc_of = {(int(a), int(b)): at for at, (a, b) in enumerate(zip(problem.tail, problem.head, strict=True))}
    random = draws(seed)
    pairs = shuffled([ends for ends in arc_of if ends[0] < ends[1] and ends[::-1] in arc_of], random)
    projects = []
    for ends in pairs[:count]:
        gain = (0.25, 0.5, 1.0)[int(3 * next(random))]
        cost = max(1, round(100 * gain * (1 + next(random))))
        projects.append(widened(problem, ends, [arc_of[ends], arc_of[ends[::-1]]], gain, cost))
    return DesignProblem(problem, projects)


def portfolio(problem: Problem, flows: Path, count: int) -> DesignProblem:
    """Return a problem in which `count` of the busy two-way links beyond the zones may be widened."""
    arc_of = {(int(a), int(b)): at for at, (a, b) in enumerate(zip(problem.tail, problem.head, strict=True))}
    row, length = problem.delay.parameters, problem.attributes["length"]
    known = {(int(a) - 1, int(b) - 1): volume * SCALE for a, b, volume, _ in tntp.read_flows(flows)}
    zones = int(max(problem.classes[0].origin.max(), problem.classes[0].destination.max())) + 1
    pairs = sorted(
        ends
        for ends, arc in arc_of.items()
        if zones <= ends[0] < ends[1] and ends[::-1] in arc_of
        for arcs in [[arc, arc_of[ends[::-1]]]]
        if all(row[at, 0] > 0 and row[at, 1] > 0 for at in arcs)
        and max(known[ends] * row[arcs[0], 2], known[ends[::-1]] * row[arcs[1], 2]) >= 0.8
    )
    random = draws(20261123)
    projects = []
    for ends in shuffled(pairs, random)[:count]:
        gain = (0.25, 0.5, 1.0)[int(3 * next(random))]
        arcs = [arc_of[ends], arc_of[ends[::-1]]]
        cost = max(1, round(10 * float(length[arcs].sum()) * gain * (2 + 6 * next(random))))
        projects.append(widened(problem, ends, arcs, gain, cost))
    return DesignProblem(problem, projects)


def warm_up() -> float:
    """Compile everything on a tiny problem; return the seconds that took."""
    begun = time.perf_counter()
    delay = Delay.bpr([1.0, 1.0, 2.0, 1.0], 1.0)
    problem = Problem(
        3, [0, 1, 0, 0], [1, 2, 2, 2], delay, [DemandClass("all", *map(np.array, ([0, 0], [1, 2], [1.0, 2.0])))]
    )
    wider = Delay.bpr([1.0], 2.0)
    projects = [Project("new", 1.0, opens=[3]), Project("wider", 1.0, changes=[0], delay=wider)]
    choose(DesignProblem(problem, projects), budget=1.0, threads=1)
    return time.perf_counter() - begun


def said(plan: Plan, compiling: float) -> dict[str, Any]:
    """Return a plan as figures."""
    return {
        "objective": plan.objective,
        "bound": plan.bound,
        "gap": plan.gap,
        "gap_of_saving": plan.gap_of_saving,
        "reason": plan.reason,
        "chosen": plan.opens,
        "spent": plan.spent,
        "cpu_s": plan.cpu_s,
        "wall_s": plan.wall_s,
        "compiling_s": compiling,
        "nodes": plan.nodes,
        "bounds": plan.bounds,
        "equilibria": plan.equilibria,
        "root_gap": plan.root_gap,
        "first_plan": plan.first,
        "local": None if plan.local is None else {**asdict(plan.local), "said": str(plan.local)},
    }


def asked(options: argparse.Namespace) -> DesignProblem:
    """Return the problem that the command line names."""
    if not options.upgrades:
        return instance(options.instance, options.trips, options.inflate)
    problem = thousands(options.instance, options.trips, options.inflate, options.distance_factor)
    if options.flows:
        return portfolio(problem, options.flows, options.upgrades)
    return upgrades(problem, options.upgrades, options.seed)


def main() -> int:
    """Solve as the command line says, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("instance", type=Path)
    parser.add_argument("trips", type=Path)
    parser.add_argument("--budget-fraction", type=float, nargs="+", default=[0.5])
    parser.add_argument("--inflate", type=float, default=1.0)
    parser.add_argument("--demand", type=float, nargs="+")
    parser.add_argument("--weight", type=float, nargs="+")
    parser.add_argument("--upgrades", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--flows", type=Path, help="published flows: links from 0.8 of capacity may be widened")
    parser.add_argument("--distance-factor", type=float, default=0.0)
    parser.add_argument("--time-limit", type=float, default=600.0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--progress", action="store_true", help="show the best plan and the bound as they come")
    options = parser.parse_args()
    count = len(options.budget_fraction)
    demand, weight = options.demand or [1.0] * count, options.weight or [1.0] * count
    if not len(demand) == len(weight) == count:
        parser.error(f"--demand and --weight: expected {count} numbers, as --budget-fraction has")
    if not (options.inflate > 0 and options.upgrades >= 0):
        parser.error("--inflate: expected above 0; --upgrades: expected 0 or more")
    try:
        with own_output():
            plan, compiling = solved(options, demand, weight)
    except (errors.KeruenError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    figures = said(plan, compiling)
    if options.json:
        print(json.dumps(figures))
    else:
        for name, value in figures.items():
            print(f"{name:14} {value}")
    return 0 if plan.proven else 2


@contextmanager
def own_output() -> Iterator[None]:
    """Send what libraries in C write to standard output (HiGHS does now and then) to standard error instead."""
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        ctypes.CDLL(None).fflush(None)
        os.dup2(kept, 1)
        os.close(kept)


def solved(options: argparse.Namespace, demand: list[float], weight: list[float]) -> tuple[Plan, float]:
    """Return the plan and the seconds of compilation."""
    design = asked(options)
    periods = [Period(str(at), w, d) for at, (w, d) in enumerate(zip(weight, demand, strict=True), 1)]
    budget = [part * float(design.costs.sum()) for part in options.budget_fraction]
    compiling = warm_up()
    asking = {"periods": periods, "time_limit": options.time_limit, "threads": options.threads}
    if not options.progress:
        return choose(design, budget=budget, **asking), compiling
    with bar() as shown:
        return choose(design, budget=budget, callback=shown, **asking), compiling


@contextmanager
def bar() -> Iterator[Callable[[Progress], None]]:
    """Show the best plan, the bound and the gap on standard error; the bar is full where the gap is closed."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task("first bound", total=1.0)
        widest = 0.0

        def step(now: Progress) -> None:
            nonlocal widest
            gap = max(0.0, now.objective - now.bound) / max(abs(now.objective), 1e-300)
            widest = max(widest, gap)
            text = f"best {now.objective:.8g}, bound {now.bound:.8g}, gap {gap:.2%}"
            shown.update(task, description=text, completed=1.0 - gap / widest if widest > 0 else 1.0)

        yield step


if __name__ == "__main__":
    sys.exit(main())
