"""The parameter tables of a scenario, ready to be looked up by case."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from keruen.network.selectors import Case, Selector
from keruen.study import schema

if TYPE_CHECKING:
    from keruen.study import Scenario

__all__ = ["Lookup", "Parameters", "Regimes", "parameters"]

_TABLES = ("speed", "standing", "stage", "rate", "tariff_factor", "emission")


class Lookup:
    """One parameter table: its rows and the selector that finds them.

    Parameters
    ----------
    name : str
        Name of the table.
    table : pandas.DataFrame
        Its rows.
    """

    def __init__(self, name: str, table: pd.DataFrame) -> None:
        self.name = name
        self.rows: list[dict[str, Any]] = table.to_dict("records")
        columns = schema()[name]
        self.selector = Selector(table, columns.selecting(), columns.selecting("thing"))

    def best(self, case: Case) -> dict[str, Any] | None:
        """The row that applies to a case, or None."""
        found = self.selector.best(case)
        return None if found is None else self.rows[found]

    def fitting(self, case: Case) -> list[dict[str, Any]]:
        """All rows that fit a case, the most selective first."""
        return [self.rows[i] for i in self.selector.fitting(case)]


class Regimes:
    """What a pair of countries does at its border, by membership.

    Parameters
    ----------
    regime, membership : pandas.DataFrame
        The two tables.
    year : int
        Members that join later are not members yet.
    """

    def __init__(self, regime: pd.DataFrame, membership: pd.DataFrame, year: int) -> None:
        ordered = regime.sort_values("rank", kind="stable")
        self._rules = list(zip(ordered["regime_id"], ordered["organisation"].fillna(""), strict=True))
        since = membership["since"].fillna(-1)
        members = membership[(membership["status"] == "member") & (since <= year)]
        self._members = set(zip(members["country"], members["organisation"], strict=True))

    def between(self, a: str, b: str) -> str:
        """Regime of the border between countries ``a`` and ``b``; ``""`` if no rule fits."""
        for regime, organisation in self._rules:
            if not organisation or {(a, organisation), (b, organisation)} <= self._members:
                return str(regime)
        return ""


@dataclass(frozen=True)
class Parameters:
    """All parameter tables of one scenario, and the ceiling on the speed of each service, km/h."""

    speed: Lookup
    standing: Lookup
    stage: Lookup
    rate: Lookup
    tariff_factor: Lookup
    emission: Lookup
    regimes: Regimes
    ceiling_km_per_h: dict[str, float]


def parameters(scenario: Scenario, like: tuple[Scenario, Parameters] | None = None) -> Parameters:
    """Read the parameter tables of a scenario.

    Parameters
    ----------
    scenario : Scenario
        Tables with their patches applied.
    like : tuple of Scenario and Parameters, optional
        Another scenario of the same study and year: a table that the patches of neither touch is taken from it.

    Returns
    -------
    keruen.network.parameters.Parameters
        The tables, ready to be looked up.
    """
    known: dict[str, Lookup] = {}
    if like is not None:
        patched = {patch.table for one in (scenario, like[0]) for patch in one.patches}
        known = {name: getattr(like[1], name) for name in _TABLES if name not in patched}
    return Parameters(
        **{name: known.get(name) or Lookup(name, scenario.table(name)) for name in _TABLES},
        regimes=Regimes(scenario.table("regime"), scenario.table("membership"), scenario.year),
        ceiling_km_per_h=scenario.table("service").set_index("service_id")["max_speed_km_per_h"].to_dict(),
    )
