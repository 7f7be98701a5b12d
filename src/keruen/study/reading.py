"""Open a study: every file read, every column typed, every problem noted."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pandas as pd

from keruen.errors import DataError, Problem
from keruen.study._cells import Fault, column_of, typed
from keruen.study._files import RawTable, read_raw
from keruen.study._said import did_you_mean, listed, shown
from keruen.study.attributes import TableSchema, schema
from keruen.study.settings import SETTINGS_FILE, Settings, read_settings
from keruen.study.study import Study

__all__ = ["Draft", "open", "read_draft"]

FORMATS = (".csv", ".parquet")


@dataclass
class Draft:
    """A study as read, before anyone vouches for it.

    Attributes
    ----------
    folder : pathlib.Path
        Where it stands.
    settings : Settings or None
        Settings, None if they could not be read.
    tables : dict of str to pandas.DataFrame
        All tables of the schema; cells that do not fit are missing.
    raw : dict of str to RawTable
        What each table was made from.
    bad : set of (table, column, position)
        Cells that a problem was already noted for.
    unread : set of str
        Tables whose file is there and could not be read, or must be there and is not: no other table is held
        against them.
    partial : set of str
        Tables of which rows could not be read: their other rows are checked, and no other table is held against them.
    lost : set of str
        Columns, ``table.column``, that a file misses and should have, or may have under a name misspelt: nothing is known of them.
    inputs : dict of str to str
        SHA-256 by file.
    problems, remarks : list of Problem
        What was found so far.
    """

    folder: Path
    settings: Settings | None = None
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    raw: dict[str, RawTable] = field(default_factory=dict)
    bad: set[tuple[str, str, int]] = field(default_factory=set)
    unread: set[str] = field(default_factory=set)
    partial: set[str] = field(default_factory=set)
    lost: set[str] = field(default_factory=set)
    inputs: dict[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    remarks: list[Problem] = field(default_factory=list)
    _spoilt: set[str] = field(default_factory=set)

    def file(self, table: str) -> str:
        """Name of the file of a table."""
        return self.raw[table].file if table in self.raw else f"{table}.csv"

    def line(self, table: str, position: int) -> int:
        """Line in which a row begins."""
        return self.raw[table].lines[position]

    def at(self, table: str, position: int, column: str | None, value: Any, expected: str, mend: str = "") -> Problem:
        """A problem with one cell or row."""
        text = None if value is None else shown(str(value))
        return Problem(self.file(table), self.line(table, position), column, text, expected, mend)

    def has(self, *names: str) -> bool:
        """Whether all is known of these tables (every row was read) and of these ``table.column`` (no cell is bad)."""
        unknown = (self.unread, self.partial, self.lost, self._spoilt)
        return not any(name in some for name in names for some in unknown)

    def spoil(self, table: str, column: str, position: int) -> None:
        """Note that a problem was noted for a cell: nothing is to be concluded from what it holds."""
        self.bad.add((table, column, position))
        self._spoilt.add(f"{table}.{column}")


def open(folder: str | Path) -> Study:  # noqa: A001
    """Open a study and check it.

    Parameters
    ----------
    folder : path
        Folder with ``keruen.toml`` and one ``.csv`` or ``.parquet`` file a table.

    Returns
    -------
    Study
        The study.

    Raises
    ------
    DataError
        If anything is wrong with it; lists every problem.
    """
    from keruen.study.checking import examine

    draft = read_draft(Path(folder))
    examine(draft)
    if draft.problems or draft.settings is None:
        raise DataError(draft.problems)
    return Study(
        settings=draft.settings,
        tables=MappingProxyType(draft.tables),
        folder=draft.folder,
        inputs=MappingProxyType(draft.inputs),
        lines=MappingProxyType({name: raw.lines for name, raw in draft.raw.items()}),
        files=MappingProxyType({name: raw.file for name, raw in draft.raw.items()}),
    )


def read_draft(folder: Path) -> Draft:
    """Read settings and tables, noting what cannot be read.

    Parameters
    ----------
    folder : pathlib.Path
        Folder of the study.
    """
    draft = Draft(folder)
    if not folder.is_dir():
        expected = "a folder with keruen.toml and tables"
        draft.problems.append(Problem(str(folder), None, None, None, expected, "keruen new starts a study"))
        draft.unread.update(schema())
        draft.tables.update({name: _no_rows(table) for name, table in schema().items()})
        return draft
    _read_settings(draft)
    names = _names_in(draft)
    for table in schema().values():
        _read_table(draft, table)
    _note_strangers(draft, names)
    return draft


def _read_settings(draft: Draft) -> None:
    path = draft.folder / SETTINGS_FILE
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        mend = "keruen new starts a study with one"
        draft.problems.append(Problem(SETTINGS_FILE, None, None, None, "missing file", mend))
        return
    except OSError as error:
        expected = f"cannot be read: {error.strerror}"
        draft.problems.append(Problem(SETTINGS_FILE, None, None, None, expected))
        return
    draft.inputs[SETTINGS_FILE] = hashlib.sha256(data).hexdigest()
    draft.settings = read_settings(data, draft.problems)


def _names_in(draft: Draft) -> list[str]:
    try:
        return sorted(path.name for path in draft.folder.iterdir())
    except OSError as error:
        draft.problems.append(Problem(str(draft.folder), None, None, None, f"cannot be read: {error.strerror}"))
        return []


def _read_table(draft: Draft, table: TableSchema) -> None:
    raw = _read_file(draft, table)
    if raw is None:
        draft.tables[table.name] = _no_rows(table)
        return
    draft.raw[table.name] = raw
    draft.inputs[raw.file] = raw.sha256
    if not raw.whole:
        draft.partial.add(table.name)
    elif not raw.ends_whole:
        line = raw.lines[-1] if raw.lines else 1
        mend = "Was the file cut off? End it with a newline"
        draft.remarks.append(Problem(raw.file, line, None, None, "the last line has no end", mend))
    _note_columns(draft, table, raw)
    columns = {column: _column(draft, table, raw, column) for column in table.attributes}
    draft.tables[table.name] = pd.DataFrame(columns, index=range(len(raw)))


def _read_file(draft: Draft, table: TableSchema) -> RawTable | None:
    found = [path for suffix in FORMATS if (path := draft.folder / f"{table.name}{suffix}").exists()]
    if len(found) > 1:
        expected = f"one file for table {table.name}, found both {found[0].name} and {found[1].name}"
        draft.problems.append(Problem(found[0].name, None, None, None, expected, "Remove one of them"))
    elif found:
        raw = read_raw(found[0], draft.problems)
        if raw is not None:
            return raw
    elif table.required:
        expected = f"missing table: {table.description[0].lower()}{table.description[1:]}"
        mend = f"Add {table.name}.csv; see keruen schema {table.name}"
        draft.problems.append(Problem(f"{table.name}.csv", None, None, None, expected, mend))
    else:
        return None
    draft.unread.add(table.name)
    return None


def _no_rows(table: TableSchema) -> pd.DataFrame:
    return pd.DataFrame({column: typed(attribute, []) for column, attribute in table.attributes.items()})


def _note_columns(draft: Draft, table: TableSchema, raw: RawTable) -> None:
    unknown = [column for column in raw.columns if column not in table.attributes]
    absent = [column for column in table.attributes if column not in raw.columns]
    for column in unknown:
        mend = did_you_mean(column, absent) or f"Remove it; keruen schema {table.name} lists the columns"
        draft.problems.append(Problem(raw.file, 1, shown(column), None, "unknown column", mend))
    for column in absent:
        attribute = table.attributes[column]
        if attribute.required or unknown:
            draft.lost.add(f"{table.name}.{column}")
        if attribute.required:
            expected = f"missing column: {attribute.description}"
            mend = f"Add the column {column}"
            draft.problems.append(Problem(raw.file, 1, column, None, expected, mend))


def _column(draft: Draft, table: TableSchema, raw: RawTable, column: str) -> pd.Series[Any]:
    attribute = table.attributes[column]
    cells = raw.columns.get(column)
    if cells is None:
        return column_of(attribute, [""] * len(raw), [])
    faults: list[Fault] = []
    series = column_of(attribute, cells, faults)
    for position, value, expected, mend in faults:
        draft.spoil(table.name, column, position)
        draft.problems.append(draft.at(table.name, position, column, value, expected, mend))
        if not attribute.is_number and attribute.dtype != "bool":
            series.iloc[position] = attribute.default
    return series


def _note_strangers(draft: Draft, names: list[str]) -> None:
    known: Mapping[str, TableSchema] = schema()
    for name in names:
        stem, _, suffix = name.rpartition(".")
        if f".{suffix}" in FORMATS and stem not in known and not name.startswith("."):
            absent = [table for table in known if table not in draft.raw]
            mend = did_you_mean(stem, absent) or f"Tables are {listed(known)}"
            draft.remarks.append(Problem(shown(name), None, None, None, "not a table of a study, ignored", mend))
