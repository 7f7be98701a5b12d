"""Use of capacity by year: a hollow dot for the base year, a filled one for the later, a rule at what can be carried."""

from __future__ import annotations

import math
from collections.abc import Sequence

from keruen.languages import mark
from keruen.report.charts.marks import Axis, Canvas, Row, finished
from keruen.report.labels import Box, clash, shortened, text_width
from keruen.report.loads import FULL, Loads, Narrow
from keruen.report.theme import CHART_TEXT, SMALL_TEXT

__all__ = ["capacity_chart"]

_NARROW, _WIDE = 480, 900  # px; below and above which there are fewer and more columns
_ROW, _TALL_ROW = 38.0, 62.0
_HEAD = 46.0
_NAMES_SHARE = 0.3
_TICKS = (0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0)
_FROM, _TO = 0.4, 1.15  # least span of the axis, which begins at nought where some use is below half of _FROM
_PAST = 1.0

_Column = tuple[list[str], list[str], float]
"""Heading lines, a text a row, and width with the gap before it, px."""


def capacity_chart(loads: Loads, width: int) -> Row:
    """Chart of the crossings and sections nearest to or past capacity.

    Parameters
    ----------
    loads : Loads
        Assigned freight.
    width : int
        Width, px. Wide: name, chart, hours and money of both years; narrower, of the later year only.

    Returns
    -------
    dict
        Vega-Lite specification.
    """
    rows = loads.narrow
    narrow = width < _NARROW
    columns = [] if narrow else _columns(loads, rows, width)
    right = sum(wide for _, _, wide in columns) + (8 if not narrow else 50)
    names = [shortened(_named(row), _NAMES_SHARE * width, CHART_TEXT + 0.5) for row in rows]
    left = 16.0 if narrow else max((text_width(name, CHART_TEXT + 0.5) for name in names), default=0.0) + 18
    low, high = _ends(rows)
    across = Axis.between("use", (low, left), (high, width - right))
    row_px = _TALL_ROW if narrow else _ROW
    canvas = Canvas(width, _HEAD + row_px * max(len(rows), 1) + 4, across, Axis("row_px", 1.0, 0.0))
    _ground(canvas, loads, (low, high), width)
    middles = [_HEAD + row_px * number + (row_px - 16 if narrow else row_px / 2) for number in range(len(rows))]
    _marks(canvas, rows, middles)
    for number, (row, middle) in enumerate(zip(rows, middles, strict=True)):
        if narrow:
            said = f"{loads.reading.numbers.in_hours(row.hours[-1])} · {_usd(loads, row.usd[-1])}"
            room = width - text_width(said, SMALL_TEXT) - 14
            canvas.text(shortened(_named(row), room, CHART_TEXT + 0.5, bold=True), 1, middle - 22, size=12.5, bold=True)
            canvas.text(said, width - 1, middle - 22, "ink2", size=SMALL_TEXT, anchor="end", halo="page")
        else:
            canvas.text(names[number], left - 12, middle + 4, size=12.5, anchor="end")
        _labels(canvas, loads, row, middle, first=number == 0)
    _write_columns(canvas, columns, middles, width)
    return finished(canvas)


def _named(row: Narrow) -> str:
    return f"{row.name}*" if row.foreign_only else row.name


def _ends(rows: Sequence[Narrow]) -> tuple[float, float]:
    """Ends of the axis; it begins at nought, as a share of capacity is read from there, unless all are far from it."""
    uses = [use for row in rows for use in row.use if math.isfinite(use)]
    low = 0.0 if min(uses, default=0.0) < _FROM else 0.25
    return low, max(_TO, max(uses, default=0.0) * 1.06)


def _usd(loads: Loads, usd: float) -> str:
    words = mark("USD {number} m")
    number = loads.reading.numbers.amount(usd / 1e6)
    return loads.reading.say(words, number=number).replace(" ", "\N{NO-BREAK SPACE}")


def _columns(loads: Loads, rows: Sequence[Narrow], width: int) -> list[_Column]:
    """Columns at the right, left to right: for each year shown the hours, then the money."""
    reading, numbers = loads.reading, loads.reading.numbers
    years = range(len(loads.years)) if width >= _WIDE else range(len(loads.years) - 1, len(loads.years))
    found: list[_Column] = []
    for heading, unit, values, scale in (
        (mark("Queue"), mark("hours"), "hours", 1.0),
        (mark("Its cost"), mark("USD m a year"), "usd", 1e6),
    ):
        titles = [reading.say(heading), reading.say(unit)]
        group = []
        for number, year in enumerate(years):
            first = number == 0
            head = [*(titles if first else ["", ""]), str(loads.years[year])]
            texts = [numbers.amount(getattr(row, values)[year] / scale) for row in rows]
            body = max(text_width(text, CHART_TEXT, bold=True) for text in [*texts, head[2]])
            group.append((head, texts, body + (30 if first else 18)))
        # The heading spans the group: what it needs more than the columns is given to the first of them.
        need = max(text_width(titles[0], SMALL_TEXT, bold=True), text_width(titles[1], SMALL_TEXT)) + 30
        head, texts, wide = group[0]
        group[0] = (head, texts, wide + max(0.0, need - sum(column[2] for column in group)))
        found += group
    return found


def _write_columns(canvas: Canvas, columns: Sequence[_Column], middles: Sequence[float], width: int) -> None:
    end = float(width) - 1
    later = {len(columns) - 1, len(columns) // 2 - 1}
    for number in reversed(range(len(columns))):
        head, texts, wide = columns[number]
        last = number in later
        if head[0]:
            start = end if last else end + columns[number + 1][2]
            canvas.text(head[0], start, 10, "ink2", size=SMALL_TEXT, anchor="end", bold=True)
            canvas.text(head[1], start, 24, "ink3", size=SMALL_TEXT, anchor="end")
        canvas.text(head[2], end, 39, "ink3", size=SMALL_TEXT, anchor="end")
        for text, middle in zip(texts, middles, strict=True):
            canvas.text(text, end, middle + 4, "ink" if last else "ink2", anchor="end", bold=last)
        end -= wide


def _ground(canvas: Canvas, loads: Loads, ends: tuple[float, float], width: int) -> None:
    low, high = ends
    top, base = _HEAD - 8, canvas.height
    full, right = canvas.across.px(_PAST), canvas.across.px(high)
    canvas.rects([(full, top, right, base)], "border", opacity=0.07)
    canvas.rules([(full, top, full, base)], "border", strokeWidth=1.4)
    numbers = loads.reading.numbers
    boxes: list[Box] = []
    for tick in sorted(_TICKS, key=lambda tick: (tick != _PAST, tick != _TICKS[1], tick)):
        if not low <= tick <= high:
            continue
        text = numbers.percent(tick)
        if tick == _PAST and width >= _NARROW:
            text = loads.reading.say("{share} of capacity", share=text)
        x, half = canvas.across.px(tick), text_width(text, CHART_TEXT) / 2
        x = min(max(x, half), right - min(half, 0) if tick < high else right)
        box = Box(x - half, 0, x + half, 14)
        if clash(box, boxes, 12) or x - half < canvas.across.px(low) - 30:
            continue
        boxes.append(box)
        canvas.text(text, x, 12, "ink3", anchor="middle")


def _marks(canvas: Canvas, rows: Sequence[Narrow], middles: Sequence[float]) -> None:
    lines: list[tuple[float, float, float, float]] = []
    hollow: list[tuple[float, float]] = []
    filled: list[tuple[float, float]] = []
    past: list[tuple[float, float]] = []
    for row, middle in zip(rows, middles, strict=True):
        first, last = (canvas.across.px(row.use[0]), canvas.across.px(row.use[-1]))
        if math.isfinite(first) and len(row.use) > 1:
            lines.append((first, middle, last, middle))
            hollow.append((first, middle))
        (past if row.use[-1] >= FULL else filled).append((last, middle))
    canvas.rules(lines, "rule2", strokeWidth=2.4)
    canvas.points(hollow, "ink2", size=85)
    canvas.points(hollow, "page", size=30)
    canvas.points(filled, "ink2", size=85)
    canvas.points(past, "border", size=85)


def _labels(canvas: Canvas, loads: Loads, row: Narrow, middle: float, *, first: bool) -> None:
    """Per cent at the filled dot, the pair of load and capacity at the hollow one, the years above the first row."""
    narrow = canvas.width < _NARROW
    old, new = canvas.across.px(row.use[0]), canvas.across.px(row.use[-1])
    right = max(old, new) if math.isfinite(old) else new
    left = min(old, new) if math.isfinite(old) else new
    share = loads.reading.numbers.percent(row.use[-1])
    canvas.text(share, right + 10, middle + 4, bold=True, halo="page")
    pair = row.pair if not row.assumed else loads.reading.say("{pair}, assumed", pair=row.pair)
    room = left - 12 - canvas.across.px(_ends(loads.narrow)[0])
    for text in (pair, row.pair):
        if math.isfinite(old) and text_width(text, SMALL_TEXT) <= room:
            canvas.text(text, left - 10, middle + 4, "ink3", size=SMALL_TEXT, anchor="end")
            break
    if first and not narrow and len(loads.years) > 1 and math.isfinite(old):
        early, late = (str(year) for year in loads.years)
        centre = text_width(early, SMALL_TEXT) + 8
        at = (old, new) if abs(new - old) >= centre else (old - centre / 2, new + centre / 2)
        for text, x in zip((early, late), at if old <= new else at[::-1], strict=True):
            canvas.text(text, x, middle - 9, "ink2", size=SMALL_TEXT, anchor="middle", halo="page")
