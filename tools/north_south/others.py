"""Roads, sea lanes and pipelines of the planning network."""

from __future__ import annotations

import numpy as np
import searoute
import shapely
from shapely import LineString, MultiLineString
from shapely.geometry.base import BaseGeometry

from tools.north_south.condense import simplified
from tools.north_south.graph import distance_km
from tools.north_south.network import Planning, Stretch
from tools.north_south.raw import Raw, given

__all__ = ["add_pipelines", "add_roads", "add_sea"]

ROAD_DETOUR = 1.3
NO_LANE_KM = 15.0
SEA_TOLERANCE_DEG = 0.02
PIPELINE_TOLERANCE_DEG = 0.03


def add_roads(planning: Planning) -> None:
    """Add the sparse road network: published lengths where there are some, else great circle x 1.3."""
    for row in given("roads").itertuples(index=False):
        ends = planning.at(row.from_place), planning.at(row.to_place)
        published = bool(row.length_km)
        length = float(row.length_km) if published else distance_km(*ends[0], *ends[1]) * ROAD_DETOUR
        a, b = (planning.places[p]["country"] for p in (row.from_place, row.to_place))
        note = row.note or ("" if published else "great circle x 1.3, range 1.15 to 1.5; straight course")
        country = "KZ" if "petropavl" in (row.from_place, row.to_place) else a
        if a != b and country == a and row.from_place not in ("petropavl", "petropavl-rzd"):
            raise ValueError(f"road {row.from_place} - {row.to_place} crosses a border")
        planning.put(
            Stretch(
                "road", row.from_place, row.to_place, length, country, country, row.source or "assumed",
                LineString(ends), status=row.status or "operating", line=row.line, note=note,
            )
        )  # fmt: skip


def add_sea(planning: Planning) -> None:
    """Add sea and ferry links along the lanes of searoute."""
    for row in given("sea").itertuples(index=False):
        a, b = planning.at(row.from_place), planning.at(row.to_place)
        lane = searoute.searoute(list(a), list(b), units="km")
        points = [(float(lon), float(lat)) for lon, lat in lane.geometry["coordinates"]]
        ends = distance_km(*a, *points[0]), distance_km(*points[-1], *b)
        far = max(ends) > NO_LANE_KM
        note = f"no lane end: nearest lane plus {sum(ends):.0f} km in straight lines" if far else ""
        shape = LineString([a, *points, b])
        planning.put(
            Stretch(
                row.mode, row.from_place, row.to_place, float(lane.properties["length"]) + sum(ends), "XZ", "XZ",
                "searoute", simplified(shape, SEA_TOLERANCE_DEG), 1520 if row.mode == "ferry" else None,
                service=row.service, note=note,
            )
        )  # fmt: skip


def add_pipelines(planning: Planning, raw: Raw) -> None:
    """Add the main pipelines, for maps only."""
    files = ("pipelines/oil_pipelines_gem.geojson", "pipelines/gas_pipelines_gem.geojson")
    features = [feature for path in files for feature in raw.features(path)]
    for row in given("pipelines").itertuples(index=False):
        parts = [
            (about, geometry)
            for about, geometry in features
            if about["project"] == row.project and (not row.unit or (about["unit"] or "") == row.unit)
        ]
        if not parts:
            raise LookupError(f"no pipeline {row.project} {row.unit}")
        shape = _longest(parts[0][1])
        length = float(parts[0][0]["length_km"])
        a, b = planning.at(row.from_place), planning.at(row.to_place)
        if distance_km(*a, *shape.coords[0]) > distance_km(*a, *shape.coords[-1]):
            shape = shape.reverse()
        whole = LineString([a, *simplified(shape, PIPELINE_TOLERANCE_DEG).coords, b])
        country = planning.places[row.from_place]["country"]
        planning.put(
            Stretch(
                "pipeline", row.from_place, row.to_place, length, country, country, "gem", whole, line=row.line,
                status=row.status, note=row.note,
            )
        )  # fmt: skip


def _longest(geometry: BaseGeometry) -> LineString:
    """One line through the pieces of a drawing, laid end to end from one end."""
    merged = shapely.line_merge(geometry) if isinstance(geometry, MultiLineString) else geometry
    if isinstance(merged, LineString):
        return merged
    left = sorted(merged.geoms, key=lambda part: -part.length)
    chain = list(left.pop(0).coords)
    while left:
        options = [
            (_gap(chain[at], part.coords[end]), i, at, end)
            for i, part in enumerate(left)
            for at in (0, -1)
            for end in (0, -1)
        ]
        gap, i, at, end = min(options)
        part = left.pop(i)
        if gap > 1.0:
            continue
        points = list(part.coords) if end == 0 else list(part.coords)[::-1]
        chain = chain + points if at == -1 else points[::-1] + chain
    return LineString(chain)


def _gap(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    return float(np.hypot(a[0] - b[0], a[1] - b[1]))
