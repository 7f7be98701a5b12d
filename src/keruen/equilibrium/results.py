"""From the engine's arrays to the answer in the numbers of the problem."""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray

from keruen.equilibrium.engine import Engine
from keruen.equilibrium.flows import Flows
from keruen.equilibrium.routes import OriginRoutes

__all__ = ["results"]

Floats = NDArray[np.float64]


def results(engine: Engine, reason: str) -> Flows:
    """Return the flows of an engine that has stopped.

    Parameters
    ----------
    engine : Engine
        After `Engine.run`.
    reason : str
        Why it stopped.

    Returns
    -------
    Flows
        In the numbers of the problem; the check of balance and sign runs when it is made.
    """
    cpu, wall = time.process_time() - engine.clock[0], time.perf_counter() - engine.clock[1]
    problem, arc = engine.problem, engine.numbering.arc
    by_group = engine.group_flows()
    engine.links.total[:] = by_group.sum(axis=0)
    engine.price()
    link = np.empty_like(arc)
    link[arc] = np.arange(arc.size, dtype=arc.dtype)
    weights = np.array([one.weight for one in problem.classes])
    arc_flow = np.take(by_group / weights[:, None], link, axis=1)
    engine.release()
    routes = OriginRoutes(engine.graph, engine.numbering, engine.batches, engine.flows, problem.classes, engine.cells)
    return Flows(
        problem,
        arc_flow,
        engine.links.total[link],
        engine.links.time[link],
        tuple(routes.by_pair(group, engine.cheapest) for group in range(len(problem.classes))),
        engine.history[-1].gap,
        reason,
        tuple(engine.history),
        cpu,
        wall,
        routes,
        engine,
    )
