"""The report's figures as files of their own, in light colours."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from keruen.errors import UsageError
from keruen.report.charts import (
    capacity_chart,
    country_hours_chart,
    model_chart,
    route_hours_chart,
    split_chart,
    time_cost_chart,
)
from keruen.report.loads import Loads
from keruen.report.maps import flow_map, route_map
from keruen.report.reading import Reading
from keruen.report.tokens import LIGHT
from keruen.report.vector import draw, standalone

if TYPE_CHECKING:
    from keruen.appraisal.comparison import Comparison

__all__ = ["FORMATS", "encoded", "export_figures"]

FORMATS = ("png", "svg", "pdf")
"""Formats of figures."""

_PNG_SCALE = 2.0

_FIGURES: dict[str, Callable[[Reading], str]] = {
    "route-map": lambda reading: route_map(reading, 1080, credits_below=True),
    "time-cost-distance": lambda reading: draw(time_cost_chart(reading, 1080)),
    "hours-by-route": lambda reading: draw(route_hours_chart(reading, 720)),
    "hours-by-country": lambda reading: draw(country_hours_chart(reading, 720)),
    "model-against-published": lambda reading: draw(model_chart(reading, 900)),
}

_LOADED: dict[str, Callable[[Loads], str]] = {
    "flow-map": lambda loads: flow_map(loads, 1080, credits_below=True),
    "capacity": lambda loads: draw(capacity_chart(loads, 1080)),
    "corridor-split": lambda loads: draw(split_chart(loads, 1080)),
}
"""Figures of the freight assigned to the network; not drawn where there is none."""


def export_figures(
    comparison: Comparison,
    folder: str | Path,
    format: str = "png",  # noqa: A002
    language: str = "en",
) -> list[Path]:
    """Write each figure of the report to a file.

    Parameters
    ----------
    comparison : Comparison
        What the figures show.
    folder : path
        Where they go; made if need be.
    format : {"png", "svg", "pdf"}
        Format of the files; PNG at twice the size on paper.
    language : {"en", "ru", "kk"}
        Language of the texts.

    Returns
    -------
    list of pathlib.Path
        The files.

    Raises
    ------
    UsageError
        If the format is not one of the three.
    """
    if format not in FORMATS:
        raise UsageError(f"figures can be written as {', '.join(FORMATS)}, not as {format!r}")
    reading = Reading.of(comparison, language)
    if reading.front is None:
        return []
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    written = []
    loads = Loads(reading)
    made = {name: partial(make, reading) for name, make in _FIGURES.items()}
    made |= {name: partial(make, loads) for name, make in _LOADED.items() if loads.years}
    for name, make in made.items():
        path = target / f"{name}.{format}"
        path.write_bytes(encoded(standalone(make()), format))
        written.append(path)
    return written


def encoded(svg: str, format: str) -> bytes:  # noqa: A002
    """Return a figure as a file of one of the formats."""
    if format == "svg":
        return svg.encode("utf-8")
    import vl_convert

    ground = svg.replace(">", f'><rect width="100%" height="100%" fill="{LIGHT["page"]}"/>', 1)
    if format == "png":
        return bytes(vl_convert.svg_to_png(ground, scale=_PNG_SCALE))
    return bytes(vl_convert.svg_to_pdf(ground))
