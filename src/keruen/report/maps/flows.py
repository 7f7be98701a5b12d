"""The freight of a year on the map: wider is more, red is near or past what can be carried."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from keruen.languages import mark
from keruen.report.labels import Box, text_width
from keruen.report.loads import FULL, NEAR, PARTIAL, Loads
from keruen.report.maps.frame import Frame
from keruen.report.maps.furniture import at_place, country_names, framed, quiet_corner, scale_bar, waters
from keruen.report.maps.ground import countries, ground, path, railways
from keruen.report.maps.names import Names
from keruen.report.reading import records
from keruen.report.tokens import LIGHT
from keruen.study.words import AFLOAT

__all__ = ["flow_map"]

_SMALL = 480  # px; below it fewer names
_WIDEST = {True: 6.5, False: 10.0}  # px, of the largest flow, on a narrow map and a wide one
_THINNEST = 0.8
_STEP = 0.4  # px; widths that differ by less are drawn alike
_FINE_PX = 0.35
_CITIES = {True: 5, False: 14}
_HUES = {"rail": "accent", "road": "ink2", "sea": "map-water-text", "ferry": "map-water-text"}


@dataclass(frozen=True)
class _Lines:
    """Links with freight as they are drawn: courses in pixels, width in px, mode, and whether they are near capacity."""

    courses: NDArray[np.object_]
    width: NDArray[np.float64]
    mode: NDArray[np.str_]
    full: NDArray[np.bool_]


def flow_map(loads: Loads, width: int, *, credits_below: bool = False) -> str:
    """Draw the freight of the base year.

    Parameters
    ----------
    loads : Loads
        Assigned freight.
    width : int
        Width, px.
    credits_below : bool, optional
        Whether credits and disclaimer are part of the picture, for a file that stands alone.

    Returns
    -------
    str
        SVG with light hex values.
    """
    reading, year = loads.reading, loads.years[0]
    facility = reading.comparison.study.table("facility").set_index("facility_id")
    full = [
        (str(facility.at[row["facility_id"], "from_place"]), row)
        for row in records(loads.full_crossings(year))
        if row["facility_id"] in facility.index
    ]
    frame = Frame.around(reading, width, [place for place, _ in full])
    links = reading.comparison.loads[year].links
    drawn = _lines(loads, links, frame)
    names = Names(Box(4, 4, frame.width - 4, frame.height - 4), _points(drawn, 2 * _THINNEST))
    shapes = countries(frame)
    zones = reading.comparison.study.table("zone")
    corridor = set(reading.places.loc[zones["place"], "country"])
    most = float((links["flow_t_per_year"] + links["back_t_per_year"]).max())
    key = _key(loads, frame, names, _points(drawn, 0.0), most)
    scale = scale_bar(reading, frame, names)
    marks = _marks(loads, frame, names, full)
    dots = _cities(loads, frame, names)
    waters(reading, frame, names, shapes)
    country_names(reading, names, shapes, corridor)
    body = (
        ground(shapes, corridor, railways(reading, frame, set(links["link_id"])), frame)
        + _svg(drawn)
        + dots
        + marks
        + names.svg()
        + scale
        + key
    )
    return framed(reading, frame, body, credits_below=credits_below)


def _width(tonnes: NDArray[np.float64] | float, most: float, frame: Frame) -> NDArray[np.float64]:
    """Width of a flow: its square root, so that the thin ones of the corridor are still seen."""
    scaled = _WIDEST[frame.width < _SMALL] * np.sqrt(np.asarray(tonnes) / most)
    return np.asarray(np.maximum(_THINNEST, np.round(scaled / _STEP) * _STEP))


def _lines(loads: Loads, links: pd.DataFrame, frame: Frame) -> _Lines:
    study = loads.reading.comparison.study
    shape = study.table("link_shape").drop_duplicates("link_id").set_index("link_id")["geometry_wkt"]
    places = loads.reading.places
    wkt = [
        shape.get(link) or _straight(places, a, b)
        for link, a, b in zip(links["link_id"], links["from_place"], links["to_place"], strict=True)
    ]
    plane = shapely.transform(shapely.from_wkt(np.array(wkt, dtype=object)), frame.px)
    plane = shapely.simplify(shapely.clip_by_rect(plane, -12, -12, frame.width + 12, frame.height + 12), _FINE_PX)
    seen = ~shapely.is_empty(plane)
    tonnes = (links["flow_t_per_year"] + links["back_t_per_year"]).to_numpy(dtype=float)
    full = (links["use"] >= NEAR) & ~links["operator"].isin(PARTIAL)
    width = _width(tonnes, float(tonnes.max()), frame)
    return _Lines(plane[seen], width[seen], links["mode"].to_numpy(dtype=str)[seen], full.to_numpy()[seen])


def _straight(places: pd.DataFrame, start: str, end: str) -> str:
    ends = places.loc[[start, end], ["lon_deg", "lat_deg"]].to_numpy(dtype=float)
    return "LINESTRING (" + ", ".join(f"{lon} {lat}" for lon, lat in ends) + ")"


def _points(drawn: _Lines, least: float) -> NDArray[np.float64]:
    """Points along the lines wider than a least."""
    wide = drawn.courses[drawn.width > least]
    return shapely.get_coordinates(shapely.segmentize(wide, 4.0)) if len(wide) else np.empty((0, 2))


def _svg(drawn: _Lines) -> str:
    """Lines as SVG, those of one look in one path; ships lowest, then rail, then lorries, then what is full."""
    looks: dict[tuple[int, str, float, bool], list[str]] = {}
    layer = {"sea": 0, "ferry": 0, "rail": 1, "road": 2}
    for course, width, mode, full in zip(drawn.courses, drawn.width, drawn.mode, drawn.full, strict=True):
        looks.setdefault((3 if full else layer.get(mode, 1), mode, float(width), bool(full)), []).append(path(course))
    parts = []
    for (_, mode, width, full), pieces in sorted(looks.items()):
        hue = LIGHT["border"] if full else LIGHT[_HUES.get(mode, "accent")]
        parts.append(
            f'<path d="{"".join(pieces)}" stroke="{hue}" stroke-width="{width:g}"{_dash(mode, width)}'
            f' stroke-linecap="{"butt" if mode == "road" else "round"}"/>'
        )
    return f'<g fill="none" stroke-linejoin="round" opacity="0.85">{"".join(parts)}</g>'


def _dash(mode: str, width: float) -> str:
    """Dots for ships and dashes for lorries, in proportion to the width."""
    if mode in AFLOAT:
        return f' stroke-dasharray="0.1 {max(3.0, 1.9 * width):g}"'
    return f' stroke-dasharray="{max(4.0, 2 * width):g} {max(2.5, width):g}"' if mode == "road" else ""


def _marks(loads: Loads, frame: Frame, names: Names, full: Sequence[tuple[str, dict[str, object]]]) -> str:
    """Rings at crossings near capacity, filled past it, named with their use."""
    reading, radius = loads.reading, 6.0
    parts: list[str] = []
    color, ground_color = LIGHT["border"], LIGHT["map-corridor"]
    placed = [(row, *at_place(reading, frame, place)) for place, row in full]
    for row, x, y in placed:
        circle = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:g}"'
        inner = color if float(str(row["use"])) >= FULL else ground_color
        parts.append(
            f'{circle} fill="none" stroke="{ground_color}" stroke-width="5"/>'
            f'{circle} fill="{inner}" stroke="{color}" stroke-width="2.2"/>'
        )
        names.mark(x, y, radius)
    for row, x, y in placed:
        name = loads.crossing_name(str(row["facility_id"]))
        if frame.width < _SMALL:
            name = name.partition(" – ")[0]
        names.around(x, y, radius, name, reading.numbers.percent(float(str(row["use"]))))
    return "".join(parts)


def _cities(loads: Loads, frame: Frame, names: Names) -> str:
    """Places of the zones with most freight, as dots with names where there is room."""
    reading, study = loads.reading, loads.reading.comparison.study
    demand = study.table("demand")
    demand = demand[demand["year"] == loads.years[0]]
    ends = pd.concat([demand.groupby(end)["flow_t_per_year"].sum() for end in ("origin", "destination")])
    tonnes = ends.groupby(level=0).sum().sort_values(ascending=False)
    place = study.table("zone").set_index("zone_id")["place"]
    parts: list[str] = []
    for zone in tonnes.index:
        x, y = at_place(reading, frame, str(place[zone]))
        box = Box(x - 2.5, y - 2.5, x + 2.5, y + 2.5)
        if len(parts) == _CITIES[frame.width < _SMALL] or not box.inside(names.frame) or not names.free(box, 0):
            continue
        if names.around(x, y, 4, reading.place(str(place[zone])), size=11.5, weight=400, hue="ink2"):
            names.block(box)
            parts.append(
                f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5" fill="{LIGHT["ink"]}"'
                f' stroke="{LIGHT["map-corridor"]}" stroke-width="1.2"/>'
            )
    return "".join(parts)


def _key(loads: Loads, frame: Frame, names: Names, points: NDArray[np.float64], most: float) -> str:
    """Three widths with their tonnes, in the quietest corner."""
    if frame.width < _SMALL or most <= 0:
        return ""
    reading = loads.reading
    title = reading.say(mark("Million tonnes a year"))
    steps = [step for step in (100, 50, 20, 10, 5, 2, 1, 0.5, 0.2, 0.1) if step <= most / 1e6]
    steps = [step for number, step in enumerate(steps) if number in (0, 2, 4)]
    wide, high = max(112.0, text_width(title, 11) + 20), 26.0 + 17 * len(steps)
    left, top = quiet_corner(frame, points, wide, high)
    names.block(Box(left, top, left + wide, top + high))
    ink = LIGHT["ink2"]
    parts = [
        f'<rect x="{left:.1f}" y="{top:.1f}" width="{wide:.1f}" height="{high:g}" rx="4"'
        f' fill="{LIGHT["map-corridor"]}" fill-opacity="0.92"/>'
        f'<text x="{left + 10:.1f}" y="{top + 17:.1f}" font-size="11" fill="{ink}">{escape(title)}</text>'
    ]
    for number, step in enumerate(steps):
        y = top + 32 + 17 * number
        parts.append(
            f'<path d="M{left + 12:.1f} {y:.1f}h44" stroke="{LIGHT["accent"]}" stroke-linecap="round"'
            f' stroke-width="{float(_width(step * 1e6, most, frame)):g}"/>'
            f'<text x="{left + 68:.1f}" y="{y + 4:.1f}" font-size="11" fill="{ink}">'
            f"{escape(reading.numbers.amount(step))}</text>"
        )
    return "".join(parts)
