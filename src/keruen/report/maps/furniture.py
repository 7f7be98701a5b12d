"""What every map carries whatever it shows: names of countries and waters, a scale bar, credits, the SVG around it."""

from __future__ import annotations

from html import escape

import numpy as np
import shapely
from numpy.typing import NDArray

from keruen.languages import mark
from keruen.report.labels import Box, text_width
from keruen.report.maps.frame import Frame
from keruen.report.maps.ground import WATERS
from keruen.report.maps.names import Names
from keruen.report.reading import Reading
from keruen.report.tokens import FONT, LIGHT

__all__ = ["CREDITS", "at_place", "country_names", "framed", "quiet_corner", "scale_bar", "waters"]


CREDITS = (
    mark("Boundaries as drawn by Natural Earth; they imply no position on any dispute."),
    mark("Rail: Natural Earth, © OpenStreetMap contributors (ODbL). Sea lanes: searoute. Lambert conformal conic."),
)
"""What stands under every map."""

_CREDIT_SIZE, _CREDIT_LINE = 11.0, 16.0


def at_place(reading: Reading, frame: Frame, place: str) -> tuple[float, float]:
    """Pixel of a place."""
    lon, lat = reading.places.loc[[place], ["lon_deg", "lat_deg"]].to_numpy(dtype=float)[0]
    x, y = frame.px([(lon, lat)])[0]
    return float(x), float(y)


def _credits(reading: Reading, frame: Frame) -> tuple[str, float]:
    """Credits as lines of text below the map, and the room they take."""
    rows: list[str] = []
    for word in " ".join(reading.say(text) for text in CREDITS).split(" "):
        longer = f"{rows[-1]} {word}" if rows else word
        if rows and text_width(longer, _CREDIT_SIZE) <= frame.width - 8:
            rows[-1] = longer
        else:
            rows.append(word)
    said = "".join(
        f'<text x="2" y="{frame.height + _CREDIT_LINE * (number + 1):g}" font-size="{_CREDIT_SIZE:g}"'
        f' fill="{LIGHT["ink3"]}">{escape(row)}</text>'
        for number, row in enumerate(rows)
    )
    return said, _CREDIT_LINE * len(rows) + 8


def waters(reading: Reading, frame: Frame, names: Names, shapes: dict[str, shapely.Geometry]) -> None:
    """Name the waters where there is room."""
    land = shapely.union_all(list(shapes.values()))
    for name, lon, lat in WATERS:
        x, y = frame.px([(lon, lat)])[0]
        text = reading.say(name)
        half = text_width(text, 11.5) / 2
        dry = shapely.box(x - half, y - 6, x + half, y + 6).intersection(land).area > 0.25 * half * 24
        if not dry:
            for dy in (0, -14, 14, -28, 28):
                if names.at(float(x), float(y) + dy, text, hue="map-water-text", italic=True, halo=False):
                    break


def country_names(reading: Reading, names: Names, shapes: dict[str, shapely.Geometry], corridor: set[str]) -> None:
    """Name the countries within their borders, those of the corridor first."""
    spacing = 1.4
    ranked = sorted(shapes.items(), key=lambda item: (item[0] not in corridor, -item[1].area))
    for code, shape in ranked:
        text = reading.country(code).upper()
        wide = text_width(text, 11, spacing=spacing)
        part = max((piece for piece in shapely.get_parts(shape)), key=lambda piece: piece.area)
        left, top, right, bottom = part.bounds
        if len(code) != 2 or right - left < 0.7 * wide or bottom - top < 14:
            continue
        shown = part.intersection(shapely.box(*_edges(names.frame)))
        for x, y in _inner_points(shown, wide):
            if names.at(x, y, text, hue="ink3", size=11, spacing=spacing):
                break


def _edges(box: Box) -> tuple[float, float, float, float]:
    return box.left, box.top, box.right, box.bottom


def _inner_points(shape: shapely.Geometry, wide: float) -> list[tuple[float, float]]:
    """Points at which a text mostly lies within a shape, from its middle outward."""
    if shape.is_empty:
        return []
    left, top, right, bottom = shape.bounds
    middle = shape.centroid
    xs, ys = np.linspace(left, right, 15)[1:-1], np.linspace(top, bottom, 15)[1:-1]
    grid = np.array([(x, y) for x in xs for y in ys])
    boxes = shapely.box(grid[:, 0] - wide / 2, grid[:, 1] - 6, grid[:, 0] + wide / 2, grid[:, 1] + 6)
    held = shapely.area(shapely.intersection(boxes, shape)) >= 0.92 * wide * 12
    order = np.argsort(np.hypot(grid[:, 0] - middle.x, grid[:, 1] - middle.y))
    return [(float(x), float(y)) for x, y in grid[order][held[order]]]


def scale_bar(reading: Reading, frame: Frame, names: Names) -> str:
    """Scale bar with the latitude it is true at, as SVG."""
    x, y = 10.0, frame.height - 14
    _, lat = frame.degrees(frame.width / 2, frame.height / 2)
    km = next(
        km for km in (1000, 500, 200, 100, 50, 20, 10) if frame.px_of_km(km, frame.width / 2, frame.height / 2) < 130
    )
    long = frame.px_of_km(km, frame.width / 2, frame.height / 2)
    words = mark("{km} km at {latitude}° N") if lat >= 0 else mark("{km} km at {latitude}° S")
    text = reading.say(words, km=reading.numbers.decimal(km), latitude=reading.numbers.decimal(abs(lat)))
    names.block(Box(0, y - 22, max(long, text_width(text, 11)) + 14, frame.height))
    return (
        f'<text x="{x}" y="{y - 7}" font-size="11" fill="{LIGHT["ink2"]}" stroke="{LIGHT["map-corridor"]}"'
        f' stroke-width="3" stroke-linejoin="round" paint-order="stroke">{escape(text)}</text>'
        f'<path d="M{x} {y - 4}v4h{long:.1f}v-4" fill="none" stroke="{LIGHT["ink2"]}" stroke-width="1.2"/>'
    )


def quiet_corner(frame: Frame, points: NDArray[np.float64], wide: float, high: float) -> tuple[float, float]:
    """Corner, else place at an edge, that the fewest of some points lie in; the lower left is the scale bar's."""
    right, low = frame.width - wide - 8, frame.height - high - 8
    corners = [(right, low), (right, 8.0), (8.0, 8.0), (8.0, low - 30)]
    corners += [(x, float(y)) for y in np.arange(low - high, high, -high / 2) for x in (right, 8.0)]

    def crossed(corner: tuple[float, float]) -> int:
        low_end, high_end = np.array(corner) - 12, np.array(corner) + np.array([wide + 12, high + 12])
        return int(((points > low_end) & (points < high_end)).all(axis=1).sum())

    return min(corners, key=crossed)


def framed(reading: Reading, frame: Frame, body: str, *, credits_below: bool = False) -> str:
    """A map's SVG from what is drawn in its window, with the credits below if it is to stand alone."""
    height = frame.height
    if credits_below:
        written, depth = _credits(reading, frame)
        # What lies outside the window is hidden by its own frame, so that it does not show under the credits.
        body = (
            f'<svg width="{frame.width:g}" height="{frame.height:g}" viewBox="0 0 {frame.width:g} {frame.height:g}">'
            f"{body}</svg>{written}"
        )
        height += depth
    family = FONT.replace('"', "'")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {frame.width:g} {height:g}"'
        f' width="{frame.width:g}" height="{height:g}" font-family="{family}">{body}</svg>'
    )
