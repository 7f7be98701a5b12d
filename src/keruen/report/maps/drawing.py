"""The map of routes and stops as one SVG in light hex values."""

from __future__ import annotations

import math
from html import escape

import numpy as np

from keruen.report.labels import Box, text_width
from keruen.report.maps.courses import Course, courses, lines
from keruen.report.maps.frame import Frame
from keruen.report.maps.furniture import at_place, country_names, framed, quiet_corner, scale_bar, waters
from keruen.report.maps.ground import countries, ground, railways
from keruen.report.maps.names import Names
from keruen.report.reading import HIGH_SEAS, Reading, Stop
from keruen.report.tokens import LIGHT, text_token

__all__ = ["route_map"]

_SMALL = 480  # px
_NAMED_SMALL = 7  # stops named on a map narrower than that
_MOST_RADIUS = {True: 11.0, False: 16.0}  # px, of the longest stop, on a narrow map and a wide one
_LEAST_H = 2.0  # a shorter stop has no circle
_KEY_SIZE = (112.0, 92.0)


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
    key = _size_key(reading, frame, names)
    scale = scale_bar(reading, frame, names)
    marks.insert(0, _stops(reading, frame, names))
    _route_names(reading, drawn, names, width)
    waters(reading, frame, names, shapes)
    country_names(reading, names, shapes, corridor)
    body = (
        ground(shapes, corridor, railways(reading, frame, used), frame)
        + lines(drawn, reading)
        + "".join(marks)
        + names.svg()
        + scale
        + key
    )
    return framed(reading, frame, body, credits_below=credits_below)


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
    placed = [(stop, *at_place(reading, frame, stop.place)) for stop in ranked if stop.place not in ends]
    for stop, x, y in placed:
        radius = _radius(stop.total_h, most, frame)
        color = LIGHT[stop.kind]
        circle = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}"'
        parts.append(
            f'{circle} fill="none" stroke="{LIGHT["map-corridor"]}" stroke-width="4"/>'
            f'{circle} fill="{color}" fill-opacity="0.26" stroke="{color}" stroke-width="1.4"/>'
        )
        names.mark(x, y, radius, covered=0.7)
    room = len(placed) if frame.width >= _SMALL else _NAMED_SMALL
    for stop, x, y in placed:
        radius, hours = _radius(stop.total_h, most, frame), reading.numbers.in_hours(stop.total_h)
        room -= names.around(x, y, radius, stop.name, hours)
        if not room:
            break
    return "".join(parts)


def _ends(reading: Reading, frame: Frame, names: Names) -> str:
    place = str(reading.first["origin"])
    x, y = at_place(reading, frame, place)
    names.mark(x, y, 6)
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


def _size_key(reading: Reading, frame: Frame, names: Names) -> str:
    lost = _lost(reading)
    if not lost or frame.width < _SMALL:
        return ""
    most = max(stop.total_h for stop in lost.values())
    wide, high = _KEY_SIZE
    title = reading.say("Hours lost, one way")
    wide = max(wide, text_width(title, 11) + 20)
    left, top = quiet_corner(frame, names.lines, wide, high)
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
