"""``keruen routes``: distinct routes between two places."""

from __future__ import annotations

from typing import Annotated

import typer

from keruen.cli.console import StudyFolder, out, said_plainly

__all__ = ["routes"]


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

    with said_plainly():
        opened = open_study(study)
        router = Router(opened.scenario(year=opened.settings.base_year if year is None else year))
        found = router.alternatives(origin, destination, commodity, k)
        out.print(routes_table(found, opened))
        out.print(legs_table(found[0], opened))
