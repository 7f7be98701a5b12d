"""The dwell of a facility by formula: mean, deviation, capacity, what binds, and when not to trust it.

A train of customers is met once, at the slowest stage: stages before it hand it over piece by piece, so what trains add
to the waits does not sum over stages but takes (nearly) the maximum; the norm of order 6 is its smooth version. What is
left, the local waits of single customers, does sum. Methods and measured accuracy are in docs/simulation.md.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import brentq

from keruen.network.facility import approximations as near
from keruen.network.facility.arguments import instance, number
from keruen.network.facility.capacity import Capacity, capacity, visit_ratios
from keruen.network.facility.checking import check
from keruen.network.facility.declaration import Facility
from keruen.network.facility.scatter import TOGETHER, Scatter
from keruen.network.facility.shifts import one_after_the_other
from keruen.network.facility.stages import Stream, Waits, stage_waits, stream
from keruen.network.facility.working import Shifts

__all__ = ["Dwell", "dwell", "steady_dwell"]

ORDER = 6.0
TRUSTED_BLOCKING = 0.05
NEAREST = 1 - 1e-6
UNEVEN = 0.05


@dataclass(frozen=True, eq=False)
class Dwell:
    """Hours in a facility at one flow, by formula.

    Attributes
    ----------
    flow_per_day : float
        Customers a day.
    mean_h, sd_h : float
        Mean and standard deviation of the hours from coming to leaving.
    capacity : Capacity
        What each stage and resource can take, and which binds.
    columns : mapping of str to sequence
        Columns of `stages`.
    trusted : bool
        False where the formula is known to be rough; `notes` say why, and the simulation is to be relied on.
    notes : tuple of str
        What a reader must know.
    by_class : mapping of str to float
        Mean hours of each class.
    """

    flow_per_day: float
    mean_h: float
    sd_h: float
    capacity: Capacity
    columns: Mapping[str, Sequence[Any]]
    trusted: bool = True
    notes: tuple[str, ...] = ()
    by_class: Mapping[str, float] = field(default_factory=dict)

    @cached_property
    def stages(self) -> pd.DataFrame:
        """One row a stage: visits, utilisation, service, wait, chance that the next stage blocks it."""
        return pd.DataFrame(dict(self.columns)).set_index("stage")

    def __repr__(self) -> str:
        lines = [
            f"Dwell at {self.flow_per_day:.4g} a day: mean {self.mean_h:.4g} h, sd {self.sd_h:.4g} h",
            f"  capacity {self.capacity.total_per_day:.4g} a day, {self.capacity.binding} binds",
            *(f"  {note}" for note in self.notes),
        ]
        return "\n".join(lines)


def dwell(facility: Facility, flow_per_day: float | None = None, *, span_h: float | None = None) -> Dwell:
    """Return the dwell over a span that begins with an empty facility; finite past capacity too.

    Up to capacity it is the steady state, brought down for the time a queue takes to build; past capacity it tends to
    the deterministic queue: the coordinate transformation of Kimber and Hollis (1979, TRRL LR 909), x = rho + 2 W / T.

    Parameters
    ----------
    facility : Facility
        What is asked about.
    flow_per_day : float, optional
        Customers a day; the declared flow if absent.
    span_h : float, optional
        How long the flow lasts, hours; `Facility.overload_h` if absent.

    Returns
    -------
    Dwell
        Mean, deviation and what they rest on.

    Raises
    ------
    DataError
        Where the facility does not hold together.
    UsageError
        Where flow or span is not above 0.

    Examples
    --------
    >>> from keruen.network.facility import Arrivals, Stage, exponential
    >>> post = Facility("post", (Stage("customs", exponential(1.0), 4),), (Arrivals.renewal(per_day=60, scv=1.0),))
    >>> print(f"{dwell(post).mean_h:.2f} h, past capacity {dwell(post, 110).mean_h:.0f} h")
    1.21 h, past capacity 55 h
    """
    check(facility)
    flow = facility.flow_per_day if flow_per_day is None else flow_per_day
    span = facility.overload_h if span_h is None else span_h
    flow, span = number("flow_per_day", flow, above=0), number("span_h", span, above=0)
    most = capacity(facility)
    if math.isinf(most.total_per_day):
        return steady_dwell(facility, flow)
    x = flow / most.total_per_day
    free = _lightest(facility, most)

    def gap(rho: float) -> float:
        return rho + 2 * max(steady_dwell(facility, rho * most.total_per_day).mean_h - free, 0.0) / span - x

    high = min(x, NEAREST)
    if gap(high) <= 0:
        return steady_dwell(facility, high * most.total_per_day) if x < 1 else _past(facility, high, flow, free, span)
    # a batch that gathers waits longest at the least load, so the bracket begins where little is added
    low = next((share for share in (0.3, 0.1, 0.02, 1e-3, 1e-6) if share < high and gap(share) < 0), None)
    rho = high if low is None else float(brentq(gap, low, high, xtol=1e-10))
    return _past(facility, rho, flow, free, span)


def _lightest(facility: Facility, most: Capacity) -> float:
    """Return the dwell where it is least: without congestion."""
    return min(steady_dwell(facility, share * most.total_per_day).mean_h for share in (1e-3, 0.02, 0.1, 0.3))


def _past(facility: Facility, rho: float, flow: float, free: float, span: float) -> Dwell:
    """Return the dwell at the utilisation that the transformation leads to.

    A queue that grows over the whole span is uniform from nothing to twice its mean; a steady one has the deviation of
    the steady state. In between, the share of the steady wait that the span lets build up says which it is.
    """
    most = capacity(facility).total_per_day
    at = steady_dwell(facility, rho * most)
    x = flow / most
    grown = span * (x - rho) / 2 if rho < NEAREST else span * (x - 1) / 2
    mean = max(free + grown, at.mean_h) if x >= 1 else at.mean_h
    calm = steady_dwell(facility, 0.02 * most).sd_h
    wait, share, steady_spread = mean - free, 0.0, 0.0
    if x < 1 and wait > 0:
        forever = steady_dwell(facility, min(x, NEAREST) * most)
        share = min(wait / max(forever.mean_h - free, 1e-12), 1.0)
        steady_spread = math.sqrt(max(forever.sd_h**2 - calm**2, 0.0)) * share
    spread = share * steady_spread + (1 - share) * max(wait, 0.0) / math.sqrt(3)
    full = "past" if x > 1 + 1e-9 else "all of"
    words = f"{flow:.4g} a day is {full} the capacity of {at.capacity.binding}"
    notes = at.notes if x < 1 else (words, *at.notes)
    by_class = _overload_by_class(facility, at, mean - at.mean_h)
    return replace(at, flow_per_day=flow, mean_h=mean, sd_h=math.hypot(calm, spread), notes=notes, by_class=by_class)


def _overload_by_class(facility: Facility, at: Dwell, added: float) -> dict[str, float]:
    """Return the means of the classes where the queue of an overload is added to those who visit what binds."""
    names = [stage.name for stage in facility.stages]
    if at.capacity.binding not in names:
        return {klass: hours + added for klass, hours in at.by_class.items()}
    binding = names.index(at.capacity.binding)
    mean = float(visit_ratios(facility)[binding])
    visits = {klass: float(facility.visit_ratios(klass)[binding]) / mean for klass in at.by_class}
    return {klass: hours + added * visits[klass] for klass, hours in at.by_class.items()}


def steady_dwell(facility: Facility, flow_per_day: float) -> Dwell:
    """Return the dwell in the long run.

    Parameters
    ----------
    facility : Facility
        A facility that passed `check`.
    flow_per_day : float
        Customers a day, below capacity.

    Returns
    -------
    Dwell
        Mean and deviation; infinite at capacity and past it.
    """
    instance("facility", facility, Facility, "a Facility; series makes one of laws and stages")
    given = facility.at(number("flow_per_day", flow_per_day, above=0))
    most = capacity(given)
    ratios = visit_ratios(given)
    if flow_per_day >= most.total_per_day:
        infinite = {"stage": [stage.name for stage in given.stages]}
        full = "past" if flow_per_day > most.total_per_day * (1 + 1e-9) else "at"
        words = f"{most.binding} is {full} its capacity"
        return Dwell(flow_per_day, math.inf, math.inf, most, infinite, False, (words,))
    come = _streams(given)
    waits, blocked = _with_blocking(given, come, ratios)
    notes = _notes(given, blocked, waits)
    held = _resources(given, come, ratios)
    flows, moments = [], []
    for klass in given.classes():
        flows.append(sum(one.per_h for one in given.arrivals if one.klass == klass))
        moments.append(_class_moments(waits, held, given.visit_ratios(klass), given.order(klass)))
    weights = np.array(flows) / sum(flows)
    means, variances = np.array(moments).T
    mean = float(weights @ means)
    total = float(weights @ (variances + (means - mean) ** 2))
    table = {
        "stage": [stage.name for stage in given.stages],
        "visits": ratios.tolist(),
        "utilisation": [one.rho for one in waits],
        "service_h": [one.service for one in waits],
        "wait_h": [one.local for one in waits],
        "train_wait_h": [one.train for one in waits],
        "blocked": blocked,
    }
    by_class = dict(zip(given.classes(), means.tolist(), strict=True))
    return Dwell(flow_per_day, mean, math.sqrt(max(total, 0.0)), most, table, not notes, tuple(notes), by_class)


def _class_moments(
    waits: list[Waits], held: NDArray[np.float64], ratios: NDArray[np.float64], order: Sequence[int]
) -> tuple[float, float]:
    """Return mean and variance of the dwell of a class that pays these visits; `held` are waits for resources."""
    mean, variance = _trains_met_once(waits, ratios)
    certain = [j for j in order if ratios[j] > 1 - 1e-9]
    met = [waits[j] for j in certain]
    variance += one_after_the_other(
        [(one.service + one.local, one.service_variance + one.variance + one.train_variance, one.rhythm) for one in met]
    )
    for j, one in enumerate(waits):
        if j not in certain and one.rhythm is not None:
            variance += min(ratios[j], 1.0) * one.rhythm.variance
    for one, wait, ratio in zip(waits, held, ratios, strict=True):
        mean += ratio * (one.service + one.local + wait)
        variance += min(ratio, 1.0) * (one.service_variance + one.variance) + ratio * wait**2
        variance += max(ratio * (1 - ratio), 0.0) * (one.service + one.local) ** 2
    return mean, variance


@dataclass(frozen=True)
class _Streams:
    """Arrivals at the entrance, and at each stage those of the classes that visit it, with their mean visits."""

    whole: Stream
    at: list[Stream]
    shares: list[float]
    scatters: list[Scatter]


def _streams(facility: Facility) -> _Streams:
    """Return who comes to each stage: a direction that passes a stage by does not thin the other's trains."""
    load = facility.flow_per_day / capacity(facility).total_per_day
    whole = stream(facility.arrivals, load)
    ratios = {klass: facility.visit_ratios(klass) for klass in facility.classes()}
    at, shares = [], []
    for j in range(len(facility.stages)):
        come = [one for one in facility.arrivals if ratios[one.klass][j] > 0]
        at.append(whole if len(come) in (0, len(facility.arrivals)) else stream(come, load))
        visits = sum(one.per_h * float(ratios[one.klass][j]) for one in come)
        shares.append(visits / at[-1].rate)
    return _Streams(whole, at, shares, _scatters(facility))


def _scatters(facility: Facility) -> list[Scatter]:
    """Return how the customers of a train have come apart before each stage.

    Counted are the stages before it that hold each customer for itself, without queue; what a queue does to a train is
    in the norm over the stages that have one.
    """
    count = len(facility.stages)
    flows, hours, squares = np.zeros(count), np.zeros(count), np.zeros(count)
    for source in facility.arrivals:
        mean = variance = 0.0
        for i in facility.order(source.klass):
            stage, visits = facility.stages[i], facility.stages[i].visits(source.klass)
            flows[i] += source.per_h * visits
            hours[i] += source.per_h * visits * mean
            squares[i] += source.per_h * visits * variance
            if stage.service is not None and stage.servers is None:
                first, second = stage.service.moment(1), stage.service.moment(2)
                mean += visits * first
                variance += visits * second - (visits * first) ** 2
    found = []
    for flow, hour, square in zip(flows, hours, squares, strict=True):
        apart = square > 1e-12 * hour * hour and square > 0
        found.append(Scatter(math.sqrt(square / flow), hour * hour / (square * flow)) if apart else TOGETHER)
    return found


def _waits(facility: Facility, come: _Streams, extra: NDArray[np.float64]) -> list[Waits]:
    """Return the waits of every stage, the variability of arrivals handed on from stage to stage (QNA, Whitt 1983)."""
    count = len(facility.stages)
    flows, direct = np.zeros((count + 1, count + 1)), np.zeros((count + 1, count + 1))
    for source in facility.arrivals:  # customers from stage (row, entrance last) to stage
        ways = facility.routing(source.klass)
        visits = source.per_h * np.append(facility.visit_ratios(source.klass), 1.0)[:, None]
        direct += visits * ways
        flows += visits * _past_holding(facility, ways)
    leaving = np.ones(count + 1)
    leaving[count] = come.whole.headway_scv
    found: list[Waits] = []
    period = _period(facility)
    for j, stage in enumerate(facility.stages):
        scv, headway = 1.0, None
        total = flows[:, j].sum()
        back = flows[j:count, j].sum() > 0
        if total > 0 and not back and not come.whole.in_trains:
            shares = flows[:, j] / total
            parts = np.divide(flows[:, j], flows.sum(axis=1), out=np.zeros(count + 1), where=flows.sum(axis=1) > 0)
            rho = total * (stage.service.mean + extra[j]) / stage.mean_servers if stage.service is not None else 0.0
            weight = 1 / (1 + 4 * (1 - min(rho, 1.0)) ** 2 * (1 / float(shares @ shares) - 1))
            scv = weight * float(shares @ (parts * leaving + 1 - parts)) + 1 - weight
            if direct[count, j] == total and parts[count] == 1 and come.whole.headway is not None:
                headway = come.whole.headway
        profile = None if back or period == 0 else _profile(direct[:count, j], found, direct[:, j].sum())
        one = stage_waits(
            stage, come.shares[j], float(extra[j]), come.at[j], max(scv, 0.0), headway, period, profile, come.scatters[j]
        )  # fmt: skip
        service_scv = stage.service.scv if stage.service is not None else 1.0
        servers = max(round(min(stage.mean_servers, 1e6)), 1)
        leaving[j] = near.departure_scv(min(one.rho, 1.0), servers, scv, service_scv)
        found.append(one)
    return found


def _past_holding(facility: Facility, ways: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the chances of going from a stage with a queue to the next one with a queue.

    A stage that holds each customer for itself hands a stream on with the variability it has in the long run; where two
    ways pass it in turns, counting it as a station would take the one for the other.
    """
    holds = np.array([stage.service is not None and stage.servers is None for stage in facility.stages] + [False])
    if not holds.any():
        return ways
    inner = ways[np.ix_(holds, holds)]
    reach = np.linalg.solve(np.eye(int(holds.sum())) - inner, ways[holds])
    past: NDArray[np.float64] = ways + ways[:, holds] @ reach
    past[holds] = past[:, holds] = 0.0
    return past


def _period(facility: Facility) -> float:
    """Return the period that the shifts of all stages share, hours; 0 where there are none or they share none."""
    periods = [stage.servers.period_h for stage in facility.stages if isinstance(stage.servers, Shifts)]
    longest = max(periods, default=0.0)
    return longest if all(abs(longest / one - round(longest / one)) < 1e-9 for one in periods) else 0.0


def _profile(flows: NDArray[np.float64], before: list[Waits], total: float) -> NDArray[np.float64] | None:
    """Return arrivals at a stage by the hour over their mean: what stages before it hand on, the rest being even."""
    uneven = [(flow / total, one.leaving) for flow, one in zip(flows, before, strict=False) if flow > 0]
    parts = [share * (leaving - 1) for share, leaving in uneven if leaving is not None]
    return 1 + np.sum(parts, axis=0) if parts else None


def _with_blocking(facility: Facility, come: _Streams, ratios: NDArray[np.float64]) -> tuple[list[Waits], list[float]]:
    """Return the waits with services lengthened by blocking, and the chance that each stage is blocked.

    A customer who is done finds the next room full with chance P(N >= room), and then waits until one leaves it. The
    lengthened service feeds back, so the whole is iterated to a fixed point.
    """
    count = len(facility.stages)
    extra, blocked = np.zeros(count), [0.0] * count
    waits = _waits(facility, come, extra)
    if all(stage.room is None for stage in facility.stages[1:]):
        return waits, blocked
    rate = come.whole.rate
    ways = np.sum([one.per_h * facility.routing(one.klass) for one in facility.arrivals], axis=0) / rate
    for _ in range(30):
        after = np.zeros(count)
        for i in range(count):
            blocked[i] = 0.0
            for j in range(count):
                room = facility.stages[j].room
                if i == j or ways[i, j] <= 0 or room is None:
                    continue
                chance = _full(facility, j, rate * ratios[j], waits, room)
                blocked[i] += ways[i, j] * chance
                stage = facility.stages[j]
                gap = 1 / stage.slots.per_h if stage.slots is not None else waits[j].service / stage.mean_servers
                after[i] += ways[i, j] * chance * max(gap, 0.0)
        for i, stage in enumerate(facility.stages):  # a stage cannot be slowed past what keeps the flow moving
            if stage.service is not None and ratios[i] > 0:
                spare = 0.995 * stage.mean_servers / (rate * ratios[i]) - stage.service.mean
                after[i] = min(after[i], max(spare, 0.0))
        if np.allclose(after, extra, rtol=1e-4, atol=1e-9):
            break
        extra = 0.5 * (extra + after)
        waits = _waits(facility, come, extra)
    return waits, blocked


def _full(facility: Facility, j: int, rate: float, waits: list[Waits], room: int) -> float:
    """Return the chance that stage j is full: a delayed queue with a geometric tail of its own mean length."""
    one, stage = waits[j], facility.stages[j]
    upstream = max((before.train for before in waits[:j]), default=0.0)
    wait = one.local + max(one.train - upstream, 0.0)
    servers = stage.mean_servers if math.isfinite(stage.mean_servers) else 0.0
    if wait <= 0 or room <= servers:
        return min(one.rho, 1.0) if room <= servers else 0.0
    length = rate * wait
    chance = min(one.rho, 1.0) if stage.slots is None else 1.0
    return chance * math.exp(-(room - servers) / max(length / max(chance, 1e-9), 1e-9))


def _trains_met_once(waits: list[Waits], ratios: NDArray[np.float64]) -> tuple[float, float]:
    """Return mean and variance of what trains add: the norm of order 6 over the stages a customer visits."""
    if not any(one.train > 0 and ratio > 0 for one, ratio in zip(waits, ratios, strict=True)):
        return 0.0, 0.0
    split = [k for k, one in enumerate(waits) if one.train > 0 and 0 < ratios[k] < 1 - 1e-9][:8]
    always = [k for k, one in enumerate(waits) if one.train > 0 and ratios[k] > 0 and k not in split]
    mean = 0.0
    for choice in itertools.product((False, True), repeat=len(split)):
        chance = math.prod(ratios[k] if taken else 1 - ratios[k] for k, taken in zip(split, choice, strict=True))
        met = always + [k for k, taken in zip(split, choice, strict=True) if taken]
        mean += chance * sum(waits[k].train ** ORDER for k in met) ** (1 / ORDER)
    slowest = max((one for one, ratio in zip(waits, ratios, strict=True) if ratio > 0), key=lambda one: one.train)
    return mean, slowest.train_variance


def _resources(facility: Facility, come: _Streams, ratios: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the wait of each stage for shared resources: each a station whose servers are its units."""
    waits = np.zeros(len(facility.stages))
    for resource in facility.resources:
        away = resource.returns.mean if resource.returns is not None else 0.0
        for j, (stage, ratio) in enumerate(zip(facility.stages, ratios, strict=True)):
            need = stage.needs.get(resource.name, 0)
            if need == 0 or stage.service is None:
                continue
            servers = resource.units // need
            if servers >= stage.mean_servers and away == 0:
                continue  # the servers bind before the resource does
            together = stage.batch.most if stage.batch is not None else 1
            rho = min(come.whole.rate * ratio / together * (stage.service.mean + away) / servers, NEAREST)
            scv = max(come.whole.index / together, 0.1) if come.whole.in_trains else 1.0
            waits[j] += (stage.service.mean + away) * near.whitt(rho, servers, scv, 1.0)
    return waits


def _notes(facility: Facility, blocked: list[float], waits: list[Waits]) -> list[str]:
    """Return why the formula is not to be trusted, one sentence a reason; none where it is."""
    notes = []
    for stage, chance in zip(facility.stages, blocked, strict=True):
        if chance > TRUSTED_BLOCKING:
            notes.append(f"{stage.name} is blocked by the next stage {chance:.0%} of the time: rely on the simulation")
    for stage, one in zip(facility.stages, waits, strict=True):
        batch = stage.batch
        if batch is not None and batch.least > 1 and stage.service is not None:
            notes.append(f"{stage.name} gathers and serves batches: the formula is rough there")
        if isinstance(stage.servers, Shifts) and one.rho > 0.97:
            notes.append(f"{stage.name} has shifts near capacity: the formula is rough there")
    if any(stage.needs for stage in facility.stages) and facility.resources:
        notes.append("shared resources are taken as stations of their own: rely on the simulation")
    for klass in facility.classes():
        first = facility.stages[facility.order(klass)[0]]
        train = max(one.size.mean for one in facility.arrivals if one.klass == klass)
        if first.room is None or first.room >= 2 * train:
            continue
        notes.append(f"{first.name} has room for less than two trains: trains wait outside, rely on the simulation")
    notes += _phases(facility)
    if facility.when_full == "leave":
        notes.append("customers that find no room leave: the formula does not lose them")
    if len({one.priority for one in facility.arrivals}) > 1:
        notes.append("priorities change the waits of classes; the formula gives the mean over all")
    return notes


def _phases(facility: Facility) -> list[str]:
    """Return notes on timetables whose hours matter: the formula takes them for trains with independent headways."""
    planned = [one for one in facility.arrivals if one.headway is None]
    if not planned:
        return []
    notes = []
    for j, stage in enumerate(facility.stages):
        met = any(facility.visit_ratios(one.klass)[j] > 0 for one in planned)
        if met and (stage.slots is not None or isinstance(stage.servers, Shifts)):
            what = "departure paths" if stage.slots is not None else "shifts"
            notes.append(
                f"trains come by timetable and {stage.name} has {what}: phase is ignored, believe the simulation"
            )
    if len(facility.arrivals) > 1 or any(one.headway_scv > UNEVEN for one in planned):
        notes.append("trains of a timetable come unevenly: phase is ignored, believe the simulation")
    return notes
