"""The errors Keruen raises, and the tree they form.

::

    KeruenError
    ├── DataError          tables, files or patches that do not say what they should; holds every problem
    ├── NoPathError        no route joins two places in this scenario
    ├── UsageError         a call or command that cannot be carried out as asked
    └── ConvergenceError   an iteration or time cap came before the gap that was asked for
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

__all__ = ["ConvergenceError", "DataError", "KeruenError", "NoPathError", "Problem", "UsageError"]


class KeruenError(Exception):
    """Base of every error that Keruen raises on purpose."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with the data, and how to mend it.

    Attributes
    ----------
    file : str
        Name of the file, relative to the study.
    row : int or None
        Line of the file, the header being line 1; None where the whole file or column is meant.
    column : str or None
        Column, or None where the whole row is meant.
    value : str or None
        The offending value as read.
    expected : str
        What was expected.
    mend : str
        What to do about it.
    """

    file: str
    row: int | None
    column: str | None
    value: str | None
    expected: str
    mend: str = ""

    def __str__(self) -> str:
        where = self.file
        if self.row is not None:
            where += f", {'line' if self.file.endswith('.toml') else 'row'} {self.row}"
        if self.column is not None:
            where += f", {self.column}"
        if self.value is not None:
            where += f" = {self.value}"
        text = f"{where}: {self.expected}"
        return f"{text}. {self.mend}" if self.mend else text


class DataError(KeruenError):
    """Data that do not say what they should; lists every problem at once.

    Parameters
    ----------
    problems : iterable of Problem
        All that was found.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: Sequence[Problem] = tuple(problems)
        count = len(self.problems)
        head = "1 problem" if count == 1 else f"{count} problems"
        super().__init__("\n".join([head, *(f"  {problem}" for problem in self.problems)]))


class NoPathError(KeruenError):
    """No route joins two places in this scenario."""


class UsageError(KeruenError):
    """A call or command that cannot be carried out as asked."""


class ConvergenceError(KeruenError):
    """An iteration or time cap came before the gap that was asked for."""
