"""A study: checked tables and settings, opened from a folder."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from keruen.errors import UsageError
from keruen.study._said import did_you_mean
from keruen.study.attributes import schema
from keruen.study.settings import Settings

if TYPE_CHECKING:
    from keruen.study.scenario import Scenario, Step

__all__ = ["Study", "positions"]

_NAMED = ("place", "facility", "service", "commodity", "zone", "route", "project", "regime")


@dataclass(frozen=True, eq=False, repr=False)
class Study:
    """Checked tables of one study. Nothing changes it: it hands out copies.

    Attributes
    ----------
    settings : Settings
        What holds for the whole study.
    tables : mapping of str to pandas.DataFrame
        Every table of the schema, in its order, with every column; an optional table without a file has no rows.
        Missing text is ``""``, a missing number NaN, a missing truth None. Not to be written to; :meth:`table`
        gives a copy.
    folder : pathlib.Path
        Where it was read from.
    inputs : mapping of str to str
        SHA-256 by file.
    lines : mapping of str to sequence of int
        Line of its file in which each row of a table begins, the header being line 1.
    files : mapping of str to str
        Name of the file by table.
    """

    settings: Settings
    tables: Mapping[str, pd.DataFrame]
    folder: Path
    inputs: Mapping[str, str]
    lines: Mapping[str, Sequence[int]]
    files: Mapping[str, str]
    _memory: dict[str, Any] = field(default_factory=dict, init=False)

    def table(self, name: str) -> pd.DataFrame:
        """A copy of one table.

        Parameters
        ----------
        name : str
            Name of the table, for example ``link``.

        Raises
        ------
        UsageError
            If there is no such table.
        """
        return self._original(name).copy()

    def __getattr__(self, name: str) -> pd.DataFrame:
        if name.startswith("_") or name not in schema():
            raise AttributeError(f"a study has no '{name}'; its tables are {', '.join(schema())}")
        return self.table(name)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *schema()]

    def label(self, name: str, language: str = "en") -> str:
        """Name of a place, facility or any other named row in a language, English where there is none.

        Parameters
        ----------
        name : str
            Id of a place; failing that of a facility, service, commodity, zone, route, project or regime.
        language : str
            ``en``, ``ru`` or ``kk``.

        Raises
        ------
        UsageError
            If nothing has this id.
        """
        names = self._names()
        if name not in names:
            raise UsageError(f"nothing is called '{name}'. {did_you_mean(name, names)}".rstrip())
        by_language = names[name]
        return by_language.get(language) or by_language["en"]

    def scenario(self, year: int | None = None, patches: Iterable[Step] = ()) -> Scenario:
        """The study in one year, with patches.

        Projects that have opened since the base year, by that year, are built in it;
        ``scenario.without(project)`` takes one away.

        Parameters
        ----------
        year : int, optional
            Year, the base year by default.
        patches : iterable of Patch, NewRow or Growth
            What differs from the tables, in order.

        Raises
        ------
        UsageError
            If the study does not reach that year.
        """
        from keruen.study.projects import opened_since
        from keruen.study.scenario import Opened, Scenario

        chosen = self.settings.base_year if year is None else year
        if chosen != int(chosen):
            raise UsageError(f"a scenario is of a whole year; {chosen} was given")
        first, last = min(self.settings.years), max(*self.settings.years, self.settings.last_year)
        if not first <= chosen <= last:
            raise UsageError(f"year {chosen} is outside this study, which runs from {first} to {last}")
        standing = (Opened(project) for project in opened_since(self, int(chosen)))
        return Scenario(self, int(chosen), (*standing, *patches))

    def save(self, folder: str | Path, format: str = "csv") -> Path:  # noqa: A002
        """Write settings and tables to a new or empty folder.

        Parameters
        ----------
        folder : path
            Where to write.
        format : {"csv", "parquet"}
            Format of the tables; ``link_shape`` becomes GeoParquet 1.1.

        Raises
        ------
        UsageError
            If the folder holds something, or cannot be written.
        """
        from keruen.study.writing import write_study

        return write_study(Path(folder), self.settings, self.tables, format)

    def row_of(self, table: str, key: str) -> int | None:
        """Position of the row with this key, None if there is none.

        Parameters
        ----------
        table : str
            Name of the table.
        key : str
            Key of the row, parts of a compound key parted by ``|``.
        """
        name = f"positions {table}"
        if name not in self._memory:
            self._memory[name] = positions(self._original(table), schema()[table].key)
        found: int | None = self._memory[name].get(key)
        return found

    def records(self, table: str) -> Sequence[Mapping[str, Any]]:
        """Rows of a table as mappings, made once; not to be written to."""
        name = f"records {table}"
        if name not in self._memory:
            self._memory[name] = self._original(table).to_dict("records")
        found: Sequence[Mapping[str, Any]] = self._memory[name]
        return found

    def _original(self, name: str) -> pd.DataFrame:
        if name not in self.tables:
            raise UsageError(f"no table '{name}'. {did_you_mean(name, self.tables)}".rstrip())
        return self.tables[name]

    def _names(self) -> dict[str, dict[str, str]]:
        if "names" not in self._memory:
            names: dict[str, dict[str, str]] = {}
            for table in _NAMED:
                for row in self.records(table):
                    said = {str(c)[5:]: str(v) for c, v in row.items() if str(c).startswith("name_") and v}
                    names.setdefault(str(row[f"{table}_id"]), said)
            self._memory["names"] = names
        found: dict[str, dict[str, str]] = self._memory["names"]
        return found

    def __repr__(self) -> str:
        rows = {name: len(table) for name, table in self.tables.items() if len(table)}
        width = max((len(name) for name in rows), default=0)
        lines = [f"<Study {self.settings.id}: {self.settings.name_en}, {_years(self.settings)}>"]
        lines += [f"  {name:<{width}} {count:>8,}" for name, count in rows.items()]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        left = "style='text-align:left'"
        rows = "".join(
            f"<tr><th {left}>{escape(name)}</th><td>{len(table):,}</td>"
            f"<td {left}>{escape(schema()[name].description)}</td></tr>"
            for name, table in self.tables.items()
            if len(table)
        )
        head = f"<tr><th {left}>table</th><th>rows</th><th {left}>one row is</th></tr>"
        name = f"<b>{escape(self.settings.name_en)}</b> ({escape(self.settings.id)}), {_years(self.settings)}"
        return f"<p>{name}</p><table>{head}{rows}</table>"


def _years(settings: Settings) -> str:
    return ", ".join(str(year) for year in settings.years)


def positions(table: pd.DataFrame, key: Sequence[str]) -> dict[str, int]:
    """Position of each row by its key, parts parted by ``|``; the first of equal keys."""
    columns = [[_part(value) for value in table[column].tolist()] for column in key]
    found: dict[str, int] = {}
    for position, parts in enumerate(zip(*columns, strict=True)):
        found.setdefault("|".join(parts), position)
    return found


def _part(value: Any) -> str:
    if isinstance(value, str):
        return value
    return "" if value != value else str(int(value))
