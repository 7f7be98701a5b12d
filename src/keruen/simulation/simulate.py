"""Simulate a facility: warm-up, replications until the interval is narrow enough, tables."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from keruen import errors
from keruen.network.facility import Declared, Facility, Shifts, capacity, check
from keruen.network.facility.arguments import is_whole, number, whole
from keruen.network.facility.reading import facility_of
from keruen.simulation.replications import Run, replicate
from keruen.simulation.statistics import Estimate, around, estimate, mser, pooled_quantile, ratio, spread_over
from keruen.simulation.tables import queue_table, record_table, stage_table
from keruen.simulation.world import plan

if TYPE_CHECKING:
    from keruen.study import Scenario, Study

__all__ = ["Simulation", "check_options", "repeats_h", "run_length_h", "simulate", "whole_periods"]

QUANTILES = (0.5, 0.9, 0.95)
FEWEST = 10
PILOTS = 4
STEP = 4
AGAIN = 0.25
MOST_TRAINS = 60_000
LEAST_CUSTOMERS = 20_000
MOST_EVENTS = 10**9
MOST = {"samples": 100_000, "records": 10**7}
"""Most that is kept in memory."""


@dataclass(frozen=True, eq=False)
class Simulation:
    """The days of a facility as simulated, with the proof of how well they are known.

    Attributes
    ----------
    facility : Facility
        What was simulated.
    seed, replications : int
        Seed and number of replications.
    warm_up_h, length_h : float
        Hours cut from the front of each replication, and hours whose arrivals are counted.
    dwell, deviation : Estimate
        Mean and standard deviation of the hours of a customer in the facility, outside waiting included: over all
        customers of all replications, with the interval of a ratio.
    quantiles : dict of float to Estimate
        Quantiles of the dwell.
    by_class : pandas.DataFrame
        Mean, half-width and count by class.
    stages : pandas.DataFrame
        One row a stage and one for outside: wait, stay, utilisation, where delay is suffered and where it is caused.
    queue : pandas.DataFrame
        Mean number in each stage over time, rows are hours after the warm-up.
    means : ndarray of float, shape (replications,)
        Mean dwell of each replication.
    lost : float
        Share of customers turned away, over all replications.
    loss : Estimate
        The same with its interval.
    little_gap : float
        Largest relative gap in Little's law over all runs.
    target : float or None
        Half-width asked for, relative to the mean.
    met : bool
        Whether it was reached.
    notes : tuple of str
        What a reader must know.
    records : pandas.DataFrame
        Visits one by one, where they were asked for.
    """

    facility: Facility
    seed: int
    replications: int
    warm_up_h: float
    length_h: float
    dwell: Estimate
    deviation: Estimate
    quantiles: dict[float, Estimate]
    by_class: pd.DataFrame
    stages: pd.DataFrame
    queue: pd.DataFrame
    means: np.ndarray
    lost: float
    loss: Estimate
    little_gap: float
    target: float | None
    met: bool
    notes: tuple[str, ...] = ()
    records: pd.DataFrame = field(default_factory=pd.DataFrame)

    def __repr__(self) -> str:
        lines = [
            f"Simulation of {self.facility.name}: {self.facility.flow_per_day:.4g} {self.facility.unit}s a day, "
            f"{self.replications} replications of {self.length_h:.0f} h after {self.warm_up_h:.0f} h, seed {self.seed}",
            f"  dwell {self.dwell} h, sd {self.deviation} h",
            "  " + ", ".join(f"p{100 * p:.0f} {value} h" for p, value in self.quantiles.items()),
            *(f"  {note}" for note in self.notes),
        ]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        head = "<br>".join(repr(self).split("\n"))
        return f"<p>{head}</p>{self.stages.to_html(float_format='{:.4g}'.format)}"


def simulate(
    what: Facility | Declared | Scenario | Study,
    flow_per_day: float | None = None,
    *,
    facility: str | None = None,
    commodity: str | None = None,
    t_per_year: float | None = None,
    target: float | None = 0.02,
    replications: int | None = None,
    most_replications: int = 200,
    length_h: float | None = None,
    warm_up_h: float | None = None,
    steady: bool = True,
    confidence: float = 0.95,
    seed: int = 1,
    threads: int = 1,
    samples: int = 100,
    records: int = 0,
) -> Simulation:
    """Simulate a facility in independent replications.

    Parameters
    ----------
    what : Facility, Declared, Scenario or Study
        What is simulated: a facility; or a scenario, or a study in its base year, with the id of a facility.
    flow_per_day : float, optional
        Customers a day; the declared flow if absent.
    facility, commodity : str, optional
        Of a scenario or study: the facility, and the freight whose stages apply; see `keruen.facility.read`.
    t_per_year : float, optional
        Flow in tonnes a year, both ways together, in place of `flow_per_day`.
    target : float or None
        Stop when the half-width of the mean dwell is this share of the mean (Chow and Robbins 1965, with Law's
        correction target / (1 + target)) at two looks in a row, the second with a quarter more replications; None
        runs exactly `replications`.
    replications, most_replications : int
        Replications to begin with (10 if absent, or the cap if that is less), and the cap; without a target exactly
        `replications` are run.
    length_h : float, optional
        Hours whose arrivals are counted in each replication; by load and train size if absent.
    warm_up_h : float, optional
        Hours cut from the front; if absent, MSER-5 on the average of four pilot replications. 0 if not `steady`.
    steady : bool
        True for the long run; False for `length_h` hours from an empty facility, which may be past capacity.
    confidence : float
        Coverage of all intervals.
    seed : int
        Seed; the same seed gives two designs the same trains and services (common random numbers).
    threads : int
        Threads over replications; the result does not depend on it.
    samples : int
        Times at which queues are looked at.
    records : int
        Visits to keep one by one, from the first replication.

    Returns
    -------
    Simulation
        Estimates, tables, proof.

    Raises
    ------
    DataError
        Where the facility does not hold together.
    UsageError
        Where a steady state is asked for past capacity, the stage that binds named; where an option is out of range.
    ConvergenceError
        Where a run cannot end, or blocking lets fewer leave than come and there is no steady state; with the reason.

    Examples
    --------
    >>> from keruen.network.facility import Arrivals, Facility, Stage, exponential
    >>> yard = Facility(
    ...     "yard", (Stage("hump", exponential(1.0)),), (Arrivals.renewal(per_day=12, scv=1.0),), unit="train"
    ... )
    >>> simulate(yard, target=0.01).dwell.holds(2.0)  # M/M/1 at half load
    True
    """
    if replications is None:
        replications = (
            FEWEST if target is None or not is_whole(most_replications) else min(FEWEST, max(most_replications, 2))
        )
    check_options(
        target=target, replications=replications, most_replications=most_replications, length_h=length_h,
        warm_up_h=warm_up_h, confidence=confidence, seed=seed, threads=threads, samples=samples, records=records,
    )  # fmt: skip
    if not isinstance(steady, bool):
        raise errors.UsageError(f"steady = {steady!r}: expected True or False")
    if not steady and warm_up_h:
        raise errors.UsageError(
            f"warm_up_h = {warm_up_h:g}: a span from an empty facility has no warm-up; leave it out"
        )
    asked = facility_of(what, facility, commodity, t_per_year)
    given = check(asked if flow_per_day is None else _at(asked, flow_per_day))
    notes: list[str] = []
    if steady:
        _refuse_overload(given)
    elif length_h is None:
        length_h = given.overload_h
    period = repeats_h(given)
    length = whole_periods(length_h if length_h is not None else run_length_h(given), period)
    _check_size(given, length, warm_up_h or 0.0)
    if not steady:
        warm_up_h = 0.0
    if warm_up_h is None:
        warm_up_h, length, more = _warm_up(given, length, period, seed, threads)
        notes += more
    span = plan(warm_up_h, length, samples=samples, room=1 << 14)
    runs: list[Run] = []
    sure = False  # an interval that is narrow by chance ends too many runs too early: it must be so twice
    while True:
        runs += replicate(given, span, seed, range(len(runs), replications), threads, records)
        reached = _mean(runs, confidence)
        met = target is None or reached.relative <= target / (1 + target)
        if (met and (sure or target is None)) or replications >= most_replications:
            break
        sure = met
        if met:
            replications = min(most_replications, len(runs) + STEP * math.ceil(AGAIN * len(runs) / STEP))
            continue
        half = 0.5 * (_wanted(reached, target or 1.0) - len(runs))  # towards what is needed, not past it
        step = max(STEP * math.ceil(half / STEP), STEP)  # whole rounds, however many threads there are
        replications = min(most_replications, len(runs) + step)
    if steady:
        notes += _still_growing(given, runs)
    if not met:
        notes.append(
            f"target not met at {given.flow_per_day:.4g} {given.unit}s a day: half-width is {reached.relative:.1%} of the mean after {len(runs)} replications, "
            f"{target:.1%} was asked for; about {_wanted(reached, target or 1.0):,} replications would do"
        )
    return _summary(given, runs, span.warm_h, length, confidence, seed, target, met, notes)


def _wanted(reached: Estimate, target: float) -> int:
    """Return how many replications would reach the target, as far as those that were run show."""
    if not math.isfinite(reached.relative):
        return 2 * reached.replications
    return math.ceil(reached.replications * (reached.relative * (1 + target) / target) ** 2)


def check_options(**given: Any) -> None:
    """Raise for the first option that is of the wrong kind or out of range, with what would be right."""
    for name, least in _WHOLE.items():
        whole(name, given[name], least=least, most=MOST.get(name))
    for name, bounds in _NUMBERS.items():
        if given[name] is not None or name == "confidence":
            number(name, given[name], **bounds)
    fewest, most = given["replications"], given["most_replications"]
    if given["target"] is not None and fewest < 2:
        raise errors.UsageError(
            f"replications = {fewest}: an interval needs 2 or more; target=None runs exactly as many"
        )
    if given["target"] is not None and most < fewest:
        raise errors.UsageError(f"most_replications = {most}: expected {fewest} or more, as many as replications")


_WHOLE: dict[str, int | None] = {
    "most_replications": 1, "replications": 1, "seed": None, "threads": 1, "samples": 0, "records": 0,
}  # fmt: skip
_NUMBERS: dict[str, dict[str, float]] = {
    "target": {"above": 0, "below": 1}, "length_h": {"above": 0}, "warm_up_h": {"least": 0},
    "confidence": {"above": 0, "below": 1},
}  # fmt: skip
"""Options, and the bounds that they have."""


def _check_size(facility: Facility, length_h: float, warm_up_h: float) -> None:
    """Refuse a replication that is too long to be run, or so short that hardly anyone would come."""
    customers = facility.flow_per_day / 24 * length_h
    if customers < 1:
        raise errors.UsageError(
            f"At {facility.flow_per_day:.3g} {facility.unit}s a day {customers:.3g} would come in {length_h:.4g} h, expected "
            "1 or more: take a larger flow or a longer span"
        )
    hours = length_h + warm_up_h
    visits = sum(one.per_h * max(float(facility.visit_ratios(one.klass).sum()), 1.0) for one in facility.arrivals)
    tables = [(stage.slots.table()) for stage in facility.stages if stage.slots is not None]
    tables += [(one.servers.hours, one.servers.period_h) for one in facility.stages if isinstance(one.servers, Shifts)]
    changes = sum(len(times) / period for times, period in tables)
    if hours * (visits + changes) > MOST_EVENTS:
        raise errors.UsageError(
            f"At {facility.flow_per_day:.3g} {facility.unit}s a day one replication of {hours:.4g} h, warm-up included, has "
            f"{hours * visits:.3g} visits to stages and {hours * changes:.3g} paths and changes of shifts, expected "
            f"{MOST_EVENTS:,} together at most: take a smaller flow, a shorter span, or fewer of them"
        )


def _still_growing(facility: Facility, runs: Sequence[Run]) -> list[str]:
    """Say where fewer leave than come over the counted hours; refuse where that is plainly no accident."""
    growth = estimate([run.gained / max(run.offered, 1) for run in runs], 0.999)
    if growth.low <= 0.01:
        return []
    areas = np.sum([run.final["wanted_area"][:-1] for run in runs], axis=0)
    names = [stage.name for stage in facility.stages]
    most = capacity(facility)
    cause = (
        f"others wait for room in {names[int(areas.argmax())]}" if areas.any() else f"{most.binding} is all but full"
    )
    text = (
        f"{growth.value:.0%} of those who come stay behind, so there is no steady state in the counted hours: {cause} "
        f"({facility.flow_per_day:.4g} {facility.unit}s a day come)"
    )
    if growth.low > 0.05:
        raise errors.ConvergenceError(
            f"Facility {facility.name}: {text}. Ask for a span from an empty facility with steady=False and length_h"
        )
    return [text]


def _at(facility: Facility, flow_per_day: float) -> Facility:
    return facility.at(number("flow_per_day", flow_per_day, above=0))


def _refuse_overload(facility: Facility) -> None:
    """Refuse a steady state where no capacity could carry the flow."""
    most = capacity(facility)
    closed_by_loss = facility.when_full == "leave"
    if facility.flow_per_day >= most.total_per_day and not closed_by_loss:
        raise errors.UsageError(
            f"Facility {facility.name}: {facility.flow_per_day:.4g} {facility.unit}s a day is beyond the capacity of "
            f"{most.binding}, {most.total_per_day:.4g} a day, so there is no steady state. Ask for a span from an "
            "empty facility with steady=False and length_h"
        )


def repeats_h(facility: Facility) -> float:
    """Return the hours after which shifts, slots and timetables repeat together; 0 where nothing does.

    Where that is more than 60 times the longest period, or they share none, the longest period.
    """
    periods = [stage.servers.period_h for stage in facility.stages if isinstance(stage.servers, Shifts)]
    periods += [stage.slots.table()[1] for stage in facility.stages if stage.slots is not None]
    periods += [one.period_h for one in facility.arrivals if one.headway is None]
    longest = max(periods, default=0.0)
    whole_hours = [Fraction(one).limit_denominator(1000) for one in periods]
    if not periods or any(abs(float(near) - one) > 1e-9 * one for near, one in zip(whole_hours, periods, strict=True)):
        return longest
    together = math.lcm(*(one.numerator for one in whole_hours)) / math.gcd(*(one.denominator for one in whole_hours))
    return together if together <= 60 * longest else longest


def whole_periods(hours: float, period: float) -> float:
    """Return hours rounded up to whole periods."""
    return math.ceil(hours / period - 1e-9) * period if period > 0 else hours


def run_length_h(facility: Facility) -> float:
    """Return hours of one replication: 2,000 trains and 20,000 customers at least, more where queues forget slowly."""
    load = min(facility.flow_per_day / capacity(facility).total_per_day, 0.99)
    trains = min(max(2000 * 0.1 / (1 - load) ** 2, 2000), MOST_TRAINS)
    trains_per_h = sum(one.trains_per_h for one in facility.arrivals)
    return max(trains / trains_per_h, LEAST_CUSTOMERS * 24 / facility.flow_per_day)


def _warm_up(
    facility: Facility, length: float, period: float, seed: int, threads: int
) -> tuple[float, float, list[str]]:
    """Return the warm-up by MSER-5 on averaged pilots, hours, and the length it was found with.

    Where the cut falls at half the series the length is doubled, three times at most; then it is said.
    """
    for _ in range(4):
        batch = max(5, int(facility.flow_per_day / 24 * length / 4000))
        batches = int(facility.flow_per_day / 24 * length / batch) + 1
        what = plan(0.0, length, batch=batch, batches=batches)
        pilots = replicate(facility, what, seed, range(-PILOTS, 0), threads)
        common = min(run.series.size for run in pilots)
        cut = mser(np.mean([run.series[:common] for run in pilots], axis=0))
        hours = whole_periods(cut * batch * 24 / facility.flow_per_day, period)
        if cut < common // 2:
            return hours, length, []
        length = 2 * length
    return hours, length, [f"no end of the warm-up found in {length:.0f} h: the flow may be past capacity"]


def _mean(runs: Sequence[Run], confidence: float) -> Estimate:
    """Return the mean dwell of a customer."""
    hours, _, counts = zip(*(run.sums() for run in runs), strict=True)
    return ratio(hours, counts, confidence)


def _deviation(runs: Sequence[Run], confidence: float) -> Estimate:
    """Return the standard deviation of the dwell of a customer, what sets replications apart included."""
    hours, squares, counts = (np.array(one, float) for one in zip(*(run.sums() for run in runs), strict=True))
    if not counts.sum() > 0:
        return estimate([], confidence)
    mean = float(hours.sum() / counts.sum())
    value = math.sqrt(max(float(squares.sum() / counts.sum()) - mean**2, 0.0))
    moves = spread_over(squares, counts) - 2 * mean * spread_over(hours, counts)
    return around(value, moves / (2 * value) if value > 0 else np.zeros(len(runs)), confidence)


def _summary(
    facility: Facility,
    runs: list[Run],
    warm_up_h: float,
    length_h: float,
    confidence: float,
    seed: int,
    target: float | None,
    met: bool,
    notes: list[str],
) -> Simulation:
    """Return the estimates and tables of replications."""
    means = np.array([run.moments()[0] for run in runs])
    histograms = np.array([run.histogram.sum(axis=0) for run in runs])
    classes = []
    for place, klass in enumerate(facility.classes()):
        counts = [int(run.tally["count"][place]) for run in runs]
        one = ratio([float(run.tally["total"][place]) for run in runs], counts, confidence)
        classes.append((klass, one.value, one.half_width, sum(counts)))
    offered = sum(run.offered for run in runs)
    return Simulation(
        facility=facility,
        seed=seed,
        replications=len(runs),
        warm_up_h=warm_up_h,
        length_h=length_h,
        dwell=_mean(runs, confidence),
        deviation=_deviation(runs, confidence),
        quantiles={p: pooled_quantile(histograms, p, confidence) for p in QUANTILES},
        by_class=pd.DataFrame(classes, columns=["class", "dwell_h", "half_width_h", "customers"]).set_index("class"),
        stages=stage_table(facility, runs, confidence),
        queue=queue_table(facility, runs),
        means=means,
        lost=sum(run.lost for run in runs) / offered if offered else 0.0,
        loss=ratio([run.lost for run in runs], [run.offered for run in runs], confidence),
        little_gap=max(run.little_gap for run in runs),
        target=target,
        met=met,
        notes=tuple(notes),
        records=record_table(facility, runs[0]),
    )
