"""Commands about the tables of a study: check, schema, new, sources."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from keruen.cli.console import StudyFolder, out, said_plainly
from keruen.errors import DataError

__all__ = ["check", "new", "schema", "sources"]


def check(study: StudyFolder) -> None:
    """Check a study and list every problem; exit 1 if there is one."""
    from keruen.network import check as check_study

    with said_plainly():
        report = check_study(study)
        for remark in report.remarks:
            print(f"remark: {remark}")
        if report.problems:
            raise DataError(report.problems)
        count = len(report.remarks)
        print(f"{study}: no problems, {count} remark{'' if count == 1 else 's'}")


def schema(
    table: Annotated[str | None, typer.Argument(help="One table; all by default.")] = None,
    markdown: Annotated[bool, typer.Option("--markdown", help="As Markdown, for docs/tables.md.")] = False,
) -> None:
    """Print the tables of a study: columns, units, what is required."""
    from keruen.study import schema_markdown, schema_table

    with said_plainly():
        if markdown:
            print(schema_markdown())
        else:
            out.print(schema_table(table))


def new(folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to create.")]) -> None:
    """Start a study: a small worked example, every figure marked assumed."""
    from keruen.study import new as new_study

    with said_plainly():
        new_study(folder)
        print(f"{folder}: a study of four countries to replace with your own; keruen check {folder}")


def sources(study: StudyFolder) -> None:
    """Say where the figures come from: rows by table and kind, and how many are assumed."""
    from keruen.study import open as open_study
    from keruen.summary import coverage

    with said_plainly():
        out.print(coverage(open_study(study)))
