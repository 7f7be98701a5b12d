"""The report: one self-contained page, drawn from a comparison in one language."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from keruen.report import findings
from keruen.report.reading import Reading
from keruen.report.sections import SECTIONS, Page
from keruen.report.sections.opening import figures, run_line, study_line
from keruen.report.tokens import DARK, FONT, LIGHT, style

if TYPE_CHECKING:
    from keruen.appraisal.comparison import Comparison
    from keruen.portfolio.programme import Programme

__all__ = ["Report", "render"]


@dataclass(frozen=True)
class Report:
    """A finished report.

    Attributes
    ----------
    html : str
        The page; it asks for nothing from outside.
    title : str
        The answer, its first line.
    language : str
        Code of its language.
    """

    html: str
    title: str
    language: str

    def save(self, path: str | Path) -> Path:
        """Write the page to a file.

        Parameters
        ----------
        path : path
            The file; its folder is made if need be.

        Returns
        -------
        pathlib.Path
            The file.
        """
        target = Path(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(self.html, encoding="utf-8")
        return target

    def _repr_html_(self) -> str:
        return f'<iframe srcdoc="{Markup.escape(self.html)}" width="100%" height="720"></iframe>'

    def __repr__(self) -> str:
        return f"<Report {self.language}: {self.title}>"


def render(comparison: Comparison, language: str = "en", programme: Programme | None = None) -> Report:
    """Draw the report of a comparison.

    Parameters
    ----------
    comparison : Comparison
        Routes, legs, observations and sources.
    language : {"en", "ru", "kk"}
        Language of the report.
    programme : Programme, optional
        Projects chosen together; without it the page has no section on them.

    Returns
    -------
    Report
        The page.

    Raises
    ------
    UsageError
        If there is no catalogue for the language.
    """
    reading = Reading.of(comparison, language)
    page = Page(reading, _environment(), programme)
    sections = [section for make in SECTIONS if (section := make(page)) is not None]
    title = findings.answer(reading)
    routes = comparison.study.table("route").set_index("route_id") if comparison.failed else None
    failed = [
        (
            reading.named(routes.loc[name], name) if routes is not None and name in routes.index else name,
            why.rstrip("."),
        )
        for name, why in comparison.failed.items()
    ]
    together = {ord("-"): "\N{NON-BREAKING HYPHEN}"}  # a name is not broken at its hyphen in large type
    html = page.template(
        "report.html.j2",
        title=title, headline=title.translate(together),
        lede=" ".join(findings.lede(reading)).translate(together), figures=figures(reading),
        sections=sections, failed=failed,
        study_line=study_line(reading), run_line=run_line(reading), run=comparison.run,
        light=Markup(style(LIGHT)), dark=Markup(style(DARK)),  # noqa: S704  our own constants
        css=Markup(_asset("style.css").replace("var(--font)", FONT)),  # noqa: S704
        early=Markup(_asset("early.js")), script=Markup(_asset("script.js")),  # noqa: S704
    )  # fmt: skip
    return Report(str(html), title, language)


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("keruen.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _asset(name: str) -> str:
    return (files("keruen.report") / "templates" / name).read_text(encoding="utf-8").strip()
