"""Tonnes through the gates of the routes by commodity and year, as stacked bars on one scale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from keruen.languages import mark
from keruen.report.charts.marks import Axis, Canvas, Row, finished
from keruen.report.labels import text_width
from keruen.report.loads import Loads
from keruen.report.theme import CHART_TEXT, SMALL_TEXT

__all__ = ["split_bars", "split_chart"]

_NARROW = 480  # px; below it names stand above their bars
_BAR, _GAP = 16.0, 3.0
_NAME = 12.5

Bars = tuple[str, list[tuple[int, dict[str, float]]]]
"""Commodity, and for each year tonnes by route."""


def split_bars(loads: Loads) -> list[Bars]:
    """Commodities by tonnes of the last year, largest first; one that passes no gate is left out."""
    tonnes = loads.split.tonnes
    tonnes = tonnes[tonnes["year"].isin(loads.years)]
    found = []
    for commodity, rows in tonnes.groupby("commodity", sort=True):
        by_year = [
            (year, dict(zip(part["route_id"], part["flow_t_per_year"].astype(float), strict=True)))
            for year, part in rows.groupby("year", sort=True)
        ]
        if rows["flow_t_per_year"].sum() > 0:
            found.append((str(commodity), [(int(year), flows) for year, flows in by_year]))
    return sorted(found, key=lambda bars: -sum(bars[1][-1][1].values()))


def split_chart(loads: Loads, width: int) -> Row:
    """Bars of all commodities.

    Parameters
    ----------
    loads : Loads
        Assigned freight.
    width : int
        Width, px.

    Returns
    -------
    dict
        Vega-Lite specification.
    """
    bars = split_bars(loads)
    narrow = width < _NARROW
    names = [loads.commodity(commodity) for commodity, _ in bars]
    years = max((text_width(str(year), SMALL_TEXT) for year in loads.years), default=0.0) + 10
    left = years if narrow else max((text_width(name, _NAME, bold=True) for name in names), default=0.0) + 14 + years
    most = max((sum(flows.values()) for _, by_year in bars for _, flows in by_year), default=1.0) or 1.0
    right = text_width(_total(loads, most), _NAME, bold=True) + 14
    block = len(loads.years) * (_BAR + _GAP) + (30 if narrow else 14)
    across = Axis.between("tonnes", (0.0, left), (most, width - right))
    canvas = Canvas(width, max(block * len(bars), 1), across, Axis("row_px", 1.0, 0.0))
    placed: list[tuple[float, Mapping[str, float]]] = []
    for number, (name, (_, by_year)) in enumerate(zip(names, bars, strict=True)):
        top = number * block + (20 if narrow else 4)
        if narrow:
            canvas.text(name, 1, top - 6, size=_NAME, bold=True)
        else:
            canvas.text(name, left - years - 10, top + 12.5, size=_NAME, anchor="end", bold=True)
        for line, (year, flows) in enumerate(by_year):
            at = top + line * (_BAR + _GAP)
            canvas.text(str(year), left - 8, at + 12.5, "ink3", size=SMALL_TEXT, anchor="end")
            total = sum(flows.values())
            said = _total(loads, total)
            canvas.text(said, across.px(total) + 7, at + 12.5, size=CHART_TEXT, bold=line == len(by_year) - 1)
            placed.append((at, flows))
    _segments(canvas, loads, placed)
    return finished(canvas)


def _total(loads: Loads, tonnes: float) -> str:
    words = mark("{number} Mt")
    return loads.reading.say(words, number=loads.reading.numbers.amount(tonnes / 1e6))


def _segments(canvas: Canvas, loads: Loads, placed: Sequence[tuple[float, Mapping[str, float]]]) -> None:
    order = [gate.route for gate in loads.split.gates]
    for route in order:
        hue = loads.reading.hue(route)
        ends = []
        for top, flows in placed:
            before = sum(flows.get(other, 0.0) for other in order[: order.index(route)])
            start, end = canvas.across.px(before), canvas.across.px(before + flows.get(route, 0.0))
            if end - start <= 0:
                continue
            gap = min(0.5, (end - start) / 4)
            ends.append((start + gap, top, end - gap, top + _BAR))
            text = loads.reading.numbers.amount(flows[route] / 1e6)
            if end - start >= text_width(text, SMALL_TEXT) + 8:
                token = "on-sarakhs" if hue == "sarakhs" else "on-route"
                canvas.text(text, (start + end) / 2, top + 12.2, token, size=SMALL_TEXT, anchor="middle")
        canvas.rects(ends, hue)
