"""The command line: one verb a command."""

from __future__ import annotations

import platform
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from keruen._version import __version__
from keruen.errors import DataError, KeruenError

__all__ = ["app"]

app = typer.Typer(
    help="Keruen plans international freight corridors.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

StudyFolder = Annotated[Path, typer.Argument(metavar="STUDY", help="Folder of the study.")]


@contextmanager
def _said_plainly() -> Iterator[None]:
    """Turn Keruen's own errors into a message and exit code 1; nothing of Python's shows."""
    try:
        yield
    except DataError as error:
        _list_problems(error)
        raise typer.Exit(1) from None
    except KeruenError as error:
        err.print(str(error), style="red", markup=False)
        raise typer.Exit(1) from None


def _list_problems(error: DataError) -> None:
    for problem in error.problems:
        print(problem, file=sys.stderr)
    count = len(error.problems)
    print(f"{count} problem{'' if count == 1 else 's'}", file=sys.stderr)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"keruen {__version__}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Keruen plans international freight corridors."""


@app.command()
def plan(
    study: StudyFolder,
    out_folder: Annotated[Path, typer.Option("--out", help="Run folder to write.")],
    year: Annotated[int | None, typer.Option(help="Year of the scenario; the base year by default.")] = None,
    language: Annotated[str, typer.Option(help="Language of the report: en, ru or kk.")] = "en",
    figures: Annotated[str | None, typer.Option(help="Also write each figure as png, svg or pdf.")] = None,
) -> None:
    """Plan a study: routes side by side, tables, report."""
    from keruen.planning import STEPS
    from keruen.planning import plan as run_plan

    with _said_plainly():
        with _progress(len(STEPS) - (figures is None)) as step:
            run = run_plan(study, out_folder, year=year, language=language, figures=figures, progress=step)
        from keruen.summary import summary

        out.print(summary(run.comparison))
        out.print(f"{run.folder / 'report.html'}   {sum(run.seconds.values()):.1f} s", markup=False)


@contextmanager
def _progress(steps: int) -> Iterator[Callable[[str], None]]:
    """A bar on standard error that names each step as it begins."""
    columns = (SpinnerColumn(), TextColumn("{task.description:<14}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True) as bar:
        task = bar.add_task("open", total=steps)
        begun: list[str] = []

        def step(name: str) -> None:
            bar.update(task, description=name, completed=len(begun))
            begun.append(name)

        yield step


@app.command()
def check(study: StudyFolder) -> None:
    """Check a study and list every problem; exit 1 if there is one."""
    from keruen.study import check as check_study

    with _said_plainly():
        report = check_study(study)
        for remark in report.remarks:
            print(f"remark: {remark}")
        if report.problems:
            raise DataError(report.problems)
        print(f"{study}: no problems, {len(report.remarks)} remarks")


@app.command()
def schema(
    table: Annotated[str | None, typer.Argument(help="One table; all by default.")] = None,
    markdown: Annotated[bool, typer.Option("--markdown", help="As Markdown, for docs/tables.md.")] = False,
) -> None:
    """Print the tables of a study: columns, units, what is required."""
    from keruen.study import schema_markdown, schema_table

    with _said_plainly():
        if markdown:
            print(schema_markdown())
        else:
            out.print(schema_table(table))


@app.command()
def new(folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to create.")]) -> None:
    """Start a study: a small worked example, every figure marked assumed."""
    from keruen.study import new as new_study

    with _said_plainly():
        new_study(folder)
        print(f"{folder}: a study of four countries to replace with your own; keruen check {folder}")


@app.command()
def sources(study: StudyFolder) -> None:
    """Say where the figures come from: rows by table and kind, and how many are assumed."""
    from keruen.study import open as open_study
    from keruen.summary import coverage

    with _said_plainly():
        out.print(coverage(open_study(study)))


@app.command()
def routes(
    study: StudyFolder,
    origin: Annotated[str, typer.Argument(help="Place, for example moscow.")],
    destination: Annotated[str, typer.Argument(help="Place, for example bandar-abbas.")],
    commodity: Annotated[str, typer.Option(help="Commodity.")] = "containers",
    k: Annotated[int, typer.Option("-k", help="Number of distinct routes.", min=1, max=20)] = 3,
    year: Annotated[int | None, typer.Option(help="Year of the scenario.")] = None,
) -> None:
    """Distinct routes between two places, with the legs of the cheapest."""
    from keruen.network import Router
    from keruen.study import open as open_study
    from keruen.summary import legs_table, routes_table

    with _said_plainly():
        opened = open_study(study)
        router = Router(opened.scenario(year=opened.settings.base_year if year is None else year))
        found = router.alternatives(origin, destination, commodity, k)
        out.print(routes_table(found))
        out.print(legs_table(found[0], opened))


@app.command()
def doctor() -> None:
    """Say what this installation has and whether it works."""
    from keruen.diagnosis import diagnosis

    table = Table(title=f"Keruen {__version__} on Python {platform.python_version()}", title_justify="left")
    for heading in ("what", "found", "verdict"):
        table.add_column(heading)
    sound = True
    for row in diagnosis():
        table.add_row(row.what, row.found, "good" if row.good else row.mend)
        sound &= row.good
    out.print(table)
    if not sound:
        _fail()


def _fail() -> NoReturn:
    raise typer.Exit(1)
