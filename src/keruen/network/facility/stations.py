"""One row of the stage table as a stage, one row of the arrival table as arrivals."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from keruen import errors
from keruen.network.facility.declaration import Arrivals, Stage
from keruen.network.facility.laws import Law, deterministic, empirical, erlang, fitted
from keruen.network.facility.usual import Usual
from keruen.network.facility.working import Batch, Shifts, Slots
from keruen.study.hours import hours_of, needs_of, shifts_of

__all__ = ["REST", "Assumption", "arrivals_of", "is_declared", "stage_of", "there", "train_size"]

REST = ", rest"
"""Ends the name of a stage that holds the hours which neither work nor queue of another explains."""

_LETTERS = {"deterministic": "D", "exponential": "M", "gamma": "G", "lognormal": "LN", "hyperexponential": "H2"}


@dataclass(frozen=True)
class Assumption:
    """A value that the study does not declare.

    Attributes
    ----------
    where : str
        Stage, or arrivals.
    what : str
        What is assumed, with its value.
    why : str
        The reason.
    """

    where: str
    what: str
    why: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what} ({self.why})"


def there(value: Any) -> bool:
    """Whether a cell holds something."""
    return value is not None and value != "" and value == value


def is_declared(row: Mapping[str, Any]) -> bool:
    """Whether a row of the stage table says how it is served, not only how many hours it takes."""
    return any(there(row[name]) for name in ("servers", "shifts", "slot_takes", "batch_most", "service_h"))


def stage_of(
    name: str, row: Mapping[str, Any], assumed: Usual, per_day: float | None = None
) -> tuple[list[Stage], list[Assumption]]:
    """Return the stage that a row of the stage table declares.

    Parameters
    ----------
    name : str
        Name of the stage in the facility.
    row : mapping
        A row that passed the checks of the study.
    assumed : Usual
        For what it leaves open.
    per_day : float, optional
        Units a day that a published capacity asks of the stage: gives the servers, or the hours between paths, of a row
        that declares its work, or the units of a path, but not how many there are. The rest of its hours is then a
        stage of its own, named like it with ``rest``.

    Returns
    -------
    tuple of list of Stage and list of Assumption
        The stage, with its rest if there is one, and what was assumed.

    Raises
    ------
    UsageError
        Where the work has no law of its kind and variation.
    """
    room = int(row["room"]) if there(row["room"]) else None
    visit = float(row["visit"])
    hours = fitted(float(row["dwell_h"]), float(row["scv"]))
    if there(row["slot_takes"]):
        slots, found = _slots(name, row, per_day)
        if slots is None:
            return [Stage(name, hours, None, room=room, visit=visit)], found
        return [
            Stage(name, None, slots=slots, room=room, visit=visit),
            *_rest(name, row, slots.wait_h, found),
        ], found
    batch = None
    if there(row["batch_most"]):
        batch = Batch(
            int(row["batch_least"]) if there(row["batch_least"]) else 1,
            int(row["batch_most"]),
            float(row["batch_wait_h"]) if there(row["batch_wait_h"]) else None,
        )
    if not is_declared(row):
        return [Stage(name, hours, None, room=room, visit=visit)], []
    served = there(row["servers"]) or there(row["shifts"])
    if batch is not None and not served and not there(row["service_h"]):
        return [Stage(name, None, batch=batch, room=room, visit=visit)], []
    law, found = _work(name, row, assumed)
    servers = _servers(row)
    rest: list[Stage] = []
    if servers is None and per_day is not None:
        together = batch.most if batch is not None else 1
        servers = max(round(per_day * law.mean / (24 * together)), 1)
        found.append(Assumption(name, f"{servers} servers", f"as many as {per_day:.4g} units a day ask for"))
        rest = _rest(name, row, law.mean, found)
    return [Stage(name, law, servers, batch, None, room, visit, needs_of(row["needs"])), *rest], found


def _slots(name: str, row: Mapping[str, Any], per_day: float | None) -> tuple[Slots | None, list[Assumption]]:
    """Return the departure paths of a row; None where nothing says how often they leave."""
    takes = int(row["slot_takes"])
    if there(row["slot_every_h"]):
        return Slots(takes, every_h=float(row["slot_every_h"])), []
    if row["slot_hours"]:
        return Slots(takes, hours=hours_of(row["slot_hours"])), []
    if per_day is None:
        return None, [Assumption(name, "its hours, without paths", "neither hours of paths nor a capacity is given")]
    every = 24 * takes / per_day
    return Slots(takes, every_h=every), [
        Assumption(name, f"a path every {every:.3g} h", f"as often as {per_day:.4g} units a day ask for")
    ]


def _rest(name: str, row: Mapping[str, Any], known_h: float, found: list[Assumption]) -> list[Stage]:
    """Return what the hours of a row hold beyond its work, as a stage without queue."""
    left = float(row["dwell_h"]) - known_h
    if left <= 0:
        return []
    found.append(Assumption(name + REST, f"up to {left:.3g} h", "hours stated that neither work nor queue explains"))
    return [Stage(name + REST, fitted(left, float(row["scv"])), None)]


def _servers(row: Mapping[str, Any]) -> int | Shifts | None:
    if there(row["shifts"]):
        hours, servers = shifts_of(row["shifts"])
        return Shifts(hours, servers, at_end=str(row["shift_end"]))
    return int(row["servers"]) if there(row["servers"]) else None


def _work(name: str, row: Mapping[str, Any], assumed: Usual) -> tuple[Law, list[Assumption]]:
    """Return the law of the work of a row, and what was assumed of it."""
    found = []
    if there(row["service_h"]):
        mean = float(row["service_h"])
    else:
        mean = float(row["dwell_h"])
        found.append(Assumption(name, f"{mean:g} h of work", "no service_h: all of dwell_h is taken as work"))
    kind = row["service_law"]
    if there(row["service_scv"]):
        scv = float(row["service_scv"])
    elif kind in ("deterministic", "exponential"):
        scv = float(kind == "exponential")
    else:
        scv = assumed.service_scv
        found.append(Assumption(name, f"SCV of the work {scv:g}", "no service_scv: assumed by kind of facility"))
    try:
        return _law(kind, mean, scv), found
    except errors.UsageError as error:
        raise errors.UsageError(f"stage {row['stage_id']}: {error}") from None


def _law(kind: str, mean: float, scv: float) -> Law:
    if kind == "erlang":
        return erlang(max(round(1 / scv), 1), mean) if scv > 0 else deterministic(mean)
    return Law.of(_LETTERS[kind], mean, scv) if kind else fitted(mean, scv)


def train_size(mean: int, scv: float) -> Law:
    """Return a law of whole numbers with the given mean and, as nearly as whole numbers allow, the given SCV.

    Examples
    --------
    >>> law = train_size(50, 0.04)
    >>> law.mean, round(law.scv, 3)
    (50.0, 0.04)
    """
    apart = mean * math.sqrt(scv)
    low, high = max(round(mean - apart), 1), round(mean + apart)
    if low >= mean or high <= mean:
        return deterministic(mean)
    return empirical([low, high], [(high - mean) / (high - low), (mean - low) / (high - low)])


def arrivals_of(row: Mapping[str, Any], klass: str, share: float) -> Arrivals:
    """Return the arrivals that a row of the arrival table declares, `share` units a day; scale them to the flow.

    Parameters
    ----------
    row : mapping
        A row that passed the checks of the study.
    klass : str
        Class of the units: the way they go.
    share : float
        Units a day.

    Returns
    -------
    Arrivals
        The trains.
    """
    size, priority = train_size(int(row["train_units"]), float(row["train_scv"])), int(row["priority"])
    if not row["timetable"]:
        return Arrivals.renewal(share, float(row["headway_scv"]), size, klass, priority)
    late = fitted(float(row["late_h"]), float(row["late_scv"])) if there(row["late_h"]) and row["late_h"] > 0 else None
    planned = Arrivals.timetable(hours_of(row["timetable"]), size, late, klass=klass, priority=priority)
    return planned.scaled(share / (24.0 * planned.per_h))
