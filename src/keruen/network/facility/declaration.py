"""Facilities as data: stages, rooms, arrivals; read by formula and simulation."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace

import numpy as np
from numpy.typing import NDArray

from keruen import errors
from keruen.network.facility.arguments import instance, is_whole, number, several
from keruen.network.facility.laws import Law, deterministic, fitted
from keruen.network.facility.working import DAY_H, Batch, Shifts, Slots

__all__ = ["Arrivals", "Facility", "Resource", "Stage", "series"]


@dataclass(frozen=True)
class Stage:
    """One service station of a facility.

    Attributes
    ----------
    name : str
        Name, unique in the facility.
    service : Law or None
        Law of the service time of one customer or batch, hours; None for a stage that only holds customers (a batch
        to be filled, a slot to be met).
    servers : int, Shifts or None
        Servers side by side, constant or by hour; None is as many as come, so that nobody queues.
    batch : Batch or None
        Served together, or gathered before leaving.
    slots : Slots or None
        Customers leave only at slots; such a stage has no service.
    room : int or None
        Customers that find room in the stage, those in service included; None is unbounded. When it is full,
        customers stay where they are, holding their server (blocking after service), and trains wait outside.
    visit : float or mapping of str to float
        Chance that a customer needs the stage, one number or by class; the others pass it by.
    needs : mapping of str to int
        Resources one service holds besides its server, by name.
    then : mapping of str to float or None
        Where customers go next, by stage name; what is missing to 1 leaves the facility. None is the next stage.
    """

    name: str
    service: Law | None
    servers: int | Shifts | None = 1
    batch: Batch | None = None
    slots: Slots | None = None
    room: int | None = None
    visit: float | Mapping[str, float] = 1.0
    needs: Mapping[str, int] = field(default_factory=dict)
    then: Mapping[str, float] | None = None

    @property
    def mean_servers(self) -> float:
        """Time average of the number of servers; infinite where a stage has no service or as many as come."""
        if self.service is None or self.servers is None:
            return float("inf")
        return self.servers.mean if isinstance(self.servers, Shifts) else float(self.servers)

    @property
    def unqueued(self) -> bool:
        """Whether it is passed in its own time, whoever else is there."""
        return self.service is not None and self.servers is None and self.slots is None and self.batch is None

    def visits(self, klass: str) -> float:
        """Return the chance that a customer of a class needs the stage."""
        return self.visit.get(klass, 1.0) if isinstance(self.visit, Mapping) else self.visit


@dataclass(frozen=True)
class Resource:
    """Units that several services share: cranes, a pool of empty wagons.

    Attributes
    ----------
    name : str
        Name, as in `Stage.needs`.
    units : int
        Units there are.
    returns : Law or None
        Hours a unit is away after the service that used it (an empty wagon on its way back); None is at once.
    """

    name: str
    units: int
    returns: Law | None = None


@dataclass(frozen=True)
class Arrivals:
    """Trains, lorries or ships that come to a facility, each bringing one or more customers.

    Build one with `renewal` or `timetable`.

    Attributes
    ----------
    headway : Law or None
        Law of the hours between trains; None where there is a timetable.
    size : Law
        Law of the customers on a train, whole numbers of 1 or more.
    klass : str
        Class of the customers: commodity or regime, see `Stage.visit`.
    priority : int
        Lower is served first; equal priorities are served in the order they came.
    hours : tuple of float
        Planned hours of the trains within a period.
    period_h : float
        Period of the timetable.
    late : Law or None
        Law of the lateness on the timetable, hours.
    """

    headway: Law | None
    size: Law = field(default_factory=lambda: deterministic(1))
    klass: str = "all"
    priority: int = 0
    hours: tuple[float, ...] = ()
    period_h: float = DAY_H
    late: Law | None = None

    @classmethod
    def renewal(
        cls, per_day: float, scv: float = 0.5, size: Law | int = 1, klass: str = "all", priority: int = 0
    ) -> Arrivals:
        """Return trains with independent headways.

        Parameters
        ----------
        per_day : float
            Customers (not trains) a day.
        scv : float
            Squared coefficient of variation of headways: 1 is Poisson, 0 clockwork. A timetabled line has about 0.5.
        size : Law or int
            Customers on a train.
        klass, priority : str, int
            As the attributes.

        Returns
        -------
        Arrivals
            The trains.
        """
        number("per_day", per_day, above=0)
        law = _size(size)
        return cls(fitted(DAY_H * law.mean / per_day, scv), law, klass, priority)

    @classmethod
    def timetable(
        cls,
        hours: Sequence[float],
        size: Law | int = 1,
        late: Law | None = None,
        period_h: float = DAY_H,
        klass: str = "all",
        priority: int = 0,
    ) -> Arrivals:
        """Return trains that are planned at the given hours of every period.

        Parameters
        ----------
        hours : sequence of float
            Planned hours within the period.
        size : Law or int
            Customers on a train.
        late : Law, optional
            Lateness, hours.
        period_h : float
            Length of the period.
        klass, priority : str, int
            As the attributes.

        Returns
        -------
        Arrivals
            The trains.
        """
        listed = several("hours", hours, "a list of hours")
        number("period_h", period_h, above=0)
        if late is not None:
            instance("late", late, Law, "a law of the hours a train is late")
        planned = sorted(number(f"hours[{place}]", hour, least=0) for place, hour in enumerate(listed))
        return cls(None, _size(size), klass, priority, tuple(planned), period_h, late)

    @property
    def trains_per_h(self) -> float:
        """Trains an hour."""
        return len(self.hours) / self.period_h if self.headway is None else 1 / self.headway.mean

    @property
    def per_h(self) -> float:
        """Customers an hour."""
        return self.trains_per_h * self.size.mean

    @property
    def headway_scv(self) -> float:
        """SCV of the hours between trains, lateness counted as independent shifts of each train."""
        if self.headway is not None:
            return self.headway.scv
        gaps = np.diff(np.append(self.hours, self.hours[0] + self.period_h))
        spread = 2 * self.late.scv * self.late.mean**2 if self.late is not None else 0.0
        return float((gaps.var() + spread) / gaps.mean() ** 2)

    def scaled(self, factor: float) -> Arrivals:
        """Return arrivals with `factor` times as many trains; the period of a timetable shrinks accordingly."""
        if self.headway is not None:
            return replace(self, headway=self.headway.scaled(1 / factor))
        return replace(self, hours=tuple(hour / factor for hour in self.hours), period_h=self.period_h / factor)


def _size(size: Law | int) -> Law:
    """Return the law of a train's size; a whole number is a train of always as many."""
    if isinstance(size, Law):
        return size
    if not is_whole(size) or size < 1:
        raise errors.UsageError(f"size = {size!r}: expected a whole number of 1 or more, or a law of such numbers")
    return deterministic(size)


@dataclass(frozen=True)
class Facility:
    """Somewhere freight stops: a border crossing, gauge change, port terminal or yard.

    Stages are passed in order unless `Stage.then` or `paths` says otherwise. `check` lists everything that is wrong.

    Attributes
    ----------
    name : str
        Name.
    stages : tuple of Stage
        Stages in order.
    arrivals : tuple of Arrivals
        Who comes.
    resources : tuple of Resource
        What stages share.
    unit : str
        What one customer is, for tables and charts.
    when_full : str
        `wait` (trains wait outside, over the border) or `leave` (a customer that finds the first stage full is lost).
    overload_h : float
        How long a flow past capacity lasts: the period of the coordinate transformation.
    paths : mapping of str to tuple of str
        Stages that a class passes, in its order, where that is not all of them in theirs: two directions meet the
        same stage as first and as last.

    Examples
    --------
    >>> from keruen.network.facility import exponential
    >>> gate = Facility(
    ...     "gate", (Stage("customs", exponential(0.5), servers=4),), (Arrivals.renewal(per_day=150, scv=1.0),)
    ... )
    >>> round(gate.flow_per_day)
    150
    >>> round(gate.at(75).flow_per_day)
    75
    """

    name: str
    stages: tuple[Stage, ...]
    arrivals: tuple[Arrivals, ...]
    resources: tuple[Resource, ...] = ()
    unit: str = "wagon"
    when_full: str = "wait"
    overload_h: float = 720.0
    paths: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def flow_per_day(self) -> float:
        """Customers a day."""
        return DAY_H * sum(one.per_h for one in self.arrivals)

    def at(self, per_day: float) -> Facility:
        """Return the facility with another flow, every class scaled alike.

        Parameters
        ----------
        per_day : float
            Customers a day, above 0.

        Returns
        -------
        Facility
            A copy with scaled headways.

        Raises
        ------
        UsageError
            Where the flow is not a number above 0.
        """
        factor = number("flow per day", per_day, above=0) / self.flow_per_day
        return replace(self, arrivals=tuple(one.scaled(factor) for one in self.arrivals))

    def stage(self, name: str) -> Stage:
        """Return the stage of a name; UsageError where there is none."""
        for one in self.stages:
            if one.name == name:
                return one
        known = ", ".join(str(one.name) for one in self.stages)
        raise errors.UsageError(f"facility {self.name} has no stage {name!r}: it has {known}")

    def change(self, stage: str, **attributes: object) -> Facility:
        """Return the facility with attributes of one stage replaced: ``facility.change("customs", servers=5)``."""
        known = [one.name for one in fields(Stage)]
        for name in attributes:
            if name not in known:
                raise errors.UsageError(f"a stage has no {name!r}: it has {', '.join(known)}")
        changed = replace(self.stage(stage), **attributes)  # type: ignore[arg-type]
        return replace(self, stages=tuple(changed if one.name == stage else one for one in self.stages))

    def classes(self) -> tuple[str, ...]:
        """Return the classes of customers in the order they are first named."""
        return tuple(dict.fromkeys(one.klass for one in self.arrivals))

    def order(self, klass: str) -> tuple[int, ...]:
        """Return the numbers of the stages that a class passes, in its order."""
        if klass not in self.paths:
            return tuple(range(len(self.stages)))
        index = {stage.name: i for i, stage in enumerate(self.stages)}
        return tuple(index[name] for name in self.paths[klass])

    def routing(self, klass: str) -> NDArray[np.float64]:
        """Return the chances of going from one stage to the next, for a class.

        Parameters
        ----------
        klass : str
            Class of customers.

        Returns
        -------
        ndarray of float, shape (stages + 1, stages + 1)
            Rows are the stages and then the entrance, columns the stages and then the exit; rows sum to 1.
        """
        count = len(self.stages)
        order = (*self.order(klass), count)
        index = {stage.name: i for i, stage in enumerate(self.stages)}
        enter = np.zeros((count + 1, count + 1))  # row i: where one ends who is sent to stage i and may pass it by
        enter[:, count] = 1.0
        aims = np.zeros((count + 1, count + 1))
        aims[count, order[0]] = 1.0
        following = dict(itertools.pairwise(order))
        for i, stage in enumerate(self.stages):
            if stage.then is None or i not in following:
                aims[i, following.get(i, count)] = 1.0
            else:
                for name, chance in stage.then.items():
                    aims[i, index[name]] += chance
                aims[i, count] = max(1.0 - sum(stage.then.values()), 0.0)
        for i, after in reversed(following.items()):  # who passes a stage by goes on to the next one in order
            visit = self.stages[i].visits(klass)
            enter[i] = (1 - visit) * enter[after]
            enter[i, i] += visit
        return aims @ enter

    def visit_ratios(self, klass: str) -> NDArray[np.float64]:
        """Return the mean number of visits a customer of a class pays to each stage."""
        routing = self.routing(klass)
        count = len(self.stages)
        inside, entering = routing[:count, :count], routing[count, :count]
        return np.asarray(np.linalg.solve(np.eye(count) - inside.T, entering), np.float64)

    def __repr__(self) -> str:
        stages = ", ".join(stage.name for stage in self.stages)
        return (
            f"Facility({self.name!r}, {len(self.stages)} stages: {stages}; {self.flow_per_day:.4g} {self.unit}s a day)"
        )


def series(
    arrivals: Law | Arrivals | Sequence[Arrivals],
    *stages: Stage | Law | tuple[Law, int | Shifts],
    name: str = "series",
    unit: str = "customer",
    when_full: str = "wait",
    resources: Sequence[Resource] = (),
) -> Facility:
    """Return stations one after the other: any queue of theory, or a facility in short.

    Parameters
    ----------
    arrivals : Law, Arrivals or sequence of Arrivals
        Who comes: the law of the hours between customers, or arrivals (trains, timetables, classes, priorities).
    *stages : Stage, Law, or pair of Law and servers
        The stations; those given by the law of their service, hours, are named 1, 2, 3 ...
    name, unit, when_full, resources : str, str, str, sequence of Resource
        As the attributes of `Facility`.

    Returns
    -------
    Facility
        For `kr.simulate`, `kr.compare_formula` and `dwell`.

    Raises
    ------
    UsageError
        For arrivals or a station of another kind, its place named.

    Examples
    --------
    Five kinds of law, two of them by Kendall's letters:

    >>> import keruen as kr
    >>> line = kr.series(
    ...     kr.Law.of("E2", mean=1.25),  # Erlang arrivals
    ...     kr.Law.of("M", mean=1.0),  # one exponential server
    ...     (kr.Law.of("H2", mean=2.0, scv=4.0), 3),  # three hyperexponential ones
    ...     kr.Stage("weighing", kr.facility.empirical([0.2, 0.4, 1.5], weights=[5, 4, 1]), room=50),
    ...     kr.facility.lognormal(mean=0.5, scv=0.3),
    ... )
    >>> print(line)
    Facility('series', 4 stages: 1, 2, weighing, 4; 19.2 customers a day)
    >>> run = kr.simulate(line, target=0.05, seed=7)
    >>> run.met, list(run.stages.index)
    (True, ['1', '2', 'weighing', '4', 'outside'])
    """
    if isinstance(arrivals, Law):
        arrivals = Arrivals(arrivals)
    words = "a law of the hours between customers, Arrivals, or a list of Arrivals"
    come = (arrivals,) if isinstance(arrivals, Arrivals) else several("arrivals", arrivals, words)
    for place, one in enumerate(come):
        instance(f"arrivals[{place}]", one, Arrivals, words)
    made = [_station(place, one) for place, one in enumerate(stages, start=1)]
    return Facility(name, tuple(made), tuple(come), tuple(resources), unit, when_full)


def _station(place: int, given: Stage | Law | tuple[Law, int | Shifts]) -> Stage:
    """Return a station of a series; one given by its law is named by its place."""
    if isinstance(given, Stage):
        return given
    law, servers = given if isinstance(given, tuple) and len(given) == 2 else (given, 1)
    words = "a law of the service, a pair of a law and servers, or a Stage"
    instance(f"station {place}", given if not isinstance(law, Law) else law, Law, words)
    return Stage(str(place), law, servers)
