"""The model as a share of what was published: a box of tolerance, a dot within it, a cross outside."""

from __future__ import annotations

from typing import Any

from keruen.report.charts.marks import Axis, Canvas, Row, finished
from keruen.report.labels import shortened, text_width
from keruen.report.reading import Reading, records
from keruen.report.theme import CHART_TEXT

__all__ = ["SHARE_ENDS", "model_chart", "shares"]

SHARE_ENDS = (0.5, 1.5)
"""Ends of the strip; what lies past them is drawn at the end with an arrow's word, never left out."""

_ROW = 30.0
_WIDE = 480  # px; below it only equality is labelled
_HEAD = 26.0


def shares(row: Any) -> tuple[float, float, float]:
    """Tolerance and model as shares of the published value (the middle of a published range)."""
    middle = (row["observed_low"] + row["observed_high"]) / 2
    if not middle:
        return (1.0, 1.0, float("nan"))
    return (row["accept_low"] / middle, row["accept_high"] / middle, row["modelled"] / middle)


def model_chart(reading: Reading, width: int) -> Row:
    """Chart of all answered observations.

    Parameters
    ----------
    reading : Reading
        The comparison.
    width : int
        Width, px.

    Returns
    -------
    dict
        Vega-Lite specification.
    """
    table = reading.comparison.observations
    rows = records(table[table["verdict"] != "unanswered"]) if len(table) else []
    names = [shortened(reading.named(row), width * 0.5, CHART_TEXT) for row in rows]
    verdicts = [reading.say("✓ within") if row["verdict"] == "within" else reading.say("✕ miss") for row in rows]
    left = max((text_width(name, CHART_TEXT) for name in names), default=0.0) + 12
    right = max((text_width(text, CHART_TEXT, bold=True) for text in verdicts), default=0.0) + 12
    across = Axis.between("share", (SHARE_ENDS[0], left), (SHARE_ENDS[1], width - right))
    canvas = Canvas(width, _HEAD + _ROW * max(len(rows), 1), across, Axis("row_px", 1.0, 0.0))
    for share in (SHARE_ENDS[0], 1.0, SHARE_ENDS[1]) if width >= _WIDE else (1.0,):
        canvas.text(reading.numbers.percent(share), across.px(share), 14, "ink3", anchor="middle")
    _strips(canvas, rows)
    for number, (row, name, verdict) in enumerate(zip(rows, names, verdicts, strict=True)):
        base = _HEAD + number * _ROW + 19
        canvas.text(name, left - 10, base, anchor="end")
        token = "good" if row["verdict"] == "within" else "miss"
        canvas.text(verdict, width - right + 10, base, token, bold=True)
    return finished(canvas)


def _strips(canvas: Canvas, rows: list[dict[str, Any]]) -> None:
    low, high = (canvas.across.px(end) for end in SHARE_ENDS)
    boxes, ticks, lines = [], [], []
    marks: dict[str, list[tuple[float, float]]] = {"within": [], "miss": []}
    for number, row in enumerate(rows):
        middle = _HEAD + number * _ROW + 15
        start, end, share = (min(max(canvas.across.px(value), low), high) for value in shares(row))
        lines.append((low, middle, high, middle))
        boxes.append((start, middle - 6, end, middle + 6))
        ticks.append((canvas.across.px(1.0), middle - 9, canvas.across.px(1.0), middle + 9))
        marks[str(row["verdict"])].append((share, middle))
    canvas.rules(lines, "rule")
    canvas.rects(boxes, "box")
    canvas.rules(ticks, "ink2", strokeWidth=1.5)
    canvas.points(marks["within"], "good", size=80)
    canvas.points(marks["miss"], "miss", shape="M-1,-1L1,1M1,-1L-1,1", filled=False, strokeWidth=2.4, size=80)
