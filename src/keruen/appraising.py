"""``keruen appraise``: appraisals written to a folder, from which a run that was cut short goes on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd
from rich.table import Table

from keruen._version import __version__
from keruen.appraisal.alone import Appraisals, appraise
from keruen.appraisal.gains import YearGain
from keruen.appraisal.modelled import modelled_years
from keruen.errors import UsageError
from keruen.runs import write_table
from keruen.study import Study

__all__ = ["appraise_study", "summary", "tables"]

_MARK = "appraisal-key.txt"
_GAINS = "gains"
_FEW = 10  # projects for whose remarks a terminal has room


_TABLES = (
    "appraisal", "appraisal_gains", "appraisal_sensitivity", "appraisal_switching", "appraisal_timing",
    "appraisal_delay", "appraisal_who", "appraisal_yearly",
)  # fmt: skip


def appraise_study(
    study: Study,
    projects: Sequence[str] = (),
    *,
    years: Sequence[int] | None = None,
    out: Path | None = None,
    progress: Callable[[str], object] | None = None,
) -> Appraisals:
    """Appraise projects and write what is found.

    Parameters
    ----------
    study : Study
        The study.
    projects : sequence of str
        Projects; all if empty.
    years : sequence of int, optional
        Years to model; all that have demand by default.
    out : pathlib.Path, optional
        Folder for tables. What each project brings is written there when it is known; a later run with the same
        inputs, years and version takes it from there.
    progress : callable, optional
        Called with the id of each project as it begins.

    Returns
    -------
    Appraisals
        Ranked.

    Raises
    ------
    UsageError
        If ``out`` holds something else than an appraisal.
    """
    if out is None:
        return appraise(study, *projects, years=years, progress=progress)
    store = _Store(out, _key(study, modelled_years(study, years)))
    found = appraise(study, *projects, years=years, known=store.known(), done=store.keep, progress=progress)
    written = tables(found)
    for name in _TABLES:
        if name in written:
            write_table(written[name], out / f"{name}.csv")
        else:  # of an earlier run with other projects
            (out / f"{name}.csv").unlink(missing_ok=True)
    return found


def tables(found: Appraisals) -> dict[str, pd.DataFrame]:
    """Ranked table, gains by year and country, cash flows, sensitivity, switching values, schedule risk."""
    valued = [one for one in found.values() if one.case is not None]
    gains = [
        {"project": one.project, "year": year.year, "what": what, "country": country, "musd": musd}
        for one in found.values()
        for year in one.gains
        for what in ("hours", "money", "revenue")
        for country, musd in getattr(year, f"{what}_musd").items()
    ]
    several = {
        "appraisal_sensitivity": [one.sensitivity().assign(project=one.project) for one in valued],
        "appraisal_switching": [one.switching_values().assign(project=one.project) for one in valued],
        "appraisal_timing": [one.best_start()[1].assign(project=one.project) for one in valued],
        "appraisal_delay": [one.under_delay()[2].assign(project=one.project) for one in valued],
        "appraisal_who": [one.by("country", "party").assign(project=one.project) for one in valued],
        "appraisal_yearly": [
            one.yearly().rename_axis("year").reset_index().assign(project=one.project) for one in valued
        ],
    }
    return {
        "appraisal": found.table,
        "appraisal_gains": pd.DataFrame(gains, columns=["project", "year", "what", "country", "musd"]),
        **{name: pd.concat(parts, ignore_index=True) for name, parts in several.items() if parts},
    }


def summary(found: Appraisals) -> Table:
    """Ranked table for a terminal; projects that cannot be appraised follow with the reason."""
    settings = found.study.settings
    title = (
        f"{settings.name_en}: each project alone, million USD of {settings.price_year}, "
        f"{settings.discount_rate:.0%}, {settings.first_year} to {settings.last_year}"
    )
    table = Table(title=title, title_justify="left")
    table.add_column("project")
    for heading in ("cost", "NPV", "EIRR", "BCR", "worth at most"):
        table.add_column(heading, justify="right")
    table.add_column("remark", overflow="fold")
    for one in found.values():
        if one.gains:
            table.add_row(*_line(one))
    apart = sum(not one.gains for one in found.values())
    table.caption = f"{apart} of {len(found)} projects are not appraised; appraisal.csv says why of each"
    if len(found) < _FEW:
        table.caption = "\n".join(f"{one.project}: {one.reason}" for one in found.values() if not one.gains)
    return table


def _line(one: Any) -> tuple[str, ...]:
    from rich.markup import escape

    worth = one.worth
    figures = [
        f"{one.case.cost_musd:,.0f}" if one.case else "",
        f"{worth.npv_musd:,.0f}" if worth else "",
        str(worth.eirr) if worth else "",
        f"{worth.bcr:.2f}" if worth else "",
        f"{one.breakeven_musd:,.0f}" if one.breakeven_musd == one.breakeven_musd else "",
    ]
    return escape(f"{one.project} {one.name}"), *figures, escape(one.reason)


def _key(study: Study, years: Sequence[int]) -> str:
    """Everything on which gains rest, as one hash."""
    said = [__version__, *map(str, years), *(f"{name} {digest}" for name, digest in sorted(study.inputs.items()))]
    return hashlib.sha256("\n".join(said).encode()).hexdigest()


class _Store:
    """Gains of finished projects in a folder."""

    def __init__(self, folder: Path, key: str) -> None:
        mark = folder / _MARK
        if folder.exists() and (not folder.is_dir() or (any(folder.iterdir()) and not mark.exists())):
            raise UsageError(f"{folder} exists and holds no appraisal (no {_MARK}); choose another --out")
        self.folder = folder / _GAINS
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            if not mark.exists() or mark.read_text(encoding="utf-8") != key:
                for old in self.folder.glob("*.json"):
                    old.unlink()
                mark.write_text(key, encoding="utf-8")
        except OSError as error:
            raise UsageError(f"{folder} cannot be written: {error.strerror}") from error

    def known(self) -> dict[str, tuple[YearGain, ...]]:
        """Gains of projects already modelled."""
        found = {}
        for path in sorted(self.folder.glob("*.json")):
            try:
                record = json.loads(path.read_text(encoding="utf-8"))
                found[str(record["project"])] = tuple(YearGain(**year) for year in record["gains"])
            except (ValueError, KeyError, TypeError):  # damaged: the project is modelled again
                path.unlink()
        return found

    def keep(self, project: str, gains: tuple[YearGain, ...]) -> None:
        """Write what a project brings; whole or not at all."""
        name = hashlib.sha256(project.encode()).hexdigest()[:16]
        text = json.dumps({"project": project, "gains": [asdict(year) for year in gains]}, indent=1)
        partial = self.folder / f"{name}.part"
        partial.write_text(text, encoding="utf-8")
        partial.rename(self.folder / f"{name}.json")
