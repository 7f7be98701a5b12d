"""A router of a scenario that differs little from one already compiled: only what a patch touches is costed again."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from keruen.network.carriage import Carriage
from keruen.network.costs import ArcCosts, recosted
from keruen.network.parameters import parameters
from keruen.network.routes import Router
from keruen.network.supernetwork import Supernetwork
from keruen.study.attributes import schema
from keruen.study.patches import AnyPatch, Patch

if TYPE_CHECKING:
    from keruen.study import Scenario

__all__ = ["LikeRouter"]

_REMEMBERED = 8

_NAMED = ("speed", "standing", "stage", "rate")
"""Tables whose rows the ledgers of an arc name, so that the arcs a row works on are known."""

_UNCOSTED = (
    "arrival", "resource", "demand", "zone", "project", "effect", "observation", "route", "source", "programme",
)  # fmt: skip
"""Tables that put no cost on an arc."""

_COSTED = {
    "link": ["link_id", "from_place", "to_place", "mode", "gauge_mm", "length_km", "service", "operator", "line",
             "country", "electrified"],
    "facility": ["facility_id", "kind", "from_place", "to_place", "from_mode", "to_mode", "from_gauge_mm",
                 "to_gauge_mm"],
}  # fmt: skip
"""Columns of a row on which the cost of its arcs rests; capacity and tracks are not among them."""


class LikeRouter(Router):
    """Finds routes like :class:`Router`, and takes from another router what costs the same there.

    Parameters
    ----------
    scenario : Scenario
        Tables with their patches applied.
    other : Router
        Of a scenario of the same study and year with some of the patches.
    """

    def __init__(self, scenario: Scenario, other: Router) -> None:
        alike = scenario.study is other.scenario.study and scenario.year == other.scenario.year
        super().__init__(scenario, known=parameters(scenario, (other.scenario, other.parameters) if alike else None))
        self._other = other
        patched = {patch.table for one in (scenario, other.scenario) for patch in one.patches}
        self._same_carriage = alike and patched.isdisjoint({"commodity", "service"})
        self._asked: dict[tuple[str, tuple[str, ...] | None], ArcCosts] = {}
        self._rows = _touched(scenario, other.scenario)
        self._before = _same_arcs(self.network, other.network) if self._rows is not None else None

    def carriage(self, commodity: str, services: Sequence[str] | None = None) -> Carriage:
        """How a commodity is carried; as the other router knows it where no patch touches that."""
        if self._same_carriage:
            return self._other.carriage(commodity, services)
        return super().carriage(commodity, services)

    def costs(self, commodity: str, services: Sequence[str] | None = None) -> ArcCosts:
        """Costs of every arc for a commodity on its services; computed once."""
        asked = (commodity, None if services is None else tuple(services))
        if asked not in self._asked:
            self._asked[asked] = self._recosted(commodity, services)
        return self._asked[asked]

    def _recosted(self, commodity: str, services: Sequence[str] | None) -> ArcCosts:
        freight = self.carriage(commodity, services)
        if freight not in self._costs and self._rows is not None and self._before is not None:
            old = self._other.costs(commodity, services)
            if old.carriage == freight:
                before = self._before.copy()
                stale = _arcs_of(old, self._rows)
                before[np.isin(before, stale)] = -1
                self._costs[freight] = recosted(self.parameters, self.network, old, freight, before)
        return super().costs(commodity, services)


def _touched(scenario: Scenario, other: Scenario) -> set[str] | None:
    """Rows of parameter tables that patches change, as ``table:row``; None where that does not tell all."""
    if scenario.study is not other.study or scenario.year != other.year:
        return None
    patches: list[AnyPatch] = list(scenario.patches)
    for patch in other.patches:
        if patch not in patches:
            return None
        patches.remove(patch)
    found = set()
    for patch in patches:
        if patch.table in _COSTED or patch.table in _UNCOSTED:
            continue
        if (
            patch.table not in _NAMED
            or not isinstance(patch, Patch)
            or patch.column in schema()[patch.table].selecting()
        ):
            return None
        found.add(f"{patch.table}:{patch.row}")
    return found


def _arcs_of(costs: ArcCosts, rows: set[str]) -> NDArray[np.int32]:
    """Arcs on which some rows are at work."""
    arcs = []
    for entries in (costs.hours, costs.money):
        at_work = np.array([name.split("@")[0] in rows for name in entries.names], dtype=np.bool_)
        arcs.append(entries.arc[at_work[entries.component]] if len(at_work) else entries.arc[:0])
    return np.unique(np.concatenate(arcs))


def _same_arcs(new: Supernetwork, old: Supernetwork) -> NDArray[np.int64]:
    """Arc of the old network that each new arc equals in all that it costs, -1 where there is none."""
    known = _arcs_by_key(old)
    return np.array([known.get(key, -1) for key in _keys(new)], dtype=np.int64)


@lru_cache(maxsize=_REMEMBERED)
def _arcs_by_key(network: Supernetwork) -> dict[tuple[Any, bool], int]:
    """Arcs by all that they cost; a base is asked for once by every project."""
    return {key: arc for arc, key in enumerate(_keys(network))}


def _keys(network: Supernetwork) -> list[tuple[Any, bool]]:
    links, facilities = _rows_of(network.links, "link"), _rows_of(network.facilities, "facility")
    return [
        (links[link] if link >= 0 else facilities[facility], bool(backward))
        for link, facility, backward in zip(network.link, network.facility, network.backward, strict=True)
    ]


def _rows_of(table: pd.DataFrame, name: str) -> list[tuple[Any, ...]]:
    chosen = table[_COSTED[name]].astype(object)
    return list(chosen.where(chosen.notna(), None).itertuples(index=False, name=None))
