"""Read the raw files that the study is derived from, and the small tables given by hand beside this module."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

__all__ = ["GIVEN", "Raw", "given"]

GIVEN = Path(__file__).parent / "given"
"""Folder of the tables given by hand."""


def given(name: str) -> pd.DataFrame:
    """Read a table given by hand; empty cells are empty strings."""
    return pd.read_csv(GIVEN / f"{name}.csv", keep_default_na=False, dtype=str, na_values=[])


@dataclass(frozen=True)
class Raw:
    """The folder of raw files.

    Parameters
    ----------
    folder : Path
        Folder with ``rail``, ``nodes``, ``facts``, ``study-draft`` and ``pipelines``.
    """

    folder: Path

    @cached_property
    def rail_links(self) -> pd.DataFrame:
        """Links of the raw rail network, geometry as shapely lines."""
        frame = gpd.read_parquet(self.folder / "rail" / "rail_network_links.parquet")
        return pd.DataFrame(frame[frame["mode"] == "rail"])

    @cached_property
    def rail_nodes(self) -> pd.DataFrame:
        """Nodes of the raw rail network by node_id."""
        return pd.read_csv(self.folder / "rail" / "rail_network_nodes.csv").set_index("node_id")

    @cached_property
    def stations(self) -> pd.DataFrame:
        """Stations of OpenStreetMap."""
        return pd.read_csv(self.folder / "nodes" / "railway_stations_osm.csv")

    @cached_property
    def locodes(self) -> pd.DataFrame:
        """UN/LOCODE rows of the corridor countries."""
        # Namibia's code is NA: only an empty cell is missing.
        path = self.folder / "unlocode" / "unlocode_corridor_countries.csv"
        return pd.read_csv(path, keep_default_na=False, na_values=[""])

    def crossings(self) -> pd.DataFrame:
        """Rail border crossings, by crossing_id."""
        return pd.read_csv(self.folder / "nodes" / "rail_border_crossings.csv").set_index("crossing_id")

    def ports(self) -> pd.DataFrame:
        """Ports chosen for the corridor."""
        return pd.read_csv(self.folder / "nodes" / "ports_selected.csv")

    def facts(self, name: str) -> pd.DataFrame:
        """A table of published facts; empty cells are empty strings."""
        return pd.read_csv(self.folder / "facts" / f"{name}.csv", keep_default_na=False, dtype=str)

    def draft(self, name: str) -> pd.DataFrame:
        """A table of the checked draft of parameters and demand; empty cells are empty strings."""
        return pd.read_csv(self.folder / "study-draft" / f"{name}.csv", keep_default_na=False, dtype=str)

    def features(self, path: str) -> list[tuple[dict[str, Any], BaseGeometry]]:
        """Properties and geometry of the features of a GeoJSON file."""
        collection = json.loads((self.folder / path).read_text(encoding="utf-8"))
        return [(f["properties"], shapely.geometry.shape(f["geometry"])) for f in collection["features"]]
