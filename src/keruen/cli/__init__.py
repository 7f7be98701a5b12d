"""The command line: one verb a command, its modules imported only when it runs."""

from __future__ import annotations

import signal
from typing import Annotated, NoReturn

import typer

from keruen._version import __version__
from keruen.cli.appraise import appraise
from keruen.cli.assign import assign
from keruen.cli.choose import choose
from keruen.cli.cite import cite
from keruen.cli.doctor import doctor
from keruen.cli.exchange import export_register, import_register
from keruen.cli.plan import plan
from keruen.cli.projects import projects
from keruen.cli.routes import routes
from keruen.cli.simulate import simulate
from keruen.cli.study import check, new, schema, sources

__all__ = ["app"]

app = typer.Typer(
    help="Keruen plans international freight corridors.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for command in (plan, assign, appraise, choose, projects, routes, simulate, cite, check, sources, schema, new, doctor):
    app.command()(command)
app.command("import")(import_register)  # a word of Python's
app.command("export")(export_register)


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
    signal.signal(signal.SIGTERM, _end)


def _end(*_: object) -> NoReturn:
    """End as after an error, so that what is half written is removed; a shell reads 128 + 15."""
    raise SystemExit(128 + signal.SIGTERM)
