"""One stage at one flow: its waits, their variance, how full it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from keruen.network.facility import approximations as near
from keruen.network.facility.bulk import bulk_wait, bulk_wait_mmc
from keruen.network.facility.declaration import Arrivals, Stage
from keruen.network.facility.laws import Law, empirical
from keruen.network.facility.queues import erlang_wait, m_m_c
from keruen.network.facility.scatter import TOGETHER, Scatter, scattered
from keruen.network.facility.shifts import Floats, Hours, Rhythm, shift_wait, working_hours
from keruen.network.facility.working import Shifts, Slots

__all__ = ["Stream", "Waits", "stage_waits", "stream"]


@dataclass(frozen=True)
class Stream:
    """Customers as they come to the first stage.

    Attributes
    ----------
    rate : float
        Customers an hour.
    trains : float
        Trains an hour.
    size : Law
        Customers on a train (of the largest source where there are several).
    headway : Law or None
        Law of the hours between trains where one source brings them.
    headway_scv : float
        SCV of the hours between trains.
    """

    rate: float
    trains: float
    size: Law
    headway: Law | None
    headway_scv: float

    @property
    def in_trains(self) -> bool:
        """Whether customers come several at a time."""
        return self.size.moment(2) > 1 + 1e-12

    @property
    def index(self) -> float:
        """Variance over mean of the counts of arrivals in the long run."""
        return self.size.mean * (self.headway_scv + self.size.scv)


@dataclass(frozen=True)
class Waits:
    """What a stage does to those who visit it, hours.

    Attributes
    ----------
    rho : float
        Utilisation.
    service, service_variance : float
        Mean and variance of the service.
    local, variance : float
        Wait that does not come from trains, and its variance but for the rhythm.
    train : float
        Wait behind trains if they came straight here (0 where customers come one by one).
    train_variance : float
        Its variance.
    leaving : ndarray of float or None
        Departures over the period, cell by cell, over their mean; None where they do not vary with the hour.
    rhythm : Rhythm or None
        Hours spent by the hour of coming; None where they do not vary with it.
    """

    rho: float
    service: float
    service_variance: float
    local: float
    variance: float
    train: float = 0.0
    train_variance: float = 0.0
    leaving: Floats | None = None
    rhythm: Rhythm | None = None


def stream(many: Sequence[Arrivals], load: float) -> Stream:
    """Return arrivals as one stream; several sources are superposed by QNA's rule at the load of what binds."""
    rate, trains = sum(one.per_h for one in many), sum(one.trains_per_h for one in many)
    largest = max(many, key=lambda one: one.per_h * one.size.mean)
    if len(many) == 1:
        return Stream(rate, trains, largest.size, largest.headway, largest.headway_scv)
    shares = [one.trains_per_h / trains for one in many]
    # the fuller the station, the longer the spans over which each source shows its own variation
    weight = 1 / (1 + 4 * (1 - min(load, 1.0)) ** 2 * (1 / sum(share**2 for share in shares) - 1))
    scv = weight * sum(share * one.headway_scv for share, one in zip(shares, many, strict=True)) + 1 - weight
    return Stream(rate, trains, largest.size, None, scv)


def stage_waits(
    stage: Stage,
    share: float,
    extra: float,
    come: Stream,
    arrival_scv: float,
    headway: Law | None,
    period_h: float = 0.0,
    profile: Floats | None = None,
    scatter: Scatter = TOGETHER,
) -> Waits:
    """Return the waits of one stage.

    Parameters
    ----------
    stage : Stage
        The stage.
    share : float
        Mean visits of a customer.
    extra : float
        Hours added to the service by blocking.
    come : Stream
        Arrivals at the entrance.
    arrival_scv : float
        SCV of the times between single customers here.
    headway : Law or None
        Their law where it is known.
    period_h : float
        Period that the shifts of all stages share; 0 where they share none.
    profile : ndarray of float or None
        Arrivals here over that period, cell by cell, over their mean.
    scatter : Scatter
        How the customers of one train have come apart before this stage.

    Returns
    -------
    Waits
        Means and variances.
    """
    rate = come.rate * share
    if rate <= 0:  # nobody comes here
        law = stage.service
        return (
            Waits(0.0, law.mean, law.scv * law.mean**2, 0.0, 0.0) if law is not None else Waits(0.0, 0.0, 0.0, 0.0, 0.0)
        )
    if stage.slots is not None:
        return _paths(stage.slots, rate, come, arrival_scv, share, scatter)
    train = come.size.mean * share if come.in_trains else 1.0
    gather = (0.0, 0.0)
    if stage.batch is not None:
        gather = near.gathering(rate, stage.batch.least, stage.batch.wait_h, train)
    if stage.service is None:
        return Waits(0.0, 0.0, 0.0, *gather)
    service, scv = (
        stage.service.mean + extra,
        stage.service.scv * (stage.service.mean / (stage.service.mean + extra)) ** 2,
    )
    variance = stage.service.scv * stage.service.mean**2
    if stage.servers is None:
        return Waits(0.0, service, variance, *gather)
    if stage.batch is not None and stage.batch.most > 1:
        if come.in_trains:
            return _trains_in_batches(stage, rate, service, scv, come, share, variance, scatter, gather)
        wait, spread, rho = _batches(stage, rate, service, scv, arrival_scv)
        if _gathers_exactly(stage):
            gather = (0.0, 0.0)
        return Waits(rho, service, variance, wait + gather[0], spread + gather[1])
    if isinstance(stage.servers, Shifts) or profile is not None:
        period = period_h or (stage.servers.period_h if isinstance(stage.servers, Shifts) else 0.0)
        hours = working_hours(rate, stage.servers, period, profile)
        return _by_hour(hours, service, scv, come, arrival_scv, share, variance, scatter)
    servers = stage.servers
    rho = rate * service / servers
    law = stage.service if extra == 0 else near.law_of(service, scv)
    if not come.in_trains:
        wait = near.general(headway or near.law_of(1 / rate, arrival_scv), law, servers)
        return Waits(rho, service, variance, wait, near.wait_variance(wait, rho, servers, arrival_scv, scv))
    return _trains(servers, rho, service, scv, come, share, variance, scatter)


def _paths(slots: Slots, rate: float, come: Stream, arrival_scv: float, share: float, scatter: Scatter) -> Waits:
    """Return the waits for departure paths: to the next one, and the leftover, what trains add to it apart.

    Where paths are uneven, more may come in a long gap than its path takes: those who stay behind are counted as a fluid.
    """
    every, rho = slots.takes / slots.per_h, rate / slots.per_h
    mean, variance = near.slot_queue(rate, slots.takes, every, arrival_scv if not come.in_trains else 1.0)
    uneven, more = _uneven(slots, rate, every)
    mean, variance = mean + uneven, variance + more
    if not come.in_trains:
        return Waits(rho, 0.0, 0.0, mean, variance)
    whole, spread = near.slot_queue(rate, slots.takes, every, 1 + share * (come.index - 1))
    whole, spread = whole + uneven, spread + more
    left = float(_scattered(np.array([min(rho, 0.999999)]), 1 / slots.per_h, 0.0, come, share, scatter)[0])
    return Waits(rho, 0.0, 0.0, mean, variance, left * (whole - mean), left * max(spread - variance, 0.0))


def _uneven(slots: Slots, rate: float, every: float) -> tuple[float, float]:
    """Return what uneven paths add to mean and variance of the wait for paths every so many hours.

    A random moment falls into a long gap more often: its wait has the moments E[g^2] / (2 E[g]) and E[g^3] / (3 E[g]).
    """
    gaps = slots.gaps_h()
    left, behind = 0.0, 0.0
    for steady in (False, True):  # below capacity the second period is the steady one
        for gap in gaps.tolist():
            behind += steady * left * gap / (rate * float(gaps.sum()))
            left = max(left + rate * gap - slots.takes, 0.0)
    spread = float((gaps**3).sum() / (3 * gaps.sum())) - slots.wait_h**2 - every**2 / 12
    return slots.wait_h - every / 2 + behind, spread


def _trains(
    servers: int, rho: float, service: float, scv: float, come: Stream, share: float, variance: float, scatter: Scatter
) -> Waits:
    """Return the waits of a stage that whole trains reach.

    The train is the customer of a single server that clears it in S = E[X] ES / c; its wait is that of GI/G/1.
    """
    clear, clear_scv = _clearing(servers, service, scv, come, share)
    poisson = near.general(near.law_of(clear / rho, 1.0), near.law_of(clear, clear_scv), 1)
    behind = near.general(near.law_of(clear / rho, come.headway_scv), near.law_of(clear, clear_scv), 1)
    regular = behind / poisson if poisson > 0 else 1.0
    own, others = near.own_train(service, come.size, servers, share)
    local = (1 + scv) / 2 * m_m_c(rho * servers / service, service, servers)[0]
    left = float(_scattered(np.array([rho]), service / servers, scv, come, share, scatter)[0])
    wait = left * (own + regular * others * rho / (1 - rho))
    spread = left * _train_spread(behind, rho, clear, clear_scv, come)
    return Waits(rho, service, variance, regular * local, (regular * local) ** 2, wait, spread)


def _scattered(rhos: Floats, gap: float, scv: float, come: Stream, share: float, scatter: Scatter) -> Floats:
    """Return what is left of the wait behind trains at these utilisations.

    It is left of the variance too: fewer wait behind a train, those who do as long as before.
    """
    return scattered(rhos, gap, 1 + share * (come.index - 1), scv, share * come.size.mean, scatter)


def _clearing(servers: float, service: float, scv: float, come: Stream, share: float) -> tuple[float, float]:
    """Return mean and SCV of the time a stage needs for one train."""
    size = come.size.mean * share
    return size * service / servers, scv / size + come.size.scv + (1 - share) / size


def _train_spread(behind: float, rho: float, clear: float, clear_scv: float, come: Stream) -> float:
    """Return the variance of the wait behind trains: the trains before, and one's place on one's own."""
    return near.wait_variance(behind, rho, 1, come.headway_scv, clear_scv) + clear**2 / 12 * (1 + 3 * come.size.scv)


def _trains_in_batches(
    stage: Stage,
    rate: float,
    service: float,
    scv: float,
    come: Stream,
    share: float,
    variance: float,
    scatter: Scatter,
    gather: tuple[float, float],
) -> Waits:
    """Return the waits of a stage that serves several at once and that trains reach: a train is a few batches.

    Of a train alone the last batch is seldom full; behind a queue the next train fills it, so the load is that of full
    batches.
    """
    assert stage.batch is not None
    most, servers = stage.batch.most, max(round(stage.mean_servers), 1)
    sizes, weights = come.size.probabilities()
    rho = min(rate * service / (stage.mean_servers * most), 0.999999)
    full = sizes * share / most
    pieces = empirical(np.maximum((1 - rho) * np.ceil(full) + rho * full, 1).tolist(), weights.tolist())
    batches = Stream(come.trains * pieces.mean, come.trains, pieces, come.headway, come.headway_scv)
    whole = _trains(servers, rho, service, scv, batches, 1.0, variance, scatter)
    single, spread, _ = _batches(stage, rate, service, scv, 1.0)
    if _gathers_exactly(stage):  # what trains gather is counted apart
        single = max(single - near.gathering(rate, stage.batch.least, None)[0], 0.0)
    left = float(_scattered(np.array([rho]), service / servers, scv, batches, 1.0, scatter)[0])
    local, more = (1 - left) * single + left * whole.local, (1 - left) * spread + left * whole.variance
    return replace(whole, local=local + gather[0], variance=more + gather[1])


def _batches(stage: Stage, rate: float, service: float, scv: float, arrival_scv: float) -> tuple[float, float, float]:
    """Return wait, variance and utilisation of a stage that serves several at once and that single customers reach.

    Exact for M/G/1; several servers by M/M/c with bulk service, scaled as M/G/1 stands to M/M/1. Arrivals of another
    variation enter as in heavy traffic, where a batch averages it over its customers.
    """
    assert stage.batch is not None
    most, servers = stage.batch.most, max(round(stage.mean_servers), 1)
    rho = rate * service / (stage.mean_servers * most)
    full = min(rho, 0.999999) * most * servers / service  # the rate at this utilisation
    least = stage.batch.least if _gathers_exactly(stage) else 1
    wait, idle = bulk_wait(full, near.law_of(service / servers, scv), least, most)
    if servers > 1:
        alone, idle = bulk_wait_mmc(full, service, servers, most)
        wait *= alone / bulk_wait_mmc(full, service / servers, 1, most)[0]
    usual = 1 / most + scv
    wait *= 1 + min(rho, 1.0) * ((arrival_scv / most + scv) / usual - 1) if least == 1 else 1.0
    return wait, near.delayed_variance(wait, min(rho, 1.0), 1 - idle, scv), rho


def _gathers_exactly(stage: Stage) -> bool:
    """Whether waiting for a batch to be full is part of the queue of the stage as it is computed."""
    return stage.batch is not None and stage.batch.wait_h is None and stage.service is not None and stage.servers == 1


def _by_hour(
    hours: Hours,
    service: float,
    scv: float,
    come: Stream,
    arrival_scv: float,
    share: float,
    variance: float,
    scatter: Scatter,
) -> Waits:
    """Return the waits of a stage whose servers or arrivals vary with the hour."""

    def single(servers: int, rhos: Floats) -> Floats:
        local = service * erlang_wait(servers, rhos)
        return ((1.0 if come.in_trains else arrival_scv) + scv) / 2 * local

    def trains(servers: int, rhos: Floats) -> Floats:
        own, others = near.own_train(service, come.size, servers, share)
        index = come.index / (come.size.mean * (1 + come.size.scv))  # against Poisson trains
        left = _scattered(rhos, service / servers, scv, come, share, scatter)
        return single(servers, rhos) + left * (own + index * others * rhos / (1 - rhos))

    rate = float(hours.rates.mean())
    rho = rate * service / float(hours.servers.mean())
    peak = int(hours.servers.max())
    busy = np.array([min(rate * service / peak, 0.999)])
    mean, rhythm, leaving = shift_wait(hours, service, single)
    if not come.in_trains:
        chance = float(single(peak, busy)[0]) ** 2
        return Waits(rho, service, variance, mean, chance, leaving=leaving, rhythm=rhythm)
    whole, rhythm, leaving = shift_wait(hours, service, trains)
    clear, clear_scv = _clearing(float(hours.servers.mean()), service, scv, come, share)
    calm = min(rho, 0.999)
    behind = near.general(near.law_of(clear / calm, come.headway_scv), near.law_of(clear, clear_scv), 1)
    left = float(_scattered(np.array([calm]), service / float(hours.servers.mean()), scv, come, share, scatter)[0])
    train_spread = left * _train_spread(behind, calm, clear, clear_scv, come)
    return Waits(rho, service, variance, mean, 0.0, max(whole - mean, 0.0), train_spread, leaving, rhythm)
