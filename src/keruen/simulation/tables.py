"""Tables of a simulation: stages, queues over time, visits."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from keruen.network.facility import Facility, Shifts
from keruen.simulation.replications import Run
from keruen.simulation.statistics import estimate

__all__ = ["queue_table", "record_table", "stage_table"]

OUTSIDE = "outside"


def _names(facility: Facility) -> list[str]:
    return [*(stage.name for stage in facility.stages), OUTSIDE]


def stage_table(facility: Facility, runs: Sequence[Run], confidence: float) -> pd.DataFrame:
    """Return what each stage went through in the counted hours, averaged over replications.

    Parameters
    ----------
    facility : Facility
        What was simulated.
    runs : sequence of Run
        Its replications.
    confidence : float
        Coverage of the half-width.

    Returns
    -------
    pandas.DataFrame
        Index is the stage, `outside` last. ``wait_h`` to the start of service with its half-width, ``stay_h`` to
        leaving, ``utilisation`` of the servers that are there, ``servers_held`` mean servers that hold a customer
        who is done (delay suffered here), ``waiting_for_room`` mean customers elsewhere who wait to come here (delay
        caused here).
    """
    rows = []
    for number, name in enumerate(_names(facility)):
        finals = [run.final[number] for run in runs]
        hours = np.array([run.window_h for run in runs])
        with np.errstate(invalid="ignore", divide="ignore"):
            waits = np.array([final["waited"] / final["started"] for final in finals])
            seconds = np.array([final["waited2"] / final["started"] for final in finals])
            stays = np.array([final["stayed"] / final["visits"] for final in finals])
        wait, stay = estimate(waits, confidence), estimate(stays, confidence)
        spread = float(np.sqrt(np.maximum(seconds - waits**2, 0).mean())) if wait.replications else np.nan
        busy = np.array([final["busy_area"] for final in finals]) / hours
        rows.append(
            {
                "stage": name,
                "visits_per_day": 24 * float(np.mean([final["visits"] for final in finals] / hours)),
                "wait_h": wait.value,
                "wait_half_width_h": wait.half_width,
                "wait_sd_h": spread,
                "stay_h": stay.value,
                "utilisation": _utilisation(facility, number, runs, busy),
                "mean_present": float(np.mean([final["present_area"] for final in finals] / hours)),
                "servers_held": float(np.mean([final["held_area"] for final in finals] / hours)),
                "waiting_for_room": float(np.mean([final["wanted_area"] for final in finals] / hours)),
            }
        )
    return pd.DataFrame(rows).set_index("stage")


def _utilisation(facility: Facility, number: int, runs: Sequence[Run], busy: np.ndarray) -> float:
    """Return busy server hours over server hours; not a number where a stage has no servers."""
    if number == len(facility.stages) or facility.stages[number].service is None:
        return float("nan")
    servers = facility.stages[number].servers
    if servers is None:
        return float("nan")
    if isinstance(servers, Shifts):
        there = sum(run.final[number]["server_area"] for run in runs)
        return float(busy.sum() * runs[0].window_h / there) if there else float("nan")
    return float(busy.mean()) / servers


def queue_table(facility: Facility, runs: Sequence[Run]) -> pd.DataFrame:
    """Return the mean number of customers in each stage over time; index is hours after the warm-up."""
    sampled = np.mean([run.sampled for run in runs], axis=0)
    count = sampled.shape[0]
    hours = (np.arange(count) + 0.5) * runs[0].window_h / max(count, 1)
    return pd.DataFrame(sampled, index=pd.Index(hours, name="hour"), columns=_names(facility))


def record_table(facility: Facility, run: Run) -> pd.DataFrame:
    """Return the visits kept one by one, in the order of leaving."""
    table = pd.DataFrame({name: run.visit[name] for name in run.visit.dtype.names})
    names, classes = _names(facility), facility.classes()
    table["stage"] = [names[number] for number in table["stage"]]
    table["klass"] = [classes[number] for number in table["klass"]]
    return table.rename(columns={"arrived": "arrived_h", "waited": "waited_h", "stayed": "stayed_h"})
