"""``keruen cite``: a saved page held against the sources that are attributed to it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from keruen.cli.console import StudyFolder, out, said_plainly

if TYPE_CHECKING:
    from keruen.exchange.quotes import QuoteCheck

__all__ = ["cite"]


def cite(
    study: StudyFolder,
    file: Annotated[Path, typer.Argument(metavar="FILE.html", help="The page as saved.")],
    source: Annotated[
        list[str] | None, typer.Option(help="Source that the page is; by its address if absent. May be repeated.")
    ] = None,
) -> None:
    """Check that quotes stand in a saved page and that numbers agree; exit code 1 if one does not."""
    from keruen.errors import UsageError
    from keruen.exchange.citing import cite as hold
    from keruen.study import open as open_study

    with said_plainly():
        try:
            html = file.read_bytes()
        except OSError as error:
            raise UsageError(f"{file} cannot be read: {error.strerror}") from error
        found = hold(open_study(study), html, source or ())
        for table in _tables(found):
            out.print(table)
        if not found.page.text:
            out.print("no main text was found in the page", style="red")
    bare = found.quotes["verdict"] == "no quote"
    if (
        not (found.quotes["verdict"].eq("there") | bare).all()
        or found.numbers["verdict"].str.startswith("not").any()
        or not found.page.text
    ):
        raise typer.Exit(1)


def _tables(found: QuoteCheck) -> list[Table]:
    quotes = Table(title="Quotes", title_justify="left")
    for heading in ("source", "verdict", "quote", "nearest in the page"):
        quotes.add_column(heading, overflow="fold")
    for row in found.quotes.itertuples(index=False):
        quotes.add_row(row.row, row.verdict, Text(row.quote), Text(row.nearest))
    numbers = Table(title="Numbers of the rows that name them", title_justify="left")
    for heading in ("row", "column"):
        numbers.add_column(heading, overflow="fold")
    numbers.add_column("value", justify="right")
    for heading in ("verdict", "the quote says"):
        numbers.add_column(heading, overflow="fold")
    for row in found.numbers.itertuples(index=False):
        numbers.add_row(Text(row.row), row.column, f"{row.value:,.10g}", row.verdict, row.said)
    return [quotes, numbers] if len(found.numbers) else [quotes]
