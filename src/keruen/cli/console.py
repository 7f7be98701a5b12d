"""What every command shares: the consoles, the study argument, how an error is said, the bar."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from keruen.errors import DataError, KeruenError

__all__ = ["StudyFolder", "err", "out", "progress", "said_plainly"]

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

StudyFolder = Annotated[Path, typer.Argument(metavar="STUDY", help="Folder of the study.")]


@contextmanager
def said_plainly() -> Iterator[None]:
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


@contextmanager
def progress(steps: int) -> Iterator[Callable[[str], None]]:
    """Show a bar on standard error that names each step as it begins."""
    columns = (SpinnerColumn(), TextColumn("{task.description:<14}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True) as bar:
        task = bar.add_task("open", total=steps)
        begun: list[str] = []

        def step(name: str) -> None:
            bar.update(task, description=name, completed=len(begun))
            begun.append(name)

        yield step
