"""Sections of the report, one module each: a function that takes a page and returns a section, or None."""

from __future__ import annotations

from keruen.report.sections import (
    capacity,
    corridor_split,
    crossings,
    facilities,
    flows,
    hours,
    model,
    programme,
    ranking,
    reconciliation,
    register,
    route_map,
    routes,
    sources,
    time_cost,
)
from keruen.report.sections.page import Page, Section

__all__ = ["SECTIONS", "Page", "Section"]

SECTIONS = (
    route_map.section,
    time_cost.section,
    hours.section,
    routes.section,
    flows.section,
    capacity.section,
    facilities.section,
    corridor_split.section,
    crossings.section,
    reconciliation.section,
    register.section,
    ranking.section,
    programme.section,
    model.section,
    sources.section,
)
"""What the report says, in order. A further section is a module and a line here."""
