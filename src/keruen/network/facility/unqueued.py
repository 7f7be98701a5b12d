"""Hours that are passed without queue: as long as the published hours leave room for, or as long as elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from keruen.network.facility.declaration import Facility, Stage
from keruen.network.facility.formula import dwell
from keruen.network.facility.laws import fitted
from keruen.network.facility.stations import REST, is_declared

__all__ = ["Met", "after", "as_there", "scaled"]

NOTHING = 1e-6
"""Share of its hours that a stage keeps at least: none is left out, so that its name stays."""


class Met(NamedTuple):
    """A row of the stage table as one way meets it.

    Attributes
    ----------
    declared : bool
        Whether it declares how it is served.
    stated_h : float
        Hours that the row states.
    unqueued_h : float
        Those of them that are passed without queue, whoever else is there, once the rest is shortened.
    """

    declared: bool
    stated_h: float
    unqueued_h: float


def as_there(
    whole: Facility, rows: Mapping[str, tuple[str, Mapping[str, Any]]], like: Mapping[tuple[str, str], Met]
) -> Facility:
    """Return a facility with what is passed without queue as long as it was there.

    That holds for hours which the work of a stage does not explain too, where a project says how many servers it has.

    Parameters
    ----------
    whole : Facility
        As its rows declare it.
    rows : mapping of str to (str, mapping)
        One way that meets it, and its row of the stage table, by station.
    like : mapping of (str, str) to Met
        The same facility in another scenario, by way and station.

    Returns
    -------
    Facility
        Its rows may state more or less hours than there: then it takes as much more or less.
    """
    for station, (way, row) in rows.items():
        was = like.get((way, station))
        if was is None or was.declared != is_declared(row):
            continue
        hours = max(was.unqueued_h + float(row["dwell_h"]) - was.stated_h, 0.0)
        name = station + REST if was.declared else station
        known = [stage for stage in whole.stages if stage.name == name and stage.unqueued]
        if known and known[0].service is not None:
            law = known[0].service
            whole = whole.change(name, service=law.scaled(max(hours / law.mean, NOTHING)))
        elif was.declared and hours > 0:
            rest = Stage(name, fitted(hours, float(row["scv"])), None)
            paths = {w: after(path, station, name) if station in path else path for w, path in whole.paths.items()}
            whole = replace(whole, stages=(*whole.stages, rest), paths=paths)
    return whole


def scaled(
    held: Facility, names: Iterable[str], aims: Mapping[str, float], seen: float
) -> tuple[Facility, dict[str, float]]:
    """Return the facility with the named stages shortened, and the hours that each way still takes too much."""
    stated = {one.name: one.service for one in held.stages if one.service is not None and one.name in names}
    left = dict.fromkeys(held.paths, 1.0)
    for _ in range(12):
        found = dwell(held, seen).by_class
        over = {way: found[way] - aims[way] for way in left}
        if all(abs(over[way]) < 1e-7 * aims[way] for way in left):
            break
        for way, path in held.paths.items():
            hours = sum(law.mean for name, law in stated.items() if name in path)
            left[way] = min(max(left[way] - over[way] / hours, NOTHING), 1.0) if hours > 0 else left[way]
        for name, law in stated.items():
            held = held.change(name, service=law.scaled(max(left[w] for w, path in held.paths.items() if name in path)))
    return held, over


def after(path: Sequence[str], name: str, more: str) -> tuple[str, ...]:
    """Return a path with one stage more after the named one."""
    at = list(path).index(name) + 1
    return (*path[:at], more, *path[at:])
