"""Simulate a corridor: replications, transit times by direction, where trains wait."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from keruen import errors
from keruen.network.facility import Arrivals, Law, Shifts
from keruen.simulation import trains as engine
from keruen.simulation.agenda import DEADLOCK, DONE, FULL
from keruen.simulation.corridor import BACK, THERE, Corridor, check_corridor
from keruen.simulation.draws import laws_table, stream
from keruen.simulation.heap import EVENT
from keruen.simulation.statistics import Estimate, estimate
from keruen.simulation.world import CHANGE, UNBOUNDED

__all__ = ["CorridorRun", "simulate_corridor"]

QUANTILES = (0.5, 0.9, 0.95)
ROOM = 1 << 12


@dataclass(frozen=True, eq=False)
class CorridorRun:
    """Trains over a corridor as simulated.

    Attributes
    ----------
    corridor : Corridor
        What was simulated.
    seed, replications : int
        Seed and number of replications.
    warm_up_h, length_h : float
        Hours before counting, and hours whose trains are counted.
    transit : dict of str to Estimate
        Mean hours from coming to leaving, by direction.
    quantiles : pandas.DataFrame
        Quantiles of the transit by replication: rows are directions, columns the quantile and its half-width.
    pairs_per_day : Estimate
        Pairs of trains a day over the least used section.
    sections : pandas.DataFrame
        Trains a day in each direction, utilisation.
    places : pandas.DataFrame
        Mean wait for the section beyond, mean tracks held, share of time full; outside waits at the ends.
    stages : pandas.DataFrame
        Wait and utilisation of the stages of places.
    little_gap : float
        Largest relative gap in Little's law over all runs.
    """

    corridor: Corridor
    seed: int
    replications: int
    warm_up_h: float
    length_h: float
    transit: dict[str, Estimate]
    quantiles: pd.DataFrame
    pairs_per_day: Estimate
    sections: pd.DataFrame
    places: pd.DataFrame
    stages: pd.DataFrame
    little_gap: float

    def __repr__(self) -> str:
        ways = "; ".join(f"{way} {value} h" for way, value in self.transit.items())
        return (
            f"Corridor {self.corridor.name}: {self.replications} replications of {self.length_h:.0f} h; transit {ways}"
        )


def simulate_corridor(
    corridor: Corridor,
    *,
    length_h: float = 2400.0,
    warm_up_h: float = 480.0,
    replications: int = 10,
    confidence: float = 0.95,
    seed: int = 1,
    threads: int = 1,
    reserve: bool = True,
) -> CorridorRun:
    """Simulate trains over a corridor.

    Parameters
    ----------
    corridor : Corridor
        What is simulated.
    length_h, warm_up_h : float
        Hours whose trains are counted, hours before.
    replications : int
        Independent replications.
    confidence : float
        Coverage of intervals.
    seed, threads : int
        Seed; threads, which change no result.
    reserve : bool
        False switches off the rule that keeps one track for the other direction, for the study of deadlocks.

    Returns
    -------
    CorridorRun
        Estimates and tables.

    Raises
    ------
    DataError
        Where the corridor does not hold together.
    ConvergenceError
        At a deadlock, or where more trains come than the corridor can carry away; with the reason.
    """
    check_corridor(corridor)

    def one(number: int) -> engine.Line:
        return _run(corridor, warm_up_h, length_h, seed, number, reserve)

    with ThreadPoolExecutor(max(threads, 1)) as pool:
        lines = list(pool.map(one, range(replications)))
    return _summary(corridor, lines, warm_up_h, length_h, confidence, seed)


def _run(corridor: Corridor, warm: float, length: float, seed: int, number: int, reserve: bool) -> engine.Line:
    """Run one replication; more room is made as long as trains need it."""
    room = ROOM
    while True:
        line = lay_out(corridor, warm, warm + length, room, seed, number, reserve)
        status = engine.run_trains(line)
        if status != FULL or room > 1 << 19:
            break
        room *= 4
    if status == DONE:
        return line
    now = line.clock[0]["now"]
    ends = [corridor.places[0].name, corridor.places[-1].name]
    if status == DEADLOCK:
        names = [
            place.name
            for place, row in zip(corridor.places, line.place, strict=True)
            if row["held"].sum() >= row["tracks"]
        ]
        raise errors.ConvergenceError(
            f"Corridor {corridor.name}: deadlock at hour {now:.1f}; all tracks are held at {', '.join(names)}, "
            "each train waits for another"
        )
    counts = _outside(line)
    raise errors.ConvergenceError(
        f"Corridor {corridor.name}: did not end by hour {now:.0f}: {counts[0]} trains wait outside {ends[0]}, "
        f"{counts[1]} outside {ends[1]}; more come than the line carries"
    )


def _outside(line: engine.Line) -> list[int]:
    """Return how many trains wait outside each end."""
    counts = []
    for source in line.source:
        count, at = 0, int(source["head"])
        while at >= 0:
            count, at = count + 1, int(line.train[at]["next"])
        counts.append(count)
    return counts


class _Tables:
    """Laws and hourly tables in the order they were asked for."""

    def __init__(self) -> None:
        self.laws: list[Law] = []
        self.changes: list[tuple[float, int]] = []

    def law(self, law: Law | None) -> int:
        if law is None:
            return -1
        self.laws.append(law)
        return len(self.laws) - 1


def lay_out(
    corridor: Corridor, warm: float, horizon: float, room: int, seed: int, number: int, reserve: bool
) -> engine.Line:
    """Return the arrays of one run at hour 0."""
    tables = _Tables()
    place = np.zeros(len(corridor.places), engine.PLACE)
    place["head"] = place["tail"] = -1
    stops = [(p, stage) for p, one in enumerate(corridor.places) for stage in one.stages]
    desk = np.zeros(len(stops), engine.DESK)
    for row, one in zip(place, corridor.places, strict=True):
        row["tracks"], row["stages"] = one.tracks, len(one.stages)
    place["first"] = np.append(0, np.cumsum(place["stages"])[:-1])
    for row, (p, stage) in zip(desk, stops, strict=True):
        _desk(row, stage, tables)
        where = (corridor.places[p].name, stage.name)
        row["key"], row["visit_key"] = stream(seed, number, "service", *where), stream(seed, number, "visit", *where)
        klass = [one.klass if one is not None else "all" for one in (corridor.there, corridor.back)]
        row["visit"] = [stage.visits(klass[0]), stage.visits(klass[1])]
    section = np.zeros(len(corridor.sections), engine.SECTION)
    for k, (row, part) in enumerate(zip(section, corridor.sections, strict=True)):
        row["tracks"], row["interval"], row["last"] = part.tracks, part.interval_h, 1
        row["law"] = [tables.law(part.there), tables.law(part.back)]
        row["key"] = [stream(seed, number, "run", k, way) for way in (THERE, BACK)]
    source = np.zeros(2, engine.SOURCE)
    for way, (row, arrivals) in enumerate(zip(source, (corridor.there, corridor.back), strict=True)):
        row["law"] = row["late"] = row["head"] = row["tail"] = -1
        row["key"] = stream(seed, number, "headway", way)
        if arrivals is not None:
            _source(row, arrivals, tables)
    law, values, below = laws_table(tables.laws)
    clock = np.zeros(1, engine.CLOCK)
    clock["warm"], clock["horizon"], clock["limit"], clock["reserve"] = warm, horizon, 20 * horizon, reserve
    clock["calendar"] = bool((desk["changes"] > 0).any())
    train = np.zeros(room, engine.TRAIN)
    train["next"] = np.append(np.arange(1, room), -1)
    changes = np.array(tables.changes, CHANGE) if tables.changes else np.zeros(1, CHANGE)
    count = len(section)
    flows = sum(one.trains_per_h for one in (corridor.there, corridor.back) if one is not None)
    return engine.Line(
        clock=clock,
        heap=np.zeros(room + 4 * count + len(desk) + 16, EVENT),
        train=train,
        place=place,
        section=section,
        desk=desk,
        source=source,
        change=changes,
        law=law,
        values=values,
        below=below,
        stack=np.zeros(count + 3, np.int64),
        dirty=np.zeros(count + 2, np.int64),
        transit=np.zeros((int(2 * flows * (horizon - warm)) + 1000, 2)),
        outside=np.zeros((2, 2)),
        by_section=np.zeros((count, 3)),
        by_place=np.zeros((len(place), 4)),
        by_desk=np.zeros((max(len(desk), 1), 3)),
    )


def _desk(row: Any, stage: Any, tables: _Tables) -> None:
    """Fill the row of a stage of a place."""
    row["law"], row["head"], row["tail"] = tables.law(stage.service), -1, -1
    row["first"] = len(tables.changes)
    if isinstance(stage.servers, Shifts):
        shifts = stage.servers
        tables.changes += list(zip(shifts.hours, shifts.servers, strict=True))
        row["changes"], row["period"] = len(shifts.hours), shifts.period_h
        row["servers"] = shifts.servers[0] if shifts.hours[0] == 0 else shifts.servers[-1]
    else:
        row["servers"] = UNBOUNDED if stage.servers is None else stage.servers


def _source(row: Any, arrivals: Arrivals, tables: _Tables) -> None:
    """Fill the row of the trains of a direction."""
    row["law"], row["late"] = tables.law(arrivals.headway), tables.law(arrivals.late)
    row["first"], row["hours"], row["period"] = len(tables.changes), len(arrivals.hours), arrivals.period_h
    tables.changes += [(hour, 0) for hour in arrivals.hours]


def _little(line: engine.Line) -> float:
    """Return the relative gap between the time integral of trains inside and the hours they spent."""
    c = line.clock[0]
    area = c["area"] + c["inside"] * (c["now"] - c["stamp"])
    return float(abs(area - (c["stayed"] + c["inside"] * c["now"] - c["entries"])) / max(area, 1e-300))


def _summary(
    corridor: Corridor, lines: list[engine.Line], warm: float, length: float, confidence: float, seed: int
) -> CorridorRun:
    """Return estimates and tables over replications."""
    times: dict[str, list[np.ndarray]] = {}
    for way, name in enumerate((THERE, BACK)):
        if (corridor.there, corridor.back)[way] is not None:
            done = [line.transit[: line.clock[0]["finished"]] for line in lines]
            times[name] = [part[part[:, 0] == way, 1] for part in done]
    rows = {}
    for name, parts in times.items():
        row = {}
        for p in QUANTILES:
            one = estimate([np.quantile(part, p) if part.size else np.nan for part in parts], confidence)
            row[f"p{100 * p:.0f}_h"], row[f"p{100 * p:.0f}_half_width_h"] = one.value, one.half_width
        rows[name] = row
    sections = np.array([line.by_section for line in lines])
    days = length / 24
    pairs = np.array([part[:, :2].min(axis=1).min() / days for part in sections])
    joined = [f"{a.name} - {b.name}" for a, b in zip(corridor.places[:-1], corridor.places[1:], strict=True)]
    table = pd.DataFrame(sections.mean(axis=0)[:, :2] / days, columns=["there_per_day", "back_per_day"])
    table["utilisation"] = sections.mean(axis=0)[:, 2] / length
    places = np.array([line.by_place for line in lines]).mean(axis=0)
    outside = np.array([line.outside for line in lines]).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        stops = pd.DataFrame(
            {
                "wait_h": places[:, 1] / places[:, 0],
                "tracks_held": places[:, 2] / length,
                "full": places[:, 3] / length,
                "outside_wait_h": np.full(len(places), np.nan),
            },
            index=pd.Index([place.name for place in corridor.places], name="place"),
        )
        ends = outside[:, 1] / outside[:, 0]
    stops.iloc[0, 3], stops.iloc[-1, 3] = ends[0], ends[1]
    return CorridorRun(
        corridor=corridor,
        seed=seed,
        replications=len(lines),
        warm_up_h=warm,
        length_h=length,
        transit={
            name: estimate([part.mean() if part.size else np.nan for part in parts], confidence)
            for name, parts in times.items()
        },
        quantiles=pd.DataFrame.from_dict(rows, orient="index"),
        pairs_per_day=estimate(pairs, confidence),
        sections=table.set_index(pd.Index(joined, name="section")),
        places=stops,
        stages=_stage_rows(corridor, lines, length),
        little_gap=max(_little(line) for line in lines),
    )


def _stage_rows(corridor: Corridor, lines: list[engine.Line], length: float) -> pd.DataFrame:
    """Return wait and utilisation of the stages of places."""
    totals = np.array([line.by_desk for line in lines]).mean(axis=0)
    stops = [(place.name, stage) for place in corridor.places for stage in place.stages]
    rows = []
    for (place, stage), (started, waited, area) in zip(stops, totals, strict=False):
        wait = waited / started if started else np.nan
        rows.append((place, stage.name, 24 * started / length, wait, area / length / stage.mean_servers))
    return pd.DataFrame(rows, columns=["place", "stage", "trains_per_day", "wait_h", "utilisation"])
