"""``keruen projects``: the register listed, filtered, summed and held against what was announced."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from keruen.cli.console import StudyFolder, out, said_plainly

if TYPE_CHECKING:
    from keruen.appraisal.register import Choice

__all__ = ["Countries", "Parties", "Programmes", "Sectors", "Statuses", "Unrestricted", "chosen", "projects"]

Programmes = Annotated[list[str] | None, typer.Option("--programme", help="Programme (portfolio); may be repeated.")]
Sectors = Annotated[list[str] | None, typer.Option("--sector", help="Sector; may be repeated.")]
Countries = Annotated[list[str] | None, typer.Option("--country", help="Country, code or name; may be repeated.")]
Statuses = Annotated[
    list[str] | None, typer.Option("--status", help="Stage of OC4IDS, or a published status; may be repeated.")
]
Parties = Annotated[list[str] | None, typer.Option("--party", help="Company or state; may be repeated.")]
Unrestricted = Annotated[
    bool, typer.Option("--unrestricted", help="Leave out projects of a party in table restriction.")
]


def projects(
    study: StudyFolder,
    programme: Programmes = None,
    sector: Sectors = None,
    country: Countries = None,
    status: Statuses = None,
    party: Parties = None,
    unrestricted: Unrestricted = False,
    by: Annotated[
        list[str] | None,
        typer.Option(help="Sum by programme, sector, country, status or party instead of listing; may be repeated."),
    ] = None,
    reconcile: Annotated[
        bool, typer.Option("--reconcile", help="Hold the announced totals against the itemised projects instead.")
    ] = False,
) -> None:
    """List, filter and sum the projects of a study; hold announced totals against them."""
    from keruen.appraisal.register import register
    from keruen.errors import UsageError
    from keruen.registering import listing, reconciliation, sums
    from keruen.study import open as open_study

    with said_plainly():
        opened = open_study(study)
        choice = chosen(programme, sector, country, status, party, unrestricted)
        if reconcile:
            if by or choice != chosen():
                raise UsageError("--reconcile speaks of whole portfolios: leave the filters and --by out")
            out.print(reconciliation(opened))
            return
        found = register(opened.tables, choice)
        out.print(sums(found, by) if by else listing(found, opened))


def chosen(
    programme: list[str] | None = None,
    sector: list[str] | None = None,
    country: list[str] | None = None,
    status: list[str] | None = None,
    party: list[str] | None = None,
    unrestricted: bool = False,
) -> Choice:
    """What the options of a command ask for."""
    from keruen.appraisal.register import Choice

    return Choice(
        tuple(programme or ()),
        tuple(sector or ()),
        tuple(country or ()),
        tuple(status or ()),
        tuple(party or ()),
        unrestricted,
    )
