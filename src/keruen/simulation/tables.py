"""Tables of a simulation: stages, queues over time, visits."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from keruen.network.facility import Facility, Shifts
from keruen.simulation.replications import Run
from keruen.simulation.statistics import Estimate, estimate, ratio

__all__ = ["queue_table", "record_table", "stage_table"]

OUTSIDE = "outside"
_SUMS = ("waited", "waited2", "started", "stayed", "left")


def _names(facility: Facility) -> list[str]:
    return [*(stage.name for stage in facility.stages), OUTSIDE]


def stage_table(facility: Facility, runs: Sequence[Run], confidence: float) -> pd.DataFrame:
    """Return what each stage went through in the counted hours of all replications.

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
        Index is the stage, `outside` last. Of those who came in the counted hours: ``wait_h`` to the start of service,
        with half-width and deviation, and ``stay_h`` to leaving. Over these hours: ``utilisation`` of the servers that are
        there and ``mean_present`` with their half-widths, ``servers_held`` mean servers that hold a customer who is done
        (delay suffered here), ``waiting_for_room`` mean customers elsewhere who wait to come here (delay caused here).
    """
    rows = []
    for number, name in enumerate(_names(facility)):
        finals = [run.final[number] for run in runs]
        hours = np.array([run.window_h for run in runs])
        sums = {name: np.array([final[name] for final in finals], float) for name in _SUMS}
        wait = ratio(sums["waited"], sums["started"], confidence)
        square = ratio(sums["waited2"], sums["started"], confidence).value
        stay = ratio(sums["stayed"], sums["left"], confidence)
        used = _utilisation(facility, number, runs, confidence)
        present = estimate([final["present_area"] for final in finals] / hours, confidence)
        rows.append(
            {
                "stage": name,
                "visits_per_day": 24 * float(np.mean([final["visits"] for final in finals] / hours)),
                "wait_h": wait.value,
                "wait_half_width_h": wait.half_width,
                "wait_sd_h": float(np.sqrt(max(square - wait.value**2, 0.0))) if np.isfinite(square) else np.nan,
                "stay_h": stay.value,
                "utilisation": used.value,
                "utilisation_half_width": used.half_width,
                "mean_present": present.value,
                "present_half_width": present.half_width,
                "servers_held": float(np.mean([final["held_area"] for final in finals] / hours)),
                "waiting_for_room": float(np.mean([final["wanted_area"] for final in finals] / hours)),
            }
        )
    return pd.DataFrame(rows).set_index("stage")


def _utilisation(facility: Facility, number: int, runs: Sequence[Run], confidence: float) -> Estimate:
    """Return busy server hours over server hours; not a number where a stage has no servers."""
    stage = facility.stages[number] if number < len(facility.stages) else None
    if stage is None or stage.service is None or stage.servers is None:
        return estimate([], confidence)
    busy = np.array([run.final[number]["busy_area"] for run in runs])
    if isinstance(stage.servers, Shifts):
        there = np.array([run.final[number]["server_area"] for run in runs])
    else:
        there = stage.servers * np.array([run.window_h for run in runs])
    return ratio(busy, there, confidence)


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
