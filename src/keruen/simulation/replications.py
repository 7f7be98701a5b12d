"""Replications of one facility: run, checked, in any number of threads with the same bits."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from keruen import errors
from keruen.network.facility import Facility, capacity
from keruen.simulation import engine
from keruen.simulation.heap import CODES
from keruen.simulation.world import Plan, World, build

__all__ = ["Run", "replicate", "run_one"]

MOST_EVENTS = 1 << 24
"""Events that may lie ahead at a time: 16 bytes each."""


@dataclass(frozen=True, eq=False)
class Run:
    """What one replication left behind.

    Attributes
    ----------
    tally : ndarray of TALLY, shape (classes,)
        Counted customers and sums of their dwell and its square.
    histogram : ndarray of int, shape (classes, bins)
        Dwell of counted customers.
    final : ndarray of STATION, shape (stages + 1,)
        Stages over the counted hours, the entrance last.
    sampled : ndarray of int, shape (samples, stages + 1)
        Customers in each stage at evenly spaced times.
    series : ndarray of float
        Batch means of the dwell, in the order of leaving.
    visit : ndarray of VISIT
        Visits one by one, where they were asked for.
    window_h, inside : float
        Counted hours, and mean number inside over them.
    offered, lost : int
        Counted customers that came, and those turned away.
    gained : int
        Customers inside at the end of the counted hours less those at their beginning.
    little_gap : float
        Relative gap between the time integral of the number inside and the hours spent inside by everyone: Little's
        law without edges, 0 but for rounding.
    events : int
        Events handled.
    """

    tally: Any
    histogram: Any
    final: Any
    sampled: Any
    series: Any
    visit: Any
    window_h: float
    inside: float
    offered: int
    lost: int
    gained: int
    little_gap: float
    events: int

    def sums(self) -> tuple[float, float, int]:
        """Return hours and squared hours of the counted customers of all classes, and how many they are."""
        return float(self.tally["total"].sum()), float(self.tally["square"].sum()), int(self.tally["count"].sum())

    def moments(self) -> tuple[float, float]:
        """Return mean and standard deviation of the dwell of all classes, hours."""
        count = self.tally["count"].sum()
        if count == 0:
            return np.nan, np.nan
        mean = self.tally["total"].sum() / count
        return float(mean), float(np.sqrt(max(self.tally["square"].sum() / count - mean**2, 0.0)))


def run_one(facility: Facility, what: Plan, seed: int, replication: int) -> Run:
    """Run one replication.

    Parameters
    ----------
    facility : Facility
        A facility that passed `check`.
    what : Plan
        How long, and what to keep.
    seed, replication : int
        Name the random streams.

    Returns
    -------
    Run
        What it left behind.

    Raises
    ------
    ConvergenceError
        Where the run cannot end, with the reason.
    """
    while True:
        world = build(facility, what, seed, replication)
        status = engine.run(world)
        if status not in (engine.FULL, engine.CROWDED):
            break
        what = _larger(facility, what, world, status)
    if status != engine.DONE:
        raise errors.ConvergenceError(f"Facility {facility.name}: {_why(facility, world, status)}")
    return _read(world, what)


def _larger(facility: Facility, what: Plan, world: World, status: int) -> Plan:
    """Return a plan with four times the rows that were too few; ConvergenceError where that is more than fits."""
    at = f"at hour {world.clock[0]['now']:.0f}"
    if status == engine.FULL and what.room * 4 > CODES:
        raise errors.ConvergenceError(
            f"Facility {facility.name}: more than {what.room:,} {facility.unit}s inside {at}. "
            f"{_flow_against_capacity(facility)}"
        )
    if status == engine.CROWDED and what.agenda * 4 > MOST_EVENTS:
        raise errors.ConvergenceError(
            f"Facility {facility.name}: more than {what.agenda:,} events lie ahead {at}: services that go on, units on "
            "their way back, late trains. Resources that return later than a run lasts, or trains later than that, are "
            "too many to keep"
        )
    return replace(what, room=what.room * 4) if status == engine.FULL else replace(what, agenda=what.agenda * 4)


def _read(world: World, what: Plan) -> Run:
    """Return what a finished world holds."""
    clock = world.clock[0]
    now = clock["now"]
    area = clock["area"] + clock["inside"] * (now - clock["stamp"])
    spent = clock["stayed"] + clock["inside"] * now - clock["entries"]
    whole = int(clock["counted"]) // what.batch
    window = what.horizon_h - what.warm_h
    for name in ("started", "waited", "waited2", "left", "stayed"):
        world.final[name] = world.station[name]
    return Run(
        tally=world.tally,
        histogram=world.histogram,
        final=world.final,
        sampled=world.sampled,
        series=world.series[:whole] / what.batch,
        visit=world.visit[: clock["recorded"]],
        window_h=window,
        inside=float(clock["window_area"]) / window,
        offered=int(clock["offered"]),
        lost=int(clock["lost"]),
        gained=int(clock["at_close"] - clock["at_warm"]),
        little_gap=float(abs(area - spent) / max(area, 1e-300)),
        events=int(clock["events"]),
    )


def _flow_against_capacity(facility: Facility) -> str:
    """Say how the flow stands against the capacity, the binding stage named."""
    most = capacity(facility)
    return (
        f"{facility.flow_per_day:.4g} {facility.unit}s a day come, {most.binding} can take {most.total_per_day:.4g}; "
        "blocking may lower that further"
    )


def _why(facility: Facility, world: World, status: int) -> str:
    """Say why a run did not end: who waits for whose room, or what never opens."""
    clock, station = world.clock[0], world.station
    names = [stage.name for stage in facility.stages] + ["the entrance"]
    waits = []
    for j, row in enumerate(station[:-1]):
        held, e = set(), row["wanted_head"]
        while e >= 0:
            held.add(int(world.entity[e]["station"]))
            e = world.entity[e]["next"]
        waits += [f"{names[k]} waits for room in {names[j]}" for k in sorted(held)]
    for j, row in enumerate(station[:-1]):
        if row["queued"] and row["busy"] == 0:
            waits.append(f"{int(row['queued'])} wait at {names[j]} and no service begins")
    reason = "; ".join(waits) or _flow_against_capacity(facility)
    if status == engine.DEADLOCK:
        return f"deadlock at hour {clock['now']:.1f}: nobody can move. {reason}"
    return (
        f"did not end: {int(clock['outstanding'])} counted {facility.unit}s are inside at hour {clock['now']:.0f}. "
        f"{reason}"
    )


def replicate(
    facility: Facility, what: Plan, seed: int, numbers: Sequence[int], threads: int = 1, records: int = 0
) -> list[Run]:
    """Run several replications; the result does not depend on the number of threads.

    Parameters
    ----------
    facility : Facility
        A facility that passed `check`.
    what : Plan
        How long, and what to keep.
    seed : int
        Seed.
    numbers : sequence of int
        Which replications.
    threads : int
        Threads; kernels hold no lock.
    records : int
        Visits to keep one by one, of replication 0.

    Returns
    -------
    list of Run
        In the order of `numbers`.
    """

    def one(number: int) -> Run:
        return run_one(facility, replace(what, records=records) if number == 0 else what, seed, number)

    if threads <= 1 or len(numbers) == 1:
        return [one(number) for number in numbers]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(one, numbers))
