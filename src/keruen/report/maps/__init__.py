"""The maps of a report: projected, cropped to the corridor, drawn without a tile server."""

from __future__ import annotations

from keruen.report.maps.drawing import route_map
from keruen.report.maps.flows import flow_map
from keruen.report.maps.furniture import CREDITS
from keruen.report.maps.plan import Drawn, plan_map
from keruen.report.maps.sites import site

__all__ = ["CREDITS", "Drawn", "flow_map", "plan_map", "route_map", "site"]
