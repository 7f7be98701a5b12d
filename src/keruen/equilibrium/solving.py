"""Solve an equilibrium problem."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from numbers import Integral
from typing import Any

import numpy as np

from keruen import errors
from keruen.equilibrium import elastic, stochastic
from keruen.equilibrium.engine import Engine, Step
from keruen.equilibrium.flows import Flows
from keruen.equilibrium.problem import Problem
from keruen.equilibrium.results import results
from keruen.equilibrium.warm import start_from
from keruen.network.facility.arguments import instance, is_number, is_whole

__all__ = ["SMALLEST_GAP", "solve"]

SMALLEST_GAP = 1e-14
"""Sums of costs in doubles cannot tell smaller gaps from rounding."""


def solve(
    problem: Problem,
    gap: float = 1e-6,
    *,
    threads: int | None = None,
    start: Flows | None = None,
    max_iterations: int = 1000,
    max_seconds: float = 600.0,
    callback: Callable[[Step], object] | None = None,
    model: str = "user",
    scale: float = 1.0,
) -> Flows:
    """Return the flows at which no one can gain by another route.

    Paired alternative segments over all origins (after Bar-Gera 2010), on shortest-path labels of eight origins at
    once. The result has the same bits for any number of threads.

    Parameters
    ----------
    problem : Problem
        Network and demand. Where a class has an elasticity, its demand follows its cost.
    gap : float
        Relative gap to stop at, (TSTT - SPTT) / SPTT; from 1e-14 to 1.
    threads : int, optional
        Threads; as many as there are cores if absent, fewer on small problems. More than four a core are not started.
    start : Flows, optional
        Flows of a like problem to start from; not used with "logit".
    max_iterations : int
        Cap on outer iterations.
    max_seconds : float
        Cap on wall time.
    callback : callable, optional
        Called with a `Step` after every gap check.
    model : {"user", "logit"}
        Deterministic user equilibrium, or a stochastic one: path-size logit over routes (Fisk 1980).
    scale : float
        With "logit", how sharply cheaper routes are preferred: per unit of generalised cost, above 0.

    Returns
    -------
    Flows
        Where a cap came first, `reason` says so and `gap` is the gap reached; `Flows.require` turns that into an
        error.

    Raises
    ------
    UsageError
        For a gap, thread count, cap or model out of range.
    NoPathError
        Names pairs with demand and no path.
    """
    instance("problem", problem, Problem, "a Problem")
    if callback is not None and not callable(callback):
        raise errors.UsageError(f"callback = {callback!r}: expected a function that takes a Step")
    _check(gap, threads, max_iterations, max_seconds, model, scale)
    instance("start", start, (Flows, type(None)), "flows of a like problem")
    options = {"threads": threads, "max_iterations": max_iterations, "max_seconds": max_seconds, "callback": callback}
    if model == "logit" and any(one.elasticity > 0 for one in problem.classes):
        raise errors.UsageError("model 'logit' with an elasticity: demand that answers to cost is offered with 'user'")
    if model == "logit":
        return stochastic.solve(problem, gap, scale, solve, options)
    if any(one.elasticity > 0 for one in problem.classes):
        return elastic.solve(problem, gap, start, solve, options)
    begun = (time.process_time(), time.perf_counter())
    near = start.engine if start is not None else None
    engine = Engine(problem, _threads(problem, threads), near)
    engine.clock = begun
    if near is not None:
        start_from(engine, near)
    reason = engine.run(gap, min(max_iterations, 10**9), max_seconds, callback)
    return results(engine, reason)


def _check(gap: float, threads: int | None, max_iterations: int, max_seconds: float, model: str, scale: float) -> None:
    """Raise an error that lists every option out of range."""
    wrong = [
        f"{name} = {value!r}: expected {expected}"
        for name, value, good, expected in (
            (
                "gap",
                gap,
                is_number(gap) and SMALLEST_GAP <= gap <= 1.0,
                f"a number from {SMALLEST_GAP:g}, what doubles can tell, to 1",
            ),
            ("threads", threads, threads is None or _counts(threads), "a whole number of 1 or more"),
            ("max_iterations", max_iterations, _counts(max_iterations), "a whole number of 1 or more"),
            ("max_seconds", max_seconds, max_seconds == np.inf or _positive(max_seconds), "a number above 0"),
            ("model", model, model in ("user", "logit"), "'user' or 'logit'"),
            ("scale", scale, _positive(scale), "a number above 0"),
        )
        if not good
    ]
    if wrong:
        raise errors.UsageError("; ".join(wrong))


def _counts(value: Any) -> bool:
    return is_whole(value) and isinstance(value, Integral) and int(value) >= 1


def _positive(value: Any) -> bool:
    return is_number(value) and value > 0


def _threads(problem: Problem, threads: int | None) -> int:
    """Return how many threads to use: one where there is too little to share."""
    if threads is not None:
        return min(threads, 4 * (os.cpu_count() or 1))
    origins = sum(np.unique(one.origin).size for one in problem.classes)
    return 1 if origins * problem.arcs < 1_000_000 else min(8, os.cpu_count() or 1)
