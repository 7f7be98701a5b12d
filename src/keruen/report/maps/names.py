"""Names on the map: the more hours a stop costs the earlier it is named; eight positions, else dropped."""

from __future__ import annotations

import math
from html import escape

import numpy as np
from numpy.typing import NDArray

from keruen.report.labels import Box, clash, text_width
from keruen.report.tokens import LIGHT

__all__ = ["Names"]

_GAP = 3.0
_NEARER = 1.5  # px by which a name is nearer to its own mark than to any other
_HALO_PX = 4


class Names:
    """Texts placed so far, as boxes and as SVG.

    Parameters
    ----------
    frame : Box
        The map.
    lines : ndarray, shape (n, 2)
        Points of the routes, which a text had better not cover.
    """

    def __init__(self, frame: Box, lines: NDArray[np.float64]) -> None:
        self.frame = frame
        self.boxes: list[Box] = []
        self.blocked: list[Box] = []
        self.marks: list[tuple[float, float, float]] = []
        self.lines = lines
        self._svg: list[str] = []

    def block(self, box: Box) -> None:
        """Keep a place free of text."""
        self.blocked.append(box)

    def mark(self, x: float, y: float, radius: float, *, covered: float = 1.0) -> None:
        """Draw attention to a circle: no text on this share of its radius, no other mark's name nearer to it."""
        half = radius * covered
        self.block(Box(x - half, y - half, x + half, y + half))
        self.marks.append((x, y, radius))

    def free(self, box: Box, gap: float = 1.5) -> bool:
        """Whether a text may stand there."""
        return box.inside(self.frame) and not clash(box, self.boxes, gap) and not clash(box, self.blocked, 0)

    def crossed(self, box: Box) -> int:
        """Points of the routes that a text would cover."""
        x, y = self.lines[:, 0], self.lines[:, 1]
        return int(((x > box.left) & (x < box.right) & (y > box.top) & (y < box.bottom)).sum())

    def around(
        self, x: float, y: float, radius: float, name: str, note: str = "", size: float = 12.0,
        *, weight: int = 600, hue: str = "ink",
    ) -> bool:  # fmt: skip
        """Name a stop at the one of eight positions that covers least of the lines; False where none is free."""
        wide = text_width(name, size, bold=weight >= 600) + (text_width(" " + note, size) + 1 if note else 0)
        places = [
            (Box(left, base - 0.8 * size, left + wide, base + 0.22 * size), left, base)
            for left, base in _eight(x, y, radius, wide, size)
        ]
        open_places = [place for place in places if self.free(place[0]) and self._clear(place[0], x, y, radius)]
        if not open_places:
            return False
        box, left, base = min(open_places, key=lambda place: self.crossed(place[0]))
        spans = _span(name, weight, hue) + (_span(" " + note, 400, "ink2") if note else "")
        self._add(box, spans, left, base, size)
        return True

    def _clear(self, box: Box, x: float, y: float, radius: float) -> bool:
        """Whether a name beside the mark at x, y cannot be read as that of another."""
        own = _apart(box, x, y, radius)
        return all(_apart(box, *other) > own + _NEARER for other in self.marks if other[:2] != (x, y))

    def at(
        self, x: float, y: float, text: str, *, hue: str, size: float = 11.5, bold: bool = False,
        italic: bool = False, spacing: float = 0.0, halo: bool = True, most: int = 0,
    ) -> bool:  # fmt: skip
        """Write a text centred on a point; False where it is not free or would cover more than ``most`` points."""
        wide = text_width(text, size, bold=bold, spacing=spacing)
        left, base = x - wide / 2, y + 0.36 * size
        box = Box(left, base - 0.8 * size, left + wide, base + 0.22 * size)
        if not self.free(box, 3.0) or self.crossed(box) > most:
            return False
        style = (' font-style="italic"' if italic else "") + (f' letter-spacing="{spacing:g}"' if spacing else "")
        self._add(box, _span(text, 600 if bold else 400, hue), left, base, size, style, halo=halo)
        return True

    def _add(
        self, box: Box, spans: str, x: float, y: float, size: float, style: str = "", *, halo: bool = True
    ) -> None:
        self.boxes.append(box)
        ground = (
            f' stroke="{LIGHT["map-corridor"]}" stroke-width="{_HALO_PX}" stroke-linejoin="round" paint-order="stroke"'
        )
        self._svg.append(
            f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size:g}"{style}{ground if halo else ""}>{spans}</text>'
        )

    def svg(self) -> str:
        """All names, in the order of their placing."""
        return "".join(self._svg)


def _apart(box: Box, x: float, y: float, radius: float) -> float:
    """Pixels between a box and the edge of a circle."""
    dx = max(box.left - x, x - box.right, 0.0)
    dy = max(box.top - y, y - box.bottom, 0.0)
    return math.hypot(dx, dy) - radius


def _span(text: str, weight: int, token: str) -> str:
    return f'<tspan font-weight="{weight}" fill="{LIGHT[token]}" xml:space="preserve">{escape(text)}</tspan>'


def _eight(x: float, y: float, radius: float, wide: float, size: float) -> list[tuple[float, float]]:
    """Left end and baseline of eight positions around a circle: right first, then left, above, below."""
    out, middle = radius + _GAP, 0.36 * size
    slant = 0.75 * radius + 2
    right, left = x + out, x - out - wide
    return [
        (right, y + middle), (left, y + middle), (x + slant, y - slant), (x + slant, y + slant + 0.8 * size),
        (x - slant - wide, y - slant), (x - slant - wide, y + slant + 0.8 * size),
        (x - wide / 2, y - out), (x - wide / 2, y + out + 0.8 * size),
    ]  # fmt: skip
