"""What money buys: the best plan of every budget as a step, the chosen budget as a rule, the bound as dashes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from keruen.languages import mark
from keruen.report.charts.marks import Axis, Canvas, Row, finished
from keruen.report.labels import Box, clash, shortened, text_box, text_width
from keruen.report.reading import Reading
from keruen.report.theme import CHART_TEXT, SMALL_TEXT

__all__ = ["Curve", "budget_chart", "money_ticks"]

_NARROW = 480  # px, below which only the two largest steps are named
_HEIGHT, _LOW_HEIGHT = 300.0, 250.0
_TOP, _BOTTOM = 26.0, 30.0
_EDGE = 3.0  # px, within which nothing is drawn, for a line is as wide as that
_PAST = 1.03  # of the largest budget: end of the axis
_MOST_TICKS = 5
_FEW = 2
_LEAST_RISE = 3.0  # px, below which a step is not seen and so not named
_BILLION_MUSD = 2000.0  # from here on an axis counts billions
_NEAR = 1.6
"""A bound further above the best plan than this many times its worth would flatten the curve and is said in words."""


@dataclass(frozen=True)
class Curve:
    """Budget curve of a programme.

    Attributes
    ----------
    steps : tuple of (float, float, str)
        Budget from which a plan is affordable and its net present value, million USD, and what it builds in the
        reader's language that the plan before does not; rising.
    budget_musd, npv_musd : float
        Chosen budget, and what its plan is worth.
    bound_musd : float
        What no plan within the budget is worth more than; infinite where there is none.

    Raises
    ------
    ValueError
        If a plan within the budget is worth more than the bound.
    """

    steps: tuple[tuple[float, float, str], ...]
    budget_musd: float
    npv_musd: float
    bound_musd: float

    def __post_init__(self) -> None:
        above = [
            npv for budget, npv, _ in self.steps if budget <= self.budget_musd and npv > self.bound_musd + self._slack
        ]
        if above:
            raise ValueError(f"a plan is worth {max(above):g}, above the bound {self.bound_musd:g}")

    @property
    def _slack(self) -> float:
        return 1e-6 * max(1.0, abs(self.bound_musd))

    @property
    def near(self) -> bool:
        """Whether the bound can be drawn beside the curve."""
        return self.bound_musd <= _NEAR * max(npv for _, npv, _ in self.steps)


def money_ticks(top: float, most: int = _MOST_TICKS) -> list[float]:
    """At most so many even ticks from nought that cover a value."""
    if top <= 0:
        return [0.0, 1.0]
    rough = top / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough * (1 - 1e-9))
    return [step * i for i in range(math.ceil(top / step - 1e-9) + 1)]


def budget_chart(reading: Reading, curve: Curve, width: int) -> Row:
    """Chart of the budget curve.

    Parameters
    ----------
    reading : Reading
        Language.
    curve : Curve
        Its steps.
    width : int
        Width, px; narrower means fewer names.

    Returns
    -------
    dict
        Vega-Lite specification.
    """
    height = _LOW_HEIGHT if width < _NARROW else _HEIGHT
    most = max([curve.budget_musd, curve.steps[-1][0]]) or 1.0
    highest = max([npv for _, npv, _ in curve.steps] + ([curve.bound_musd] if curve.near else [])) * 1.04
    values = _texts(reading, money_ticks(highest))
    left = max(text_width(text, CHART_TEXT) for _, text in values[:-1]) + 10
    across = Axis.between("budget_musd", (0.0, left), (most * _PAST, width - _EDGE))
    down = Axis.between("npv_musd", (0.0, height - _BOTTOM), (values[-1][0], _TOP))
    canvas = Canvas(width, height, across, down)
    _ground(canvas, reading, values, most, left)
    line = _line(curve, most)
    _area(canvas, curve, line)
    if curve.near:
        y = down.px(curve.bound_musd)
        canvas.rules([(left, y, across.px(curve.budget_musd), y)], "ink3", strokeWidth=1.3, strokeDash=[4, 3])
    canvas.line([(across.px(x), down.px(y)) for x, y in line], "accent", strokeWidth=2.4)
    _chosen(canvas, reading, curve, left)
    _names(canvas, curve, line, left)
    return finished(canvas)


def _texts(reading: Reading, ticks: Sequence[float], within: float = math.inf) -> list[tuple[float, str]]:
    """Ticks up to a value with their texts; the last carries the unit."""
    billions = ticks[-1] >= _BILLION_MUSD
    scale = 1000.0 if billions else 1.0
    step = (ticks[1] - ticks[0]) / scale
    places = max(0, -math.floor(math.log10(step) + 1e-9))
    places += round(step * 10**places, 6) != round(step * 10**places)  # two and a half
    texts = [reading.numbers.decimal(tick / scale, places) for tick in ticks if tick <= within]
    unit = mark("USD {number} bn") if billions else mark("USD {number} m")
    texts[-1] = reading.say(unit, number=texts[-1]).replace(" ", "\N{NO-BREAK SPACE}")
    return list(zip(ticks, texts, strict=False))


def _ground(canvas: Canvas, reading: Reading, values: Sequence[tuple[float, str]], most: float, left: float) -> None:
    """Horizontal grid with the worth, the budget along the foot."""
    base = canvas.down.px(0.0)
    end = canvas.width - _EDGE
    canvas.rules([(left, canvas.down.px(v), end, canvas.down.px(v)) for v, _ in values[1:]], "rule")
    canvas.rules([(left, base, end, base)], "rule2")
    for value, text in values[:-1]:
        canvas.text(text, left - 8, canvas.down.px(value) + 4, "ink3", anchor="end")
    top = canvas.down.px(values[-1][0])
    canvas.text(reading.say("{money} net present value", money=values[-1][1]), 0, top - 8, "ink3")
    ticks = money_ticks(most, _MOST_TICKS + (-1 if canvas.width < _NARROW else 1))
    inside = _texts(reading, ticks, most * _PAST)
    last = reading.say("{money} budget", money=inside[-1][1])
    x = min(canvas.across.px(inside[-1][0]) + text_width(last, CHART_TEXT) / 2, canvas.width - 1)
    taken = canvas.text(last, x, base + 20, "ink3", anchor="end")
    for value, text in inside[:-1]:
        box = text_box(text, canvas.across.px(value), base + 20, CHART_TEXT, anchor="middle")
        if not box.meets(taken, 8):
            canvas.text(text, canvas.across.px(value), base + 20, "ink3", anchor="middle")


def _line(curve: Curve, most: float) -> list[tuple[float, float]]:
    """Corners of the step in data, out to the end of the axis."""
    points: list[tuple[float, float]] = []
    for budget, npv, _ in curve.steps:
        if points:
            points.append((budget, points[-1][1]))
        points.append((budget, npv))
    return [*points, (most * _PAST, points[-1][1])]


def _area(canvas: Canvas, curve: Curve, line: Sequence[tuple[float, float]]) -> None:
    """Tint below the step, as far as the budget goes."""
    inside = [(min(x, curve.budget_musd), y) for x, y in line]
    base = canvas.down.px(0.0)
    spans = [
        (canvas.across.px(x), canvas.down.px(y), canvas.across.px(x2), base)
        for (x, y), (x2, _) in pairwise(inside)
        if x2 > x and y > 0
    ]
    canvas.rects(spans, "accent", opacity=0.08)


def _chosen(canvas: Canvas, reading: Reading, curve: Curve, left: float) -> None:
    """Rule at the budget, dot at its plan, both named at the foot of the rule."""
    x, base = canvas.across.px(curve.budget_musd), canvas.down.px(0.0)
    y = canvas.down.px(curve.npv_musd)
    canvas.rules([(x, base, x, y)], "ink", strokeWidth=1.4)
    canvas.points([(x, y)], "ink", size=80)
    numbers = reading.numbers
    texts = [
        reading.say("budget USD {number} m", number=numbers.amount(curve.budget_musd)),
        reading.say("worth USD {number} m", number=numbers.amount(curve.npv_musd)),
    ]
    wide = max(text_width(text, CHART_TEXT, bold=True) for text in texts)
    anchor, at = ("end", x - 10) if x - 10 - wide >= left else ("start", x + 10)
    for text, up in zip(texts, (26, 9), strict=True):
        if base - up - 12 > y or curve.npv_musd <= 0:
            canvas.text(text, at, base - up, anchor=anchor, bold=True, halo="page")


def _names(canvas: Canvas, curve: Curve, line: Sequence[tuple[float, float]], left: float) -> None:
    """Names of what a step adds, the largest first, where neither a text nor the curve is in the way."""
    walls = [
        (canvas.across.px(x), canvas.down.px(y), canvas.down.px(y2)) for (x, y), (x2, y2) in pairwise(line) if x == x2
    ]
    floors = [
        (canvas.across.px(x), canvas.across.px(x2), canvas.down.px(y)) for (x, y), (x2, y2) in pairwise(line) if y == y2
    ]
    if curve.near:
        floors.append((left, canvas.across.px(curve.budget_musd), canvas.down.px(curve.bound_musd)))
    walls.append((canvas.across.px(curve.budget_musd), canvas.down.px(0.0), canvas.down.px(curve.npv_musd)))
    worth = [0.0, *(npv for _, npv, _ in curve.steps)]
    order = sorted(range(len(curve.steps)), key=lambda i: worth[i] - curve.steps[i][1])
    for i in order[: _FEW if canvas.width < _NARROW else len(order)]:
        budget, npv, name = curve.steps[i]
        if not name or canvas.down.px(worth[i]) - canvas.down.px(npv) < _LEAST_RISE:
            continue
        x, y = canvas.across.px(budget), canvas.down.px(npv)
        text = shortened(name, 0.6 * canvas.width, SMALL_TEXT)
        right, beside = [(x + 7, y + up, "start") for up in (-7, 17)], [(x - 7, y + up, "end") for up in (-7, 4)]
        for at, up, anchor in (*right, *beside):
            box = text_box(text, at, up, SMALL_TEXT, anchor=anchor)
            if not box.inside(Box(left, 0, canvas.width, canvas.down.px(0.0) - 2)) or clash(box, canvas.boxes, 3):
                continue
            if not _crossed(box, walls, floors):
                canvas.text(text, at, up, "ink2", size=SMALL_TEXT, anchor=anchor, halo="page" if up < y else "")
                break


def _crossed(
    box: Box, walls: Sequence[tuple[float, float, float]], floors: Sequence[tuple[float, float, float]]
) -> bool:
    upright = any(
        box.left - 3 < x < box.right + 3 and min(y, y2) < box.bottom + 2 and max(y, y2) > box.top - 2
        for x, y, y2 in walls
    )
    flat = any(box.top - 2 < y < box.bottom + 2 and x < box.right and x2 > box.left for x, x2, y in floors)
    return upright or flat
