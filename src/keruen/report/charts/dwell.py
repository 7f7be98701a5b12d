"""Hours at a facility against use of its capacity: the curve, its band, the flow of today and of later, simulated dots."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from keruen.languages import mark
from keruen.report.charts.marks import Canvas, Row, finished
from keruen.report.labels import Box, clash, shortened, text_box, text_width
from keruen.report.numbers import NBSP, Numbers
from keruen.report.theme import CHART_TEXT, SMALL_TEXT

__all__ = ["Curve", "Dot", "dwell_chart"]

_PANEL, _GAP = 210.0, 26.0  # px: height of a panel, room between columns
_LEAST = 250.0  # px: a panel is at least so wide
_HEAD, _FOOT = 44.0, 26.0
_GUTTER = 54.0  # px: room for the hours beside the axis
_NICE = {1.0: 5, 1.5: 3, 2.0: 4, 3.0: 3, 4.0: 4, 5.0: 5, 6.0: 3, 8.0: 4, 10.0: 5}
"""Round tops of an axis, and into how many parts each is cut."""

Say = Callable[..., str]


@dataclass(frozen=True)
class Dot:
    """A flow worth a mark.

    Attributes
    ----------
    use, hours : float
        Where it is: share of capacity, hours.
    label : str
        When it is: a year, or a flow in words.
    later : bool
        Whether it is drawn filled; today's is hollow.
    """

    use: float
    hours: float
    label: str
    later: bool = False


@dataclass(frozen=True)
class Curve:
    """What one panel shows.

    Attributes
    ----------
    title, sub : str
        Name of the facility, and its capacity in words.
    uses, hours : sequence of float
        Shares of capacity and mean hours, by formula.
    low, high : sequence of float
        Band at the same shares.
    simulated : sequence of (use, hours, half-width)
        Simulated means with their intervals.
    dots : sequence of Dot
        Flows worth a mark.
    """

    title: str
    sub: str
    uses: Sequence[float]
    hours: Sequence[float]
    low: Sequence[float] = ()
    high: Sequence[float] = ()
    simulated: Sequence[tuple[float, float, float]] = ()
    dots: Sequence[Dot] = ()


def dwell_chart(curves: Sequence[Curve], say: Say, numbers: Numbers, width: int) -> Row:
    """Chart of hours against flow, a panel a facility, all on one scale.

    Parameters
    ----------
    curves : sequence of Curve
        Panels in order.
    say : callable
        Translates, see :meth:`keruen.languages.Language.say`.
    numbers : Numbers
        Numbers of the reader's language.
    width : int
        Width, px.

    Returns
    -------
    dict
        Vega-Lite specification.
    """
    columns = max(min(int((width + _GAP) / (_LEAST + _GAP)), len(curves), 3), 1)
    rows = math.ceil(len(curves) / columns)
    top, parts = _ceiling(max(max([*one.high, *one.hours, *(dot.hours for dot in one.dots)]) for one in curves))
    canvas = Canvas(width, rows * (_HEAD + _PANEL + _FOOT))
    wide = (width - _GAP * (columns - 1)) / columns
    most = max(max(one.uses) for one in curves)
    for number, curve in enumerate(curves):
        row, column = divmod(number, columns)
        frame = _Frame(canvas, column * (wide + _GAP), row * (_HEAD + _PANEL + _FOOT) + _HEAD, wide, most, top, parts)
        _draw(frame, curve, say, numbers)
    return finished(canvas)


def _ceiling(hours: float) -> tuple[float, int]:
    """Return a round number of hours a little above, and into how many parts the axis is cut."""
    step = 10.0 ** math.floor(math.log10(max(hours, 1e-9)))
    return next(((step * nice, parts) for nice, parts in _NICE.items() if step * nice >= hours * 1.02), (20 * step, 4))


@dataclass(frozen=True)
class _Frame:
    """The rectangle of a panel with its scales."""

    canvas: Canvas
    left: float
    up: float
    wide: float
    most: float
    top: float
    parts: int

    def x(self, use: float) -> float:
        return self.left + _GUTTER + (self.wide - _GUTTER - 6) * use / self.most

    def y(self, hours: float) -> float:
        return self.up + _PANEL * (1 - min(hours, self.top) / self.top)


def _draw(frame: _Frame, curve: Curve, say: Say, numbers: Numbers) -> None:
    canvas, right = frame.canvas, frame.left + frame.wide
    title = shortened(curve.title, frame.wide - 4, CHART_TEXT + 1, bold=True)
    canvas.text(title, frame.left + 1, frame.up - 28, size=CHART_TEXT + 1, bold=True)
    canvas.text(
        shortened(curve.sub, frame.wide - 4, SMALL_TEXT), frame.left + 1, frame.up - 12, "ink3", size=SMALL_TEXT
    )
    _ground(frame, say, numbers, right)
    if len(curve.low):
        band = [(frame.x(u), frame.y(a), frame.y(b)) for u, a, b in zip(curve.uses, curve.low, curve.high, strict=True)]
        canvas.band(band, "ink3", opacity=0.16)
    shown = [(frame.x(u), frame.y(h)) for u, h in zip(curve.uses, curve.hours, strict=True) if h <= frame.top]
    canvas.line(shown, "ink2", strokeWidth=2)
    simulated = [one for one in curve.simulated if one[1] <= frame.top]
    canvas.rules(
        [(frame.x(u), frame.y(h - half), frame.x(u), frame.y(h + half)) for u, h, half in simulated], "accent",
        strokeWidth=1.4,
    )  # fmt: skip
    canvas.points([(frame.x(u), frame.y(h)) for u, h, _ in simulated], "accent", size=42)
    taken = [
        Box(frame.x(dot.use) - 5, frame.y(dot.hours) - 5, frame.x(dot.use) + 5, frame.y(dot.hours) + 5)
        for dot in curve.dots
    ]
    for dot in curve.dots:
        _mark(frame, dot)
    for dot in reversed(curve.dots):  # the later year matters more
        _name(frame, dot, numbers, taken)


def _ground(frame: _Frame, say: Say, numbers: Numbers, right: float) -> None:
    """Draw the grid with its hours, and the rule at capacity."""
    canvas = frame.canvas
    for k in range(frame.parts + 1):
        hours = frame.top * k / frame.parts
        canvas.rules([(frame.x(0), frame.y(hours), right, frame.y(hours))], "rule", strokeWidth=1)
        text = numbers.amount(hours) if k < frame.parts else say(mark("{number} h"), number=numbers.amount(hours))
        canvas.text(text.replace(" ", NBSP), frame.x(0) - 6, frame.y(hours) + 4, "ink3", size=SMALL_TEXT, anchor="end")
    full = frame.x(1.0)
    if frame.most > 1.0:
        canvas.rects([(full, frame.up, right, frame.up + _PANEL)], "border", opacity=0.07)
    canvas.rules([(full, frame.up, full, frame.up + _PANEL)], "ink3", strokeDash=[2, 3])
    base = frame.up + _PANEL + 16
    whole = say(mark("{share} of capacity"), share=numbers.percent(1.0))
    canvas.text(numbers.percent(0.0), frame.x(0), base, "ink3", size=SMALL_TEXT, anchor="middle")
    end = min(full + text_width(whole, SMALL_TEXT) / 2, right)
    canvas.text(whole, end, base, "ink3", size=SMALL_TEXT, anchor="end")
    if end - text_width(whole, SMALL_TEXT) - frame.x(0.5) > text_width(numbers.percent(0.5), SMALL_TEXT) / 2 + 10:
        canvas.text(numbers.percent(0.5), frame.x(0.5), base, "ink3", size=SMALL_TEXT, anchor="middle")


def _mark(frame: _Frame, dot: Dot) -> None:
    """Draw a dot."""
    canvas, x, y = frame.canvas, frame.x(min(dot.use, frame.most)), frame.y(dot.hours)
    if dot.later:
        canvas.points([(x, y)], "border" if dot.use >= 1 else "ink2", size=85)
    else:
        canvas.points([(x, y)], "ink2", size=85)
        canvas.points([(x, y)], "page", size=30)


def _name(frame: _Frame, dot: Dot, numbers: Numbers, taken: list[Box]) -> None:
    """Say when and how long, in the first place beside the dot where nothing else stands."""
    x, y = frame.x(min(dot.use, frame.most)), frame.y(dot.hours)
    text = f"{dot.label}: {numbers.in_hours(dot.hours)}"
    places = [(x - 8, y - 7 - rise, "end") for rise in (0, 16, 32, 48)]
    places += [
        (x + 9, y + 15, "start"),
        (x - 8, y + 16, "end"),
        *((x + 9, y - 8 - rise, "start") for rise in (0, 16, 32)),
    ]
    for across, down, anchor in places:
        box = text_box(text, across, down, SMALL_TEXT, anchor=anchor, bold=True)
        inside = box.left >= frame.left and box.right <= frame.left + frame.wide and box.bottom <= frame.up + _PANEL + 2
        if inside and not clash(box, taken, 2):
            taken.append(frame.canvas.text(text, across, down, size=SMALL_TEXT, anchor=anchor, bold=True, halo="page"))
            return
