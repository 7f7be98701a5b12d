"""What lies under the routes: land and sea, borders, other railways."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from keruen.languages import mark
from keruen.report.maps.frame import Frame, project
from keruen.report.reading import Reading
from keruen.report.tokens import LIGHT

__all__ = ["WATERS", "countries", "ground", "path", "railways"]

WATERS = (
    (mark("Black Sea"), 34.0, 43.2),
    (mark("Caspian Sea"), 50.6, 42.0),
    (mark("Arabian Sea"), 62.5, 18.0),
    (mark("Red Sea"), 37.6, 21.5),
    (mark("Mediterranean Sea"), 26.5, 34.0),
    (mark("Persian Gulf"), 50.8, 27.6),
    (mark("Bay of Bengal"), 88.0, 15.0),
    (mark("Baltic Sea"), 19.5, 57.5),
    (mark("Barents Sea"), 42.0, 71.5),
)
"""Names of waters and where they stand, longitude and latitude."""

_BORDER_PX = 0.7
_RAIL_PX = 0.5
_FINE_PX = 0.35  # detail below this is not drawn


@cache
def _outlines() -> dict[str, NDArray[Any]]:
    """Countries as projected polygons, m; Natural Earth, public domain."""
    text = (files("keruen.report") / "data" / "countries.json").read_text(encoding="utf-8")
    coded = json.loads(text)["countries"]
    return {code: np.array([_polygon(rings) for rings in polygons]) for code, polygons in coded.items()}


def _polygon(rings: list[list[int]]) -> shapely.Polygon:
    plain = [project(np.cumsum(np.array(ring).reshape(-1, 2), axis=0) / 100.0) for ring in rings]
    return shapely.Polygon(plain[0], plain[1:])


def countries(frame: Frame) -> dict[str, shapely.Geometry]:
    """Countries in the window, clipped a little outside it, in pixels."""
    window = frame.box(8)
    shapely.prepare(window)
    found = {}
    for code, polygons in _outlines().items():
        drawn = shapely.transform(polygons, frame.of_metres)
        drawn = drawn[shapely.intersects(drawn, window)]
        if len(drawn):
            sound = shapely.make_valid(shapely.simplify(drawn, _FINE_PX, preserve_topology=True))
            found[code] = shapely.intersection(shapely.union_all(sound), window)
    return found


def railways(reading: Reading, frame: Frame, used: set[str]) -> NDArray[Any]:
    """Operating railways that no route uses, in pixels."""
    study = reading.comparison.study
    link, shape = study.table("link"), study.table("link_shape")
    rail = link[(link["mode"] == "rail") & (link["status"].fillna("operating") == "operating")]
    other = shape[shape["link_id"].isin(set(rail["link_id"]) - used)]
    lines = shapely.from_wkt(other["geometry_wkt"].to_numpy(dtype=object))
    drawn = shapely.transform(lines, frame.px)
    drawn = shapely.clip_by_rect(drawn, -8, -8, frame.width + 8, frame.height + 8)
    return np.asarray(shapely.simplify(drawn[~shapely.is_empty(drawn)], _FINE_PX))


def path(geometry: Any) -> str:
    """SVG path of a geometry in pixels."""
    parts: list[str] = []
    for piece in np.atleast_1d(shapely.get_parts(geometry)):
        if piece.geom_type == "Polygon":
            rings = (piece.exterior, *piece.interiors)
            parts.extend(_points(shapely.get_coordinates(ring)[:-1]) + "Z" for ring in rings)
        elif piece.geom_type in ("LineString", "LinearRing"):
            parts.append(_points(shapely.get_coordinates(piece)))
    return "".join(parts)


def _points(xy: NDArray[np.float64]) -> str:
    """Absolute start, then differences in tenths: the shortest plain text."""
    if not len(xy):
        return ""
    tenths = np.rint(xy * 10).astype(int)
    steps = np.diff(tenths, axis=0)
    steps = steps[(steps != 0).any(axis=1)]
    start = "M" + " ".join(_tenth(value) for value in tenths[0])
    return start + "".join(f"l{_tenth(dx)} {_tenth(dy)}" for dx, dy in steps)


def _tenth(value: int) -> str:
    return f"{value / 10:g}"


def ground(shapes: dict[str, shapely.Geometry], corridor: set[str], rails: NDArray[Any], frame: Frame) -> str:
    """Sea, land, borders and other railways as SVG."""
    near = "".join(path(shape) for code, shape in shapes.items() if code in corridor)
    far = "".join(path(shape) for code, shape in shapes.items() if code not in corridor)
    line = f'stroke="{LIGHT["map-line"]}" stroke-width="{_BORDER_PX}" stroke-linejoin="round"'
    tracks = "".join(path(rail) for rail in rails)
    return (
        f'<rect width="{frame.width:g}" height="{frame.height:g}" fill="{LIGHT["map-sea"]}"/>'
        f'<path d="{far}" fill="{LIGHT["map-land"]}" {line}/>'
        f'<path d="{near}" fill="{LIGHT["map-corridor"]}" {line}/>'
        f'<path d="{tracks}" fill="none" stroke="{LIGHT["map-rail"]}" stroke-width="{_RAIL_PX}"/>'
    )
