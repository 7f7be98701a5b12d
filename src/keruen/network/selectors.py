"""Find the row of a parameter table that fits a case: the one rule behind speed, standing, stage, rate and emission.

A row names the cases it is meant for in its *selector* columns; an empty selector means any. Of the rows that
fit, the one with most selectors filled applies; but a row that names the very facility or line outranks every row that
only describes it. Two rows that fit the same case equally well are an error of the
study, which ``keruen check`` reports; here the first of them is taken.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import pandas as pd

__all__ = ["Case", "Selector", "parts"]

Case: TypeAlias = Mapping[str, str | bool | frozenset[str]]
"""What is asked: a value by selector column. A set fits a row that names any of its members."""


def parts(value: object) -> list[str]:
    """Members of a cell that holds several ids parted by ``;``.

    Examples
    --------
    >>> parts("bolashak; incheh-borun"), parts("")
    (['bolashak', 'incheh-borun'], [])
    """
    return [part.strip() for part in value.split(";") if part.strip()] if isinstance(value, str) else []


class Selector:
    """Rows of one parameter table, ready to be looked up by case.

    Parameters
    ----------
    table : pandas.DataFrame
        The table; missing selectors are ``""`` or NA.
    columns : sequence of str
        Its selector columns. A cell may hold several values parted by ``;``.
    naming : sequence of str
        Those of them that name one thing instead of describing many.

    Examples
    --------
    >>> table = pd.DataFrame({"operator": ["", "TM", "TM"], "line": ["", "", "kti"], "speed": [40, 29.3, 48]})
    >>> rows = Selector(table, ["operator", "line"])
    >>> [int(table.speed[rows.best({"operator": "TM", "line": line})]) for line in ("kti", "other")]
    [48, 29]
    >>> rows.best({"operator": "IR", "line": ""})
    0
    """

    def __init__(self, table: pd.DataFrame, columns: Sequence[str], naming: Sequence[str] = ()) -> None:
        self._naming = tuple(naming)
        self._rows = [
            {column: _wanted(value) for column, value in zip(columns, row, strict=True) if _filled(value)}
            for row in table[list(columns)].itertuples(index=False, name=None)
        ]
        self._filled = tuple(c for c in columns if any(c in wanted for wanted in self._rows))
        self._memory: dict[tuple[object, ...], tuple[int, ...]] = {}

    def fitting(self, case: Case) -> tuple[int, ...]:
        """Positions of all rows that fit ``case``, the most selective first."""
        key = tuple(case.get(column) for column in self._filled)
        if key not in self._memory:
            found = [i for i, wanted in enumerate(self._rows) if _fits(wanted, case)]
            self._memory[key] = tuple(sorted(found, key=self.selectivity, reverse=True))
        return self._memory[key]

    def best(self, case: Case) -> int | None:
        """Position of the row that applies to ``case``, or None if no row fits."""
        found = self.fitting(case)
        return found[0] if found else None

    def selectivity(self, row: int) -> tuple[bool, int]:
        """Whether a row names the very thing, and the number of selectors it fills."""
        wanted = self._rows[row]
        return any(column in wanted for column in self._naming), len(wanted)


def _filled(value: object) -> bool:
    return not (value is None or value is pd.NA or value == "" or (isinstance(value, float) and value != value))


def _wanted(value: object) -> frozenset[str] | bool:
    return frozenset(parts(value)) if isinstance(value, str) else bool(value)


def _fits(wanted: Mapping[str, frozenset[str] | bool], case: Case) -> bool:
    for column, values in wanted.items():
        asked = case.get(column)
        if isinstance(values, bool) or isinstance(asked, bool):
            if asked is not values:
                return False
        elif isinstance(asked, frozenset):
            if not asked & values:
                return False
        elif asked not in values:
            return False
    return True
