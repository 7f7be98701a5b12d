"""Choose links of a design instance, and prove it.

    python benchmarks/selection.py INSTANCE TRIPS --budget-fraction 0.5 --inflate 1 [--time-limit S] [--threads N] [--json]
    python benchmarks/selection.py INSTANCE TRIPS --budget-fraction .25 .5 .75 --demand .8 1 1.2 --weight 1 .65 .42
    python benchmarks/selection.py NET TRIPS --upgrades 20 --seed 1 --budget-fraction 0.5

INSTANCE is a TNTP network with candidate links and their costs (extended rows, NUMBER OF NEW LINKS), each a project of
its own. With --upgrades, NET is a plain TNTP network and N two-way links drawn by a stated generator may be widened.
Several fractions, demands and weights are several periods; what is built stays, fractions are of all costs, spent by the
end of the period. Exit code 2 where the time limit came before the proof. Seconds are without compilation, which is told
apart.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from keruen.equilibrium import Problem
from keruen.exchange import dndp, tntp
from keruen.network.delay import Delay
from keruen.portfolio import DesignProblem, Period, Plan, Project, choose

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


def draws(seed: int) -> Any:
    """Yield the numbers of a linear congruential generator, 0 to below 1."""
    state = seed
    while True:
        state = (1103515245 * state + 12345) % 2**31
        yield state / 2**31


def upgrades(net: Path, trips: Path, inflate: float, count: int, seed: int) -> DesignProblem:
    """Return an instance of `count` two-way links that may be widened by 25, 50 or 100 %."""
    plain = tntp.read(net, trips)
    row = plain.delay.parameters.copy()
    row[:, 2] /= SCALE
    demand = tntp.read_demand(trips)
    demand = type(demand)("all", demand.origin, demand.destination, demand.flow * SCALE * inflate)
    problem = Problem(plain.nodes, plain.tail, plain.head, Delay(plain.delay.kind, row), [demand], plain.through)
    arc_of = {(int(a), int(b)): at for at, (a, b) in enumerate(zip(plain.tail, plain.head, strict=True))}
    pairs = [ends for ends in arc_of if ends[0] < ends[1] and ends[::-1] in arc_of]
    random = draws(seed)
    for at in range(len(pairs) - 1, 0, -1):
        other = int(next(random) * (at + 1))
        pairs[at], pairs[other] = pairs[other], pairs[at]
    projects = []
    for ends in pairs[:count]:
        gain = (0.25, 0.5, 1.0)[int(3 * next(random))]
        arcs = [arc_of[ends], arc_of[ends[::-1]]]
        wider = row[arcs].copy()
        wider[:, 2] /= 1 + gain
        cost = max(1, round(100 * gain * (1 + next(random))))
        name = f"{ends[0] + 1}={ends[1] + 1}"
        projects.append(Project(name, float(cost), changes=arcs, delay=Delay(plain.delay.kind[arcs], wider)))
    return DesignProblem(problem, projects)


def warm_up() -> float:
    """Compile everything on a tiny problem; return the seconds that took."""
    begun = time.perf_counter()
    delay = Delay.bpr([1.0, 1.0, 2.0, 1.0], 1.0)
    from keruen.equilibrium import DemandClass

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
    }


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
    parser.add_argument("--time-limit", type=float, default=600.0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if options.upgrades:
        design = upgrades(options.instance, options.trips, options.inflate, options.upgrades, options.seed)
    else:
        design = instance(options.instance, options.trips, options.inflate)
    count = len(options.budget_fraction)
    demand, weight = options.demand or [1.0] * count, options.weight or [1.0] * count
    periods = [Period(str(at), w, d) for at, (w, d) in enumerate(zip(weight, demand, strict=True), 1)]
    budget = [part * float(design.costs.sum()) for part in options.budget_fraction]
    compiling = warm_up()
    plan = choose(design, budget=budget, periods=periods, time_limit=options.time_limit, threads=options.threads)
    figures = said(plan, compiling)
    if options.json:
        print(json.dumps(figures))
    else:
        for name, value in figures.items():
            print(f"{name:14} {value}")
    return 0 if plan.proven else 2


if __name__ == "__main__":
    sys.exit(main())
