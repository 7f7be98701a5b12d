"""Formula against simulation on a grid of flows, and two designs against each other with the same random numbers."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from keruen import errors
from keruen.network.facility import Declared, Facility, Shifts, capacity, check, dwell
from keruen.network.facility.arguments import number, several, whole
from keruen.network.facility.reading import facility_of
from keruen.simulation.replications import replicate
from keruen.simulation.simulate import Simulation, check_options, repeats_h, run_length_h, simulate, whole_periods
from keruen.simulation.statistics import Estimate, around, ratio, spread_over
from keruen.simulation.world import Plan, plan

if TYPE_CHECKING:
    from keruen.study import Scenario, Study

__all__ = ["Paired", "compare_designs", "compare_formula", "relief"]

LOADS = (0.3, 0.5, 0.7, 0.8, 0.9, 1.0, 1.1, 1.3)


def compare_formula(
    what: Facility | Declared | Scenario | Study,
    flows: Sequence[float] | None = None,
    *,
    facility: str | None = None,
    commodity: str | None = None,
    span_h: float | None = None,
    target: float = 0.02,
    seed: int = 1,
    threads: int = 1,
    most_replications: int = 400,
) -> pd.DataFrame:
    """Return formula and simulation over a grid of flows: each begins empty and lasts `span_h`.

    Parameters
    ----------
    what : Facility, Declared, Scenario or Study
        What is compared: a facility; or a scenario, or a study in its base year, with the id of a facility.
    flows : sequence of float, optional
        Customers a day; 0.3 to 1.3 of capacity if absent.
    facility, commodity : str, optional
        Of a scenario or study: the facility, and the freight whose stages apply; see `keruen.facility.read`.
    span_h : float, optional
        Hours each flow lasts; `Facility.overload_h` if absent.
    target : float
        Relative half-width of the simulated mean.
    seed, threads, most_replications : int
        As in `simulate`.

    Returns
    -------
    pandas.DataFrame
        One row a flow: ``formula_h``, ``simulation_h`` with the half-width of its 95 % interval and its replications,
        relative ``gap``,
        both standard deviations, simulated quantiles p50, p90 and p95, the stage that is ``binding`` and its
        ``utilisation`` by formula and as simulated, ``trusted`` (whether the formula
        stands by its number) and ``notes``.

    Raises
    ------
    DataError
        Where the facility does not hold together.
    UsageError
        Where a flow or an option is out of range, or nothing limits the facility and no flows are given.

    Examples
    --------
    >>> from keruen.network.facility import Law, series
    >>> desk = series(Law.of("M", 0.5), (Law.of("M", 1.0), 4))  # M/M/4, hours
    >>> table = compare_formula(desk, [48, 120], target=0.05)
    >>> bool((table["gap"].abs() < 0.1).all())
    True
    """
    given = check(facility_of(what, facility, commodity))
    span = given.overload_h if span_h is None else span_h
    most = capacity(given)
    if flows is None and math.isinf(most.total_per_day):
        raise errors.UsageError(f"Facility {given.name}: nothing limits it, so say which flows to compare at")
    grid = [load * most.total_per_day for load in LOADS] if flows is None else _flows(flows)
    rows = []
    for flow in grid:
        by_formula = dwell(given, flow, span_h=span)
        # length stays as asked: whole periods only shift where the span ends
        run = simulate(
            given,
            flow,
            target=target,
            length_h=span,
            steady=False,
            seed=seed,
            threads=threads,
            most_replications=most_replications,
        )
        rows.append(
            {
                "flow_per_day": flow,
                "load": flow / most.total_per_day,
                "formula_h": by_formula.mean_h,
                "simulation_h": run.dwell.value,
                "half_width_h": run.dwell.half_width,
                "replications": run.replications,
                "gap": by_formula.mean_h / run.dwell.value - 1,
                "formula_sd_h": by_formula.sd_h,
                "simulation_sd_h": run.deviation.value,
                **{f"simulation_p{100 * p:.0f}_h": value.value for p, value in run.quantiles.items()},
                "binding": most.binding,
                "utilisation": min(flow / most.total_per_day, 1.0),
                "simulation_utilisation": float(run.stages["utilisation"].get(most.binding, math.nan)),
                "trusted": by_formula.trusted,
                "notes": "; ".join(by_formula.notes + run.notes),
            }
        )
    return pd.DataFrame(rows)


def _flows(flows: Sequence[float]) -> list[float]:
    """Return the flows to compare at, each a number above 0."""
    listed = several("flows", flows, "a list of customers a day, [10, 20] for example")
    found = [number(f"flows[{place}]", flow, above=0) for place, flow in enumerate(listed)]
    if not found:
        raise errors.UsageError("flows = []: expected one flow or more")
    return found


@dataclass(frozen=True)
class Paired:
    """Two designs under the same trains and the same luck.

    Attributes
    ----------
    difference : Estimate
        Dwell of the second less dwell of the first, hours.
    first, second : Estimate
        Their mean dwells.
    variance_ratio : float
        Variance of the paired difference over that of independent runs: below 1 pairing helped.
    notes : tuple of str
        A warning where pairing did not help.
    """

    difference: Estimate
    first: Estimate
    second: Estimate
    variance_ratio: float
    notes: tuple[str, ...] = ()


def compare_designs(
    first: Facility,
    second: Facility,
    *,
    replications: int = 20,
    length_h: float | None = None,
    warm_up_h: float | None = None,
    confidence: float = 0.95,
    seed: int = 1,
    threads: int = 1,
) -> Paired:
    """Compare two designs with common random numbers.

    Parameters
    ----------
    first, second : Facility
        Designs; stages of one name share their draws, customer by customer.
    replications : int
        Pairs.
    length_h, warm_up_h : float, optional
        Counted hours, and hours cut before; by load, and a fifth of the length, if absent.
    confidence : float
        Coverage.
    seed, threads : int
        As in `simulate`.

    Returns
    -------
    Paired
        The difference with its interval, and what pairing gained.

    Raises
    ------
    DataError, UsageError
        Where a design does not hold together, or an option is out of range.
    """
    check(first)
    check(second)
    _check_pairs(replications, length_h, warm_up_h, confidence, seed, threads)
    span = _span(first, length_h, warm_up_h, second)
    a, b = (_sums(one, span, replications, seed, threads) for one in (first, second))
    paired = _paired(a, b, confidence)
    if paired.notes:
        warnings.warn(paired.notes[0], stacklevel=2)
    return paired


def _check_pairs(
    replications: int, length_h: float | None, warm_up_h: float | None, confidence: float, seed: int, threads: int
) -> None:
    """Raise for the first option of a comparison that is of the wrong kind or out of range."""
    check_options(
        target=None, replications=whole("replications", replications, least=2), most_replications=replications,
        length_h=length_h, warm_up_h=warm_up_h, confidence=confidence, seed=seed, threads=threads, samples=0, records=0,
    )  # fmt: skip


def _span(first: Facility, length_h: float | None, warm_up_h: float | None, *others: Facility) -> Plan:
    """Return the span of a comparison: by load, and a fifth of it cut from the front, if not given."""
    every = (first, *others)
    period = max(repeats_h(one) for one in every)
    length = whole_periods(length_h if length_h is not None else max(run_length_h(one) for one in every), period)
    return plan(whole_periods(0.2 * length, period) if warm_up_h is None else warm_up_h, length)


_Sums = NDArray[np.float64]
"""Hours and customers of each replication, shape (2, replications)."""


def _sums(facility: Facility, span: Plan, replications: int, seed: int, threads: int) -> _Sums:
    """Return hours and customers of each replication."""
    runs = replicate(facility, span, seed, range(replications), threads)
    return np.array([(run.sums()[0], run.sums()[2]) for run in runs], float).T


def _paired(a: _Sums, b: _Sums, confidence: float) -> Paired:
    """Return the second less the first, replication by replication."""
    first, second = (ratio(one[0], one[1], confidence) for one in (a, b))
    x, y = (spread_over(one[0], one[1]) for one in (a, b))
    apart = x.var(ddof=1) + y.var(ddof=1)
    share = float((y - x).var(ddof=1) / apart) if apart > 0 else 0.0
    notes = ("common random numbers did not help: the variance ratio is above 1",) if share > 1 else ()
    return Paired(around(second.value - first.value, y - x, confidence), first, second, share, notes)


def relief(
    facility: Facility,
    run: Simulation | None = None,
    *,
    replications: int = 20,
    length_h: float | None = None,
    warm_up_h: float | None = None,
    confidence: float = 0.95,
    seed: int = 1,
    threads: int = 1,
) -> pd.DataFrame:
    """Return what one more server, one more shift hour, or a longer yard would save, stage by stage.

    Parameters
    ----------
    facility : Facility
        What is asked about.
    run : Simulation, optional
        A simulation of it; gives the length of the runs.
    replications : int
        Pairs, with the same trains and services for all designs.
    length_h, warm_up_h : float, optional
        As in `compare_designs`.
    confidence : float
        Coverage.
    seed, threads : int
        As in `simulate`.

    Returns
    -------
    pandas.DataFrame
        One row a change: ``stage``, ``kind`` (server, shift_hour, room, batch or paths), ``change`` in words,
        ``saved_h`` (mean dwell saved, with half-width), ``variance_ratio``.

    Raises
    ------
    DataError, UsageError
        Where the facility does not hold together, or an option is out of range.
    """
    if run is not None:
        length_h = run.length_h if length_h is None else length_h
        warm_up_h = run.warm_up_h if warm_up_h is None else warm_up_h
    check(facility)
    _check_pairs(replications, length_h, warm_up_h, confidence, seed, threads)
    changes = _changes(facility)
    span = _span(facility, length_h, warm_up_h, *(other for *_, other in changes))
    before = _sums(facility, span, replications, seed, threads)
    rows = []
    for stage, kind, change, other in changes:
        paired = _paired(before, _sums(other, span, replications, seed, threads), confidence)
        saved = -paired.difference.value
        rows.append((stage, kind, change, saved, paired.difference.half_width, paired.variance_ratio))
    return pd.DataFrame(rows, columns=["stage", "kind", "change", "saved_h", "half_width_h", "variance_ratio"])


_Change = tuple[str, str, str, Facility]


def _changes(facility: Facility) -> list[_Change]:
    """Return the changes that are tried: stage, kind, what in words, facility."""
    changes: list[_Change] = []
    for stage in facility.stages:
        name, servers = stage.name, stage.servers
        if isinstance(servers, Shifts):
            more = replace(servers, servers=tuple(n + 1 if n else 0 for n in servers.servers))
            words = "one more server on every open hour"
            changes.append((name, "server", words, facility.change(name, servers=more)))
            longer = _longer(servers)
            if longer is not None:
                words = "the largest shift one hour longer"
                changes.append((name, "shift_hour", words, facility.change(name, servers=longer)))
        elif stage.service is not None and servers is not None:
            changes.append((name, "server", "one more server", facility.change(name, servers=servers + 1)))
        if stage.room is not None:
            longer_yard = facility.change(name, room=int(1.25 * stage.room) + 1)
            changes.append((name, "room", "a quarter more room", longer_yard))
        if stage.batch is not None and stage.service is not None:
            batch = replace(stage.batch, most=int(1.25 * stage.batch.most) + 1)
            changes.append((name, "batch", "a quarter more at a time", facility.change(name, batch=batch)))
        if stage.slots is not None:
            paths = replace(stage.slots, takes=int(1.25 * stage.slots.takes) + 1)
            changes.append((name, "paths", "a quarter more on each path", facility.change(name, slots=paths)))
    return changes


def _longer(shifts: Shifts) -> Shifts | None:
    """Return shifts whose largest one lasts an hour longer; None where the next one is no longer than that."""
    k = int(np.argmax(shifts.servers))
    following = (k + 1) % len(shifts.hours)
    if len(shifts.hours) < 2 or shifts.lengths()[following] <= 1:
        return None
    hours = list(shifts.hours)
    hours[following] = (hours[following] + 1) % shifts.period_h
    order = np.argsort(hours)
    return replace(
        shifts,
        hours=tuple(hours[i] for i in order),
        servers=tuple(shifts.servers[i] for i in order),
    )
