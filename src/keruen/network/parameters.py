"""The parameter tables of a scenario, ready to be looked up by case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from keruen.network.selectors import Case, Selector

if TYPE_CHECKING:
    from keruen.study import Scenario

__all__ = ["SELECTORS", "Lookup", "Parameters", "Regimes", "parameters"]

SELECTORS: Mapping[str, tuple[str, ...]] = {
    "speed": ("mode", "service", "operator", "line"),
    "standing": ("service", "operator"),
    "stage": (
        "facility", "kind", "mode", "country", "neighbour", "direction",
        "service", "commodity", "regime", "gauge_change",
    ),
    "rate": ("item", "service", "country", "direction", "commodity", "regime", "facility"),
    "tariff_factor": ("service", "operator", "line", "commodity"),
    "emission": ("service", "operator", "electrified"),
}  # fmt: skip
"""Selector columns by table; ``item`` and ``mode`` are required but select like the others."""


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
        self.selector = Selector(table, SELECTORS[name])

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
    """

    def __init__(self, regime: pd.DataFrame, membership: pd.DataFrame) -> None:
        ordered = regime.sort_values("rank", kind="stable")
        self._rules = list(zip(ordered["regime_id"], ordered["organisation"].fillna(""), strict=True))
        members = membership[membership["status"] == "member"]
        self._members = set(zip(members["country"], members["organisation"], strict=True))

    def between(self, a: str, b: str) -> str:
        """Regime of the border between countries ``a`` and ``b``; ``""`` if no rule fits."""
        for regime, organisation in self._rules:
            if not organisation or {(a, organisation), (b, organisation)} <= self._members:
                return str(regime)
        return ""


@dataclass(frozen=True)
class Parameters:
    """All parameter tables of one scenario."""

    speed: Lookup
    standing: Lookup
    stage: Lookup
    rate: Lookup
    tariff_factor: Lookup
    emission: Lookup
    regimes: Regimes


def parameters(scenario: Scenario) -> Parameters:
    """Read the parameter tables of a scenario."""
    return Parameters(
        **{name: Lookup(name, scenario.table(name)) for name in SELECTORS},
        regimes=Regimes(scenario.table("regime"), scenario.table("membership")),
    )
