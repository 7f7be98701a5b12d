"""The plan on the map: what is built as numbered discs and full lines, what is left out hollow and dashed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely
from numpy.typing import NDArray

from keruen.report.labels import Box, shortened
from keruen.report.maps.frame import Frame, project
from keruen.report.maps.furniture import at_place, country_names, framed, scale_bar, waters
from keruen.report.maps.ground import countries, ground, path, railways
from keruen.report.maps.names import Names
from keruen.report.maps.sites import Site
from keruen.report.reading import Reading
from keruen.report.tokens import LIGHT

__all__ = ["Drawn", "plan_map"]

_SMALL = 480  # px; below it names of what is left out are dropped first
_RADIUS, _HOLLOW = 9.0, 4.0
_FINE_PX = 0.35
_ALONG = (0.5, 0.35, 0.65, 0.2, 0.8, 0.05, 0.95)  # where on its line a disc may stand, the first that is free
_AROUND = ((0, 0), (1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, -1), (1, -1), (-1, 1))
_APART = 2.2  # radii
_LEAST_M = 600e3  # a map of one crossing shows the country around it
_ROOM = 1.12
_NAME_SHARE = 0.3  # of the width, for a name that does not fit whole


@dataclass(frozen=True)
class Drawn:
    """A project as the map shows it.

    Attributes
    ----------
    number : int
        Its number in the plan, 0 for one that is left out.
    name : str
        Name in the reader's language.
    note : str
        What stands after the name: the year of opening.
    site : Site
        Where it works.
    """

    number: int
    name: str
    note: str
    site: Site


@dataclass(frozen=True)
class _Mark:
    """A project in pixels: its course, and where its disc stands."""

    drawn: Drawn
    course: shapely.Geometry
    x: float = 0.0
    y: float = 0.0


def plan_map(reading: Reading, projects: Sequence[Drawn], width: int, *, credits_below: bool = False) -> str:
    """Draw a plan.

    Parameters
    ----------
    reading : Reading
        Study and language.
    projects : sequence of Drawn
        Those in the plan first; at least one has a site.
    width : int
        Width, px; the height follows from where they lie.
    credits_below : bool, optional
        Whether credits and disclaimer are part of the picture, for a file that stands alone.

    Returns
    -------
    str
        SVG with light hex values.
    """
    shown = [one for one in projects if one.site]
    frame = Frame.holding(_metres(reading, shown), width)
    marks = _placed([_Mark(one, _course(reading, frame, one.site)) for one in shown], reading, frame)
    lines = [mark.course for mark in marks if not shapely.is_empty(mark.course)]
    points = shapely.get_coordinates(shapely.segmentize(lines, 4.0)) if lines else np.empty((0, 2))
    names = Names(Box(4, 4, frame.width - 4, frame.height - 4), points)
    shapes = countries(frame)
    zones = reading.comparison.study.table("zone")
    corridor = set(reading.places.loc[zones["place"], "country"])
    scale = scale_bar(reading, frame, names)
    for mark in marks:
        names.mark(mark.x, mark.y, _RADIUS if mark.drawn.number else _HOLLOW, covered=0.7)
    _named(marks, frame, names)
    waters(reading, frame, names, shapes)
    country_names(reading, names, shapes, corridor)
    used = {link for mark in marks for link in mark.drawn.site.links}
    body = (
        ground(shapes, corridor, railways(reading, frame, used), frame)
        + "".join(_line(mark) for mark in reversed(marks))
        + "".join(_disc(mark) for mark in reversed(marks))
        + names.svg()
        + scale
    )
    return framed(reading, frame, body, credits_below=credits_below)


def _metres(reading: Reading, projects: Sequence[Drawn]) -> NDArray[np.float64]:
    """Corners of a window that holds all sites, with room for names, projected."""
    found = np.vstack([project(shapely.get_coordinates(_degrees(reading, one.site))) for one in projects])
    low, high = found.min(axis=0), found.max(axis=0)
    middle, half = (low + high) / 2, np.maximum((high - low) / 2, _LEAST_M / 2) * _ROOM
    return np.vstack([middle - half, middle + half])


def _degrees(reading: Reading, where: Site) -> shapely.Geometry:
    """Everything of a site, longitude and latitude."""
    ids = list(where.places) if not where.links and not where.spans else []
    dots = [shapely.Point(*reading.places.loc[place, ["lon_deg", "lat_deg"]]) for place in ids]
    return shapely.GeometryCollection([*dots, *_tracks(reading, where)])


def _tracks(reading: Reading, where: Site) -> list[shapely.Geometry]:
    """Lines of a site: their shape, or straight where that is not known."""
    study, places = reading.comparison.study, reading.places
    link = study.table("link").set_index("link_id")
    shape = study.table("link_shape").drop_duplicates("link_id").set_index("link_id")["geometry_wkt"]
    straight = list(where.spans)
    found: list[shapely.Geometry] = []
    for name in where.links:
        if name in shape.index:
            found.append(shapely.from_wkt(str(shape[name])))
        else:
            straight.append((str(link.at[name, "from_place"]), str(link.at[name, "to_place"])))
    between = (places.loc[list(ends), ["lon_deg", "lat_deg"]].to_numpy(dtype=float) for ends in straight)
    return found + [shapely.LineString(ends) for ends in between]


def _course(reading: Reading, frame: Frame, where: Site) -> shapely.Geometry:
    """Lines of a site in pixels, joined where they meet; empty where it has none."""
    tracks = _tracks(reading, where)
    if not tracks:
        return shapely.LineString()
    plane = shapely.transform(shapely.union_all(tracks), frame.px)
    joined = shapely.line_merge(plane) if plane.geom_type == "MultiLineString" else plane
    return shapely.simplify(joined, _FINE_PX)


def _placed(marks: Sequence[_Mark], reading: Reading, frame: Frame) -> list[_Mark]:
    """Marks with their places, those in the plan first; a disc stands on none before it if there is room."""
    found: list[_Mark] = []
    for mark in marks:
        spots = _spots(mark, reading, frame)
        free = [spot for spot in spots if all(_far(spot, mark, other) for other in found)]
        x, y = (free or spots)[0]
        found.append(replace(mark, x=x, y=y))
    return found


def _far(spot: tuple[float, float], mark: _Mark, other: _Mark) -> bool:
    reach = sum(_RADIUS if one.drawn.number else _HOLLOW for one in (mark, other)) * _APART / 2
    return float(np.hypot(spot[0] - other.x, spot[1] - other.y)) >= reach


def _spots(mark: _Mark, reading: Reading, frame: Frame) -> list[tuple[float, float]]:
    """Where the disc of a project may stand, the best first, within the map."""
    if shapely.is_empty(mark.course):
        x, y = at_place(reading, frame, mark.drawn.site.places[0])
        step = _APART * (_RADIUS if mark.drawn.number else _HOLLOW) * 1.05
        return [(x + dx * step, y + dy * step) for dx, dy in _AROUND]
    longest = max(shapely.get_parts(mark.course), key=lambda part: part.length)
    ends = (shapely.line_interpolate_point(longest, share, normalized=True) for share in _ALONG)
    return [(float(point.x), float(point.y)) for point in ends]


def _line(mark: _Mark) -> str:
    """Course of a project: solid in the plan, dashed if left out."""
    if shapely.is_empty(mark.course):
        return ""
    d = path(mark.course)
    casing = f'<path d="{d}" fill="none" stroke="{LIGHT["map-corridor"]}" stroke-width="{{}}" stroke-linejoin="round"/>'
    if mark.drawn.number:
        look = f'stroke="{LIGHT["accent"]}" stroke-width="5" stroke-linecap="round"'
        return casing.format(8) + f'<path d="{d}" fill="none" stroke-linejoin="round" {look}/>'
    look = f'stroke="{LIGHT["ink3"]}" stroke-width="2" stroke-dasharray="5 4"'
    return casing.format(4) + f'<path d="{d}" fill="none" stroke-linejoin="round" {look}/>'


def _disc(mark: _Mark) -> str:
    """Disc with the number of a project in the plan; a hollow dot for one that is left out."""
    at = f'cx="{mark.x:.1f}" cy="{mark.y:.1f}"'
    if not mark.drawn.number:
        look = f'fill="{LIGHT["map-corridor"]}" stroke="{LIGHT["ink3"]}" stroke-width="1.6"'
        return f'<circle {at} r="{_HOLLOW:g}" {look}/>'
    look = f'fill="{LIGHT["accent"]}" stroke="{LIGHT["map-corridor"]}" stroke-width="2"'
    return (
        f'<circle {at} r="{_RADIUS:g}" {look}/><text x="{mark.x:.1f}" y="{mark.y + 4:.1f}" font-size="11"'
        f' font-weight="700" text-anchor="middle" fill="{LIGHT["on-route"]}">{mark.drawn.number}</text>'
    )


def _named(marks: Sequence[_Mark], frame: Frame, names: Names) -> None:
    """Names, those of the plan first; on a narrow map only those."""
    for mark in marks:
        one = mark.drawn
        if one.number:
            short = shortened(one.name, _NAME_SHARE * frame.width, 12.0, bold=True)
            for name, note in ((one.name, one.note), (short, one.note), (one.note, "")):
                if name and names.around(mark.x, mark.y, _RADIUS, name, note):
                    break
        elif frame.width >= _SMALL:
            names.around(mark.x, mark.y, _HOLLOW, one.name, size=11, weight=400, hue="ink3")
