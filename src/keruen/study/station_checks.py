"""Checks of what a stage, its arrivals and resources declare for the formula and the simulation of a facility."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from keruen.errors import Problem
from keruen.study._cells import text_of
from keruen.study._said import did_you_mean
from keruen.study.cell_checks import Check, needs, reads
from keruen.study.hours import hours_of, needs_of, shifts_of
from keruen.study.reading import Draft

__all__ = ["PROBLEMS"]

_STATION = tuple(
    f"stage.{column}" for column in (
        "servers", "shifts", "shift_end", "slot_takes", "slot_every_h", "slot_hours", "service_h", "dwell_h", "batch_most",
        "batch_least", "batch_wait_h", "room", "needs",
    )
)  # fmt: skip
_Row = Mapping[Any, Any]


def texts(draft: Draft) -> Iterator[Problem]:
    """Shifts, hours and needs can be read."""
    columns: tuple[tuple[str, str, Callable[[str], object]], ...] = (
        ("stage", "shifts", shifts_of), ("stage", "slot_hours", hours_of), ("stage", "needs", needs_of),
        ("arrival", "timetable", hours_of),
    )  # fmt: skip
    for table, column, read in columns:
        for row, cell in enumerate(draft.tables[table][column]):
            try:
                if cell:
                    read(cell)
            except ValueError as error:
                yield draft.at(table, row, column, cell, str(error))


@reads(*_STATION)
def stations(draft: Draft) -> Iterator[Problem]:
    """A stage is served by servers, by shifts or by departure paths, and what it declares goes together."""
    for row, cells in enumerate(draft.tables["stage"].to_dict("records")):
        for column, value, expected, mend in _station(cells):
            yield draft.at("stage", row, column, value, expected, mend)


def _station(cells: _Row) -> Iterator[tuple[str, str, str, str]]:
    """Yield column, value, what was expected and how to mend it."""
    servers, shifts, paths = _there(cells["servers"]), bool(cells["shifts"]), _there(cells["slot_takes"])
    if servers and shifts:
        yield "servers", text_of(cells["servers"]), "servers or shifts, not both", "Empty one of them"
    if shifts and not cells["shift_end"]:
        yield "shift_end", "", "finish or suspend beside shifts", "Say what becomes of work when a shift ends"
    if cells["shift_end"] and not shifts:
        yield "shift_end", cells["shift_end"], "shifts beside a rule at their end", "Empty it, or give shifts"
    every, hours = _there(cells["slot_every_h"]), bool(cells["slot_hours"])
    if every and hours:
        yield "slot_hours", cells["slot_hours"], "slot_every_h or slot_hours, not both", "Empty one of them"
    if (every or hours) and not paths:
        yield "slot_takes", "", "units that leave on a path, since its hours are given", "Fill it"
    if paths and (servers or shifts or _there(cells["service_h"]) or _there(cells["batch_most"])):
        mend = "Put the work, or the batch, in a stage before it"
        yield "slot_takes", text_of(cells["slot_takes"]), "a stage of departure paths alone", mend
    if (servers or shifts) and not _there(cells["service_h"]) and cells["dwell_h"] == 0:
        yield "service_h", "", "work of more than 0 h: the service mean would be zero", "Give it, or empty the servers"
    least, most = cells["batch_least"], cells["batch_most"]
    if _there(least) and not _there(most):
        yield "batch_most", "", "the most units of a batch beside the least", "Fill it"
    if _there(least) and _there(most) and least > most:
        yield "batch_least", text_of(least), f"at most batch_most = {text_of(most)}", "Exchange them"
    if _there(cells["batch_wait_h"]) and not _there(most):
        yield "batch_wait_h", text_of(cells["batch_wait_h"]), "a batch beside its wait", "Fill batch_most, or empty it"
    if _there(cells["room"]) and _there(least) and cells["room"] < least and not _there(cells["batch_wait_h"]):
        expected = f"room for the {text_of(least)} units of a batch: else nobody could leave this stage"
        yield "room", text_of(cells["room"]), expected, "Make it larger, or give batch_wait_h"
    if cells["needs"] and not (servers or shifts):
        yield "needs", cells["needs"], "servers or shifts beside resources", "Resources are held by a service"


@needs("resource")
def needed(draft: Draft) -> Iterator[Problem]:
    """What a stage needs is a resource, of which there are as many."""
    resource = draft.tables["resource"]
    units = dict(zip(resource["resource_id"], resource["units"], strict=True))
    for row, cell in enumerate(draft.tables["stage"]["needs"]):
        for name, count in _needs(cell).items():
            if name not in units:
                mend = did_you_mean(name, set(units)) or "Add it to resource.csv"
                yield draft.at("stage", row, "needs", name, "a resource_id of table resource", mend)
            elif count > units[name]:
                expected = f"at most the {text_of(units[name])} units there are"
                yield draft.at("stage", row, "needs", f"{name}:{count}", expected, "Nobody could ever be served")


def _needs(cell: str) -> dict[str, int]:
    try:
        return needs_of(cell)
    except ValueError:
        return {}


@reads("arrival.timetable")
def lateness(draft: Draft) -> Iterator[Problem]:
    """Lateness has a timetable that it is late on."""
    arrival = draft.tables["arrival"]
    for row in np.flatnonzero((arrival["late_h"].notna() & (arrival["timetable"] == "")).to_numpy()):
        value = text_of(arrival["late_h"].iloc[row])
        yield draft.at(
            "arrival", int(row), "late_h", value, "a timetable beside lateness", "Empty it, or give the hours"
        )


@reads("facility.seen_source")
def seen(draft: Draft) -> Iterator[Problem]:
    """The flow at which hours were seen names where it comes from."""
    facility = draft.tables["facility"]
    for row in np.flatnonzero((facility["seen_t_per_year"].notna() & (facility["seen_source"] == "")).to_numpy()):
        if ("facility", "seen_source", int(row)) in draft.bad:
            continue
        value = text_of(facility["seen_t_per_year"].iloc[row])
        yield draft.at("facility", int(row), "seen_t_per_year", value, "a seen_source beside it", "Name it, or assumed")


def _there(value: object) -> bool:
    return value == value and value is not None and value != ""


PROBLEMS: tuple[Check, ...] = (texts, stations, needed, lateness, seen)
"""Checks whose findings are problems."""
