"""Where on the network a project works: the links it changes and the places it touches, as its effects name them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from keruen.network.selectors import parts
from keruen.study.patches import NewRow
from keruen.study.projects import project_patches

if TYPE_CHECKING:
    from keruen.study import Study

__all__ = ["Site", "site"]

_EVER = 9999
"""A year by which every effect has begun."""


@dataclass(frozen=True)
class Site:
    """Where a project works.

    Attributes
    ----------
    links : tuple of str
        Links of the study that it changes.
    spans : tuple of (str, str)
        Ends of links that it adds.
    places : tuple of str
        Places of the facilities that it changes; the first end of each.
    """

    links: tuple[str, ...]
    spans: tuple[tuple[str, str], ...]
    places: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.links or self.spans or self.places)


def site(study: Study, project: str) -> Site:
    """Where a project works, by the rows that its effects name.

    An effect on a speed, stage or factor counts where that row names a line or a facility; one that holds for a whole
    country, and freight that a project adds, have no site.

    Parameters
    ----------
    study : Study
        The study.
    project : str
        Id of a project.
    """
    link, facility = study.table("link"), study.table("facility").set_index("facility_id")
    links: dict[str, None] = {}
    spans: dict[tuple[str, str], None] = {}
    places: dict[str, None] = {}

    def touch(table: str, row: Mapping[str, object]) -> None:
        if table == "facility" or str(row.get("facility") or "") in facility.index:
            name = str(row.get("facility") or row.get("facility_id"))
            places[str(facility.at[name, "from_place"] if name in facility.index else row["from_place"])] = None
        for line in parts(str(row.get("line") or "")) if table != "link" else ():
            same = (link["line"] == line) & (link["mode"] == (row.get("mode") or "rail"))
            links.update(dict.fromkeys(map(str, link.loc[same, "link_id"])))

    for patch in project_patches(study, project, _EVER):
        if isinstance(patch, NewRow):
            values = dict(patch.values)
            if patch.table == "link":
                spans[str(values["from_place"]), str(values["to_place"])] = None
            else:
                touch(patch.table, values)
        elif patch.table == "link":
            links[patch.row] = None
        elif patch.table != "demand" and (number := study.row_of(patch.table, patch.row)) is not None:
            row = study.records(patch.table)[number]
            touch(patch.table, {k: None if pd.isna(v) else v for k, v in row.items()})
    return Site(tuple(links), tuple(spans), tuple(places))
