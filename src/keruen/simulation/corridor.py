"""A railway corridor as data: places with tracks and stops, sections between them, trains both ways."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from keruen.errors import DataError, Problem
from keruen.network.facility import Arrivals, Facility, Law, Shifts, Stage, problems

__all__ = ["BACK", "THERE", "Corridor", "Place", "Section", "check_corridor", "single_track_pairs"]

THERE, BACK = "there", "back"


@dataclass(frozen=True)
class Place:
    """A station, passing loop, crossing, gauge change or port on the corridor.

    Attributes
    ----------
    name : str
        Name, unique in the corridor.
    tracks : int
        Trains that can stand here, 2 or more.
    stages : tuple of Stage
        What trains go through here, one after the other, standing on their track: border, gauge change, port. Stages
        may have servers by hour (work is finished in overtime) and a chance of visit, by class; no batches or rooms.
    """

    name: str
    tracks: int = 2
    stages: tuple[Stage, ...] = ()


@dataclass(frozen=True)
class Section:
    """The line between two neighbouring places.

    Attributes
    ----------
    there, back : Law
        Running time in each direction, hours.
    tracks : int
        1 (one train at a time, either way) or 2 (one direction each).
    interval_h : float
        Single track: hours between a train's arrival and the next departure over the section. Double track: least
        hours between departures in one direction.
    """

    there: Law
    back: Law
    tracks: int = 1
    interval_h: float = 0.0


@dataclass(frozen=True)
class Corridor:
    """Places in order, one section fewer, and the trains that come at both ends.

    Attributes
    ----------
    name : str
        Name.
    places : tuple of Place
        From one end to the other.
    sections : tuple of Section
        `sections[k]` joins `places[k]` and `places[k + 1]`.
    there, back : Arrivals or None
        Trains that come at the first place and run to the last, and the other way; size 1.
    """

    name: str
    places: tuple[Place, ...]
    sections: tuple[Section, ...]
    there: Arrivals | None
    back: Arrivals | None

    def __repr__(self) -> str:
        return f"Corridor({self.name!r}, {len(self.places)} places, {len(self.sections)} sections)"


def single_track_pairs(section: Section) -> float:
    """Return pairs of trains a day that fill a single-track section: 24 / T, T = t' + t'' + 2 intervals."""
    return 24.0 / (section.there.mean + section.back.mean + 2 * section.interval_h)


def check_corridor(corridor: Corridor) -> Corridor:
    """Return a corridor that holds together.

    Parameters
    ----------
    corridor : Corridor
        What was declared.

    Returns
    -------
    Corridor
        The same.

    Raises
    ------
    DataError
        Lists every problem, place or section named.
    """
    found: list[Problem] = []

    def wrong(what: str, value: object, expected: str, mend: str = "") -> None:
        found.append(Problem(f"corridor {corridor.name}", None, what, str(value), expected, mend))

    if len(corridor.places) < 2 or len(corridor.sections) != len(corridor.places) - 1:
        wrong("sections", len(corridor.sections), f"expected one fewer than the {len(corridor.places)} places")
    names = [place.name for place in corridor.places]
    for place in corridor.places:
        if names.count(place.name) > 1:
            wrong(f"place {place.name}", place.name, "the name is used twice")
        if place.tracks < 2:
            mend = "A place where no train can pass another joins its two sections into one"
            wrong(f"place {place.name}, tracks", place.tracks, "expected 2 or more", mend)
        _stops(place, corridor, found)
    for k, section in enumerate(corridor.sections):
        if section.tracks not in (1, 2):
            wrong(f"section {k + 1}, tracks", section.tracks, "expected 1 or 2")
        if not (section.there.mean > 0 and section.back.mean > 0):
            wrong(f"section {k + 1}, running time", section.there.mean, "expected above 0")
        if not section.interval_h >= 0:
            wrong(f"section {k + 1}, interval_h", section.interval_h, "expected 0 or more")
    if corridor.there is None and corridor.back is None:
        wrong("trains", None, "expected trains in one direction at least")
    for name, arrivals in ((THERE, corridor.there), (BACK, corridor.back)):
        if arrivals is not None and (arrivals.size.mean != 1 or arrivals.size.scv != 0):
            wrong(f"trains {name}, size", arrivals.size, "expected 1: trains are what moves here")
    if found:
        raise DataError(found)
    return corridor


def _stops(place: Place, corridor: Corridor, found: list[Problem]) -> None:
    """Add what is wrong with the stages of a place."""
    arrivals: tuple[Any, ...] = tuple(one for one in (corridor.there, corridor.back) if one is not None)
    if not place.stages or not arrivals:
        return
    found.extend(problems(Facility(f"{corridor.name}, place {place.name}", place.stages, arrivals)))
    for stage in place.stages:
        asked = {
            "batch": stage.batch,
            "slots": stage.slots,
            "room": stage.room,
            "needs": stage.needs,
            "then": stage.then,
        }
        for name, value in asked.items():
            if value:
                where = f"place {place.name}, stage {stage.name}, {name}"
                mend = "Simulate the place as a facility of wagons"
                found.append(
                    Problem(f"corridor {corridor.name}", None, where, str(value), "not for whole trains", mend)
                )
        if isinstance(stage.servers, Shifts) and stage.servers.at_end != "finish":
            where = f"place {place.name}, stage {stage.name}, at_end"
            found.append(Problem(f"corridor {corridor.name}", None, where, stage.servers.at_end, "expected finish"))
