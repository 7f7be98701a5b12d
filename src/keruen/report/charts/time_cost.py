"""Days and dollars a tonne against kilometres: a slope moves, a vertical step stands."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import pandas as pd

from keruen.languages import mark
from keruen.report.charts.marks import Axis, Canvas, Row, finished
from keruen.report.labels import Box, clash, shortened, spread, text_width
from keruen.report.reading import ACTIVITY_WORDS, HIGH_SEAS, Reading, Stop
from keruen.report.theme import CHART_TEXT, SMALL_TEXT
from keruen.report.tokens import STANDING, text_token

__all__ = ["time_cost_chart"]

_NARROW, _WIDE = 480, 900  # px; below and above which labels are fewer and more
_LABEL_GAP = 15.0
_END_SHARE = 0.36  # of the width, for the labels at the ends of lines
_STEP_PX = 5
_LEAST_STEP_PX = 3.0  # a stop shorter than this on paper carries no name


@dataclass(frozen=True)
class _Panel:
    """One of the two charts: what it measures and how it is written."""

    value: str  # column of the running total
    scale: float  # units of the column in one unit of the axis
    top: float
    bottom: float
    height: float
    unit: Callable[[str], str]
    end_label: Callable[[float], str]
    step: Callable[[Stop], tuple[float, float]]
    note: Callable[[Stop], str]


def time_cost_chart(reading: Reading, width: int) -> Row:
    """Chart of time and cost against distance of all routes.

    Parameters
    ----------
    reading : Reading
        The routes; the first is in front.
    width : int
        Width, px.

    Returns
    -------
    dict
        Vega-Lite specification of two charts that share the scale of distance; its width is exactly ``width``.
    """
    panels = [_time(reading, width), _cost(reading, width)]
    left = max(_left(reading, panel) for panel in panels)
    right = max(_right(reading, panel, width) for panel in panels)
    ends = (left, width - right)
    last_km = float(reading.routes["distance_km"].max())
    across = Axis.between("km", (0.0, ends[0]), (last_km * 1.02, ends[1]))
    return finished(
        *(_draw(reading, panel, width, across, ends, bottom=number == 1) for number, panel in enumerate(panels))
    )


def _time(reading: Reading, width: int) -> _Panel:
    numbers, narrow = reading.numbers, width < _NARROW
    return _Panel(
        value="at_h", scale=24.0, top=30, bottom=10, height=340 if not narrow else 270,
        unit=lambda text: reading.say("{number} days", number=text),
        end_label=numbers.in_days,
        step=lambda stop: (stop.from_h, stop.to_h),
        note=lambda stop: _standing(reading, stop, numbers.in_hours(stop.total_h), narrow),
    )  # fmt: skip


def _cost(reading: Reading, width: int) -> _Panel:
    narrow = width < _NARROW
    words = mark("USD {number}") if narrow else mark("USD {number} a tonne")
    return _Panel(
        value="at_usd_per_t", scale=1.0, top=16, bottom=26, height=200 if not narrow else 160,
        unit=lambda text: reading.say(words, number=text),
        end_label=lambda usd: _short_usd(reading, usd),
        step=lambda stop: (stop.from_usd, stop.to_usd),
        note=lambda stop: _standing(reading, stop, _short_usd(reading, stop.to_usd - stop.from_usd), narrow),
    )  # fmt: skip


def _short_usd(reading: Reading, usd: float) -> str:
    return reading.say("USD {number}", number=reading.numbers.decimal(usd)).replace(" ", "\N{NO-BREAK SPACE}")


def _standing(reading: Reading, stop: Stop, amount: str, narrow: bool) -> str:
    if narrow:
        return amount
    words = " + ".join(reading.say(ACTIVITY_WORDS[name]) for name in STANDING if name in stop.hours)
    return f"{words} {amount}"


def _ticks(top: float, most: int) -> list[float]:
    """Round values from zero to the first at or past the top, at most so many steps."""
    raw = top / most
    power = 10 ** math.floor(math.log10(raw))
    step = next(step for m in (1, 2, 2.5, 5, 10) if (step := m * power) >= raw)
    return [step * i for i in range(math.ceil(top / step) + 1)]


def _top(reading: Reading, panel: _Panel) -> float:
    values = [float(reading.legs(name)[panel.value].max()) for name in reading.order]
    if panel.value == "at_h" and reading.front:
        values.append(float(reading.legs(reading.front)["at_high_h"].max()))
    return max(values) / panel.scale


def _tick_texts(reading: Reading, panel: _Panel) -> list[tuple[float, str]]:
    ticks = _ticks(_top(reading, panel), 4)
    places = 0 if all(tick == int(tick) for tick in ticks) else 1
    texts = [reading.numbers.decimal(tick, places) for tick in ticks]
    return [*zip(ticks[:-1], texts[:-1], strict=True), (ticks[-1], panel.unit(texts[-1]))]


def _left(reading: Reading, panel: _Panel) -> float:
    return max(text_width(text, CHART_TEXT) for _, text in _tick_texts(reading, panel)) + 10


def _end_text(reading: Reading, panel: _Panel, name: str, width: float) -> str:
    amount = panel.end_label(float(reading.legs(name)[panel.value].iloc[-1]))
    if width < _NARROW:
        return amount
    room = _END_SHARE * width - text_width("  " + amount, CHART_TEXT, bold=True) - 10
    return f"{shortened(reading.route(name), room, CHART_TEXT, bold=True, tail=True)}  {amount}"


def _right(reading: Reading, panel: _Panel, width: int) -> float:
    texts = [_end_text(reading, panel, name, width) for name in reading.order]
    return max(text_width(text, CHART_TEXT, bold=True) for text in texts) + 10


def _draw(
    reading: Reading, panel: _Panel, width: int, across: Axis, ends: tuple[float, float], *, bottom: bool
) -> Canvas:
    ticks = _tick_texts(reading, panel)
    base, roof = panel.height - panel.bottom, panel.top
    down = Axis.between("days" if panel.scale > 1 else "usd_per_t", (0.0, base), (ticks[-1][0], roof))
    canvas = Canvas(width, panel.height, across, down)
    _countries(canvas, reading, ends, (0 if not bottom else roof - 8, base), names=not bottom)
    _grid(canvas, ticks, ends)
    _lines(canvas, reading, panel)
    if reading.front:
        _steps(canvas, reading, panel)
    _end_labels(canvas, reading, panel, ends, (roof, base))
    if bottom:
        _distances(canvas, reading, base, ends, width)
    if reading.front:
        _stop_labels(canvas, reading, panel, ends, width)
    return canvas


def _countries(
    canvas: Canvas, reading: Reading, ends: tuple[float, float], rows: tuple[float, float], *, names: bool
) -> None:
    if reading.front is None:
        return
    spans = reading.spans(reading.front)
    tinted = [spans[i] for i in range(0, len(spans), 2)]
    canvas.rects([(canvas.across.px(a), rows[0], canvas.across.px(b), rows[1]) for _, a, b in tinted], "band")
    for code, start, end in spans if names else []:
        room = canvas.across.px(end) - canvas.across.px(start) - 6
        full = reading.country(code)
        options = [full] if code == HIGH_SEAS else [full, code]
        fitting = next((text for text in options if text_width(text, SMALL_TEXT) <= room), None)
        if fitting:
            middle = canvas.across.px((start + end) / 2)
            canvas.text(fitting, middle, rows[0] + 15, "ink3", size=SMALL_TEXT, anchor="middle")


def _grid(canvas: Canvas, ticks: Sequence[tuple[float, str]], ends: tuple[float, float]) -> None:
    rows = [canvas.down.px(tick) for tick, _ in ticks]
    canvas.rules([(ends[0], y, ends[1], y) for y in rows[1:]], "rule")
    canvas.rules([(ends[0], rows[0], ends[1], rows[0])], "rule2")
    for (_, text), y in zip(ticks, rows, strict=True):
        canvas.text(text, ends[0] - 7, y + 4, "ink3", anchor="end")


def _course(canvas: Canvas, legs: pd.DataFrame, panel: _Panel, column: str) -> list[tuple[float, float]]:
    kms, values = legs["at_km"].to_numpy(), legs[column].to_numpy() / panel.scale
    start = [(canvas.across.px(0.0), canvas.down.px(0.0))]
    return start + [(canvas.across.px(km), canvas.down.px(v)) for km, v in zip(kms, values, strict=True)]


def _lines(canvas: Canvas, reading: Reading, panel: _Panel) -> None:
    front = reading.front
    if front and panel.value == "at_h":
        legs = reading.legs(front)
        low, high = (_course(canvas, legs, panel, f"at_{end}_h") for end in ("low", "high"))
        rows = [(a[0], a[1], b[1]) for a, b in zip(low, high, strict=True)]
        canvas.band(rows, reading.hue(front), opacity=0.14)
    for name in reversed(reading.order):
        points = _course(canvas, reading.legs(name), panel, panel.value)
        if name == front:
            canvas.line(points, reading.hue(name), strokeWidth=2.8)
        else:
            canvas.line(points, reading.hue(name), strokeWidth=1.2, opacity=0.65)


def _steps(canvas: Canvas, reading: Reading, panel: _Panel) -> None:
    """Stops of the front route as thick vertical pieces, one an activity."""
    rows: dict[str, list[tuple[float, float, float, float]]] = {}
    for stop in reading.stops(reading.front or ""):
        start, end = (value / panel.scale for value in panel.step(stop))
        at, total = start, sum(stop.hours.values())
        for name in STANDING:
            share = stop.hours.get(name, 0.0) / total if total else 0.0
            if share:
                then = at + (end - at if name == list(stop.hours)[-1] else (end - start) * share)
                x = canvas.across.px(stop.km)
                rows.setdefault(name, []).append((x, canvas.down.px(at), x, canvas.down.px(then)))
                at = then
    for name, ends in rows.items():
        canvas.rules(ends, name, strokeWidth=_STEP_PX, strokeCap="butt")


def _end_labels(
    canvas: Canvas, reading: Reading, panel: _Panel, ends: tuple[float, float], rows: tuple[float, float]
) -> None:
    lasts = [reading.legs(name).iloc[-1] for name in reading.order]
    marks = [(canvas.across.px(row["at_km"]), canvas.down.px(row[panel.value] / panel.scale)) for row in lasts]
    places = spread([y for _, y in marks], _LABEL_GAP, rows[0] + 2, rows[1] - 4)
    for name, (x, y), place in zip(reading.order, marks, places, strict=True):
        hue = reading.hue(name)
        canvas.rules([(x + 4, y, ends[1], place)], hue, strokeDash=[1, 3])
        canvas.points([(x, y)], hue)
        text = _end_text(reading, panel, name, canvas.width)
        canvas.text(text, ends[1] + 6, place + 4, text_token(hue), bold=name == reading.front)


def _distances(canvas: Canvas, reading: Reading, base: float, ends: tuple[float, float], width: int) -> None:
    last = canvas.across.value(ends[1])
    ticks = [tick for tick in _ticks(last, 3 if width < _NARROW else 5) if tick <= last]
    for tick in ticks:
        number = reading.numbers.decimal(tick)
        text = reading.say("{number} km", number=number).replace(" ", "\N{NO-BREAK SPACE}")
        text = text if tick == ticks[-1] else number
        canvas.text(text, canvas.across.px(tick), base + 17, "ink3", anchor="middle")


def _stop_labels(canvas: Canvas, reading: Reading, panel: _Panel, ends: tuple[float, float], width: int) -> None:
    """Names of the front route's longest stops, below right of the step where the plot is empty."""
    most = 2 if width < _NARROW else 4 if width < _WIDE else 6
    stops = sorted(reading.stops(reading.front or ""), key=lambda stop: -stop.total_h)
    floor = canvas.down.px(0.0)
    front = reading.front or ""
    marks = _obstacles(canvas, reading, panel, front)
    thin = [box for name in reading.order if name != front for box in _obstacles(canvas, reading, panel, name)]
    done = 0
    for stop in stops:
        x, low, high = canvas.across.px(stop.km), *(canvas.down.px(v / panel.scale) for v in panel.step(stop))
        if done == most or low - high < _LEAST_STEP_PX or stop.km <= 0:
            continue
        note = panel.note(stop)
        wide = max(text_width(stop.name, CHART_TEXT, bold=True), text_width(note, CHART_TEXT))
        free: list[tuple[int, int, Box, float]] = []
        for dx, dy in _places(wide):
            box = Box(x + dx, low + dy - 11, x + dx + wide, low + dy + 17)
            outside = box.bottom > floor or box.right > ends[1] - 2 or box.left < ends[0] + 2
            if not (outside or clash(box, canvas.boxes, 2) or any(box.meets(mark) for mark in marks)):
                free.append((sum(box.meets(line) for line in thin), len(free), box, float(low + dy)))
        if free:  # where the plot is empty; over the fewest thin lines where it is nowhere
            *_, box, base = min(free)
            canvas.text(stop.name, box.left, base, "ink", bold=True, halo="page")
            canvas.text(note, box.left, base + 14, "ink2", halo="page")
            done += 1


def _places(wide: float) -> list[tuple[float, float]]:
    right = [(8.0, dy) for dy in (15.0, 8.0, 24.0, 34.0, 46.0, 60.0, 76.0)]
    left = [(-wide - 8.0, dy) for dy in (-30.0, -44.0)]
    return right + [(20.0, dy) for dy in (24.0, 40.0, 56.0)] + left


def _obstacles(canvas: Canvas, reading: Reading, panel: _Panel, name: str) -> list[Box]:
    """The line of a route and its steps as small boxes."""
    points = _course(canvas, reading.legs(name), panel, panel.value)
    boxes = []
    for (x0, y0), (x1, y1) in pairwise(points):
        pieces = max(1, math.ceil(max(abs(x1 - x0), abs(y1 - y0)) / 12))
        for i in range(pieces):
            xa, xb = (x0 + (x1 - x0) * t / pieces for t in (i, i + 1))
            ya, yb = (y0 + (y1 - y0) * t / pieces for t in (i, i + 1))
            boxes.append(Box(min(xa, xb) - 2, min(ya, yb) - 2, max(xa, xb) + 2, max(ya, yb) + 2))
    return boxes
