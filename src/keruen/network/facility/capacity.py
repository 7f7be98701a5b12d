"""How much a facility can take: load of each stage and resource, and which binds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from keruen.network.facility.arguments import instance
from keruen.network.facility.declaration import Facility, Stage
from keruen.network.facility.working import DAY_H

__all__ = ["Capacity", "capacity", "visit_ratios"]


@dataclass(frozen=True)
class Capacity:
    """What a facility can take with its present mix of classes.

    Attributes
    ----------
    names : tuple of str
        Stages, then resources.
    per_day : ndarray of float
        Customers a day at the entrance that each of them can take.
    """

    names: tuple[str, ...]
    per_day: NDArray[np.float64]

    @property
    def total_per_day(self) -> float:
        """Customers a day that the facility can take."""
        return float(self.per_day.min())

    @property
    def binding(self) -> str:
        """Stage or resource that binds first."""
        return self.names[int(self.per_day.argmin())]


def visit_ratios(facility: Facility) -> NDArray[np.float64]:
    """Return the mean visits to each stage of a customer, all classes in their shares."""
    flows = [one.per_h for one in facility.arrivals]
    ratios = [
        one * facility.visit_ratios(arrivals.klass) for one, arrivals in zip(flows, facility.arrivals, strict=True)
    ]
    mean: NDArray[np.float64] = np.sum(ratios, axis=0) / sum(flows)
    return mean


def _stage_per_h(stage: Stage) -> float:
    """Customers an hour that a stage can take, by its servers or slots."""
    if stage.slots is not None:
        return stage.slots.per_h
    if stage.service is None:
        return float("inf")
    together = stage.batch.most if stage.batch is not None else 1
    return stage.mean_servers * together / stage.service.mean


def capacity(facility: Facility) -> Capacity:
    """Return the capacity of a facility without blocking, by stage and resource.

    Parameters
    ----------
    facility : Facility
        A facility that passed `check`.

    Returns
    -------
    Capacity
        Customers a day; infinite where nothing limits them.

    Raises
    ------
    UsageError
        For what is no facility.
    """
    instance("facility", facility, Facility, "a Facility; series makes one of laws and stages")
    ratios = visit_ratios(facility)
    with np.errstate(divide="ignore"):
        limits = [
            _stage_per_h(stage) / ratio if ratio > 0 else np.inf
            for stage, ratio in zip(facility.stages, ratios, strict=True)
        ]
        for resource in facility.resources:
            away = resource.returns.mean if resource.returns is not None else 0.0
            load = 0.0  # unit hours a customer at the entrance asks for
            for stage, ratio in zip(facility.stages, ratios, strict=True):
                together = stage.batch.most if stage.batch is not None else 1
                held = stage.service.mean if stage.service is not None else 0.0
                load += stage.needs.get(resource.name, 0) * ratio / together * (held + away)
            limits.append(resource.units / load if load > 0 else np.inf)
    names = tuple(stage.name for stage in facility.stages) + tuple(one.name for one in facility.resources)
    return Capacity(names, DAY_H * np.asarray(limits))
