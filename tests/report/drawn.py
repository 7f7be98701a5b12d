"""Text boxes of an SVG, measured the way the charts measure them."""

from __future__ import annotations

import re
from itertools import combinations
from xml.etree import ElementTree

from keruen.report.labels import Box, text_width

_MOVE = re.compile(r"translate\(\s*([-\d.e]+)[ ,]+([-\d.e]+)\s*\)")


def texts(svg: str) -> list[tuple[str, float, Box]]:
    """Text, size and box of every text; a halo below the same text counts once."""
    found: dict[tuple[str, float, float], tuple[str, float, Box]] = {}
    _walk(ElementTree.fromstring(svg), 0.0, 0.0, found)
    return list(found.values())


def _walk(node, x, y, found):
    for dx, dy in _MOVE.findall(node.get("transform", "")):
        x, y = x + float(dx), y + float(dy)
    if node.tag.endswith("text"):
        said = "".join(node.itertext())
        if said.strip():
            size = float(node.get("font-size", "11").removesuffix("px"))
            at_x, at_y = x + float(node.get("x", 0)), y + float(node.get("y", 0))
            wide = _width(node, size)
            left = at_x - {"start": 0, "middle": wide / 2, "end": wide}[node.get("text-anchor", "start")]
            box = Box(left, at_y - 0.72 * size, left + wide, at_y + 0.2 * size)
            found[(said, round(at_x), round(at_y))] = (said, size, box)
        return
    for child in node:
        _walk(child, x, y, found)


def _width(node, size):
    spacing = float(node.get("letter-spacing", 0))
    if len(node):
        return sum(text_width(span.text or "", size, bold=span.get("font-weight") == "600") for span in node) + (
            spacing * len("".join(node.itertext()))
        )
    bold = node.get("font-weight", "normal") in ("600", "700", "bold")
    return text_width(node.text or "", size, bold=bold, spacing=spacing)


def collisions(svg: str) -> list[tuple[str, str]]:
    """Pairs of texts whose boxes meet."""
    boxes = texts(svg)
    return [(a, b) for (a, _, one), (b, _, two) in combinations(boxes, 2) if one.meets(two)]


def drawn_circles(svg: str) -> list[tuple[float, float, float]]:
    """Centre and radius of every circle."""
    found = {
        (float(node.get("cx")), float(node.get("cy")), float(node.get("r")))
        for node in ElementTree.fromstring(svg).iter()
        if node.tag.endswith("circle")
    }
    return sorted(found)


def apart(box: Box, x: float, y: float, radius: float) -> float:
    """Pixels from a box to the edge of a circle."""
    dx, dy = max(box.left - x, x - box.right, 0.0), max(box.top - y, y - box.bottom, 0.0)
    return (dx * dx + dy * dy) ** 0.5 - radius
