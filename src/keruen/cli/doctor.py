"""``keruen doctor``: what this installation has."""

from __future__ import annotations

import platform

import typer
from rich.table import Table

from keruen._version import __version__
from keruen.cli.console import out

__all__ = ["doctor"]


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
        raise typer.Exit(1)
