"""The report: charts, map and a self-contained page, drawn from a comparison of routes."""

from __future__ import annotations

from keruen.report.document import Report, render
from keruen.report.figures import export_figures

__all__ = ["Report", "export_figures", "render"]
