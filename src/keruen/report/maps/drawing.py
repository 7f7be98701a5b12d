"""The map of routes and stops as one SVG in light hex values."""

from __future__ import annotations

import math
from html import escape

import numpy as np
import shapely

from keruen.languages import mark
from keruen.report.labels import Box, text_width
from keruen.report.maps.courses import Course, courses, lines
from keruen.report.maps.frame import Frame
from keruen.report.maps.ground import WATERS, countries, ground, railways
from keruen.report.maps.names import Names
from keruen.report.reading import HIGH_SEAS, Reading, Stop
from keruen.report.tokens import FONT, LIGHT, text_token

__all__ = ["route_map"]

_SMALL = 480  # px; below it only the longest stops are named
_MOST_RADIUS = {True: 11.0, False: 16.0}  # px, of the longest stop, on a narrow map and a wide one
_LEAST_H = 2.0  # a shorter stop has no circle
_KEY_SIZE = (112.0, 92.0)


CREDITS = (
    mark("Boundaries as drawn by Natural Earth; they imply no position on any dispute."),
    mark(
        "Rail: Natural Earth, © OpenStreetMap contributors (ODbL). Sea lanes: searoute. Lambert conformal conic."
        " Lines that share a track are drawn side by side."
    ),
)
"""What stands under every map."""

_CREDIT_SIZE, _CREDIT_LINE = 11.0, 16.0


def route_map(reading: Reading, width: int, *, credits_below: bool = False) -> str:
    """Draw the map.

    Parameters
    ----------
    reading : Reading
        The routes.
    width : int
        Width, px; the height follows from the corridor.
    credits_below : bool, optional
        Whether credits and disclaimer are part of the picture, for a file that stands alone.

    Returns
    -------
    str
        SVG with light hex values.
    """
    frame = Frame.around(reading, width)
    drawn = courses(reading, frame)
    corridor = {code for name in reading.order for code, _ in reading.by_country(name)} - {HIGH_SEAS}
    used = {str(link) for link in reading.comparison.legs["link_id"]}
    shapes = countries(frame)
    points = np.vstack([course.points for course in drawn]) if drawn else np.empty((0, 2))
    names = Names(Box(4, 4, frame.width - 4, frame.height - 4), points)
    marks = [_ends(reading, frame, names)]
    key = _size_key(reading, frame, names, drawn)
    scale = _scale_bar(reading, frame, names)
    marks.insert(0, _stops(reading, frame, names))
    _route_names(reading, drawn, names, width)
    _waters(reading, frame, names, shapes)
    _country_names(reading, names, shapes, corridor, width)
    body = (
        ground(shapes, corridor, railways(reading, frame, used), frame)
        + lines(drawn, reading)
        + "".join(marks)
        + names.svg()
        + scale
        + key
    )
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


def _lost(reading: Reading) -> dict[str, Stop]:
    """Longest stop at each place over all routes."""
    found: dict[str, Stop] = {}
    for name in reading.order:
        for stop in reading.stops(name):
            if stop.total_h >= _LEAST_H and (stop.place not in found or stop.total_h > found[stop.place].total_h):
                found[stop.place] = stop
    return found


def _radius(hours: float, most: float, frame: Frame) -> float:
    return max(3.2, _MOST_RADIUS[frame.width < _SMALL] * math.sqrt(hours / most))


def _stops(reading: Reading, frame: Frame, names: Names) -> str:
    lost = _lost(reading)
    if not lost:
        return ""
    most = max(stop.total_h for stop in lost.values())
    ends = {str(reading.first["origin"])}
    parts = []
    ranked = sorted(lost.values(), key=lambda stop: -stop.total_h)
    placed = [(stop, *_at(reading, frame, stop.place)) for stop in ranked if stop.place not in ends]
    for stop, x, y in placed:
        radius = _radius(stop.total_h, most, frame)
        color = LIGHT[stop.kind]
        circle = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}"'
        parts.append(
            f'{circle} fill="none" stroke="{LIGHT["map-corridor"]}" stroke-width="4"/>'
            f'{circle} fill="{color}" fill-opacity="0.26" stroke="{color}" stroke-width="1.4"/>'
        )
        names.block(Box(x - radius * 0.7, y - radius * 0.7, x + radius * 0.7, y + radius * 0.7))
    named = placed if frame.width >= _SMALL else placed[:7]
    for stop, x, y in named:
        names.around(x, y, _radius(stop.total_h, most, frame), stop.name, reading.numbers.in_hours(stop.total_h))
    return "".join(parts)


def _at(reading: Reading, frame: Frame, place: str) -> tuple[float, float]:
    lon, lat = reading.places.loc[[place], ["lon_deg", "lat_deg"]].to_numpy(dtype=float)[0]
    x, y = frame.px([(lon, lat)])[0]
    return float(x), float(y)


def _ends(reading: Reading, frame: Frame, names: Names) -> str:
    place = str(reading.first["origin"])
    x, y = _at(reading, frame, place)
    names.block(Box(x - 5, y - 5, x + 5, y + 5))
    names.around(x, y, 6, reading.place(place))
    return (
        f'<rect x="{x - 4:.1f}" y="{y - 4:.1f}" width="8" height="8" fill="{LIGHT["ink"]}"'
        f' stroke="{LIGHT["map-corridor"]}" stroke-width="1.5"/>'
    )


def _route_names(reading: Reading, drawn: list[Course], names: Names, width: int) -> None:
    """Name each line once, where it runs alone and there is room beside it."""
    if width < _SMALL:
        return
    for course in drawn:
        text, hue = reading.route(course.route), reading.hue(course.route)
        wide = text_width(text, 12, bold=True)
        inside = (course.points > 8).all(axis=1) & (course.points < [names.frame.right, names.frame.bottom]).all(axis=1)
        alone = np.flatnonzero((course.shared == 1) & inside)
        if not len(alone):
            continue
        order = alone[np.argsort(np.abs(np.arange(len(alone)) - len(alone) / 2), kind="stable")]
        for index in order[:: max(1, len(order) // 60)]:
            x, y = course.points[index]
            for dx in (wide / 2 + 9, -wide / 2 - 9):
                if names.at(x + dx, y, text, hue=text_token(hue), size=12, bold=True):
                    break
            else:
                continue
            break


def _waters(reading: Reading, frame: Frame, names: Names, shapes: dict[str, shapely.Geometry]) -> None:
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


def _country_names(
    reading: Reading, names: Names, shapes: dict[str, shapely.Geometry], corridor: set[str], width: int
) -> None:
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


def _scale_bar(reading: Reading, frame: Frame, names: Names) -> str:
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


def _size_key(reading: Reading, frame: Frame, names: Names, drawn: list[Course]) -> str:
    lost = _lost(reading)
    if not lost or frame.width < _SMALL:
        return ""
    most = max(stop.total_h for stop in lost.values())
    wide, high = _KEY_SIZE
    title = reading.say("Hours lost, one way")
    wide = max(wide, text_width(title, 11) + 20)
    left, top = _quiet_corner(frame, drawn, wide, high)
    names.block(Box(left, top, left + wide, top + high))
    steps = sorted({_round(most), _round(most * 0.4), _round(most * 0.1)}, reverse=True)
    base, middle = top + high - 12, left + 32
    ink = LIGHT["ink2"]
    parts = [
        f'<rect x="{left:.1f}" y="{top:.1f}" width="{wide:.1f}" height="{high}" rx="4"'
        f' fill="{LIGHT["map-corridor"]}" fill-opacity="0.92"/>'
        f'<text x="{left + 10:.1f}" y="{top + 18:.1f}" font-size="11" fill="{ink}">{escape(title)}</text>'
    ]
    for number, hours in enumerate(steps):
        radius = _radius(hours, most, frame)
        y, roof = top + 42 + 14 * number, base - 2 * radius
        said = escape(reading.numbers.in_hours(hours))
        parts.append(
            f'<circle cx="{middle:.1f}" cy="{base - radius:.1f}" r="{radius:.1f}" fill="none" stroke="{ink}"/>'
            f'<path d="M{middle:.1f} {roof:.1f}L{middle + 22:.1f} {y - 4:.1f}" stroke="{LIGHT["rule2"]}" fill="none"/>'
            f'<text x="{middle + 25:.1f}" y="{y:.1f}" font-size="11" fill="{ink}">{said}</text>'
        )
    return "".join(parts)


def _round(hours: float) -> float:
    """Largest handsome number of hours not above this."""
    power = 10 ** math.floor(math.log10(hours)) if hours > 0 else 1
    return max(1.0, max(step * power for step in (1, 1.5, 2, 3, 4, 5, 6, 8) if step * power <= hours or step == 1))


def _quiet_corner(frame: Frame, drawn: list[Course], wide: float, high: float) -> tuple[float, float]:
    """Corner that the fewest points of the routes cross; the lower left belongs to the scale bar."""
    right, low = frame.width - wide - 8, frame.height - high - 8
    corners = [(right, low), (right, 8.0), (8.0, 8.0), (8.0, low - 30)]
    points = np.vstack([course.points for course in drawn])

    def crossed(corner: tuple[float, float]) -> int:
        low_end, high_end = np.array(corner) - 12, np.array(corner) + np.array([wide + 12, high + 12])
        return int(((points > low_end) & (points < high_end)).all(axis=1).sum())

    return min(corners, key=crossed)
