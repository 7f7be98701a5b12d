"""Facilities where freight stops: declared once, read by a formula here and by the simulation."""

from keruen.network.facility.capacity import Capacity, capacity
from keruen.network.facility.checking import check, problems
from keruen.network.facility.declaration import Arrivals, Batch, Facility, Resource, Shifts, Slots, Stage
from keruen.network.facility.laws import (
    Law,
    deterministic,
    empirical,
    erlang,
    exponential,
    fitted,
    gamma,
    geometric,
    hyperexponential,
    lognormal,
    uniform,
    weibull,
)

__all__ = [
    "Arrivals",
    "Batch",
    "Capacity",
    "Facility",
    "Law",
    "Resource",
    "Shifts",
    "Slots",
    "Stage",
    "capacity",
    "check",
    "deterministic",
    "empirical",
    "erlang",
    "exponential",
    "fitted",
    "gamma",
    "geometric",
    "hyperexponential",
    "lognormal",
    "problems",
    "uniform",
    "weibull",
]
