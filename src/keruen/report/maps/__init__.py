"""The map of a report: projected, cropped to the corridor, drawn without a tile server."""

from __future__ import annotations

from keruen.report.maps.drawing import CREDITS, route_map

__all__ = ["CREDITS", "route_map"]
