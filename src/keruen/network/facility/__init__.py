"""Facilities where freight stops: declared once, read by a formula here and by the simulation."""

from keruen.network.facility.capacity import Capacity, capacity
from keruen.network.facility.checking import check, problems
from keruen.network.facility.declaration import Arrivals, Facility, Resource, Stage, series
from keruen.network.facility.declared import Declared
from keruen.network.facility.formula import Dwell, dwell, steady_dwell
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
from keruen.network.facility.reading import read
from keruen.network.facility.smooth import SmoothDwell, smooth
from keruen.network.facility.working import Batch, Shifts, Slots

__all__ = [
    "Arrivals",
    "Batch",
    "Capacity",
    "Declared",
    "Dwell",
    "Facility",
    "Law",
    "Resource",
    "Shifts",
    "Slots",
    "SmoothDwell",
    "Stage",
    "capacity",
    "check",
    "deterministic",
    "dwell",
    "empirical",
    "erlang",
    "exponential",
    "fitted",
    "gamma",
    "geometric",
    "hyperexponential",
    "lognormal",
    "problems",
    "read",
    "series",
    "smooth",
    "steady_dwell",
    "uniform",
    "weibull",
]
