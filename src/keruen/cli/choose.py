"""``keruen choose``: which projects of a study to build within a budget, and when."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from keruen.cli.console import StudyFolder, err, out, progress, said_plainly

if TYPE_CHECKING:
    from keruen.portfolio.programme import Step

__all__ = ["choose"]

_Number = TypeVar("_Number", int, float)


def choose(
    study: StudyFolder,
    budget: Annotated[
        str | None,
        typer.Option(metavar="MUSD", help="Million USD in all, or by period as 2000,2000,1000; as in keruen.toml."),
    ] = None,
    periods: Annotated[
        str | None,
        typer.Option(metavar="YEARS", help="Years in which works may start, as 2026,2030,2035; as in keruen.toml."),
    ] = None,
    country: Annotated[
        list[str] | None, typer.Option(metavar="CODE=MUSD", help="What a country may bear in all, as KZ=1000.")
    ] = None,
    must: Annotated[list[str] | None, typer.Option(metavar="PROJECT", help="A project to build in any case.")] = None,
    never: Annotated[list[str] | None, typer.Option(metavar="PROJECT", help="A project not to build.")] = None,
    restricted: Annotated[
        list[str] | None, typer.Option(metavar="LIST", help="Leave out projects of parties on this list.")
    ] = None,
    at_most: Annotated[int | None, typer.Option(metavar="N", help="Projects that may start in one period.")] = None,
    no_proof: Annotated[bool, typer.Option("--no-proof", help="Stop at the best plan found, unproven.")] = False,
    time_limit: Annotated[
        float,
        typer.Option(metavar="S", help="Seconds of the search; single projects are appraised first and not counted."),
    ] = 600.0,
    out_folder: Annotated[
        Path | None, typer.Option("--out", help="Folder for tables; single projects appraised there are taken again.")
    ] = None,
) -> None:
    """Choose projects within a budget; exit code 2 if the time limit passed before the proof."""
    money, years = (
        _numbers(budget, float, "--budget", "2000,2000,1000"),
        _numbers(periods, int, "--periods", "2026,2030"),
    )
    borne = dict(_country(text) for text in country or ())
    with said_plainly():
        from keruen.appraising import appraise_study
        from keruen.choosing import check, choose_study, summary
        from keruen.study import open as open_study

        opened = open_study(study)
        money_or_one = money[0] if money and len(money) == 1 else money
        rules: dict[str, Any] = {
            "by_country_musd": borne, "at_most": at_most, "must": must or (), "never": never or (),
            "restricted": restricted or (), "time_limit": time_limit,
        }  # fmt: skip
        check(opened, money_or_one, periods=years, **rules)  # before a minute is spent on single projects
        with progress(len(opened.tables["project"])) as step:
            found = appraise_study(opened, out=out_folder, progress=step)
        with _search() as seen:
            plan = choose_study(
                opened, money_or_one, periods=years, appraisals=found, out=out_folder, prove=not no_proof,
                progress=seen, **rules,
            )  # fmt: skip
        out.print(summary(plan))
        if out_folder is not None:
            out.print(str(out_folder / "plan.csv"), markup=False)
    if plan.reason == "time limit":
        raise typer.Exit(2)


def _numbers(text: str | None, kind: type[_Number], option: str, example: str) -> list[_Number] | None:
    if text is None:
        return None
    try:
        return [kind(part) for part in text.split(",")]
    except ValueError:
        raise typer.BadParameter(f"{option} {text!r}: expected numbers parted by commas, as {example}") from None


def _country(text: str) -> tuple[str, float]:
    code, _, musd = text.partition("=")
    try:
        return code.strip().upper(), float(musd)
    except ValueError:
        raise typer.BadParameter(f"--country {text!r}: expected a code and million USD, as KZ=1000") from None


@contextmanager
def _search() -> Iterator[Callable[[Step], None]]:
    """Show on standard error how many sets are modelled, the best plan so far and what none is worth more than."""
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True) as bar:
        task = bar.add_task("choose", total=None)

        def seen(step: Step) -> None:
            worth = f"best {step.npv_musd:,.0f}" if step.npv_musd > float("-inf") else "no plan yet"
            most = f" of at most {step.bound_musd:,.0f}" if step.bound_musd < float("inf") else ""
            if step.at_demand:
                sets = f"{step.modelled} sets at other demand"
            elif step.sets:
                sets = f"{step.modelled} of {step.sets} sets"
            else:
                sets = f"{step.modelled} sets"
            bar.update(task, description=f"{worth}{most}, {sets}", total=step.sets or None, completed=step.modelled)

        yield seen
