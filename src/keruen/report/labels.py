"""Labels that do not collide: how wide a text is, whether two boxes meet, and how to part a column of labels."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np

__all__ = ["Box", "clash", "shortened", "spread", "text_box", "text_width"]

_ASCENT, _DESCENT = 0.80, 0.22  # of the size: capitals with diacritics, descenders
_UNKNOWN = 600  # thousandths of the size; no letter of the table is wider than this but M, W, Щ


def shortened(text: str, room: float, size: float, *, bold: bool = False, tail: bool = False) -> str:
    """Text cut at words until it fits, with an ellipsis at the end, or in front where the tail tells more.

    Examples
    --------
    >>> shortened("East of the Caspian by Incheh Borun", 120, 12, tail=True)
    '…by Incheh Borun'
    """
    words = text.split(" ")
    while text_width(text, size, bold=bold) > room and len(words) > 1:
        words = words[1:] if tail else words[:-1]
        text = "…" + " ".join(words) if tail else " ".join(words) + "…"
    return text


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in pixels, y downward."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: Box, gap: float = 0.0) -> bool:
        """Whether two boxes overlap, or come nearer than a gap."""
        return (
            self.left < other.right + gap
            and other.left < self.right + gap
            and self.top < other.bottom + gap
            and other.top < self.bottom + gap
        )

    def inside(self, other: Box) -> bool:
        """Whether this box lies within another."""
        return (
            self.left >= other.left
            and self.right <= other.right
            and self.top >= other.top
            and self.bottom <= other.bottom
        )


@cache
def _widths(weight: str) -> dict[str, int]:
    table = json.loads((files("keruen.report") / "data" / "widths.json").read_text(encoding="utf-8"))
    return {char: int(width) for width, chars in table[weight].items() for char in chars}


def text_width(text: str, size: float, *, bold: bool = False, spacing: float = 0.0) -> float:
    """Width of a line of text in pixels, by the advance widths of Noto Sans.

    Parameters
    ----------
    text : str
        The line.
    size : float
        Font size, px.
    bold : bool, optional
        Whether it is set in bold.
    spacing : float, optional
        Letter spacing, px.

    Returns
    -------
    float
        Width, px; other families of the stack are narrower.
    """
    table = _widths("bold" if bold else "regular")
    return sum(table.get(char, _UNKNOWN) for char in text) * size / 1000 + spacing * len(text)


def text_box(text: str, x: float, y: float, size: float, *, anchor: str = "start", bold: bool = False) -> Box:
    """Box of a line of text whose baseline is at ``y``; ``anchor`` as in SVG."""
    width = text_width(text, size, bold=bold)
    left = x - {"start": 0.0, "middle": width / 2, "end": width}[anchor]
    return Box(left, y - _ASCENT * size, left + width, y + _DESCENT * size)


def clash(box: Box, placed: Sequence[Box], gap: float = 1.0) -> bool:
    """Whether a box meets one already placed."""
    return any(box.meets(other, gap) for other in placed)


def spread(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Part the places of labels in a column so that neighbours are a gap apart and each stays near its mark.

    Parameters
    ----------
    wanted : sequence of float
        Where each label would like to stand, px.
    gap : float
        Least distance between neighbours, px.
    low, high : float
        Ends of the column, px. A column too short for all keeps the gap and runs past ``high``.

    Returns
    -------
    list of float
        Places in the order of ``wanted``; least sum of squared shifts without the ends (pool adjacent violators).

    Examples
    --------
    >>> spread([10, 12, 50], 15, 0, 100)
    [3.5, 18.5, 50.0]
    """
    order = np.argsort(np.array(wanted, dtype=float), kind="stable")
    shifted = np.array(wanted, dtype=float)[order] - gap * np.arange(len(order))
    blocks: list[list[float]] = []  # sum, count
    for value in shifted:
        blocks.append([float(value), 1.0])
        while len(blocks) > 1 and blocks[-2][0] / blocks[-2][1] > blocks[-1][0] / blocks[-1][1]:
            total, count = blocks.pop()
            blocks[-1][0] += total
            blocks[-1][1] += count
    means = np.concatenate([np.full(int(count), total / count) for total, count in blocks]) if blocks else shifted
    room = max(low, high - gap * (len(order) - 1))
    placed = np.clip(means, low, room) + gap * np.arange(len(order))
    out = np.empty(len(order))
    out[order] = placed
    return [float(value) for value in out]
