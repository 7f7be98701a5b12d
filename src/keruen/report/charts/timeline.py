"""A plan over the years: a box while something is built, a dot where it opens, a line while it serves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from keruen.report.charts.marks import Axis, Canvas, Row, finished
from keruen.report.labels import shortened, text_width
from keruen.report.reading import Reading
from keruen.report.theme import CHART_TEXT, SMALL_TEXT

__all__ = ["Work", "timeline_chart"]

_NARROW = 480  # px, below which a name stands above its row
_EDGE = 3.0  # px, within which nothing is drawn, for a line is as wide as that
_ROW, _TALL_ROW, _HEAD = 38.0, 58.0, 28.0
_BOX = 14.0
_NAME_SIZE = 12.5
_NAMES_SHARE = 0.34
_YEARS_AFTER = 5  # shown after the last opening
_TICK_PX = 62.0
_STEPS = (1, 2, 5, 10, 20)


@dataclass(frozen=True)
class Work:
    """A project in a plan.

    Attributes
    ----------
    name : str
        Name in the reader's language.
    start, opening, closing : int
        First year of works, first year of service, first year after its life.
    cost_musd : float
        Cost, million USD.
    """

    name: str
    start: int
    opening: int
    closing: int
    cost_musd: float


def timeline_chart(reading: Reading, works: Sequence[Work], width: int) -> Row:
    """Chart of a plan over the years, the first to open on top.

    Parameters
    ----------
    reading : Reading
        Language.
    works : sequence of Work
        At least one project.
    width : int
        Width, px.

    Returns
    -------
    dict
        Vega-Lite specification.
    """
    rows = sorted(works, key=lambda work: (work.opening, work.start, work.name))
    narrow = width < _NARROW
    names = [shortened(work.name, _NAMES_SHARE * width, _NAME_SIZE) for work in rows]
    left = 16.0 if narrow else max(text_width(name, _NAME_SIZE) for name in names) + 14
    first, last = min(work.start for work in rows), max(work.opening for work in rows) + _YEARS_AFTER
    across = Axis.between("year", (first, left), (last, width - _EDGE))
    tall = _TALL_ROW if narrow else _ROW
    canvas = Canvas(width, _HEAD + tall * len(rows) + 2, across, Axis("row_px", 1.0, 0.0))
    _years(canvas, first, last)
    middles = [_HEAD + tall * number + (tall - 14 if narrow else tall / 2 + 5) for number in range(len(rows))]
    spans = [(across.px(work.start), across.px(work.opening), across.px(min(work.closing, last))) for work in rows]
    for (start, opens, ends), y in zip(spans, middles, strict=True):
        canvas.rects([(start, y - _BOX / 2, opens, y + _BOX / 2)], "box", stroke=None)
        canvas.rules([(opens, y, ends, y)], "accent", strokeWidth=2.4)
    canvas.points([(opens, y) for (_, opens, _), y in zip(spans, middles, strict=True)], "accent", size=70)
    for work, name, (_, opens, _), y in zip(rows, names, spans, middles, strict=True):
        _label(canvas, reading, work, opens, y)
        if narrow:
            text = shortened(work.name, width - 4, _NAME_SIZE, bold=True)
            canvas.text(text, 1, y - 27, size=_NAME_SIZE, bold=True, halo="page")
        else:
            canvas.text(name, left - 12, y + 4, size=_NAME_SIZE, anchor="end")
    return finished(canvas)


def _years(canvas: Canvas, first: int, last: int) -> None:
    """Years along the top, as many as there is room for, each with a hairline."""
    room = max((canvas.across.px(last) - canvas.across.px(first)) / _TICK_PX, 1.0)
    step = next((step for step in _STEPS if (last - first) / step <= room), _STEPS[-1])
    years = [first, *(year for year in range(first + 1, last + 1) if year % step == 0 and year - first >= min(step, 2))]
    canvas.rules([(canvas.across.px(year), _HEAD - 8, canvas.across.px(year), canvas.height) for year in years], "rule")
    for year in years:
        half = text_width(str(year), CHART_TEXT) / 2
        canvas.text(
            str(year), min(max(canvas.across.px(year), half), canvas.width - half - 1), 12, "ink3", anchor="middle"
        )


def _label(canvas: Canvas, reading: Reading, work: Work, opens: float, y: float) -> None:
    """Year of opening and cost above the line of service; left of the dot where the right has no room."""
    text = reading.say(
        "opens {year} · USD {number} m", year=work.opening, number=reading.numbers.amount(work.cost_musd)
    )
    text = text.replace(" ", "\N{NO-BREAK SPACE}")
    wide = text_width(text, SMALL_TEXT)
    beside = opens + 8 + wide <= canvas.width - _EDGE
    at, up = (opens + 8, y - 7) if beside else (max(opens - 8 - wide, 1.0), y - _BOX / 2 - 4)
    canvas.text(text, at, up, "ink2", size=SMALL_TEXT, halo="page")
