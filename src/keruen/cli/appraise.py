"""``keruen appraise``: each project alone against the base, ranked."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from keruen.cli.console import StudyFolder, out, progress, said_plainly

__all__ = ["appraise"]


def appraise(
    study: StudyFolder,
    projects: Annotated[list[str] | None, typer.Argument(metavar="PROJECT...", help="Projects; all if absent.")] = None,
    out_folder: Annotated[
        Path | None, typer.Option("--out", help="Folder for tables; a run cut short goes on from there.")
    ] = None,
    years: Annotated[str | None, typer.Option(help="Years to model, as 2024,2030; all with demand if absent.")] = None,
) -> None:
    """Appraise each project alone against the base; exit code 1 if one that was named cannot be appraised."""
    from keruen.appraising import appraise_study, summary
    from keruen.study import open as open_study

    with said_plainly():
        opened = open_study(study)
        count = len(projects or opened.tables["project"])
        with progress(count) as step:
            found = appraise_study(opened, projects or (), years=_years(years), out=out_folder, progress=step)
        out.print(summary(found))
        if out_folder is not None:
            out.print(str(out_folder / "appraisal.csv"), markup=False)
    if projects and any(not found[name].gains for name in projects):
        raise typer.Exit(1)


def _years(text: str | None) -> list[int] | None:
    if text is None:
        return None
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise typer.BadParameter(f"{text!r}: expected years parted by commas, as 2024,2030") from None
