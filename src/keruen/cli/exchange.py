"""``keruen import`` and ``keruen export``: the register from and to other people's formats."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from keruen.cli.console import StudyFolder, err, out, said_plainly
from keruen.cli.projects import Countries, Parties, Programmes, Sectors, Statuses, Unrestricted, chosen

if TYPE_CHECKING:
    from keruen.exchange.incoming import Incoming
    from keruen.exchange.merging import Merged

__all__ = ["export_register", "import_register"]

Official = Annotated[
    Path | None, typer.Option("--official", help="Folder with the standard's own schema, to hold against it as well.")
]


def import_register(
    study: StudyFolder,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="OC4IDS package (.json), spreadsheet or CSV.")],
    mapping: Annotated[Path | None, typer.Option(help="Column mapping of a list, in TOML: docs/register.md.")] = None,
    fill: Annotated[
        list[str] | None,
        typer.Option(metavar="COLUMN=VALUE", help="Value where a package leaves a column empty; may be repeated."),
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Put projects in the place of those of the same id.")] = (
        False
    ),
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would come in, write nothing.")] = False,
    report: Annotated[
        Path | None, typer.Option(help="Folder for tables of what was not taken, why, and what was kept aside.")
    ] = None,
    official: Official = None,
) -> None:
    """Add projects to a study from OC4IDS, a spreadsheet or CSV; exit code 1 if a row was not taken."""
    from keruen.errors import UsageError
    from keruen.exchange.incoming import incoming
    from keruen.exchange.merging import merge

    with said_plainly():
        pairs = [one.partition("=") for one in fill or ()]
        wrong = [name for name, mark, _ in pairs if not mark]
        if wrong:
            raise UsageError(f"--fill {wrong[0]}: write it as COLUMN=VALUE")
        found = incoming(file, mapping, fill={name: value for name, _, value in pairs}, official=official)
        done = merge(study, found, replace=replace, dry_run=dry_run)
        if report is not None:
            _write_report(report, found, done)
        _say(found, done)
    if done.problems:
        raise typer.Exit(1)


def export_register(
    study: StudyFolder,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="OC4IDS package (.json) or table (.csv) to write.")],
    base: Annotated[
        Path | None, typer.Option(help="Package that projects came from: what Keruen does not know of them is kept.")
    ] = None,
    uri: Annotated[str, typer.Option(help="Address of the package.")] = "",
    publisher: Annotated[str, typer.Option(help="Name of who publishes it.")] = "",
    published: Annotated[str, typer.Option(help="Date with time, as 2026-01-31T00:00:00Z.")] = "",
    programme: Programmes = None,
    sector: Sectors = None,
    country: Countries = None,
    status: Statuses = None,
    party: Parties = None,
    unrestricted: Unrestricted = False,
    official: Official = None,
) -> None:
    """Write projects of a study as an OC4IDS package, or as a table."""
    from keruen.exchange.outgoing import outgoing
    from keruen.study import open as open_study

    with said_plainly():
        from keruen.appraisal.register import register

        opened = open_study(study)
        rows = register(opened.tables, chosen(programme, sector, country, status, party, unrestricted)).projects
        count = outgoing(
            opened, rows["project_id"], file, base=base, uri=uri, publisher=publisher, published=published,
            official=official,
        )  # fmt: skip
        out.print(f"{file}: {count} projects", markup=False)


def _say(found: Incoming, done: Merged) -> None:
    """Everything that was not taken on standard error, what was done on standard output."""
    for remark in found.remarks:
        err.print(f"remark: {remark}", markup=False, soft_wrap=True)
    for problem in done.problems:
        err.print(str(problem), markup=False, soft_wrap=True)
    aside = [name for name in found.aside.columns if name != "project_id"]
    if aside:
        out.print(f"columns kept aside: {', '.join(map(str, aside))}", markup=False, soft_wrap=True)
    text = f"{len(done.added)} projects added, {len(done.replaced)} replaced, {len(done.left)} not taken"
    text += f"; {done.effects} effects, {done.sources} sources"
    text += f"; written: {', '.join(done.written)}" if done.written else "; nothing written"
    out.print(text, markup=False, soft_wrap=True)


def _write_report(folder: Path, found: Incoming, done: Merged) -> None:
    import pandas as pd

    from keruen.runs import write_table

    names = ["file", "row", "column", "value", "expected", "mend"]
    reasons = pd.DataFrame([[getattr(one, name) for name in names] for one in done.problems], columns=names)
    for name, table in (("not_taken", done.left), ("reasons", reasons), ("kept_aside", found.aside)):
        write_table(table, folder / f"{name}.csv")
