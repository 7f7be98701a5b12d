"""``keruen plan``: a study planned, its report written."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from keruen.cli.console import StudyFolder, out, progress, said_plainly

__all__ = ["plan"]


def plan(
    study: StudyFolder,
    out_folder: Annotated[Path, typer.Option("--out", help="Run folder to write.")],
    year: Annotated[int | None, typer.Option(help="Year of the scenario; the base year by default.")] = None,
    language: Annotated[str, typer.Option(help="Language of the report: en, ru or kk.")] = "en",
    figures: Annotated[str | None, typer.Option(help="Also write each figure as png, svg or pdf.")] = None,
    appraise: Annotated[
        bool, typer.Option("--appraise", help="Also appraise each project alone, and choose a plan.")
    ] = False,
) -> None:
    """Plan a study: routes side by side, tables, report."""
    from keruen.choosing import ending
    from keruen.planning import STEPS
    from keruen.planning import plan as run_plan

    with said_plainly():
        with progress(len(STEPS) - (figures is None) - (0 if appraise else 2)) as step:
            run = run_plan(
                study,
                out_folder,
                year=year,
                language=language,
                figures=figures,
                appraising=appraise,
                progress=step,
            )
        from keruen.summary import summary

        out.print(summary(run.comparison))
        if run.unappraised:
            out.print(f"No project is appraised: {run.unappraised}", markup=False)
        if run.programme is not None:
            for number, line in enumerate(ending(run.programme)):
                out.print(line, style="" if number else "bold", markup=False, soft_wrap=True)
        out.print(f"{run.folder / 'report.html'}   {sum(run.seconds.values()):.1f} s", markup=False)
