"""The Vega-Lite configuration that all charts share."""

from __future__ import annotations

from typing import Any

from keruen.report.tokens import FONT, LIGHT

__all__ = ["CHART_TEXT", "SMALL_TEXT", "config"]

CHART_TEXT = 12.0
"""Size of text in charts, px."""

SMALL_TEXT = 11.5
"""Size of notes in charts, px; nothing is below 11."""


def config() -> dict[str, Any]:
    """Configuration object of a specification: no axes, no legend, one family, no accessibility clutter."""
    return {
        "font": FONT.replace('"', ""),
        "background": "transparent",
        "padding": 0,
        "aria": False,
        "view": {"stroke": None},
        "axis": {"disable": True},
        "legend": {"disable": True},
        "text": {"fontSize": CHART_TEXT, "color": LIGHT["ink"]},
        "line": {"strokeWidth": 2, "strokeJoin": "round", "strokeCap": "round"},
        "rule": {"color": LIGHT["rule"], "strokeWidth": 1},
        "concat": {"spacing": 0},
    }
