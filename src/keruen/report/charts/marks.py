"""The few marks that charts are made of; every text is placed by us, so that its box is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from keruen.report.labels import Box, text_box
from keruen.report.theme import CHART_TEXT, config
from keruen.report.tokens import LIGHT

__all__ = ["PIXELS", "Axis", "Canvas", "Row", "finished"]

Row = dict[str, Any]

HALO_PX = 4


@dataclass(frozen=True)
class Axis:
    """An affine scale between data and pixels of the whole picture.

    Parameters
    ----------
    name : str
        Field that carries the data value in the specification.
    per_px : float
        Data units a pixel; negative where values grow upward.
    at_zero : float
        Data value at pixel 0.
    """

    name: str
    per_px: float
    at_zero: float

    @classmethod
    def between(cls, name: str, low: tuple[float, float], high: tuple[float, float]) -> Axis:
        """Scale through two (value, pixel) pairs."""
        per_px = (high[0] - low[0]) / (high[1] - low[1])
        return cls(name, per_px, low[0] - per_px * low[1])

    def px(self, value: float) -> float:
        """Pixel of a value."""
        return (value - self.at_zero) / self.per_px

    def value(self, px: float) -> float:
        """Value at a pixel, rounded to a thousandth of one."""
        return round(self.at_zero + self.per_px * px, 4)


@dataclass(frozen=True)
class _Style:
    """How a text is set; texts set alike share a layer."""

    token: str
    size: float
    anchor: str
    bold: bool
    halo: str


PIXELS = Axis("px", 1.0, 0.0)
"""Scale of a direction that carries no data."""


class Canvas:
    """Layers over one pair of scales that spans the whole picture; arguments are pixels, the data are data.

    Parameters
    ----------
    width, height : float
        Size of the picture, px.
    across, down : Axis
        Scales of the two directions.
    """

    def __init__(self, width: float, height: float, across: Axis = PIXELS, down: Axis = PIXELS) -> None:
        self.width, self.height = float(width), float(height)
        self.across, self.down = across, down
        self.boxes: list[Box] = []
        # An unseen rectangle the size of the picture, so that the rendered size is exactly this.
        self._layers: list[Row] = []
        self._texts: dict[_Style, list[Row]] = {}
        self.rects([(0, 0, self.width, self.height)], "page", opacity=0)

    def _x(self) -> Row:
        ends = [self.across.value(0), self.across.value(self.width)]
        return {"field": self.across.name, "type": "quantitative", "scale": _linear(ends), "axis": None}

    def _y(self) -> Row:
        ends = sorted([self.down.value(self.height), self.down.value(0)])
        scale = _linear(ends) | {"reverse": self.down.per_px > 0}
        return {"field": self._down_name, "type": "quantitative", "scale": scale, "axis": None}

    @property
    def _down_name(self) -> str:
        return self.down.name if self.down.name != self.across.name else f"{self.down.name}_down"

    def _at(self, x: float, y: float, end: str = "") -> Row:
        return {f"{self.across.name}{end}": self.across.value(x), f"{self._down_name}{end}": self.down.value(y)}

    def _layer(self, rows: Sequence[Row], mark: Row, **encoding: Row) -> Row:
        both = {"x": self._x(), "y": self._y()}
        return {"data": {"values": list(rows)}, "mark": mark, "encoding": both | encoding}

    def _add_spans(self, ends: Sequence[tuple[float, float, float, float]], mark: Row) -> None:
        if ends:
            rows = [self._at(x, y) | self._at(x2, y2, "2") for x, y, x2, y2 in ends]
            far = {"x2": {"field": f"{self.across.name}2"}, "y2": {"field": f"{self._down_name}2"}}
            self._layers.append(self._layer(rows, mark, **far))

    def rects(self, ends: Sequence[tuple[float, float, float, float]], token: str, **mark: Any) -> None:
        """Rectangles from (x, y) to (x2, y2)."""
        self._add_spans(ends, {"type": "rect", "color": LIGHT[token], **mark})

    def rules(self, ends: Sequence[tuple[float, float, float, float]], token: str, **mark: Any) -> None:
        """Straight lines from (x, y) to (x2, y2)."""
        self._add_spans(ends, {"type": "rule", "color": LIGHT[token], **mark})

    def line(self, points: Sequence[tuple[float, float]], token: str, **mark: Any) -> None:
        """A line through points in their order."""
        rows = [self._at(x, y) | {"i": i} for i, (x, y) in enumerate(points)]
        order = {"field": "i", "type": "quantitative"}
        self._layers.append(self._layer(rows, {"type": "line", "color": LIGHT[token], **mark}, order=order))

    def band(self, points: Sequence[tuple[float, float, float]], token: str, **mark: Any) -> None:
        """Area between y and y2 along x; points (x, y, y2) in order of x."""
        far = f"{self._down_name}2"
        rows = [self._at(x, y) | {far: self.down.value(y2)} for x, y, y2 in points]
        area = {"type": "area", "color": LIGHT[token], **mark}
        self._layers.append(self._layer(rows, area, y2={"field": far}))

    def points(self, places: Sequence[tuple[float, float]], token: str, **mark: Any) -> None:
        """Symbols at (x, y)."""
        if places:
            options = {"type": "point", "color": LIGHT[token], "filled": True, "opacity": 1, "size": 34} | mark
            self._layers.append(self._layer([self._at(x, y) for x, y in places], options))

    def text(
        self, text: str, x: float, y: float, hue: str = "ink", *, size: float = CHART_TEXT,
        anchor: str = "start", bold: bool = False, halo: str = "",
    ) -> Box:  # fmt: skip
        """One line of text with its baseline at y; returns its box, which later labels can avoid."""
        self._texts.setdefault(_Style(hue, size, anchor, bold, halo), []).append(self._at(x, y) | {"t": text})
        box = text_box(text, x, y, size, anchor=anchor, bold=bold)
        self.boxes.append(box)
        return box

    def spec(self) -> Row:
        """The layers as one view, all text on top."""
        styles = sorted(self._texts.items(), key=lambda item: not item[0].halo)
        layers = [layer for style, rows in styles for layer in self._written(style, rows)]
        return {"width": self.width, "height": self.height, "layer": [*self._layers, *layers]}

    def _written(self, style: _Style, rows: Sequence[Row]) -> list[Row]:
        options: Row = {
            "type": "text", "align": {"start": "left", "middle": "center", "end": "right"}[style.anchor],
            "baseline": "alphabetic", "fontSize": style.size, "fontWeight": 600 if style.bold else 400,
        }  # fmt: skip
        said = {"field": "t", "type": "nominal"}
        layers = [self._layer(rows, options | {"color": LIGHT[style.token]}, text=said)]
        if style.halo:
            color = LIGHT[style.halo]
            ground = {"color": color, "stroke": color, "strokeWidth": HALO_PX, "strokeJoin": "round"}
            layers.insert(0, self._layer(rows, options | ground, text=said))
        return layers


def _linear(ends: Sequence[float]) -> Row:
    return {"domain": list(ends), "nice": False, "zero": False}


def finished(*canvases: Canvas) -> Row:
    """Specification of canvases one above the other, with the shared configuration."""
    views = [canvas.spec() for canvas in canvases]
    body: Row = views[0] if len(views) == 1 else {"vconcat": views, "spacing": 0}
    return {"$schema": "https://vega.github.io/schema/vega-lite/v6.json", **body, "config": config()}
