"""Charts of the report, each a function that returns a Vega-Lite specification.

``as_altair`` wraps one as a Vega-Altair chart, to be changed, shown in a notebook or saved.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from keruen.report.charts.budget import budget_chart
from keruen.report.charts.capacity import capacity_chart
from keruen.report.charts.corridor_split import split_chart
from keruen.report.charts.hours_by_activity import country_hours_chart, route_hours_chart
from keruen.report.charts.model_against_published import model_chart
from keruen.report.charts.time_cost import time_cost_chart
from keruen.report.charts.timeline import timeline_chart

if TYPE_CHECKING:
    import altair

__all__ = [
    "as_altair",
    "budget_chart",
    "capacity_chart",
    "country_hours_chart",
    "model_chart",
    "route_hours_chart",
    "split_chart",
    "time_cost_chart",
    "timeline_chart",
]


def as_altair(spec: dict[str, Any]) -> altair.TopLevelMixin:
    """Vega-Altair chart of a specification.

    Parameters
    ----------
    spec : dict
        What a chart function returned.

    Returns
    -------
    altair.TopLevelMixin
        The chart, validated against the Vega-Lite schema.
    """
    import altair

    chart: altair.TopLevelMixin = altair.Chart.from_dict(spec)
    return chart
