"""Two scenarios of one year side by side: what differs in the tables, what in hours, money, flows and emissions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from keruen.appraisal.gains import YearGain, gain, surplus
from keruen.study import diff

if TYPE_CHECKING:
    from keruen.equilibrium.freight import FreightFlows

__all__ = ["Difference", "difference"]


@dataclass(frozen=True, eq=False)
class Difference:
    """The second scenario less the first.

    Attributes
    ----------
    inputs : pandas.DataFrame
        Cells that differ: table, row, column, a, b, by.
    gain : YearGain
        Gains of users by country and by commodity, emissions and tonne-hours saved.
    pairs : pandas.DataFrame
        Gains by origin, destination and commodity; see :func:`keruen.appraisal.gains.surplus`.
    links, facilities : pandas.DataFrame
        Id, tonnes a year of both directions in a and b, and the change; the largest change first.
    """

    inputs: pd.DataFrame
    gain: YearGain
    pairs: pd.DataFrame
    links: pd.DataFrame
    facilities: pd.DataFrame

    def __repr__(self) -> str:
        moved = self.facilities["change_t_per_year"]
        return (
            f"<Difference {self.gain.year}: {len(self.inputs)} cells, users gain {self.gain.users_musd:,.1f} million "
            f"USD a year, {self.gain.saved_t_co2e:,.0f} t CO2e saved, {moved[moved > 0].sum() / 1e6:,.2f} Mt a year "
            f"more at facilities that gain, {-moved[moved < 0].sum() / 1e6:,.2f} less at those that lose>"
        )


def difference(before: FreightFlows, after: FreightFlows) -> Difference:
    """Hold two answers of one year against each other.

    Parameters
    ----------
    before, after : FreightFlows
        Freight of two scenarios of one study.

    Returns
    -------
    Difference
        The second less the first.
    """
    a, b = before.freight.router.scenario, after.freight.router.scenario
    elasticity = a.settings.appraisal.elasticity
    return Difference(
        inputs=diff(a, b),
        gain=gain(before, after, elasticity),
        pairs=surplus(before, after, elasticity),
        links=_moved(before.links, after.links, "link_id"),
        facilities=_moved(before.facilities, after.facilities, "facility_id"),
    )


def _moved(a: pd.DataFrame, b: pd.DataFrame, key: str) -> pd.DataFrame:
    """Tonnes of both directions by row in both answers, 0 where a row carries nothing."""
    tonnes = [one.set_index(key)[["flow_t_per_year", "back_t_per_year"]].sum(axis=1) for one in (a, b)]
    table = pd.DataFrame({"a_t_per_year": tonnes[0], "b_t_per_year": tonnes[1]}).fillna(0.0)
    table["change_t_per_year"] = table["b_t_per_year"] - table["a_t_per_year"]
    order = table["change_t_per_year"].abs().sort_values(ascending=False, kind="stable").index
    return table.loc[order].rename_axis(key).reset_index()
