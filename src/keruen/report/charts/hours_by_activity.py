"""Hours of a journey by activity as stacked bars: greys move, colours stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from keruen.report.charts.marks import Axis, Canvas, Row, finished
from keruen.report.labels import text_width
from keruen.report.reading import Reading
from keruen.report.tokens import ACTIVITIES

__all__ = ["country_hours_chart", "route_hours_chart"]

_NARROW = 400  # px; below it names stand above their bars
_NAMES_SHARE = 0.36  # of the width; longer names stand above their bars too
_BAR = 24.0
_VALUE_FROM_H = 24.0  # a value is written inside a bar of a day or more, where it fits
_VALUE_SIZE = 11.5
_NAME_SIZE = 12.5

Bar = tuple[str, Mapping[str, float], bool]
"""Name, hours by activity, whether it is in front."""


def route_hours_chart(reading: Reading, width: int) -> Row:
    """Bars of all routes.

    Parameters
    ----------
    reading : Reading
        The routes.
    width : int
        Width, px.

    Returns
    -------
    dict
        Vega-Lite specification.
    """
    bars = [(reading.route(name), reading.hours(name), name == reading.front) for name in reading.order]
    return _bars(reading, bars, width)


def country_hours_chart(reading: Reading, width: int) -> Row:
    """Bars of the route in front, by country in the order of travel.

    Parameters
    ----------
    reading : Reading
        The routes; the first is drawn.
    width : int
        Width, px.

    Returns
    -------
    dict
        Vega-Lite specification.
    """
    found = reading.by_country(reading.front) if reading.front else []
    return _bars(reading, [(reading.country(code), hours, False) for code, hours in found], width)


def _bars(reading: Reading, bars: Sequence[Bar], width: int) -> Row:
    totals = [sum(hours.values()) for _, hours, _ in bars]
    texts = [reading.numbers.in_hours(total) for total in totals]
    names = max((text_width(name, _NAME_SIZE, bold=front) for name, _, front in bars), default=0.0)
    above = width < _NARROW or names > _NAMES_SHARE * width
    row = 44.0 if above else 38.0
    left = 1.0 if above else names + 10
    right = max((text_width(text, _NAME_SIZE, bold=True) for text in texts), default=0.0) + 12
    across = Axis.between("hours", (0.0, left), (max(totals, default=1.0) or 1.0, width - right))
    canvas = Canvas(width, max(row * len(bars), 1), across, Axis("row_px", 1.0, 0.0))
    _segments(canvas, bars, row, above)
    for number, ((name, hours, front), total, text) in enumerate(zip(bars, totals, texts, strict=True)):
        top = _top(number, row, above)
        if above:
            canvas.text(name, left, top - 6, size=_NAME_SIZE, bold=True)
        else:
            canvas.text(name, left - 8, top + 16.5, size=_NAME_SIZE, anchor="end", bold=front)
        canvas.text(text, across.px(total) + 7, top + 16.5, size=_NAME_SIZE, bold=True)
        _values(canvas, reading, hours, top)
    return finished(canvas)


def _top(number: int, row: float, above: bool) -> float:
    return number * row + (row - _BAR - 2 if above else (row - _BAR) / 2)


def _segments(canvas: Canvas, bars: Sequence[Bar], row: float, above: bool) -> None:
    for name in ACTIVITIES:
        ends = []
        for number, (_, hours, _) in enumerate(bars):
            before = sum(hours[other] for other in ACTIVITIES[: ACTIVITIES.index(name)])
            if hours[name] > 0:
                top = _top(number, row, above)
                start, end = canvas.across.px(before), canvas.across.px(before + hours[name])
                gap = min(0.5, (end - start) / 4)  # segments are parted by a pixel of ground
                ends.append((start + gap, top, end - gap, top + _BAR))
        canvas.rects(ends, name)


def _values(canvas: Canvas, reading: Reading, hours: Mapping[str, float], top: float) -> None:
    before = 0.0
    for name in ACTIVITIES:
        value = hours[name]
        text = reading.numbers.decimal(value)
        room = canvas.across.px(value) - canvas.across.px(0) - 5
        if value >= _VALUE_FROM_H and text_width(text, _VALUE_SIZE) <= room:
            middle = canvas.across.px(before + value / 2)
            canvas.text(text, middle, top + 16, f"on-{name}", size=_VALUE_SIZE, anchor="middle")
        before += value
