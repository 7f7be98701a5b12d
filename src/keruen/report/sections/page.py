"""What every section is given, and what it gives back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from jinja2 import Environment
from markupsafe import Markup

from keruen.report.loads import Loads
from keruen.report.reading import Reading
from keruen.report.vector import draw, inline

if TYPE_CHECKING:
    from keruen.portfolio.programme import Programme

__all__ = ["FULL", "HALF", "Figure", "Page", "Section"]

FULL = (340, 600, 1072)
"""Widths of a chart across the page: phone; tablet and print; screen."""

HALF = (340, 600, 528)
"""Widths of a chart that shares the page with another on a screen."""

Chart = Callable[[Reading, int], dict[str, Any]]


@dataclass(frozen=True)
class Figure:
    """A figure for files of its own: a name and a drawing at a width."""

    name: str
    svg: Callable[[Reading, int], str]
    width: int


@dataclass(frozen=True)
class Section:
    """A titled part of the report.

    Attributes
    ----------
    name : str
        Id of the section in the page.
    title : str
        The finding.
    sub : Markup or str
        What is drawn, the unit, what the marks mean.
    body : Markup
        The content.
    """

    name: str
    title: str
    sub: Markup | str
    body: Markup


@dataclass(frozen=True, eq=False)
class Page:
    """What a section is written from.

    Attributes
    ----------
    reading : Reading
        The comparison in a language.
    environment : jinja2.Environment
        Templates; everything that is not Markup is escaped.
    programme : Programme or None
        Projects chosen together.
    """

    reading: Reading
    environment: Environment
    programme: Programme | None = None
    notes: dict[str, int] = field(default_factory=dict)

    @cached_property
    def loads(self) -> Loads:
        """The freight assigned to the network."""
        return Loads(self.reading)

    def template(self, name: str, **values: object) -> Markup:
        """Fill a template of the sections folder."""
        words = {"page": self, "say": self.reading.say, "count": self.reading.count}
        return Markup(self.environment.get_template(name).render(**words, **values))  # noqa: S704  autoescaped

    def chart(self, chart: Chart, label: str, widths: Sequence[int] = FULL) -> Markup:
        """A chart at three widths, of which the page shows the one that fits."""
        drawn = (inline(draw(chart(self.reading, width)), label) for width in widths)
        return self.sized(drawn)

    def sized(self, drawings: Any) -> Markup:
        """Three drawings, small, medium, large, of which the page shows the one that fits."""
        parts = (f'<div class="at-{size}">{svg}</div>' for size, svg in zip("sml", drawings, strict=True))
        return Markup("".join(parts))  # noqa: S704  drawn by us; text in SVG is escaped by the renderer

    def source_number(self, source_id: str) -> int:
        """Number of a source in the list at the end, given in the order of first mention."""
        return self.notes.setdefault(source_id, len(self.notes) + 1)
