"""Design problems that several tests use, and their optima by enumeration."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from keruen.equilibrium import DemandClass, Problem
from keruen.exchange import dndp
from keruen.network.delay import Delay
from keruen.portfolio import DesignProblem, Period, Project
from keruen.portfolio.evaluation import exact

FOLDER = Path(__file__).parents[3] / "shared" / "benchmarks" / "dndp"
INFLATE = {"SiouxFalls": 1.0, "EasternMassachusetts": 4.0, "BerlinMitteCenter": 2.0, "Anaheim": 4.0}


def shared(name: str) -> DesignProblem:
    """Return a shared instance, every candidate a project of its own."""
    folder = name.split("/")[0]
    found = dndp.read(FOLDER / name, FOLDER / folder / "trips.txt", inflate=INFLATE[folder])
    projects = [
        Project(name, float(cost), opens=[int(arc)])
        for name, cost, arc in zip(found.names, found.cost, found.candidates, strict=True)
    ]
    return DesignProblem(found.problem, projects)


def ring(seed: int, projects: int = 5, kind: str = "new", nodes: int = 6, queues: bool = False) -> DesignProblem:
    """Return a ring of two-way arcs with random demand; its projects are new chords, better arcs, or both."""
    random = np.random.default_rng(seed)
    here = np.arange(nodes)
    tail, head = np.concatenate([here, (here + 1) % nodes]), np.concatenate([(here + 1) % nodes, here])
    chords = np.array([random.choice(nodes, 2, replace=False) for _ in range(projects)])
    tail, head = np.concatenate([tail, chords[:, 0]]), np.concatenate([head, chords[:, 1]])
    size = tail.size
    free, room = random.uniform(1, 5, size), random.uniform(8, 25, size)

    def delay(arcs: np.ndarray, better: float = 1.0) -> Delay:
        if queues:
            return Delay.queue(free[arcs], better * room[arcs], 8.0, servers=1 + arcs % 3)
        return Delay.bpr(free[arcs], better * room[arcs], 0.3, 1.0 + arcs % 4)

    ends = np.array([random.choice(nodes, 2, replace=False) for _ in range(12)])
    demand = DemandClass("all", ends[:, 0], ends[:, 1], random.uniform(1, 9, 12), random.uniform(0, 1, size))
    problem = Problem(nodes, tail, head, delay(np.arange(size)), [demand])
    old = random.choice(2 * nodes, 2 * projects, replace=False)
    found = []
    for at in range(projects):
        cost = float(random.integers(10, 60))
        better = np.sort(old[2 * at : 2 * at + 2])
        if kind == "new" or (kind == "both" and at % 2):
            found.append(Project(f"p{at}", cost, opens=[2 * nodes + at]))
        else:
            gain = float(random.uniform(1.3, 2.5))
            found.append(Project(f"p{at}", cost, changes=better.tolist(), delay=delay(better, gain)))
    return DesignProblem(problem, found)


def crossings(seed: int) -> DesignProblem:
    """Return corridors over four borders with one demand past what the crossings serve.

    Each crossing is a queue with trains that wait for each other; its project serves faster, adds a server, or both,
    and one project opens a crossing of its own. Roads and railways to the crossings are congested links.
    """
    random = np.random.default_rng(seed)
    borders = 4
    origin, destination = 0, 1
    before, after = 2 + np.arange(borders), 2 + borders + np.arange(borders)
    tail = np.concatenate([np.full(borders, origin), before, after, [before[0], after[1]]])
    head = np.concatenate([before, after, np.full(borders, destination), [before[1], after[2]]])
    capacity, service = random.uniform(4, 9, borders), random.uniform(1, 3, borders)
    servers, trains = 1 + random.integers(0, 3, borders), random.uniform(0, 4, borders)
    variability = random.uniform(0.5, 2, borders)

    def station(at: int, faster: float = 1.0, more: int = 0) -> Delay:
        total = capacity[at] * faster * (servers[at] + more) / servers[at]
        return Delay.queue(
            service[at] / faster,
            total,
            24.0,
            servers=servers[at] + more,
            service_time=service[at] / faster,
            variability=variability[at],
            train_wait=trains[at],
        )

    lines = [Delay.bpr(random.uniform(5, 20, borders), random.uniform(8, 15, borders), 0.5, 4.0) for _ in range(2)]
    delay = Delay.join([lines[0], *map(station, range(borders)), lines[1], Delay.bpr([3.0, 4.0], 10.0)])
    demand = 1.3 * float(capacity[:3].sum())  # the fourth crossing is not built
    problem = Problem(2 + 2 * borders, tail, head, delay, [DemandClass("all", [origin], [destination], [demand])])
    better = [(1.5, 0), (1.0, 1), (1.3, 1)]
    projects = [
        Project(f"p{at}", float(random.integers(20, 60)), changes=[borders + at], delay=station(at, *better[at]))
        for at in range(3)
    ]
    projects.append(Project("p3", float(random.integers(20, 60)), opens=[borders + 3]))
    wider = Delay.bpr(lines[1].parameters[0, 0], 20.0, 0.5, 4.0)
    projects.append(Project("p4", float(random.integers(10, 40)), changes=[2 * borders], delay=wider))
    return DesignProblem(problem, projects)


def enumerated(
    design: DesignProblem,
    budget: Sequence[float],
    periods: Sequence[Period] = (Period(),),
    allowed: Callable[[tuple[int, ...]], bool] = lambda opens: True,
) -> tuple[float, tuple[int, ...]]:
    """Return the least weighted cost of all plans, and when each project opens; spending is at opening."""
    never, count = len(periods), len(design.projects)
    cost = {
        (t, mask): exact(design, mask, period.demand, 1e-10)
        for t, period in enumerate(periods)
        for mask in range(1 << count)
    }
    best = (np.inf, ())
    for opens in itertools.product(range(never + 1), repeat=count):
        masks = [sum(1 << at for at, one in enumerate(opens) if one <= t) for t in range(never)]
        spent = [sum(design.costs[at] for at, one in enumerate(opens) if one <= t) for t in range(never)]
        if any(s > b + 1e-9 for s, b in zip(spent, budget, strict=True)) or not allowed(opens):
            continue
        value = sum(period.weight * cost[t, mask] for t, (period, mask) in enumerate(zip(periods, masks, strict=True)))
        best = min(best, (value, opens))
    return best
