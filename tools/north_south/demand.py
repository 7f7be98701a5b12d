"""Zones and demand: families of flows balanced to their totals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from tools.north_south.balance import Balanced, Margin, ipf, whole_tonnes
from tools.north_south.parameters import joined, split_source
from tools.north_south.raw import Raw, given
from tools.north_south.tables import Row, slug

__all__ = ["NEW_PLANTS", "Demand", "demand", "zones"]

RUSSIAN_EXPORT = "RU export over RU-KZ crossings"
NEW_PLANTS = "new-plants"
BASE_YEAR, LATER_YEAR = 2024, 2030
MONTHS_PUBLISHED = 10

GROUPS_MT = {"KZ": 11.5, "Central Asia": 13.0, "IR": 2.0, "CN": 2.0}
"""Russian exports over the crossings by destination, Mt a year: the published total, split by assumption."""

PUBLISHED_GOODS = {"oil products": "oil_products", "ferrous metals": "metals", "timber": "timber"}
"""Goods whose published total is one class of the demand table; chemicals are two."""

METHODS = {
    RUSSIAN_EXPORT: "IPF: commodity totals (Jan-Oct 2025 less the published growth, x 12/10) by destination groups "
    "(Kazakhstan 11.5, Central Asia 13, Iran 2, China 2 Mt); seed: origin shares x destination shares",
    "KZ domestic": "doubly constrained gravity by commodity (IPF), between zones only",
}
SHARES = "origin shares x destination shares, IPF to the total"


@dataclass(frozen=True)
class Demand:
    """The two tables and how well the balance holds.

    Attributes
    ----------
    cells, families : list of Row
        Rows of demand and demand_family.
    russian_export : Balanced
        The fit of Russian exports.
    moved_percent : float
        Share of the Russian exports that the fit moved against the draft, percent.
    """

    cells: list[Row]
    families: list[Row]
    russian_export: Balanced
    moved_percent: float


def zones(raw: Raw) -> list[Row]:
    """All rows of the zone table."""
    names = raw.draft("zones").set_index("zone")
    rows = []
    for row in given("zones").itertuples(index=False):
        drafted = names.loc[row.draft]
        country = drafted["country"].split("/")[0]
        rows.append(
            {
                "zone_id": row.zone_id, "name_en": drafted["name"], "name_ru": row.name_ru, "name_kk": row.name_kk,
                "country": country, "place": row.place, "source": "assumed",
                "note": "" if "/" not in drafted["country"] else f"stands for {drafted['country'].replace('/', ', ')}",
            }
        )  # fmt: skip
    return rows


def demand(raw: Raw, extra: list[tuple[str, str, str]]) -> Demand:
    """Balance every family and write both years.

    Parameters
    ----------
    raw : Raw
        Raw files.
    extra : list of (origin, destination, commodity)
        Cells that projects fill; they stand with zero tonnes in a family of their own.

    Returns
    -------
    Demand
        Rows and the fit.
    """
    base, later = _drafted(raw, BASE_YEAR), _drafted(raw, LATER_YEAR)
    export = base["family"] == RUSSIAN_EXPORT
    fit = _russian_export(raw, base[export])
    moved = np.abs(fit.cells - base.loc[export, "tonnes"]).sum() / 2 / fit.cells.sum()
    base.loc[export, "tonnes"] = fit.cells
    grown = base.assign(tonnes=base["tonnes"] * later["growth_from_2024"].astype(float).to_numpy(), note=later["note"])
    grown["status"], grown["source"] = "assumed", "assumed"
    cells: list[Row] = []
    families: list[Row] = []
    for year, frame in ((BASE_YEAR, base), (LATER_YEAR, grown)):
        for family, flows in frame.groupby("family", sort=True):
            total = int(round(flows["tonnes"].sum(), -2))
            families.append(_family(str(family), year, flows, total))
            cells += _cells(str(family), year, flows, total)
    cells += [_empty_cell(*key) for key in extra]
    families += [_new_plants(year) for year in (BASE_YEAR, LATER_YEAR)]
    return Demand(cells, families, fit, 100 * float(moved))


def _drafted(raw: Raw, year: int) -> pd.DataFrame:
    frame = raw.draft(f"demand_{year}")
    frame["commodity"] = frame["commodity"].replace("containers_manufactures", "containers")
    frame["tonnes"] = frame["tonnes_t_per_year"].astype(float)
    return frame.sort_values(["family", "origin", "destination", "commodity"], kind="stable").reset_index(drop=True)


def _russian_export(raw: Raw, flows: pd.DataFrame) -> Balanced:
    """Balance Russian exports over the crossings to goods and destination groups."""
    group = flows["destination"].map(_group)
    totals = _goods_totals(raw, flows)
    goods = sorted(totals)
    groups = sorted(GROUPS_MT)
    return ipf(
        flows["tonnes"].to_numpy(),
        [
            Margin(flows["commodity"].map(goods.index).to_numpy(), np.array([totals[g] for g in goods])),
            Margin(group.map(groups.index).to_numpy(), np.array([GROUPS_MT[g] * 1e6 for g in groups])),
        ],
    )


def _group(zone: str) -> str:
    country = zone.split("-")[0]
    return country if country in GROUPS_MT else "Central Asia"


def _goods_totals(raw: Raw, flows: pd.DataFrame) -> dict[str, float]:
    """Tonnes of each commodity: published ones, the rest in the proportions of the draft."""
    total = sum(GROUPS_MT.values()) * 1e6
    drafted = flows.groupby("commodity")["tonnes"].sum()
    published: dict[str, float] = {}
    for row in raw.facts("flows").itertuples(index=False):
        if row.source_id != "ruexp25" or row.unit != "Mt" or row.commodity == "all":
            continue
        growth = float(row.note.split("%")[0]) / 100
        tonnes = float(row.value) / (1 + growth) * 12 / MONTHS_PUBLISHED * 1e6
        if row.commodity == "chemicals":
            published |= {"fertilisers": tonnes / 2, "petrochemicals": tonnes / 2}
        else:
            published[PUBLISHED_GOODS[row.commodity]] = tonnes
    rest = drafted.drop(list(published))
    left = total - sum(published.values())
    return published | {key: float(value * left / rest.sum()) for key, value in rest.items()}


def _cells(family: str, year: int, flows: pd.DataFrame, total: int) -> list[Row]:
    scaled = flows["tonnes"].to_numpy() * total / flows["tonnes"].sum()
    rows = zip(flows.itertuples(index=False), whole_tonnes(scaled, total), strict=True)
    return [
        {
            "origin": slug(row.origin), "destination": slug(row.destination), "commodity": row.commodity,
            "year": year, "family": slug(family), "flow_t_per_year": int(tonnes),
            # A total spread over zones is derived, however well the total is published.
            "source": "assumed" if row.status == "assumed" else "derived" if len(flows) > 1 else split_source(row.source)[0],
        }
        for row, tonnes in rows
    ]  # fmt: skip


def _family(family: str, year: int, flows: pd.DataFrame, total: int) -> Row:
    first = flows.iloc[0]
    source, also = split_source(first["source_total"])
    notes = sorted({n for n in flows["note"] if n})
    status = "published" if (flows["status"] == "published").all() else flows["status"].mode().iloc[0]
    return {
        "family": slug(family), "name_en": family, "year": year, "total_t_per_year": total, "status": status,
        "method": METHODS.get(family, SHARES), "source": "assumed" if year == LATER_YEAR else source,
        "note": joined(*notes[:2], also) or "level assumed: general knowledge of the trade",
    }  # fmt: skip


def _empty_cell(origin: str, destination: str, commodity: str) -> Row:
    return {
        "origin": origin, "destination": destination, "commodity": commodity, "year": LATER_YEAR,
        "family": NEW_PLANTS, "flow_t_per_year": 0, "source": "derived",
    }  # fmt: skip


def _new_plants(year: int) -> Row:
    return {
        "family": NEW_PLANTS, "name_en": "New plants", "year": year, "total_t_per_year": 0, "status": "derived",
        "method": "zero until a project adds its tonnes", "source": "derived",
        "note": "cells that the effects of projects fill",
    }  # fmt: skip
