"""What is assumed of arrivals and work where a study declares nothing: by kind of facility, each with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from keruen.study.words import AFLOAT

__all__ = ["SEEN_USE", "WORK_SHARE", "Usual", "usual"]

WORK_SHARE = 0.5
"""Share of a stage's hours that is work, not waiting, where only hours and a capacity are known. Assumed, 0.2 to 0.8."""

SEEN_USE = 0.5
"""Use of a published capacity when the hours of its stages were seen, where that is not known. Assumed, 0.3 to 0.8."""


@dataclass(frozen=True)
class Usual:
    """How freight usually comes to a kind of facility.

    Attributes
    ----------
    unit : str
        What is counted and served.
    unit_t : float or None
        Net tonnes of a unit; None where it follows from the service.
    loaded : float
        Share of the service's net load that a unit carries on average, empties counted.
    train_units : int
        Units that come together.
    headway_scv, service_scv : float
        Squared coefficients of variation of the hours between trains and of the hours of work.
    why : str
        The reason.
    """

    unit: str
    unit_t: float | None
    loaded: float
    train_units: int
    headway_scv: float
    service_scv: float
    why: str


_TRAINS = Usual("train", None, 0.5, 1, 0.5, 0.5, "trains that return empty count half; timetabled trains that run late")
_WAGONS = Usual("wagon", 51.0, 1.0, 50, 0.5, 0.5, "wagons handled one by one, come in trains of about 50")
_LORRIES = Usual("lorry", None, 1.0, 1, 1.0, 1.0, "lorries come one by one, at random")
_SHIPS = Usual("ship", None, 1.0, 1, 1.0, 0.5, "ships come one by one, at random")


def usual(case: Mapping[str, Any]) -> Usual:
    """Return what is assumed at a facility.

    Parameters
    ----------
    case : mapping
        Kind, modes and whether the gauge changes, as `keruen.network.costs.facility_case` gives them.

    Returns
    -------
    Usual
        The assumption.
    """
    modes = set(case["mode"])
    if modes == {"rail"}:
        return _WAGONS if case["gauge_change"] else _TRAINS
    if "rail" in modes:
        return _WAGONS
    if "road" in modes:
        return _LORRIES
    return _SHIPS if modes <= set(AFLOAT) else _LORRIES
